"""Poolers: whether there is one in the way, where a connection leads to, and what a transaction finds and leaves.

A pooler in transaction mode gives every transaction another session of the server, which others have used before and
will use after it. So a transaction first sets aside what others left in it, as long as it lasts, and a migration that
may have changed the session puts back what it found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from seltzer.db.connect import fetch
from seltzer.db.text import Sql, compose, identifier, joined, literal, raw

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg


class Identity(NamedTuple):
    """What tells a database from one of the same name on another server, a copy of it too."""

    number: int
    started: str


def is_pooled(conn: psycopg.Connection[Any]) -> bool:
    """Whether a pooler stands between a connection and the server.

    The server tells a client its process id when they connect, and a pooler has to tell one of its own: it does not
    know yet which session will do the work.
    """
    return fetch(conn, raw("SELECT pg_catalog.pg_backend_pid()")) != [(conn.info.backend_pid,)]


IDENTITY = raw(
    "SELECT d.oid::pg_catalog.int8, extract(epoch FROM pg_catalog.pg_postmaster_start_time())::pg_catalog.text "
    "FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()"
)


def is_database(identity: Identity) -> Sql:
    """A query that is true in the database of that identity."""
    return compose(
        "SELECT (i.number, i.started) = ({number}, {started}) FROM ({identity}) AS i (number, started)",
        number=literal(identity.number),
        started=literal(identity.started),
        identity=IDENTITY,
    )


def read_identity(conn: psycopg.Connection[Any]) -> Identity:
    """Which database a connection leads to; needs no privilege."""
    return Identity(*fetch(conn, IDENTITY)[0])


# What a statement can change and what a transaction may give back. The encoding is the client library's own business.
_CHANGED = (
    "FROM pg_catalog.pg_settings AS s WHERE s.source = 'session' AND s.context IN ('user', 'superuser') "
    "AND s.name <> 'client_encoding' AND NOT pg_catalog.starts_with(s.name, 'transaction_')"
)

LEFT = raw("SELECT s.name, s.setting " + _CHANGED)
"""Names and values of what others left in the session, asked before a transaction sets anything itself."""

SET_ASIDE = raw(
    "SET LOCAL SESSION AUTHORIZATION DEFAULT;\nSET LOCAL ROLE NONE;\n"
    "SELECT s.name, s.setting, pg_catalog.set_config(s.name, s.reset_val, true) " + _CHANGED
)
"""Sets aside, until the transaction ends, what others left in the session.

The last of its statements returns what it found: names and values.
"""

SET_ASIDE_STATEMENTS = 3

TEMPORARY = raw(
    "SELECT c.oid, c.relkind, pg_catalog.quote_ident(c.relname) FROM pg_catalog.pg_class AS c "
    "WHERE c.relnamespace = pg_catalog.pg_my_temp_schema() AND c.relkind IN ('r', 'p', 'v', 'S', 'f')"
)
"""The temporary objects of the session: number, kind, and quoted name."""


def put_back(found: Sequence[tuple[str | None, ...]]) -> Sql:
    """A statement that gives every setting the value that a transaction found in the session.

    Args:
        found: Names and values that `SET_ASIDE` returned; what is not among them had the server's own value.
    """
    known = [
        compose("WHEN {name} THEN {value}", name=literal(row[0]), value=literal(row[1])) for row in found if row[0]
    ]
    former = compose("CASE s.name {known} END", known=joined(" ", known)) if known else raw("NULL")
    return compose(
        "SELECT pg_catalog.set_config(s.name, {former}, false) " + _CHANGED,
        former=former,
    )


_KINDS = {"r": raw("TABLE"), "p": raw("TABLE"), "v": raw("VIEW"), "S": raw("SEQUENCE"), "f": raw("FOREIGN TABLE")}


def drop_temporary(before: Sequence[tuple[str | None, ...]], now: Sequence[tuple[str | None, ...]]) -> list[Sql]:
    """The statements that drop the temporary objects which a migration made; both as `TEMPORARY` returns them."""
    known = {row[0] for row in before}
    return [
        compose(
            "DROP {kind} IF EXISTS pg_temp.{name} CASCADE",
            kind=_KINDS[kind or "r"],
            name=Sql(name or identifier("")),
        )
        for number, kind, name in now
        if number not in known
    ]
