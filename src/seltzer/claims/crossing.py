"""Sessions that use tables while a migration runs: what they wait for, and what becomes of the migration.

One of them has written to the tables that the migration asks for late, and stays in its transaction; then it asks for
the one that the migration asked for first. Others write to a table each, in short transactions, all the time. Nothing
is left to luck: each step waits until the server says that the one before it has come about.
"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import psycopg

from seltzer.db.connect import connect, execute, fetch
from seltzer.db.text import Sql, compose, literal
from seltzer.errors import SeltzerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_LOOK_EVERY_S = 0.01
_BREATH_S = 0.005
_WRITERS = 4
# Whether rows are passed by that a write of theirs would wait for.
_PASSED = (
    "WITH mine AS MATERIALIZED (SELECT FROM {table} FOR NO KEY UPDATE SKIP LOCKED) "
    "SELECT (SELECT pg_catalog.count(*) FROM {table}) > (SELECT pg_catalog.count(*) FROM mine)"
)
_BLOCKED = (
    "SELECT a.pid FROM pg_catalog.pg_stat_activity AS a WHERE a.datname = pg_catalog.current_database() "
    "AND {pid} = ANY (pg_catalog.pg_blocking_pids(a.pid)) AND NOT a.pid = ANY ({own}::pg_catalog.int4[])"
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take.

    Attributes:
        lock_timeout_s: After how long a migration gives up its wait for a lock.
        deadlock_timeout_s: After how long the server looks for a deadlock.
        margin_s: How much longer a wait may be without being too long.
    """

    lock_timeout_s: float
    deadlock_timeout_s: float
    margin_s: float

    @property
    def longest_s(self) -> float:
        """The longest that anybody should wait."""
        return self.lock_timeout_s + self.margin_s

    @property
    def ask_after_s(self) -> float:
        """When a session asks for what the migration has: the server has looked for a deadlock by then, in vain."""
        late = 1.5 * self.deadlock_timeout_s
        return late if late < self.lock_timeout_s else 0.5 * self.lock_timeout_s


@dataclass(slots=True)
class Wait:
    """How long a session waited for a table, or for rows of it, and when that was over."""

    table: Sql
    seconds: float
    ended: float
    rows: bool = False


@dataclass(slots=True)
class Seen:
    """What was seen.

    Attributes:
        error: Why the migration failed; None when it got through.
        met: Whether the migration waited for the session that stayed.
        victim: What the server said to that session when it ended its transaction; None when it did not.
        victim_table: What it had asked for.
        waits: The longest wait of each other session while one stayed.
        holds: The same after that: how long the migration itself kept them out.
    """

    error: SeltzerError | None = None
    met: bool = False
    victim: str | None = None
    victim_table: Sql | None = None
    waits: list[Wait] = field(default_factory=list[Wait])
    holds: list[Wait] = field(default_factory=list[Wait])


class _Writer(threading.Thread):
    """A session that writes to its tables in turn, again and again, a short transaction each time.

    It waits for a table; rows that somebody has locked it passes by, and notes for how long they are.
    """

    def __init__(self, parameters: Mapping[str, str], tables: Sequence[Sql]) -> None:
        super().__init__(name="seltzer-traffic", daemon=True)
        self.conn = connect(parameters)
        self.ready = threading.Event()
        self.stop = threading.Event()
        self.waits: list[Wait] = []
        self._tables = list(tables)
        self._locked: dict[Sql, float] = {}

    def run(self) -> None:
        while self._tables and not self.stop.is_set():
            for table in tuple(self._tables):
                self._write(table)
            self.ready.set()
            time.sleep(_BREATH_S)
        for table in tuple(self._locked):
            self._note(table, locked=False)

    def _write(self, table: Sql) -> None:
        started = time.monotonic()
        try:
            with self.conn.transaction():
                execute(self.conn, _lock(table))
                locked = fetch(self.conn, compose(_PASSED, table=table)) == [(True,)]
        except psycopg.Error:
            self._tables.remove(table)  # it is gone, or another: what the application then does is not for this claim
            locked = False
        now = time.monotonic()
        self.waits.append(Wait(table, now - started, now))
        self.ready.set()
        self._note(table, locked=locked)

    def _note(self, table: Sql, *, locked: bool) -> None:
        now = time.monotonic()
        if locked:
            self._locked.setdefault(table, now)
        elif table in self._locked:
            self.waits.append(Wait(table, now - self._locked.pop(table), now, rows=True))

    def close(self) -> None:
        self.stop.set()
        self.join()
        self.conn.close()


class _Asking(threading.Thread):
    """A session in a transaction that asks for one more table."""

    def __init__(self, conn: psycopg.Connection[Any], table: Sql) -> None:
        super().__init__(name="seltzer-asking", daemon=True)
        self._conn = conn
        self.table = table
        self.seconds = 0.0
        self.said: str | None = None

    def run(self) -> None:
        started = time.monotonic()
        try:
            execute(self._conn, _write(self.table))
        except psycopg.errors.DeadlockDetected as error:
            self.said = error.diag.message_primary
        except psycopg.Error:
            pass
        self.seconds = time.monotonic() - started


def _lock(table: Sql) -> Sql:
    return compose("LOCK TABLE {table} IN ROW EXCLUSIVE MODE", table=table)


def _write(table: Sql) -> Sql:
    """What a write does to the locks of a table and its rows, without changing any."""
    return compose("{lock}; SELECT FROM {table} FOR NO KEY UPDATE", lock=_lock(table), table=table)


def cross(
    parameters: Mapping[str, str], apply: Callable[[], None], tables: Sequence[Sql], first: Sql | None, pace: Pace
) -> Seen:
    """Apply a migration while others use its tables.

    Args:
        parameters: libpq's keywords of a throw-away database.
        apply: Applies the migration to it.
        tables: What it locks, in the order in which it asks.
        first: The one of them that is asked for while the migration waits for the others; None leaves that out.
        pace: How long things take.
    """
    seen = Seen()
    with ExitStack() as stack:
        monitor, staying = (stack.enter_context(connect(parameters)) for _ in range(2))
        writers = [_Writer(parameters, tables[at::_WRITERS]) for at in range(min(_WRITERS, len(tables)))]
        for writer in writers:
            stack.callback(writer.close)
            writer.start()
            writer.ready.wait()
        execute(staying, compose("SET statement_timeout = {limit}", limit=literal(round(2000 * pace.longest_s))))
        held = [table for table in reversed(tables) if table != first]
        execute(staying, Sql("; ".join(["BEGIN", *(_write(table) for table in held)])))
        own = [monitor, staying, *(writer.conn for writer in writers)]
        run = _Run(apply)
        run.start()
        released = _Scene(monitor, staying, run, own, pace, seen).play(first)
        run.join()
        seen.error = run.error
    for writer in writers:
        _sort([wait for wait in writer.waits if not wait.rows], released, seen)
    rows = [wait for writer in writers for wait in writer.waits if wait.rows]
    seen.holds += _held_rows(rows, released, None if seen.met else first)
    return seen


def _sort(waits: Sequence[Wait], released: float, seen: Seen) -> None:
    """The longest wait of a session while one stayed, and the longest after that; one can be both, each in its part."""
    early = [Wait(w.table, min(w.ended, released) - (w.ended - w.seconds), w.ended) for w in waits]
    late = [Wait(w.table, min(w.seconds, w.ended - released), w.ended) for w in waits if w.ended > released]
    seen.waits += [max(early, key=attrgetter("seconds"))] if early else []
    seen.holds += [max(late, key=attrgetter("seconds"))] if late else []


def _held_rows(waits: Sequence[Wait], released: float, free: Sql | None) -> list[Wait]:
    """How long rows were locked by the migration: after the session that stayed let go of them, or had none of them."""
    late = [
        wait if wait.table == free else replace(wait, seconds=min(wait.seconds, wait.ended - released))
        for wait in waits
        if wait.ended > released or wait.table == free
    ]
    return [max(late, key=attrgetter("seconds"))] if late else []


class _Run(threading.Thread):
    """The migration at work."""

    def __init__(self, apply: Callable[[], None]) -> None:
        super().__init__(name="seltzer-apply", daemon=True)
        self._apply = apply
        self.error: SeltzerError | None = None

    def run(self) -> None:
        try:
            self._apply()
        except SeltzerError as error:
            self.error = error


@dataclass(slots=True)
class _Scene:
    """The session that stays, until it lets go."""

    monitor: psycopg.Connection[Any]
    staying: psycopg.Connection[Any]
    run: _Run
    own: Sequence[psycopg.Connection[Any]]
    pace: Pace
    seen: Seen
    asking: _Asking | None = None

    def play(self, first: Sql | None) -> float:
        """Stay until the migration has given up, or somebody has waited too long.

        Returns:
            When the session let go.
        """
        blocked_at: float | None = None
        while self.run.is_alive():
            now = time.monotonic()
            blocked = self._blocks()
            if blocked and blocked_at is None:
                blocked_at, self.seen.met = now, True
            if blocked_at is not None and self._is_over(now - blocked_at, blocked=blocked):
                break
            if first is not None and blocked_at is not None and now - blocked_at >= self.pace.ask_after_s:
                self._ask(first)
            time.sleep(_LOOK_EVERY_S)
        return self._let_go()

    def _is_over(self, waited: float, *, blocked: bool) -> bool:
        if self.asking is not None:
            return not self.asking.is_alive()
        return not blocked or waited > self.pace.longest_s + self.pace.deadlock_timeout_s

    def _blocks(self) -> bool:
        pids = literal("{" + ",".join(str(conn.info.backend_pid) for conn in self.own) + "}")
        query = compose(_BLOCKED, pid=literal(self.staying.info.backend_pid), own=pids)
        return bool(fetch(self.monitor, query))

    def _ask(self, table: Sql) -> None:
        if self.asking is None:
            self.asking = _Asking(self.staying, table)
            self.asking.start()

    def _let_go(self) -> float:
        if self.asking is not None:
            self.asking.join()
            self.seen.victim, self.seen.victim_table = self.asking.said, self.asking.table
            self.seen.waits.append(Wait(self.asking.table, self.asking.seconds, time.monotonic()))
        self.staying.execute("ROLLBACK")
        return time.monotonic()
