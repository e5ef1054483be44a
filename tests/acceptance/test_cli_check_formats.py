"""`check --format` and `--report` at the command line: one check, as many forms as are asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support import Project

pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])
GOOD = "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);\n"
BAD = "CREATE TABLE users (id bigint PRIMARY KEY);\n"
CHECK = ("check", "--only", "idempotent")


@pytest.fixture
def wrong(project: Project) -> Project:
    """A project with one thing wrong; its migrations are tried on the server of the tests."""
    project.environment["SELTZER_SHADOW"] = project.database.url
    return project.write({"users/create_tables.sql": BAD})


def test_the_format_json_is_the_flag(wrong: Project) -> None:
    """One document on stdout, whichever way it was asked for; the time that it took is none of it."""
    documents = [wrong.run(*CHECK, *how).json() for how in (["--json"], ["--format", "json"], ["--format=json"])]

    assert documents[0] == documents[1] == documents[2]
    assert documents[0]["findings"][0]["id"] == "users/create_tables"


@pytest.mark.parametrize("how", [["--format", "json"], ["--format=json"], ["--json"]])
def test_a_failure_is_a_document_too(wrong: Project, how: list[str]) -> None:
    """An id that is none, a flag that is none."""
    for arguments in (["nobody/none"], ["--unknown"]):
        done = wrong.run(*CHECK, *how, *arguments)
        assert done.code == 2
        assert done.json()["error"]["message"]


def test_one_check_writes_as_many_reports_as_are_asked_for(wrong: Project) -> None:
    """Each as `--format` would print it, beside what is printed; the exit code is the check's."""
    forms = ("json", "sarif", "github", "gitlab", "junit", "markdown", "html", "text")
    reports = [word for form in forms for word in ("--report", f"{form}=out.{form}")]
    done = wrong.run(*CHECK, "--quiet", *reports)

    assert done.code == 3
    for form in ("sarif", "github", "gitlab"):
        assert (wrong.root / f"out.{form}").read_text("utf-8") == wrong.run(*CHECK, "--format", form).out
    assert json.loads((wrong.root / "out.json").read_text("utf-8"))["findings"]
    for form in forms:
        assert "users/create_tables" in (wrong.root / f"out.{form}").read_text("utf-8").replace("&#95;", "_").replace(
            "<wbr>", ""
        )


@pytest.mark.parametrize("report", ["pdf=a", "sarif", "sarif=", "=a", "html=nowhere/a.html"])
def test_a_report_that_cannot_be_is_refused_before_anything_is_tried(wrong: Project, report: str) -> None:
    """A check may take a minute."""
    done = wrong.run(*CHECK, "--report", report)

    assert done.code == 2
    assert "FORMAT=FILE" in done.err or "there is no folder 'nowhere'" in done.err
    assert done.out == ""


def test_a_report_that_cannot_be_written_is_an_error(wrong: Project) -> None:
    """A folder has the name."""
    done = wrong.run(*CHECK, "--report", "html=migrations")

    assert done.code == 2
    assert done.err.startswith("error: --report html=migrations: it cannot be written: is a directory")


def test_quiet_is_silent_when_nothing_fails_and_only_then(wrong: Project) -> None:
    """A hook that holds up a commit says why; a format for programs is always printed."""
    bad = wrong.run(*CHECK, "--quiet")
    wrong.write({"users/create_tables.sql": GOOD})
    good = wrong.run(*CHECK, "--quiet")
    machine = wrong.run(*CHECK, "--quiet", "--format", "gitlab")

    assert (bad.code, good.code) == (3, 0)
    assert "CREATE TABLE IF NOT EXISTS users" in bad.out
    assert good.out == good.err == ""
    assert json.loads(machine.out) == []


def test_a_file_that_does_not_parse_is_told_where_pipelines_look(wrong: Project) -> None:
    """Beside its line, in the report of tests and in the summary; what others count as mended is not written."""
    wrong.write({"users/create_tables.sql": "SELECT 1;\nCREATE TABEL users (id bigint);\n"})
    reports = [word for form in ("junit", "markdown", "gitlab", "sarif") for word in ("--report", f"{form}=out.{form}")]
    done = wrong.run(*CHECK, "--quiet", "--format", "github", *reports)

    assert done.code == 2
    assert done.out.startswith("::error file=migrations/users/create_tables.sql,line=2,col=8,title=seltzer%3A parse::")
    assert 'errors="1"' in (wrong.root / "out.junit").read_text("utf-8")
    assert (wrong.root / "out.markdown").read_text("utf-8").startswith("### Migrations: not checked")
    assert not (wrong.root / "out.gitlab").exists()
    assert not (wrong.root / "out.sarif").exists()
    assert wrong.run(*CHECK, "--format", "github", "--json").json()["error"]["line"] == 2
