"""Programs that stay: started as a page says, asked over HTTP, ended by a signal."""

from __future__ import annotations

import http.client
import os
import shlex
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from docs.manual_pages import Page
    from support import Database

PATIENCE_SECONDS = 60
_BLOCKED = """
    SELECT count(*) FROM pg_catalog.pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@dataclass(frozen=True)
class Service:
    """A program that listens on 127.0.0.1.

    Attributes:
        process: Its process, with stdout and stderr together.
        port: Where it listens.
    """

    process: subprocess.Popen[str]
    port: int

    def ask(self, method: str, path: str) -> tuple[int, str]:
        """Send a request without a body; the status, and the body of the answer."""
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            conn.request(method, path)
            answer = conn.getresponse()
            return answer.status, answer.read().decode()
        finally:
            conn.close()

    def listens(self) -> bool:
        """Whether anybody answers there."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def until_it_serves(self) -> None:
        """Wait until it answers, or fail when it ends instead."""
        until(lambda: self.listens() or self.process.poll() is not None, "listens")
        assert self.process.poll() is None, self.process.communicate()[0]


@contextmanager
def started(
    page: Page, line: str | list[str], environment: Mapping[str, str] | None = None
) -> Generator[subprocess.Popen[str]]:
    """Start a command of a page in its folder, and kill what is left of it."""
    with subprocess.Popen(
        shlex.split(line) if isinstance(line, str) else line,
        cwd=page.folder,
        env=page.variables(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def serving(page: Page, line: str, shown_port: str, environment: Mapping[str, str] | None = None) -> Generator[Service]:
    """Start a service of a page on a free port instead of the one that the page shows; it need not answer yet."""
    port = _free_port()
    assert shown_port in line
    with started(page, line.replace(shown_port, str(port)), environment) as process:
        yield Service(process, port)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for the end of a process: its exit code, and what it printed."""
    printed = process.communicate(timeout=PATIENCE_SECONDS)[0]
    return process.returncode, printed


def is_blocked(database: Database) -> bool:
    """Whether a session waits for a lock of another."""
    return database.query(_BLOCKED) != [(0,)]


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for a state."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"still not: {what}"
        time.sleep(0.05)


def applied(database: Database) -> list[str]:
    """The ids of the history, oldest first."""
    return [
        id_ for (id_,) in database.query("SELECT id FROM seltzer.history WHERE state = 'applied' ORDER BY position")
    ]
