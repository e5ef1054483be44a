"""`revert` refuses before it touches anything, and what fails in the middle leaves a true history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from seltzer.errors import (
    NotAppliedError,
    NoWayBackError,
    PythonError,
    SeltzerError,
    StatementError,
    StillNeededError,
    UnknownMigrationError,
)
from seltzer.events import StepFailed, StepFinished
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.events import Event
    from support import Project

# What is refused has nothing to do with the server's version.
pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

TABLE = {
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);\n",
    "users/create_tables.down.sql": "DROP TABLE users;\n",
}
EMAIL = {
    "users/0001_add_email.sql": "ALTER TABLE users ADD COLUMN email text;\n",
    "users/0001_add_email.down.sql": "ALTER TABLE users DROP COLUMN email;\n",
}
INDEX = {
    "mail/0001_index.sql": "CREATE INDEX idx_users_email ON users (email);\n",
    "mail/0001_index.down.sql": "DROP INDEX idx_users_email;\n",
}
VIEW = {"users/emails.sql": "CREATE OR REPLACE VIEW emails AS SELECT email FROM users;\n"}
STEPS = {
    "users/0001_steps.sql": "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_id ON users (id);\n",
    "users/0001_steps.down.sql": (
        "CREATE TABLE went_back (id int);\n"
        "DROP INDEX CONCURRENTLY idx_users_id;\n"
        "INSERT INTO went_back VALUES (1 / (SELECT 0));\n"
    ),
}


def refused(project: Project, error: type[SeltzerError], *ids: str, **choice: Any) -> SeltzerError:
    """Revert what is refused; schema and history are as they were."""
    before = project.database.schema(), rows(project)
    with pytest.raises(error) as caught:
        project.migrations().revert(*ids, **choice)
    assert (project.database.schema(), rows(project)) == before
    assert caught.value.exit_code == 2
    assert caught.value.hint
    return caught.value


def rows(project: Project) -> list[tuple[Any, ...]]:
    """Every row of the history in order."""
    return project.database.query("SELECT id, state, generation, sqlstate FROM seltzer.history ORDER BY position")


def test_what_has_no_way_back(project: Project) -> None:
    """Nothing goes back, not even what could; the error names the file to write."""
    project.write({**TABLE, **EMAIL}).remove("users/0001_add_email.down.sql")
    project.migrations().run_all()

    error = refused(project, NoWayBackError, "users")

    assert error.migration == "users/0001_add_email"
    assert error.hint == "Write the way back: users/0001_add_email.down.sql"


def test_python_without_a_way_back(project: Project) -> None:
    """It needs a function in its own file."""
    project.write({**TABLE, "users/0001_x.py": "def apply(conn): ...\n"}).migrations().run_all()

    error = refused(project, NoWayBackError, last=1)

    assert error.hint == "Write def revert(conn): … beside its apply(conn)."


def test_what_other_migrations_need(project: Project) -> None:
    """The first that needs it is named with what it needs; `with_dependents` reverts them first."""
    project.write({**TABLE, **EMAIL, **INDEX}).migrations().run_all()

    error = refused(project, StillNeededError, "users/0001")
    assert error.message == (
        "mail/0001_index is applied and needs users/0001_add_email (column public.users.email); nothing was reverted"
    )
    assert "--with-dependents" in str(error.hint)
    assert "and 1 more" in refused(project, StillNeededError, "users/create_tables").message

    result = project.migrations().revert("users/create_tables", with_dependents=True)
    assert result.reverted == ("mail/0001_index", "users/0001_add_email", "users/create_tables")


def test_who_needs_what_was_named_is_told_first(project: Project) -> None:
    """And not who needs one of those, whatever their names."""
    project.write({**TABLE, **EMAIL, "a/0001_x.sql": "-- seltzer: depends-on = users/0001\nSELECT 1;\n"})
    project.migrations().run_all()

    assert refused(project, StillNeededError, "users/create_tables").message == (
        "users/0001_add_email is applied and needs users/create_tables (table public.users), and 1 more need what "
        "would go; nothing was reverted"
    )


def test_a_dependent_without_a_way_back(project: Project) -> None:
    """Reverting it too cannot be done either; nothing is touched."""
    project.write({**TABLE, **EMAIL, **INDEX}).remove("mail/0001_index.down.sql")
    project.migrations().run_all()

    assert refused(project, NoWayBackError, "users/0001", with_dependents=True).migration == "mail/0001_index"


def test_what_a_view_needs(project: Project) -> None:
    """A view has no way back: it is changed so that it does without, and applied; then the column can go."""
    project.write({**TABLE, **EMAIL, **VIEW}).migrations().run_all()

    error = refused(project, StillNeededError, "users/0001")
    assert error.hint == "Change users/emails so that it does without, and apply it; then revert."
    assert "never reverted" in str(refused(project, NoWayBackError, last=1).hint)

    project.write({"users/emails.sql": "DROP VIEW IF EXISTS emails;\nCREATE VIEW emails AS SELECT id FROM users;\n"})
    project.migrations().run_all()
    assert project.migrations().revert("users/0001").reverted == ("users/0001_add_email",)


def test_what_is_declared_to_be_needed(project: Project) -> None:
    """`depends-on` counts, `independent-of` does not; what the directive names may have lost its file."""
    project.write({**TABLE, **EMAIL, "a/0001_x.sql": "SELECT 1;\n"})
    project.write({"b/0001_x.sql": "-- seltzer: depends-on = users/0001, a/0001_x\nSELECT 1;\n"}).migrations().run_all()
    project.remove("a/0001_x.sql")

    assert "declared" in refused(project, StillNeededError, "users/0001").message


def test_what_is_not_applied(project: Project) -> None:
    """Pending, reverted before, or of a module of which nothing is applied."""
    project.write({**TABLE, **EMAIL}).migrations().run_all()
    project.write({"new/0001_x.sql": "SELECT 1;\n", "new/0002_x.sql": "SELECT 1;\n"})
    project.migrations().revert("users/0001")

    assert refused(project, NotAppliedError, "new/0001").message == "new/0001_x is not applied"
    assert refused(project, NotAppliedError, "users/create_tables", "users/0001").migration == "users/0001_add_email"
    assert refused(project, NotAppliedError, "new").message == "nothing of new is applied"


def test_an_id_that_does_not_exist(project: Project) -> None:
    """The nearest three are named."""
    project.write({**TABLE, **EMAIL, **INDEX}).migrations().run_all()

    error = refused(project, UnknownMigrationError, "users/0001_add_mail")
    assert str(error.hint).startswith("Nearest: users/0001_add_email, ")
    assert str(error.hint).count("/") == 3
    assert refused(project, UnknownMigrationError, to="usres").hint == "Nearest: users."
    assert refused(project, UnknownMigrationError, "users/0002..0009").migration is None


@pytest.mark.parametrize("choice", [{}, {"last": 1, "to": "users"}, {"last": 0}])
def test_it_has_to_be_said_once_what_to_revert(project: Project, choice: dict[str, Any]) -> None:
    """A programmer's mistake is a ValueError."""
    with pytest.raises(ValueError, match="last"):
        project.migrations().revert(**choice)


def test_a_file_that_fails_in_the_middle(project: Project) -> None:
    """It is rolled back and noted; those before it are reverted, those after it are not; the error says so."""
    project.write({**TABLE, **EMAIL, **INDEX}).migrations().run_all()
    project.write({"users/0001_add_email.down.sql": "ALTER TABLE users DROP COLUMN email;\nSELECT 1 / 0;\n"})
    heard: list[Event] = []

    with pytest.raises(StatementError) as caught:
        project.migrations().revert("users", "mail", on_event=heard.append)

    error = caught.value
    assert error.migration == "users/0001_add_email"
    assert error.place is not None
    assert (error.place.file.name, error.place.line) == ("0001_add_email.down.sql", 2)
    assert error.rolled_back is True
    assert error.applied == ("mail/0001_index",)
    assert error.state == DatabaseState.CURRENT
    assert [type(event) for event in heard if isinstance(event, StepFinished | StepFailed)] == [
        StepFinished,
        StepFailed,
    ]
    assert project.states() == {
        "mail/0001_index": "reverted",
        "users/0001_add_email": "applied",
        "users/create_tables": "applied",
    }
    assert rows(project)[-2:] == [
        ("mail/0001_index", "reverted", 2, None),
        ("users/0001_add_email", "failed", None, "22012"),
    ]
    assert project.database.query("SELECT email FROM users") == []


def test_python_that_fails(project: Project) -> None:
    """What `revert(conn)` raised, with the line; its work is rolled back."""
    text = (
        "def apply(conn): ...\n\n\ndef revert(conn):\n    conn.execute('DROP TABLE users')\n    raise KeyError('no')\n"
    )
    project.write({**TABLE, "users/0001_x.py": text}).migrations().run_all()

    with pytest.raises(PythonError) as caught:
        project.migrations().revert(last=1)

    assert caught.value.place is not None
    assert (caught.value.place.line, caught.value.place.excerpt) == (6, "    raise KeyError('**')")
    assert caught.value.hint == "Correct the file and revert again."
    assert rows(project)[-1] == ("users/0001_x", "failed", None, None)
    assert project.states()["users/0001_x"] == "applied"
    assert project.database.query("SELECT * FROM users") == []


def test_a_runners_down_file_that_fails(project: Project) -> None:
    """The error names the down file, not the runner."""
    runner = (
        'from seltzer import execute_sql_file\n\n\ndef run_migration():\n    execute_sql_file("create_tables.sql")\n'
    )
    project.write({"users/__init__.py": runner, "users/create_tables.sql": TABLE["users/create_tables.sql"]})
    project.write({"users/run_migration.down.sql": "DROP TABLE users;\nDROP TABLE nobody;\n"}).migrations().run_all()

    with pytest.raises(StatementError) as caught:
        project.migrations().revert("users")

    assert caught.value.place is not None
    assert (caught.value.place.file.name, caught.value.place.line) == ("run_migration.down.sql", 2)
    assert project.states() == {"users/run_migration": "applied"}


def test_what_cannot_be_one_transaction_resumes(project: Project) -> None:
    """A down file with CONCURRENTLY goes statement by statement, and on from the one that failed."""
    project.write({**TABLE, **STEPS}).migrations().run_all()

    with pytest.raises(StatementError) as caught:
        project.migrations().revert("users/0001")
    assert caught.value.rolled_back is False
    assert project.states()["users/0001_steps"] == "applied"
    repaired = STEPS["users/0001_steps.down.sql"].replace("1 / (SELECT 0)", "1")
    project.write({"users/0001_steps.down.sql": repaired})

    assert project.migrations().revert("users/0001").reverted == ("users/0001_steps",)
    assert project.database.query("SELECT count(*) FROM went_back") == [(1,)]
    assert project.database.query("SELECT to_regclass('idx_users_id')") == [(None,)]
    assert project.database.query("SELECT * FROM seltzer.progress") == []
    assert project.migrations().apply("users/0001").applied == ("users/0001_steps",)


def test_a_down_file_that_does_not_parse(project: Project) -> None:
    """Found before anything is touched, with its line."""
    project.write({**TABLE, **EMAIL}).migrations().run_all()
    project.write({"users/create_tables.down.sql": "DROP TABLE users;\nDROP TABEL users;\n"})

    error = refused(project, SeltzerError, "users")

    assert error.type == "parse"
    assert error.place is not None
    assert (error.place.file.name, error.place.line) == ("create_tables.down.sql", 2)


def test_a_revert_inside_a_migration(project: Project, tmp_path: Path) -> None:
    """It would wait for the run that it is part of."""
    folder = str(tmp_path / "migrations")
    text = f"import seltzer\n\n\ndef apply(conn):\n    seltzer.revert('users', migrations={folder!r})\n"
    project.write({**TABLE, "users/0001_x.py": text})

    with pytest.raises(SeltzerError) as caught:
        project.migrations(lock_wait="0").run_all()

    assert caught.value.type == "nested-run"
