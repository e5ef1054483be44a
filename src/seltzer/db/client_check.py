"""A server that notices that its client is gone: what a lost run left at work ends soon, and its locks are free.

While it works it looks for its client twice a second; without that a statement goes on to its end after its client was
killed. And it asks a network that has fallen silent after half a minute instead of two hours. Only for direct
connections: behind a pooler the client of the server is the pooler, and stays.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg

from seltzer.db.connect import fetch
from seltzer.db.text import compose, joined, literal, raw

if TYPE_CHECKING:
    from collections.abc import Generator

UNCHECKED = (
    "FROM (VALUES ('client_connection_check_interval', 500), ('tcp_keepalives_idle', 15), "
    # No tcp_user_timeout: it would end the session of a migration that is slow to read what it asked for.
    "('tcp_keepalives_interval', 5), ('tcp_keepalives_count', 3)) AS w (name, value) "
    "JOIN pg_catalog.pg_settings AS s ON s.name = w.name "
    "WHERE CASE WHEN s.name = w.name THEN s.setting::pg_catalog.int4 NOT BETWEEN 1 AND w.value END "
    "AND CASE WHEN s.name LIKE 'tcp%' THEN pg_catalog.inet_client_addr() IS NOT NULL ELSE "
    # Elsewhere setting it is an error: the system cannot tell.
    "pg_catalog.version() ~ 'linux' OR pg_catalog.version() ~ 'darwin|bsd' "
    "AND pg_catalog.current_setting('server_version_num') >= '150000' END"
)
"""The settings of a session (`s`) that let the server notice later than wanted (`w`), as far as it could be sooner."""


@contextmanager
def client_checked(conn: psycopg.Connection[Any]) -> Generator[None]:
    """Let the server notice that the client of `conn` is gone while the block runs; it may be the caller's own."""
    look = raw(f"SELECT s.name, s.setting, pg_catalog.set_config(w.name, w.value::pg_catalog.text, false) {UNCHECKED}")
    former = fetch(conn, look)
    try:
        yield
    finally:
        parts = [
            compose("pg_catalog.set_config({name}, {value}, false)", name=literal(name), value=literal(value))
            for name, value, _ in former
        ]
        if parts:
            with suppress(psycopg.OperationalError):
                fetch(conn, compose("SELECT {parts}", parts=joined(", ", parts)))
