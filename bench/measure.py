"""Running tools in turns: what each run took, on a fresh database and on one where nothing is left to do."""

from __future__ import annotations

import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

import peers
import psycopg
from psycopg import sql
from work import Command, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from seltzer.server import Binaries, Server

# A tool whose first run on an empty database takes longer has fewer of them, or one: the whole has to end.
_SLOW_S, _VERY_SLOW_S = 12.0, 30.0
_RUNS_OF_SLOW = 3


class ToolFailedError(Exception):
    """A tool did not do the work."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one process.

    Attributes:
        wall_s: Seconds from its start to its end.
        cpu_s: User and system seconds of the process and its children.
    """

    wall_s: float
    cpu_s: float


@dataclass(slots=True)
class Figures:
    """What was measured for one tool.

    Attributes:
        cold: The runs on empty databases, one each round.
        noop: The runs that found nothing to do, one each round.
        failure: Why there are no (more) figures.
    """

    cold: list[Run] = field(default_factory=list[Run])
    noop: list[Run] = field(default_factory=list[Run])
    failure: str | None = None


def median(values: Iterable[float]) -> float:
    """The median; not a number without values."""
    found = list(values)
    return statistics.median(found) if found else float("nan")


def ratio(ones: Iterable[Run], others: Iterable[Run]) -> float:
    """The median of what one tool took of another's time in the same round: a slow minute slows both."""
    return median(one.wall_s / other.wall_s for one, other in zip(ones, others, strict=False))


def run(command: Command, folder: Path, environment: Mapping[str, str], patience_s: float | None = None) -> Run:
    """Run a command to its end.

    Raises:
        ToolFailedError: It failed; what it said about it is in the message. Or it took longer than `patience_s`.
    """
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    try:
        done = subprocess.run(
            command.arguments,
            cwd=folder,
            env={**environment, **command.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=patience_s,
        )
    except subprocess.TimeoutExpired:
        raise ToolFailedError(f"waited for more than {patience_s:g} s") from None
    wall_s, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise ToolFailedError(f"exit code {done.returncode}: {_reason(done.stderr or done.stdout)}")
    return Run(wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _reason(said: bytes) -> str:
    """The line of an error that says what it is: Python's is the last, all others' the first; without our folders."""
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()] or ["no word"]
    line = lines[-1] if lines[0].startswith("Traceback") else " ".join(lines[:2])
    return re.sub(r"/[^\s'\":]*/", "…/", line)[:200]


@dataclass(slots=True)
class Bench:
    """A server and the tools that work on it.

    Attributes:
        server: With the settings of a durable one.
        environment: The variables of every tool.
        count: Migrations of the work.
    """

    server: Server
    environment: Mapping[str, str]
    count: int
    _stack: ExitStack = field(default_factory=ExitStack)
    _databases: int = 0
    _ready: dict[str, tuple[Command, Path]] = field(default_factory=dict[str, tuple[Command, Path]])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def prepare(self, name: str) -> tuple[Command, Path, Target]:
        """A new folder with the files of a tool, and a new, empty database."""
        server = self.server
        # Never a name twice, and nothing is dropped: where files were deleted lately, a file system may be slow to make
        # new ones (ext4 without a journal looks at each of them again), and that would be some tool's time.
        self._databases += 1
        database = f"bench_{self.count}_{self._databases}_{re.sub('[^a-z]', '_', name)}"
        target = Target(str(server.socket_folder), server.port, server.user, database)
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix=f"bench-{name}-")))
        made = peers.TOOLS[name].make(folder, self.count, target)
        with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
            conn.execute("CHECKPOINT")
        os.sync()  # what the run before left to write must not be written during the next
        self._ready[name] = (made, folder)
        return made, folder, target

    def cold(self, name: str) -> Run:
        """Apply all on an empty database.

        Raises:
            ToolFailedError: The tool failed, or did not make all tables.
        """
        made, folder, target = self.prepare(name)
        taken = run(made, folder, self.environment)
        if name != peers.SQUAWK:
            self._check(target)
        return taken

    def noop(self, name: str) -> Run:
        """Run again after `cold`.

        Raises:
            ToolFailedError: The tool failed.
        """
        return run(*self._ready[name], self.environment)

    def made(self, name: str) -> tuple[Command, Path]:
        """The command and the folder of a tool's last cold run."""
        return self._ready[name]

    def _check(self, target: Target) -> None:
        with psycopg.connect(self.server.url(target.database)) as conn:
            row = conn.execute("SELECT count(*) FROM pg_class WHERE relname ~ '^t[0-9]{5}$'").fetchone()
        if row != (self.count,):
            raise ToolFailedError(f"{row and row[0]} of {self.count} tables were made")


def measure(bench: Bench, names: Iterable[str], rounds: int, noop_rounds: int) -> dict[str, Figures]:
    """Rounds in which each tool has its turn: first on empty databases, then with nothing to do.

    The order is another one in each round: what a tool meets depends on what the ones before it have left.
    """
    found = {name: Figures() for name in names}
    for number in range(rounds):
        _round(f"cold {number + 1}/{rounds}", found, bench.cold, lambda item: item.cold, _is_wanted)
    again = {name: item for name, item in found.items() if peers.TOOLS[name].records}
    for number in range(noop_rounds):
        _round(f"nothing to do {number + 1}/{noop_rounds}", again, bench.noop, lambda item: item.noop, lambda _: True)
    return found


def _is_wanted(figures: Figures) -> bool:
    """Whether a tool that was slow has another cold run to go."""
    if not figures.cold:
        return True
    first = figures.cold[0].wall_s
    return first < _SLOW_S or (first < _VERY_SLOW_S and len(figures.cold) < _RUNS_OF_SLOW)


def _round(
    title: str,
    found: Mapping[str, Figures],
    one: Callable[[str], Run],
    runs_of: Callable[[Figures], list[Run]],
    is_wanted: Callable[[Figures], bool],
) -> None:
    said = [f"{title}:"]
    for name in random.Random(title).sample([*found], len(found)):  # the same every time
        figures = found[name]
        if figures.failure is not None or not is_wanted(figures):
            continue
        try:
            runs_of(figures).append(one(name))
            said.append(f"{name} {runs_of(figures)[-1].wall_s:.2f}")
        except ToolFailedError as error:
            figures.failure = str(error)
            said.append(f"{name} failed")
    print(" ".join(said), file=sys.stderr, flush=True)


def flush_ms(binaries: Binaries, folder: Path) -> float:
    """What `pg_test_fsync` says that one 8 kB write with fdatasync takes, in the file system of `folder`."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="bench-") as place:
        arguments = [str(binaries.program("pg_test_fsync")), "-s", "1", "-f", f"{place}/flushed"]
        said = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout
    found = re.search(r"fdatasync\s+([\d.]+) ops/sec", said)
    return 1000 / float(found[1]) if found else float("nan")
