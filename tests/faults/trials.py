"""Runs of the mixed plan that are ended somewhere, and what must be true then."""

from __future__ import annotations

import random
import signal
import sys
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import psycopg

from faults.mixed import FILES, IDS, assert_finished, assert_nothing_torn
from faults.proxy import Point, Proxy, Way
from seltzer.model import DatabaseState
from seltzer.server.account import server_account
from seltzer.server.cluster import Cluster, Shutdown, ensure_running, stop
from seltzer.server.copies import usable_binaries
from support import Database, Project

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from seltzer.server import Binaries, Server

# Sudden for its processes, not for the machine: what was written stays without fsync. An asynchronous commit is lost
# unless something else had it written.
SETTINGS = {"fsync": "off", "synchronous_commit": "on", "wal_writer_delay": "10s", "max_connections": "100"}


RUNS, SEEDS, JOBS = 9, (1, 2), (1, 3)
"""Of each kind: so many runs with each seed, on so many connections."""


class Kind(StrEnum):
    """How a run is ended."""

    KILL = "kill -9"
    TERMINATE = "pg_terminate_backend"
    STOP = "immediate stop of the server"
    CUT = "cut network"
    SIGTERM = "SIGTERM"
    SIGINT = "SIGINT"


class Victim:
    """A server of one's own, and a project on it.

    Attributes:
        server: The server as it runs now.
        catalog: What an undisturbed run leaves.
        totals: How many bytes one takes, by the number of jobs and direction.
    """

    def __init__(self, server: Server, binaries: Binaries, folder: Path) -> None:
        self.server = server
        self._binaries = binaries
        account = server_account()
        self._cluster = Cluster(server.data.parent, usable_binaries(binaries, account), account)
        self._folder = folder
        self.project.folder.mkdir()
        self.project.write(FILES)
        self.totals: dict[int, dict[Way, int]] = {}
        self.catalog = ""
        for jobs in JOBS:
            self.totals[jobs] = self._undisturbed(jobs)

    @property
    def project(self) -> Project:
        """The project, on the server as it runs now."""
        return Project(self._folder, Database(self.server, self._binaries, "victim"))

    def _undisturbed(self, jobs: int) -> dict[Way, int]:
        self.empty()
        with Proxy(lambda: self.server) as proxy:
            _, errors = self.start(proxy, jobs).communicate(timeout=60)
        assert sorted(row.id for row in self.project.migrations().history().rows) == IDS, errors
        catalog = self.project.database.schema()
        assert self.catalog in {"", catalog}
        self.catalog = catalog
        return dict(proxy.moved)

    def empty(self) -> None:
        """Begin with an empty database."""
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as conn:
            conn.execute("DROP DATABASE IF EXISTS victim WITH (FORCE)")
            conn.execute("CREATE DATABASE victim")

    def start(self, proxy: Proxy, jobs: int) -> subprocess.Popen[str]:
        """A run whose connections go by way of a proxy."""
        way = {"SELTZER_DATABASE": proxy.url("victim")}
        return self.project.start("apply", "--json", "--jobs", str(jobs), environment=way)

    def crash(self) -> None:
        """Stop the server at once, and start it again."""
        stop(self._cluster, Shutdown.IMMEDIATE)
        self.server = ensure_running(self._cluster, SETTINGS)


@dataclass(frozen=True)
class Trial:
    """One run that is ended somewhere.

    Attributes:
        kind: How.
        jobs: Its number of connections.
        point: Where.
        lasting: For a cut network, whether it stays cut; for backends, whether all of them are ended, or one.
        chosen: A number that chooses the one.
    """

    kind: Kind
    jobs: int
    point: Point
    lasting: bool
    chosen: int

    def fault(self, victim: Victim, proxy: Proxy, process: subprocess.Popen[str]) -> None:
        """What happens at the point."""
        match self.kind:
            case Kind.KILL:
                process.kill()
            case Kind.SIGTERM:
                process.send_signal(signal.SIGTERM)
            case Kind.SIGINT:
                process.send_signal(signal.SIGINT)
            case Kind.STOP:
                victim.crash()
            case Kind.CUT:
                proxy.down = self.lasting
                proxy.cut()
            case Kind.TERMINATE:
                self._terminate(victim.project.database)

    def _terminate(self, database: Database) -> None:
        here = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        pids = [pid for (pid,) in database.query(f"SELECT pid {here} ORDER BY backend_start")]
        ended = pids if self.lasting else pids[self.chosen % len(pids) :][:1]
        for pid in ended:
            database.query(f"SELECT pg_terminate_backend({pid})")


Ended: TypeAlias = "Callable[[Victim, Trial], bool]"


def trial_of(kind: Kind, jobs: int, rng: random.Random, totals: Mapping[Way, int], first: float = 0.0) -> Trial:
    """A trial at a random point behind the `first` part of an undisturbed run."""
    way = rng.choice(list(Way))
    total = totals[way]
    count = rng.randint(max(1, int(first * total)), int(0.97 * total))
    return Trial(kind, jobs, Point(way, count, rng.random() < 0.5), rng.random() < 0.5, rng.randrange(100))


def end_somewhere(victim: Victim, trial: Trial) -> bool:
    """End a run at a point; the next one has to finish what it left, with nobody's help.

    Returns:
        Whether the run came to the point.
    """
    victim.empty()
    with Proxy(lambda: victim.server, trial.point) as proxy, victim.start(proxy, trial.jobs) as process:
        proxy.arm(lambda: trial.fault(victim, proxy, process))
        out, errors = outcome(process)
        proxy.settle()
    assert_it_ended_in_order(trial, process, out, errors)
    project = victim.project
    assert_nothing_torn(project.database)
    if process.returncode == 0:
        assert project.migrations().status().state is DatabaseState.CURRENT
    again = project.run("apply", "--jobs", str(trial.jobs))
    assert again.code == 0, again.err
    assert_finished(project, victim.catalog)
    return proxy.hit


def assert_it_ended_in_order(trial: Trial, process: subprocess.Popen[str], out: str, errors: str) -> None:
    """A killed process says nothing; every other ends with an exit code of the manual's and without a traceback."""
    if trial.kind is Kind.KILL and process.returncode == -signal.SIGKILL:
        return
    codes = {0, 1}
    if trial.kind in {Kind.SIGTERM, Kind.SIGINT}:
        codes = {0, 128 + signal.SIGTERM} if trial.kind is Kind.SIGTERM else {0, 128 + signal.SIGINT}
    assert process.returncode in codes, (process.returncode, out, errors)
    assert "Traceback" not in errors, errors
    assert out.startswith("{"), (out, errors)


def end_one_of_two(victim: Victim, trial: Trial) -> bool:
    """Two runs at once, of which the first is ended at a point: the other finishes the job alone.

    Returns:
        Whether the first run came to the point.
    """
    victim.empty()
    project = victim.project
    with Proxy(lambda: victim.server, trial.point) as proxy, victim.start(proxy, trial.jobs) as process:
        proxy.arm(lambda: trial.fault(victim, proxy, process))
        proxy.wait_for(Way.TO_SERVER, victim.totals[trial.jobs][Way.TO_SERVER] // 5)
        other = project.start("apply", "--json", "--jobs", str(trial.jobs))
        out, errors = outcome(process)
        said_by_other = outcome(other)
        proxy.settle()
    assert_it_ended_in_order(trial, process, out, errors)
    assert other.returncode == 0, said_by_other
    assert_finished(project, victim.catalog)
    return proxy.hit


def outcome(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What a process has printed, once it has ended by itself; one that does not is a failure."""
    try:
        return process.communicate(timeout=120)
    except BaseException:
        process.kill()
        raise


class Series(NamedTuple):
    """Several trials.

    Attributes:
        kind: How each ends.
        jobs: On how many connections each runs.
        seed: What makes their points.
        runs: How many.
    """

    kind: Kind
    jobs: int
    seed: int
    runs: int

    def hold(self, victim: Victim, ended: Ended = end_somewhere) -> None:
        """Do them; how many is printed, and the one that fails."""
        rng = random.Random(f"{self.kind} {self.jobs} {self.seed}")  # noqa: S311  # no secret
        first = 0.0 if ended is end_somewhere else 0.3
        hits, began = 0, time.monotonic()
        for number in range(self.runs):
            trial = trial_of(self.kind, self.jobs, rng, victim.totals[self.jobs], first)
            try:
                hits += ended(victim, trial)
            except BaseException:
                say(f"failed: seed {self.seed}, number {number}: {trial}")
                raise
        taken = f"{self.runs} runs, {hits} ended by it, {time.monotonic() - began:.0f} s"
        say(f"{self.kind}, {self.jobs} jobs, seed {self.seed}: {taken}")
        assert hits >= self.runs * 0.8, f"only {hits} of {self.runs} came to their point"


def say(text: str) -> None:
    """A line that pytest shows."""
    sys.stdout.write(text + "\n")
