"""Connections to the target: how they are opened, what they are called, and why one could not be had."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import conninfo
from psycopg.rows import tuple_row

from seltzer.errors import ConnectionFailedError, ConnectionNotIdleError
from seltzer.sql.redact import without_passwords

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from seltzer.db.text import Sql

ConnectionT = TypeVar("ConnectionT", bound="psycopg.Connection[Any]")


def connect(
    parameters: Mapping[str, str],
    kind: type[ConnectionT] = psycopg.Connection,  # type: ignore[assignment]  # the default is the bound itself
) -> ConnectionT:
    """Open a connection in autocommit mode.

    Args:
        parameters: libpq's keywords; what is missing comes from libpq's own variables and defaults.
        kind: The class of the connection.

    Raises:
        ConnectionFailedError: The server refused, cannot be reached, or is not there.
    """
    chosen = {"connect_timeout": "10", "fallback_application_name": "seltzer", **parameters}
    chosen["client_encoding"] = "UTF8"
    try:
        return kind.connect(autocommit=True, prepare_threshold=None, **chosen)  # type: ignore[arg-type]
    except psycopg.Error as error:
        failed = _failed(error, chosen)
    raise failed  # outside of the handler: psycopg's error would stay in its chain


def execute(conn: psycopg.Connection[Any], command: Sql) -> None:
    """Run one command of ours that returns nothing."""
    conn.execute(command.encode())


def fetch(conn: psycopg.Connection[Any], query: Sql) -> list[tuple[Any, ...]]:
    """The rows of one query as tuples, whatever the connection's own row factory is."""
    with conn.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(query.encode()).fetchall()


def parameters_of(conn: psycopg.Connection[Any], given: Mapping[str, str] | None = None) -> dict[str, str]:
    """The keywords that open another connection to where `conn` is, its password among them.

    Host and address are the ones that `conn` reached: with several hosts in the text, or a variable like PGHOSTADDR
    in the environment, a second connection must not end up on another server.

    Args:
        conn: An open connection.
        given: What opened it; None asks the connection.
    """
    info = conn.info
    reached = {
        "host": info.host,
        "hostaddr": info.hostaddr,
        "port": str(info.port),
        "user": info.user,
        "dbname": info.dbname,
    }
    if info.password:
        reached["password"] = info.password
    return {**(info.get_parameters() if given is None else given), **reached}


@contextmanager
def borrowed(
    conn: psycopg.Connection[Any],
) -> Generator[tuple[psycopg.Connection[Any], Mapping[str, str]]]:
    """Use a caller's connection while the block runs, and leave it as it was; with the keywords for more like it.

    Raises:
        ConnectionNotIdleError: It is closed, broken or in a transaction.
    """
    refuse_busy(conn)
    autocommit, threshold = conn.autocommit, conn.prepare_threshold
    conn.autocommit, conn.prepare_threshold = True, None
    try:
        yield conn, parameters_of(conn)
    finally:
        if not conn.closed and not conn.broken:
            conn.autocommit, conn.prepare_threshold = autocommit, threshold


def refuse_busy(conn: psycopg.Connection[Any]) -> None:
    """Refuse a caller's connection that cannot be borrowed.

    Raises:
        ConnectionNotIdleError: It is closed, broken or in a transaction.
    """
    if conn.closed or conn.broken:
        raise ConnectionNotIdleError("the connection that was given is closed", hint="Give an open one.")
    if conn.info.transaction_status is not psycopg.pq.TransactionStatus.IDLE:
        raise ConnectionNotIdleError(
            "the connection that was given is in a transaction",
            hint="Commit or roll back first, or give a connection of its own.",
        )


def describe(conn: psycopg.Connection[Any]) -> str:
    """`user@host:port/name` of an open connection."""
    info = conn.info
    return f"{info.user}@{info.host or 'local'}:{info.port}/{info.dbname}"


def describe_parameters(parameters: Mapping[str, str]) -> str:
    """`user@host:port/name` as far as keywords say it; nothing secret."""
    known = {**_defaults(), **{key: value for key, value in parameters.items() if value}}
    user = f"{known['user']}@" if known.get("user") else ""
    host = known.get("host") or known.get("hostaddr") or "local"
    return f"{user}{host}:{known.get('port', '5432')}/{known.get('dbname') or known.get('user') or ''}"


def _defaults() -> dict[str, str]:
    """Libpq's own idea of what was left out: its variables and compiled defaults, never the password."""
    found: dict[str, str] = {}
    for option in psycopg.pq.Conninfo.get_defaults():
        keyword = option.keyword.decode()
        if option.val and keyword in {"user", "host", "hostaddr", "port", "dbname"}:
            found[keyword] = option.val.decode()
    return found


_SECRETS = ("password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key")
_HINTS = (
    ("password authentication failed", "Check user and password, and pg_hba.conf on the server."),
    (
        "no password supplied",
        "Give a password: DB_PASSWORD of shared.config, the database's URL, PGPASSWORD or ~/.pgpass.",
    ),
    ("no pg_hba.conf entry", "The server does not let this user in from here: see pg_hba.conf on the server."),
    ("too many connections", "This role or database has no connection left: close some, or raise its limit."),
    ("too many connections", "The server has no connection left: close some, or raise the limit of the database."),
    ("too many clients", "The server has no connection left: close some, or raise max_connections."),
    ("remaining connection slots", "The server has no connection left: close some, or raise max_connections."),
    ("unsupported startup parameter", "A pooler takes no options (options=, PGOPTIONS): leave them out there."),
    ("Connection refused", "Is PostgreSQL running there? Check host and port."),
    ("No such file or directory", "Is PostgreSQL running there? Check the socket folder and port."),
    ("could not translate host name", "Check the host's name."),
    ("Name or service not known", "Check the host's name."),
    ("timeout expired", "The server did not answer in time: check host, port and firewall."),
    ("the database system is starting up", "Wait until the server has started."),
    ("SSL", "Check sslmode and the certificates."),
)


def _failed(error: psycopg.Error, parameters: Mapping[str, str]) -> ConnectionFailedError:
    text = without_passwords(str(error), *(parameters.get(keyword, "") for keyword in _SECRETS))
    name = parameters.get("dbname") or parameters.get("user") or ""
    hint = next((hint for words, hint in _HINTS if words in text), "Check the database's host, port, user and name.")
    if f'database "{name}" does not exist' in text:
        hint = f"Create it: createdb {name}"
    elif "role" in text and "does not exist" in text:
        hint = "Check the user's name, or create the role."
    reason = " ".join(text.split())
    return ConnectionFailedError(
        f"no connection to {describe_parameters(parameters)}: {reason}", hint=hint, sqlstate=error.sqlstate
    )


def make_conninfo(parameters: Mapping[str, str]) -> str:
    """Libpq's keyword string for `parameters`."""
    return conninfo.make_conninfo("", **parameters)
