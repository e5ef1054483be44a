"""`reset`: drop the database, create it again, apply everything."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from seltzer.commands.apply import apply
from seltzer.commands.start import Call, find_parameters
from seltzer.config.database import Embedded
from seltzer.db.connect import connect, describe_parameters, execute, fetch
from seltzer.db.text import compose, identifier, literal, raw
from seltzer.errors import ConnectionFailedError, DatabaseInUseError, NotEmbeddedError, PrivilegeError
from seltzer.source.discover import discover

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seltzer.commands.results import RunResult
    from seltzer.db.text import Sql


class _Kind(NamedTuple):
    """How a database was made."""

    owner: str
    encoding: str
    provider: str
    collate: str
    ctype: str
    locale: str | None


def reset(call: Call, database_name: str | None = None) -> RunResult:
    """Drop the database, create it with the same owner and locale, and apply everything.

    Args:
        call: The settings.
        database_name: The database's name, typed out; not needed for an embedded one.

    Raises:
        NotEmbeddedError: It is not embedded, and its name was not given, or another name was.
        DatabaseInUseError: Other sessions use it.
        SeltzerError: See `apply`.
    """
    discover(call.config.migrations)
    found, parameters = find_parameters(call, os.environ)
    with connect(parameters) as conn:
        name = conn.info.dbname
        if not isinstance(found, Embedded) and database_name != name:
            raise NotEmbeddedError(
                f"{describe_parameters(parameters)} is not an embedded database: a reset would destroy it",
                hint="If that is what you want, type its name out: --database-name NAME",
            )
        kind = _kind(conn)
    with _elsewhere(parameters, name) as conn:
        _refuse_users(conn, name)
        _recreate(conn, name, kind)
    return apply(call)


def _kind(conn: psycopg.Connection[Any]) -> _Kind:
    locale = "datlocale" if conn.info.server_version >= 170000 else "daticulocale"  # noqa: PLR2004  # renamed in 17
    if conn.info.server_version < 150000:  # noqa: PLR2004  # providers came in 15
        query = raw(
            "SELECT r.rolname, pg_catalog.pg_encoding_to_char(d.encoding), 'c', d.datcollate, d.datctype, NULL "
            "FROM pg_catalog.pg_database AS d JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba "
            "WHERE d.datname = pg_catalog.current_database()"
        )
    else:
        query = compose(
            "SELECT r.rolname, pg_catalog.pg_encoding_to_char(d.encoding), d.datlocprovider::pg_catalog.text, "
            "d.datcollate, d.datctype, d.{locale} "
            "FROM pg_catalog.pg_database AS d JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba "
            "WHERE d.datname = pg_catalog.current_database()",
            locale=identifier(locale),
        )
    return _Kind(*fetch(conn, query)[0])


def _elsewhere(parameters: Mapping[str, str], name: str) -> psycopg.Connection[Any]:
    """A connection to the same server and another database: nobody can drop the one they are in."""
    for other in ("postgres", "template1"):
        if other != name:
            try:
                return connect({**parameters, "dbname": other})
            except ConnectionFailedError:
                continue
    raise ConnectionFailedError(
        "a reset needs another database to connect to meanwhile", hint="Let this role connect to postgres or template1."
    )


def _refuse_users(conn: psycopg.Connection[Any], name: str) -> None:
    query = compose(
        "SELECT pid, coalesce(application_name, '') FROM pg_catalog.pg_stat_activity WHERE datname = {name} "
        "AND pid <> pg_catalog.pg_backend_pid()",
        name=literal(name),
    )
    others = fetch(conn, query)
    if others:
        who = ", ".join(f"{pid} ({application or 'no name'})" for pid, application in others[:3])
        raise DatabaseInUseError(
            f"{len(others)} other sessions use {name}: {who}", hint="Stop the applications that use it, then reset."
        )


def _recreate(conn: psycopg.Connection[Any], name: str, kind: _Kind) -> None:
    try:
        execute(conn, compose("DROP DATABASE {name}", name=identifier(name)))
        execute(conn, compose("CREATE DATABASE {name} {options}", name=identifier(name), options=_options(kind)))
    except psycopg.errors.InsufficientPrivilege as error:
        raise PrivilegeError(
            f"the database could not be made again: {error.diag.message_primary}",
            hint="A reset needs the database's owner, who may create databases: ALTER ROLE … CREATEDB;",
            sqlstate=error.sqlstate,
        ) from None


def _options(kind: _Kind) -> Sql:
    provider = {"i": raw(" LOCALE_PROVIDER icu ICU_LOCALE "), "b": raw(" LOCALE_PROVIDER builtin BUILTIN_LOCALE ")}
    locale = raw("")
    if kind.provider in provider and kind.locale:
        locale = compose("{provider}{locale}", provider=provider[kind.provider], locale=literal(kind.locale))
    return compose(
        "OWNER {owner} TEMPLATE template0 ENCODING {encoding} LC_COLLATE {collate} LC_CTYPE {ctype}{locale}",
        owner=identifier(kind.owner),
        encoding=literal(kind.encoding),
        collate=literal(kind.collate),
        ctype=literal(kind.ctype),
        locale=locale,
    )
