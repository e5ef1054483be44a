"""How far a statement is: an index build by the server's own account, any other by the largest table that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from seltzer.db.connect import fetch
from seltzer.db.text import compose, literal

if TYPE_CHECKING:
    import psycopg


class Build(NamedTuple):
    """An index build at work.

    Attributes:
        name: What is built, or the table's name while the index has none that others can see.
        phase: In the server's words.
        percent: How much of the phase is done; None where the server does not count.
        left_s: Seconds until the phase ends, if it goes on as it went; None where nothing says so.
    """

    name: str
    phase: str
    percent: int | None
    left_s: float | None


class Work(NamedTuple):
    """A statement at work.

    Attributes:
        query: The text that was sent.
        table: The largest table that it has locked to change it or to check its rows; empty without one.
        size: About how many bytes that has; None where nobody has counted.
    """

    query: str
    table: str
    size: int | None


def work_of(conn: psycopg.Connection[Any], pid: int) -> Work | None:
    """What a backend is at; None when it is at nothing.

    The size is the last VACUUM's or ANALYZE's: to ask for it anew waits for the very lock that the statement may have.
    """
    query = compose(
        "SELECT coalesce(a.query, ''), coalesce(t.name, ''), t.size FROM pg_catalog.pg_stat_activity AS a LEFT JOIN ("
        "SELECT l.pid, pg_catalog.format('%s.%s', n.nspname, c.relname) AS name, CASE WHEN c.relpages > 0 "
        "THEN c.relpages * pg_catalog.current_setting('block_size')::pg_catalog.int8 END AS size "
        "FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_class AS c ON c.oid = l.relation "
        "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
        "WHERE l.locktype = 'relation' AND l.granted AND c.relkind IN ('r', 'p', 'm') AND n.nspname <> 'pg_catalog' "
        "AND l.mode NOT IN ('AccessShareLock', 'RowShareLock') AND l.database = (SELECT d.oid "
        "FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())"
        ") AS t ON t.pid = a.pid WHERE a.pid = {pid} AND coalesce(a.state, 'active') = 'active' "
        "ORDER BY t.size DESC NULLS LAST, 2 LIMIT 1",
        pid=literal(pid),
    )
    rows = fetch(conn, query)
    return Work(*rows[0]) if rows else None


def build_of(conn: psycopg.Connection[Any], pid: int) -> Build | None:
    """The build that a backend is at; None when it is at none."""
    query = compose(
        "SELECT coalesce(c.relname, t.relname, ''), p.phase, "
        "CASE WHEN p.tuples_total > 0 THEN p.tuples_done::float8 / p.tuples_total "
        "WHEN p.blocks_total > 0 THEN p.blocks_done::float8 / p.blocks_total END, "
        "extract(epoch FROM pg_catalog.clock_timestamp() - a.query_start)::pg_catalog.float8 "
        "FROM pg_catalog.pg_stat_progress_create_index AS p "
        "JOIN pg_catalog.pg_stat_activity AS a ON a.pid = p.pid "
        "LEFT JOIN pg_catalog.pg_class AS c ON c.oid = p.index_relid "
        "LEFT JOIN pg_catalog.pg_class AS t ON t.oid = p.relid WHERE p.pid = {pid}",
        pid=literal(pid),
    )
    rows = fetch(conn, query)
    if not rows:
        return None
    name, phase, done, seconds = rows[0]
    left = seconds / done - seconds if done and seconds else None
    return Build(name, phase, int(done * 100) if done is not None else None, left)
