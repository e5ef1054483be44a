"""What a start does about pending work, and who may decide it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from seltzer.errors import (
    BehindError,
    DivergedError,
    InterruptedRunError,
    LockHeldError,
    SeltzerError,
    StillBehindError,
)
from seltzer.events import LockWaited, StepStarted
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seltzer.events import Event
    from support import Project

MODULE = {"users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);\n"}
IDS = ("users/create_tables",)
NEWER = {"users/0001_newer.sql": "SELECT 1;"}
SLEEPERS = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


class Pauses(threading.Event):
    """A stop event nobody sets; each pause of the waiting start does something instead of taking time."""

    def __init__(self, action: Callable[[], object]) -> None:
        super().__init__()
        self.count = 0
        self._action = action

    def wait(self, timeout: float | None = None) -> bool:
        """One pause."""
        assert timeout is not None
        self.count += 1
        self._action()
        return self.is_set()


@pytest.fixture
def behind(project: Project) -> Project:
    """A project with one file pending."""
    return project.write(MODULE)


class Rival:
    """Another run that holds the migration lock and is about to apply `NEWER`, until it is let go on."""

    def __init__(self, project: Project) -> None:
        self._leave = threading.Event()
        entered = threading.Event()

        def hold(event: Event) -> None:
            if isinstance(event, StepStarted):
                entered.set()
                self._leave.wait()

        self._thread = threading.Thread(target=lambda: project.migrations().run_all(on_event=hold))
        self._thread.start()
        entered.wait()
        found = project.database.query("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1")
        self.pid = int(found[0][0])

    def finish(self) -> None:
        """Let it apply, and see it end."""
        self._leave.set()
        self._thread.join()


@pytest.fixture
def rival(project: Project) -> Iterator[Rival]:
    """A run that holds the lock of a project with one file pending."""
    project.write(MODULE).migrations().run_all()
    rival = Rival(project.write(NEWER))
    yield rival
    rival.finish()


def test_apply_is_what_happens_without_a_policy(behind: Project) -> None:
    """Pending work is applied."""
    assert behind.migrations().run_all().applied == IDS


def test_wait_returns_when_another_process_has_made_the_database_current(behind: Project) -> None:
    """It applies nothing itself, looks again after each pause, and returns as soon as nothing is pending."""
    pauses = Pauses(lambda: behind.migrations().run_all() if pauses.count == 3 else None)

    result = behind.migrations(policy="wait").run_all(stop=pauses)

    assert (result.state, result.applied, pauses.count) == (DatabaseState.CURRENT, (), 3)


def test_wait_returns_when_a_newer_release_has_been_applied(behind: Project) -> None:
    """Ahead is good enough: what this release needs is there."""

    def pipeline() -> None:
        behind.write(NEWER).migrations().run_all()
        behind.remove(*NEWER)

    result = behind.migrations(policy="wait").run_all(stop=Pauses(pipeline))

    assert (result.state, result.applied) == (DatabaseState.AHEAD, ())


def test_wait_returns_at_once_when_nothing_is_pending(behind: Project) -> None:
    """Without a pause."""
    behind.migrations().run_all()
    pauses = Pauses(lambda: None)

    assert behind.migrations(policy="wait").run_all(stop=pauses).state is DatabaseState.CURRENT
    assert pauses.count == 0


def test_wait_ends_with_the_stop_that_another_process_runs_into(behind: Project) -> None:
    """A database that diverges while somebody waits will never become current by itself."""
    behind.migrations().run_all()
    behind.write(NEWER)

    def diverge() -> None:
        behind.database.query(
            "INSERT INTO seltzer.history (run, id, generation, kind, state, checksum, started_at, finished_at, "
            "duration_ms, seltzer_version) SELECT run, 'users/0001_newer', 1, 'versioned', 'applied', 'sha256-1:0', "
            "now(), now(), 0, '' FROM seltzer.history LIMIT 1"
        )

    with pytest.raises(DivergedError):
        behind.migrations(policy="wait").run_all(stop=Pauses(diverge))


def test_a_wait_runs_out(behind: Project) -> None:
    """Exit code 5, and the error names what is pending."""
    with pytest.raises(StillBehindError, match="users/create_tables") as caught:
        behind.migrations(policy="wait", lock_wait="0").run_all()

    assert caught.value.exit_code == 5
    assert behind.states() == {"users/create_tables": "pending"}


def test_verify_raises_when_something_is_pending(behind: Project) -> None:
    """Exit code 3; nothing is applied, nothing created."""
    with pytest.raises(BehindError, match="users/create_tables") as caught:
        behind.migrations(policy="verify").run_all()

    assert caught.value.exit_code == 3
    assert behind.database.query("SELECT 1 FROM pg_namespace WHERE nspname = 'seltzer'") == []


def test_verify_passes_when_nothing_is_pending(behind: Project) -> None:
    """Current and ahead are both fine."""
    behind.write(NEWER).migrations().run_all()

    states = [behind.migrations(policy="verify").run_all().state]
    states.append(behind.remove(*NEWER).migrations(policy="verify").run_all().state)

    assert states == [DatabaseState.CURRENT, DatabaseState.AHEAD]


def test_verify_raises_when_files_and_database_disagree(behind: Project) -> None:
    """A diverged database is exit code 4 under every policy that looks."""
    behind.write(NEWER).migrations().run_all()
    behind.write({"users/0001_newer.sql": "SELECT 2;"})

    for policy in ("apply", "wait", "verify"):
        with pytest.raises(DivergedError):
            behind.migrations(policy=policy).run_all()


def test_off_does_nothing_at_all(behind: Project) -> None:
    """Not even a connection: a database that is not there is not missed."""
    result = behind.migrations(policy="off").run_all(database=NOWHERE)

    assert (result.state, result.applied) == (None, ())


@pytest.mark.parametrize("argument", ["apply", "wait", "off"])
def test_the_environments_policy_wins_over_the_codes(
    behind: Project, monkeypatch: pytest.MonkeyPatch, argument: str
) -> None:
    """Operations win over code."""
    monkeypatch.setenv("SELTZER_POLICY", "verify")

    with pytest.raises(BehindError):
        behind.migrations(policy=argument).run_all(policy=argument)


def test_the_environments_lock_wait_wins_over_the_codes(
    project: Project, rival: Rival, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With 0 the lock is asked for once, whatever the code would wait; the error names who holds it."""
    monkeypatch.setenv("SELTZER_LOCK_WAIT", "0")
    pauses = Pauses(lambda: None)

    with pytest.raises(LockHeldError) as caught:
        project.migrations(lock_wait="10min").run_all(stop=pauses)

    assert pauses.count == 0
    assert caught.value.exit_code == 5
    assert caught.value.holder_pid == rival.pid


def test_who_waited_for_the_lock_finds_the_work_done(project: Project, rival: Rival) -> None:
    """It hears who holds it; the history is read again under the lock, and nothing is applied twice."""
    holders: list[str] = []

    def let_go(event: Event) -> None:
        if isinstance(event, LockWaited):
            holders.append(event.holder)
            rival.finish()

    result = project.migrations().run_all(on_event=let_go)

    assert [holder.partition(",")[0] for holder in holders] == [f"backend {rival.pid} (seltzer as postgres"]
    assert (result.state, result.applied) == (DatabaseState.CURRENT, ())
    assert [row.id for row in project.migrations().history().rows] == [*IDS, "users/0001_newer"]


def test_a_stop_event_ends_a_wait_for_the_lock(project: Project, rival: Rival) -> None:
    """An error that says so; the run that holds the lock goes on."""
    stop = threading.Event()

    def stop_waiting(event: Event) -> None:
        if isinstance(event, LockWaited):
            stop.set()

    with pytest.raises(InterruptedRunError):
        project.migrations().run_all(on_event=stop_waiting, stop=stop)

    rival.finish()
    assert project.migrations().status().state is DatabaseState.CURRENT


def test_a_stop_event_ends_a_wait_for_others(behind: Project) -> None:
    """`policy = wait` with the event set: an error that says so, nothing applied."""
    stop = threading.Event()
    stop.set()

    with pytest.raises(InterruptedRunError):
        behind.migrations(policy="wait").run_all(stop=stop)

    assert behind.states() == {"users/create_tables": "pending"}


@pytest.mark.parametrize(
    "migration",
    [
        {"users/0001_slow.sql": "CREATE TABLE slow (id int); SELECT pg_sleep(600);"},
        {"users/0001_slow.sql": "-- seltzer: parse = off\nCREATE TABLE slow (id int); SELECT pg_sleep(600);"},
        {"users/0001_slow.sql": "-- seltzer: transaction = off\nSELECT pg_sleep(600); CREATE TABLE slow (id int);"},
        {
            "slow/__init__.py": "import seltzer\ndef run_migration():\n    seltzer.execute_sql_file('slow.sql')\n",
            "slow/slow.sql": "CREATE TABLE slow (id int); SELECT pg_sleep(600);",
        },
    ],
    ids=["transaction", "unparsed", "stepwise", "runner"],
)
def test_a_stop_event_ends_a_running_statement(behind: Project, migration: dict[str, str]) -> None:
    """It is cancelled on the server and rolled back; what was applied before is recorded, the rest can be applied."""
    behind.migrations().run_all()
    behind.write(migration)
    stop = threading.Event()

    def stop_it(event: Event) -> None:
        if isinstance(event, StepStarted):
            stop.set()

    with pytest.raises(SeltzerError) as caught:
        behind.migrations().run_all(on_event=stop_it, stop=stop)

    assert isinstance(caught.value, InterruptedRunError)
    assert caught.value.rolled_back is True
    assert behind.database.query("SELECT to_regclass('slow') IS NULL") == [(True,)]
    assert behind.database.query(SLEEPERS) == []
    assert [row.id for row in behind.migrations().history().rows] == list(IDS)
