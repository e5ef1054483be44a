"""The rows that are added to the history, and the second look that comes before each.

A run says both a thousand times: PostgreSQL prepares them once a connection, which saves it a third of what they cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, NamedTuple

from seltzer.db.history_sql import statement
from seltzer.db.text import Sql, compose, literal, raw

if TYPE_CHECKING:
    from seltzer.db.history_sql import HistoryTable

AT_TRANSACTION_START = raw("pg_catalog.transaction_timestamp()")


def began_ago(seconds: float) -> Sql:
    """The time so many seconds before the server got the message that has the row in it, by the server's clock."""
    ago = literal(f"{max(seconds, 0):.6f} s")
    return compose("(pg_catalog.statement_timestamp() - CAST({ago} AS pg_catalog.interval))", ago=ago)


@dataclass(frozen=True, slots=True)
class Writer:
    """What all rows of one run have in common.

    Attributes:
        table: The history.
        run: A UUID.
        client: user@host of this process.
        application: What runs the migrations.
        application_version: Its version; None when it did not say.
        seltzer_version: Ours.
        role: The role that migrations run as; None is the one that connected.
    """

    table: HistoryTable
    run: str
    client: str
    application: str
    application_version: str | None
    seltzer_version: str
    role: str | None = None


class Entry(NamedTuple):
    """One row to write.

    Attributes:
        started: SQL that gives the time it began; by default the start of the transaction that writes it.
    """

    id: str
    generation: int | None
    kind: str
    state: str
    checksum: str
    token_checksum: str | None
    fingerprints: tuple[str, ...] | None = None
    sqlstate: str | None = None
    message: str | None = None
    provides: tuple[str, ...] | None = None
    started: Sql = AT_TRANSACTION_START


def insert_statement(writer: Writer, entry: Entry) -> Sql:
    """The INSERT of one row, as text that can stand in a message of several statements."""
    return _insert(
        writer,
        **_values(entry),
        sqlstate=literal(entry.sqlstate),
        message=literal(entry.message),
        started=entry.started,
    )


def _values(entry: Entry) -> dict[str, Sql]:
    """What every row has, by the name of its place in the statements."""
    return {
        "id": literal(entry.id),
        "generation": literal(entry.generation),
        "kind": literal(entry.kind),
        "state": literal(entry.state),
        "checksum": literal(entry.checksum),
        "token_checksum": literal(entry.token_checksum),
        "statements": _json(entry.fingerprints),
        "provides": _json(entry.provides),
    }


def _insert(writer: Writer, **parts: Sql) -> Sql:
    return compose(
        statement("insert"),
        history=writer.table.history,
        run=literal(writer.run),
        current_user=literal(writer.role) if writer.role else raw("CURRENT_USER"),
        client=literal(writer.client),
        application=literal(writer.application),
        application_version=literal(writer.application_version),
        seltzer_version=literal(writer.seltzer_version),
        **parts,
    )


def _json(words: tuple[str, ...] | None) -> Sql:
    # A list of texts needs no more of `json` than this, and thousands are written.
    return literal(f"[{', '.join(map(encode_basestring_ascii, words))}]" if words is not None else None)


def look_statement(table: HistoryTable, migration: str, generation: int) -> Sql:
    """A statement that fails (22P02) if the history has this generation of an id, or a later one."""
    return _look(table, literal(migration), literal(generation))


def _look(table: HistoryTable, migration: Sql, generation: Sql) -> Sql:
    return compose(
        "SELECT CAST({words} AS pg_catalog.int4) FROM {history} AS h "
        "WHERE h.id = {id} AND h.generation >= {generation} LIMIT 1",
        words=raw("'seltzer: ' || h.id || ' was applied by another run, generation ' || h.generation::pg_catalog.text"),
        history=table.history,
        id=migration,
        generation=generation,
    )


PREPARED = 2
"""How many statements `prepare_statements` has."""


def prepare_statements(writer: Writer) -> Sql:
    """Two PREPARE commands: the second look, and the row of a migration that was applied or reverted."""
    row = _insert(
        writer,
        id=raw("$1"),
        generation=raw("$2"),
        kind=raw("$3"),
        state=raw("$4"),
        checksum=raw("$5"),
        token_checksum=raw("$6"),
        statements=raw("$7"),
        sqlstate=raw("NULL"),
        message=raw("NULL"),
        provides=raw("$8"),
        started=AT_TRANSACTION_START,
    )
    return compose(
        "PREPARE seltzer_look (pg_catalog.text, pg_catalog.int4) AS {look};\n"
        "PREPARE seltzer_row (pg_catalog.text, pg_catalog.int4, pg_catalog.text, pg_catalog.text, pg_catalog.text, "
        "pg_catalog.text, pg_catalog.jsonb, pg_catalog.jsonb) AS {row}",
        look=_look(writer.table, raw("$1"), raw("$2")),
        row=row,
    )


def prepared_look(migration: str, generation: int) -> Sql:
    """`look_statement`, once `prepare_statements` has run on the connection."""
    return compose("EXECUTE seltzer_look ({id}, {generation})", id=literal(migration), generation=literal(generation))


def prepared_row(entry: Entry) -> Sql:
    """`insert_statement` for a row that began with its transaction and tells of no failure, likewise."""
    return compose(
        "EXECUTE seltzer_row "
        "({id}, {generation}, {kind}, {state}, {checksum}, {token_checksum}, {statements}, {provides})",
        **_values(entry),
    )
