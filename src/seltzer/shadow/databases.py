"""Creating and dropping databases: by connections of its own, under names that say whose they are."""

from __future__ import annotations

import itertools
import secrets
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, LiteralString

import psycopg
from psycopg import errors, sql

from seltzer.config.values import NAMES
from seltzer.db.connect import connect, describe
from seltzer.errors import ConnectionFailedError, ShadowError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

PREFIX = "seltzer_shadow_"
CLONE, DRAFT, TEMPLATE = f"{PREFIX}c_", f"{PREFIX}d_", f"{PREFIX}t_"
EMPTY = "template0"

# The first key of advisory locks; the second says whose.
ALIVE, IN_USE, BUILDING = 0x5E17_0001, 0x5E17_0002, 0x5E17_0003
_STRATEGIES_SINCE = 15

_MAY_CREATE = "SELECT rolcreatedb OR rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"
_UNLIMITED = "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_session_timeout = 0"
# What CREATE DATABASE does not copy.
_SETTINGS = """
    SELECT coalesce(r.rolname, ''), split_part(s.entry, '=', 1), substr(s.entry, strpos(s.entry, '=') + 1)
    FROM pg_catalog.pg_db_role_setting AS g
    JOIN pg_catalog.pg_database AS d ON d.oid = g.setdatabase
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = g.setrole
    CROSS JOIN LATERAL unnest(g.setconfig) AS s (entry)
    WHERE d.datname = %s
"""
# A text with a whole list in it would be one name there (PostgreSQL's GUC_LIST_QUOTE).
_LISTS = ("search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries")


class Databases:
    """The databases of one shadow.

    One session lasts as long as this does. It holds the lock that says that our databases are in use, and the shared
    locks of the templates; the databases of a process that was killed have lost theirs.

    Attributes:
        parameters: libpq's keywords of the database that is connected to while others are created and dropped.
        major: The server's major version.
        user: The role that owns what is made.
        durable: Whether the server brings to disk what it writes.
    """

    def __init__(self, parameters: Mapping[str, str]) -> None:
        """Connect.

        Raises:
            ConnectionFailedError: The server does not answer.
            ShadowError: It does not let this role create databases.
        """
        self.parameters = {**parameters, "application_name": "seltzer shadow"}
        self.session = self._connect()
        self.major = self.session.info.server_version // 10000
        self.user = str(self._one("SELECT current_user"))
        self.durable = self._one("SELECT pg_catalog.current_setting('fsync')") == "on"
        self._token = secrets.randbelow(2**31)
        self._numbers = itertools.count(1)
        self._idle: list[psycopg.Connection] = []
        if not self._one(_MAY_CREATE):
            where = describe(self.session)
            self.session.close()
            raise ShadowError(
                f"the shadow cannot be on {where}: the role {self.user} may not create databases",
                hint=f'ALTER ROLE "{self.user}" CREATEDB, or leave the setting shadow out for a private server.',
            )
        self.session.execute("SELECT pg_catalog.pg_advisory_lock(%s, %s)", [ALIVE, self._token])

    def new_name(self, prefix: str) -> str:
        """A name that no database has, with what tells that this session lives."""
        return f"{prefix}{self._token:08x}_{next(self._numbers)}"

    @contextmanager
    def connection(self) -> Generator[psycopg.Connection]:
        """Use a connection alone, in autocommit mode.

        Raises:
            ShadowError: The server went away.
        """
        try:
            conn = self._idle.pop()
        except IndexError:
            with answers():
                conn = self._connect()
        try:
            yield conn
        finally:
            if conn.closed or conn.info.transaction_status is not psycopg.pq.TransactionStatus.IDLE:
                conn.close()
            else:
                self._idle.append(conn)

    def create(self, name: str, source: str) -> None:
        """Create a database as a copy of another one, settings that hold in it included.

        Raises:
            ShadowError: The server refuses, or went away.
        """
        how = sql.SQL(copy_strategy(self.major, durable=self.durable))
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {}{}")
        with self.connection() as conn, _refusals(f"no copy of {source} could be made"):
            conn.execute(command.format(sql.Identifier(name), sql.Identifier(source), how))
            if source != EMPTY:
                self._copy_settings(conn, name, source)

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected to it; one that is gone is none.

        Raises:
            ShadowError: The server refuses, or went away.
        """
        with self.connection() as conn, _refusals(f"{name} could not be dropped"):
            conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def freeze(self, draft: str, name: str) -> None:
        """Make a draft the template `name`, which nobody can connect to; another one of that name stays.

        Raises:
            ShadowError: The server refuses, or went away.
        """
        source = sql.Identifier(draft)
        with self.connection() as conn, _refusals(f"{draft} could not become a template"):
            conn.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(source))
            conn.execute(
                "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE datname = %s",
                [draft],
            )
            try:
                conn.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(source, sql.Identifier(name)))
            except (errors.DuplicateDatabase, errors.UniqueViolation):
                conn.execute(sql.SQL("DROP DATABASE {}").format(source))

    def close(self) -> None:
        """Close all connections; the templates are nobody's then."""
        for conn in (*self._idle, self.session):
            conn.close()

    def _connect(self) -> psycopg.Connection:
        conn = connect(self.parameters)
        for command in _UNLIMITED.split("; "):
            conn.execute(command)
        return conn

    def _one(self, query: LiteralString) -> object:
        row = self.session.execute(query).fetchone()
        return row[0] if row else None

    @staticmethod
    def _copy_settings(conn: psycopg.Connection, name: str, source: str) -> None:
        for role, setting, value in conn.execute(_SETTINGS, [source]).fetchall():
            whose = sql.SQL("ROLE {} IN DATABASE {}") if role else sql.SQL("{}DATABASE {}")
            head = whose.format(sql.Identifier(role) if role else sql.SQL(""), sql.Identifier(name))
            setting_name = sql.SQL(".").join(map(sql.Identifier, setting.split(".")))
            conn.execute(sql.SQL("ALTER {} SET {} TO {}").format(head, setting_name, _written(setting, value)))


def copy_strategy(major: int, *, durable: bool) -> LiteralString:
    """How a database is copied.

    Copying files is twice as fast as going through the log once there are some hundred of them; but it begins and ends
    with a checkpoint, and a drop has one too. Where those wait for the disk, the log is several times as fast.

    Args:
        major: The server's major version.
        durable: Whether it brings to disk what it writes.
    """
    return " STRATEGY file_copy" if major >= _STRATEGIES_SINCE and not durable else ""


def _written(setting: str, value: str) -> sql.Composable:
    """The value of a setting as SET takes it."""
    if setting.lower() not in _LISTS or value == '""':
        return sql.Literal(value.strip('"') if setting.lower() in _LISTS else value)
    return sql.SQL(", ").join(map(sql.Literal, NAMES.read(value, Path())))


@contextmanager
def answers() -> Generator[None]:
    """Turn a server that does not answer any more into an error of ours."""
    try:
        yield
    except (psycopg.Error, ConnectionFailedError) as error:
        reason = " ".join((error.message if isinstance(error, ConnectionFailedError) else str(error)).split())
        raise ShadowError(f"the shadow went away: {reason}", hint="Try again: it is started anew.") from error


@contextmanager
def _refusals(what: str) -> Generator[None]:
    """Turn what the server refuses into an error of ours."""
    try:
        yield
    except psycopg.Error as error:
        reason = error.diag.message_primary or " ".join(str(error).split())
        raise ShadowError(
            f"{what}: {reason}",
            hint="Try again: seltzer shadow stop ends a server of ours that is in a bad state, the next use starts it.",
            sqlstate=error.sqlstate,
        ) from error
