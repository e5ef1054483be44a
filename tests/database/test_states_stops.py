"""Disagreements that only a person can settle: nothing runs, exit code 4, and the error says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.errors import (
    BuiltWithoutHistoryError,
    DivergedError,
    ForeignHistoryError,
    ForgottenRenameError,
    MigrationsFolderError,
    NoMigrationsError,
    StopError,
)
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from support import Project

TABLE = "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);\n"
EMAIL = "ALTER TABLE users ADD COLUMN IF NOT EXISTS email text;\n"
PYTHON = "def apply(conn):\n    conn.execute('SELECT 1')\n"
MODULE = {"users/create_tables.sql": TABLE, "users/0001_add_email.sql": EMAIL}


def stopped(project: Project, kind: type[StopError]) -> str:
    """The hint of the error that stops a start and an apply; neither changes anything."""
    before = (relations(project), history_rows(project))
    with pytest.raises(kind) as caught:
        project.migrations().run_all()
    with pytest.raises(kind):
        project.migrations().apply()

    assert caught.value.exit_code == 4
    assert (relations(project), history_rows(project)) == before
    return caught.value.hint or ""


def relations(project: Project) -> list[tuple[object, ...]]:
    """Every relation of the database, with how many columns it has."""
    return project.database.query(
        "SELECT relname, relnatts, relnamespace FROM pg_class WHERE oid >= 16384 ORDER BY oid"
    )


def history_rows(project: Project) -> int:
    """How many rows the history has; none while there is no history."""
    return len(project.migrations().history().rows)


def test_no_migration_at_all_while_the_history_knows_some(project: Project) -> None:
    """A package that was built without its SQL files must not pass for a database that is ahead."""
    project.write(MODULE).migrations().run_all()
    project.remove("users/create_tables.sql", "users/0001_add_email.sql")

    hint = stopped(project, NoMigrationsError)

    assert ".sql files left out of the package" in hint


def test_no_migration_and_no_history_is_a_folder_without_modules(project: Project) -> None:
    """A first start with nothing in the folder is a mistake in the files, exit code 2."""
    with pytest.raises(MigrationsFolderError) as caught:
        project.migrations().run_all()

    assert caught.value.exit_code == 2


def test_a_forgotten_rename_of_sql(project: Project) -> None:
    """A pending file with a missing one's content: the error prints the line, and the line makes it current."""
    project.write(MODULE).migrations().run_all()
    project.remove("users/0001_add_email.sql")
    project.write({"users/0001_email.sql": EMAIL})

    hint = stopped(project, ForgottenRenameError)

    line = hint.splitlines()[-1].strip()
    assert line == "-- seltzer: was = users/0001_add_email"
    project.write({"users/0001_email.sql": f"{line}\n{EMAIL}"})
    assert project.migrations().run_all().state is DatabaseState.CURRENT
    assert project.states() == {"users/create_tables": "applied", "users/0001_email": "applied"}


def test_a_forgotten_rename_of_python(project: Project) -> None:
    """The same with the constant that Python has for it."""
    project.write({**MODULE, "users/0002_fill.py": PYTHON}).migrations().run_all()
    project.remove("users/0002_fill.py")
    project.write({"users/0002_fill_emails.py": PYTHON})

    hint = stopped(project, ForgottenRenameError)

    line = hint.splitlines()[-1].strip()
    assert line == 'WAS = "users/0002_fill"'
    project.write({"users/0002_fill_emails.py": f"{line}\n{PYTHON}"})
    assert project.migrations().run_all().state is DatabaseState.CURRENT


def test_a_forgotten_rename_of_a_whole_module(project: Project) -> None:
    """A renamed folder is a rename of each of its files; each gets its line, one error after the other."""
    project.write({"users/create_tables.sql": TABLE, "teams/create_tables.sql": "SELECT 1;"}).migrations().run_all()
    project.remove("users/create_tables.sql")
    project.write({"people/create_tables.sql": TABLE})

    hint = stopped(project, ForgottenRenameError)

    project.write({"people/create_tables.sql": f"{hint.splitlines()[-1].strip()}\n{TABLE}"})
    assert project.migrations().run_all().state is DatabaseState.CURRENT


def test_the_same_content_as_two_missing_ids_is_no_rename(project: Project) -> None:
    """Which of the two it was nobody can tell: it is a new file, and runs."""
    project.write({**MODULE, "users/0002_one.sql": "SELECT 1;", "users/0003_two.sql": "SELECT 1;"})
    project.migrations().run_all()
    project.remove("users/0002_one.sql", "users/0003_two.sql")
    project.write({"users/0004_three.sql": "SELECT 1;"})

    result = project.migrations().run_all()

    assert (result.state, result.applied) == (DatabaseState.AHEAD, ("users/0004_three",))


def test_the_same_content_as_a_file_that_is_there_is_no_rename(project: Project) -> None:
    """Two files may have the same content."""
    project.write({**MODULE, "users/0002_one.sql": "SELECT 1;"}).migrations().run_all()
    project.write({"users/0003_two.sql": "SELECT 1;"})

    assert project.migrations().run_all().applied == ("users/0003_two",)


def test_another_services_history(project: Project) -> None:
    """Ids that these files lack and no checksum in common: the error says to set `history`, and that helps."""
    project.write(MODULE).migrations().run_all()
    project.remove("users/create_tables.sql", "users/0001_add_email.sql")
    project.write({"invoices/create_tables.sql": "CREATE TABLE IF NOT EXISTS invoices (id bigint PRIMARY KEY);"})

    hint = stopped(project, ForeignHistoryError)

    assert "history =" in hint
    result = project.migrations(history="seltzer_invoices.history").run_all()
    assert (result.state, result.applied) == (DatabaseState.CURRENT, ("invoices/create_tables",))


def test_one_checksum_in_common_makes_it_our_own_history(project: Project) -> None:
    """A release that dropped most of its old files is still the same service."""
    project.write(MODULE).migrations().run_all()
    project.remove("users/0001_add_email.sql")
    project.write({"invoices/create_tables.sql": "CREATE TABLE IF NOT EXISTS invoices (id bigint PRIMARY KEY);"})

    result = project.migrations().run_all()

    assert (result.state, result.applied) == (DatabaseState.AHEAD, ("invoices/create_tables",))


def test_a_database_that_was_built_without_history(project: Project) -> None:
    """An object that a versioned migration provides exists and nothing is recorded: `stamp` or `adopt` first."""
    project.database.query("CREATE TABLE users (id bigint PRIMARY KEY, email text)")
    project.write(MODULE)

    hint = stopped(project, BuiltWithoutHistoryError)

    assert "seltzer stamp" in hint
    assert isinstance(project.migrations().status().stop, BuiltWithoutHistoryError)
    assert project.run("status", "--exit-code").code == 4


def test_files_that_do_not_parse_are_no_reason_to_show_no_status(project: Project) -> None:
    """Whether an object is there cannot be asked of them; a run tells what is wrong."""
    project.write({"users/0001_a.sql": "CREATE TABEL users ();"})

    assert project.migrations().status().stop is None
    assert project.run("status").code == 0
    assert project.run("apply").code == 2


def test_an_emptied_history_is_a_database_without_history(project: Project) -> None:
    """The table of the history is there, its rows are gone: the same stop."""
    project.write(MODULE).migrations().run_all()
    project.database.query("DELETE FROM seltzer.history")

    stopped(project, BuiltWithoutHistoryError)


def test_what_only_a_first_day_provides_may_exist_before_the_history(project: Project) -> None:
    """`create_tables.sql` is idempotent: that its table exists stops nothing."""
    project.database.query("CREATE TABLE users (id bigint PRIMARY KEY)")
    project.write(MODULE)

    assert project.migrations().run_all().state is DatabaseState.CURRENT


def test_a_failure_before_anything_was_applied_is_no_stop(project: Project) -> None:
    """Objects that a run of ours left before it failed have rows; what was rolled back left no object."""
    project.write({**MODULE, "users/0001_add_email.sql": EMAIL + "SELECT 1 / 0;"})
    assert project.run("apply").code == 1

    assert project.write(MODULE).migrations().run_all().state is DatabaseState.CURRENT


def test_the_command_line_exits_with_4(project: Project) -> None:
    """A stop is told by `apply`, and by `status --exit-code`; `status` alone shows it and exits with 0."""
    project.write(MODULE).migrations().run_all()
    project.write({"users/0001_add_email.sql": "SELECT 1;"})

    codes = [project.run(*words).code for words in (["apply"], ["status", "--exit-code"], ["status"])]

    assert codes == [4, 4, 0]
    assert isinstance(project.migrations().status().stop, DivergedError)
