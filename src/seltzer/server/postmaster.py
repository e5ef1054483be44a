"""A running server, as its `postmaster.pid` and its socket show it."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from seltzer.server.places import SOCKET_NAME

SUPERUSER = "postgres"
PORT = 5432
_SOCKET_LINE, _STATUS_LINE = 4, 7


@dataclass(frozen=True, slots=True)
class Server:
    """A private server that accepts connections.

    Attributes:
        socket_folder: Where its socket is: the `host` of a connection. Another one after each start.
        port: The number in the socket's name.
        user: The superuser; no password is asked for.
        data: Its data folder.
        major: Its major version.
        pid: Its first process.
    """

    socket_folder: Path
    port: int
    user: str
    data: Path
    major: int
    pid: int

    def url(self, database: str) -> str:
        """A libpq URL of one of its databases.

        The empty `hostaddr` keeps PGHOSTADDR out, which would lead to another server.
        """
        folder = quote(os.fsencode(self.socket_folder), safe="")
        return f"postgresql://{self.user}@/{quote(database, safe='')}?host={folder}&hostaddr=&port={self.port}"


class PidFile(NamedTuple):
    """What a server, running or crashed, wrote down about itself.

    Attributes:
        pid: Its first process.
        started: When it started, in seconds since 1970, as written.
        socket_folder: Where its socket is; None while it has not come that far.
        ready: Whether it had begun to accept connections and had not been told to stop.
    """

    pid: int
    started: str
    socket_folder: Path | None
    ready: bool

    @property
    def start(self) -> str:
        """What tells this start of the server from every other."""
        return f"{self.pid} {self.started}"


def pid_file_path(data: Path) -> Path:
    """Where a server writes it; `pg_ctl` and the server itself know it by that name."""
    return data / "postmaster.pid"


def read_pid_file(data: Path) -> PidFile | None:
    """What stands in `postmaster.pid`; None without it or while it is being written."""
    try:
        lines = pid_file_path(data).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return None
    lines += [""] * (_STATUS_LINE + 1 - len(lines))
    if not lines[0].lstrip("-").isdigit():
        return None
    folder = Path(lines[_SOCKET_LINE]) if lines[_SOCKET_LINE] else None
    return PidFile(abs(int(lines[0])), lines[2], folder, lines[_STATUS_LINE].strip() == "ready")


def running_server(data: Path, major: int) -> Server | None:
    """The server of a data folder, if it accepts connections."""
    found = read_pid_file(data)
    if found is None or not found.ready or found.socket_folder is None:
        return None
    if not _is_private(found.socket_folder, data) or not _listens(found.socket_folder):
        return None
    return Server(found.socket_folder, PORT, SUPERUSER, data, major, found.pid)


def _is_private(folder: Path, data: Path) -> bool:
    """Whether the socket's folder is the data owner's: one that anybody else made is not to be talked to."""
    try:
        return folder.lstat().st_uid == data.stat().st_uid
    except FileNotFoundError:
        return False


def _listens(folder: Path) -> bool:
    """Whether somebody accepts connections there; a file that a crash left behind refuses."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as probe:
        try:
            probe.connect(str(folder / SOCKET_NAME))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True
