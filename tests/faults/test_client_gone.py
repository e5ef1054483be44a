"""A client that is gone: the server notices while it works, and what was left running lets go of everything."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import psycopg
import pytest

from faults.crowd import wait_until
from seltzer import Migrations
from seltzer.events import StepStarted
from seltzer.server import private_server
from seltzer.server.account import server_account
from seltzer.server.copies import usable_binaries
from seltzer.server.places import discard_socket_folder
from seltzer.server.programs import run_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seltzer.events import Event
    from seltzer.server import Binaries
    from support import Project

FIRST = {"m/create_tables.sql": "CREATE TABLE IF NOT EXISTS marks (word text);\n"}
SLEEP = "SELECT pg_sleep(600);\n"
WAYS = {
    "transaction": {"m/0001_sleep.sql": SLEEP},
    "after a clean-up": {"m/0001_set.sql": "SET work_mem = '8MB';\n", "m/0002_sleep.sql": SLEEP},
    "stepwise": {"m/0001_sleep.sql": "-- seltzer: transaction = off\n" + SLEEP},
    "python": {"m/0001_sleep.py": f"def apply(conn):\n    conn.execute({SLEEP!r})\n"},
    "runner": {
        "n/__init__.py": "import seltzer\n\n\ndef run_migration():\n    seltzer.execute_sql_file('sleep.sql')\n",
        "n/sleep.sql": SLEEP,
    },
    "single transaction": {"m/0001_sleep.sql": SLEEP},
    "several connections": {"m/0001_sleep.sql": SLEEP},
}
FLAGS = {"single transaction": ["--single-transaction"], "several connections": ["--jobs", "3"]}
CHECK = "client_connection_check_interval"
OURS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND application_name LIKE 'seltzer%'"
)


@pytest.mark.parametrize("way", WAYS)
def test_what_a_killed_process_left_running_ends(project: Project, way: str) -> None:
    """After `kill -9` in the middle of ten minutes' sleep nothing of it is left soon, and its locks are free."""
    project.write({**FIRST, **WAYS[way]})
    process = project.start("apply", *FLAGS.get(way, []))
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


@pytest.fixture
def tcp(binaries: Binaries, tmp_path: Path) -> Iterator[str]:
    """The URL of a server that listens on a port."""
    account = server_account()
    pg_ctl = usable_binaries(binaries, account).program("pg_ctl")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories="
    with private_server(binaries) as server:
        common = ["--silent", "--mode=immediate", f"--pgdata={server.data}"]
        started = run_program(
            pg_ctl, ["restart", "--wait", *common, f"--options={options}"], account, tmp_path / "log", None
        )
        try:
            assert started == 0, (tmp_path / "log").read_text(encoding="utf-8")
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            run_program(pg_ctl, ["stop", *common], account, tmp_path / "log", None)
            discard_socket_folder(server.socket_folder)


SILENCE = "SELECT name, setting FROM pg_settings WHERE name LIKE 'tcp_keep%' ORDER BY name"
WANTED = [
    ("tcp_keepalives_count", "3"),
    ("tcp_keepalives_idle", "15"),
    ("tcp_keepalives_interval", "5"),
]


def test_a_network_that_falls_silent_is_noticed_soon(tcp: str, tmp_path: Path) -> None:
    """Over TCP the server asks after 15 seconds and gives up after 30, for the lock and for the work."""
    folder = tmp_path / "migrations" / "m"
    folder.mkdir(parents=True)
    (folder / "0001_note.sql").write_text(f"CREATE TABLE noted AS {SILENCE};\n")
    during: list[object] = []
    with psycopg.connect(tcp, autocommit=True) as conn:
        before = conn.execute(SILENCE).fetchall()

        def listen(event: Event) -> None:
            if isinstance(event, StepStarted):
                during.append(conn.execute(SILENCE).fetchall())

        Migrations(folder.parent, database=conn).run_all(on_event=listen)

        assert conn.execute("SELECT * FROM noted ORDER BY name").fetchall() == WANTED
        assert conn.execute(SILENCE).fetchall() == before
    assert during == [WANTED]
