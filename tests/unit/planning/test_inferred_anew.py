"""Names that go to come again: what is created more than once, and views that are dropped to make room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from unit.planning.planned import ids, plan, write

if TYPE_CHECKING:
    from pathlib import Path

TABLE = {"b/create_tables.sql": "CREATE TABLE t (a int)"}
VIEW = "CREATE OR REPLACE VIEW v AS SELECT a FROM t"
ROOM = "DROP VIEW IF EXISTS v; ALTER TABLE t ALTER a TYPE bigint"


def test_a_label_is_that_of_the_enum_which_lists_it(tmp_path: Path) -> None:
    """An enum that is renamed away and created anew with one label more."""
    anew = (
        "ALTER TYPE mood RENAME TO old_mood; CREATE TYPE mood AS ENUM ('sad', 'ok');"
        "ALTER TABLE diary ALTER m TYPE mood USING m::text::mood; DROP TYPE old_mood"
    )
    folder = write(
        tmp_path,
        {
            "b/create_tables.sql": "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE diary (m mood)",
            "z/0001_anew.sql": anew,
            "a/0001_x.sql": "SELECT 'ok'::mood",
            "c/0001_x.sql": "SELECT FROM diary WHERE m = 'ok'",
            "d/0001_x.sql": "SELECT 'sad'::mood",
        },
    )

    assert ids(plan(folder)) == ["b/create_tables", "d/0001_x", "z/0001_anew", "a/0001_x", "c/0001_x"]


def test_a_column_is_that_of_the_table_which_lists_it(tmp_path: Path) -> None:
    """A table that is dropped and created anew."""
    folder = write(
        tmp_path,
        {
            **TABLE,
            "z/0001_anew.sql": "DROP TABLE t; CREATE TABLE t (a int, b int)",
            "a/0001_x.sql": "SELECT b FROM t",
            "c/0001_x.sql": "SELECT a FROM t",
        },
    )

    assert ids(plan(folder)) == ["b/create_tables", "c/0001_x", "z/0001_anew", "a/0001_x"]


def test_who_makes_a_name_anew_in_its_place_comes_before_its_end(tmp_path: Path) -> None:
    """It needs what it replaces; the removal is the last of them, not the first."""
    anew = "CREATE TYPE new AS ENUM ('ok'); ALTER TYPE mood RENAME TO old; ALTER TYPE new RENAME TO mood; DROP TYPE old"
    folder = write(
        tmp_path,
        {
            "b/create_tables.sql": "CREATE TYPE mood AS ENUM ('sad')",
            "b/0001_anew.sql": anew,
            "z/0001_anew.sql": "DROP TYPE mood; CREATE TYPE mood AS ENUM ('fine')",
            "a/0001_gone.sql": "DROP TYPE IF EXISTS mood",
        },
    )

    assert ids(plan(folder)) == ["b/create_tables", "b/0001_anew", "z/0001_anew", "a/0001_gone"]


def test_a_label_is_added_before_its_enum_is_made_anew_with_it(tmp_path: Path) -> None:
    """The other way round it would be there already."""
    folder = write(
        tmp_path,
        {
            "b/create_tables.sql": "CREATE TYPE mood AS ENUM ('sad')",
            "z/0001_adds.sql": "ALTER TYPE mood ADD VALUE 'ok'",
            "a/0001_anew.sql": "ALTER TYPE mood RENAME TO old; CREATE TYPE mood AS ENUM ('ok', 'sad'); DROP TYPE old",
        },
    )

    assert ids(plan(folder)) == ["b/create_tables", "z/0001_adds", "a/0001_anew"]


def test_which_life_of_a_name_came_first_follows_from_the_rest(tmp_path: Path) -> None:
    """An index is made, dropped and made again, in modules whose names say the contrary; columns tell."""
    folder = write(
        tmp_path,
        {
            "z/create_tables.sql": "CREATE TABLE t (a int)",
            "z/0001_first.sql": "CREATE INDEX i ON t (a); ALTER TABLE t ADD COLUMN b int",
            "m/0001_gone.sql": "UPDATE t SET b = 1; DROP INDEX i; ALTER TABLE t ADD COLUMN c int",
            "a/0001_again.sql": "CREATE INDEX i ON t (c)",
        },
    )

    assert ids(plan(folder)) == ["z/create_tables", "z/0001_first", "m/0001_gone", "a/0001_again"]


@pytest.mark.parametrize("made", ["CREATE", "CREATE OR REPLACE"])
def test_a_view_is_there_in_the_end_although_it_is_dropped_to_make_room(tmp_path: Path, made: str) -> None:
    """DROP … IF EXISTS in a numbered file of any module comes before the view's own file."""
    view = VIEW.replace("CREATE OR REPLACE", made)
    for module in ("a", "b", "z"):
        folder = write(tmp_path / module, {**TABLE, "n/v.sql": view, f"{module}/0001_room.sql": ROOM})

        assert ids(plan(folder)) == ["b/create_tables", f"{module}/0001_room", "n/v"]


def test_who_needs_that_view_comes_after_its_file(tmp_path: Path) -> None:
    """And before the drop, for a database that has the view, only where the order inside a module asks for it."""
    folder = write(
        tmp_path / "one", {**TABLE, "n/v.sql": VIEW, "z/0001_room.sql": ROOM, "a/0001_x.sql": "SELECT FROM v"}
    )
    assert ids(plan(folder)) == ["b/create_tables", "z/0001_room", "n/v", "a/0001_x"]

    folder = write(
        tmp_path / "two", {**TABLE, "n/v.sql": VIEW, "z/0002_room.sql": ROOM, "z/0001_x.sql": "SELECT FROM v"}
    )

    assert ids(plan(folder)) == ["b/create_tables", "z/0001_x", "z/0002_room", "n/v"]


def test_a_plain_drop_means_it(tmp_path: Path) -> None:
    """It needs the view, and nothing brings it back."""
    folder = write(tmp_path, {**TABLE, "n/v.sql": VIEW, "a/0001_x.sql": "DROP VIEW v"})

    assert ids(plan(folder)) == ["b/create_tables", "n/v", "a/0001_x"]


def test_an_index_is_attached_after_its_table(tmp_path: Path) -> None:
    """As pg_dump writes it, where the index stands in one file with the partition that it is of."""
    folder = write(
        tmp_path,
        {
            "m/create_tables.sql": "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE INDEX p_a ON ONLY p (a)",
            "n/create_tables.sql": "CREATE TABLE p1 (a int); CREATE INDEX p1_a ON p1 (a)",
            "a/0001_index.sql": "ALTER INDEX p_a ATTACH PARTITION p1_a",
            "z/0001_table.sql": "ALTER TABLE ONLY p ATTACH PARTITION p1 DEFAULT",
        },
    )

    assert ids(plan(folder)) == ["m/create_tables", "n/create_tables", "z/0001_table", "a/0001_index"]
