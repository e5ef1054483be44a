"""Standing in a statement's way on purpose: locks on tables, and whom a session waits for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from seltzer.db.connect import execute, fetch
from seltzer.db.text import compose, identifier, joined, literal, raw

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

_TABLES = """
SELECT c.oid::pg_catalog.int8, n.nspname, c.relname
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
"""
_WAITS = """
SELECT pg_catalog.pg_blocking_pids({pid}), ARRAY(
  SELECT l.relation::pg_catalog.int8 FROM pg_catalog.pg_locks AS l
  WHERE l.pid = {pid} AND NOT l.granted AND l.locktype = 'relation'
)
"""


class Stand(Enum):
    """What a session that stands in the way lets others do."""

    READER = "ACCESS SHARE"  # lets everybody pass but who wants a table for himself, or waits for all who use it
    GATE = "SHARE"  # lets readers pass; two gates do not shut each other out


@dataclass(frozen=True, slots=True)
class Table:
    """A table that can be locked by name."""

    oid: int
    schema: str
    name: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Whom a session waits for, by process ids, and for which relations."""

    blockers: frozenset[int]
    relations: frozenset[int]


def read_tables(conn: psycopg.Connection[Any]) -> tuple[Table, ...]:
    """The tables that there are, partitioned ones too."""
    return tuple(Table(*row) for row in fetch(conn, raw(_TABLES)))


def stand_in_the_way(conn: psycopg.Connection[Any], stand: Stand, tables: Iterable[Table]) -> None:
    """Lock tables in a transaction that stays open.

    Raises:
        psycopg.Error: Somebody else uses one of them.
    """
    # Only the reader keeps a snapshot: CREATE INDEX CONCURRENTLY waits for those, and gates come and go.
    conn.execute("BEGIN ISOLATION LEVEL REPEATABLE READ" if stand is Stand.READER else "BEGIN")
    conn.execute("SET LOCAL lock_timeout = '5s'")
    # ONLY: the partitions stand in the list themselves.
    names = [compose("ONLY {name}", name=identifier(table.schema, table.name)) for table in tables]
    if names:
        mode = raw("ACCESS SHARE") if stand is Stand.READER else raw("SHARE")
        command = compose("LOCK TABLE {names} IN {mode} MODE", names=joined(", ", names), mode=mode)
        execute(conn, command)
    if stand is Stand.READER:
        conn.execute("SELECT 1")


def read_wait(conn: psycopg.Connection[Any], pid: int) -> Wait:
    """Whom a session waits for right now."""
    blockers, relations = fetch(conn, compose(_WAITS, pid=literal(pid)))[0]
    return Wait(frozenset(blockers), frozenset(relations))
