"""Indexes that are INVALID, and who is at work on an index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.rows import tuple_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

# Of relkind `i` only: an index of a partitioned table (`I`) is INVALID by design until every partition has its own.
_INVALID = """
SELECT i.indexrelid, n.nspname, c.relname, i.indrelid
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid AND c.relkind = 'i'
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT (i.indisvalid AND i.indisready)
"""
_NAMED = _INVALID + "AND n.nspname = %(schema)s AND c.relname = %(name)s"

# A build holds SHARE UPDATE EXCLUSIVE on its table from its first moment to its last, a REINDEX and a DROP on the index
# too. Everybody may see locks; of the progress of another role's build only the process.
_AT_WORK = """
WITH held AS (
  SELECT l.pid, l.relation FROM pg_catalog.pg_locks AS l
  WHERE l.locktype = 'relation' AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted
    AND l.pid <> pg_catalog.pg_backend_pid()
    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
)
SELECT h.pid FROM held AS h WHERE h.relation = %(index)s
UNION
SELECT p.pid FROM pg_catalog.pg_stat_progress_create_index AS p
WHERE p.pid <> pg_catalog.pg_backend_pid() AND (
  p.index_relid = %(index)s
  OR EXISTS (SELECT 1 FROM held AS h WHERE h.pid = p.pid AND h.relation = %(table)s)
)
"""


class InvalidIndex(NamedTuple):
    """An index that PostgreSQL does not use: its build was cut off, or is still going.

    Attributes:
        oid: Its OID.
        schema: Its schema.
        name: Its own name.
        table: The OID of its table.
    """

    oid: int
    schema: str
    name: str
    table: int


def find_invalid(conn: psycopg.Connection[Any], schema: str, name: str) -> InvalidIndex | None:
    """The INVALID index of a name; None when it is valid, or no index of a plain table."""
    rows = rows_of(conn, _NAMED, {"schema": schema, "name": name})
    return InvalidIndex(*rows[0]) if rows else None


def all_invalid(conn: psycopg.Connection[Any]) -> list[InvalidIndex]:
    """Every INVALID index of the database."""
    return [InvalidIndex(*row) for row in rows_of(conn, _INVALID, {})]


def workers_on(conn: psycopg.Connection[Any], index: InvalidIndex) -> list[int]:
    """The other sessions that build, rebuild or drop an index."""
    rows = rows_of(conn, _AT_WORK, {"index": index.oid, "table": index.table})
    return sorted(row[0] for row in rows)


def rows_of(conn: psycopg.Connection[Any], query: str, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
    """The rows of a query of this room."""
    with conn.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(query.encode(), values).fetchall()
