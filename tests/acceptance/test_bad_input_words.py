"""What a refusal blames: the setting, the limit or the command that it is about, and nothing else."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import pytest

from acceptance.test_bad_input_form import GOOD, call, left_in, refused

if TYPE_CHECKING:
    from support import Project

pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

SLEEP = "CREATE TABLE users ();\nSELECT pg_sleep(600);\n"
PYTHON = "def apply(conn):\n    conn.execute('CREATE TABLE users ()')\n"


def test_a_module_that_is_not_there_is_named(project: Project) -> None:
    """Not a place inside of Python, and not what a module that is there misses itself."""
    refusal = refused(project.write(GOOD), "--database", "nomod:x")

    assert refusal.type == "invalid-database"
    assert "no module nomod" in refusal.message
    assert refusal.place == (None, None, None)


def test_a_module_that_misses_another_is_the_place(project: Project) -> None:
    """Its own line, since what was asked for is there; another name may be anything."""
    (project.root / "settings_here.py").write_text("import no_such_canary\nURL = ''\n")

    refusal = refused(project.write(GOOD), "--database", "settings_here:URL")

    assert refusal.place == ("settings_here.py", 1, None)
    assert "canary" not in refusal.text
    assert "settings_here" not in sys.modules


def test_a_statement_that_took_too_long_blames_no_lock(project: Project) -> None:
    """Nobody held one: the limit is named."""
    refusal = refused(project.write({"users/0001_a.sql": SLEEP}), "--statement-timeout", "200ms")

    assert (refusal.document["error"]["sqlstate"], refusal.place[0]) == ("57014", "migrations/users/0001_a.sql")
    assert "statement-timeout" in refusal.hint
    assert "lock" not in refusal.hint


def test_a_statement_that_somebody_cancelled_blames_no_limit(project: Project) -> None:
    """An administrator's pg_cancel_backend."""
    project.write({"users/0001_a.sql": SLEEP})
    over = threading.Event()

    def cancel() -> None:
        while not over.wait(0.05):
            project.database.query(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND state = 'active' AND wait_event = 'PgSleep'"
            )

    thread = threading.Thread(target=cancel)
    thread.start()
    try:
        refusal = call(project, "apply", "--json").json()["error"]
    finally:
        over.set()
        thread.join()

    assert refusal["sqlstate"] == "57014"
    assert "cancelled" in refusal["hint"]
    assert "statement-timeout" not in refusal["hint"]


@pytest.mark.parametrize(
    ("text", "command"),
    [("SELECT 1 \\gset\n", "\\gset"), ("\\set x 4711\n", "\\set"), ("\\! echo 4711\n", "\\!"), ("\\\n", "\\")],
)
def test_a_command_of_psql_is_named_without_what_follows(project: Project, text: str, command: str) -> None:
    """Wherever it stands in its line; what it is given may be a password."""
    refusal = refused(project.write({"users/0001_a.sql": text}))

    assert refusal.type == "psql-command"
    assert refusal.message.startswith(f"{command} is a command of psql")
    assert "4711" not in refusal.text


def test_copy_to_stdout_is_not_told_about_rows_in_the_file(project: Project) -> None:
    """It has none."""
    files = {"users/0001_a.sql": "CREATE TABLE users (id int);\nCOPY users TO stdout;\n"}

    refusal = refused(project.write(files))

    assert (refusal.type, refusal.place) == ("copy-from-stdin", ("migrations/users/0001_a.sql", 2, 1))
    assert "TO stdout" in refusal.message
    assert "INSERT" not in refusal.hint


@pytest.mark.parametrize(
    "files",
    [
        {"users/0001_a.sql": "CREATE TABLE users ();\n"},
        {"users/0001_a.sql": "-- seltzer: parse = off\nCREATE TABLE users ();\n"},
        {"users/0001_a.sql": "-- seltzer: transaction = off\nCREATE TABLE users ();\nVACUUM users;\n"},
        {"users/0001_a.py": PYTHON},
    ],
    ids=["transaction", "not parsed", "no transaction", "Python"],
)
def test_a_role_that_is_not_there_blames_the_setting(project: Project, files: dict[str, str]) -> None:
    """Not the first file that runs as it."""
    outcome = call(project.write(files), "apply", "--json", environment={"SELTZER_ROLE": "no_such_role"})

    error = outcome.json()["error"]
    assert (outcome.code, error["type"], error["file"]) == (2, "invalid-setting", None), outcome.out
    assert error["message"] == 'the setting role cannot be taken: role "no_such_role" does not exist'
    assert left_in(project.database) == []
