"""The lease: what elects the run behind a pooler, where no session is one's own and none can hold a lock.

One row says who holds it, and until when by the server's clock; its holder renews it on a connection of its own. That
it expired lets others take it over; that it was taken over is what stops its former holder: every transaction of a
holder looks at the row last, right before its commit, and locks it against being taken over until then.
"""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from seltzer.db.connect import execute, fetch
from seltzer.db.heartbeat import Heartbeat
from seltzer.db.lease_row import (
    Terms,
    clear_statement,
    find_lease_holder,
    privilege,
    release_statement,
    tag_of,
    take_statement,
    transactions_of,
)
from seltzer.db.lock import pause
from seltzer.db.text import Sql, compose, identifier, literal, raw
from seltzer.errors import LockHeldError, PrivilegeError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator, Mapping

    from seltzer.db.history_sql import HistoryTable
    from seltzer.db.lease_row import LeaseHolder

# How long the end of a former holder's transactions is waited for at least.
_ENDING_S = 10.0
_PAUSE_S = 0.1
_SAY_EVERY_S = 10.0


class Patience(NamedTuple):
    """How a lease is waited for.

    Attributes:
        wait: How long to keep asking; zero asks once.
        stop: Ends the wait when set.
        on_wait: Called at once and then every ten seconds of waiting.
    """

    wait: timedelta
    stop: threading.Event | None = None
    on_wait: Callable[[timedelta, LeaseHolder | None], None] | None = None


class Lease(NamedTuple):
    """A lease that a run holds, as statements for its transactions.

    Attributes:
        table: The history it is for.
        holder: The run's UUID.
        ended: The backends of a former holder that were ended when it was taken over.
    """

    table: HistoryTable
    holder: str
    ended: tuple[int, ...] = ()

    def share(self) -> Sql:
        """An expression to begin a transaction with: who takes the lease over sees by it that this one still runs."""
        return compose("pg_catalog.pg_advisory_xact_lock_shared({key})", key=literal(self.table.lease_key(self.holder)))

    def look(self) -> Sql:
        """A statement that fails (22P02) when the lease is lost; it locks nothing."""
        return self._look(raw(""))

    def check(self) -> Sql:
        """The same, and the lease cannot be taken over before the transaction ends: the last word before a commit.

        A lock on the row's key: the holder's own renewals go on meanwhile.
        """
        return self._look(raw(" FOR KEY SHARE"))

    def _look(self, lock: Sql) -> Sql:
        return compose(
            "SELECT CAST(coalesce((SELECT '1' FROM {lease} AS l WHERE l.holder = {holder}{lock}), {lost}) "
            "AS pg_catalog.int4)",
            lease=self.table.lease,
            holder=literal(self.holder),
            lock=lock,
            lost=literal(LOST),
        )

    def tag(self) -> str:
        """A comment before a statement that runs alone: who would take the lease over sees that it still runs."""
        return f"{tag_of(self.holder)} "


LOST = "seltzer: the lease is held by another run"
"""In the words of a refused `look` or `check`."""


@contextmanager
def held_lease(
    conn: psycopg.Connection[Any],
    parameters: Mapping[str, str],
    table: HistoryTable,
    terms: Terms,
    patience: Patience,
) -> Generator[Lease]:
    """Hold the lease while the block runs.

    Args:
        conn: An idle connection in autocommit mode.
        parameters: libpq's keywords for one more, which renews the lease.
        table: The history; the table of the lease exists.
        terms: Who asks.
        patience: How long.

    Raises:
        LockHeldError: It was still held when the wait ran out.
        PrivilegeError: The role may not take it.
        StopRequested: `patience.stop` was set.
    """
    _exists(conn, table)
    take = take_statement(table, terms)
    former = _taken(conn, table, take, patience)
    heartbeat = Heartbeat(parameters, table, terms)
    heartbeat.start()
    try:
        ended = _end_transactions(conn, table, former, patience) if former is not None else ()
        yield Lease(table, terms.holder, ended)
    finally:
        heartbeat.stop()
        # Nobody is kept waiting for longer than the lease lasts if that fails.
        with suppress(psycopg.Error):
            execute(conn, release_statement(table, terms.holder))


def wait_for_lease(conn: psycopg.Connection[Any], table: HistoryTable, patience: Patience) -> tuple[int, ...]:
    """Under the migration lock of a direct connection: wait until no run behind a pooler holds the lease.

    An expired one is taken away from its holder, which cannot commit any more then.

    Returns:
        The backends of a former holder that were ended.

    Raises:
        LockHeldError: It was still held when the wait ran out.
        PrivilegeError: The role may not look.
    """
    if not _exists(conn, table):
        return ()
    former = _taken(conn, table, clear_statement(table), patience)
    return _end_transactions(conn, table, former, patience) if former is not None else ()


def _taken(conn: psycopg.Connection[Any], table: HistoryTable, take: Sql, patience: Patience) -> str | None:
    """Take the lease; who had held it and let it expire, if anybody.

    Raises:
        LockHeldError: It was still held when the wait ran out.
    """
    started = time.monotonic()
    said = -_SAY_EVERY_S
    while not (rows := fetch(conn, take)):
        waited = time.monotonic() - started
        if waited >= patience.wait.total_seconds():
            raise _still_held(conn, table, waited)
        if patience.on_wait is not None and waited - said >= _SAY_EVERY_S:
            said = waited
            patience.on_wait(timedelta(seconds=waited), find_lease_holder(conn, table))
        pause(_PAUSE_S, patience.stop)
    return str(rows[0][0]) if rows[0][0] is not None else None


def _still_held(conn: psycopg.Connection[Any], table: HistoryTable, waited: float) -> LockHeldError:
    holder = find_lease_holder(conn, table)
    return LockHeldError(
        timedelta(seconds=round(waited)), holder.pid if holder else None, who=str(holder) if holder else "another run"
    )


def _end_transactions(
    conn: psycopg.Connection[Any], table: HistoryTable, holder: str, patience: Patience
) -> tuple[int, ...]:
    """End what is left of a former holder's transactions, none of which can commit any more, and wait until it is gone.

    Raises:
        LockHeldError: This role may not end one, and it was still there when the wait ran out.
    """
    ended: list[int] = []
    started = time.monotonic()
    while pids := transactions_of(conn, table, holder):
        for pid in pids:
            with suppress(psycopg.errors.InsufficientPrivilege):
                fetch(conn, compose("SELECT pg_catalog.pg_terminate_backend({pid})", pid=literal(pid)))
                ended += [pid] if pid not in ended else []
        waited = time.monotonic() - started
        if waited >= max(_ENDING_S, patience.wait.total_seconds()):
            raise LockHeldError(
                timedelta(seconds=round(waited)), pids[0], who=f"backend {pids[0]} of a run that lost its lease"
            )
        pause(_PAUSE_S, patience.stop)
    return tuple(ended)


def _exists(conn: psycopg.Connection[Any], table: HistoryTable) -> bool:
    """Whether there is a lease at all.

    Raises:
        PrivilegeError: There is, and this role may not take part.
    """
    allowed = privilege(conn, table, "SELECT, UPDATE")
    if allowed is False:
        user = identifier(conn.info.user)
        raise PrivilegeError(
            f"role {conn.info.user} may neither take nor look at the lease of runs behind a pooler",
            hint=f"GRANT USAGE ON SCHEMA {identifier(table.schema)} TO {user};  "
            f"GRANT SELECT, UPDATE ON {table.lease} TO {user};",
            sqlstate="42501",
        )
    return allowed is not None
