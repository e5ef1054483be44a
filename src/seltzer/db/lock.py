"""The migration lock: who holds it runs, everybody else waits without standing in anyone's way."""

from __future__ import annotations

import random
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from seltzer.db.client_check import client_checked
from seltzer.db.connect import fetch
from seltzer.db.message import StopRequested
from seltzer.db.text import compose, literal
from seltzer.errors import LockHeldError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator
    from datetime import datetime


_PAUSE_S = 0.1
_SAY_EVERY_S = 10.0


class Holder(NamedTuple):
    """The session that holds a migration lock.

    Attributes:
        pid: Its backend; behind a pooler None between two transactions.
        application: Its application name.
        since: When its run began to work under the lock, by the server's clock; None where this role may not see it.
        migration: The id it is applying, as far as can be seen.
        user: Whom it connected as.
        host: Where from; empty for a socket of the server's own machine, and where this role may not see it.
    """

    pid: int | None
    application: str
    since: datetime | None
    migration: str | None
    user: str = ""
    host: str = ""

    def __str__(self) -> str:
        """For people: who it is, since when, what it runs."""
        user = f" as {self.user}" if self.user else ""
        host = f" from {self.host}" if self.host else ""
        since = f", since {self.since:%Y-%m-%d %H:%M:%S %Z}".rstrip() if self.since is not None else ""
        doing = f", applying {self.migration}" if self.migration else ""
        return f"backend {self.pid} ({self.application or 'no application name'}{user}{host}{since}{doing})"


@contextmanager
def migration_lock(
    conn: psycopg.Connection[Any],
    key: int,
    wait: timedelta,
    *,
    stop: threading.Event | None = None,
    on_wait: Callable[[timedelta, Holder | None], None] | None = None,
) -> Generator[None]:
    """Hold the migration lock of `conn`'s database while the block runs.

    The lock belongs to the session: it outlives the commits and rollbacks of the migrations inside, and PostgreSQL
    drops it if this process dies. It is polled, never waited for: a blocked waiter holds a snapshot, and CREATE INDEX
    CONCURRENTLY would wait for that snapshot for ever.

    Args:
        conn: An idle connection in autocommit mode.
        key: `HistoryTable.lock_key`.
        wait: How long to keep asking; zero asks once.
        stop: Ends the wait when set.
        on_wait: Called at once and then every ten seconds of waiting.

    Raises:
        LockHeldError: The lock was still taken when `wait` ran out.
        StopRequested: `stop` was set.
    """
    started = time.monotonic()
    said = -_SAY_EVERY_S
    while not _try_lock(conn, key):
        waited = time.monotonic() - started
        if waited >= wait.total_seconds():
            raise _still_held(find_holder(conn, key), waited)
        if on_wait is not None and waited - said >= _SAY_EVERY_S:
            said = waited
            on_wait(timedelta(seconds=waited), find_holder(conn, key))
        pause(_PAUSE_S, stop)
    try:
        with client_checked(conn):
            yield
    finally:
        # A connection that broke has let go of it already; the fence of each migration keeps others out.
        with suppress(psycopg.OperationalError):
            fetch(conn, compose("SELECT pg_catalog.pg_advisory_unlock({key})", key=literal(key)))


def pause(seconds: float, stop: threading.Event | None) -> None:
    """Wait about `seconds`, a little differently each time so that waiters do not march in step.

    Raises:
        StopRequested: `stop` was set meanwhile.
    """
    length = seconds * random.uniform(0.8, 1.2)  # noqa: S311  # no secret
    if stop is None:
        time.sleep(length)
    elif stop.wait(length):
        raise StopRequested


def _try_lock(conn: psycopg.Connection[Any], key: int) -> bool:
    return fetch(conn, compose("SELECT pg_catalog.pg_try_advisory_lock({key})", key=literal(key))) == [(True,)]


def find_holder(conn: psycopg.Connection[Any], key: int) -> Holder | None:
    """Who holds the lock now, as far as this role may see; None when nobody does."""
    high, low = (key >> 32) & 0xFFFFFFFF, key & 0xFFFFFFFF
    query = compose(
        # Its last statement on this session was its last look before it began.
        "SELECT a.pid, coalesce(a.application_name, ''), coalesce(a.query_start, a.backend_start), "
        "(SELECT pg_catalog.max(pg_catalog.substr(w.application_name, 9)) FROM pg_catalog.pg_stat_activity AS w "
        "WHERE w.datid = a.datid AND w.application_name LIKE 'seltzer %/%' AND w.state IS DISTINCT FROM 'idle'), "
        "coalesce(a.usename, ''), coalesce(a.client_hostname, pg_catalog.host(a.client_addr), '') "
        "FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid "
        "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.classid::pg_catalog.int8 = {high} "
        "AND l.objid::pg_catalog.int8 = {low} "
        "AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d "
        "WHERE d.datname = pg_catalog.current_database())",
        high=literal(high),
        low=literal(low),
    )
    rows = fetch(conn, query)
    return Holder(*rows[0]) if rows else None


def try_lock_session(conn: psycopg.Connection[Any], key: int) -> tuple[int, ...] | None:
    """Take a lock for as long as a session is not cleaned, at once or not at all.

    Returns:
        None when it is had; else the backends that have it, as far as they still do.
    """
    if _try_lock(conn, key):
        return None
    query = compose(
        "SELECT l.pid FROM pg_catalog.pg_locks AS l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
        "AND l.classid::pg_catalog.int8 = {high} AND l.objid::pg_catalog.int8 = {low} "
        "AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d "
        "WHERE d.datname = pg_catalog.current_database())",
        high=literal((key >> 32) & 0xFFFFFFFF),
        low=literal(key & 0xFFFFFFFF),
    )
    return tuple(pid for (pid,) in fetch(conn, query))


def _still_held(holder: Holder | None, waited: float) -> LockHeldError:
    pid, who = (holder.pid, str(holder)) if holder is not None else (None, "another run")
    return LockHeldError(timedelta(seconds=round(waited)), pid, who)
