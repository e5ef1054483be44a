"""Two releases against one database: an old replica that restarts never undoes the newer one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.model import DatabaseState
from support import Project

if TYPE_CHECKING:
    from pathlib import Path

    from support import Database

OLD = {
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, name text);\n",
    "users/0001_add_email.sql": "ALTER TABLE users ADD COLUMN IF NOT EXISTS email text;\n",
    "users/names.sql": "CREATE OR REPLACE VIEW names AS SELECT name FROM users;\n",
    "users/greeting.sql": "CREATE OR REPLACE FUNCTION greeting() RETURNS text LANGUAGE sql RETURN 'old';\n",
    "audit/__init__.py": "def run_migration():\n    import seltzer\n    seltzer.execute_sql_file('setup.sql')\n",
    "audit/setup.sql": "CREATE OR REPLACE FUNCTION audit() RETURNS text LANGUAGE sql RETURN 'old';\n",
}
NEW = {
    **OLD,
    "users/create_tables.sql": OLD["users/create_tables.sql"]
    + "CREATE TABLE IF NOT EXISTS teams (id bigint PRIMARY KEY);\n",
    "users/0002_add_phone.sql": "ALTER TABLE users ADD COLUMN IF NOT EXISTS phone text;\n",
    "users/names.sql": "CREATE OR REPLACE VIEW names AS SELECT name, id FROM users;\n",
    "users/greeting.sql": OLD["users/greeting.sql"].replace("'old'", "'new'"),
    "audit/setup.sql": OLD["audit/setup.sql"].replace("'old'", "'new'"),
    "reports/create_tables.sql": "CREATE TABLE IF NOT EXISTS reports (id bigint PRIMARY KEY);\n",
}
CHANGED = {"audit/run_migration", "users/create_tables", "users/greeting", "users/names"}


@pytest.fixture
def old(tmp_path: Path, database: Database) -> Project:
    """Release N."""
    return Project(tmp_path / "old", database).write(OLD)


@pytest.fixture
def new(tmp_path: Path, database: Database) -> Project:
    """Release N + 1."""
    return Project(tmp_path / "new", database).write(NEW)


def test_old_and_new_replicas_that_start_in_turn_leave_the_new_catalog(old: Project, new: Project) -> None:
    """Ten starts of each: after the first of the newer release nothing runs any more, the catalog stays its own."""
    old.migrations().run_all()
    applied = new.migrations().run_all().applied
    catalog, rows = new.database.schema(), new.migrations().history().rows

    results = [(old.migrations().run_all(), new.migrations().run_all()) for _ in range(10)]

    assert set(applied) == {*CHANGED, "users/0002_add_phone", "reports/create_tables"}
    assert {(before.state, before.applied) for before, _ in results} == {(DatabaseState.AHEAD, ())}
    assert {(after.state, after.applied) for _, after in results} == {(DatabaseState.CURRENT, ())}
    assert new.database.schema() == catalog
    assert new.migrations().history().rows == rows


def test_the_old_release_sees_what_is_newer(old: Project, new: Project) -> None:
    """What both have with other content is superseded, what only the newer one has is missing."""
    old.migrations().run_all()
    new.migrations().run_all()

    states = old.states()

    assert {id_ for id_, state in states.items() if state == "superseded"} == CHANGED
    assert {id_ for id_, state in states.items() if state == "missing"} == {
        "users/0002_add_phone",
        "reports/create_tables",
    }


def test_content_that_the_history_never_saw_is_not_superseded(old: Project, new: Project) -> None:
    """Where only the newer release ever ran, nobody can tell that the other content is older: it is changed."""
    new.migrations().run_all()

    states = old.states()

    assert {id_ for id_, state in states.items() if state == "changed"} == CHANGED


def test_a_hot_fix_of_the_old_release_runs_beside_the_new_one(old: Project, new: Project) -> None:
    """A numbered file that only the old branch has is pending for it, and missing for the newer one."""
    old.migrations().run_all()
    new.migrations().run_all()
    old.write({"users/0003_hot_fix.sql": "ALTER TABLE users ADD COLUMN IF NOT EXISTS fixed boolean;\n"})

    result = old.migrations().run_all()

    assert (result.state, result.applied) == (DatabaseState.AHEAD, ("users/0003_hot_fix",))
    assert new.migrations().run_all().state is DatabaseState.AHEAD
    assert new.database.query("SELECT greeting(), audit()") == [("new", "new")]
