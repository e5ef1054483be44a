"""Making the history and what belongs to it, and letting others read it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg

from seltzer.db.connect import execute, fetch
from seltzer.db.history_sql import FORMAT, HistoryTable, statement
from seltzer.db.text import compose, identifier, joined, literal
from seltzer.errors import HistoryError, PrivilegeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# What CREATE … IF NOT EXISTS answers when another session creates the same at the same moment: it looks first, and
# then meets a unique index of the catalog.
RACES = frozenset({"23505", "42P06", "42P07", "42710", "XX000"})
_TRIES = 20


def ensure_tables(conn: psycopg.Connection[Any], table: HistoryTable, readers: Sequence[str] = ()) -> None:
    """Create the history and what belongs to it, where it is missing; safe against others who do the same.

    Args:
        conn: An idle connection in autocommit mode.
        table: The history.
        readers: Roles that may read it from its first moment on: a replica that waits never sees one it may not read.

    Raises:
        PrivilegeError: The role may not create the schema or the tables.
        HistoryError: A reader does not exist.
    """
    try:
        _retried(lambda: _create(conn, table, readers))
    except psycopg.errors.UndefinedObject as error:
        raise _no_reader(error) from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise _may_not_create(conn, table, error) from None


def ensure_lease(conn: psycopg.Connection[Any], table: HistoryTable) -> None:
    """Create the table of the lease where it is missing; safe against others who do the same.

    Raises:
        PrivilegeError: The role may not create the schema or the table.
    """
    there = compose(
        "SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
        "WHERE n.nspname = {schema} AND c.relname = {name}",
        schema=literal(table.schema),
        name=literal(table.lease_table),
    )
    if fetch(conn, there):
        return
    try:
        _retried(lambda: _create_lease(conn, table))
    except psycopg.errors.InsufficientPrivilege as error:
        raise _may_not_create(conn, table, error) from None


def _retried(work: Callable[[], None]) -> None:
    """Do what others may be doing at the same moment, until nobody is in the way.

    Raises:
        HistoryError: Somebody always was.
    """
    for _ in range(_TRIES):
        try:
            work()
        except psycopg.Error as error:
            if error.sqlstate not in RACES:
                raise
        else:
            return
    raise HistoryError("the history could not be created: others keep creating it", hint="Run it again.")


def _create(conn: psycopg.Connection[Any], table: HistoryTable, readers: Sequence[str]) -> None:
    with conn.transaction():
        _create_schema(conn, table)
        note = f"Seltzer's history of migrations, format {FORMAT}: append-only, one row for each application or revert"
        execute(conn, compose(statement("create"), history=table.history, progress=table.progress, note=literal(note)))
        for reader in readers:
            _grant_inside(conn, table, reader)


def _create_lease(conn: psycopg.Connection[Any], table: HistoryTable) -> None:
    with conn.transaction():
        _create_schema(conn, table)
        execute(conn, compose(statement("lease"), lease=table.lease))


def _create_schema(conn: psycopg.Connection[Any], table: HistoryTable) -> None:
    """Keep others from creating the same until the transaction ends, and create the schema."""
    fetch(conn, compose("SELECT pg_catalog.pg_advisory_xact_lock({key})", key=literal(table.creation_key())))
    there = compose("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = {name}", name=literal(table.schema))
    if not fetch(conn, there):
        # IF NOT EXISTS checks the privilege first: an existing schema must not need CREATE on the database.
        execute(conn, compose("CREATE SCHEMA IF NOT EXISTS {schema}", schema=identifier(table.schema)))


def grant_readers(conn: psycopg.Connection[Any], table: HistoryTable, readers: Sequence[str]) -> None:
    """Let roles read the history that may not yet.

    Raises:
        HistoryError: A role does not exist.
    """
    for reader in readers:
        try:
            _retried(partial(_grant, conn, table, reader))
        except psycopg.errors.UndefinedObject as error:
            raise _no_reader(error) from None


def _no_reader(error: psycopg.errors.UndefinedObject) -> HistoryError:
    return HistoryError(
        f"history-readers: {error.diag.message_primary}", hint="Create the role first, or leave it out."
    )


def _grant(conn: psycopg.Connection[Any], table: HistoryTable, reader: str) -> None:
    with conn.transaction():
        _grant_inside(conn, table, reader)


def _grant_inside(conn: psycopg.Connection[Any], table: HistoryTable, reader: str) -> None:
    schema, role = identifier(table.schema), identifier(reader)
    allowed = compose(
        "SELECT pg_catalog.has_schema_privilege({reader}, {schema}, 'USAGE') "
        "AND pg_catalog.has_table_privilege({reader}, {history}, 'SELECT')",
        reader=literal(reader),
        schema=literal(table.schema),
        history=literal(table.history),
    )
    if fetch(conn, allowed) != [(True,)]:
        execute(conn, compose("GRANT USAGE ON SCHEMA {schema} TO {role}", schema=schema, role=role))
        tables = joined(", ", [table.history, table.progress])
        execute(conn, compose("GRANT SELECT ON {tables} TO {role}", tables=tables, role=role))


def _may_not_create(
    conn: psycopg.Connection[Any], table: HistoryTable, error: psycopg.errors.InsufficientPrivilege
) -> PrivilegeError:
    schema = identifier(table.schema)
    user = identifier(conn.info.user)
    database = identifier(conn.info.dbname)
    reason = error.diag.message_primary or "permission denied"
    hint = f"CREATE SCHEMA {schema} AUTHORIZATION {user};  or  GRANT CREATE ON DATABASE {database} TO {user};"
    if "schema" in reason:
        hint = f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {user};"
    return PrivilegeError(
        f"role {conn.info.user} may not create the history {table}: {reason}", hint=hint, sqlstate="42501"
    )
