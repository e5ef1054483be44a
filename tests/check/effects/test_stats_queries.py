"""`seltzer stats` on a server that counts its queries: they are written without constants, for `check --workload`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from seltzer.catalog.statistics import read_queries
from seltzer.claims.workload import normalised_query, read_workload
from seltzer.errors import NoServerBinariesError
from seltzer.server import Binaries, find_binaries, private_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.server import Server
    from support import Database

_CONTROL = "extension/pg_stat_statements.control"


def _counting_binaries() -> Binaries | None:
    """A PostgreSQL of this machine that has the extension; the wheel's have none."""
    for major in (18, 17, 16, 15, 14):
        for folder in (Path(f"/usr/lib/postgresql/{major}"), Path(f"/usr/share/postgresql/{major}")):
            if (folder / _CONTROL).is_file():
                try:
                    return find_binaries(major, Path(f"/usr/lib/postgresql/{major}/bin"))
                except NoServerBinariesError:
                    continue
    return None


@pytest.fixture(scope="module")
def counting() -> Iterator[Server]:
    """A server that counts its queries."""
    binaries = _counting_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL with pg_stat_statements is installed here")
    with private_server(binaries, {"shared_preload_libraries": "pg_stat_statements"}) as server:
        yield server


def test_queries_are_written_without_constants(counting: Server, tmp_path: Path) -> None:
    """What can be prepared, the most called first; never a value, a password or a comment."""
    with psycopg.connect(counting.url("postgres"), autocommit=True) as conn:
        conn.execute("CREATE SCHEMA watch; CREATE EXTENSION pg_stat_statements SCHEMA watch")
        conn.execute("CREATE TABLE users (id bigint, email text)")
        conn.execute("CREATE ROLE someone PASSWORD 'hidden-one'")
        for number in range(3):
            conn.execute(f"SELECT id /* hidden-two */ FROM users WHERE email = 'hidden-three {number}'".encode())
        conn.execute("UPDATE users SET email = 'hidden-four'")
    file = tmp_path / "stats.json"
    command = [sys.executable, "-m", "seltzer", "stats", str(file), "--database", counting.url("postgres")]

    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    queries = json.loads(file.read_text(encoding="utf-8"))["queries"]
    texts = {item["query"]: item["calls"] for item in queries}
    assert texts["SELECT id   FROM users WHERE email = $1"] == 3
    assert texts["UPDATE users SET email = $1"] == 1
    assert "hidden" not in file.read_text(encoding="utf-8")
    assert {query.text for query in read_workload(file)} == set(texts)


def test_a_server_that_does_not_count_says_nothing(database: Database) -> None:
    """Without the extension there are no queries, and no error."""
    with psycopg.connect(database.url, autocommit=True) as conn:
        assert read_queries(conn) is None


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("SELECT 1 FROM users WHERE name = 'x'", "SELECT $1 FROM users WHERE name = $2"),
        ("SELECT id FROM users WHERE name = $1 -- Ann", "SELECT id FROM users WHERE name = $1"),
        ("ALTER ROLE app PASSWORD 'x'", ""),
        ("SELECT 1; SELECT 2", ""),
        ("SELECT id FROM users WHERE id = ANY (", ""),
    ],
)
def test_a_query_without_its_values(text: str, normalised: str) -> None:
    """Only one that can be prepared."""
    assert normalised_query(text) == normalised
