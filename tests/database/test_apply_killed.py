"""Runs that are killed, terminated or interrupted in the middle: the history stays true, the next run goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import psycopg

    from support import Project

INSERT = "INSERT INTO marks VALUES ('{}');\n"
FIRST = {
    "m/create_tables.sql": "CREATE TABLE IF NOT EXISTS marks (word text);\nCREATE TABLE IF NOT EXISTS gate (id int);\n",
    "m/0001_before.sql": INSERT.format("before"),
    "m/0003_after.sql": INSERT.format("after"),
}
BLOCKED = {
    "transaction": {"m/0002_blocked.sql": INSERT.format("blocked") + "LOCK TABLE gate;\n"},
    "stepwise": {
        "m/0002_blocked.sql": INSERT.format("blocked")
        + "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_gate ON gate (id);\n"
    },
    "python": {
        "m/0002_blocked.py": f"def apply(conn):\n    conn.execute({INSERT.format('blocked')!r})\n"
        "    conn.execute('LOCK TABLE gate')\n"
    },
    "runner": {
        "n/__init__.py": "import seltzer\ndef run_migration():\n    seltzer.execute_sql_file('blocked.sql')\n",
        "n/blocked.sql": "-- seltzer: depends-on = m/0001_before\n" + INSERT.format("blocked") + "LOCK TABLE gate;\n",
        "m/0003_after.sql": "-- seltzer: depends-on = n\n" + FIRST["m/0003_after.sql"],
    },
}
signals = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
OURS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND application_name LIKE 'seltzer%'"
)
WAITING = OURS + " AND wait_event_type = 'Lock'"


def wait_until(conn: psycopg.Connection[Any], query: str, expected: int) -> None:
    """Return when a count is as expected; a state that never comes is a failure, not a hang."""
    end = time.monotonic() + 30
    while conn.execute(query.encode()).fetchone() != (expected,):
        assert time.monotonic() < end, query
        time.sleep(0.01)


@pytest.fixture
def conn(project: Project) -> Iterator[psycopg.Connection[Any]]:
    """A connection that looks on."""
    with project.database.connect() as conn:
        yield conn


@contextmanager
def blocked_run(
    project: Project, conn: psycopg.Connection[Any], way: str, command: list[str] | None = None
) -> Generator[subprocess.Popen[str]]:
    """A process whose second migration waits for a table that is let go when the block ends."""
    project.write({**FIRST, **BLOCKED[way]})
    project.migrations().apply("m/create_tables")
    with project.database.connect() as gate:
        gate.execute("BEGIN; LOCK TABLE gate IN ACCESS EXCLUSIVE MODE")
        process = (
            project.start("apply")
            if command is None
            else subprocess.Popen(
                command, env=project.variables(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        )
        try:
            wait_until(conn, WAITING, 1)
            yield process
        finally:
            process.kill()
            process.communicate()
            gate.execute("ROLLBACK")


def applied(project: Project) -> list[str]:
    """The ids of the history, oldest first; nothing else than applications is in it."""
    rows = project.migrations().history().rows
    assert {row.state for row in rows} == {"applied"}
    return [row.id.partition("/")[2] for row in rows]


def assert_a_second_run_finishes(project: Project) -> None:
    """Everything is applied, each migration once."""
    assert project.migrations().run_all().state is DatabaseState.CURRENT
    assert set(project.states().values()) == {"applied"}
    ids = [row.id for row in project.migrations().history().rows]
    assert sorted(ids) == sorted(project.states())
    words = project.database.query("SELECT word FROM marks ORDER BY word")
    assert words == [("after",), ("before",), ("blocked",)]
    assert project.database.query("SELECT * FROM seltzer.progress") == []


@pytest.mark.parametrize("way", BLOCKED)
def test_a_second_run_finishes_what_a_killed_one_left(
    project: Project, conn: psycopg.Connection[Any], way: str
) -> None:
    """`kill -9` in the middle of a migration: its fate is the server's, and the history says what it was."""
    with blocked_run(project, conn, way) as process:
        process.kill()
        process.wait()
        assert applied(project) == ["create_tables", "0001_before"]

    wait_until(conn, OURS, 0)
    assert_a_second_run_finishes(project)


@pytest.mark.parametrize(
    ("way", "number"),
    [*((way, signal.SIGTERM) for way in BLOCKED), ("transaction", signal.SIGINT), ("python", signal.SIGINT)],
)
def test_a_signal_cancels_the_statement_and_rolls_back(
    project: Project, conn: psycopg.Connection[Any], way: str, number: signal.Signals
) -> None:
    """The process is gone while the table is still locked: it did not wait, nothing of it waits on the server."""
    with blocked_run(project, conn, way) as process:
        process.send_signal(number)
        _, errors = process.communicate()

        assert process.returncode == 128 + number
        assert "Traceback" not in errors
        wait_until(conn, OURS, 0)
        assert applied(project) == ["create_tables", "0001_before"]
        expected = [("before",), ("blocked",)] if way == "stepwise" else [("before",)]
        assert conn.execute("SELECT word FROM marks ORDER BY word").fetchall() == expected

    assert_a_second_run_finishes(project)


START = "import sys; from seltzer import Migrations; Migrations(sys.argv[1], database=sys.argv[2]).run_all()"


@signals
def test_an_application_that_is_stopped_while_it_starts_ends_by_the_signal(
    project: Project, conn: psycopg.Connection[Any], number: signal.Signals
) -> None:
    """`run_all` rolls back first; then the signal has its own effect."""
    command = [sys.executable, "-c", START, str(project.folder), project.database.url]
    with blocked_run(project, conn, "transaction", command) as process:
        process.send_signal(number)
        process.communicate()

        assert process.returncode == -number
        wait_until(conn, OURS, 0)
        assert applied(project) == ["create_tables", "0001_before"]


# What a waiter asks again and again, and how many idle sessions have asked it last.
WAITS = {"apply": ("pg_try_advisory_lock", 1), "wait": ("ts_stat", 1)}


@signals
@pytest.mark.parametrize("policy", WAITS)
def test_a_signal_ends_a_wait(
    project: Project, conn: psycopg.Connection[Any], policy: str, number: signal.Signals
) -> None:
    """For the lock, or for another process: exit code and one JSON document, as after every failure."""
    asking, backends = WAITS[policy]
    with blocked_run(project, conn, "transaction") as other:
        waiter = project.start("apply", "--json", "--policy", policy)
        wait_until(conn, f"{OURS} AND state = 'idle' AND query LIKE '%{asking}%'", backends)
        waiter.send_signal(number)
        out, errors = waiter.communicate()

        assert other.poll() is None
        assert waiter.returncode == 128 + number
        assert "Traceback" not in errors
        assert '"error": {"type": ' in out
