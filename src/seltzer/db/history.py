"""The history: what it says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from seltzer.db.connect import fetch
from seltzer.db.history_sql import FIELD, OLDER, HistoryTable, read_statement
from seltzer.db.text import compose, identifier, literal
from seltzer.errors import ConnectionLostError, HistoryError, PrivilegeError
from seltzer.model import HistoryRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seltzer.db.history_rows import Entry, Writer

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Reading(NamedTuple):
    """What one look at the history found.

    Attributes:
        exists: Whether there is a history table.
        same: Every id is applied with the expected checksum and no other is known; `rows` is then empty.
        rows: The newest word about each id, by id.
        read_only: Why nothing could be written: `standby`, `read-only`, or empty.
    """

    exists: bool
    same: bool
    rows: dict[str, HistoryRow]
    read_only: str


def read_history(conn: psycopg.Connection[Any], table: HistoryTable, digest: str = "") -> Reading:
    """Read the history in one round trip and one statement.

    Args:
        conn: A connection in autocommit mode.
        table: The history.
        digest: See `history_sql.expected_digest`; empty always brings the rows.

    Raises:
        PrivilegeError: The role may not read it.
        HistoryError: The table is not a history.
        ConnectionLostError: The connection broke.
    """
    try:
        found = fetch(conn, read_statement(table, digest))
    except (psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedFunction, psycopg.errors.WrongObjectType):
        raise HistoryError(
            f"{table} is no history of Seltzer's", hint='Name another table: history = "schema.table".'
        ) from None
    except psycopg.OperationalError as error:
        reason = str(error).strip().partition("\n")[0]
        raise ConnectionLostError(
            f"the connection broke while the history was read: {reason}", hint="Run it again."
        ) from None
    status, recovery, readonly, _, word = found[0]
    if status not in {"absent", "present"}:
        raise _denied(conn, table, str(status))
    read_only = "standby" if recovery else "read-only" if readonly == "on" else ""
    words = [row[4] for row in found if row[4] is not None]
    if status == "absent" or word == "same":
        return Reading(status == "present", word == "same", {}, read_only)
    return Reading(exists=True, same=False, rows=_rows(words), read_only=read_only)


def _denied(conn: psycopg.Connection[Any], table: HistoryTable, status: str) -> PrivilegeError:
    user = identifier(conn.info.user)
    # Who may not even look into the schema has seldom been given anything in it.
    schema = "" if status == "no select" else f"GRANT USAGE ON SCHEMA {identifier(table.schema)} TO {user};  "
    grant = f"{schema}GRANT SELECT ON {table.history} TO {user};"
    return PrivilegeError(
        f"role {conn.info.user} may not read the history {table}",
        hint=f'{grant}  or set history-readers = ["{conn.info.user}"] where migrations are applied',
        sqlstate="42501",
    )


def _rows(words: Iterable[str]) -> dict[str, HistoryRow]:
    older: dict[str, set[str]] = {}
    fields: list[list[str]] = []
    for word in words:
        if OLDER in word:
            id_, *checksums = word.split(OLDER)
            older.setdefault(id_, set()).update(item for item in checksums if item)
        elif FIELD in word:
            fields.append(word.split(FIELD))
    return {
        id_: HistoryRow(
            id=id_,
            state=state,
            generation=int(generation),
            checksum=checksum,
            token_checksum=tokens,
            older=frozenset(older.get(id_, ())),
            finished_at=_EPOCH + timedelta(microseconds=int(micros)) if micros != "0" else None,
            failed=failed == "1",
            kind=kind,
            position=int(position),
        )
        for id_, state, generation, checksum, tokens, micros, failed, kind, position in fields
    }


class HistoryLine(NamedTuple):
    """A row of the history as `seltzer history` shows it."""

    id: str
    state: str
    started_at: datetime
    finished_at: datetime
    duration_ms: int
    user: str
    checksum: str
    application: str | None
    sqlstate: str | None
    message: str | None


def read_lines(conn: psycopg.Connection[Any], table: HistoryTable) -> list[HistoryLine]:
    """All rows of an existing history, oldest first."""
    query = compose(
        'SELECT id, state, started_at, finished_at, duration_ms, "current_user", checksum, application, sqlstate, '
        "message FROM {history} ORDER BY position",
        history=table.history,
    )
    return [HistoryLine(*row) for row in fetch(conn, query)]


class Recorded(NamedTuple):
    """What the newest row of an id, failures left out, recorded of its content.

    Attributes:
        statements: Fingerprints of the statements; None when the row has none.
        provides: For a module's first day, the names it provided; None when the row has none.
    """

    statements: frozenset[str] | None
    provides: frozenset[str] | None


def read_recorded(conn: psycopg.Connection[Any], table: HistoryTable, migration: str) -> Recorded:
    """What was last applied for an id."""
    query = compose(
        "SELECT statements, provides FROM {history} WHERE id = {id} AND state <> 'failed' "
        "ORDER BY position DESC LIMIT 1",
        history=table.history,
        id=literal(migration),
    )
    rows = fetch(conn, query)
    statements, provides = rows[0] if rows else (None, None)
    return Recorded(
        frozenset(statements) if statements is not None else None, frozenset(provides) if provides is not None else None
    )


def ids_written(conn: psycopg.Connection[Any], writer: Writer) -> frozenset[str]:
    """The ids that a run has applied or reverted, by the history: how an unanswered commit is settled."""
    query = compose(
        "SELECT id FROM {history} WHERE run = {run} AND state <> 'failed'",
        history=writer.table.history,
        run=literal(writer.run),
    )
    return frozenset(row[0] for row in fetch(conn, query))


def unfinished_ids(conn: psycopg.Connection[Any], table: HistoryTable) -> frozenset[str]:
    """The ids that a run began step by step and did not finish.

    Raises:
        PrivilegeError: The role may not write the history: said before anything runs.
    """
    query = compose(
        "SELECT ARRAY(SELECT DISTINCT id FROM {progress}), pg_catalog.has_table_privilege({history}, 'INSERT')",
        progress=table.progress,
        history=literal(table.history),
    )
    try:
        ids, writes = fetch(conn, query)[0]
    except psycopg.errors.InsufficientPrivilege:
        ids, writes = (), False
    if not writes:
        user = identifier(conn.info.user)
        raise PrivilegeError(
            f"role {conn.info.user} may not write the history {table}",
            hint=f"GRANT SELECT, INSERT ON {table.history} TO {user};  "
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.progress} TO {user};",
            sqlstate="42501",
        )
    return frozenset(ids)


def is_recorded(conn: psycopg.Connection[Any], table: HistoryTable, entry: Entry) -> bool:
    """Whether the newest row of an id that is no failure says the same as `entry`, whoever wrote it."""
    query = compose(
        "SELECT state = {state} AND checksum = {checksum} FROM {history} WHERE id = {id} AND state <> 'failed' "
        "ORDER BY position DESC LIMIT 1",
        state=literal(entry.state),
        checksum=literal(entry.checksum),
        history=table.history,
        id=literal(entry.id),
    )
    return fetch(conn, query) == [(True,)]


def newest_failure(conn: psycopg.Connection[Any], table: HistoryTable, migration: str) -> tuple[str, ...] | None:
    """Checksum, SQLSTATE and message of an id's newest row, if that is a failure."""
    query = compose(
        "SELECT state, checksum, coalesce(sqlstate, ''), coalesce(message, '') FROM {history} WHERE id = {id} "
        "ORDER BY position DESC LIMIT 1",
        history=table.history,
        id=literal(migration),
    )
    rows = fetch(conn, query)
    return tuple(rows[0][1:]) if rows and rows[0][0] == "failed" else None
