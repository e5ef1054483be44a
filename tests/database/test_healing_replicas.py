"""Thirty-two replicas that start while an index is built: nobody waits for a waiter, whoever is killed in between."""

from __future__ import annotations

import random
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from database.cut_off import AT_WORK, BUILDING, FIRST, INVALID, Started, snapshot, wait_for, wait_for_none
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from collections.abc import Generator

    from support import Database, Project

REPLICAS = 32
FILES = {
    "m/create_tables.sql": FIRST["m/create_tables.sql"]
    + "CREATE TABLE IF NOT EXISTS parts (id int) PARTITION BY RANGE (id);\n"
    "CREATE TABLE IF NOT EXISTS part1 PARTITION OF parts FOR VALUES FROM (0) TO (10);\n",
    "m/0001_index.sql": "CREATE INDEX CONCURRENTLY idx_marks_word ON marks (word);\n"
    "INSERT INTO marks VALUES ('one');\n"
    "CREATE INDEX CONCURRENTLY ON marks (lower(word)) WHERE word <> '';\n",
    "m/0002_again.sql": "REINDEX TABLE CONCURRENTLY marks;\nINSERT INTO marks VALUES ('two');\n",
    "m/0003_detach.sql": "ALTER TABLE parts DETACH PARTITION part1 CONCURRENTLY;\n"
    "DROP INDEX CONCURRENTLY idx_marks_word;\n",
}
IDS = ["m/0001_index", "m/0002_again", "m/0003_detach", "m/create_tables"]


@contextmanager
def traffic(project: Project) -> Generator[None]:
    """Readers and writers of the table, each in a short transaction, for as long as the block runs."""
    over = threading.Event()

    def work() -> None:
        with project.database.connect(application_name="traffic") as conn:
            while not over.is_set():
                conn.execute(
                    "BEGIN; INSERT INTO marks VALUES ('traffic'); SELECT count(*) FROM marks; SELECT * FROM parts"
                )
                time.sleep(0.005)
                conn.execute("COMMIT")

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(30)


class Log:
    """What the server has said since now."""

    def __init__(self, database: Database) -> None:
        self._path = database.server.data.parent / "server.log"
        self._start = self._path.stat().st_size
        self._name = database.name

    def errors(self) -> list[str]:
        """Lines of this database above LOG; that a client was killed is none of ours."""
        entries = self._path.read_bytes()[self._start :].decode(errors="replace").splitlines()
        mine = [entry.split("|", 2)[2] for entry in entries if entry.startswith(f"{self._name}|")]
        assert mine
        levels = ("WARNING:", "ERROR:", "FATAL:", "PANIC:")
        return [entry for entry in mine if entry.startswith(levels) and "connection to client lost" not in entry]


def assert_finished(project: Project) -> None:
    """Everything is applied once, and nothing is INVALID, half detached or recorded as unfinished."""
    rows = project.migrations().history().rows
    assert sorted(row.id for row in rows if row.state == "applied") == IDS
    assert project.database.query(INVALID) == []
    assert project.database.query(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = 'marks'::regclass"
    ) == [("marks_lower_idx",)]
    assert project.database.query("SELECT * FROM pg_inherits") == []
    assert project.database.query("SELECT * FROM seltzer.progress") == []
    words = project.database.query("SELECT word FROM marks WHERE word <> 'traffic' ORDER BY 1")
    assert words == [("one",), ("two",)]


def test_thirty_two_replicas_and_traffic_let_a_build_through(project: Project) -> None:
    """All succeed, each statement runs once, and the server reports no error: no deadlock above all."""
    project.write({"m/create_tables.sql": FILES["m/create_tables.sql"]}).migrations().run_all()
    project.write(FILES)
    log = Log(project.database)

    with traffic(project):
        replicas = [Started(project) for _ in range(REPLICAS)]
        for replica in replicas:
            replica.join()

    assert [replica.error for replica in replicas] == [None] * REPLICAS
    assert sorted(id_ for replica in replicas for id_ in replica.applied) == IDS[:-1]
    assert log.errors() == []
    assert_finished(project)


def test_a_killed_builder_among_thirty_two_replicas(project: Project) -> None:
    """The server ends its statement: whoever gets the lock waits for that, drops what it left and builds anew."""
    project.write({"m/create_tables.sql": FILES["m/create_tables.sql"]}).migrations().run_all()
    project.write(FILES)
    log = Log(project.database)

    with snapshot(project) as reader:
        killed = project.start("apply")
        backend = wait_for(project, BUILDING)
        replicas = [Started(project) for _ in range(REPLICAS - 1)]
        killed.kill()
        killed.communicate()
        wait_for_none(project, f"{BUILDING} AND pid = {backend}")
        wait_for(project, BUILDING)
        reader.execute("ROLLBACK")
        for replica in replicas:
            replica.join()

    assert [replica.error for replica in replicas] == [None] * (REPLICAS - 1)
    assert log.errors() == []
    assert_finished(project)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_replicas_that_are_killed_at_any_moment(project: Project, seed: int) -> None:
    """`kill -9` of the process, of its backend, or of both, again and again: the last start finishes the job."""
    rng = random.Random(seed)  # noqa: S311  # no secret
    project.write({"m/create_tables.sql": FILES["m/create_tables.sql"]}).migrations().run_all()
    project.write(FILES)
    ends = 0
    with traffic(project), snapshot(project) as reader:
        for _ in range(20):
            process = project.start("apply")
            time.sleep(rng.uniform(0.2, 0.9))
            way = rng.choice(["process", "backend", "both"])
            if way != "process":
                project.database.query(f"SELECT pg_terminate_backend(pid) FROM ({AT_WORK}) AS work")
            if way != "backend":
                process.kill()
            elif rng.random() < 0.5:
                process.terminate()
            reader.execute("ROLLBACK")
            process.communicate(timeout=60)
            ends += 1
            reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
            if set(project.states().values()) == {"applied"}:
                break
        reader.execute("ROLLBACK")
        assert project.migrations().run_all().state is DatabaseState.CURRENT
    sys.stdout.write(f"seed {seed}: {ends} runs, each ended somewhere\n")
    assert_finished(project)
