"""Processes that use a server, as this user or as an ordinary one: what the tests of the server room start."""

from __future__ import annotations

import json
import os
import pwd
import select
import shutil
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

import seltzer
from seltzer.server.account import Account, may_use

if TYPE_CHECKING:
    from collections.abc import Callable

THIS_USER = "this user"
ORDINARY_USER = "an ordinary user"
BOTH = pytest.mark.parametrize("person", [THIS_USER, ORDINARY_USER], indirect=True)
"""Runs a test as the user of the tests and, where that is root, as somebody without privileges too."""
PATIENCE_SECONDS = 30
_USE = """
import json, os, sys
from pathlib import Path
from seltzer.server import *
folder, binaries = Path(sys.argv[1]), find_binaries(int(sys.argv[2]))
def say(server):
    print(json.dumps({"pid": server.pid, "url": server.url("postgres"), "data": str(server.data)}), flush=True)
"""
JOIN = """
with shared_server(folder, binaries) as server:
    say(server)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Seen:
    """A server as another process described it."""

    pid: int
    url: str
    data: Path

    def answer(self, query: str = "SELECT 1") -> object:
        """The first column of the first row."""
        with psycopg.connect(self.url, autocommit=True) as conn:
            cursor = conn.execute(query.encode())
            row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None

    def is_up(self) -> bool:
        """Whether it accepts connections."""
        try:
            return self.answer() == 1
        except psycopg.OperationalError:
            return False


def described(line: str) -> Seen:
    """The server that a process said it has."""
    said = json.loads(line)
    return Seen(said["pid"], said["url"], Path(said["data"]))


@dataclass
class User:
    """A process that uses a server until it is told to leave, or killed."""

    process: subprocess.Popen[str]

    def server(self) -> Seen:
        """The server it says it has; waits for it."""
        return described(self.line())

    def line(self) -> str:
        """The next line it says; waits for it."""
        assert self.process.stdout
        assert select.select([self.process.stdout], [], [], PATIENCE_SECONDS)[0], "it says nothing"
        line = self.process.stdout.readline()
        assert line, f"it ended: {self.process.wait()}"
        return line

    def leave(self) -> None:
        """End it in good order."""
        self.process.communicate(timeout=PATIENCE_SECONDS)
        assert self.process.returncode == 0

    def kill(self) -> None:
        """End it so that nothing in it runs any more."""
        self.process.kill()
        self.process.communicate(timeout=PATIENCE_SECONDS)


@dataclass
class Person:
    """Somebody who runs processes that use servers."""

    python: str
    account: Account | None
    environment: dict[str, str]
    started: list[subprocess.Popen[str]] = field(default_factory=list["subprocess.Popen[str]"])

    def starts(self, script: str, folder: Path, major: int = 18) -> User:
        """Start a process that runs a script with `folder`, `binaries` and `say(server)` at hand."""
        process = subprocess.Popen(
            self._command(script, folder, major),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **self._identity(),
        )
        self.started.append(process)
        return User(process)

    def joins(self, folder: Path, major: int = 18) -> User:
        """Start a process that uses the shared server of a folder."""
        return self.starts(JOIN, folder, major)

    def runs(self, script: str, folder: Path, major: int = 18) -> str:
        """Run such a script to its end, its output through a pipe that has to close; returns its output."""
        done = subprocess.run(
            self._command(script, folder, major),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
            **self._identity(),
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def folder(self, path: Path) -> Path:
        """A folder that belongs to this person, made if need be."""
        path.mkdir(mode=0o700, exist_ok=True)
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)
        return path

    def _command(self, script: str, folder: Path, major: int) -> list[str]:
        return [self.python, "-c", _USE + script, str(folder), str(major)]

    def _identity(self) -> dict[str, Any]:
        # Its own session, so that a signal to its group does not reach the tests.
        common: dict[str, Any] = {"env": self.environment, "cwd": "/", "start_new_session": True}
        if self.account is None:
            return common
        return {**common, "user": self.account.uid, "group": self.account.gid, "extra_groups": []}


def this_person(base: Path) -> Person:
    """The user that the tests run as."""
    return Person(sys.executable, None, {**os.environ, "TMPDIR": str(base)})


def ordinary_person(base: Path) -> Person | None:
    """Somebody without privileges; None unless root can be them here and they can use a Python like this one."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    account = Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    packages, source = Path(sysconfig.get_path("purelib")), Path(seltzer.__file__).parents[1]
    same_version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    pythons = [
        Path(found).resolve() for found in (sys.executable, shutil.which(same_version, path="/usr/bin")) if found
    ]
    usable = [python for python in pythons if may_use(python, account)]
    if not usable or not all(may_use(path, account) for path in (packages, source)):
        return None
    environment = {"PATH": os.defpath, "HOME": str(base), "TMPDIR": str(base), "PYTHONPATH": f"{source}:{packages}"}
    return Person(str(usable[0]), account, environment)


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for a state."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"still not: {what}"
        time.sleep(0.005)


def is_alive(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
