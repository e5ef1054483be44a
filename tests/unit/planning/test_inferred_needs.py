"""Who needs a name runs after who provides it: one entry for each kind of name and each place that names one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from unit.planning.planned import ids, plan, write

if TYPE_CHECKING:
    from pathlib import Path

USERS = "CREATE TABLE users (id bigint PRIMARY KEY, email text)"
MOOD = "CREATE TYPE mood AS ENUM ('sad')"
SLUG = "CREATE FUNCTION slug(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1'"
CHECKED = "CREATE FUNCTION good(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'"
TRIGGER = "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
PARENT = "CREATE TABLE parts (id int) PARTITION BY RANGE (id)"

# What is provided, what needs it, and the reason.
PAIRS = {
    "a table in a foreign key": (USERS, "CREATE TABLE posts (u bigint REFERENCES users)", "table public.users"),
    "a foreign key at the table": (
        USERS, "CREATE TABLE posts (u bigint, FOREIGN KEY (u) REFERENCES users (id))", "table public.users",
    ),
    "a foreign key that is added": (
        f"{USERS}; CREATE TABLE posts (u bigint)",
        "ALTER TABLE posts ADD CONSTRAINT posts_u FOREIGN KEY (u) REFERENCES users",
        "unique key public.users",
    ),
    "a column that is added": (
        "ALTER TABLE users ADD COLUMN age int", "CREATE INDEX ON users (age)", "column public.users.age",
    ),
    "a partition": (PARENT, "CREATE TABLE parts_1 PARTITION OF parts DEFAULT", "table public.parts"),
    "an attached partition": (
        PARENT, "CREATE TABLE parts_1 (id int); ALTER TABLE parts ATTACH PARTITION parts_1 DEFAULT",
        "table public.parts",
    ),
    "inheritance": (USERS, "CREATE TABLE admins (level int) INHERITS (users)", "table public.users"),
    "LIKE": (USERS, "CREATE TABLE old_users (LIKE users INCLUDING ALL)", "table public.users"),
    "a type": (MOOD, "CREATE TABLE diary (m mood)", "type public.mood"),
    "an array of a type": (MOOD, "CREATE TABLE diary (m mood[])", "type public.mood"),
    "the rows of a table as a type": (USERS, "CREATE TABLE diary (u users)", "table public.users"),
    "a label": (
        "ALTER TYPE mood ADD VALUE 'ok'", "CREATE TABLE diary (m mood DEFAULT 'ok')", "type public.mood.ok",
    ),
    "a domain": ("CREATE DOMAIN email AS text", "CREATE TABLE users (e email)", "type public.email"),
    "a composite type": (
        "CREATE TYPE place AS (x int, y int)", "CREATE FUNCTION far(place) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "type public.place",
    ),
    "a range type": (
        "CREATE TYPE floats AS RANGE (SUBTYPE = float8)", "CREATE TABLE t (f floats)", "type public.floats",
    ),
    "a sequence in nextval": (
        "CREATE SEQUENCE app_ids", "CREATE TABLE t (id bigint DEFAULT nextval('app_ids'))", "sequence public.app_ids",
    ),
    "a sequence as regclass": (
        "CREATE SEQUENCE app_ids", "CREATE TABLE t (id bigint DEFAULT nextval('public.app_ids'::regclass))",
        "sequence public.app_ids",
    ),
    "an owned sequence": (USERS, "CREATE SEQUENCE user_ids OWNED BY users.id", "table public.users"),
    "the sequence of an identity": (
        "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY)", "GRANT USAGE ON SEQUENCE t_id_seq TO pg_monitor",
        "sequence public.t_id_seq",
    ),
    "a table as regclass": (USERS, "SELECT 'users'::regclass", "table public.users"),
    "a function in a default": (SLUG, "CREATE TABLE t (a text DEFAULT slug('x'))", "function public.slug"),
    "a function in a check": (CHECKED, "CREATE TABLE t (a int CHECK (good(a)))", "function public.good"),
    "a function in an index": (
        SLUG, "CREATE TABLE t (a text); CREATE INDEX ON t (slug(a))", "function public.slug",
    ),
    "a function in a generated column": (
        SLUG, "CREATE TABLE t (a text, b text GENERATED ALWAYS AS (slug(a)) STORED)", "function public.slug",
    ),
    "a function in a policy": (
        CHECKED, "CREATE TABLE t (a int); CREATE POLICY p ON t USING (good(a))", "function public.good",
    ),
    "a function in a view": (SLUG, "CREATE VIEW v AS SELECT slug('a') AS s", "function public.slug"),
    "a function in a trigger": (
        TRIGGER, "CREATE TABLE t (); CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION touch()",
        "function public.touch",
    ),
    "a function in an aggregate": (
        "CREATE FUNCTION plus(int, int) RETURNS int LANGUAGE sql AS 'SELECT $1 + $2'",
        "CREATE AGGREGATE total(int) (SFUNC = plus, STYPE = int)", "function public.plus",
    ),
    "a function in an operator": (
        "CREATE FUNCTION plus(int, int) RETURNS int LANGUAGE sql AS 'SELECT $1 + $2'",
        "CREATE OPERATOR === (FUNCTION = plus, LEFTARG = int, RIGHTARG = int)", "function public.plus",
    ),
    "a function in a cast": (
        f"{MOOD}; CREATE FUNCTION to_int(mood) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE CAST (mood AS int) WITH FUNCTION to_int(mood)", "type public.mood",
    ),
    "an operator": (
        "CREATE OPERATOR === (FUNCTION = int4pl, LEFTARG = int, RIGHTARG = int)", "CREATE VIEW v AS SELECT 1 === 2",
        "operator public.===",
    ),
    "an aggregate": (
        "CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int)", "CREATE VIEW v AS SELECT total(1) AS a",
        "function public.total",
    ),
    "a procedure": (
        "CREATE PROCEDURE tidy() LANGUAGE sql AS 'SELECT 1'", "CALL tidy()", "function public.tidy",
    ),
    "a body in SQL": (
        USERS, "CREATE FUNCTION n() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM users'", "table public.users",
    ),
    "a body that begins atomic": (
        USERS, "CREATE FUNCTION n() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM users; END", "table public.users",
    ),
    "%TYPE in an argument": (
        USERS, "CREATE FUNCTION n(users.id%TYPE) RETURNS int LANGUAGE plpgsql AS 'BEGIN END'", "table public.users",
    ),
    "%TYPE in a declaration": (
        USERS, "CREATE FUNCTION n() RETURNS int LANGUAGE plpgsql AS 'DECLARE a users.email%TYPE; BEGIN END'",
        "table public.users",
    ),
    "%ROWTYPE in a declaration": (
        USERS, "CREATE FUNCTION n() RETURNS int LANGUAGE plpgsql AS 'DECLARE a users%ROWTYPE; BEGIN END'",
        "table public.users",
    ),
    "SETOF a table": (
        USERS, "CREATE FUNCTION n() RETURNS SETOF users LANGUAGE plpgsql AS 'BEGIN END'", "table public.users",
    ),
    "a view on a view": ("CREATE VIEW one AS SELECT 1 AS a", "CREATE VIEW two AS SELECT a FROM one", "view public.one"),
    "a materialised view": (
        "CREATE MATERIALIZED VIEW one AS SELECT 1 AS a", "CREATE INDEX ON one (a)", "materialized view public.one",
    ),
    "a rule": (USERS, "CREATE RULE r AS ON DELETE TO users DO INSTEAD NOTHING", "table public.users"),
    "a publication of a table": (USERS, "CREATE PUBLICATION p FOR TABLE users", "table public.users"),
    "a publication": ("CREATE PUBLICATION p", "ALTER PUBLICATION p SET (publish = 'insert')", "publication p"),
    "an extension's type": (
        "CREATE EXTENSION citext", "CREATE TABLE users (e citext)", "type public.citext",
    ),
    "an extension's function": (
        "CREATE EXTENSION pgcrypto", "CREATE VIEW v AS SELECT gen_salt('bf') AS s", "function public.gen_salt",
    ),
    "an extension's operator class": (
        "CREATE EXTENSION pg_trgm", f"{USERS}; CREATE INDEX ON users USING gin (email gin_trgm_ops)",
        "operator class public.gin_trgm_ops",
    ),
    "a schema": ("CREATE SCHEMA app", "CREATE TABLE app.t ()", "schema app"),
    "a role": ("CREATE ROLE app", "CREATE TABLE t (); GRANT SELECT ON t TO app", "role app"),
    "a collation": (
        'CREATE COLLATION german FROM "C"', "CREATE TABLE t (a text COLLATE german)", "collation public.german",
    ),
    "a text search configuration": (
        "CREATE TEXT SEARCH CONFIGURATION mine (COPY = simple)", "CREATE VIEW v AS SELECT to_tsvector('mine', 'x')",
        "text search configuration public.mine",
    ),
    "a comment": (USERS, "COMMENT ON TABLE users IS 'x'", "table public.users"),
    "a comment on a column": (
        "ALTER TABLE users ADD COLUMN age int", "COMMENT ON COLUMN users.age IS 'x'", "column public.users.age",
    ),
    "a grant": (USERS, "GRANT SELECT ON users TO pg_monitor", "table public.users"),
    "statistics": (USERS, "CREATE STATISTICS s ON id, email FROM users", "table public.users"),
    "INSERT": (USERS, "INSERT INTO users (id) VALUES (1)", "table public.users"),
    "UPDATE FROM": (USERS, "CREATE TABLE t (a int); UPDATE t SET a = 1 FROM users", "table public.users"),
    "DELETE USING": (USERS, "CREATE TABLE t (a int); DELETE FROM t USING users WHERE id = a", "table public.users"),
    "MERGE": (
        USERS, "CREATE TABLE t (a int); MERGE INTO t USING users u ON u.id = a WHEN MATCHED THEN DELETE",
        "table public.users",
    ),
    "ON CONFLICT": (
        "CREATE UNIQUE INDEX ON users (email)", "INSERT INTO users (email) VALUES ('x') ON CONFLICT (email) DO NOTHING",
        "unique key public.users.email",
    ),
    "a CTE's own source": (USERS, "CREATE VIEW v AS WITH c AS (TABLE users) SELECT id FROM c", "table public.users"),
    "a quoted name": ('CREATE TABLE "My Users" ()', 'CREATE VIEW v AS SELECT FROM "My Users"', "table public.My Users"),
    "a folded name": ("CREATE TABLE Users ()", "CREATE VIEW v AS SELECT FROM USERS", "table public.users"),
    "a name with its schema": ("CREATE TABLE public.t ()", "CREATE VIEW v AS SELECT FROM t", "table public.t"),
}  # fmt: skip


@pytest.mark.parametrize(("provider", "needer", "because"), PAIRS.values(), ids=PAIRS.keys())
def test_who_needs_a_name_runs_after_who_provides_it(tmp_path: Path, provider: str, needer: str, because: str) -> None:
    """Against the alphabet, whichever kind of file it is; the plan says why."""
    for number, (first, second) in enumerate((("create_tables", "create_tables"), ("0001_x", "create_tables"))):
        folder = write(tmp_path / str(number), {f"z/{first}.sql": f"{provider};\n", f"a/{second}.sql": f"{needer};\n"})

        steps = plan(folder).steps

        assert [step.migration.id for step in steps] == [f"z/{first}", f"a/{second}"]
        assert because in {edge.because for edge in steps[1].depends_on}


STRANGERS = {
    "names of PostgreSQL's own": "CREATE VIEW v AS SELECT now(), count(*), 'x'::regclass FROM pg_class",
    "names of the file itself": "CREATE TABLE own (a int); CREATE VIEW v AS SELECT a FROM own; DROP VIEW v",
    "a CTE that hides a table": "CREATE VIEW v AS WITH users AS (SELECT 1 AS id) SELECT id FROM users",
    "a temporary table that hides one": "CREATE TEMP TABLE users (id int); INSERT INTO users VALUES (1)",
    "another schema": "SET search_path = other; CREATE VIEW v AS SELECT FROM users",
    "a body of PL/pgSQL": "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN PERFORM FROM users; END'",
    "a DO block": "DO $$ BEGIN PERFORM FROM users; END $$",
    "a string": "SELECT 'users'",
}


@pytest.mark.parametrize("text", STRANGERS.values(), ids=STRANGERS.keys())
def test_what_is_no_need_is_no_edge(tmp_path: Path, text: str) -> None:
    """The alphabet decides then."""
    folder = write(tmp_path, {"z/create_tables.sql": f"{USERS}; CREATE TABLE t ()", "a/create_tables.sql": text})

    made = plan(folder)

    assert ids(made) == ["a/create_tables", "z/create_tables"]
    assert not [edge for step in made.steps for edge in step.depends_on]


def test_two_modules_may_need_each_others_tables_at_different_steps(tmp_path: Path) -> None:
    """Edges are between migrations, never between modules."""
    folder = write(
        tmp_path,
        {
            "a/create_tables.sql": "CREATE TABLE posts (id bigint PRIMARY KEY, u bigint REFERENCES users)",
            "z/create_tables.sql": USERS,
            "z/0001_last_post.sql": "ALTER TABLE users ADD COLUMN post bigint REFERENCES posts",
            "a/0001_email.sql": "ALTER TABLE posts ADD COLUMN r bigint; UPDATE posts SET r = post FROM users",
        },
    )

    assert ids(plan(folder)) == ["z/create_tables", "a/create_tables", "z/0001_last_post", "a/0001_email"]


def test_a_function_file_that_a_first_day_needs_is_no_ring(tmp_path: Path) -> None:
    """It comes before the numbered files, although a repeatable: where it belongs is a soft edge."""
    folder = write(
        tmp_path,
        {
            "a/create_tables.sql": "CREATE TABLE t (a text DEFAULT slug('x'))",
            "a/0001_more.sql": "ALTER TABLE t ADD COLUMN b int",
            "a/slug.sql": SLUG,
        },
    )

    assert ids(plan(folder)) == ["a/slug", "a/create_tables", "a/0001_more"]
