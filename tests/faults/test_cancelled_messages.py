"""A signal may come at any moment of a message: before it is sent, between its parts, after its answer."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from seltzer.db.connect import connect
from seltzer.db.message import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support import Database

LARGE = f"SELECT 1 -- {'x' * 20_000_000}"


@pytest.fixture
def wire(database: Database) -> Iterator[Wire]:
    """A connection as a stream of messages."""
    with connect({"host": str(database.server.socket_folder), "user": "postgres", "dbname": database.name}) as conn:
        yield Wire(conn)


def not_begun(_: Wire) -> None:
    """The signal was faster than the message."""


def half_sent(wire: Wire) -> None:
    """It is handed over, and only the first part of it has left."""
    wire.conn.pgconn.send_query(LARGE.encode())


def at_work(wire: Wire) -> None:
    """The server works on it."""
    wire.begin("SELECT pg_sleep(600)")


def answered(wire: Wire) -> None:
    """The answer has come, and nobody has read it."""
    wire.begin("SELECT 1")


@pytest.mark.parametrize("moment", [not_begun, half_sent, at_work, answered])
def test_cancelling_ends_at_any_moment(wire: Wire, moment: Callable[[Wire], None]) -> None:
    """It does not wait for an answer that never comes, and the connection can go on."""
    moment(wire)
    thread = threading.Thread(target=wire.cancel, daemon=True)
    thread.start()
    thread.join(30)

    assert not thread.is_alive()
    assert not wire.conn.closed
    assert wire.ask("SELECT 2") == [[("2",)]]
