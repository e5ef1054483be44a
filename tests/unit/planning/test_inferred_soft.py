"""Edges that give way: where repeatables stand, and what a table's CREATE lists already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unit.planning.planned import ids, plan, write

if TYPE_CHECKING:
    from pathlib import Path

VIEW = "CREATE OR REPLACE VIEW v AS SELECT * FROM t"


def test_a_view_comes_after_every_numbered_file_unless_one_needs_it(tmp_path: Path) -> None:
    """Of every module; the one that needs it brings it forward, and nothing else with it."""
    files = {
        "a/v.sql": "CREATE OR REPLACE VIEW v AS SELECT 1 AS a",
        "a/w.sql": "CREATE OR REPLACE VIEW w AS SELECT 1 AS a",
        "y/0001_x.sql": "SELECT 1",
        "z/0001_x.sql": "SELECT 1",
    }
    folder = write(tmp_path, files)
    assert ids(plan(folder)) == ["y/0001_x", "z/0001_x", "a/v", "a/w"]

    write(tmp_path, {"y/0001_x.sql": "SELECT a FROM v"})

    assert ids(plan(folder)) == ["z/0001_x", "a/v", "y/0001_x", "a/w"]


def test_a_view_comes_after_who_alters_a_table_that_it_reads(tmp_path: Path) -> None:
    """Although a numbered file of another module needs the view: `*` means all columns."""
    folder = write(
        tmp_path,
        {
            "a/v.sql": VIEW,
            "b/0001_uses.sql": "SELECT FROM v",
            "y/create_tables.sql": "CREATE TABLE t (a int)",
            "z/0001_alters.sql": "ALTER TABLE t ADD COLUMN b int",
            "z/0002_more.sql": "ALTER TABLE t ADD COLUMN c int",
            "z/0003_else.sql": "SELECT 1",
        },
    )

    made = plan(folder)

    assert ids(made) == ["y/create_tables", "z/0001_alters", "z/0002_more", "z/0003_else", "a/v", "b/0001_uses"]
    edges = {edge.before: edge for edge in made.steps[4].depends_on}
    assert (edges["z/0002_more"].because, edges["z/0002_more"].soft) == ("table public.t", True)


def test_that_edge_gives_way_where_the_alteration_needs_the_view(tmp_path: Path) -> None:
    """What would close a ring is dropped; the rest stays."""
    folder = write(
        tmp_path,
        {
            "a/v.sql": VIEW,
            "y/create_tables.sql": "CREATE TABLE t (a int)",
            "y/0001_before.sql": "ALTER TABLE t ADD COLUMN b int",
            "z/0001_alters.sql": "INSERT INTO t (a) SELECT a FROM v; ALTER TABLE t ADD COLUMN c int",
        },
    )

    assert ids(plan(folder)) == ["y/create_tables", "y/0001_before", "a/v", "z/0001_alters"]


def test_a_numbered_file_does_not_wait_for_alterations(tmp_path: Path) -> None:
    """It was written for the schema of its day: only columns that it names count."""
    folder = write(
        tmp_path,
        {
            "a/0001_x.sql": "UPDATE t SET a = 1",
            "b/0001_x.sql": "UPDATE t SET b = 1",
            "y/create_tables.sql": "CREATE TABLE t (a int)",
            "z/0001_alters.sql": "ALTER TABLE t ADD COLUMN b int",
        },
    )

    assert ids(plan(folder)) == ["y/create_tables", "a/0001_x", "z/0001_alters", "b/0001_x"]


def test_a_column_that_the_create_lists_is_there_already(tmp_path: Path) -> None:
    """Who adds it if it is missing is no condition for who uses it."""
    folder = write(
        tmp_path,
        {
            "a/0001_x.sql": "INSERT INTO t (a) VALUES (1); CREATE INDEX ON t (a)",
            "y/create_tables.sql": "CREATE TABLE IF NOT EXISTS t (a int)",
            "z/0001_again.sql": "ALTER TABLE t ADD COLUMN IF NOT EXISTS a int",
        },
    )

    assert ids(plan(folder)) == ["y/create_tables", "a/0001_x", "z/0001_again"]


def test_a_bare_column_of_a_join_is_a_guess(tmp_path: Path) -> None:
    """It follows who adds such a column to one of the tables, and makes no ring."""
    files = {
        "a/0001_x.sql": "CREATE TABLE n (); SELECT b FROM t, u",
        "y/create_tables.sql": "CREATE TABLE t (a int); CREATE TABLE u (c int)",
        "z/0001_adds.sql": "ALTER TABLE u ADD COLUMN b int",
    }
    assert ids(plan(write(tmp_path / "one", files))) == ["y/create_tables", "z/0001_adds", "a/0001_x"]

    files["z/0001_adds.sql"] += "; INSERT INTO n DEFAULT VALUES"

    assert ids(plan(write(tmp_path / "two", files))) == ["y/create_tables", "a/0001_x", "z/0001_adds"]


def test_a_function_whose_body_nobody_checks_is_no_ring(tmp_path: Path) -> None:
    """With `check_function_bodies` off what a body reads is only wanted."""
    head = "SET check_function_bodies = off;\n"
    body = "CREATE FUNCTION {}() RETURNS bigint LANGUAGE sql AS 'SELECT {}()';\n"
    folder = write(
        tmp_path, {"a/0001_x.sql": head + body.format("f", "g"), "b/0001_x.sql": head + body.format("g", "f")}
    )

    assert sorted(ids(plan(folder))) == ["a/0001_x", "b/0001_x"]
    write(tmp_path, {"b/0001_x.sql": body.format("g", "now")})
    assert ids(plan(folder)) == ["b/0001_x", "a/0001_x"]


def test_only_pending_steps_count(tmp_path: Path) -> None:
    """Names of what is applied order nothing, and what is pending keeps its order."""
    folder = write(
        tmp_path,
        {
            "a/0001_x.sql": "CREATE TABLE a (b int REFERENCES b (id))",
            "b/create_tables.sql": "CREATE TABLE b (id int PRIMARY KEY)",
            "c/0001_x.sql": "CREATE VIEW c AS SELECT b FROM a",
            "d/0001_x.sql": "SELECT 1",
        },
    )

    whole = ids(plan(folder))

    assert whole == ["b/create_tables", "a/0001_x", "c/0001_x", "d/0001_x"]
    for first in range(1, len(whole)):
        assert ids(plan(folder, pending=whole[first:])) == whole[first:]
