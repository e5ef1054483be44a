"""Whatever SQL comes, reading its names neither raises nor stalls."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seltzer.model import Name
from seltzer.sql.names import needed_key
from seltzer.sql.parse import SqlSyntaxError, parse_statements
from unit.sql.names_text import PUBLIC, names_of

WORDS = ["t", "app.t", '"My T"', "pg_temp.t", "pg_catalog.t", "db.app.t", "f", "mood", "a", "public.b", '"ü"']
NAMES = st.sampled_from(WORDS)
TYPES = st.sampled_from(["int", "mood", "app.mood[]", "text", "t.a%type", "serial", "numeric(1, 2)", "setof t", "_x"])
CONSTANTS = st.sampled_from(["1", "'x'", "NULL", "'t'", "'app.t'", "'\"'", "'.'", "'a.'", "'x(int'", "''"])
KINDS = st.sampled_from(
    ["TABLE", "VIEW", "MATERIALIZED VIEW", "INDEX", "SEQUENCE", "TYPE", "DOMAIN", "SCHEMA", "FUNCTION", "EXTENSION",
     "COLLATION", "STATISTICS", "ROLE", "TRIGGER", "POLICY", "FOREIGN TABLE", "AGGREGATE", "PROCEDURE", "SERVER"]
)  # fmt: skip


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions of every shape that names can hide in, around smaller ones."""
    two = st.tuples(inner, inner)
    return st.one_of(
        st.builds("{}({})".format, NAMES, inner),
        st.builds("({})::{}".format, inner, TYPES),
        st.builds(
            "'{}'::reg{}".format, NAMES, st.sampled_from(["class", "type", "proc", "procedure", "role", "config"])
        ),
        st.builds("nextval({})".format, inner),
        st.builds("(SELECT {} FROM {} WHERE {})".format, inner, NAMES, inner),
        two.map(lambda both: f"({both[0]} + {both[1]})"),
        two.map(lambda both: f"({both[0]} === {both[1]})"),
        two.map(lambda both: f"CASE WHEN {both[0]} THEN {both[1]} END"),
        two.map(lambda both: f"ARRAY[{both[0]}, {both[1]}]"),
        two.map(lambda both: f"count(*) FILTER (WHERE {both[0]}) OVER (ORDER BY {both[1]})"),
        two.map(lambda both: f"({both[0]} IN ({both[1]}, 1))"),
        two.map(lambda both: f"json_object({both[0]}: {both[1]})"),
    )


LEAVES = st.one_of(NAMES, CONSTANTS, st.just("a.*"), st.just("$1"))
EXPRESSIONS = st.recursive(LEAVES, _grown, max_leaves=4)
PARTS = {"n": NAMES, "t": TYPES, "e": EXPRESSIONS, "k": KINDS, "c": CONSTANTS}

TEMPLATES = [
    "CREATE TABLE {n} (a {t} DEFAULT {e} CHECK ({e}) REFERENCES {n}, b int UNIQUE, PRIMARY KEY (a, b))",
    "CREATE TEMP TABLE {n} (a {t}); CREATE INDEX ON {n} (a, ({e})) WHERE {e}",
    "CREATE TABLE {n} PARTITION OF {n} (PRIMARY KEY (a)) DEFAULT",
    "CREATE VIEW {n} AS WITH x AS (SELECT {e} FROM {n}) SELECT {e} FROM x JOIN {n} USING (a) GROUP BY {e} ORDER BY {e}",
    "ALTER TABLE {n} ADD COLUMN a {t} DEFAULT {e}, DROP COLUMN b, ADD UNIQUE (a), ALTER c TYPE {t} USING {e}",
    "ALTER TABLE {n} ATTACH PARTITION {n} DEFAULT; ALTER TABLE {n} RENAME TO z; ALTER TABLE {n} SET SCHEMA app",
    "ALTER TABLE {n} RENAME a TO b; ALTER TABLE {n} RENAME CONSTRAINT a TO b; DROP TABLE {n}",
    "CREATE FUNCTION {n}(a {t} DEFAULT {e}) RETURNS {t} LANGUAGE sql AS $$ SELECT {e}; INSERT INTO {n} SELECT {e} $$",
    "CREATE FUNCTION {n}(a {t}) RETURNS {t} LANGUAGE plpgsql AS $$ DECLARE x {t} := {e}; y {n}%ROWTYPE; BEGIN END $$",
    "CREATE FUNCTION {n}() RETURNS {t} BEGIN ATOMIC SELECT {e}; END; ALTER FUNCTION {n}({t}) RENAME TO g",
    "INSERT INTO {n} (a, b[1]) SELECT {e} FROM {n} ON CONFLICT (a, ({e})) DO UPDATE SET a = {e} RETURNING {e}",
    "UPDATE {n} SET (a, b) = (SELECT {e}, {e}) FROM {n} WHERE {e}; DELETE FROM {n} USING {n} WHERE {e}",
    "MERGE INTO {n} USING {n} x ON {e} WHEN MATCHED THEN UPDATE SET a = {e} WHEN NOT MATCHED THEN INSERT VALUES ({e})",
    "CREATE POLICY p ON {n} USING ({e}); CREATE TRIGGER g BEFORE UPDATE OF a ON {n} WHEN ({e}) EXECUTE FUNCTION {n}()",
    "CREATE RULE r AS ON INSERT TO {n} WHERE {e} DO ALSO UPDATE {n} SET a = {e}",
    "COMMENT ON {k} {n} IS 'x'",
    "COMMENT ON COLUMN {n} IS 'x'",
    "DROP {k} IF EXISTS {n} CASCADE",
    "DROP {k} {n}; ALTER {k} {n} RENAME TO z",
    "ALTER {k} {n} SET SCHEMA app",
    "ALTER {k} {n} OWNER TO bob",
    "GRANT ALL ON {k} {n} TO bob",
    "CREATE DOMAIN {n} AS {t} DEFAULT {e} CHECK ({e}); ALTER TYPE {n} ADD VALUE 'x'; ALTER TYPE {n} RENAME TO z",
    "SET search_path = {n}; SELECT set_config('search_path', {c}, true); CREATE TABLE t (); SELECT * FROM a",
    "CREATE SCHEMA app CREATE TABLE {n} (a {t}) CREATE VIEW {n} AS SELECT {e}",
    "CREATE EXTENSION citext SCHEMA app; ALTER EXTENSION citext SET SCHEMA b; DROP EXTENSION citext",
    "COPY {n} FROM '/x' WHERE {e}; TRUNCATE {n}; LOCK {n}; VACUUM {n} (a); REINDEX TABLE {n}; CLUSTER {n} USING i",
    "SELECT {e} FROM {n} a, LATERAL {n}({e}) AS x(a {t}), xmltable('/' PASSING {e} COLUMNS a {t} PATH '.')",
]


@st.composite
def statements(draw: st.DrawFn) -> str:
    """SQL from the templates, most of which the grammar takes."""
    pieces = draw(st.sampled_from(TEMPLATES)).split("{")
    filled = [pieces[0]] + [draw(PARTS[piece[0]]) + piece[2:] for piece in pieces[1:]]
    return "".join(filled)


@given(st.lists(statements(), min_size=1, max_size=3), st.sampled_from([PUBLIC, ("app", "public"), ()]))
def test_reading_never_raises(sql: list[str], path: tuple[str, ...]) -> None:
    """And says the same of the same text, a place for each need, and of no name that it is there and gone."""
    text = "; ".join(sql)
    try:
        parse_statements(text)
    except SqlSyntaxError:
        return

    names = names_of(text, path)

    assert names == names_of(text, path)
    assert names.removes.isdisjoint(names.provides)
    assert names.places.keys() >= names.needs | names.wants


MANY = 3_000
HOSTILE = {
    "chained operators": "SELECT " + " || ".join(["f(a)"] * 10_000) + " FROM t",
    "chained conditions": "SELECT 1 FROM t WHERE " + " AND ".join(f"a{n} = {n}" for n in range(10_000)),
    "nested queries": "SELECT * FROM " + "(SELECT * FROM " * 900 + "t" + ") x" * 900,
    "nested conditions": "".join(f"SELECT a FROM t{n} WHERE b IN (" for n in range(250)) + "1" + ")" * 250,
    "a long union": " UNION ALL ".join(f"SELECT a FROM t{n}" for n in range(MANY)),
    "a long join": "SELECT a FROM t " + " ".join(f"JOIN t{n} ON t{n}.a = t.b" for n in range(MANY)),
    "many queries by name": "WITH " + ", ".join(f"c{n} AS (SELECT 1)" for n in range(1_500)) + " SELECT * FROM c1",
    "a wide table": "CREATE TABLE t (" + ", ".join(f"c{n} int DEFAULT f{n}(1)" for n in range(MANY)) + ")",
    "many rows": "INSERT INTO t (a, b) VALUES " + ", ".join(["(1, 'abcdefghijklmnopqrst')"] * 30_000),
    "tables that come and go": "; ".join(f"CREATE TABLE t{n} (a int UNIQUE); DROP TABLE t{n}" for n in range(MANY)),
    "tables renamed": "; ".join(f"CREATE TABLE t{n} (a int); ALTER TABLE t{n} RENAME TO u{n}" for n in range(MANY)),
    "a body of operators": "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT " + "1 + " * 10_000 + "1'",
    "many declarations": "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'DECLARE "
    + " ".join(f"x{n} t{n}%ROWTYPE;" for n in range(MANY))
    + " BEGIN END'",
}  # fmt: skip


@pytest.mark.parametrize("sql", HOSTILE.values(), ids=HOSTILE)
def test_large_and_deep_statements_take_no_time(sql: str) -> None:
    """A fraction of a second for each, with room for a slow machine, and no depth is too deep."""
    parse_statements(sql)
    started = time.process_time()

    names_of(sql)

    assert time.process_time() - started < 3


def test_a_body_that_is_no_sql_says_nothing() -> None:
    """PostgreSQL will say it when it runs; what the signature needs is known all the same."""
    names = names_of("CREATE FUNCTION f(mood) RETURNS int LANGUAGE sql AS 'not SQL'; SELECT * FROM t")

    assert {str(name) for name in names.needs} == {"type public.mood", "table public.t"}


def test_keys_are_the_same_for_one_name_space_only() -> None:
    """A function and a table of one name are two things."""
    both = names_of("SELECT t(1) FROM t").needs

    assert len({needed_key(name) for name in both}) == len(both) == 2
    assert all(isinstance(name, Name) for name in both)
