"""Where names stand in the text, and what the search path of the run makes of names without a schema."""

from __future__ import annotations

import pytest

from seltzer.model import Name, NameKind, Spot
from seltzer.sql.names import Key, needed_key, provided_keys, read_names
from seltzer.sql.parse import parse_statements
from unit.sql.names_text import names_of, text_of

USERS = Name(NameKind.TABLE, "public", "users")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; SELECT * FROM users",
        "SELECT 1;\n\n-- größer\n  SELECT * FROM users",
        "SELECT 'ü'; SELECT 'ü', x FROM users; SELECT * FROM users",
        "SELECT 1; CREATE VIEW v AS\nSELECT * FROM users",
        "SELECT 1; CREATE TABLE t (a int REFERENCES users)",
        "SELECT 1; GRANT SELECT ON users TO bob",
        "SELECT 1; ALTER TABLE users ADD COLUMN a int",
    ],
)
def test_a_need_stands_where_its_word_stands(sql: str) -> None:
    """In characters of its own statement, whatever stands before it."""
    place = names_of(sql).places[USERS]

    statement = parse_statements(sql)[place.statement].text.decode()
    assert place.statement == 1
    assert statement[place.offset :].startswith("users")


def test_a_name_in_a_body_stands_where_its_statement_stands() -> None:
    """A body is text of its own, whose positions say nothing about the file."""
    names = names_of("SELECT 1; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT a FROM users'")

    assert names.places[USERS] == Spot(1, 0)


def test_a_statement_read_alone_counts_from_its_own_beginning() -> None:
    """Also when it was parsed with the rest of its file."""
    _, second = parse_statements("SELECT 'ü'; SELECT * FROM users")
    assert second.tree is not None

    names = read_names(second.tree, second.text.decode(), ("public",), second.start - second.base)

    assert names.places[USERS] == Spot(0, len("SELECT * FROM "))


def test_a_statement_without_a_tree_is_passed_over() -> None:
    """What is too large or too deep to have one is opaque, not an error."""
    names = names_of("SELECT '" + "x" * (1 << 20) + "'; SELECT * FROM users")

    assert names.needs == {USERS}
    assert names.places[USERS].statement == 1


@pytest.mark.parametrize(
    ("head", "expected"),
    {
        "INSERT INTO users": ["needs table users"],
        'insert into app."My Users" as u (a, "B")': [
            "needs column app.My Users.B, column app.My Users.a, schema app, table app.My Users"
        ],
        "WITH x AS (SELECT) INSERT INTO users": ["nothing"],
        "INSERT INTO nothing(": ["nothing"],
    }.items(),
)
def test_the_head_of_a_large_insert_is_read(head: str, expected: list[str]) -> None:
    """Its table and its columns; of what else is too large to have a tree, nothing."""
    names = names_of(f"SELECT 1; {head} VALUES " + ", ".join(["(1, 'abcdefghijklmnopqrstuvwxyz')"] * 35_000))

    assert text_of(names) == expected
    assert {spot.statement for spot in names.places.values()} <= {1}


def test_what_lets_be_what_was_there_is_noted() -> None:
    """IF NOT EXISTS and OR REPLACE, each for what it makes."""
    names = names_of(
        "CREATE OR REPLACE VIEW v AS SELECT 1; CREATE TABLE t (a int); CREATE INDEX IF NOT EXISTS i ON t (a);"
        "ALTER TABLE u ADD COLUMN IF NOT EXISTS x int, ADD COLUMN y int"
    )

    assert {str(name) for name in names.tolerates} == {"view public.v", "index public.i", "column public.u.x"}


def test_the_width_of_a_row_without_a_list_of_columns_is_noted() -> None:
    """The widest counts; the file's own table has what the file gave it; `*` has nobody knows how many."""
    names = names_of(
        "INSERT INTO t VALUES (1); INSERT INTO t SELECT 1, 2 UNION SELECT 3, 4; INSERT INTO u (a) VALUES (1);"
        "CREATE TABLE w (a int); INSERT INTO w VALUES (1); INSERT INTO users SELECT * FROM t"
    )

    assert {str(name): width for name, width in names.widths.items()} == {"table public.t": 2, "table public.users": 0}


def test_a_name_without_a_schema_may_be_in_each_schema_of_the_path() -> None:
    """The first that anyone provides; what is made goes to the first."""
    names = names_of("CREATE TABLE t (m mood); SELECT a FROM users", ("app", "public"))

    assert text_of(names) == [
        "provides table app.t",
        "needs schema app",
        "choices column app.users.a or column users.a, table app.users or table users, type app.mood or type mood",
        "listed table app.t (m)",
    ]


def test_the_path_is_without_what_is_nobodys() -> None:
    """The role's own schema, PostgreSQL's and empty words."""
    names = names_of("CREATE VIEW v AS SELECT * FROM users", ("$user", "pg_catalog", "", "public", "pg_temp", "public"))

    assert text_of(names) == ["provides view v", "needs table users"]


def test_without_a_path_only_names_with_a_schema_count() -> None:
    """As in the files of pg_dump."""
    assert text_of(names_of("SELECT f(1) FROM users, app.orders", ())) == ["needs schema app, table app.orders"]


def test_relations_share_one_name_space() -> None:
    """A FROM item finds a table, a view, a sequence; and what has rows is a type."""
    view = Name(NameKind.VIEW, "app", "v")

    assert needed_key(Name(NameKind.TABLE, "app", "v")) == needed_key(view)
    assert provided_keys(view) == (Key("relation", "app", "v", ""), Key("type", "app", "v", ""))
    assert provided_keys(Name(NameKind.INDEX, "app", "i")) == (Key("relation", "app", "i", ""),)
    assert needed_key(Name(NameKind.TYPE, "app", "v")) in provided_keys(view)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (Name(NameKind.TABLE, "public", "users"), "table public.users"),
        (Name(NameKind.COLUMN, "public", "users", "email"), "column public.users.email"),
        (Name(NameKind.FUNCTION, "app", "slug", "(text)"), "function app.slug(text)"),
        (Name(NameKind.EXTENSION, "", "citext"), "extension citext"),
        (Name(NameKind.KEY, "public", "users", "a,b"), "unique key public.users.a,b"),
    ],
)
def test_a_name_reads_as_people_say_it(name: Name, text: str) -> None:
    """Kind first, then the dotted name; a function with its argument types."""
    assert str(name) == text


def test_every_database_has_public() -> None:
    """Nobody waits for a file that creates it if it is missing."""
    names = names_of("CREATE EXTENSION lo WITH SCHEMA public; CREATE TABLE public.t (); SELECT * FROM public.u")

    assert Name(NameKind.SCHEMA, "", "public") not in names.needs
