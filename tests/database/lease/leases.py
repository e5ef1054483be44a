"""Leases on direct connections: taken, held, and left behind."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg

from seltzer.db.history_sql import HistoryTable
from seltzer.db.lease import Lease, Patience, held_lease
from seltzer.db.lease_row import Terms

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from psycopg.abc import Query

    from support import Database

TABLE = HistoryTable("seltzer", "history")
AT_ONCE = Patience(timedelta(0))
PATIENCE_S = 30.0
SHORT = timedelta(milliseconds=300)
LONG = timedelta(hours=1)


def terms(duration: timedelta = LONG) -> Terms:
    """Somebody new."""
    return Terms(str(uuid.uuid4()), "me@here", "shop", duration)


def take_silently(conn: psycopg.Connection[tuple[object, ...]], duration: timedelta) -> Lease:
    """Take the lease as a process that is never heard of again."""
    holder = str(uuid.uuid4())
    conn.execute(
        "UPDATE seltzer.lease SET holder = %s, since = clock_timestamp(), client = 'gone@there', application = 'shop', "
        "expires = clock_timestamp() + %s",
        (holder, duration),
    )
    return Lease(TABLE, holder)


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for a state."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"still not: {what}"
        time.sleep(0.02)


def run(conn: psycopg.Connection[tuple[object, ...]], text: Query | str) -> list[tuple[object, ...]]:
    """The rows of a statement of ours."""
    cursor = conn.execute(text.encode() if isinstance(text, str) else text)
    return cursor.fetchall() if cursor.description else []


def parameters(database: Database) -> dict[str, str]:
    """What opens one more connection."""
    return psycopg.conninfo.conninfo_to_dict(database.url)  # type: ignore[return-value]  # all of these are texts


def held(
    database: Database, conn: psycopg.Connection[tuple[object, ...]], patience: Patience = AT_ONCE
) -> AbstractContextManager[Lease]:
    """Hold the lease as somebody new."""
    return held_lease(conn, parameters(database), TABLE, terms(), patience)
