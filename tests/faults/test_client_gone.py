"""A client that is gone: the server notices while it works, and what was left running lets go of everything."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from faults.crowd import wait_until
from seltzer.events import StepStarted

if TYPE_CHECKING:
    from seltzer.events import Event
    from support import Project

FIRST = {"m/create_tables.sql": "CREATE TABLE IF NOT EXISTS marks (word text);\n"}
SLEEP = "SELECT pg_sleep(600);\n"
WAYS = {
    "transaction": {"m/0001_sleep.sql": SLEEP},
    "after a clean-up": {"m/0001_set.sql": "SET work_mem = '8MB';\n", "m/0002_sleep.sql": SLEEP},
    "stepwise": {"m/0001_sleep.sql": "-- seltzer: transaction = off\n" + SLEEP},
    "python": {"m/0001_sleep.py": f"def apply(conn):\n    conn.execute({SLEEP!r})\n"},
}
CHECK = "client_connection_check_interval"
OURS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND application_name LIKE 'seltzer%'"
)


@pytest.mark.parametrize("way", WAYS)
def test_what_a_killed_process_left_running_ends(project: Project, way: str) -> None:
    """After `kill -9` in the middle of ten minutes' sleep nothing of it is left soon, and its locks are free."""
    project.write({**FIRST, **WAYS[way]})
    process = project.start("apply")
    wait_until(project.database, f"{OURS} AND wait_event = 'PgSleep'", 1)

    process.kill()
    process.communicate()
    killed = time.monotonic()
    wait_until(project.database, OURS, 0)

    # The server looks twice a second; the rest is for a machine that is busy.
    assert time.monotonic() - killed < 10
    assert project.database.query("SELECT * FROM pg_locks WHERE locktype = 'advisory'") == []


def test_a_connection_of_the_callers_is_as_it_was(project: Project) -> None:
    """While it holds the lock the server looks for its client, and afterwards as often as the caller wants."""
    project.write(FIRST)
    during: list[object] = []
    with project.database.connect() as conn:
        conn.execute("SET client_connection_check_interval = 4321")

        def listen(event: Event) -> None:
            if isinstance(event, StepStarted):
                during.append(conn.execute(f"SHOW {CHECK}").fetchone())

        project.migrations().run_all(database=conn, on_event=listen)

        assert conn.execute(f"SHOW {CHECK}").fetchone() == ("4321ms",)
    assert during == [("500ms",)]


def test_a_server_that_looks_more_often_is_left_alone(project: Project) -> None:
    """What its administrator has set for the database holds for a migration too."""
    name = project.database.name
    project.database.query(f"ALTER DATABASE {name} SET {CHECK} = '250ms'")
    project.write(
        {**FIRST, "m/0001_note.sql": f"INSERT INTO marks SELECT current_setting('{CHECK}');\n"}
    ).migrations().run_all()

    assert project.database.query("SELECT word FROM marks") == [("250ms",)]
