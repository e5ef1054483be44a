"""Runs that are ended at random points: the next one finishes the job, and nothing is ever half recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from faults.proxy import Proxy
from faults.trials import JOBS, RUNS, SEEDS, SETTINGS, Kind, Series, Victim, end_one_of_two
from seltzer import Migrations
from seltzer.errors import ConnectionLostError
from seltzer.events import StepFinished
from seltzer.model import DatabaseState
from seltzer.server import private_server
from support import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seltzer.events import Event
    from seltzer.server import Binaries

kinds = pytest.mark.parametrize("kind", Kind)


@pytest.fixture(scope="module")
def victim(binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    """A server that nobody else is on: it will be stopped in the middle of work."""
    with private_server(binaries, SETTINGS) as server:
        yield Victim(server, binaries, tmp_path_factory.mktemp("victim"))


@kinds
def test_a_run_that_was_ended_is_finished_by_the_next(victim: Victim, kind: Kind) -> None:
    """One point of each kind."""
    Series(kind, jobs=1, seed=0, runs=1).hold(victim)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("jobs", JOBS)
@kinds
def test_many_runs_that_were_ended(victim: Victim, kind: Kind, jobs: int, seed: int) -> None:
    """Two hundred points and more, on one connection and on three."""
    Series(kind, jobs, seed, RUNS).hold(victim)


CREATE = "CREATE TABLE {} (id int);\n"
STEPS = {
    "m/0001_one.sql": CREATE.format("one"),
    "m/0002_two.py": "def apply(conn):\n    conn.execute('CREATE TABLE two ()')\n",
    "m/0003_three.sql": CREATE.format("three"),
    "n/0001_four.sql": CREATE.format("four"),
}


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("after", ["m/0001_one", "m/0002_two"])
def test_a_crash_of_the_server_between_two_migrations_is_no_success(
    victim: Victim, tmp_path: Path, after: str, jobs: int
) -> None:
    """Commits inside a run are asynchronous: a run that connects again must not take the lost ones for applied."""
    victim.empty()
    project = Project(tmp_path, victim.project.database)
    project.write(STEPS)

    def crash(event: Event) -> None:
        if isinstance(event, StepFinished) and event.id == after:
            victim.crash()

    with Proxy(lambda: victim.server) as proxy, pytest.raises(ConnectionLostError) as caught:
        Migrations(project.folder, database=proxy.url("victim"), jobs=jobs).run_all(on_event=crash)

    project = Project(tmp_path, victim.project.database)
    history = project.migrations().history()
    assert caught.value.applied == tuple(row.id for row in history.rows)
    assert project.migrations().run_all().state is DatabaseState.CURRENT
    assert project.database.query("SELECT count(*) FROM pg_class WHERE relname IN ('one', 'two', 'three', 'four')") == [
        (4,)
    ]


# What ends one of two runs and leaves the other alone.
of_one = pytest.mark.parametrize("kind", [Kind.KILL, Kind.CUT, Kind.SIGTERM, Kind.SIGINT])


def test_one_of_two_runs_that_was_killed_is_finished_by_the_other(victim: Victim) -> None:
    """Both on three connections; nobody has to start a third."""
    Series(Kind.KILL, jobs=3, seed=0, runs=1).hold(victim, end_one_of_two)


@pytest.mark.slow
@of_one
def test_many_runs_that_were_ended_beside_another(victim: Victim, kind: Kind) -> None:
    """The same at many points, and in other ways."""
    Series(kind, jobs=3, seed=1, runs=RUNS).hold(victim, end_one_of_two)
