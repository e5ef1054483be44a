"""Only results go to stdout, whatever the user's own code writes to file descriptor 1 while a command runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support import Outcome, Project

# Whatever the server, these are matters of this process.
pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

NOISE = """\
import atexit, os, subprocess, sys
os.write(1, b"noise\\n")
subprocess.run(["echo", "noise"], check=True)
print("noise", file=sys.__stdout__, flush=True)
atexit.register(os.write, 1, b"noise\\n")
"""
WRITES = 4
INSIDE = "".join(f"    {line}\n" for line in NOISE.splitlines())
FROM_ENVIRONMENT = """\
import os
class Config:
    DB_NAME = os.environ["NOISY_NAME"]
    DB_USER = os.environ["NOISY_USER"]
    DB_PASSWORD = ""
    DB_HOST = os.environ["NOISY_HOST"]
    DB_PORT = os.environ["NOISY_PORT"]
config = Config()
"""


def run_by_config(project: Project, *arguments: str, database: str = "") -> Outcome:
    """A command that finds its database through code of the application."""
    server = project.database.server
    return project.run(
        *arguments,
        environment={
            "SELTZER_DATABASE": database,
            "NOISY_NAME": project.database.name,
            "NOISY_USER": server.user,
            "NOISY_HOST": str(server.socket_folder),
            "NOISY_PORT": str(server.port),
            "NOISY_URL": project.database.url,
        },
    )


def assert_one_document(outcome: Outcome, noises: int) -> None:
    """Stdout is one JSON document, and stderr has what was written."""
    assert isinstance(json.loads(outcome.out), dict)
    assert "noise" not in outcome.out
    assert outcome.err.count("noise\n") == noises


@pytest.mark.parametrize("code", [0, 1], ids=["succeeds", "fails"])
@pytest.mark.parametrize(
    ("file", "function"),
    [("users/0001_a.py", "def apply(conn):\n"), ("users/__init__.py", "def run_migration():\n")],
    ids=["migration", "runner"],
)
def test_what_a_migration_writes_goes_to_stderr(project: Project, file: str, function: str, code: int) -> None:
    """It, its child processes, and what it leaves to be called at the end; after a failure too."""
    project.write({file: function + INSIDE + ("    raise ValueError\n" if code else "")})

    outcome = project.run("apply", "--json")

    assert outcome.code == code, outcome.err
    assert_one_document(outcome, WRITES)


@pytest.mark.parametrize("verb", ["status", "plan", "history", "apply"])
def test_what_the_applications_settings_write_goes_to_stderr(project: Project, verb: str) -> None:
    """`shared.config` is imported to find the database."""
    project.write({"../shared/config.py": NOISE + FROM_ENVIRONMENT, "users/0001_a.sql": "SELECT 1;"})

    outcome = run_by_config(project, verb, "--json")

    assert outcome.code == 0, outcome.err
    assert_one_document(outcome, WRITES)


def test_what_an_object_of_the_application_writes_goes_to_stderr(project: Project) -> None:
    """The database as `module:object`."""
    project.write({"../noisy.py": f"{NOISE}url = os.environ['NOISY_URL']\n", "users/0001_a.sql": "SELECT 1;"})

    outcome = run_by_config(project, "status", "--json", database="noisy:url")

    assert outcome.code == 0, outcome.err
    assert_one_document(outcome, WRITES)


def test_lines_for_people_are_kept_apart_too(project: Project) -> None:
    """`seltzer apply | …` gets the result only."""
    project.write({"users/0001_a.py": "def apply(conn):\n" + INSIDE})

    outcome = project.run("apply")

    assert outcome.out.startswith("1 migration")
    assert len(outcome.out.splitlines()) == 1


@pytest.mark.parametrize("closed", ["1>&-", "2>&-"])
def test_a_closed_stream_stops_nothing(project: Project, closed: str) -> None:
    """There is nothing to keep apart then, and what the process opens first takes that number."""
    project.write({"users/0001_a.sql": "SELECT 1;"}).migrations().run_all()

    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -m seltzer status --json {closed}', sys.executable],
        cwd=project.root,
        env=project.variables(),
        check=False,
        capture_output=True,
    )

    assert done.returncode == 0, done.stderr
    assert (done.stdout == b"") is (closed == "1>&-")


def test_a_locale_that_has_not_every_character(project: Project) -> None:
    """`…` is in many messages and in few of the older encodings."""
    project.write({"users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);"})

    outcome = project.run("check", "--only", "documented", environment={"PYTHONIOENCODING": "ascii"})

    assert outcome.code == 0
    assert "COMMENT ON TABLE users IS '?';" in outcome.out
