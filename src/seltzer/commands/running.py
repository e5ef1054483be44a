"""What every verb that changes the database does around its work: the lock, signals, and the facts of a run."""

from __future__ import annotations

import getpass
import socket
import uuid
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from seltzer.db.history import unfinished_ids
from seltzer.db.history_rows import Writer
from seltzer.db.lock import migration_lock
from seltzer.db.message import StopRequested
from seltzer.db.session import Session
from seltzer.errors import InterruptedRunError, ReadOnlyServerError, TerminatedRunError
from seltzer.events import LockWaited
from seltzer.execute.context import Run
from seltzer.execute.signals import Terminated, termination_raises
from seltzer.version import __version__

if TYPE_CHECKING:
    from collections.abc import Generator

    from seltzer.commands.start import Call, Look, OpenTarget
    from seltzer.db.lock import Holder


def refuse_read_only(looked: Look) -> None:
    """Refuse to begin where nothing could be written.

    Raises:
        ReadOnlyServerError: The server is a standby, or the session may only read.
    """
    if not looked.reading.read_only:
        return
    pending = len(looked.found.pending()) if looked.found else 0
    standby = looked.reading.read_only == "standby"
    raise ReadOnlyServerError(
        f"{pending} pending, and the server is {'a standby' if standby else 'read-only for this session'}",
        hint="Connect to the primary: target_session_attrs=read-write."
        if standby
        else "Turn default_transaction_read_only off for this role or database.",
    )


@contextmanager
def locked(call: Call, target: OpenTarget) -> Generator[None]:
    """Hold the migration lock while the block runs.

    Raises:
        LockHeldError: Another run held it for longer than `lock-wait`.
    """

    def waited(time_waited: timedelta, holder: Holder | None) -> None:
        call.say(LockWaited(time_waited.total_seconds(), f"backend {holder.pid}" if holder else "another run"))

    key = target.table.lock_key()
    with migration_lock(target.conn, key, call.config.lock_wait, stop=call.stop, on_wait=waited):
        yield


@contextmanager
def interruptible(verb: str = "apply") -> Generator[None]:
    """Turn signals outside of a migration into errors too: while waiting for the lock, or between two steps."""
    words, hint = "the run was stopped before the next migration", f"{verb.capitalize()} again."
    with termination_raises():
        try:
            yield
        except Terminated:
            raise TerminatedRunError(words, hint=hint) from None
        except (KeyboardInterrupt, StopRequested):
            raise InterruptedRunError(words, hint=hint) from None


def new_run(call: Call, target: OpenTarget) -> Run:
    """The facts of a run that holds the lock on `target`'s connection."""
    config, retry_for = call.config, call.config.lock_retry_for
    return Run(
        folder=config.migrations,
        parameters=target.parameters,
        lock_pid=target.conn.info.backend_pid,
        lock_key=target.table.lock_key(),
        session=Session(target.parameters, call.stop, call.values),
        writer=Writer(
            table=target.table,
            run=str(uuid.uuid4()),
            client=f"{_user()}@{socket.gethostname()}",
            application=config.application,
            application_version=config.application_version,
            seltzer_version=__version__,
            role=config.role,
        ),
        lock_timeout=config.lock_timeout,
        statement_timeout=config.statement_timeout,
        lock_retry_for=retry_for if retry_for is not None else timedelta(seconds=call.lock_retry_for_s),
        terminate_blockers=config.terminate_blockers,
        search_path=config.search_path,
        role=config.role,
        listener=call.listener,
        stop=call.stop,
        unfinished=unfinished_ids(target.conn, target.table),
        values=call.values,
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"  # a container may run under a number that has no name
