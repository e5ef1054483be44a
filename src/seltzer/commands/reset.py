"""`reset`: drop the database, create it again, apply everything."""

from __future__ import annotations

import os
import secrets
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from seltzer.commands.apply import apply
from seltzer.commands.plan import plan_from_nothing
from seltzer.commands.start import find_parameters
from seltzer.config.database import Embedded
from seltzer.db.connect import connect, describe, execute, fetch, parameters_of
from seltzer.db.database import creation, read_kind
from seltzer.db.text import compose, identifier, literal, raw
from seltzer.errors import (
    ConnectionFailedError,
    ConnectionNotIdleError,
    DatabaseError,
    DatabaseInUseError,
    NotEmbeddedError,
    PrivilegeError,
)
from seltzer.execute.active import refuse_nested
from seltzer.sql.redact import safe_server_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seltzer.commands.call import Call
    from seltzer.commands.run_result import RunResult
    from seltzer.db.database import DatabaseKind
    from seltzer.db.text import Sql

# Somebody who has just disconnected is seen a moment longer.
_LOOKS, _PAUSE_S = 10, 0.1
_IN_USE = "55006"


class _Identity(NamedTuple):
    """What tells a database from one of the same name on another server."""

    number: int
    started: object


def reset(call: Call, database_name: str | None = None) -> RunResult:
    """Drop the database, create it with the same owner, encoding, locale, settings and grants, and apply everything.

    The files are read and ordered, and the new database is created under a name of its own, before the old one goes.

    Args:
        call: The settings.
        database_name: The database's name, typed out; not needed for an embedded one.

    Raises:
        NotEmbeddedError: It is not embedded and its name was not given, or another name was.
        DatabaseInUseError: Other sessions use it.
        PrivilegeError: The role may not drop or create it.
        SeltzerError: See `apply`.
    """
    refuse_nested()
    if call.connection is not None:
        raise ConnectionNotIdleError(
            "a reset drops the database that the connection is in", hint="Close it, and give the database as a text."
        )
    plan_from_nothing(call)
    found, parameters = find_parameters(call, os.environ)
    with connect(parameters) as conn:
        parameters = parameters_of(conn, parameters)
        kind, identity = read_kind(conn), _identity(conn, raw("pg_catalog.current_database()"))
        _refuse_wrong(describe(conn), kind.name, database_name, embedded=isinstance(found, Embedded))
    with _elsewhere(parameters, kind.name, identity) as conn:
        _refuse_users(conn, kind.name)
        _replace(conn, kind)
    return apply(call)


def _refuse_wrong(where: str, name: str, typed: str | None, *, embedded: bool) -> None:
    if typed is None and embedded:
        return
    if typed is None:
        raise NotEmbeddedError(
            f"{where} is not an embedded database: a reset would destroy it",
            hint="If that is what you want, type its name out: --database-name NAME",
        )
    if typed != name:
        raise NotEmbeddedError(
            f"the database is {where}, and not {typed!r}: nothing was dropped",
            hint="Check which database the settings name: seltzer status",
        )


def _identity(conn: psycopg.Connection[Any], name: Sql) -> _Identity | None:
    query = compose(
        "SELECT d.oid::pg_catalog.int8, pg_catalog.pg_postmaster_start_time() FROM pg_catalog.pg_database AS d "
        "WHERE d.datname = {name}",
        name=name,
    )
    rows = fetch(conn, query)
    return _Identity(*rows[0]) if rows else None


def _elsewhere(parameters: Mapping[str, str], name: str, identity: _Identity | None) -> psycopg.Connection[Any]:
    """A connection to the same server and another database: nobody can drop the one they are in."""
    for other in ("postgres", "template1"):
        if other == name:
            continue
        try:
            conn = connect({**parameters, "dbname": other})
        except ConnectionFailedError:
            continue
        # Behind a pooler each database can be on a server of its own.
        if _identity(conn, literal(name)) == identity:
            return conn
        conn.close()
    raise ConnectionFailedError(
        "a reset needs another database of the same server to connect to meanwhile",
        hint="Let this role connect to postgres or template1, and connect to the server itself, not to a pooler.",
    )


def _refuse_users(conn: psycopg.Connection[Any], name: str) -> None:
    query = compose(
        "SELECT pid, coalesce(application_name, '') FROM pg_catalog.pg_stat_activity WHERE datname = {name} "
        # Autovacuum has no user, and makes way.
        "AND usesysid IS NOT NULL ORDER BY backend_start",
        name=literal(name),
    )
    others: list[tuple[Any, ...]] = []
    for _ in range(_LOOKS):
        others = fetch(conn, query)
        if not others:
            return
        time.sleep(_PAUSE_S)
    who = ", ".join(f"{pid} ({application or 'no name'})" for pid, application in others[:3])
    sessions = "1 other session uses" if len(others) == 1 else f"{len(others)} other sessions use"
    raise DatabaseInUseError(
        f"{sessions} {name}: {who}", hint="Stop the applications that use it, then reset: nothing was dropped."
    )


def _replace(conn: psycopg.Connection[Any], kind: DatabaseKind) -> None:
    """Create the new one first: what cannot be created must not have been dropped."""
    name = f"seltzer_reset_{secrets.token_hex(6)}"
    fresh, old = identifier(name), identifier(kind.name)
    create, *more = creation(conn, kind, name)
    try:
        execute(conn, create)
        try:
            for command in more:
                execute(conn, command)
            execute(conn, compose("DROP DATABASE {old}", old=old))
        finally:
            # However that ended, by a signal too: one of the two stays, and has the old name.
            if _identity(conn, literal(kind.name)) is None:
                execute(conn, compose("ALTER DATABASE {fresh} RENAME TO {old}", fresh=fresh, old=old))
            else:
                execute(conn, compose("DROP DATABASE {fresh}", fresh=fresh))
    except psycopg.Error as error:
        raise _refused(kind.name, error) from None


def _refused(name: str, error: psycopg.Error) -> DatabaseError:
    said = safe_server_text(error.sqlstate, error.diag.message_primary or str(error).strip().partition("\n")[0])
    if error.sqlstate == _IN_USE:
        return DatabaseInUseError(
            f"{name} was not dropped: {said}", hint="Stop what uses it, then reset.", sqlstate=error.sqlstate
        )
    if error.sqlstate == "42501":
        return PrivilegeError(
            f"{name} was not made again: {said}",
            hint="A reset needs the database's owner, who may create databases: ALTER ROLE … CREATEDB;",
            sqlstate=error.sqlstate,
        )
    return DatabaseError(
        f"{name} was not made again: {said}", hint="Look at the server's log.", sqlstate=error.sqlstate
    )
