"""The server crashes behind a pooler, which connects again by itself: nobody but the history can tell what is lost."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import pytest

from database.pooler.poolers import Manner, PooledDatabase, find_pgbouncer, pgbouncer
from faults.proxy import Proxy
from faults.trials import SETTINGS
from seltzer.errors import DatabaseError
from seltzer.events import StepFinished
from seltzer.server import private_server
from seltzer.server.account import server_account
from seltzer.server.cluster import Cluster, Shutdown, ensure_running, stop
from seltzer.server.copies import usable_binaries
from support import Project

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.events import Event
    from seltzer.server import Binaries

pytestmark = pytest.mark.pooler

FILES = {
    "m/0001_one.sql": "CREATE TABLE one ();\n",
    "m/0002_two.py": "def apply(conn):\n    conn.execute('CREATE TABLE two ()')\n",
    "m/0003_three.sql": "CREATE TABLE three (id int);\nCREATE INDEX CONCURRENTLY i ON three (id);\n",
    "n/0001_four.sql": "CREATE TABLE four ();\n",
}
TABLES = "SELECT count(*) FROM pg_class WHERE relname IN ('one', 'two', 'three', 'four')"


def behind(proxy: Proxy) -> Manner:
    """A pooler that finds the server wherever it was started last."""
    return Manner(upstream=f"host=127.0.0.1 port={urlsplit(proxy.url('crashed')).port}")


@pytest.mark.parametrize("after", ["m/0001_one", "m/0002_two", "m/0003_three"])
def test_a_crash_between_two_migrations_loses_nothing(binaries: Binaries, tmp_path: Path, after: str) -> None:
    """Every commit behind a pooler is on disk before the next migration: what is said to be applied is there."""
    if find_pgbouncer() is None:
        pytest.skip("PgBouncer is not installed: apt-get install pgbouncer")
    account = server_account()
    (tmp_path / "migrations").mkdir()
    with private_server(binaries, SETTINGS) as server:
        cluster = Cluster(server.data.parent, usable_binaries(binaries, account), account)
        running = [server]
        with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
            conn.execute("CREATE DATABASE crashed")
        with Proxy(lambda: running[-1]) as proxy, pgbouncer(server, tmp_path, behind(proxy)) as port:
            project = Project(tmp_path, PooledDatabase(server, binaries, "crashed", port)).write(FILES)
            said: list[str] = []

            def crash(event: Event) -> None:
                if isinstance(event, StepFinished):
                    said.append(event.id)
                    if event.id == after:
                        stop(cluster, Shutdown.IMMEDIATE)
                        running.append(ensure_running(cluster, SETTINGS))

            # The pooler may have connected again before anybody noticed, or not.
            with suppress(DatabaseError):
                project.migrations().run_all(on_event=crash)

            recorded = [row.id for row in project.migrations().history().rows if row.state == "applied"]
            assert recorded[: len(said)] == said
            project.migrations().run_all()
            assert set(project.states().values()) == {"applied"}
            assert project.database.query(TABLES) == [(4,)]
