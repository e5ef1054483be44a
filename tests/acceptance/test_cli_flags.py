"""Flags, help, colours and exit codes of the command line."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from acceptance.test_bad_input_form import GOOD, call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support import Project

pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

EVERYWHERE = ["--json", "--quiet", "--verbose", "--no-color", "--help"]
TARGET = ["--migrations DIR", "--database DB", "--config FILE"]
FLAGS = {
    "init": EVERYWHERE,
    "status": [*EVERYWHERE, *TARGET, "--exit-code"],
    "apply": [*EVERYWHERE, *TARGET, "--policy", "--lock-wait", "--late", "--lock-timeout", "--statement-timeout"],
    "history": [*EVERYWHERE, *TARGET],
}


def seen_on_a_terminal(project: Project, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """What a command prints for a person whose stderr is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "seltzer", *arguments],
        cwd=project.root,
        env={**project.variables(), "TERM": "xterm-256color", **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    try:
        while part := os.read(ours, 4096):
            seen += part
    except OSError:
        pass  # the terminal's other end is closed
    finally:
        os.close(ours)
        process.wait()
    return seen.decode()


@pytest.mark.parametrize("verb", FLAGS)
def test_the_help_of_a_verb_names_its_flags(project: Project, verb: str) -> None:
    """Each with a sentence."""
    outcome = call(project, verb, "--help")

    lines = [line.strip() for line in outcome.out.splitlines()]
    assert outcome.code == 0
    assert [flag for flag in FLAGS[verb] if not any(flag in line for line in lines)] == []
    described = [line for line in lines if line.startswith("-")]
    assert [line for line in described if "  " not in line] == []


@pytest.mark.parametrize("verb", ["apply", "revert", "reset"])
def test_what_decides_about_a_run_has_a_flag(project: Project, verb: str) -> None:
    """As whom, where names are found, by which way, and who may read the history."""
    out = call(project, verb, "--help").out

    for flag in ("--role NAME", "--search-path NAMES", "--direct-database DB", "--history-readers NAMES"):
        assert flag in out


def test_a_run_goes_as_its_flags_say(project: Project) -> None:
    """The role owns what is made, the schema has it, and the reader may read the history."""
    name = project.database.name
    project.database.query(f'CREATE ROLE "{name}_a" NOLOGIN; CREATE ROLE "{name}_b" NOLOGIN; CREATE SCHEMA shop')
    try:
        project.database.query(f'GRANT ALL ON SCHEMA shop TO "{name}_a"')
        project.write({"users/0001_a.sql": "CREATE TABLE users ();\n"})

        flags = ("--role", f"{name}_a", "--search-path", "shop", "--history-readers", f"{name}_b")
        outcome = call(project, "apply", *flags, "--direct-database", project.database.url)

        assert outcome.code == 0, outcome.err
        owner = "SELECT schemaname, tableowner FROM pg_tables WHERE tablename = 'users'"
        assert project.database.query(owner) == [("shop", f"{name}_a")]
        reads = f"SELECT has_table_privilege('{name}_b', 'seltzer.history', 'SELECT')"
        assert project.database.query(reads) == [(True,)]
    finally:
        project.database.query(f'DROP OWNED BY "{name}_a", "{name}_b" CASCADE; DROP ROLE "{name}_a", "{name}_b"')


@pytest.mark.parametrize("arguments", [("stamp", "--all", "--yes"), ("forget", "users/0001_a")])
def test_what_takes_the_lock_may_say_how_long_it_waits(project: Project, arguments: tuple[str, ...]) -> None:
    """A wrong one is refused, so the flag is read; 0 asks once, and gets it."""
    project.write({**GOOD, "users/0001_a.sql": "CREATE TABLE users ();\n"})
    assert call(project, "apply").code == 0
    project.remove("users/0001_a.sql").write({"users/0002_b.sql": "SELECT 1;\n"})

    wrong, right = (call(project, *arguments, "--lock-wait", wait) for wait in ("long", "0s"))

    assert (wrong.code, right.code) == (2, 0), right.err


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_the_help_names_the_verbs(project: Project, flag: str) -> None:
    """With a sentence each, a first day, and what the exit codes mean."""
    outcome = call(project, flag)

    assert outcome.code == 0
    out = " ".join(outcome.out.split())
    for word in ("init", "status", "apply", "history", "Exit codes", "seltzer init", "seltzer apply"):
        assert word in out


def test_no_verb_at_all_gets_the_help(project: Project) -> None:
    """A newcomer types the name first: that is no error of theirs."""
    outcome = call(project)

    assert "Usage: seltzer" in outcome.out + outcome.err
    assert "error" not in outcome.err


@pytest.mark.parametrize(("flag", "words"), [("--policy", ["apply", "wait", "verify", "off"]), ("--late", ["refuse"])])
def test_the_help_of_a_choice_names_what_can_be_chosen(project: Project, flag: str, words: list[str]) -> None:
    """Beside the flag, where a value is written."""
    out = call(project, "apply", "--help").out

    (line,) = [line for line in out.splitlines() if line.strip().startswith(flag)]
    choice = line.split()[1]
    assert [word for word in words if word not in choice.lower()] == []


def test_the_version(project: Project) -> None:
    """The program's name and a number."""
    outcome = call(project, "--version")

    assert (outcome.code, outcome.out.split()[0]) == (0, "seltzer")
    assert outcome.out.split()[1][0].isdigit()


def test_a_module_and_a_command_are_the_same(project: Project) -> None:
    """`seltzer` and `python -m seltzer`."""
    command = os.path.join(os.path.dirname(sys.executable), "seltzer")  # noqa: PTH118, PTH120

    done = subprocess.run(
        [command, "status"],
        cwd=project.write(GOOD).root,
        env=project.variables(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == project.run("status").out


def test_exit_codes_of_status(project: Project) -> None:
    """With the flag: 3 when something is pending, 0 when nothing is, 4 when nothing may run; without it always 0."""
    project.write(GOOD)
    codes = {"behind": call(project, "status", "--exit-code").code}
    project.migrations().run_all()
    codes["current"] = call(project, "status", "--exit-code").code
    project.write({"users/0001_a.sql": "SELECT 1;"}).migrations().run_all()
    project.write({"users/0001_a.sql": "SELECT 2;"})
    codes["diverged"] = call(project, "status", "--exit-code").code
    codes["asked without it"] = call(project, "status").code

    assert codes == {"behind": 3, "current": 0, "diverged": 4, "asked without it": 0}


def test_quiet_says_errors_only(project: Project) -> None:
    """Nothing of a success, all of a failure."""
    project.write({**GOOD, "users/0001_a.sql": "DO $$ BEGIN RAISE NOTICE 'half way'; END $$;"})

    done = [call(project, verb, "--quiet") for verb in ("status", "apply", "history", "status")]
    project.write({"users/0002_b.sql": "SELECT nosuch;"})
    failed = call(project, "apply", "-q")

    assert [(outcome.code, outcome.out, outcome.err) for outcome in done] == [(0, "", "")] * 4
    assert failed.code == 1
    assert failed.err.startswith("error: migrations/users/0002_b.sql:1:8: ")


def test_quiet_wins_over_verbose(project: Project) -> None:
    """Errors only means errors only."""
    outcome = call(project.write(GOOD), "apply", "--verbose", "--quiet")

    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


def test_verbose_says_every_step_and_statement(project: Project) -> None:
    """Steps as they begin, and each statement that is sent alone, with its line."""
    text = "CREATE TABLE users (a int);\n\nCREATE INDEX CONCURRENTLY i ON users (a);\n"
    project.write({"users/0001_a.sql": text, "users/0002_b.sql": "SELECT 1;"})

    outcome = call(project, "apply", "-v")

    lines = outcome.err.splitlines()
    assert lines[0] == "applying users/0001_a (1 of 2)"
    assert "  line 3: CREATE INDEX CONCURRENTLY i ON users (a)" in lines
    assert "applying users/0002_b (2 of 2)" in lines


def test_without_a_flag_each_migration_is_a_line(project: Project) -> None:
    """What was done on stderr as it happens, the sum of it on stdout."""
    outcome = call(project.write(GOOD), "apply")

    (said,) = outcome.err.splitlines()
    assert said.startswith("applied alpha/create_tables (")
    assert outcome.out.startswith("1 migration applied in ")
    assert outcome.out.endswith("now current\n")


@pytest.mark.parametrize(
    ("flags", "environment", "coloured"),
    [
        ([], {}, True),
        (["--no-color"], {}, False),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"NO_COLOR": ""}, True),
        (["--json"], {}, False),
    ],
    ids=["terminal", "flag", "variable", "empty variable", "json"],
)
def test_colours_are_for_a_terminal_that_wants_them(
    project: Project, flags: list[str], environment: dict[str, str], *, coloured: bool
) -> None:
    """By flag or by the variable that every program knows."""
    project.write({"users/0001_a.sql": "SELEC 1;"})

    seen = seen_on_a_terminal(project, "apply", *flags, environment=environment)

    assert ("\x1b[" in seen) is coloured
    assert ("error" in seen) is ("--json" not in flags)


def test_what_is_no_terminal_gets_no_colours(project: Project) -> None:
    """A pipe, a file."""
    project.write({"users/0001_a.sql": "SELEC 1;"})

    assert "\x1b[" not in project.run("apply").err


def test_the_folder_and_the_settings_file_are_found_from_a_sub_folder(project: Project) -> None:
    """As git finds a repository; a path in the file starts from the file."""
    project.write(GOOD)
    (project.root / "seltzer.toml").write_text('migrations = "migrations"\n', encoding="utf-8")
    below = project.root / "src" / "app"
    below.mkdir(parents=True)

    outcome = call(type(project)(below, project.database), "status")

    assert outcome.code == 0, outcome.err
    assert "alpha" in outcome.out


def test_a_settings_file_may_be_named(project: Project) -> None:
    """It is read instead of the one that would be found."""
    (project.root / "seltzer.toml").write_text('migrations = "nowhere"\n', encoding="utf-8")
    (project.root / "other.toml").write_text('history = "other.history"\n', encoding="utf-8")

    outcome = call(project.write(GOOD), "apply", "--config", "other.toml")

    assert outcome.code == 0, outcome.err
    assert project.database.query("SELECT id FROM other.history") == [("alpha/create_tables",)]


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["users/0001_a"], ["users/create_tables", "users/0001_a"]),
        (["users/0002..0003"], ["users/create_tables", "users/0001_a", "users/0002_b", "users/0003_c"]),
        (["alpha"], ["alpha/create_tables"]),
        (["alpha", "users/0001"], ["alpha/create_tables", "users/create_tables", "users/0001_a"]),
    ],
)
def test_ids_are_applied_with_what_they_need(project: Project, ids: list[str], expected: list[str]) -> None:
    """Each in any of its forms, and nothing else."""
    files = {"users/create_tables.sql": "", "users/0001_a.sql": "", "users/0002_b.sql": "", "users/0003_c.sql": ""}

    outcome = call(project.write({**GOOD, **files}), "apply", "--json", *ids)

    assert outcome.json()["applied"] == expected
    assert outcome.json()["state"] == "behind"


def test_a_reader_that_goes_away_is_no_error(project: Project) -> None:
    """As in `seltzer status --all | head -1`."""
    files = {f"users/{number:04}_a.sql": "" for number in range(1, 3_000)}
    command = f"{sys.executable} -m seltzer status --all | head -1"

    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=project.write(files).root,
        env=project.variables(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
