"""How far an index build is, by the server's own account (`pg_stat_progress_create_index`)."""

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
