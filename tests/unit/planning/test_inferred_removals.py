"""Removals: after those that need the old name, before those that provide it anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.errors import RingError
from unit.planning.planned import ids, plan, write

if TYPE_CHECKING:
    from pathlib import Path

# What is there, what needs it, what takes it away, and why that comes last.
REMOVALS = {
    "DROP TABLE": (
        "CREATE TABLE t (a int)", "CREATE TABLE copy (); INSERT INTO copy SELECT a FROM t", "DROP TABLE t",
        "removes table public.t",
    ),
    "DROP TABLE IF EXISTS": (
        "CREATE TABLE t (a int)", "CREATE TABLE copy (); INSERT INTO copy SELECT a FROM t", "DROP TABLE IF EXISTS t",
        "removes table public.t",
    ),
    "RENAME TO": (
        "CREATE TABLE t (a int)", "UPDATE t SET a = 1", "ALTER TABLE t RENAME TO u", "removes table public.t",
    ),
    "SET SCHEMA": (
        "CREATE TABLE t (a int); CREATE SCHEMA app", "UPDATE t SET a = 1", "ALTER TABLE t SET SCHEMA app",
        "removes table public.t",
    ),
    "DROP COLUMN": (
        "CREATE TABLE t (a int, b int)", "UPDATE t SET b = 1", "ALTER TABLE t DROP COLUMN b",
        "removes column public.t.b",
    ),
    "RENAME COLUMN": (
        "CREATE TABLE t (a int, b int)", "UPDATE t SET b = 1", "ALTER TABLE t RENAME COLUMN b TO c",
        "removes column public.t.b",
    ),
    "DROP TYPE": (
        "CREATE TYPE mood AS ENUM ('ok')", "SELECT 'ok'::mood", "DROP TYPE mood", "removes type public.mood",
    ),
    "RENAME TYPE": (
        "CREATE TYPE mood AS ENUM ('ok')", "SELECT 'ok'::mood", "ALTER TYPE mood RENAME TO feeling",
        "removes type public.mood",
    ),
    "RENAME VALUE": (
        "CREATE TYPE mood AS ENUM ('ok')", "SELECT 'ok'::mood", "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'",
        "removes type public.mood.ok",
    ),
    "DROP SCHEMA": (
        "CREATE SCHEMA app", "CREATE TABLE app.t (); DROP TABLE app.t", "DROP SCHEMA app", "removes schema app",
    ),
    "RENAME SCHEMA": (
        "CREATE SCHEMA app", "CREATE TABLE app.t (); DROP TABLE app.t", "ALTER SCHEMA app RENAME TO old",
        "removes schema app",
    ),
    "DROP FUNCTION": (
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "SELECT f()", "DROP FUNCTION f()",
        "removes function public.f",
    ),
    "DROP SEQUENCE": (
        "CREATE SEQUENCE s", "SELECT nextval('s')", "DROP SEQUENCE s", "removes sequence public.s",
    ),
    "DROP INDEX": (
        "CREATE TABLE t (a int); CREATE UNIQUE INDEX i ON t (a)", "ALTER INDEX i SET (fillfactor = 70)", "DROP INDEX i",
        "removes index public.i",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("maker", "reader", "remover", "because"), REMOVALS.values(), ids=REMOVALS.keys())
def test_a_removal_comes_after_those_that_need_the_name(
    tmp_path: Path, maker: str, reader: str, remover: str, because: str
) -> None:
    """Against the alphabet, where all three are in modules of their own."""
    folder = write(
        tmp_path,
        {"n/create_tables.sql": f"{maker};\n", "z/0001_x.sql": f"{reader};\n", "a/0001_x.sql": f"{remover};\n"},
    )

    steps = plan(folder).steps

    assert [step.migration.id for step in steps] == ["n/create_tables", "z/0001_x", "a/0001_x"]
    assert because in {edge.because for edge in steps[2].depends_on if edge.before == "z/0001_x"}


def test_a_name_that_is_provided_anew_comes_after_its_removal(tmp_path: Path) -> None:
    """And who needs what only the new one has comes after that."""
    folder = write(
        tmp_path,
        {
            "b/create_tables.sql": "CREATE TABLE t (a int)",
            "c/0001_reads.sql": "CREATE VIEW v AS SELECT a FROM t; DROP VIEW v",
            "z/0001_gone.sql": "ALTER TABLE t RENAME TO old_t",
            "a/0001_anew.sql": "CREATE TABLE t (b int); INSERT INTO t SELECT a FROM old_t",
        },
    )

    made = plan(folder)

    assert ids(made) == ["b/create_tables", "c/0001_reads", "z/0001_gone", "a/0001_anew"]
    assert "removes table public.t" in {edge.because for edge in made.steps[3].depends_on}


def test_a_view_is_written_for_the_newest_schema(tmp_path: Path) -> None:
    """A repeatable that reads a table which comes twice reads the second."""
    folder = write(
        tmp_path,
        {
            "b/create_tables.sql": "CREATE TABLE t (a int)",
            "b/0001_gone.sql": "DROP TABLE t",
            "c/0001_anew.sql": "CREATE TABLE t (b int)",
            "a/v.sql": "CREATE OR REPLACE VIEW v AS SELECT b FROM t",
        },
    )

    assert ids(plan(folder)) == ["b/create_tables", "b/0001_gone", "c/0001_anew", "a/v"]


def test_what_was_built_on_a_name_goes_before_the_name(tmp_path: Path) -> None:
    """A view is dropped before its table, whatever their modules are called."""
    folder = write(
        tmp_path,
        {
            "b/create_tables.sql": "CREATE TABLE t (a int)",
            "b/0001_view.sql": "CREATE VIEW v AS SELECT a FROM t",
            "a/0001_table_gone.sql": "DROP TABLE t",
            "z/0001_view_gone.sql": "DROP VIEW v",
        },
    )

    assert ids(plan(folder)) == ["b/create_tables", "b/0001_view", "z/0001_view_gone", "a/0001_table_gone"]


def test_calls_come_before_one_of_two_overloads_goes(tmp_path: Path) -> None:
    """Which of them a call means only the server knows."""
    folder = write(
        tmp_path,
        {
            "b/create_tables.sql": "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';\n"
            "CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS 'SELECT 2'",
            "a/0001_gone.sql": "DROP FUNCTION f(int)",
            "z/0001_call.sql": "SELECT f(1)",
        },
    )

    made = plan(folder)

    assert ids(made) == ["b/create_tables", "z/0001_call", "a/0001_gone"]
    assert [edge.because for edge in made.steps[2].depends_on if edge.before == "z/0001_call"] == [
        "removes function public.f"
    ]


def test_a_file_may_use_a_table_under_its_new_name(tmp_path: Path) -> None:
    """A column that another module adds is needed under the table's former name."""
    folder = write(
        tmp_path,
        {
            "b/create_tables.sql": "CREATE TABLE t (a int)",
            "z/0001_adds.sql": "ALTER TABLE t ADD COLUMN b int",
            "a/0001_renames.sql": "ALTER TABLE t RENAME TO u; UPDATE u SET b = 1",
        },
    )

    made = plan(folder)

    assert ids(made) == ["b/create_tables", "z/0001_adds", "a/0001_renames"]
    assert "column public.t.b" in {edge.because for edge in made.steps[2].depends_on}


def test_a_key_may_have_been_there_under_the_former_name(tmp_path: Path) -> None:
    """A foreign key to a renamed table does not insist on who makes another such key later."""
    folder = write(
        tmp_path,
        {
            "b/create_tables.sql": "CREATE TABLE t (a int PRIMARY KEY)",
            "b/0001_renames.sql": "ALTER TABLE t RENAME TO u",
            "c/0001_refers.sql": "CREATE TABLE r (a int REFERENCES u (a))",
            "d/0001_again.sql": "CREATE TABLE s (); INSERT INTO s SELECT FROM r; ALTER TABLE u ADD UNIQUE (a)",
        },
    )

    assert ids(plan(folder)) == ["b/create_tables", "b/0001_renames", "c/0001_refers", "d/0001_again"]


def test_a_key_that_nobody_renamed_is_insisted_on(tmp_path: Path) -> None:
    """The server would say that there is no unique constraint: the ring says more."""
    folder = write(
        tmp_path,
        {
            "b/create_tables.sql": "CREATE TABLE u (a int)",
            "c/0001_refers.sql": "CREATE TABLE r (a int REFERENCES u (a))",
            "d/0001_key.sql": "CREATE TABLE s (); INSERT INTO s SELECT FROM r; ALTER TABLE u ADD UNIQUE (a)",
        },
    )

    with pytest.raises(RingError, match=r"unique key public\.u\.a"):
        plan(folder)
