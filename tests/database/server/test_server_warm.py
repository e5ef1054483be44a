"""A server that stays up for a while after its last user: who ends it, and what becomes of who ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from database.server.server_people import BOTH, Person, Seen, described, is_alive, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WARM = """
from datetime import timedelta
def use(idle):
    return warm_server(folder, binaries, {}, timedelta(seconds=idle))
"""
LEAVE_AT_ONCE = (
    WARM
    + """
with use(float(os.environ.get("IDLE", "60"))) as server:
    say(server)
"""
)
STAY = (
    WARM
    + """
with use(0.2) as server:
    say(server)
    sys.stdin.read()
"""
)
STOP = "stop_server(folder, binaries)"
BREAK = (
    LEAVE_AT_ONCE
    + """
stop_server(folder, binaries)
(server.data / "global" / "pg_control").write_bytes(b"nothing")
with use(60) as server:
    say(server)
"""
)
OTHER_BOOT = (
    LEAVE_AT_ONCE
    + """
import psycopg
with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
    conn.execute("CREATE TABLE written_before_the_boot ()")
stop_server(folder, binaries)
(server.data.parent / "boot").write_text("another one")
with use(60) as server:
    say(server)
"""
)


def keepers(server: Seen) -> list[int]:
    """The processes that keep a server."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
    home = str(server.data.parent)
    lines = [line.split(None, 1) for line in listed.splitlines()]
    return [int(pid) for pid, words in lines if "seltzer.server.keeper" in words and f" {home} " in words]


@pytest.fixture
def folder(person: Person, new_folder: Path) -> Iterator[Path]:
    """A folder whose server is stopped after the test."""
    yield new_folder
    person.runs(STOP, new_folder)


@BOTH
def test_the_server_stays_up_for_the_next_who_needs_it(person: Person, folder: Path) -> None:
    """A process that ends leaves it running, and the next one has the same."""
    first = described(person.runs(LEAVE_AT_ONCE, folder))
    second = described(person.runs(LEAVE_AT_ONCE, folder))

    assert first.is_up()
    assert second.pid == first.pid


@BOTH
def test_it_is_stopped_when_nobody_has_used_it_for_a_while(person: Person, folder: Path) -> None:
    """Its keeper stops it, and ends."""
    person.environment["IDLE"] = "0.2"
    server = described(person.runs(LEAVE_AT_ONCE, folder))

    until(lambda: not is_alive(server.pid), "the server has ended")
    until(lambda: not keepers(server), "the keeper has ended")


@pytest.mark.skipif(sys.platform != "linux", reason="how often a process has looked stands in /proc")
def test_it_is_not_stopped_while_somebody_uses_it(person: Person, folder: Path) -> None:
    """The time counts from the last user's end."""
    user = person.starts(STAY, folder)
    server = user.server()
    (keeper,) = keepers(server)

    looks = look_count(keeper)
    until(lambda: look_count(keeper) > looks + 10, "the keeper has looked more often than the idle time lasts")
    assert server.is_up()

    user.leave()
    until(lambda: not is_alive(server.pid), "the server has ended")


def look_count(pid: int) -> int:
    """How often a process has slept and gone on."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:  # noqa: PTH123  # no folder of ours
        line = next(line for line in status if line.startswith("voluntary_ctxt_switches"))
    return int(line.split()[1])


def test_a_server_has_one_keeper(person: Person, folder: Path) -> None:
    """However many processes use it, one after the other and at the same time."""
    users = [person.starts(LEAVE_AT_ONCE, folder) for _ in range(4)]
    servers = [user.server() for user in users]
    for user in users:
        user.leave()
    person.runs(LEAVE_AT_ONCE, folder)

    assert len({server.pid for server in servers}) == 1
    assert len(keepers(servers[0])) == 1


def test_the_keeper_is_nobodys_child_and_outlives_the_session(person: Person, folder: Path) -> None:
    """A closed terminal ends what belongs to its session; the keeper is in one of its own."""
    user = person.starts(STAY, folder)
    server = user.server()
    (keeper,) = keepers(server)

    assert os.getsid(keeper) != os.getsid(user.process.pid)
    assert parent_of(keeper) != user.process.pid
    os.killpg(user.process.pid, signal.SIGHUP)
    user.process.communicate()
    until(lambda: not is_alive(server.pid), "the keeper went on and stopped the server")


def parent_of(pid: int) -> int:
    """Whose child a process is."""
    listed = subprocess.run(["ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(listed.stdout)


def test_the_keeper_ends_with_a_server_that_somebody_stopped(person: Person, folder: Path) -> None:
    """It does not wait for a server that is gone."""
    user = person.starts(STAY, folder)
    server = user.server()
    person.runs(STOP, folder)

    user.leave()
    until(lambda: not keepers(server), "the keeper has ended")


def test_a_killed_keeper_is_replaced_by_the_next_user(person: Person, folder: Path) -> None:
    """The server is not up for ever."""
    server = described(person.runs(LEAVE_AT_ONCE, folder))
    (keeper,) = keepers(server)
    os.kill(keeper, signal.SIGKILL)
    until(lambda: not keepers(server), "the keeper is gone")

    person.environment["IDLE"] = "0.2"
    again = described(person.runs(LEAVE_AT_ONCE, folder))

    assert again.pid == server.pid
    until(lambda: not is_alive(server.pid), "the server has ended")


def test_data_on_which_no_server_starts_is_made_anew(person: Person, folder: Path) -> None:
    """Nobody has to remove it by hand."""
    first, second = map(described, person.runs(BREAK, folder).splitlines())

    assert first.pid != second.pid
    assert second.is_up()


def test_data_from_before_the_machine_was_started_is_made_anew(person: Person, folder: Path) -> None:
    """It was never brought to disk: after a crash of the machine, pages of it may be missing."""
    _, second = map(described, person.runs(OTHER_BOOT, folder).splitlines())

    assert second.answer("SELECT to_regclass('written_before_the_boot')") is None
