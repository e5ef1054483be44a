"""Several processes of one tool at a time: on an empty database, and with nothing to do while another one migrates."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import peers
import psycopg
from measure import Run, ToolFailedError, run
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from measure import Bench
    from work import Target

PROCESSES, ROUNDS, COUNT = 4, 5, 50
_HELD_RUNS = 3
_PATIENCE_S = 60.0


@dataclass(slots=True)
class Race:
    """What became of one tool's processes.

    Attributes:
        failed: Of the processes that started at once on an empty database, by round.
        started: How many there were.
        held: Starts with nothing to do while another process of the same tool was in the middle of a migration.
        refused: Why one of them failed; None when none did.
    """

    failed: list[int] = field(default_factory=list[int])
    started: int = 0
    held: list[Run] = field(default_factory=list[Run])
    refused: str | None = None


def race(bench: Bench, names: Iterable[str], rounds: int = ROUNDS) -> dict[str, Race]:
    """Let every tool that records what it did race against itself."""
    found = {name: Race() for name in names if peers.TOOLS[name].records}
    for name, result in found.items():
        for _ in range(rounds):
            result.failed.append(_failures(bench, name))
            result.started += PROCESSES
        _start_while_held(bench, name, result)
        held = f"held {result.refused or ' '.join(f'{item.wall_s:.2f}' for item in result.held)}"
        print(f"race: {name} {sum(result.failed)} of {result.started} failed, {held}", file=sys.stderr, flush=True)
    return found


def _failures(bench: Bench, name: str) -> int:
    """Start several processes on an empty database at once; how many of them failed."""
    made, folder, _ = bench.prepare(name)
    environment = {**bench.environment, **made.environment}
    quiet = subprocess.DEVNULL
    started = [
        subprocess.Popen(made.arguments, cwd=folder, env=environment, stdin=quiet, stdout=quiet, stderr=quiet)
        for _ in range(PROCESSES)
    ]
    deadline = time.monotonic() + _PATIENCE_S
    failures = 0
    for process in started:
        try:
            failures += process.wait(max(0.1, deadline - time.monotonic())) != 0
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            failures += 1
    return failures


def _start_while_held(bench: Bench, name: str, result: Race) -> None:
    """Start with nothing to do while a newer release is in the middle of its next migration."""
    made, folder, target = bench.prepare(name)
    try:
        run(made, folder, bench.environment, _PATIENCE_S)
        with _newer_release(bench, name, target):
            for _ in range(_HELD_RUNS):
                result.held.append(run(made, folder, bench.environment, _PATIENCE_S))
    except ToolFailedError as error:
        result.refused = str(error)


@contextmanager
def _newer_release(bench: Bench, name: str, target: Target) -> Generator[None]:
    """A process that applies one migration more and waits in it: another session is creating the same table.

    Raises:
        ToolFailedError: It did not come that far.
    """
    server = bench.server
    with (
        tempfile.TemporaryDirectory(prefix=f"bench-{name}-newer-") as place,
        psycopg.connect(server.url(target.database)) as gate,
        psycopg.connect(server.url("postgres"), autocommit=True) as look,
    ):
        gate.execute(sql.SQL("CREATE TABLE {} ()").format(sql.Identifier(f"t{bench.count:05d}")))
        made = peers.TOOLS[name].make(Path(place), bench.count + 1, target)
        process = subprocess.Popen(
            made.arguments,
            cwd=place,
            env={**bench.environment, **made.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_until_blocked(look, target, process)
            yield
        finally:
            process.kill()
            process.wait()
            gate.rollback()


def _wait_until_blocked(look: psycopg.Connection, target: Target, process: subprocess.Popen[bytes]) -> None:
    blocked = "SELECT 1 FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
    deadline = time.monotonic() + _PATIENCE_S
    while look.execute(blocked, [target.database]).fetchone() is None:
        if process.poll() is not None or time.monotonic() > deadline:
            raise ToolFailedError("the newer release did not wait")
        time.sleep(0.02)
