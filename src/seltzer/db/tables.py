"""Making the history and what belongs to it, and letting others read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from seltzer.db.history_sql import FORMAT, HistoryTable, statement
from seltzer.errors import HistoryError, PrivilegeError

if TYPE_CHECKING:
    from collections.abc import Sequence

# What CREATE … IF NOT EXISTS answers when another session creates the same at the same moment: it looks first, and
# then meets a unique index of the catalog.
RACES = frozenset({"23505", "42P06", "42P07", "42710", "XX000"})
_TRIES = 20


def ensure_tables(conn: psycopg.Connection[Any], table: HistoryTable) -> None:
    """Create the history and what belongs to it, where it is missing; safe against others who do the same.

    Raises:
        PrivilegeError: The role may not create the schema or the tables.
    """
    for _ in range(_TRIES):
        try:
            _create(conn, table)
        except psycopg.errors.InsufficientPrivilege as error:
            raise _may_not_create(conn, table, error) from None
        except psycopg.Error as error:
            if error.sqlstate not in RACES:
                raise
        else:
            return
    raise HistoryError(f"the history {table} could not be created: others keep creating it", hint="Run it again.")


def _create(conn: psycopg.Connection[Any], table: HistoryTable) -> None:
    schema = sql.Identifier(table.schema)
    with conn.transaction(), conn.cursor(row_factory=tuple_row) as cursor:
        there = cursor.execute("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s", [table.schema]).fetchone()
        if there is None:
            # IF NOT EXISTS checks the privilege first: an existing schema must not need CREATE on the database.
            cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
        note = f"Seltzer's history of migrations, format {FORMAT}: append-only, one row for each application or revert"
        cursor.execute(
            sql.SQL(statement("create")).format(history=table.history, progress=table.progress, note=sql.Literal(note))
        )


def grant_readers(conn: psycopg.Connection[Any], table: HistoryTable, readers: Sequence[str]) -> None:
    """Let roles read the history that may not yet.

    Raises:
        HistoryError: A role does not exist.
    """
    schema = sql.Identifier(table.schema)
    for reader in readers:
        role = sql.Identifier(reader)
        try:
            with conn.transaction(), conn.cursor(row_factory=tuple_row) as cursor:
                allowed = cursor.execute(
                    "SELECT pg_catalog.has_schema_privilege(%s, %s, 'USAGE') "
                    "AND pg_catalog.has_table_privilege(%s, %s, 'SELECT')",
                    [reader, table.schema, reader, table.history.as_string(None)],
                ).fetchone()
                if allowed != (True,):
                    cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, role))
                    cursor.execute(sql.SQL("GRANT SELECT ON {}, {} TO {}").format(table.history, table.progress, role))
        except psycopg.errors.UndefinedObject as error:
            raise HistoryError(
                f"history-readers: {error.diag.message_primary}", hint="Create the role first, or leave it out."
            ) from None


def _may_not_create(
    conn: psycopg.Connection[Any], table: HistoryTable, error: psycopg.errors.InsufficientPrivilege
) -> PrivilegeError:
    schema = sql.Identifier(table.schema).as_string(None)
    user = sql.Identifier(conn.info.user).as_string(None)
    database = sql.Identifier(conn.info.dbname).as_string(None)
    reason = error.diag.message_primary or "permission denied"
    hint = f"CREATE SCHEMA {schema} AUTHORIZATION {user};  or  GRANT CREATE ON DATABASE {database} TO {user};"
    if "schema" in reason:
        hint = f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {user};"
    return PrivilegeError(
        f"role {conn.info.user} may not create the history {table}: {reason}", hint=hint, sqlstate="42501"
    )
