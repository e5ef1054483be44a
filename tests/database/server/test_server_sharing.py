"""One server for all processes: who starts it, who stops it, and what survives."""

from __future__ import annotations

import json
import os
import shutil
import signal
from typing import TYPE_CHECKING, Any

import pytest

from database.server.server_people import BOTH, ORDINARY_USER, THIS_USER, Person, described, until

if TYPE_CHECKING:
    from pathlib import Path

STATUS = """
status = server_status(folder, binaries)
print(json.dumps([status.server and status.server.pid, status.kept, status.in_use]))
"""
HOLD = """
import threading
threads = [threading.Thread(target=hold_server, args=[folder, binaries]) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
say(hold_server(folder, binaries))
sys.stdin.read()
"""
START = "say(start_server(folder, binaries))"
STOP = "print(stop_server(folder, binaries))"
CHURN = """
import psycopg
for round in range(5):
    with shared_server(folder, binaries) as server, psycopg.connect(server.url("postgres")) as conn:
        print(conn.execute("SELECT 1").fetchone()[0])
"""
THREADS = """
import psycopg, threading
stay, there = threading.Event(), threading.Event()
def use():
    with shared_server(folder, binaries):
        there.set()
        stay.wait()
thread = threading.Thread(target=use)
thread.start()
there.wait()
with shared_server(folder, binaries) as server:
    pass
psycopg.connect(server.url("postgres")).close()
stay.set()
thread.join()
print(server_status(folder, binaries).server)
"""
FORK = """
import psycopg
def fork_and_exit():
    child = os.fork()
    if child == 0:
        sys.exit()
    assert os.waitpid(child, 0)[1] == 0
with shared_server(folder, binaries) as server:
    fork_and_exit()
    psycopg.connect(server.url("postgres")).close()
server = hold_server(folder, binaries)
fork_and_exit()
psycopg.connect(server.url("postgres")).close()
print("answered")
"""
STAY_ALONE = """
with shared_server(folder, binaries) as server:
    say(server)
    sys.stdin.readline()
    child = os.fork()
    if child == 0:
        sys.stdin.read()
        os._exit(0)
    print("forked", flush=True)
"""


def status(person: Person, folder: Path) -> Any:  # noqa: ANN401  # what JSON gives
    """The server's pid or None, whether it is kept, whether it is used."""
    return json.loads(person.runs(STATUS, folder))


@pytest.mark.parametrize(
    ("person", "major"), [(THIS_USER, 16), (THIS_USER, 18), (ORDINARY_USER, 18)], indirect=["person"]
)
def test_the_first_user_starts_it_and_the_last_one_stops_it(person: Person, new_folder: Path, major: int) -> None:
    """A second process gets the same server, which outlives the first process and not the second."""
    first = person.joins(new_folder, major)
    server = first.server()
    second = person.joins(new_folder, major)
    assert second.server() == server

    first.leave()
    assert server.answer("SELECT current_setting('server_version_num')::int / 10000") == major
    second.leave()

    assert not server.is_up()
    assert (new_folder / ".gitignore").read_text() == "*\n"


@BOTH
def test_eight_processes_at_once_get_one_server(person: Person, new_folder: Path) -> None:
    """However many start at the same moment on an empty new_folder, there is one initdb and one server."""
    users = [person.joins(new_folder) for _ in range(8)]

    servers = {user.server() for user in users}

    assert len(servers) == 1
    for user in users[1:]:
        user.leave()
    server = servers.pop()
    assert server.answer() == 1
    users[0].leave()
    assert not server.is_up()


def test_who_joins_while_the_last_one_leaves_gets_a_server_that_answers(person: Person, folder: Path) -> None:
    """Processes that come and go at random never meet a server that is being stopped."""
    users = [person.starts(CHURN, folder) for _ in range(4)]

    answers = [user.process.communicate()[0] for user in users]

    assert answers == ["1\n" * 5] * 4
    assert status(person, folder) == [None, False, False]


@BOTH
def test_the_server_of_a_killed_user_is_adopted(person: Person, folder: Path) -> None:
    """`kill -9` of the only user leaves the server up; the next one gets it, and stops it at its end."""
    first = person.joins(folder)
    server = first.server()
    first.kill()
    assert status(person, folder) == [server.pid, False, False]

    second = person.joins(folder)
    assert second.server() == server
    second.leave()

    assert not server.is_up()


def test_a_killed_user_does_not_count(person: Person, folder: Path) -> None:
    """The last user that is alive stops the server, whatever happened to the others."""
    killed, last = person.joins(folder), person.joins(folder)
    server = last.server()
    assert killed.server() == server
    killed.kill()

    last.leave()

    assert not server.is_up()


def test_data_survives_the_end_of_the_server(person: Person, folder: Path) -> None:
    """A stopped and a crashed server come back with their rows, the crashed one while somebody still uses it."""
    first = person.joins(folder)
    first.server().answer("CREATE TABLE IF NOT EXISTS kept AS SELECT 7 AS n")
    first.leave()
    second = person.joins(folder)
    crashed = second.server()
    assert crashed.answer("SELECT n FROM kept") == 7

    os.kill(crashed.pid, signal.SIGKILL)
    until(lambda: not crashed.is_up(), "the server has crashed")
    third = person.joins(folder)
    restarted = third.server()

    assert restarted.pid != crashed.pid
    assert restarted.answer("SELECT n FROM kept") == 7
    second.leave()
    assert restarted.answer() == 1
    third.leave()
    assert not restarted.is_up()


def test_removing_the_folder_removes_the_data(person: Person, new_folder: Path) -> None:
    """Who removes `.seltzer` starts from nothing, also where root keeps the data somewhere else."""
    first = person.joins(new_folder)
    first.server().answer("CREATE TABLE kept ()")
    first.leave()

    shutil.rmtree(new_folder)
    second = person.joins(new_folder)

    assert second.server().answer("SELECT to_regclass('kept')") is None
    second.leave()


def test_ctrl_c_ends_the_user_and_not_the_server(person: Person, folder: Path) -> None:
    """The terminal's signal goes to the whole group of the process that started the server, but not to the server."""
    starter = person.joins(folder)
    server = starter.server()
    other = person.joins(folder)
    other.server()

    os.killpg(starter.process.pid, signal.SIGINT)
    starter.process.communicate()

    assert server.answer() == 1
    other.leave()
    assert not server.is_up()


def test_an_explicit_start_lasts_until_an_explicit_stop(person: Person, folder: Path) -> None:
    """A server that was started by name outlives its users, and its output is nobody's pipe."""
    server = described(person.runs(START, folder))  # runs out of time if the server holds the pipes open
    user = person.joins(folder)
    assert user.server() == server
    assert status(person, folder) == [server.pid, True, True]
    user.leave()
    assert status(person, folder) == [server.pid, True, False]

    assert person.runs(STOP, folder) == "True\n"

    assert not server.is_up()
    assert status(person, folder) == [None, False, False]
    assert person.runs(STOP, folder) == "False\n"


def test_an_explicit_start_does_not_outlive_a_crash(person: Person, folder: Path) -> None:
    """After a crash the server that the next user starts is theirs again, and ends with them."""
    crashed = described(person.runs(START, folder))
    os.kill(crashed.pid, signal.SIGKILL)
    until(lambda: not crashed.is_up(), "the server has crashed")

    user = person.joins(folder)
    server = user.server()
    user.leave()

    assert not server.is_up()


def test_a_held_server_ends_with_the_process(person: Person, folder: Path) -> None:
    """An application that holds a server, from several threads, keeps it until it ends and need not release it."""
    application = person.starts(HOLD, folder)
    server = application.server()
    visitor = person.joins(folder)
    visitor.server()
    visitor.leave()
    assert server.answer() == 1

    application.leave()

    assert not server.is_up()


def test_threads_of_one_process_count_each(person: Person, folder: Path) -> None:
    """The server stays while any thread uses it, and ends with the last."""
    assert person.runs(THREADS, folder) == "None\n"


def test_a_forked_child_does_not_end_its_parents_use(person: Person, folder: Path) -> None:
    """A child that leaves the block it was forked in, and runs exit handlers, stops nothing."""
    assert person.runs(FORK, folder) == "answered\n"
    assert status(person, folder) == [None, False, False]


def test_a_forked_child_that_lives_on_does_not_block_the_next_user(person: Person, folder: Path) -> None:
    """The parent's locks end with the parent's use, although a child inherited their descriptors."""
    parent = person.starts(STAY_ALONE, folder)
    server = parent.server()
    assert parent.process.stdin
    parent.process.stdin.write("\n")
    parent.process.stdin.flush()
    assert parent.line() == "forked\n"
    assert parent.process.wait(timeout=10) == 0
    assert not server.is_up()

    second = person.joins(folder)
    again = second.server()
    second.leave()

    assert not again.is_up()
    parent.leave()
