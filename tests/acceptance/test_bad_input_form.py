"""What every refusal has in common: one exit code, one JSON document or a few lines, and nothing applied."""

from __future__ import annotations

import os
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

from seltzer.cli.main import main
from support import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support import Database, Project

# What is refused has nothing to do with the server's version.
pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

GOOD = {"alpha/create_tables.sql": "CREATE TABLE alpha (id bigint PRIMARY KEY);\n"}
"""A migration that sorts before everything else, and must not be applied when something else is wrong."""

ERROR_KEYS = {"type", "message", "hint", "id", "file", "line", "column", "sqlstate", "detail", "rolled_back"}


@dataclass(frozen=True)
class Refusal:
    """A refused command, as a program and as a person sees it.

    Attributes:
        code: Its exit code.
        document: The JSON document.
        text: What it prints for a person.
    """

    code: int
    document: dict[str, Any]
    text: str

    @property
    def type(self) -> str:
        """The error's type."""
        return self.document["error"]["type"]

    @property
    def message(self) -> str:
        """What happened."""
        return self.document["error"]["message"]

    @property
    def hint(self) -> str:
        """The next step."""
        return self.document["error"]["hint"]

    @property
    def place(self) -> tuple[str | None, int | None, int | None]:
        """File, line and column."""
        error = self.document["error"]
        return error["file"], error["line"], error["column"]


def refused(
    project: Project, *arguments: str, verb: str = "apply", environment: Mapping[str, str] | None = None
) -> Refusal:
    """Run a command that is refused, for a program and for a person; what is true of every refusal is checked here."""
    before = left_in(project.database)

    machine = call(project, verb, "--json", *arguments, environment=environment)
    person = call(project, verb, *arguments, environment=environment)

    refusal = Refusal(machine.code, machine.json(), person.err)
    assert person.code == machine.code, person.err
    assert machine.code not in {0, 70}
    assert refusal.document["format"] == 1
    assert refusal.document["error"].keys() == ERROR_KEYS
    assert "Traceback" not in machine.err + person.err
    assert person.out == ""
    assert refusal.hint, refusal.message
    assert f"hint: {refusal.hint.splitlines()[0]}" in refusal.text
    assert refusal.message in refusal.text
    file, line, column = refusal.place
    if file is not None:
        assert ":".join(str(part) for part in (file, line, column) if part is not None) + ": " in refusal.text
    assert left_in(project.database, notes=machine.code == 2) == before, "something was applied"
    return refusal


def call(project: Project, *arguments: str, environment: Mapping[str, str] | None = None) -> Outcome:
    """Call the command line as `Project.run` does, in this process: a tenth of the time."""
    out, err = StringIO(), StringIO()
    with (
        patch.dict(os.environ, project.variables(environment), clear=True),
        chdir(project.root),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = main(list(arguments))
    return Outcome(code, out.getvalue(), err.getvalue())


def left_in(database: Database, *, notes: bool = True) -> list[tuple[Any, ...]]:
    """Every column of every relation, and every row of the history; notes of failures, unless they do not count."""
    relations = database.query(
        "SELECT n.nspname, c.relname, a.attname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
        "LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 "
        "WHERE n.nspname !~ '^(pg_|information_schema|seltzer)' ORDER BY 1, 2, 3"
    )
    if database.query("SELECT to_regclass('seltzer.history')") == [(None,)]:
        return relations
    kept = "" if notes else " WHERE state <> 'failed'"
    return relations + database.query(f"SELECT id, state, generation, checksum FROM seltzer.history{kept} ORDER BY 1")


def test_a_refusal_is_the_same_in_a_process_of_its_own(project: Project) -> None:
    """As a user and a program see it: one document on stdout, or lines on stderr; no traceback in either."""
    project.write({**GOOD, "users/0001_a.sql": "SELEC 1;\n"})
    here = refused(project)

    machine, person = project.run("apply", "--json"), project.run("apply")

    assert (machine.code, person.code) == (here.code, here.code)
    assert (machine.json(), machine.err) == (here.document, "")
    assert (person.out, person.err) == ("", here.text)


def test_a_file_is_named_from_where_the_user_is(project: Project) -> None:
    """Relative to the working directory when it is below it, and whole otherwise."""
    project.write({**GOOD, "users/0001_a.sql": "SELEC 1;\n"})

    inside = refused(project)
    elsewhere = project.root / "elsewhere"
    elsewhere.mkdir()
    outside = refused(type(project)(elsewhere, project.database), "--migrations", str(project.folder))

    assert inside.place == ("migrations/users/0001_a.sql", 1, 1)
    assert outside.place == (str(project.folder / "users" / "0001_a.sql"), 1, 1)


def test_the_line_is_shown_with_a_caret(project: Project) -> None:
    """Below the place and above the hint."""
    project.write({"users/0001_a.sql": "SELECT 1;\n\tSELECT 'ä' FRM t;\n"})

    lines = refused(project).text.splitlines()

    assert lines[0].startswith("error: migrations/users/0001_a.sql:2:17: does not parse")
    assert lines[1] == "    2 |  SELECT 'ä' FRM t;"
    assert lines[2].index("^") == lines[1].index("t;")
    assert lines[3].startswith("hint: ")


@pytest.mark.parametrize("verb", ["status", "apply"])
def test_a_document_has_its_own_keys_and_the_error(project: Project, verb: str) -> None:
    """Also of a verb that failed before it knew anything."""
    project.write({"Users/0001_a.sql": ""})

    document = refused(project, verb=verb).document

    own = {"status": {"state", "database", "migrations", "run"}, "apply": {"state", "applied", "duration_ms"}}
    assert own[verb] | {"format", "error"} <= document.keys()


def test_what_was_applied_before_a_failure_is_said(project: Project) -> None:
    """It stays applied: a failure undoes only itself."""
    project.write({**GOOD, "beta/0001_a.sql": "SELECT nosuch;\n", "gamma/0001_a.sql": "CREATE TABLE gamma ();\n"})

    outcome = project.run("apply", "--json")

    document = outcome.json()
    assert outcome.code == 1
    assert document["applied"] == ["alpha/create_tables"]
    assert document["error"]["type"] == "statement"
    assert document["error"]["id"] == "beta/0001_a"
    assert document["error"]["sqlstate"] == "42703"
    assert document["error"]["rolled_back"] is True
    assert [document["error"][key] for key in ("file", "line", "column")] == ["migrations/beta/0001_a.sql", 1, 8]
    assert project.database.query("SELECT to_regclass('alpha')::text, to_regclass('gamma')::text") == [("alpha", None)]


def test_a_failure_without_a_position_has_the_line_of_its_statement(project: Project) -> None:
    """PostgreSQL gives none for what goes wrong while a statement runs."""
    project.write({"users/0001_a.sql": "SELECT 1;\n\n-- why\nSELECT 1 /\n  0;\n"})

    refusal = refused(project)

    assert refusal.place == ("migrations/users/0001_a.sql", 4, None)
    assert refusal.document["error"]["sqlstate"] == "22012"


def test_a_failed_run_says_what_it_knows(project: Project) -> None:
    """The state of the database is known when an edited file stops the run."""
    project.write({"users/0001_a.sql": "SELECT 1;\n"}).migrations().run_all()
    project.write({"users/0001_a.sql": "SELECT 2;\n"})

    assert refused(project).document["state"] == "diverged"


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
def test_a_document_is_printed_whatever_the_terminal_can_show(project: Project, encoding: str) -> None:
    """A character that it lacks is no reason to print nothing, or to crash."""
    project.write({"users/0001_a.sql": "COPY größe FROM stdin;\n"})

    outcome = project.run("apply", "--json", environment={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})

    assert outcome.code == 2, outcome.err
    assert outcome.json()["error"]["type"] == "copy-from-stdin"
