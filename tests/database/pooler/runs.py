"""Runs behind a pooler whose lease is short, in this process and in others that can be frozen and killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from database.pooler.poolers import PATIENCE_S
from seltzer.commands.apply import apply
from seltzer.commands.call import Call
from seltzer.config import Source, read_config

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from seltzer.commands.results import RunResult
    from seltzer.events import Event
    from support import Database, Project

LEASE_S = 2.0
"""How long the lease of these runs lasts without being renewed."""

_PROGRAM = """
import sys
from database.pooler.runs import apply_in
print("applied", *apply_in(sys.argv[1], sys.argv[2], float(sys.argv[3])).applied)
"""


def apply_in(folder: str, url: str, lease_s: float = LEASE_S, **settings: object) -> RunResult:
    """`apply` with a lease of another length."""
    return apply(_call(folder, {"database": url, **settings}, lease_s))


def apply_briefly(project: Project, on_event: Callable[[Event], None] | None = None, **settings: object) -> RunResult:
    """The same for a project's database."""
    call = _call(str(project.folder), {"database": project.database.url, **settings}, LEASE_S)
    return apply(replace(call, listener=on_event))


def _call(folder: str, settings: dict[str, object], lease_s: float) -> Call:
    # A file that waits does so until the test lets it go.
    arguments = {"migrations": folder, "lock_timeout": "0", **settings}
    config = read_config(arguments, given_as=Source.ARGUMENT, environ={}, working_folder=Path(folder).parent)
    return Call(config, lease_s=lease_s)


@contextmanager
def running(project: Project, lease_s: float = LEASE_S) -> Generator[subprocess.Popen[str]]:
    """A process that applies a project's migrations; killed at the end of the block, if it still lives."""
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(project.folder), project.database.url, str(lease_s)],
        cwd=project.root,
        env=project.variables({"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.kill()


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for a state."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"still not: {what}"
        time.sleep(0.02)


def is_at(database: Database, migration: str) -> bool:
    """Whether a session is in a transaction of that migration."""
    return bool(
        database.query(
            f"SELECT 1 FROM pg_stat_activity WHERE application_name = 'seltzer {migration}' AND pid <> pg_backend_pid()"
        )
    )


def holder_of(database: Database) -> str | None:
    """Who holds the lease, expired or not; None when nobody does, or nobody ever did."""
    if database.query("SELECT to_regclass('seltzer.lease')") == [(None,)]:
        return None
    rows = database.query("SELECT holder::text FROM seltzer.lease")
    return rows[0][0] if rows else None


def is_expired(database: Database) -> bool:
    """Whether the lease has expired."""
    return database.query("SELECT expires < clock_timestamp() FROM seltzer.lease") == [(True,)]
