"""`check --only guidelines` and `rules` at the command line: no database, no shadow, nothing loaded for nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

BAD = "CREATE TABLE users (id bigint PRIMARY KEY);\n"
GOOD = "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);\n"
CHECK = ("check", "--only", "guidelines")
LOADED = "import sys; from seltzer.cli.main import main; code = 0\ntry: main()\nexcept SystemExit as e: code = e.code\n"


class World:
    """A project on disk, and a user who has no database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, text: str, name: str = "create_tables.sql") -> World:
        """Write a migration of the one module."""
        path = self.folder / "migrations" / "users" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return self

    def run(self, *arguments: str, program: tuple[str, ...] = ("-m", "seltzer")) -> subprocess.CompletedProcess[str]:
        """Call `seltzer`."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SELTZER_", "PG", "DB_"))}
        kept.pop("DATABASE_URL", None)
        environment = {**kept, "XDG_CACHE_HOME": str(self.folder / "cache")}
        return subprocess.run(
            [sys.executable, *program, *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def findings(self) -> list[tuple[str, int]]:
        """What is found, by rule and line."""
        document: dict[str, Any] = json.loads(self.run(*CHECK, "--json").stdout)
        return [(item["rule"], item["line"]) for item in document["findings"]]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """With nothing in it."""
    return World(tmp_path)


def test_a_mistake_is_told_with_what_to_write_instead(world: World) -> None:
    """And the exit code says that there is one."""
    done = world.write(BAD).run(*CHECK)

    assert done.returncode == 3
    assert "CREATE TABLE users has no IF NOT EXISTS" in done.stdout
    assert GOOD.strip() in done.stdout


def test_nothing_is_wrong_after_it_was_written(world: World) -> None:
    """The fix is the end of it."""
    assert world.write(GOOD).run(*CHECK).returncode == 0


def test_a_silence_is_kept_and_one_too_many_is_told(world: World) -> None:
    """Where it stands."""
    silence = "-- seltzer: ignore = missing-if-not-exists: made once, by hand\n"

    assert world.write(silence + BAD).findings() == []
    assert world.write(silence + GOOD).findings() == [("unused-silence", 1)]


def test_what_was_accepted_is_not_told_again(world: World) -> None:
    """What is new is."""
    world.write(BAD).run(*CHECK, "--accept")

    assert world.run(*CHECK).returncode == 0
    assert world.write(BAD, "0001_it.sql").findings() == [("missing-if-not-exists", 1)]


def test_what_was_accepted_of_a_file_that_is_gone_is_told_and_taken_out(world: World) -> None:
    """Whichever claims and migrations are checked: it can never be found again."""
    world.write(BAD).write(BAD, "0001_it.sql").run(*CHECK, "--accept")
    (world.folder / "migrations" / "users" / "0001_it.sql").unlink()

    told = world.run("check", "--only", "documented", "users").stderr
    world.run("check", "--only", "documented", "--accept")

    assert "1 accepted finding is not found any more" in told
    accepted = json.loads((world.folder / "migrations" / ".seltzer-accepted.json").read_text())["accepted"]
    assert [(item["rule"], item["id"]) for item in accepted if item["rule"].startswith("missing")] == [
        ("missing-if-not-exists", "users/create_tables")
    ]


@pytest.mark.parametrize("arguments", [CHECK, (*CHECK, "--all"), ("check", "--only", "documented", "users")])
def test_a_check_of_texts_loads_no_driver_and_a_second_one_no_parser(world: World, arguments: tuple[str, ...]) -> None:
    """What was found before is found again, without either."""
    world.write(GOOD)
    program = (
        "-c",
        LOADED + "sys.stderr.write(' '.join(m for m in ('psycopg', 'postgast', 'rich') if m in sys.modules))",
    )

    first = world.run(*arguments, program=program)
    second = world.run(*arguments, program=program)

    assert (first.stderr, second.stderr) == ("postgast", "")
    assert first.stdout.splitlines()[0] == second.stdout.splitlines()[0]


def test_a_rule_has_a_page(world: World) -> None:
    """In a folder without any project."""
    done = world.run("rules", "missing-if-not-exists")

    assert done.returncode == 0
    assert f"    {GOOD.strip()}" in done.stdout.splitlines()


def test_a_rule_that_is_none_is_a_wrong_call(world: World) -> None:
    """With the nearest three, in JSON too."""
    done = world.run("rules", "missing-if-not-exist", "--json")
    document = json.loads(done.stdout)

    assert done.returncode == 2
    assert document["rules"] == []
    assert document["error"]["type"] == "unknown-rule"
    assert document["error"]["hint"].startswith("Nearest: missing-if-not-exists, ")
