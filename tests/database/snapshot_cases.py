"""Statements that change a schema, one for each thing that a snapshot has to see, and the line that it shall say."""

from __future__ import annotations

from typing import NamedTuple

BASE = """
CREATE SCHEMA s;
CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int NOT NULL, b text DEFAULT 'x', c varchar(10),
  e int, u int UNIQUE, CONSTRAINT positive CHECK (a > 0));
CREATE TABLE plain (a int, b text);
CREATE TABLE child (t_id bigint, CONSTRAINT child_fk FOREIGN KEY (t_id) REFERENCES t (id));
CREATE TABLE parted (a int, b text) PARTITION BY RANGE (a);
CREATE TABLE part PARTITION OF parted FOR VALUES FROM (1) TO (10);
CREATE TABLE loose (a int, b text);
CREATE INDEX t_a_idx ON t (a);
CREATE UNIQUE INDEX plain_key ON plain (a);
CREATE INDEX expression_idx ON plain ((a + 1));
CREATE VIEW v AS SELECT a FROM t;
CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
CREATE SEQUENCE q;
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TYPE pair AS (x int, y text);
CREATE TYPE span AS RANGE (subtype = float8);
CREATE DOMAIN positive_int AS int CHECK (VALUE > 0);
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a + 1';
CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION same(int, int) RETURNS bool LANGUAGE sql AS 'SELECT $1 = $2';
CREATE FUNCTION greatest_of(int, int) RETURNS int LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION mood_of(int) RETURNS mood LANGUAGE sql AS $$ SELECT 'sad'::mood $$;
CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE total (int) (sfunc = int4pl, stype = int, initcond = '0');
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION g();
CREATE RULE r AS ON DELETE TO plain DO INSTEAD NOTHING;
CREATE POLICY o ON plain USING (a > 0);
CREATE STATISTICS st ON a, b FROM plain;
CREATE EVENT TRIGGER ev ON ddl_command_start WHEN TAG IN ('CREATE CAST') EXECUTE FUNCTION e();
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER far FOREIGN DATA WRAPPER w OPTIONS (host 'h');
CREATE FOREIGN TABLE ft (a int) SERVER far OPTIONS (file 'x');
CREATE USER MAPPING FOR snapshot_reader SERVER far OPTIONS (password 'of the mapping');
CREATE PUBLICATION pub FOR TABLE plain;
CREATE TEXT SEARCH CONFIGURATION words (COPY = simple);
CREATE TEXT SEARCH DICTIONARY stems (TEMPLATE = simple);
CREATE COLLATION german FROM "C";
CREATE OPERATOR === (leftarg = int, rightarg = int, function = same);
CREATE OPERATOR FAMILY fam USING btree;
CREATE TABLE of_pair OF pair;
"""


class Case(NamedTuple):
    """A statement that changes a schema.

    Attributes:
        statement: What is run on `BASE`.
        seen: A part of what the difference says.
        since: The first major version that has it.
    """

    statement: str
    seen: str
    since: int = 14


CASES = (
    Case("CREATE SCHEMA other", "schema other is new"),
    Case("DROP SCHEMA public CASCADE", "schema public is gone"),
    Case("ALTER SCHEMA s RENAME TO s2", "schema s is gone"),
    Case("ALTER SCHEMA s OWNER TO snapshot_reader", "schema s: owner"),
    Case("GRANT USAGE ON SCHEMA s TO snapshot_reader", "schema s: privileges"),
    Case("REVOKE ALL ON SCHEMA public FROM PUBLIC", "schema public: privileges"),
    Case("COMMENT ON SCHEMA public IS 'other'", "schema public: comment"),
    Case("CREATE TABLE new ()", "table public.new is new"),
    Case('CREATE TABLE "Odd.Name" ()', 'table public."Odd.Name" is new'),
    Case("DROP TABLE plain CASCADE", "table public.plain is gone"),
    Case("ALTER TABLE plain RENAME TO plainer", "table public.plainer is new"),
    Case("ALTER TABLE plain SET SCHEMA s", "table s.plain is new"),
    Case("ALTER TABLE loose SET UNLOGGED", "table public.loose: persistence logged → unlogged"),
    Case("ALTER TABLE plain SET (fillfactor = 50)", "table public.plain: options none → fillfactor=50"),
    Case("ALTER TABLE plain SET (toast.autovacuum_enabled = off)", "table public.plain: toast options"),
    Case("ALTER TABLE plain OWNER TO snapshot_reader", "table public.plain: owner"),
    Case("GRANT SELECT ON plain TO snapshot_reader", "table public.plain: privileges"),
    Case("REVOKE SELECT ON plain FROM CURRENT_USER", "table public.plain: privileges"),
    Case("COMMENT ON TABLE plain IS 'x'", "table public.plain: comment none → x"),
    Case("ALTER TABLE loose INHERIT plain", "table public.loose: inherits none → public.plain"),
    Case("ALTER TABLE loose REPLICA IDENTITY FULL", "table public.loose: replica identity default → full"),
    Case("ALTER TABLE plain ENABLE ROW LEVEL SECURITY", "table public.plain is now row security"),
    Case("ALTER TABLE plain FORCE ROW LEVEL SECURITY", "table public.plain is now forced row security"),
    Case("ALTER TABLE of_pair NOT OF", "table public.of_pair: of type public.pair → none"),
    Case("ALTER TABLE loose SET ACCESS METHOD snapshot_heap", "table public.loose: access method", 15),
    Case("ALTER TABLE parted ATTACH PARTITION loose FOR VALUES FROM (10) TO (20)", "table public.loose: inherits none"),
    Case("ALTER TABLE parted DETACH PARTITION part", "table public.part: inherits public.parted → none"),
    Case("CREATE TABLE p2 PARTITION OF parted DEFAULT", "table public.p2 is new"),
    Case(
        "DROP TABLE parted; CREATE TABLE parted (a int, b text) PARTITION BY HASH (a)", "partition key RANGE (a) → HASH"
    ),
    Case("ALTER TABLE plain ADD COLUMN new int", "column public.plain.new is new"),
    Case("ALTER TABLE t DROP COLUMN c", "column public.t.c is gone"),
    Case("ALTER TABLE t DROP c, ADD c varchar(10)", "table public.t: column order"),
    Case("ALTER TABLE t RENAME c TO d", "column public.t.d is new"),
    Case("ALTER TABLE t ALTER e TYPE bigint", "column public.t.e: type integer → bigint"),
    Case("ALTER TABLE t ALTER c TYPE varchar(20)", "type character varying(10) → character varying(20)"),
    Case('ALTER TABLE t ALTER b TYPE text COLLATE "C"', 'column public.t.b: collation none → "C"'),
    Case("ALTER TABLE t ALTER b SET DEFAULT 'y'", "column public.t.b: default 'x'::text → 'y'::text"),
    Case("ALTER TABLE t ALTER b DROP DEFAULT", "column public.t.b: default 'x'::text → none"),
    Case("ALTER TABLE t ALTER e SET NOT NULL", "column public.t.e is now not null"),
    Case("ALTER TABLE t ALTER a DROP NOT NULL", "column public.t.a is no longer not null"),
    Case("ALTER TABLE t ALTER id SET GENERATED BY DEFAULT", "column public.t.id: identity always → by default"),
    Case("ALTER TABLE t ALTER id DROP IDENTITY", "column public.t.id: identity always → none"),
    Case("ALTER TABLE t ADD w int GENERATED ALWAYS AS (e * 2) STORED", "column public.t.w is new"),
    Case("ALTER TABLE plain ALTER b SET STORAGE EXTERNAL", "column public.plain.b: storage extended → external"),
    Case("ALTER TABLE plain ALTER b SET COMPRESSION pglz", "column public.plain.b: compression none → pglz"),
    Case("ALTER TABLE plain ALTER b SET STATISTICS 500", "column public.plain.b: statistics target none → 500"),
    Case("ALTER TABLE plain ALTER b SET (n_distinct = 5)", "column public.plain.b: options none → n_distinct=5"),
    Case("GRANT SELECT (a) ON plain TO snapshot_reader", "column public.plain.a: privileges"),
    Case("COMMENT ON COLUMN plain.a IS 'x'", "column public.plain.a: comment none → x"),
    Case("ALTER TABLE plain ADD CHECK (a > 0)", "constraint public.plain.plain_a_check is new"),
    Case("ALTER TABLE plain ADD CONSTRAINT n CHECK (a > 0) NOT VALID", "constraint public.plain.n is new"),
    Case("UPDATE pg_constraint SET convalidated = false WHERE conname = 'positive'", "positive is no longer valid"),
    Case("ALTER TABLE t DROP CONSTRAINT positive", "constraint public.t.positive is gone"),
    Case("ALTER TABLE t RENAME CONSTRAINT positive TO above", "constraint public.t.above is new"),
    Case("COMMENT ON CONSTRAINT positive ON t IS 'x'", "constraint public.t.positive: comment"),
    Case("ALTER TABLE child ALTER CONSTRAINT child_fk DEFERRABLE", "constraint public.child.child_fk: definition"),
    Case("ALTER TABLE child DROP CONSTRAINT child_fk", "constraint public.child.child_fk is gone"),
    Case("ALTER TABLE child ALTER CONSTRAINT child_fk NOT ENFORCED", "no longer enforced", 18),
    Case("ALTER TABLE t ADD CONSTRAINT e_there NOT NULL e", "constraint public.t.e_there is new", 18),
    Case("ALTER TABLE t ADD CONSTRAINT e_there NOT NULL e NOT VALID", "constraint public.t.e_there is new", 18),
    Case("ALTER TABLE plain ADD CONSTRAINT x EXCLUDE USING btree (a WITH =)", "constraint public.plain.x is new"),
    Case("ALTER TABLE plain ADD UNIQUE NULLS NOT DISTINCT (b)", "constraint public.plain.plain_b_key is new", 15),
    Case("ALTER TABLE plain ADD CONSTRAINT k UNIQUE USING INDEX plain_key", "constraint public.plain.k is new"),
    Case("ALTER TABLE t DISABLE TRIGGER ALL", '("RI_FKey_noaction_del") is new'),
    Case("CREATE INDEX plain_b_idx ON plain (b)", "index public.plain_b_idx is new"),
    Case("DROP INDEX t_a_idx", "index public.t_a_idx is gone"),
    Case("ALTER INDEX t_a_idx RENAME TO other_idx", "index public.other_idx is new"),
    Case("DROP INDEX t_a_idx; CREATE INDEX t_a_idx ON t (a DESC)", "index public.t_a_idx: definition"),
    Case("DROP INDEX t_a_idx; CREATE INDEX t_a_idx ON t (a) WHERE a > 1", "index public.t_a_idx: definition"),
    Case("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_a_idx'::regclass", "no longer valid"),
    Case("UPDATE pg_index SET indisready = false WHERE indexrelid = 't_a_idx'::regclass", "no longer ready"),
    Case("CLUSTER t USING t_a_idx", "index public.t_a_idx is now clustered"),
    Case("ALTER TABLE t REPLICA IDENTITY USING INDEX t_pkey", "index public.t_pkey is now replica identity"),
    Case("ALTER INDEX t_a_idx SET (fillfactor = 50)", "index public.t_a_idx: definition"),
    Case("ALTER INDEX expression_idx ALTER 1 SET STATISTICS 500", "index public.expression_idx: statistics targets"),
    Case("COMMENT ON INDEX t_a_idx IS 'x'", "index public.t_a_idx: comment"),
    Case("CREATE INDEX ON parted (a)", "index public.part_a_idx is new"),
    Case("CREATE INDEX parted_i ON ONLY parted (a)", "index public.parted_i is new"),
    Case("CREATE OR REPLACE VIEW v AS SELECT a FROM t WHERE a > 1", "view public.v: definition"),
    Case("ALTER VIEW v SET (security_barrier = on)", "view public.v: options"),
    Case("ALTER VIEW v ALTER a SET DEFAULT 1", "column public.v.a: default none → 1"),
    Case("DROP VIEW v", "view public.v is gone"),
    Case("REFRESH MATERIALIZED VIEW m WITH NO DATA", "materialized view public.m is no longer populated"),
    Case("DROP MATERIALIZED VIEW m", "materialized view public.m is gone"),
    Case("ALTER SEQUENCE q INCREMENT 5", "sequence public.q: increment 1 → 5"),
    Case("ALTER SEQUENCE q MAXVALUE 5 CYCLE CACHE 3", "maximum 9223372036854775807 → 5"),
    Case("ALTER SEQUENCE q AS int", "sequence public.q: type bigint → integer"),
    Case("ALTER SEQUENCE q OWNED BY plain.a", "sequence public.q: owned by none → public.plain.a"),
    Case("ALTER SEQUENCE q SET UNLOGGED", "sequence public.q: persistence", 15),
    Case("GRANT USAGE ON SEQUENCE q TO snapshot_reader", "sequence public.q: privileges"),
    Case("ALTER TYPE mood ADD VALUE 'calm' BEFORE 'happy'", "type public.mood: labels 'sad', 'happy' → 'sad', 'calm'"),
    Case("ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'", "type public.mood: labels"),
    Case("ALTER TYPE pair ADD ATTRIBUTE z int CASCADE", "column public.pair.z is new"),
    Case("ALTER TYPE pair OWNER TO snapshot_reader", "type public.pair: owner"),
    Case("REVOKE USAGE ON TYPE mood FROM PUBLIC", "type public.mood: privileges"),
    Case("COMMENT ON TYPE mood IS 'x'", "type public.mood: comment"),
    Case(
        "DROP TYPE span; CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi)",
        "type public.span: range",
    ),
    Case("CREATE TYPE hollow", "type public.hollow is new"),
    Case("ALTER DOMAIN positive_int SET DEFAULT 1", "domain public.positive_int: default none → 1"),
    Case("ALTER DOMAIN positive_int SET NOT NULL", "domain public.positive_int is now not null"),
    Case(
        "ALTER DOMAIN positive_int DROP CONSTRAINT positive_int_check", "public.positive_int.positive_int_check is gone"
    ),
    Case("ALTER DOMAIN positive_int ADD CHECK (VALUE < 9) NOT VALID", "public.positive_int.positive_int_check1 is new"),
    Case(
        "CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a + 2'",
        "function public.f(integer): def",
    ),
    Case("CREATE FUNCTION f(a text) RETURNS int LANGUAGE sql AS 'SELECT 1'", "function public.f(text) is new"),
    Case("ALTER FUNCTION f(int) STABLE", "function public.f(integer): definition"),
    Case("ALTER FUNCTION f(int) SET search_path = s", "function public.f(integer): definition"),
    Case("ALTER FUNCTION f(int) SECURITY DEFINER", "function public.f(integer): definition"),
    Case("ALTER FUNCTION f(int) COST 7", "function public.f(integer): definition"),
    Case("ALTER FUNCTION f(int) OWNER TO snapshot_reader", "function public.f(integer): owner"),
    Case("REVOKE EXECUTE ON FUNCTION f(int) FROM PUBLIC", "function public.f(integer): privileges"),
    Case("ALTER FUNCTION f(int) DEPENDS ON EXTENSION plpgsql", "depends on extension none → plpgsql"),
    Case("COMMENT ON FUNCTION f(int) IS 'x'", "function public.f(integer): comment"),
    Case("DROP PROCEDURE p()", "procedure public.p() is gone"),
    Case("DROP AGGREGATE total(int)", "aggregate public.total(integer) is gone"),
    Case(
        "CREATE OR REPLACE AGGREGATE total (int) (sfunc = int4pl, stype = int, initcond = '1')",
        "public.total(integer): def",
    ),
    Case("ALTER TABLE t DISABLE TRIGGER tr", "trigger public.t.tr: enabled origin → disabled"),
    Case("ALTER TABLE t ENABLE ALWAYS TRIGGER tr", "trigger public.t.tr: enabled origin → always"),
    Case("DROP TRIGGER tr ON t", "trigger public.t.tr is gone"),
    Case(
        "CREATE OR REPLACE TRIGGER tr AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION g()", "trigger public.t.tr: def"
    ),
    Case(
        "CREATE CONSTRAINT TRIGGER ct AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION g()", "trigger public.t.ct is new"
    ),
    Case("COMMENT ON TRIGGER tr ON t IS 'x'", "trigger public.t.tr: comment"),
    Case("ALTER TABLE plain DISABLE RULE r", "rule public.plain.r: enabled origin → disabled"),
    Case("DROP RULE r ON plain", "rule public.plain.r is gone"),
    Case("COMMENT ON RULE r ON plain IS 'x'", "rule public.plain.r: comment"),
    Case("ALTER POLICY o ON plain USING (a > 1)", "policy public.plain.o: using (a > 0) → (a > 1)"),
    Case("ALTER POLICY o ON plain TO snapshot_reader", "policy public.plain.o: roles public → snapshot_reader"),
    Case("ALTER POLICY o ON plain WITH CHECK (a > 1)", "policy public.plain.o: with check none → (a > 1)"),
    Case("CREATE POLICY o2 ON plain AS RESTRICTIVE FOR UPDATE USING (true)", "policy public.plain.o2 is new"),
    Case("DROP STATISTICS st", "statistics public.st is gone"),
    Case("ALTER STATISTICS st SET STATISTICS 500", "statistics public.st: statistics target none → 500"),
    Case("ALTER EVENT TRIGGER ev DISABLE", "event trigger ev: enabled origin → disabled"),
    Case("DROP EVENT TRIGGER ev", "event trigger ev is gone"),
    Case("ALTER SERVER far OPTIONS (SET host 'i')", "server far: foreign options host=h → host=i"),
    Case("ALTER FOREIGN TABLE ft OPTIONS (SET file 'y')", "foreign table public.ft: foreign options file=x → file=y"),
    Case("ALTER USER MAPPING FOR snapshot_reader SERVER far OPTIONS (SET password 'other')", "user mapping far for"),
    Case("DROP USER MAPPING FOR snapshot_reader SERVER far", "user mapping far for snapshot_reader is gone"),
    Case("GRANT USAGE ON FOREIGN SERVER far TO snapshot_reader", "server far: privileges"),
    Case("CREATE FOREIGN DATA WRAPPER w2", "foreign-data wrapper w2 is new"),
    Case("ALTER PUBLICATION pub ADD TABLE loose", "publication table pub.public.loose is new"),
    Case("ALTER PUBLICATION pub SET TABLE plain (a)", "publication table pub.public.plain: columns none → a", 15),
    Case("ALTER PUBLICATION pub SET TABLE plain WHERE (a > 1)", "publication table pub.public.plain: where", 15),
    Case("ALTER PUBLICATION pub ADD TABLES IN SCHEMA s", "publication schema pub.s is new", 15),
    Case("ALTER PUBLICATION pub SET (publish = 'insert')", "publication pub: definition"),
    Case("CREATE SUBSCRIPTION sub CONNECTION 'host=x' PUBLICATION y WITH (connect = false)", "subscription sub is new"),
    Case(
        "ALTER TEXT SEARCH CONFIGURATION words ALTER MAPPING FOR word WITH english_stem",
        "configuration public.words: def",
    ),
    Case("ALTER TEXT SEARCH DICTIONARY stems (stopwords = english)", "text search dictionary public.stems: definition"),
    Case(
        "CREATE TEXT SEARCH PARSER tp (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, "
        "LEXTYPES = prsd_lextype)",
        "text search parser public.tp is new",
    ),
    Case("CREATE TEXT SEARCH TEMPLATE tt (LEXIZE = dsimple_lexize)", "text search template public.tt is new"),
    Case("DROP COLLATION german", "collation public.german is gone"),
    Case('DROP COLLATION german; CREATE COLLATION german FROM "POSIX"', "collation public.german: definition"),
    Case("CREATE CONVERSION conv FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1", "conversion public.conv is new"),
    Case("DROP OPERATOR === (int, int)", "operator public.===(integer,integer) is gone"),
    Case("ALTER OPERATOR === (int, int) SET (restrict = eqsel)", "operator public.===(integer,integer): restrict"),
    Case("DROP OPERATOR FAMILY fam USING btree", "operator family public.fam using btree is gone"),
    Case(
        "ALTER OPERATOR FAMILY fam USING btree ADD FUNCTION 1 (int2, int4) btint24cmp(int2, int4)", "member public.fam"
    ),
    Case(
        "CREATE OPERATOR CLASS oc FOR TYPE int USING btree FAMILY fam AS OPERATOR 3 ===, FUNCTION 1 btint4cmp",
        "operator class public.oc using btree is new",
    ),
    Case("CREATE CAST (int AS mood) WITH FUNCTION mood_of(int)", "cast integer as public.mood is new"),
    Case(
        "CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal))",
        "transform integer for sql",
    ),
    Case("CREATE LANGUAGE other HANDLER plpgsql_call_handler", "language other is new"),
    Case("CREATE ACCESS METHOD am TYPE INDEX HANDLER bthandler", "access method am is new"),
    Case("DROP EXTENSION plpgsql CASCADE", "extension plpgsql is gone"),
    Case(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO snapshot_reader",
        "default privileges postgres in",
    ),
    Case(
        "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC", "default privileges postgres on functions"
    ),
    Case(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 1024', current_database()); END $$",
        "settings of the database is new",
    ),
    Case(
        "DO $$ BEGIN EXECUTE format('ALTER ROLE snapshot_reader IN DATABASE %I SET work_mem = 1024', "
        "current_database()); END $$",
        "settings of role snapshot_reader is new",
    ),
    Case("DO $$ BEGIN EXECUTE format('COMMENT ON DATABASE %I IS ''x''', current_database()); END $$", "itself: remark"),
    Case(
        "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO snapshot_reader', current_database()); END $$",
        "database itself: privileges",
    ),
    Case("REVOKE EXECUTE ON FUNCTION now() FROM PUBLIC", "privileges function now() is new"),
    Case("GRANT EXECUTE ON FUNCTION pg_ls_dir(text) TO snapshot_reader", "privileges function pg_ls_dir(text)"),
    Case("REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC", "privileges language plpgsql"),
)
