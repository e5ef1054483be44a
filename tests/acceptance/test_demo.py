"""`make demo`, as a newcomer sees it: short, right, from anywhere, and gone without a trace."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from acceptance.example_service import EXAMPLE, REPOSITORY, until

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

MOST_LINES = 60
MAKES_LINES = 1
PATIENCE_SECONDS = 60
NOT_COPIED = shutil.ignore_patterns("__pycache__", ".*")


@pytest.fixture
def place() -> Iterator[Path]:
    """A temporary place that only this demo uses; pytest's own has too long a path for a socket."""
    path = Path(tempfile.mkdtemp(prefix="st-", dir="/tmp"))
    path.chmod(0o1777)
    yield path
    shutil.rmtree(path)


@contextmanager
def started(place: Path, **variables: str) -> Generator[subprocess.Popen[str]]:
    """Start the demo in a process group of its own, somewhere else than in the repository."""
    with subprocess.Popen(
        [sys.executable, REPOSITORY / "examples" / "demo.py"],
        cwd=place,
        env=os.environ | {"TMPDIR": str(place)} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def assert_nothing_left(process: subprocess.Popen[str], place: Path) -> None:
    """No process of its group, no server, no data and no socket."""
    # A program that was just being started when the signal came may need a moment to end by itself.
    until(lambda: not is_alive(process.pid), "the group of the demo is empty")
    assert_no_server(place)
    folder = place / f"seltzer-{os.geteuid()}"
    left = [path.name for path in folder.iterdir() if not path.name.startswith("programs")] if folder.is_dir() else []
    assert set(left) <= {"private.lock"}


def is_alive(group: int) -> bool:
    """Whether a process group has a process."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def assert_no_server(place: Path) -> None:
    """No process has the temporary place in its command line, as a server has for its data folder."""
    assert f"{place}/" not in command_lines()


def command_lines() -> str:
    """Of all processes; a small container may have no ps."""
    if not Path("/proc/self/cmdline").exists():
        return subprocess.run(["ps", "-axww", "-o", "command"], capture_output=True, text=True, check=True).stdout
    found: list[str] = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has just ended
            found.append(path.read_text(errors="replace"))
    return "\n".join(found)


def test_the_demo_shows_the_main_job_in_60_lines(place: Path) -> None:
    """Pending, applied, nothing to do, status, the service and what to try next, on a database that nobody set."""
    with started(
        place, DB_HOST="nowhere", DATABASE_URL="postgresql://nowhere/x", SELTZER_DATABASE="embedded"
    ) as process:
        said, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert_nothing_left(process, place)
    lines = said.splitlines()
    commands = [line for line in lines if line.startswith("$ ")]

    assert process.returncode == 0, said
    assert len(lines) <= MOST_LINES - MAKES_LINES
    assert max(map(len, lines)) <= 120
    assert commands == [
        "$ seltzer status",
        "$ seltzer apply",
        "$ seltzer apply",
        "$ seltzer status",
        "$ uvicorn app:app --port 0",
    ]
    assert ["users/create_tables", "pending"] in [line.split() for line in lines]
    assert [line for line in lines if "migrations applied in" in line and line.endswith("now current")]
    assert "nothing to do: the database is current" in lines
    assert 'GET /health: {"status": "ok", "migrations": "current"}' in lines
    assert "ada@soda.example" in said[said.index("GET /users:") :]


def test_what_the_demo_says_to_try_next_works(place: Path) -> None:
    """Both commands run with the arguments that are printed, at the top of a copy; the database that it makes stays."""
    text = (REPOSITORY / "examples" / "demo.py").read_text()
    commands = [line.split() for line in text.splitlines() if line.startswith("  .venv/bin/seltzer ")]
    folder = Path(shutil.copytree(EXAMPLE, place / "examples/internal_api", ignore=NOT_COPIED))

    outcomes = [
        subprocess.run(
            [sys.executable, "-m", "seltzer", *arguments],
            cwd=place,
            env=os.environ | {"TMPDIR": str(place)},
            capture_output=True,
            text=True,
            check=False,
        )
        for _, *arguments in commands
    ]

    assert len(commands) == 2
    assert [outcome.returncode for outcome in outcomes] == [0, 0], [outcome.stderr for outcome in outcomes]
    assert "now current" in outcomes[0].stdout
    assert (folder / ".seltzer").is_dir()
    assert_no_server(place)


@pytest.mark.parametrize("line", ["The example", "$ seltzer apply", "serving on"])
def test_ctrl_c_leaves_nothing(line: str, place: Path) -> None:
    """Whenever it comes: while the server starts, while a command runs, while the service serves."""
    with started(place) as process:
        assert process.stdout
        while not process.stdout.readline().startswith(line):
            pass
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=PATIENCE_SECONDS)
        assert_nothing_left(process, place)

    assert process.returncode == 130


def test_a_command_that_fails_is_shown_and_fails_the_demo(place: Path) -> None:
    """Its error is there to be read, and `make` hears of it."""
    copy = Path(shutil.copytree(REPOSITORY / "examples", place / "examples", ignore=NOT_COPIED))
    (copy / "internal_api/migrations/users/0004_wrong.sql").write_text("SELEC 1;\n")

    done = subprocess.run(
        [sys.executable, copy / "demo.py"],
        env=os.environ | {"TMPDIR": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "users/0004_wrong.sql:1:1" in done.stdout
    assert "error: seltzer apply ended with exit code 2" in done.stderr
