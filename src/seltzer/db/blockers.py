"""Who stands in the way of a statement: seen from a second connection while the first one waits."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg

from seltzer.db.connect import connect, fetch
from seltzer.db.text import Sql, compose, literal
from seltzer.errors import ConnectionFailedError
from seltzer.events import Blocker
from seltzer.sql.redact import Values, safe_excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from seltzer.db.progress import Owner

_FIRST_AFTER_S = 1.0
_SAY_EVERY_S = 10.0
_HEAD = 80


_BLOCKING = "SELECT DISTINCT b.pid FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids({pid})) AS b (pid)"


def blockers_of(conn: psycopg.Connection[Any], pid: int) -> tuple[Blocker, ...]:
    """The sessions that a backend waits for: those that hold a lock it wants, or a snapshot older than its index."""
    pids = [row[0] for row in fetch(conn, compose(_BLOCKING, pid=literal(pid)))]
    prepared = (Blocker(0, "", "", "prepared transaction", None, ""),) if 0 in pids else ()
    return sessions_of(conn, pids) + prepared


def sessions_of(conn: psycopg.Connection[Any], pids: Collection[int]) -> tuple[Blocker, ...]:
    """The sessions of some backends, as far as they are still there."""
    numbers = literal("{" + ",".join(str(pid) for pid in pids) + "}")
    return _sessions(conn, compose("a.pid = ANY ({numbers}::pg_catalog.int4[])", numbers=numbers))


def still_at_work(conn: psycopg.Connection[Any], owner: Owner) -> tuple[Blocker, ...]:
    """The session that started a statement, if it still runs one: the server goes on after a client was killed.

    Of a session of another role only process and application are seen: then one of ours with that process is it.
    """
    condition = compose(
        "a.pid = {pid} AND a.pid <> pg_catalog.pg_backend_pid() AND a.state IS DISTINCT FROM 'idle' AND "
        "coalesce(a.backend_start = {since}::pg_catalog.timestamptz, a.application_name LIKE 'seltzer%')",
        pid=literal(owner.pid),
        since=literal(owner.since),
    )
    return _sessions(conn, condition)


def _sessions(conn: psycopg.Connection[Any], condition: Sql) -> tuple[Blocker, ...]:
    query = compose(
        "SELECT a.pid, coalesce(a.usename, ''), coalesce(a.application_name, ''), coalesce(a.state, ''), "
        "extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::pg_catalog.float8, coalesce(a.query, '') "
        "FROM pg_catalog.pg_stat_activity AS a WHERE {condition} ORDER BY a.pid",
        condition=condition,
    )
    return tuple(
        Blocker(pid, user, application, state, age, _head(query) if state else "")
        for pid, user, application, state, age, query in fetch(conn, query)
    )


def _head(query: str) -> str:
    """The beginning of somebody's statement, without a literal in it."""
    return " ".join(safe_excerpt(query, 0, len(query), Values.REFUSED).split())[:_HEAD]


class Watch:
    """Looks who is in the way of one backend, and says so after a second, every ten, and whenever they change.

    It is called by the thread that waits (`Wire.on_wait`), has a connection of its own, opened when first needed, and
    never stands in the way itself: it holds no snapshot between two looks.
    """

    def __init__(
        self,
        parameters: Mapping[str, str],
        pid: int,
        say: Callable[[float, tuple[Blocker, ...]], None],
    ) -> None:
        """Watch a backend from now on.

        Args:
            parameters: libpq's keywords of the target.
            pid: The backend.
            say: Hears the seconds that the statement has run, and who is in its way.
        """
        self._parameters = parameters
        self._pid = pid
        self._say = say
        self._started = self._looked = time.monotonic()
        self._said = 0.0
        self._pids: tuple[int, ...] = ()
        self._conn: psycopg.Connection[Any] | None = None

    def __call__(self) -> None:
        """Look, if it is time."""
        now = time.monotonic()
        if now - self._looked < _FIRST_AFTER_S:
            return
        self._looked = now
        # Nobody is told anything when the server has no connection left for this: the statement itself goes on.
        with suppress(ConnectionFailedError, psycopg.Error):
            if self._conn is None:
                self._conn = connect({**self._parameters, "application_name": "seltzer watch"})
            found = blockers_of(self._conn, self._pid)
            pids = tuple(blocker.pid for blocker in found)
            if found and (pids != self._pids or now - self._said >= _SAY_EVERY_S):
                self._said = now
                self._say(now - self._started, found)
            self._pids = pids

    def close(self) -> None:
        """Let go of the connection."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None
