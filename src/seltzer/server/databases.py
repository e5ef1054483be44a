"""Databases on a private server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from psycopg import errors, sql

from seltzer.errors import ConnectionFailedError

if TYPE_CHECKING:
    from seltzer.server.postmaster import Server


def ensure_database(server: Server, name: str) -> str:
    """Create a database unless it is there, whoever else is doing the same; returns its URL.

    It is made from `template0`: from `template1` a stray session there would be in the way.

    Raises:
        ConnectionFailedError: The server does not answer any more.
    """
    try:
        with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
            known = conn.execute("SELECT 1 FROM pg_catalog.pg_database WHERE datname = %s", [name]).fetchone()
            if known is None:
                _create(conn, name)
    except psycopg.OperationalError as error:
        raise ConnectionFailedError(
            f"the private server in {server.data} does not answer",
            hint="Try again: it is started anew.",
            detail=str(error),
        ) from error
    return server.url(name)


def _create(conn: psycopg.Connection, name: str) -> None:
    try:
        conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    except (errors.DuplicateDatabase, errors.UniqueViolation):
        return  # another session made it meanwhile
