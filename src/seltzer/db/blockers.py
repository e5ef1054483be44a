"""Who stands in the way of a statement: seen from a second connection while the first one waits."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg

from seltzer.db.builds import build_of, work_of
from seltzer.db.connect import connect, fetch
from seltzer.db.text import Sql, compose, literal, raw
from seltzer.errors import ConnectionFailedError
from seltzer.events import Blocker
from seltzer.sql.redact import Values, safe_excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from seltzer.db.builds import Build, Work
    from seltzer.db.progress import Owner

_FIRST_AFTER_S = 1.0
SAY_EVERY_S = 10.0
_HEAD = 80


_BLOCKING = "SELECT DISTINCT b.pid FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids({pid})) AS b (pid)"


def blockers_of(conn: psycopg.Connection[Any], pid: int) -> tuple[Blocker, ...]:
    """The sessions that a backend waits for: those that hold a lock it wants, or a snapshot older than its index."""
    pids = [row[0] for row in fetch(conn, compose(_BLOCKING, pid=literal(pid)))]
    return sessions_of(conn, pids) + (_prepared(conn, pid) if 0 in pids else ())


_PREPARED = (
    "SELECT DISTINCT p.gid, p.owner::pg_catalog.text, "
    "extract(epoch FROM pg_catalog.clock_timestamp() - p.prepared)::pg_catalog.float8 "
    "FROM pg_catalog.pg_prepared_xacts AS p JOIN pg_catalog.pg_locks AS x "
    "ON x.locktype = 'transactionid' AND x.transactionid = p.transaction AND x.pid IS NULL "
    "JOIN pg_catalog.pg_locks AS h ON h.pid IS NULL AND h.virtualtransaction = x.virtualtransaction "
    "JOIN pg_catalog.pg_locks AS w ON w.pid = {pid} AND NOT w.granted "
    "AND (w.locktype, w.database, w.relation, w.page, w.tuple, w.transactionid, w.classid, w.objid, w.objsubid) "
    "IS NOT DISTINCT FROM "
    "(h.locktype, h.database, h.relation, h.page, h.tuple, h.transactionid, h.classid, h.objid, h.objsubid) "
    "ORDER BY 1"
)


def _prepared(conn: psycopg.Connection[Any], pid: int) -> tuple[Blocker, ...]:
    """The prepared transactions that a backend waits for: no session has them, and nobody's end ends them."""
    found = fetch(conn, compose(_PREPARED, pid=literal(pid)))
    named = tuple(
        Blocker(0, _printable(owner), "", "prepared transaction", age, "", _printable(gid)) for gid, owner, age in found
    )
    return named or (Blocker(0, "", "", "prepared transaction", None, ""),)


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
        Blocker(pid, _printable(user), _printable(application), state, age, _head(query) if state else "")
        for pid, user, application, state, age, query in fetch(conn, query)
    )


def _head(query: str) -> str:
    """The beginning of somebody's statement, without a literal in it."""
    return _printable(" ".join(safe_excerpt(query, 0, len(query), Values.REFUSED).split()))[:_HEAD]


def _printable(text: str) -> str:
    """What others chose, fit for a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


# The names that a run gives its own sessions: those of migrations have a slash in them.
_OURS = (
    "(a.application_name IN ('seltzer', 'seltzer watch', 'seltzer shadow') OR a.application_name LIKE 'seltzer %/%')"
)
_SPARED = (
    "CASE WHEN a.usesysid IS NULL OR coalesce(a.backend_type, 'client backend') <> 'client backend' "
    "THEN 'it is no client''s session' WHEN r.rolsuper THEN 'its role is a superuser' "
    f"WHEN r.rolreplication THEN 'its role may replicate' WHEN {_OURS} THEN 'it is a run of Seltzer''s' END"
)


def terminate(conn: psycopg.Connection[Any], pids: Collection[int]) -> dict[int, str]:
    """End the sessions of some backends, except those that nobody should end for a migration.

    Superusers, replication, everything that is no client (autovacuum), and sessions of ours are left alone.

    Returns:
        The backends that were told to end, each with an empty text, and those that were not, each with the reason.

    Raises:
        psycopg.errors.InsufficientPrivilege: This role may not.
    """
    query = compose(
        "SELECT s.pid, s.reason, CASE WHEN s.reason IS NULL THEN pg_catalog.pg_terminate_backend(s.pid) END "
        "FROM (SELECT a.pid, {spared} AS reason FROM pg_catalog.pg_stat_activity AS a "
        "LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid "
        "WHERE a.pid = ANY ({numbers}::pg_catalog.int4[]) AND a.pid <> pg_catalog.pg_backend_pid() OFFSET 0) AS s",
        spared=raw(_SPARED),
        numbers=literal("{" + ",".join(str(pid) for pid in pids) + "}"),
    )
    return {pid: reason or "" for pid, reason, told in fetch(conn, query) if reason or told}


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
        each: Callable[[psycopg.Connection[Any], tuple[Blocker, ...]], None] | None = None,
        *,
        say_progress: Callable[[float, Build | Work], None] | None = None,
    ) -> None:
        """Watch a backend from now on.

        Args:
            parameters: libpq's keywords of the target.
            pid: The backend.
            say: Hears the seconds that the statement has run, and who is in its way.
            each: Called at every look that finds somebody, with the connection that looks.
            say_progress: Hears every ten seconds how long a statement has run that nobody is in the way of, and how
                far an index build is, or what any other is at.
        """
        self._parameters = parameters
        self._say, self._each, self._say_progress = say, each, say_progress
        self._conn: psycopg.Connection[Any] | None = None
        self.begin(pid)

    def begin(self, pid: int) -> None:
        """Watch what a backend does next."""
        self._pid = pid
        self._started = self._looked = time.monotonic()
        self._said = self._said_progress = 0.0
        self._pids: tuple[int, ...] = ()

    def __call__(self) -> None:
        """Look, if it is time."""
        now = time.monotonic()
        if now - self._looked < _FIRST_AFTER_S:
            return
        self._looked = now
        self._look(now)

    def _look(self, now: float) -> None:
        # Nobody is told anything when the server has no connection left for this: the statement itself goes on.
        with suppress(ConnectionFailedError, psycopg.Error):
            if self._conn is None:
                self._conn = connect({**self._parameters, "application_name": "seltzer watch"})
            self._pid = self._backend(self._conn)
            found = blockers_of(self._conn, self._pid)
            pids = tuple(blocker.pid for blocker in found)
            if found and self._each is not None:
                self._each(self._conn, found)
            if found and (pids != self._pids or now - self._said >= SAY_EVERY_S):
                self._said = now
                self._say(now - self._started, found)
            self._pids = pids
            if not found and self._say_progress is not None and now - self._said_progress >= SAY_EVERY_S:
                at_work: Build | Work | None = build_of(self._conn, self._pid)
                if at_work is None and now - self._started >= SAY_EVERY_S:
                    at_work = work_of(self._conn, self._pid)
                if at_work is not None:
                    self._said_progress = now
                    self._say_progress(now - self._started, at_work)

    def _backend(self, conn: psycopg.Connection[Any]) -> int:
        """The backend that is watched, asked on the watch's own connection."""
        del conn
        return self._pid

    def close(self) -> None:
        """Let go of the connection."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None
