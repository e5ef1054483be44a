"""Who reads a refuted claim on a terminal knows what to do: the real command, on a real terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from acceptance.test_screens_terminal import COLOR, on_terminal

if TYPE_CHECKING:
    from support import Project

pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])
FILES = {
    "users/create_tables.sql": "CREATE TABLE users (id bigint PRIMARY KEY);\n",
    "users/0001_add_email.sql": "ALTER TABLE users ADD COLUMN IF NOT EXISTS email text;\n",
}
ONLY = ("check", "--only", "idempotent")


@pytest.fixture
def wrong(project: Project) -> Project:
    """A project with one thing wrong; its migrations are tried on the server of the tests."""
    project.environment["SELTZER_SHADOW"] = project.database.url
    return project.write(FILES)


@pytest.mark.parametrize("width", [80, 160])
def test_a_refuted_claim_says_what_to_do(wrong: Project, width: int) -> None:
    """The parts of a finding in their order, the line of the file, the SQL to copy."""
    seen = on_terminal(wrong, *ONLY, width=width)
    start = seen.lines.index("error: migrations/users/create_tables.sql:1")
    parts = [line for line in seen.lines[start:] if re.match("  [a-z ]+$", line)]

    assert seen.code == 3
    assert seen.lines[0] == "users/create_tables   refuted: idempotent"
    assert parts == ["  tried and seen", "  in production", "  write instead"]
    assert "    1 | CREATE TABLE users (id bigint PRIMARY KEY);" in seen.lines
    assert "    CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);" in seen.lines
    assert [line for line in seen.lines if len(line) > width] == []


def test_a_check_shows_how_far_it_is(wrong: Project) -> None:
    """What is waited for stands at the foot while it is tried; nothing of it stays."""
    seen = on_terminal(wrong, *ONLY)

    assert re.search(r"checking users/create_tables", seen.raw)
    assert re.search(r"\d of 2", COLOR.sub("", seen.raw))
    assert not any("checking" in line for line in seen.lines)


def test_the_colours_say_nothing_that_the_words_do_not(wrong: Project) -> None:
    """Without them the same words are there."""
    coloured = on_terminal(wrong, *ONLY)
    plain = on_terminal(wrong, *ONLY, "--no-color")

    assert COLOR.search(coloured.raw)
    assert "\x1b[3" not in plain.raw
    assert [line for line in plain.lines if " s on " not in line] == [
        line for line in coloured.lines if " s on " not in line
    ]


def test_verbose_shows_each_claim_with_its_evidence(wrong: Project) -> None:
    """Of what was proven, too, below what was said while it was tried."""
    lines = on_terminal(wrong, *ONLY, "--verbose", width=160).lines
    start = lines.index("users/create_tables")

    assert lines[:start] == ["checking users/create_tables (1 of 2)", "checking users/0001_add_email (2 of 2)"]
    assert lines[start + 1].split()[:2] == ["idempotent", "refuted"]
    proven = lines[lines.index("users/0001_add_email") + 1]
    assert proven.split()[:2] == ["idempotent", "proven"]
    assert len(proven.split()) > 4


def test_a_pipe_gets_plain_lines(wrong: Project) -> None:
    """A finding begins with its place, as compilers write it, so that editors find it."""
    done = wrong.run(*ONLY)

    assert done.code == 3
    assert re.search(r"^error: migrations/users/create_tables\.sql:1: ", done.out, re.MULTILINE)
    assert "\x1b" not in done.out
