"""A statement that PostgreSQL takes only by itself, watched from outside: it is made to wait, and let go.

Its locks are gone when it has ended, and a look at the right moment cannot be had by looking often. So other sessions
stand in its way: it asks for one lock after the other, waits, and is seen; when it has waited for all of them, it goes
on to its end.
"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import psycopg

from seltzer.catalog.effects import Look, Observed, observe, rebuilt_unseen
from seltzer.catalog.lock_modes import EXCLUSIVE
from seltzer.catalog.relations import read_locks, take_bystanders_picture
from seltzer.db.waits import Stand, read_tables, read_wait, stand_in_the_way

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    Connect: TypeAlias = Callable[[], psycopg.Connection[Any]]

_PAUSE_S = 0.002


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a statement, how long it took, and what the server refused.

    Attributes:
        complete: Whether all its locks were seen.
    """

    observed: Observed
    duration_ms: float
    error: psycopg.Error | None
    complete: bool = True


def run_alone(connect: Connect, conn: psycopg.Connection[Any], text: str, known: Collection[int]) -> Seen:
    """Run a statement outside of a transaction and watch it; what it does stays.

    Of one that works in several transactions, the locks are those that it had or asked for until its last wait for
    others; what it takes when everybody has gone is not among them.

    Args:
        connect: Opens an autocommit connection to the same database.
        conn: The connection to run it on.
        text: The statement.
        known: OIDs of the relations that count.
    """
    said: list[str] = []

    def listen(diagnostic: psycopg.errors.Diagnostic) -> None:
        said.append(diagnostic.message_primary or "")

    conn.add_notice_handler(listen)
    try:
        with connect() as bystander:
            before = take_bystanders_picture(bystander)
            run = _Run(conn, text)
            with _Crowd(connect, bystander) as crowd:
                locks = crowd.watch(run)
                stood = crowd.stood
            after = replace(take_bystanders_picture(bystander), locks=locks)
    finally:
        conn.remove_notice_handler(listen)
    if run.error is not None:
        return Seen(Observed({}), run.duration_ms, run.error)
    look = Look(before, after, said, known)
    unseen = rebuilt_unseen(look)
    observed = observe(look)
    # Queries lock all indexes of their tables, so that they wait too while one is rebuilt in its place.
    hazards = {**observed.hazards, **dict.fromkeys(unseen, EXCLUSIVE)}
    return Seen(replace(observed, hazards=hazards), run.duration_ms, None, complete=stood and not unseen)


class _Run(threading.Thread):
    """The statement at work."""

    def __init__(self, conn: psycopg.Connection[Any], text: str) -> None:
        super().__init__(name="seltzer-trace", daemon=True)
        self._conn = conn
        self._text = text
        self.pid = conn.info.backend_pid
        self.error: psycopg.Error | None = None
        self.duration_ms = 0.0

    def run(self) -> None:
        """Run it to its end."""
        started = time.perf_counter()
        try:
            self._conn.execute(self._text.encode())
        except psycopg.Error as error:
            self.error = error
        self.duration_ms = (time.perf_counter() - started) * 1000

    def cancel(self) -> None:
        """End it: whoever waited for it does not any more."""
        self._conn.cancel()


class _Crowd:
    """Sessions that stand in a statement's way: one that reads every table, and gates before those not yet seen.

    Attributes:
        stood: Whether all of them could stand there: the role may lack privileges, others may use the tables.
    """

    def __init__(self, connect: Connect, bystander: psycopg.Connection[Any]) -> None:
        self._connect = connect
        self._bystander = bystander
        self._tables = read_tables(bystander)
        self._locks: dict[int, set[str]] = {}
        self._stack = ExitStack()
        self._reader: psycopg.Connection[Any] | None = None
        self._gate: psycopg.Connection[Any] | None = None
        self.stood = True

    def __enter__(self) -> Self:
        self._reader = self._stand(Stand.READER)
        self._gate = self._stand(Stand.GATE)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def watch(self, run: _Run) -> dict[int, frozenset[str]]:
        """Start the statement, let it pass gate after gate, and return every mode that it had or asked for."""
        run.start()
        try:
            while run.is_alive():
                self._look(run)
                run.join(_PAUSE_S)
        except BaseException:
            run.cancel()
            raise
        finally:
            self._stack.close()
            run.join()
        return {oid: frozenset(modes) for oid, modes in self._locks.items()}

    def _look(self, run: _Run) -> None:
        blockers = read_wait(self._bystander, run.pid).blockers
        gate, reader = self._gate, self._reader
        if gate is not None and gate.info.backend_pid in blockers:
            self._note(run)
            # The next gate stands before the statement is through this one.
            self._gate = self._stand(Stand.GATE)
            gate.close()
        elif reader is not None and reader.info.backend_pid in blockers:
            self._note(run)
            self._reader = None
            reader.close()

    def _note(self, run: _Run) -> None:
        for oid, modes in read_locks(self._bystander, run.pid).items():
            self._locks.setdefault(oid, set()).update(modes)

    def _stand(self, stand: Stand) -> psycopg.Connection[Any] | None:
        """A session in the way of what was not seen yet; None where others use the tables."""
        conn = self._connect()
        self._stack.callback(conn.close)
        with suppress(psycopg.Error):
            stand_in_the_way(conn, stand, [table for table in self._tables if table.oid not in self._locks])
            return conn
        conn.close()
        self.stood = False
        return None
