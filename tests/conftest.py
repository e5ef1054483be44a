"""A server a session and version, a database a test, and nothing of the developer's own environment."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from seltzer.server import find_binaries, private_server
from support import Database, Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.server import Binaries, Server

_NUMBERS = itertools.count(1)

# Thousands of databases are made and dropped, which on a disk takes half of the time.
_MEMORY = Path("/dev/shm")  # noqa: S108  # pytest makes a folder of its own there
_MEMORY_NEEDED = 3 << 30


def pytest_configure(config: pytest.Config) -> None:
    """Keep what tests write in memory where there is room for it, unless TMPDIR says where; workers inherit it."""
    if "TMPDIR" in os.environ or hasattr(config, "workerinput"):
        return
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _MEMORY_NEEDED:
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None


# Planted defects, twins, recipes and pytest's plugin are tried on PostgreSQL 18 by `make test`, on 16 too by
# `make test-all`. These run on both: what a claim refutes, what statements do, and how a check ends.
_LONG = tuple(Path(__file__).parent / name for name in ("check", "integrations"))
_ON_BOTH_VERSIONS = frozenset({"test_switched_off.py", "test_forms.py", "test_trace.py", "test_endless.py"})


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what is tried on both versions elsewhere to the long run."""
    for item in items:
        long = any(item.path.is_relative_to(folder) for folder in _LONG) and item.path.name not in _ON_BOTH_VERSIONS
        if long and "pg16" in item.name:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """No setting or database of the developer's reaches a test."""
    for name in list(os.environ):
        if name.startswith(("SELTZER_", "PG", "DB_")) or name == "DATABASE_URL":
            monkeypatch.delenv(name)


@pytest.fixture(scope="session", params=[18, 16], ids=["pg18", "pg16"])
def binaries(request: pytest.FixtureRequest) -> Binaries:
    """The programs of each PostgreSQL that the tests run on."""
    return find_binaries(request.param)


@pytest.fixture(scope="session")
def server(binaries: Binaries) -> Iterator[Server]:
    """One server a session and version; it logs every statement, for tests that count them."""
    settings = {"log_statement": "all", "log_line_prefix": "%d|%a|", "max_connections": "200"}
    with private_server(binaries, settings) as running:
        yield running


@pytest.fixture
def database(server: Server, binaries: Binaries) -> Iterator[Database]:
    """An empty database; gone after the test."""
    name = f"test_{next(_NUMBERS)}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield Database(server, binaries, name)
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def project(tmp_path: Path, database: Database) -> Project:
    """A project with an empty `migrations/` folder."""
    (tmp_path / "migrations").mkdir()
    return Project(tmp_path, database)
