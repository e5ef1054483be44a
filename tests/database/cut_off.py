"""Cutting off statements that no transaction protects: while they wait, and between their end and their record."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg

from seltzer.errors import SeltzerError

if TYPE_CHECKING:
    from collections.abc import Generator

    from seltzer.events import Event
    from support import Project

FILE = "m/0001_steps.sql"
FIRST = {"m/create_tables.sql": "CREATE TABLE IF NOT EXISTS marks (word text);\n"}
AT_WORK = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'seltzer m/000%'"
)
WRITERS = "SELECT pid FROM pg_stat_progress_create_index WHERE phase = 'waiting for writers before build'"
BUILDING = "SELECT pid FROM pg_stat_progress_create_index WHERE phase = 'waiting for old snapshots'"
LOCK = (
    "SELECT l.pid FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) WHERE l.locktype = 'advisory' "
    "AND a.application_name = 'seltzer' AND a.datname = current_database()"
)
WAITING = f"{AT_WORK} AND wait_event_type = 'Lock'"


def wait_for(project: Project, query: str) -> object:
    """The first value of a query, once it has a row."""
    end = time.monotonic() + 30
    with project.database.connect() as conn:
        while (row := conn.execute(query.encode()).fetchone()) is None:
            assert time.monotonic() < end, query
            time.sleep(0.02)
        return row[0]


def wait_for_none(project: Project, query: str) -> None:
    """Return when a query has no row any more."""
    end = time.monotonic() + 30
    with project.database.connect() as conn:
        while conn.execute(query.encode()).fetchone() is not None:
            assert time.monotonic() < end, query
            time.sleep(0.02)


INVALID = (
    "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i' "
    "WHERE NOT i.indisvalid ORDER BY 1"
)
SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 'a secret' AS \"\x1b[2J\" FROM pg_class LIMIT 1"


@contextmanager
def snapshot(project: Project, text: str = SNAPSHOT) -> Generator[psycopg.Connection[Any]]:
    """An open transaction; one with a snapshot of its own is what every concurrent build has to wait for."""
    with project.database.connect(application_name="reader") as conn:
        conn.execute(text.encode())
        yield conn
        if conn.info.transaction_status is not psycopg.pq.TransactionStatus.IDLE:
            conn.execute("ROLLBACK")


@contextmanager
def by_hand(project: Project, text: str, setting: str = "", until: str = BUILDING) -> Generator[None]:
    """Somebody builds an index and has to wait; it ends, one way or the other, with the block."""

    def build() -> None:
        with suppress(psycopg.Error), project.database.connect(application_name="by hand") as conn:
            conn.execute(setting.encode())
            conn.execute(text.encode())

    thread = threading.Thread(target=build)
    thread.start()
    try:
        wait_for(project, until)
        yield
    finally:
        thread.join(60)
        assert not thread.is_alive()


class Started:
    """A run in a thread of its own.

    Attributes:
        events: What it has said so far.
        error: What it ended with; None for success.
        applied: What it applied.
    """

    def __init__(self, project: Project) -> None:
        self.events: list[Event] = []
        self.error: SeltzerError | None = None
        self.applied: tuple[str, ...] = ()
        self.stop = threading.Event()
        self._project = project
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.applied = self._project.migrations().run_all(on_event=self.events.append, stop=self.stop).applied
        except SeltzerError as error:
            self.error = error

    def join(self) -> None:
        """Wait for its end."""
        self._thread.join(60)
        assert not self.is_alive()

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._thread.is_alive()

    def wait_for(self, kind: type[Event]) -> None:
        """Return when it has said an event of a kind."""
        end = time.monotonic() + 30
        while not self.said(kind):
            assert self.is_alive(), self.error
            assert time.monotonic() < end, kind
            time.sleep(0.02)

    def said(self, kind: type[Event]) -> list[Any]:
        """Its events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]


def cut_off(
    project: Project, text: str, first: str = FIRST["m/create_tables.sql"], way: str = SNAPSHOT
) -> SeltzerError:
    """Apply a file, and end its backend while a statement waits for the transaction `way`."""
    project.write({"m/create_tables.sql": first}).migrations().run_all()
    project.write({FILE: text})
    with snapshot(project, way):
        run = Started(project)
        pid = wait_for(project, WAITING)
        project.database.query(f"SELECT pg_terminate_backend({pid})")
        run.join()
    assert run.error is not None
    return run.error


@contextmanager
def unrecorded(project: Project) -> Generator[None]:
    """Let no unit be recorded as done in the block: what a crash right after a statement leaves."""
    project.database.query(
        "CREATE FUNCTION seltzer.crash() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'a crash'; END $$; "
        "CREATE TRIGGER crash BEFORE UPDATE ON seltzer.progress FOR EACH ROW WHEN (new.done IS NOT NULL) "
        "EXECUTE FUNCTION seltzer.crash()"
    )
    yield
    project.database.query("DROP FUNCTION seltzer.crash() CASCADE")


def indexes(project: Project, table: str = "marks") -> list[tuple[Any, ...]]:
    """The indexes of a table: name, whether valid."""
    return project.database.query(
        "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        f"WHERE i.indrelid = '{table}'::regclass ORDER BY 1"
    )
