"""Which tables a migration touches, tried on a database that has no rows of ours yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from seltzer.catalog.relations import read_locks
from seltzer.db.connect import execute, fetch
from seltzer.db.text import Sql, compose, identifier, literal, raw
from seltzer.sql.shape import OneTransaction, shape_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from seltzer.claims.applying import Conditions
    from seltzer.model import Migration, Statement, Step

_TABLES = (
    "SELECT c.oid::pg_catalog.int8, n.nspname, c.relname FROM pg_catalog.pg_class AS c "
    "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
    "WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' "
    "AND n.nspname NOT IN ('information_schema', {history})"
)

_VIEWS = "SELECT 1 FROM pg_catalog.pg_class AS c WHERE c.relkind = 'm' AND c.oid = ANY ({oids}::pg_catalog.oid[])"


@dataclass(frozen=True, slots=True)
class Refused:
    """A statement of a migration that PostgreSQL refused, and how."""

    statement: Statement
    error: psycopg.Error


class TableName(NamedTuple):
    """A table by name."""

    schema: str
    name: str

    def __str__(self) -> str:
        """`public.users`."""
        return f"{self.schema}.{self.name}"


def existing_tables(conn: psycopg.Connection[Any], conditions: Conditions) -> dict[int, TableName]:
    """The tables that there are, by OID, the history's left out."""
    query = compose(_TABLES, history=literal(conditions.table.schema))
    return {oid: TableName(schema, name) for oid, schema, name in fetch(conn, query)}


def has_materialized_view(conn: psycopg.Connection[Any], oids: Collection[int]) -> bool:
    """Whether one of some relations is a materialized view."""
    numbers = literal("{" + ",".join(map(str, oids)) + "}")
    return bool(fetch(conn, compose(_VIEWS, oids=numbers)))


def shape_in_one(migration: Migration) -> OneTransaction | None:
    """How a migration runs in one transaction; None for those that do not, or of which no statement is known."""
    if migration.statements is None or not migration.text:
        return None
    shape = shape_of(migration.text, migration.statements, transaction=migration.directives.transaction)
    return shape if isinstance(shape, OneTransaction) else None


class Touched(NamedTuple):
    """What a migration locks, by OID, in the order in which it asks for it.

    Attributes:
        modes: In pg_locks' words.
        lines: Of the statement that asks first.
    """

    modes: Mapping[int, frozenset[str]]
    lines: Mapping[int, int]


def touched_tables(conn: psycopg.Connection[Any], conditions: Conditions, step: Step) -> Touched | None:
    """The relations that a migration locks, in the order in which it asks for them, each with the modes.

    It runs in a transaction that is rolled back.

    Returns:
        None when only running it for good would tell.
    """
    shape = shape_in_one(step.migration)
    if shape is None:
        return None
    found: dict[int, set[str]] = {}
    lines: dict[int, int] = {}

    def look(statement: Statement) -> None:
        for oid, modes in sorted(read_locks(conn, conn.info.backend_pid).items()):
            found.setdefault(oid, set()).update(modes)
            lines.setdefault(oid, statement.line)

    try:
        if run_statements(conn, conditions, shape, look) is not None:
            return None
    finally:
        conn.execute("ROLLBACK")
    return Touched({oid: frozenset(modes) for oid, modes in found.items()}, lines)


def run_statements(
    conn: psycopg.Connection[Any],
    conditions: Conditions,
    shape: OneTransaction,
    look: Callable[[Statement], None] | None = None,
) -> Refused | None:
    """Run a migration's statements in a transaction that stays open.

    Args:
        conn: An autocommit connection.
        conditions: The settings.
        shape: The migration.
        look: Called after each statement.

    Returns:
        The statement that PostgreSQL refused; None when it refused none.
    """
    for command in shape.begin:
        conn.execute(command.encode())
    execute(conn, surroundings(conditions))
    for statement in shape.statements:
        try:
            conn.execute(statement.text.encode())
        except psycopg.Error as error:
            return Refused(statement, error)
        if look is not None:
            look(statement)
    return None


def surroundings(conditions: Conditions) -> Sql:
    """The settings that a migration meets in its transaction."""
    parts: list[Sql] = []
    if conditions.search_path is not None:
        path = ", ".join(identifier(name) for name in conditions.search_path) or '""'
        parts.append(compose("SELECT pg_catalog.set_config('search_path', {path}, true)", path=literal(path)))
    if conditions.role is not None:
        parts.append(compose("SET LOCAL ROLE {role}", role=identifier(conditions.role)))
    return Sql("; ".join(parts)) if parts else raw("SELECT 1")
