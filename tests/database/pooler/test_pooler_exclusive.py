"""Behind a pooler too, one run at a time: among themselves, and beside runs with a direct connection."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from database.pooler.runs import apply_briefly, apply_in, holder_of, is_at, running, until
from seltzer.db.history_sql import HistoryTable
from seltzer.db.lock import migration_lock
from seltzer.errors import LockHeldError

if TYPE_CHECKING:
    from database.pooler.poolers import PooledDatabase
    from support import Project

pytestmark = pytest.mark.pooler

FILES = {
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id int UNIQUE);\nINSERT INTO users VALUES (0);\n",
    "users/0001_index.sql": "CREATE INDEX CONCURRENTLY idx_users_id ON users (id);\nINSERT INTO users VALUES (1);\n",
    "users/0002_fill.py": "def apply(conn):\n    conn.execute('INSERT INTO users VALUES (2)')\n",
    "users/everyone.sql": "CREATE VIEW everyone AS SELECT id FROM users;\nINSERT INTO users VALUES (3);\n",
    "audit/__init__.py": "import seltzer\ndef run_migration():\n    seltzer.execute_sql_file('audit.sql')\n",
    "audit/audit.sql": "-- seltzer: depends-on = users\nINSERT INTO users VALUES (4);\n",
}
IDS = ["audit/run_migration", "users/0001_index", "users/0002_fill", "users/create_tables", "users/everyone"]


@pytest.mark.parametrize(
    ("processes", "directly"), [(8, 0), (8, 4), pytest.param(32, 0, marks=pytest.mark.slow)], ids=str
)
def test_processes_that_start_at_once_apply_each_migration_once(
    project: Project, pooled: PooledDatabase, processes: int, directly: int
) -> None:
    """All succeed, whoever was first, whichever way they came; the server sees no error."""
    project.write(FILES)
    log = pooled.server.data.parent / "server.log"
    start = log.stat().st_size
    around = {"SELTZER_DATABASE": pooled.direct.url}

    going = [project.start("apply", "--json", environment=around if n < directly else None) for n in range(processes)]
    ends = [(process.communicate(), process.returncode) for process in going]

    assert [code for _, code in ends] == [0] * processes, [errors for (_, errors), _ in ends]
    rows = project.migrations().history().rows
    assert sorted(row.id for row in rows) == IDS
    assert {row.state for row in rows} == {"applied"}
    assert project.database.query("SELECT id FROM users ORDER BY id") == [(0,), (1,), (2,), (3,), (4,)]
    entries = log.read_bytes()[start:].decode(errors="replace").splitlines()
    levels = {entry.split("|")[2].partition(":")[0] for entry in entries if entry.startswith(f"{pooled.name}|")}
    assert "LOG" in levels
    assert not levels & {"WARNING", "ERROR", "FATAL", "PANIC"}


def test_a_direct_run_waits_for_a_run_behind_a_pooler(project: Project, pooled: PooledDatabase) -> None:
    """It has the migration lock, and learns from the lease that somebody else is at work."""
    project.write({"shop/create_tables.sql": "CREATE TABLE gate (id int);\n"})
    apply_briefly(project)
    project.write({"shop/0001_wait.sql": "LOCK TABLE gate;\n"})

    with pooled.direct.connect() as keeper, running(project) as holder:
        keeper.execute("BEGIN; LOCK TABLE gate")
        until(lambda: is_at(pooled.direct, "shop/0001_wait"), "the holder is at work")
        with pytest.raises(LockHeldError) as caught:
            apply_in(str(project.folder), pooled.direct.url, lock_wait="0")
        keeper.execute("COMMIT")
        holder.communicate()

    assert "applying shop/0001_wait" in caught.value.message
    assert apply_in(str(project.folder), pooled.direct.url, lock_wait="0").applied == ()


def test_a_run_behind_a_pooler_waits_for_a_direct_one(project: Project, pooled: PooledDatabase) -> None:
    """While somebody holds the migration lock, nobody takes the lease."""
    project.write({"shop/create_tables.sql": "CREATE TABLE gate (id int);\n"})
    key = HistoryTable("seltzer", "history").lock_key()

    with pooled.direct.connect() as other, migration_lock(other, key, timedelta(0)):
        with pytest.raises(LockHeldError):
            apply_briefly(project, lock_wait="300ms")

        assert holder_of(pooled.direct) is None

    assert apply_briefly(project).applied == ("shop/create_tables",)


def test_a_direct_run_takes_an_expired_lease_away(project: Project, pooled: PooledDatabase) -> None:
    """What a killed run behind a pooler has left is ended and finished by a run with a direct connection."""
    project.write({"shop/create_tables.sql": "CREATE TABLE gate (id int);\n"})
    apply_briefly(project)
    project.write({"shop/0001_wait.sql": "LOCK TABLE gate;\n"})
    told: list[str] = []

    with pooled.direct.connect() as keeper, running(project) as killed:
        keeper.execute("BEGIN; LOCK TABLE gate")
        until(lambda: is_at(pooled.direct, "shop/0001_wait"), "the holder is at work")
        held = holder_of(pooled.direct)
        killed.kill()
        killed.wait()
        with project.start("apply", environment={"SELTZER_DATABASE": pooled.direct.url}) as heir:
            until(lambda: holder_of(pooled.direct) != held, "the lease is taken away")
            keeper.execute("COMMIT")
            told += heir.communicate()

    assert heir.returncode == 0, told
    assert "has lost its lease" in told[1]
    assert pooled.query("SELECT id FROM seltzer.history ORDER BY position") == [
        ("shop/create_tables",),
        ("shop/0001_wait",),
    ]


def test_status_says_who_holds_the_lease(project: Project, pooled: PooledDatabase) -> None:
    """As with the migration lock: the backend, the application, since when, and what it is at."""
    project.write({"shop/create_tables.sql": "CREATE TABLE gate (id int);\n"})
    apply_briefly(project)
    project.write({"shop/0001_wait.sql": "LOCK TABLE gate;\n"})

    with pooled.direct.connect() as keeper, running(project) as holder:
        keeper.execute("BEGIN; LOCK TABLE gate")
        until(lambda: is_at(pooled.direct, "shop/0001_wait"), "the holder is at work")
        run = project.migrations().status().run
        keeper.execute("COMMIT")
        holder.communicate()

    assert run is not None
    assert run.migration == "shop/0001_wait"
    assert run.pid is not None
    assert project.migrations().status().run is None
