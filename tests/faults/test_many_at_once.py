"""Thirty-two processes that start at the same moment: whoever is first, all succeed and nobody stands in the way."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from faults.crowd import Crowd, ServerLog, wait_until
from faults.mixed import FILES, IDS, assert_finished
from seltzer.errors import LockHeldError
from seltzer.events import LockWaited, StepStarted
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import psycopg

    from seltzer.events import Event
    from support import Project

CROWD = 32
OLD = {"m/create_tables.sql": "CREATE TABLE IF NOT EXISTS gate (id int);\n"}
NEW = {
    **OLD,
    "m/0001_first.sql": "CREATE TABLE first (id int);\n",
    "m/0002_gate.sql": "CREATE TABLE second (id int);\nALTER TABLE gate ADD COLUMN word text;\n",
}
IDS_OF_NEW = ["m/0001_first", "m/0002_gate", "m/create_tables"]
POLLING = "application_name = 'seltzer' AND query LIKE '%pg_try_advisory_lock%'"
HERE = "FROM pg_stat_activity WHERE datname = current_database()"


@pytest.mark.parametrize("jobs", [1, 3])
def test_thirty_two_starts_on_an_empty_database(project: Project, catalog: str, jobs: int) -> None:
    """All succeed, every migration runs once, the server sees no error, the catalog is that of one run."""
    project.write(FILES)
    log = ServerLog(project.database)

    ends = Crowd(project, CROWD, jobs=jobs).ends()

    assert [(end.state, end.error) for end in ends] == [(DatabaseState.CURRENT, None)] * CROWD
    assert sorted(id_ for end in ends for id_ in end.applied) == IDS
    assert log.complaints() == []
    assert_finished(project, catalog)


def test_thirty_two_starts_on_a_current_database_take_no_lock(project: Project) -> None:
    """The server gets one SELECT from each of them, and nothing else."""
    project.write(FILES).migrations().run_all()
    log = ServerLog(project.database)

    ends = Crowd(project, CROWD).ends()

    assert [(end.state, end.applied) for end in ends] == [(DatabaseState.CURRENT, ())] * CROWD
    entries = log.entries()
    assert len(entries) == CROWD
    assert all(entry.startswith("LOG:  statement: SELECT ") for entry in entries)
    assert not any("lock" in entry.lower() for entry in entries)


@contextmanager
def newer_run(project: Project) -> Generator[psycopg.Connection[tuple[object, ...]]]:
    """A newer release that has applied one migration and waits in the next, until the gate is let go."""
    project.write(OLD).migrations().run_all()
    project.write(NEW)
    with project.database.connect(application_name="gate") as gate:
        gate.execute("BEGIN; LOCK TABLE gate IN ACCESS SHARE MODE")
        process = project.start("apply", "--lock-timeout", "0")
        try:
            waiting = (
                f"SELECT count(*) {HERE} AND application_name = 'seltzer m/0002_gate' AND wait_event_type = 'Lock'"
            )
            wait_until(project.database, waiting, 1)
            yield gate
        finally:
            if gate.info.transaction_status != 0:
                gate.execute("ROLLBACK")
            _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors


@contextmanager
def run_between_two_steps(project: Project) -> Generator[None]:
    """A run that has the lock, has applied one migration, and begins no other before the block ends."""
    reached, go_on = threading.Event(), threading.Event()

    def listen(event: Event) -> None:
        if isinstance(event, StepStarted) and event.index > 1:
            reached.set()
            go_on.wait()

    thread = threading.Thread(target=lambda: project.migrations().run_all(on_event=listen))
    thread.start()
    try:
        assert reached.wait(60)
        yield
    finally:
        go_on.set()
        thread.join()


def test_who_waits_holds_no_snapshot_and_finds_nothing_to_do(project: Project) -> None:
    """They ask again and again and are idle in between: a concurrent build beside them waits for none of them."""
    project.write(NEW)
    project.database.query("CREATE TABLE beside (id int)")
    with run_between_two_steps(project):
        log = ServerLog(project.database)
        crowd = Crowd(project, CROWD)
        wait_until(project.database, f"SELECT count(DISTINCT pid) {HERE} AND {POLLING}", CROWD)
        with project.database.connect(options="-c statement_timeout=30s") as builder:
            builder.execute("CREATE INDEX CONCURRENTLY ON beside (id)")
        at_rest = f"SELECT count(*) {HERE} AND {POLLING} AND state = 'idle' AND backend_xmin IS NULL"
        wait_until(project.database, at_rest, CROWD)
        assert project.database.query("SELECT * FROM pg_locks WHERE NOT granted") == []
        assert log.complaints() == []
    ends = crowd.ends()

    assert [(end.state, end.applied, end.error) for end in ends] == [(DatabaseState.CURRENT, (), None)] * CROWD
    assert log.complaints() == []
    assert sorted(row.id for row in project.migrations().history().rows) == IDS_OF_NEW


def same_release(project: Project) -> DatabaseState:
    """Its files are what the newer release was applied on top of; nothing newer is known of yet."""
    project.write(OLD).migrations().run_all()
    return DatabaseState.AHEAD


def edited_comment(project: Project) -> DatabaseState:
    """The same, with another comment."""
    project.write({name: "-- other words\n" + text for name, text in OLD.items()})
    return DatabaseState.AHEAD


@pytest.mark.parametrize("older", [same_release, edited_comment])
def test_old_replicas_start_at_once_while_a_newer_one_migrates(
    project: Project, older: Callable[[Project], DatabaseState]
) -> None:
    """What they need is there: thirty-two of them neither wait for the lock nor ask for it."""
    with newer_run(project):
        for name in ("m/0001_first.sql", "m/0002_gate.sql"):
            (project.folder / name).unlink()
        log = ServerLog(project.database)
        state = older(project)

        ends = Crowd(project, CROWD, lock_wait="0").ends()

        assert [(end.state, end.applied, end.error) for end in ends] == [(state, (), None)] * CROWD
        assert not any("advisory" in entry for entry in log.entries())


def test_a_wait_that_runs_out_names_who_holds_the_lock(project: Project) -> None:
    """Its backend, application and role, since when it works, and what it runs."""
    with newer_run(project):
        found = project.database.query(
            "SELECT l.pid, a.usename, to_char(a.query_start, 'YYYY-MM-DD HH24:MI:SS') FROM pg_locks AS l "
            "JOIN pg_stat_activity AS a USING (pid) WHERE a.application_name = 'seltzer' AND l.locktype = 'advisory'"
        )
        with pytest.raises(LockHeldError) as caught:
            project.migrations(lock_wait="200ms").run_all()

    ((pid, user, since),) = found
    assert caught.value.holder_pid == pid
    assert caught.value.exit_code == 5
    assert f"backend {pid} (seltzer as {user}, since {since} " in caught.value.message
    assert "applying m/0002_gate) still holds the migration lock" in caught.value.message


@pytest.mark.slow
def test_a_long_wait_says_so_every_ten_seconds(project: Project) -> None:
    """At once, and then every ten seconds, each time with who holds the lock."""
    heard: list[LockWaited] = []
    with newer_run(project) as gate:

        def listen(event: Event) -> None:
            if isinstance(event, LockWaited):
                heard.append(event)
                if len(heard) == 3:
                    gate.execute("ROLLBACK")

        assert project.migrations().run_all(on_event=listen).applied == ()

    assert [round(event.waited_s, -1) for event in heard] == [0, 10, 20]
    assert all("applying m/0002_gate" in event.holder for event in heard)
