"""Two who ask for the same lease."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from database.lease.leases import TABLE
from seltzer.db.tables import ensure_lease

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from support import Database


@pytest.fixture
def conn(database: Database) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection of somebody who asks for the lease."""
    with database.connect() as connection:
        ensure_lease(connection, TABLE)
        yield connection


@pytest.fixture
def rival(database: Database) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection of somebody else who does."""
    with database.connect() as connection:
        yield connection
