"""A server that looks for its client while it works: what a killed process left running ends soon, with its locks.

Without it a statement goes on to its end after its client is gone. Only for direct connections: a pooler stays.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg

from seltzer.db.connect import fetch
from seltzer.db.text import compose, literal, raw

if TYPE_CHECKING:
    from collections.abc import Generator

CHECK_MS = "500"

BLIND = (
    "FROM pg_catalog.pg_settings AS s WHERE s.name = 'client_connection_check_interval' "
    "AND s.setting::pg_catalog.int4 NOT BETWEEN 1 AND 500 AND (pg_catalog.version() ~ 'linux' "
    "OR pg_catalog.version() ~ 'darwin|bsd' AND pg_catalog.current_setting('server_version_num') >= '150000')"
)
"""The setting, where the server does not look by itself, or seldom, and its system can; elsewhere setting it fails."""


@contextmanager
def client_checked(conn: psycopg.Connection[Any]) -> Generator[None]:
    """Let the server look for the client of `conn` while the block runs; it may be the caller's own connection."""
    look = raw(f"SELECT s.setting, pg_catalog.set_config(s.name, '{CHECK_MS}', false) {BLIND}")
    former = fetch(conn, look)
    try:
        yield
    finally:
        if former:
            restore = "SELECT pg_catalog.set_config('client_connection_check_interval', {former}, false)"
            with suppress(psycopg.OperationalError):
                fetch(conn, compose(restore, former=literal(former[0][0])))
