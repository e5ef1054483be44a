"""Many processes that start at the same moment, and what the server says about them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from support import Database, Project

# Everything is imported before the fork, so that nothing but the start itself lies between the signal and the server.
# The last child that closes the pipe's other end lets all of them go.
_LAUNCH = """
import json, os, sys
import seltzer.commands.apply
from seltzer import Migrations
folder, url, count, settings = sys.argv[1], sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4])
waits, lets_go = os.pipe()
for number in range(count):
    if os.fork() == 0:
        os.close(lets_go)
        os.read(waits, 1)
        said = []
        try:
            found = Migrations(folder, database=url, **settings).run_all(on_event=said.append)
            end = {"state": found.state, "applied": found.applied}
        except BaseException as error:
            end = {"error": f"{type(error).__name__}: {error}"}
        os.write(1, (json.dumps(end) + chr(10)).encode())
        os._exit(0)
os.close(lets_go)
for number in range(count):
    os.wait()
"""


class End(NamedTuple):
    """How a process of a crowd ended."""

    state: str | None
    applied: tuple[str, ...]
    error: str | None


class Crowd:
    """Processes of one project that start at the same moment."""

    def __init__(self, project: Project, count: int, **settings: Any) -> None:
        arguments = [str(project.folder), project.database.url, str(count), json.dumps(settings)]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH, *arguments],
            env=project.variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ends(self) -> list[End]:
        """Wait for all of them."""
        out, errors = self._process.communicate(timeout=300)
        assert self._process.returncode == 0, errors
        found = [json.loads(line) for line in out.splitlines()]
        return [End(item.get("state"), tuple(item.get("applied", ())), item.get("error")) for item in found]


class ServerLog:
    """What the server says about one database from now on; it logs every statement before it runs it."""

    def __init__(self, database: Database) -> None:
        self._path = database.server.data.parent / "server.log"
        self._name = database.name
        self._start = self._path.stat().st_size

    def entries(self) -> list[str]:
        """Level and text of each entry; a statement of several lines is one."""
        found: list[str] = []
        mine = False
        for line in self._path.read_bytes()[self._start :].decode(errors="replace").splitlines():
            if line.startswith("\t"):
                if mine:
                    found[-1] += "\n" + line
                continue
            name, _, rest = line.partition("|")
            mine = name == self._name
            if mine:
                found.append(rest.partition("|")[2])
        return found

    def complaints(self) -> list[str]:
        """The entries above LOG."""
        entries = self.entries()
        assert entries, "the server logs nothing"
        return [entry for entry in entries if entry.startswith(("WARNING:", "ERROR:", "FATAL:", "PANIC:"))]


def wait_until(database: Database, query: str, expected: object) -> None:
    """Return when the only value of a query is as expected; one that never comes is a failure, not a hang."""
    end = time.monotonic() + 60
    with database.connect(application_name="looks on") as conn:
        while (row := conn.execute(query.encode()).fetchone()) != (expected,):
            assert time.monotonic() < end, (query, row)
            time.sleep(0.02)
