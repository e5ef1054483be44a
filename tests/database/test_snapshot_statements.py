"""A snapshot sees whatever a statement can change in a schema, and says it in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from database.snapshot_cases import BASE, CASES
from seltzer.catalog.snapshot import Snapshot, difference, read_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from database.snapshot_cases import Case
    from seltzer.server import Binaries, Server

_NAME = "snapshot_statements"


@pytest.fixture(scope="module")
def conn(server: Server) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a database with one of everything in it; what a test does there is rolled back."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_NAME)))
        admin.execute("CREATE ROLE snapshot_reader")
        with psycopg.connect(server.url(_NAME), autocommit=True) as found:
            found.execute("CREATE ACCESS METHOD snapshot_heap TYPE TABLE HANDLER heap_tableam_handler")
            found.execute(BASE.encode())
            yield found
        admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(_NAME)))
        admin.execute("DROP ROLE snapshot_reader")


@pytest.fixture(scope="module")
def before(conn: psycopg.Connection[Any]) -> Snapshot:
    """The snapshot of that database."""
    return read_snapshot(conn)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.statement[:60])
def test_a_snapshot_sees_what_a_statement_changes(
    conn: psycopg.Connection[Any], before: Snapshot, binaries: Binaries, case: Case
) -> None:
    """The difference names the object and what became of it; nothing is left of it after a rollback."""
    if binaries.major < case.since:
        pytest.skip(f"PostgreSQL {case.since} and later")
    with conn.transaction(force_rollback=True):
        conn.execute(case.statement.encode())

        changes = [str(change) for change in difference(before, read_snapshot(conn))]

    assert any(case.seen in change for change in changes), "\n".join(changes)
    assert read_snapshot(conn) == before
