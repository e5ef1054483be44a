"""The assertions: claims of a check, in a test of the application."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from integrations.suites import EMAIL, USERS

if TYPE_CHECKING:
    from pathlib import Path

    from integrations.suites import Suite

TWICE = "INSERT INTO users (id, name) SELECT coalesce(max(id), 0) + 1, 'ada' FROM users;\n"
STEPWISE = "-- seltzer: transaction = off\nUPDATE users SET name = upper(name);\nUPDATE users SET name = name || '!';\n"


def asserting(*calls: str) -> dict[str, str]:
    """A file with a test for each call."""
    tests = [f"def test_{number}():\n    {call}\n" for number, call in enumerate(calls)]
    return {"test_claims.py": "from seltzer.pytest import *\n\n\n" + "\n\n".join(tests)}


def test_what_is_refuted_fails_with_the_findings(suite: Suite) -> None:
    """The message is what the terminal of `seltzer check` shows, and none of it is a traceback of ours."""
    files = {"migrations/users/create_tables.sql": USERS, "migrations/users/ada.sql": TWICE}
    suite.write({**files, **asserting("assert_idempotent()", "assert_idempotent('users/create_tables')")})

    found = suite.run()

    assert found.outcomes == {"failed": 1, "passed": 1}, found.printed
    lines = [line.removeprefix("E").strip() for line in found.printed.splitlines() if line.startswith("E ")]
    assert lines[0] == "AssertionError: users/ada  refuted: idempotent"
    assert lines[2].startswith("error: migrations/users/ada.sql:1: ")
    assert "tried and seen:" in lines
    assert "users/create_tables" not in found.printed
    assert "assertions.py" not in found.printed


def test_claims_that_hold_pass(suite: Suite) -> None:
    """Of one migration, of a module, and of all."""
    files = {"migrations/users/create_tables.sql": USERS, "migrations/users/0001_email.sql": EMAIL}
    calls = (
        "assert_idempotent()",
        "assert_atomic('users')",
        "assert_claim('reversible', 'users/0001', unproven='passes')",
    )

    found = suite.write({**files, **asserting(*calls)}).run()

    assert found.outcomes == {"passed": 3}, found.printed


def test_what_is_not_atomic_fails(suite: Suite) -> None:
    """A file without a transaction whose second half may be missing."""
    files = {"migrations/users/create_tables.sql": USERS, "migrations/users/0001_shout.sql": STEPWISE}

    found = suite.write({**files, **asserting("assert_atomic('users/0001')")}).run()

    assert found.outcomes == {"failed": 1}, found.printed
    assert "users/0001_shout  refuted: atomic" in found.printed


def test_a_finding_with_a_reason_is_none(suite: Suite) -> None:
    """A silence in the file counts here too; a warning refutes a claim as an error does."""
    loud = "ALTER TABLE users ADD COLUMN nick text;\n"
    silent = f"-- seltzer: ignore = missing-if-not-exists: applied once\n{loud}"
    calls = ("assert_claim('guidelines', 'users/0001')", "assert_claim('guidelines', 'users/0002')")
    files = {
        "migrations/users/create_tables.sql": USERS,
        "migrations/users/0001_nick.sql": silent,
        "migrations/users/0002_nick_2.sql": loud.replace("nick", "nick_2"),
    }

    found = suite.write({**files, **asserting(*calls)}).run()

    assert found.outcomes == {"passed": 1, "failed": 1}, found.printed
    assert "warning: migrations/users/0002_nick_2.sql:1" in found.printed


def test_what_cannot_be_tried_fails_unless_it_may(suite: Suite) -> None:
    """A shadow without an extension proves nothing."""
    files = {"migrations/users/create_tables.sql": "CREATE EXTENSION IF NOT EXISTS nobody_has_this;\n"}
    calls = ("assert_idempotent()", "assert_idempotent(unproven='passes')", "assert_idempotent(unproven='no word')")

    found = suite.write({**files, **asserting(*calls)}).run()

    assert found.outcomes == {"failed": 2, "passed": 1}, found.printed
    assert "unproven: idempotent: the shadow lacks the extension nobody_has_this" in found.printed
    assert "'no word' is not a valid Unproven" in found.printed


def test_nothing_is_not_proven(suite: Suite) -> None:
    """No migrations, no such migration, no such claim, and no server: each fails, and says what is wrong."""
    calls = ("assert_idempotent('users/0007')", "assert_claim('perfect')")
    suite.write({"migrations/users/create_tables.sql": USERS, **asserting(*calls)})

    unknown = suite.run()
    nowhere = suite.run("--seltzer-server", "postgresql://127.0.0.1:1/app", "-k", "test_0")
    (suite.root / "migrations/users/create_tables.sql").unlink()
    nothing = suite.write(asserting("assert_idempotent()", "assert_claim('guidelines')")).run()

    assert unknown.outcomes == {"failed": 2}, unknown.printed
    assert "there is no migration 'users/0007'" in unknown.printed
    assert "'perfect' is no claim" in unknown.printed
    assert "no connection to" in nowhere.printed
    assert nothing.outcomes == {"failed": 2}, nothing.printed
    assert "has no migration" in nothing.printed


def test_what_is_new_is_said_by_ids_or_by_git(suite: Suite) -> None:
    """Without either nothing would be tried: no release knows an empty database."""
    old = {
        "migrations/users/create_tables.sql": f"{USERS}CREATE OR REPLACE VIEW people AS SELECT id, name FROM users;\n"
    }
    suite.write(old)
    settings = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "x"]):
        subprocess.run(["git", *settings, *arguments], cwd=suite.root, check=True, capture_output=True)
    nothing = suite.write(asserting("assert_backward_compatible(since='HEAD')")).run()
    changed = f"{USERS}DROP VIEW IF EXISTS people;\n"
    suite.write({"migrations/users/create_tables.sql": changed, "migrations/users/0001_email.sql": EMAIL})
    calls = (
        "assert_backward_compatible()",
        "assert_backward_compatible(since='HEAD')",
        "assert_backward_compatible('users/0001')",
        "assert_claim('backward-compatible')",
    )

    found = suite.write(asserting(*calls)).run()

    assert nothing.outcomes == {"passed": 1}, nothing.printed
    assert found.outcomes == {"failed": 3, "passed": 1}, found.printed
    assert found.printed.count("Say what is new since the running one") == 2
    assert "view public.people is gone" in found.printed


def test_the_database_of_the_application_is_not_asked(suite: Suite, tmp_path: Path) -> None:
    """Whatever the environment names, only the server of the tests is reached."""
    calls = ("assert_idempotent()",)
    files = {"migrations/users/create_tables.sql": USERS, **asserting(*calls)}
    # A folder that is no server's: libpq would say so, and so would a warning.
    elsewhere = {"DATABASE_URL": f"postgresql:///shop?host={tmp_path}", "SELTZER_DATABASE": f"host={tmp_path}"}

    found = suite.write(files).run("--log-level=INFO", "-rA", environment=elsewhere)

    assert found.outcomes == {"passed": 1}, found.printed
    assert "no connection" not in found.printed
    assert str(tmp_path) not in found.printed


@pytest.mark.parametrize("name", ["assert_atomic", "assert_backward_compatible", "assert_claim", "assert_idempotent"])
def test_assertions_work_outside_of_pytest(suite: Suite, name: str) -> None:
    """In unittest, say: the settings are those of the working folder."""
    claim = {"assert_claim": "'idempotent', ", "assert_backward_compatible": "'users', "}.get(name, "")
    program = f"""
import subprocess, sys

def test_outside():
    code = "from seltzer.pytest import {name}; {name}({claim}unproven='passes')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
"""
    files = {"migrations/users/create_tables.sql": USERS, "test_outside.py": program}

    found = suite.write(files).run()

    assert found.outcomes == {"passed": 1}, found.printed
