"""The example application as its users run it: uvicorn in a process of its own, on the database of a test."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seltzer import Migrations

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from support import Database

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLE = REPOSITORY / "examples" / "internal_api"
PATIENCE_SECONDS = 30
_SERVING = re.compile(r"Uvicorn running on http://127\.0\.0\.1:(\d+)")
_BLOCKED = """
    SELECT count(*) FROM pg_catalog.pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
IN_ORDER = (
    "example/run_migration",
    "organisations/create_tables",
    "users/create_tables",
    "api_keys/create_tables",
    "audit_log/create_tables",
    "api_keys/0001_add_revocation",
    "api_keys/0002_index_revoked_by",
    "api_keys/0003_reference_revoked_by",
    "api_keys/0004_validate_revoked_by",
    "audit_log/0001_add_request_id",
    "organisations/0001_add_billing_email",
    "users/0001_add_email_verified_at",
    "users/0002_add_email_as_entered",
    "users/0003_normalise_emails",
    "audit_log/audit_row_change",
    "organisations/set_updated_at",
    "users/active_users",
    "users/set_updated_at",
)
"""The plan of the example on an empty database."""


@dataclass(frozen=True)
class Answer:
    """What the service answered: the status, and what the body holds."""

    status: int
    content: Any


@dataclass(frozen=True)
class Service:
    """A running service.

    Attributes:
        process: Its process.
        port: Where it listens on 127.0.0.1.
    """

    process: subprocess.Popen[str]
    port: int

    def get(self, path: str, **headers: str) -> Answer:
        """Send a GET; `x_api_key` is the header X-API-Key."""
        return self.ask("GET", path, None, headers)

    def post(self, path: str, content: Mapping[str, object], **headers: str) -> Answer:
        """Send a POST with a JSON body."""
        return self.ask("POST", path, content, headers)

    def ask(self, method: str, path: str, content: Mapping[str, object] | None, headers: Mapping[str, str]) -> Answer:
        """Send a request."""
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            body = None if content is None else json.dumps(content)
            conn.request(method, path, body, {"Content-Type": "application/json", **sent})
            answer = conn.getresponse()
            text = answer.read().decode()
        finally:
            conn.close()
        is_json = answer.headers.get_content_type() == "application/json"
        return Answer(answer.status, json.loads(text) if is_json else text)


def variables(database: Database) -> dict[str, str]:
    """The environment of the service: the database in the application's own five variables, and in nothing else."""
    return os.environ | {
        "DB_HOST": str(database.server.socket_folder),
        "DB_PORT": str(database.server.port),
        "DB_NAME": database.name,
        "DB_USER": database.server.user,
        "DB_PASSWORD": "",
    }


@contextmanager
def started(database: Database, folder: Path = EXAMPLE) -> Generator[subprocess.Popen[str]]:
    """Start the service, do not wait for it, and kill what the test leaves of it."""
    with subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "app:app", "--port", "0", "--no-use-colors"],
        cwd=folder,
        env=variables(database),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def serving(process: subprocess.Popen[str]) -> Service:
    """Wait until a started service serves."""
    said: list[str] = []
    for line in process.stderr or ():
        if found := _SERVING.search(line):
            return Service(process, int(found[1]))
        said.append(line)
    raise AssertionError("".join(said))


@contextmanager
def running(database: Database, folder: Path = EXAMPLE) -> Generator[Service]:
    """Run the service on a database while the block runs."""
    with started(database, folder) as process:
        yield serving(process)
        process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)


def copied(to: Path) -> Path:
    """A copy of the example, for a test that changes its files."""
    return Path(shutil.copytree(EXAMPLE, to / "internal_api", ignore=shutil.ignore_patterns("__pycache__", ".*")))


def migrations(database: Database, folder: Path = EXAMPLE) -> Migrations:
    """The example's migrations from Python."""
    return Migrations(folder / "migrations", database=database.url)


def applied(database: Database) -> list[str]:
    """The ids of the history, oldest first; whoever wrote them."""
    return [
        row[0] for row in database.query("SELECT id FROM seltzer.history WHERE state = 'applied' ORDER BY position")
    ]


def is_blocked(database: Database) -> bool:
    """Whether a session waits for a lock of another."""
    return database.query(_BLOCKED) != [(0,)]


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for a state."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"still not: {what}"
        time.sleep(0.01)
