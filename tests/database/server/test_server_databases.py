"""Databases on a private server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from seltzer.errors import ConnectionFailedError
from seltzer.server import Server, ensure_database, find_binaries, private_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server(base: Path) -> Iterator[Server]:
    """A throw-away server."""
    assert base.is_dir()
    with private_server(find_binaries()) as server:
        yield server


def test_eight_threads_create_one_database(server: Server) -> None:
    """However many ask for a database at the same moment, all of them get it, whatever its name."""
    name = 'a "b" %/c d?e'
    with ThreadPoolExecutor(8) as threads:
        urls = {future.result() for future in [threads.submit(ensure_database, server, name) for _ in range(8)]}

    assert urls == {server.url(name)}
    with psycopg.connect(server.url(name)) as conn:
        assert conn.info.dbname == name


def test_a_server_that_is_gone_is_an_error_of_ours(server: Server, tmp_path: Path) -> None:
    """The caller learns which server does not answer."""
    gone = replace(server, socket_folder=tmp_path)

    with pytest.raises(ConnectionFailedError, match="does not answer"):
        ensure_database(gone, "app")
