"""What a killed initdb, a crashed server, a cleaner or a person with `rm` leaves behind is repaired."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from database.server.server_people import BOTH, ORDINARY_USER, THIS_USER, Person, Seen, is_alive, until

if TYPE_CHECKING:
    from collections.abc import Iterator

WHERE = "print(server_status(folder, binaries).data)"
FAIL = """
from seltzer.errors import ServerStartError
try:
    with shared_server(folder, binaries, {"work_mem": "nonsense"}):
        pass
except ServerStartError as error:
    print(error.detail)
"""
REFUSED = """
from seltzer.errors import ServerStartError
try:
    with shared_server(folder, binaries):
        pass
except ServerStartError as error:
    print(error)
"""


def data_folder(person: Person, folder: Path) -> Path:
    """Where the data of a folder's server is or would be."""
    return Path(person.runs(WHERE, folder).strip())


def socket_folder(server: Seen) -> Path:
    """Where the socket of a server is."""
    return Path(parse_qs(urlsplit(server.url).query)["host"][0])


@pytest.fixture
def crashed(person: Person, folder: Path) -> Seen:
    """A server with a table that was killed, and whose user is gone."""
    user = person.joins(folder)
    server = user.server()
    server.answer("CREATE TABLE IF NOT EXISTS kept AS SELECT 7 AS n")
    user.kill()
    os.kill(server.pid, signal.SIGKILL)
    until(lambda: not server.is_up(), "the server has crashed")
    return server


@pytest.fixture
def bystander(crashed: Seen) -> Iterator[int]:
    """A process of the server's account that has nothing to do with it."""
    owner = crashed.data.stat()
    process = subprocess.Popen(["sleep", "100"], user=owner.st_uid if os.geteuid() == 0 else None)
    yield process.pid
    process.kill()
    process.wait()


@pytest.mark.parametrize(
    ("person", "end"),
    [(THIS_USER, signal.SIGINT), (THIS_USER, signal.SIGKILL), (ORDINARY_USER, signal.SIGKILL)],
    indirect=["person"],
)
def test_an_ended_initdb_leaves_nothing_in_the_way(person: Person, new_folder: Path, end: signal.Signals) -> None:
    """Data that was being made when its maker was ended is made again, and the half of it is removed."""
    data = data_folder(person, new_folder)
    maker = person.joins(new_folder)
    until(lambda: any(data.parent.glob("data.new-*/PG_VERSION")), "initdb is at work")
    maker.process.send_signal(end)
    maker.process.communicate()

    user = person.joins(new_folder)
    assert user.server().answer() == 1

    assert not [*data.parent.glob("data.new-*")]
    user.leave()


def test_incomplete_data_is_put_aside(person: Person, folder: Path) -> None:
    """A data folder that no server can start on is kept under another name, and a new one is made."""
    user = person.joins(folder)
    data = user.server().data
    user.leave()
    (data / "global" / "pg_control").unlink()

    user = person.joins(folder)
    assert user.server().answer() == 1

    assert [*data.parent.glob("data.incomplete-*/data/PG_VERSION")]
    user.leave()


@BOTH
def test_a_reused_process_number_does_not_keep_the_server_down(
    person: Person, folder: Path, crashed: Seen, bystander: int
) -> None:
    """After a crash the number in the pid file can be another process's, as after the restart of a container."""
    pid_file = crashed.data / "postmaster.pid"
    pid_file.write_text(pid_file.read_text().replace(str(crashed.pid), str(bystander), 1))

    user = person.joins(folder)

    assert user.server().answer("SELECT n FROM kept") == 7
    user.leave()
    assert is_alive(bystander)


def test_a_crash_leaves_no_socket_folder(person: Person, folder: Path, crashed: Seen) -> None:
    """The next start removes the socket of the crashed server."""
    assert socket_folder(crashed).is_dir()

    user = person.joins(folder)
    user.server()
    user.leave()

    assert not socket_folder(crashed).exists()


@BOTH
def test_a_server_that_lost_its_socket_is_replaced(person: Person, folder: Path) -> None:
    """When a cleaner of temporary files took the socket, the server that nobody can reach gives way to a new one."""
    first = person.joins(folder)
    lost = first.server()
    shutil.rmtree(socket_folder(lost))

    second = person.joins(folder)
    server = second.server()

    assert server.answer() == 1
    first.leave()
    assert server.answer() == 1
    second.leave()


def test_a_removed_folder_does_not_hurt_its_successor(person: Person, folder: Path) -> None:
    """Who used a server whose folder was removed leaves in peace, and stops nobody else's."""
    first = person.joins(folder)
    removed = first.server()
    shutil.rmtree(removed.data.parent)
    second = person.joins(folder)
    server = second.server()

    first.leave()

    assert server.answer() == 1
    second.leave()
    with suppress(ProcessLookupError):
        os.kill(removed.pid, signal.SIGQUIT)  # it notices within a minute


def test_a_server_that_does_not_start_says_why(person: Person, folder: Path) -> None:
    """The error has the end of the server's log, and the next start is not in the way of anything."""
    assert 'invalid value for parameter "work_mem": "nonsense"' in person.runs(FAIL, folder)

    user = person.joins(folder)
    assert user.server().answer() == 1
    user.leave()


@BOTH
def test_a_folder_that_cannot_be_made_is_an_error_of_ours(person: Person, place: Path) -> None:
    """The message names the folder, and no traceback of the system's is left to the caller."""
    (place / "file").write_text("not a folder")

    assert f"no private server can be run in {place}/file/.seltzer" in person.runs(REFUSED, place / "file" / ".seltzer")


@BOTH
def test_a_long_path_has_a_short_socket(person: Person, new_folder: Path) -> None:
    """The project's path may be longer than a socket's can be."""
    folder = new_folder / ("long" * 30) / ("deep" * 30) / ".seltzer"

    user = person.joins(folder)
    server = user.server()

    assert len(str(folder)) > 200
    assert len(str(socket_folder(server) / ".s.PGSQL.5432")) <= 100
    assert server.answer() == 1
    user.leave()
