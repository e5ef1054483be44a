"""Killed anywhere behind a pooler: the next run finishes, with nobody's help, and the schema is that of a quiet run."""

from __future__ import annotations

import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from database.pooler.runs import apply_briefly, holder_of, running, until

if TYPE_CHECKING:
    from database.pooler.poolers import PooledDatabase
    from support import Database, Project

pytestmark = pytest.mark.pooler

FILES = {
    "shop/create_tables.sql": "CREATE TABLE items (id int PRIMARY KEY, name text);\nINSERT INTO items VALUES (0);\n",
    "shop/0001_plain.sql": "CREATE INDEX idx_items_name ON items (name);\nCOMMENT ON TABLE items IS 'Things';\n",
    "shop/0002_alone.sql": "CREATE INDEX CONCURRENTLY idx_items_id_name ON items (id, name);\n",
    "shop/0003_python.py": "def apply(conn):\n    conn.execute('INSERT INTO items VALUES (%s, %s)', (3, 'c'))\n",
    "shop/0004_mixed.sql": (
        "INSERT INTO items VALUES (4, 'd');\nCREATE INDEX CONCURRENTLY idx_items_low ON items (lower(name));\n"
        "BEGIN;\nSET LOCAL work_mem = '1MB';\nINSERT INTO items VALUES (5, 'e');\nCOMMIT;\nVACUUM items;\n"
    ),
    "shop/0005_set.sql": "SET search_path = public;\nINSERT INTO items VALUES (6, 'f');\nCREATE TEMP TABLE t ();\n",
    "shop/names.sql": "CREATE OR REPLACE VIEW names AS SELECT name FROM items;\n",
    "log/__init__.py": "import seltzer\ndef run_migration():\n    seltzer.execute_sql_file('log.sql')\n",
    "log/log.sql": "CREATE TABLE log (at timestamptz);\n",
}
ROWS = [(0,), (3,), (4,), (5,), (6,)]
SHORTLY_S = 0.7


def is_building(database: PooledDatabase) -> bool:
    """Whether an index build is at work on the server."""
    return database.direct.query("SELECT 1 FROM pg_stat_progress_create_index") != []


def test_a_build_that_outlives_its_run_is_waited_for(project: Project, pooled: PooledDatabase) -> None:
    """No loss of a lease ends it, so nobody takes over before it has ended; its index is not built twice."""
    project.write({"shop/create_tables.sql": FILES["shop/create_tables.sql"]})
    apply_briefly(project)
    project.write({"shop/0002_alone.sql": FILES["shop/0002_alone.sql"]})

    with pooled.direct.connect() as keeper, running(project) as killed:
        keeper.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
        until(lambda: is_building(pooled), "the build waits for an old snapshot")
        held = holder_of(pooled.direct)
        killed.kill()
        killed.wait()
        with running(project) as heir:
            until(
                lambda: pooled.direct.query("SELECT expires < clock_timestamp() FROM seltzer.lease") == [(True,)],
                "the lease has expired",
            )
            time.sleep(SHORTLY_S)  # time for somebody who does not wait to show it
            assert holder_of(pooled.direct) == held
            assert is_building(pooled)
            keeper.execute("COMMIT")
            out, errors = heir.communicate()

    assert heir.returncode == 0, errors
    assert out.split() == ["applied", "shop/0002_alone"]
    indexes = "SELECT relname, indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relname LIKE 'idx%'"
    assert pooled.query(indexes) == [("idx_items_id_name", True)]
    assert pooled.query("SELECT count(*) FROM seltzer.progress") == [(0,)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_gives_the_lease_back(project: Project, pooled: PooledDatabase, number: signal.Signals) -> None:
    """The running statement is cancelled through the pooler, and the next run need not wait for an expiry."""
    project.write({"shop/create_tables.sql": "CREATE TABLE gate ();\n"})
    apply_briefly(project)
    project.write({"shop/0001_wait.sql": "LOCK TABLE gate;\nCREATE TABLE late ();\n"})

    with pooled.direct.connect() as keeper:
        keeper.execute("BEGIN; LOCK TABLE gate")
        process = project.start("apply", environment={"SELTZER_LOCK_TIMEOUT": "0"})
        until(lambda: pooled.direct.query("SELECT 1 FROM pg_locks WHERE NOT granted") != [], "it waits for the gate")
        process.send_signal(number)
        _, errors = process.communicate()
        assert holder_of(pooled.direct) is None

    assert process.returncode == 128 + number, errors
    assert pooled.query("SELECT to_regclass('late')") == [(None,)]
    assert apply_briefly(project).applied == ("shop/0001_wait",)


def moments_of(seed: int, count: int) -> list[float]:
    """When each of some runs is killed, in seconds after it got the lease."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    return [chance.uniform(0, 0.3) for _ in range(count)]


def disturbed(project: Project, database: Database, moments: list[float]) -> None:
    """Start runs that are killed so many seconds after they got the lease, then one that is not."""
    for moment in moments:
        former = holder_of(database)
        with running(project, lease_s=0.5) as process:
            until(lambda: has_lease(database, former) or process.poll() is not None, "it holds the lease")  # noqa: B023
            time.sleep(moment)  # the moment itself is what is tried
            process.kill()
            process.wait()
    with running(project) as last:
        _, errors = last.communicate()
    assert last.returncode == 0, errors


def has_lease(database: Database, former: str | None) -> bool:
    """Whether somebody else than a former holder has it."""
    return holder_of(database) not in {None, former}


def is_finished(project: Project, pooled: PooledDatabase, schema: str) -> None:
    """Everything is applied once, and nothing is left besides."""
    assert set(project.states().values()) == {"applied"}
    twice = "SELECT id FROM seltzer.history WHERE state <> 'failed' GROUP BY id HAVING count(*) > 1"
    assert pooled.query(twice) == []
    assert pooled.query("SELECT id FROM items ORDER BY id") == ROWS
    assert pooled.query("SELECT count(*) FROM seltzer.progress") == [(0,)]
    assert pooled.query("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [(0,)]
    assert pooled.direct.schema() == schema


@pytest.fixture
def quiet_schema(project: Project, pooled: PooledDatabase) -> str:
    """The schema of a run that nobody disturbs; the database is empty again."""
    empty = "DROP SCHEMA IF EXISTS seltzer, public CASCADE; CREATE SCHEMA public"
    pooled.direct.query(empty)
    apply_briefly(project.write(FILES))
    schema = pooled.direct.schema()
    pooled.direct.query(empty)
    return schema


@pytest.mark.parametrize("seed", range(3))
def test_runs_killed_at_random_moments_are_finished(
    project: Project, pooled: PooledDatabase, quiet_schema: str, seed: int
) -> None:
    """Three runs are killed, one after the other; the fourth finishes."""
    disturbed(project, pooled.direct, moments_of(seed, 3))

    is_finished(project, pooled, quiet_schema)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 130))
def test_many_runs_killed_at_random_moments_are_finished(
    project: Project, pooled: PooledDatabase, quiet_schema: str, seed: int
) -> None:
    """The same for thirty seeds, with up to five runs killed."""
    disturbed(project, pooled.direct, moments_of(seed, 1 + seed % 5))

    is_finished(project, pooled, quiet_schema)
