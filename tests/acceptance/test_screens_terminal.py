"""What a person sees on a real terminal, 80 and 160 columns wide, while a pipe gets plain lines."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support import Project

# What a terminal shows has nothing to do with the server's version.
pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

FILES = {
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);\n",
    "users/0001_index.sql": "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON users (id);\nSELECT pg_sleep(0.5);\n",
    "notes/create_tables.sql": "CREATE TABLE IF NOT EXISTS notes (id bigint REFERENCES users (id));\n",
}
WRONG = {"users/0002_wrong.sql": 'SELECT 1;\nSELECT 1 AS "日本語", missing FROM users;\n'}
COLOR = re.compile(r"\x1b\[[\d;]*m")

# A terminal sends Ctrl-C as a signal only to the session that it controls.
CONTROLLED = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "seltzer", *sys.argv[1:]])
"""


@dataclass(frozen=True)
class Seen:
    """What a command left on a terminal.

    Attributes:
        code: Its exit code.
        raw: Everything that it sent.
        lines: What can be read in the end.
    """

    code: int
    raw: str
    lines: list[str]

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)


def on_terminal(  # noqa: PLR0913  # a terminal has a width, a kind, and somebody who types
    project: Project,
    *arguments: str,
    width: int = 80,
    environment: Mapping[str, str] | None = None,
    until: str = "",
    keys: str = "",
    stdout: int | None = None,
) -> Seen:
    """Run a command on a terminal.

    Args:
        project: Whose folder and database.
        arguments: Of the command.
        width: Columns of the terminal.
        environment: More variables.
        until: What to wait for before `keys` are typed.
        keys: What is typed.
        stdout: Where stdout goes instead.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    # pytest-xdist sets COLUMNS, which comes before what the terminal itself says.
    variables = {name: value for name, value in project.variables().items() if name not in {"COLUMNS", "NO_COLOR"}}
    variables |= {"TERM": "xterm-256color", **(environment or {})}
    process = subprocess.Popen(
        [sys.executable, "-c", CONTROLLED, *arguments],
        cwd=project.root,
        env=variables,
        stdin=theirs,
        stdout=theirs if stdout is None else stdout,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    raw = _everything(ours, until, keys)
    return Seen(process.wait(), raw, drawn(raw))


def _everything(ours: int, until: str, keys: str) -> str:
    raw = b""
    with os.fdopen(ours, "r+b", buffering=0) as terminal:
        while True:
            try:
                part = terminal.read(65536)
            except OSError:
                break  # how Linux says that nobody has the other end open any more
            if not part:
                break
            raw += part
            if keys and until in COLOR.sub("", raw.decode(errors="replace")):
                terminal.write(keys.encode())
                keys = ""
    return raw.decode()


def drawn(raw: str) -> list[str]:
    """What stands on a terminal that was sent a text; it knows the sequences that a bar is made of."""
    lines, at, column = [""], 0, 0
    for part in re.findall(r"\x1b\[[?\d;]*[a-zA-Z]|[\r\n]|[^\x1b\r\n]+", COLOR.sub("", raw)):
        if part == "\n":
            at += 1
            lines.extend([""] * (at + 1 - len(lines)))
        elif part == "\r":
            column = 0
        elif part == "\x1b[2K":
            lines[at] = ""
        elif up := re.fullmatch(r"\x1b\[(\d+)A", part):
            at -= int(up[1])
        elif not part.startswith("\x1b"):
            lines[at] = lines[at][:column].ljust(column) + part + lines[at][column + len(part) :]
            column += len(part)
    return [line.rstrip() for line in lines]


WIDTHS = pytest.mark.parametrize("width", [80, 160])


@pytest.fixture
def applied(project: Project) -> Project:
    """A project whose three migrations are applied."""
    project.write(FILES).migrations().run_all()
    return project


@WIDTHS
def test_a_status_fits_the_terminal(applied: Project, width: int) -> None:
    """A table that says what the lines in a pipe say, in the terminal's width."""
    applied.write({"users/0002_add_the_email_of_the_user.sql": "ALTER TABLE users ADD COLUMN email text;\n"})

    seen = on_terminal(applied, "status", width=width)

    assert seen.code == 0
    assert seen.lines[0].endswith(": behind, 1 pending")
    assert COLOR.search(seen.raw)
    assert [line for line in seen.lines[1:] if cell_len(line) > width] == []
    assert re.search(r"^notes +1 of 1 applied$", seen.text, re.MULTILINE)
    assert re.search(r"^users +2 of 3 applied$", seen.text, re.MULTILINE)
    assert re.search(r"^  users/0002_\S+ +pending\b", seen.text, re.MULTILINE)


@WIDTHS
def test_a_status_of_everything_names_every_migration(applied: Project, width: int) -> None:
    """Each with its state."""
    seen = on_terminal(applied, "status", "--all", width=width)

    named = re.findall(r"^(\S+/\S+)  +applied\b", seen.text, re.MULTILINE)
    assert named == ["notes/create_tables", "users/0001_index", "users/create_tables"]
    assert max(cell_len(line) for line in seen.lines[1:]) <= width


@WIDTHS
def test_a_plan_fits_the_terminal(project: Project, width: int) -> None:
    """The steps in order, with what comes before each: below it, or beside it where there is room."""
    seen = on_terminal(project.write(FILES), "plan", width=width)

    assert seen.code == 0
    assert re.findall(r"^([123])  +\S", seen.text, re.MULTILINE) == ["1", "2", "3"]
    assert ("after" in seen.lines[2]) == (width == 160)
    assert "table public.users" in re.sub(r"\s+", " ", seen.text)
    assert max(cell_len(line) for line in seen.lines[1:]) <= width


@WIDTHS
def test_history_and_settings_fit_the_terminal(applied: Project, width: int) -> None:
    """They are tables, too."""
    for verb, word in (("history", "users/0001_"), ("settings", "lock-wait")):
        seen = on_terminal(applied, verb, width=width)

        assert seen.code == 0
        assert word in seen.text
        assert max(cell_len(line) for line in seen.lines) <= width


@WIDTHS
def test_an_apply_shows_what_runs_and_leaves_a_line_for_each_step(project: Project, width: int) -> None:
    """The bar names migration, statement and how far the run is; in the end it is gone, and the cursor is back."""
    seen = on_terminal(project.write(FILES), "apply", width=width)

    sent = COLOR.sub("", seen.raw)
    assert seen.code == 0
    assert re.search(r"applying users/0001_index", sent)
    assert "line 2: SELECT pg_sleep(" in sent
    assert re.search(r"━ *  \d of 3", sent)
    left = [re.sub(r"\d+ ms", "… ms", line) for line in seen.lines if line]
    assert " ".join(left) == (
        "applied users/create_tables (… ms) applied notes/create_tables (… ms) applied users/0001_index (… ms) "
        "3 migrations applied in … ms: now current"
    )
    assert seen.raw.rindex("\x1b[?25h") > seen.raw.rindex("\x1b[?25l")


def test_a_revert_says_what_it_does(applied: Project) -> None:
    """Not that it applies something."""
    applied.write({"users/0001_index.down.sql": "DROP INDEX i;\nSELECT pg_sleep(0.5);\n"})

    seen = on_terminal(applied, "revert", "users/0001")

    assert "reverting users/0001_index" in seen.raw
    assert re.fullmatch(r"reverted users/0001_index \(\d+ ms\)", seen.lines[0])


@WIDTHS
def test_an_error_shows_the_line_with_its_column(applied: Project, width: int) -> None:
    """In colours, the caret under the word that PostgreSQL means, wide characters before it or not."""
    seen = on_terminal(applied.write(WRONG), "apply", width=width)

    assert seen.code == 1
    line, caret = (text for text in seen.lines if " | " in text or text.endswith("^"))
    assert line == '    2 | SELECT 1 AS "日本語", missing FROM users;'
    assert cell_len(caret) - 1 == cell_len(line[: line.index("missing")])
    assert seen.raw.count("\x1b[") > 10
    for words in ('column "missing" does not exist', "this one was rolled back: it left nothing behind", "hint: "):
        assert words in " ".join(seen.lines)


@pytest.mark.parametrize(
    ("flags", "environment"),
    [(("--no-color",), {}), ((), {"NO_COLOR": "1"}), ((), {"TERM": "dumb"}), ((), {"TERM": ""})],
    ids=["--no-color", "NO_COLOR", "TERM=dumb", "TERM="],
)
def test_without_colours_the_words_are_the_same(
    applied: Project, flags: tuple[str, ...], environment: dict[str, str]
) -> None:
    """No sequence of the terminal's, and nothing missing."""
    applied.write(WRONG)

    coloured = on_terminal(applied, "apply", "users/0002")
    plain = on_terminal(applied, "apply", "users/0002", *flags, environment=environment)

    assert plain.lines == coloured.lines
    assert COLOR.search(coloured.raw)
    assert not COLOR.search(plain.raw)


def test_ctrl_c_takes_the_bar_away_and_says_what_was_rolled_back(project: Project) -> None:
    """What was applied stays, and the exit code is that of the signal."""
    project.write({**FILES, "zones/0001_slow.sql": "CREATE TABLE zones ();\nSELECT pg_sleep(60);\n"})
    started = time.monotonic()

    seen = on_terminal(project, "apply", until="applying zones/0001_slow", keys="\x03")

    assert seen.code == 130
    assert time.monotonic() - started < 30
    assert "━" not in seen.text
    assert "applied users/create_tables" in seen.lines[0]
    assert "rolled back" in seen.text
    assert seen.raw.rindex("\x1b[?25h") > seen.raw.rindex("\x1b[?25l")
    assert project.database.query("SELECT to_regclass('zones')") == [(None,)]


def test_what_a_migration_prints_comes_out_above_the_bar(project: Project) -> None:
    """Each line whole, in its place."""
    project.write(
        {"users/0001_say.py": "def apply(conn):\n    print('hello')\n    conn.execute('SELECT pg_sleep(1)')\n"}
    )

    seen = on_terminal(project, "apply")

    assert seen.lines[0] == "hello"
    assert seen.lines[1].startswith("applied users/0001_say")


@pytest.mark.parametrize("width", [1, 40])
def test_no_terminal_is_too_narrow(applied: Project, width: int) -> None:
    """And no id too long."""
    applied.write({f"users/0003_{'long_' * 45}.sql": "SELECT pg_sleep(0.3);\n"})

    for arguments in (("status",), ("plan",), ("apply",), ("plan", "nothing")):
        seen = on_terminal(applied, *arguments, width=width)

        assert seen.code == (2 if "nothing" in arguments else 0)
        assert "Traceback" not in seen.raw


def test_a_terminal_that_lacks_a_sign_gets_another(applied: Project) -> None:
    """Nothing fails for the sake of a line between two rows."""
    seen = on_terminal(applied.write(WRONG), "apply", environment={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})

    assert seen.code == 1
    assert '    2 | SELECT 1 AS "???", missing FROM users;' in seen.lines


def test_a_document_is_the_same_on_a_terminal(applied: Project) -> None:
    """--json is for programs, whoever looks."""
    seen = on_terminal(applied, "status", "--json", width=40)

    assert [line for line in seen.lines if line] == [applied.run("status", "--json").out.rstrip("\n")]


def test_quiet_is_quiet_on_a_terminal(project: Project) -> None:
    """No bar, no line."""
    assert on_terminal(project.write(FILES), "apply", "--quiet").raw == ""


def test_a_pipe_gets_plain_lines_while_the_bar_is_on_the_terminal(project: Project) -> None:
    """Each stream is what it is: the result goes into the pipe, the bar to the terminal."""
    ours, theirs = os.pipe()
    seen = on_terminal(project.write(FILES), "apply", stdout=theirs)
    os.close(theirs)

    with os.fdopen(ours) as pipe:
        assert re.fullmatch(r"3 migrations applied in \d+ ms: now current\n", pipe.read())
    assert "line 2: SELECT pg_sleep(" in COLOR.sub("", seen.raw)


@pytest.mark.parametrize("arguments", [("status",), ("apply",), ("plan",), ("history",), ("apply", "nothing")])
def test_a_pipe_does_not_load_rich(applied: Project, arguments: tuple[str, ...]) -> None:
    """It costs more than a start with nothing to do."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "seltzer", *arguments],
        cwd=applied.root,
        env=applied.variables(),
        capture_output=True,
        text=True,
        check=False,
    )

    loaded = set(re.findall(r"\| +(\S+)$", done.stderr, re.MULTILINE))
    assert "seltzer.cli.output" in loaded
    assert {name for name in loaded if name.startswith(("rich", "seltzer.report.screens"))} <= {
        "seltzer.report.screens_lines"
    }
    assert "\x1b" not in done.stdout + done.stderr
