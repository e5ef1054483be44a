"""One name, several providers; needs that the text does not name; what directives change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.errors import RingError, UnknownMigrationError
from unit.planning.planned import ids, plan, write

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.model import Plan


def before(made: Plan, id_: str) -> set[tuple[str, str]]:
    """What runs before a step, and why."""
    step = next(step for step in made.steps if step.migration.id == id_)
    return {(edge.before, edge.because) for edge in step.depends_on}


def test_an_extension_in_each_module_is_provided_by_the_first(tmp_path: Path) -> None:
    """Providers of one name are ordered among themselves; a need goes to the first of them."""
    extension = "CREATE EXTENSION IF NOT EXISTS citext;\n"
    folder = write(
        tmp_path,
        {
            "b/create_tables.sql": extension + "CREATE TABLE b (e citext)",
            "c/create_tables.sql": extension + "CREATE TABLE c (e citext)",
            "a/create_tables.sql": "CREATE TABLE a (e citext)",
        },
    )

    made = plan(folder)

    assert ids(made) == ["b/create_tables", "a/create_tables", "c/create_tables"]
    assert before(made, "a/create_tables") == {("b/create_tables", "type public.citext")}
    assert ("b/create_tables", "extension citext") in before(made, "c/create_tables")


def test_a_need_goes_to_the_first_provider_that_makes_no_ring(tmp_path: Path) -> None:
    """The first needs something of the one that asks: the second provides it as well."""
    folder = write(
        tmp_path,
        {
            "a/0001_x.sql": "CREATE SCHEMA IF NOT EXISTS app; CREATE VIEW v AS SELECT FROM m",
            "m/0001_x.sql": "CREATE TABLE m (); CREATE TABLE app.t ()",
            "z/0001_x.sql": "CREATE SCHEMA IF NOT EXISTS app",
        },
    )

    assert ids(plan(folder)) == ["z/0001_x", "m/0001_x", "a/0001_x"]


# A plain CREATE, which fails where the thing is there, and one that lets it be.
TWICE = {
    "a function": (
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'",
    ),
    "a table": ("CREATE TABLE t (a int)", "CREATE TABLE IF NOT EXISTS t (a int)"),
    "a schema": ("CREATE SCHEMA app", "CREATE SCHEMA IF NOT EXISTS app"),
    "a view": ("CREATE VIEW v AS SELECT 1", "CREATE OR REPLACE VIEW v AS SELECT 1"),
    "a view that is dropped first": ("CREATE VIEW v AS SELECT 1", "DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT 1"),
    "a sequence": ("CREATE SEQUENCE s", "CREATE SEQUENCE IF NOT EXISTS s"),
    "an extension": ("CREATE EXTENSION citext", "CREATE EXTENSION IF NOT EXISTS citext"),
    "an aggregate": (
        "CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int)",
        "CREATE OR REPLACE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int)",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("plain", "tolerant"), TWICE.values(), ids=TWICE.keys())
def test_who_lets_be_what_is_there_comes_after_who_does_not(tmp_path: Path, plain: str, tolerant: str) -> None:
    """The other way round the second would fail."""
    folder = write(tmp_path, {"a/0001_x.sql": tolerant, "z/0001_x.sql": plain})

    assert ids(plan(folder)) == ["z/0001_x", "a/0001_x"]


def test_who_adds_a_column_if_it_is_missing_comes_after_who_adds_it(tmp_path: Path) -> None:
    """As for any other name."""
    folder = write(
        tmp_path,
        {
            "b/create_tables.sql": "CREATE TABLE t (a int)",
            "a/0001_x.sql": "ALTER TABLE t ADD COLUMN IF NOT EXISTS b int",
            "z/0001_x.sql": "ALTER TABLE t ADD COLUMN b int",
        },
    )

    assert ids(plan(folder)) == ["b/create_tables", "z/0001_x", "a/0001_x"]


def test_a_bare_label_is_looked_for_where_its_enum_is_read(tmp_path: Path) -> None:
    """`WHERE m = 'great'` needs the label, through a table and a view on it; a text elsewhere does not."""
    folder = write(
        tmp_path,
        {
            "b/create_tables.sql": "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE diary (m mood)",
            "z/0001_label.sql": "ALTER TYPE mood ADD VALUE 'great'",
            "a/0001_reads.sql": "SELECT FROM diary WHERE m = 'great'",
            "c/0001_view.sql": "CREATE VIEW moods AS SELECT m FROM diary",
            "d/0001_far.sql": "SELECT FROM moods WHERE m = 'great'",
            "e/0001_else.sql": "CREATE TABLE words (w text DEFAULT 'great')",
        },
    )

    made = plan(folder)

    assert ids(made) == [
        "b/create_tables", "c/0001_view", "e/0001_else", "z/0001_label", "a/0001_reads", "d/0001_far",
    ]  # fmt: skip
    label = ("z/0001_label", "type public.mood.great")
    assert label in before(made, "a/0001_reads") & before(made, "d/0001_far")


def test_a_bare_label_is_used_before_it_is_renamed(tmp_path: Path) -> None:
    """The removal of a label is one of a name."""
    folder = write(
        tmp_path,
        {
            "b/create_tables.sql": "CREATE TYPE mood AS ENUM ('it''s ok'); CREATE TABLE diary (m mood)",
            "a/0001_renames.sql": "ALTER TYPE mood RENAME VALUE 'it''s ok' TO 'fine'",
            "z/0001_reads.sql": "SELECT FROM diary WHERE m = 'it''s ok'",
        },
    )

    assert ids(plan(folder)) == ["b/create_tables", "z/0001_reads", "a/0001_renames"]


ADDED = {"b/create_tables.sql": "CREATE TABLE t (a int)", "z/0001_adds.sql": "ALTER TABLE t ADD COLUMN b int"}
WIDE = {
    "VALUES": "INSERT INTO t VALUES (1, 2)",
    "SELECT": "INSERT INTO t SELECT 1, 2",
    "UNION": "INSERT INTO t SELECT 1, 2 UNION SELECT 3, 4",
    "WITH": "WITH x AS (INSERT INTO t VALUES (1, 2)) SELECT",
}


@pytest.mark.parametrize("text", WIDE.values(), ids=WIDE.keys())
def test_a_row_of_more_values_than_were_listed_needs_the_columns_that_were_added(tmp_path: Path, text: str) -> None:
    """An INSERT without a list of columns names none of them."""
    made = plan(write(tmp_path, {**ADDED, "a/0001_x.sql": text}))

    assert ids(made) == ["b/create_tables", "z/0001_adds", "a/0001_x"]
    assert ("z/0001_adds", "column public.t.b") in before(made, "a/0001_x")


@pytest.mark.parametrize("text", ["INSERT INTO t VALUES (1)", "INSERT INTO t (a) VALUES (1)", "INSERT INTO t SELECT *"])
def test_a_row_that_fits_needs_no_more(tmp_path: Path, text: str) -> None:
    """As many values as its CREATE TABLE lists, or nobody knows how many."""
    assert ids(plan(write(tmp_path, {**ADDED, "a/0001_x.sql": text})))[1] == "a/0001_x"


def test_a_cast_may_look_like_a_call(tmp_path: Path) -> None:
    """`email('x')` is a function or a type; a table's name would be neither."""
    folder = write(
        tmp_path,
        {
            "a/0001_x.sql": "SELECT email('x'), t(1)",
            "z/create_tables.sql": "CREATE DOMAIN email AS text",
            "z/0001_t.sql": "CREATE TABLE t ()",
            "z/0002_gone.sql": "DROP DOMAIN email",
        },
    )

    made = plan(folder)

    assert ids(made) == ["z/create_tables", "a/0001_x", "z/0001_t", "z/0002_gone"]
    assert before(made, "a/0001_x") == {("z/create_tables", "type public.email")}


def test_what_extends_a_type_comes_before_who_uses_the_type(tmp_path: Path) -> None:
    """A cast, an operator with one of PostgreSQL's symbols, a default operator class: nothing names them."""
    folder = write(
        tmp_path,
        {
            "b/create_tables.sql": "CREATE TYPE pair AS (x int, y int); CREATE TABLE t (p pair)",
            "a/0001_x.sql": "CREATE VIEW v AS SELECT p::int FROM t",
            "c/0001_x.sql": "SELECT FROM v",
            "d/0001_x.sql": "CREATE TABLE apart ()",
            "y/0001_cast.sql": "CREATE FUNCTION f(pair) RETURNS int LANGUAGE sql AS 'SELECT 1';\n"
            "CREATE CAST (pair AS int) WITH FUNCTION f(pair)",
            "z/0001_operator.sql": "CREATE FUNCTION less(pair, pair) RETURNS bool LANGUAGE sql AS 'SELECT true';\n"
            "CREATE OPERATOR < (FUNCTION = less, LEFTARG = pair, RIGHTARG = pair)",
        },
    )

    made = plan(folder)

    assert ids(made) == [
        "b/create_tables", "d/0001_x", "y/0001_cast", "z/0001_operator", "a/0001_x", "c/0001_x",
    ]  # fmt: skip
    assert ("y/0001_cast", "cast pair AS int4") in before(made, "a/0001_x")
    assert ("z/0001_operator", "operator public.<") in before(made, "c/0001_x")


def test_a_partition_as_pg_dump_writes_it_comes_after_its_parent(tmp_path: Path) -> None:
    """PostgreSQL 18 makes up names for NOT NULL: whose name is taken is called otherwise."""
    folder = write(
        tmp_path,
        {
            "a/0001_x.sql": "CREATE TABLE parts_1 (a int CONSTRAINT parts_a_not_null NOT NULL)",
            "z/0001_x.sql": "CREATE TABLE parts (a int NOT NULL) PARTITION BY LIST (a)",
        },
    )

    made = plan(folder)

    assert ids(made) == ["z/0001_x", "a/0001_x"]
    assert before(made, "a/0001_x") == {("z/0001_x", "table public.parts")}


def test_independent_of_cuts_an_inferred_edge(tmp_path: Path) -> None:
    """A migration, or a whole module; what is declared elsewhere stays."""
    files = {"z/0001_x.sql": "CREATE TABLE t ()", "z/0002_y.sql": "SELECT 1"}
    cut = "-- seltzer: independent-of = {}\nCREATE VIEW v AS SELECT FROM t"

    for reference in ("z/0001_x", "z"):
        folder = write(tmp_path / reference.replace("/", "-"), {**files, "a/0001_x.sql": cut.format(reference)})
        assert ids(plan(folder)) == ["a/0001_x", "z/0001_x", "z/0002_y"]
    folder = write(tmp_path / "other", {**files, "a/0001_x.sql": cut.format("z/0002_y")})
    assert ids(plan(folder)) == ["z/0001_x", "a/0001_x", "z/0002_y"]
    with pytest.raises(UnknownMigrationError, match="'nobody'"):
        plan(write(tmp_path / "wrong", {**files, "a/0001_x.sql": cut.format("nobody")}))


def test_independent_of_is_a_way_out_of_a_ring(tmp_path: Path) -> None:
    """As the error says."""
    one, other = "CREATE TABLE a (); SELECT FROM b", "CREATE TABLE b (); SELECT FROM a"
    folder = write(tmp_path, {"a/0001_x.sql": one, "b/0001_x.sql": other})
    with pytest.raises(RingError, match="2 migrations wait for each other"):
        plan(folder)

    write(tmp_path, {"a/0001_x.sql": f"-- seltzer: independent-of = b/0001_x\n{one}"})

    assert ids(plan(folder)) == ["a/0001_x", "b/0001_x"]


def test_a_file_that_is_not_parsed_says_nothing(tmp_path: Path) -> None:
    """`parse = off`: nothing is inferred from it or about it; a declared edge holds."""
    folder = write(
        tmp_path,
        {
            "a/0001_x.sql": "-- seltzer: parse = off\nCREATE TABLE a (); SELECT FROM z; NEW GRAMMAR",
            "b/0001_x.sql": "SELECT FROM a",
            "z/0001_x.sql": "CREATE TABLE z ()",
        },
    )
    assert ids(plan(folder)) == ["a/0001_x", "b/0001_x", "z/0001_x"]

    write(tmp_path, {"a/0001_x.sql": "-- seltzer: parse = off\n-- seltzer: depends-on = z\nNEW GRAMMAR"})

    assert ids(plan(folder)) == ["b/0001_x", "z/0001_x", "a/0001_x"]


def test_which_trigger_came_first_is_told_by_the_function_that_came_with_it(tmp_path: Path) -> None:
    """The other trigger of the name needs that function: it is the second, whatever the modules are called."""
    trigger = "CREATE TRIGGER g AFTER {} ON t FOR EACH ROW EXECUTE FUNCTION f()"
    function = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END';"
    folder = write(
        tmp_path,
        {
            "z/create_tables.sql": "CREATE TABLE t (a int)",
            "c/0001_first.sql": function + trigger.format("INSERT"),
            "b/0001_gone.sql": "DROP TRIGGER g ON t",
            "a/0001_second.sql": trigger.format("UPDATE"),
        },
    )

    assert ids(plan(folder)) == ["z/create_tables", "c/0001_first", "b/0001_gone", "a/0001_second"]
