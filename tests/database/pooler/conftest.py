"""A PgBouncer in transaction mode a session and version, a project behind it a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from database.pooler.poolers import PooledDatabase, find_pgbouncer, pgbouncer
from support import Database, Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seltzer.server import Server


@pytest.fixture(scope="session")
def pooler_port(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where the PgBouncer before the tests' server listens."""
    if find_pgbouncer() is None:
        pytest.skip("PgBouncer is not installed: apt-get install pgbouncer")
    with pgbouncer(server, tmp_path_factory.mktemp("pooler")) as port:
        yield port


@pytest.fixture
def pooled(database: Database, pooler_port: int) -> PooledDatabase:
    """An empty database behind the pooler."""
    return PooledDatabase(database.server, database.binaries, database.name, pooler_port)


@pytest.fixture
def project(tmp_path: Path, pooled: PooledDatabase) -> Project:
    """A project whose database is behind the pooler."""
    (tmp_path / "migrations").mkdir()
    return Project(tmp_path, pooled)
