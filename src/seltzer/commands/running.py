"""What every verb that changes the database does around its work: the lock, signals, and the facts of a run."""

from __future__ import annotations

import getpass
import socket
import time
import uuid
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from seltzer.commands.direct import changing
from seltzer.db.history import unfinished_ids
from seltzer.db.history_rows import Writer
from seltzer.db.lease import Patience, held_lease, wait_for_lease
from seltzer.db.lease_row import Terms
from seltzer.db.lock import migration_lock
from seltzer.db.message import StopRequested
from seltzer.db.pooler import is_pooled
from seltzer.db.session import PooledSession, Session
from seltzer.db.tables import ensure_lease
from seltzer.errors import InterruptedRunError, ReadOnlyServerError, TerminatedRunError
from seltzer.events import LockWaited
from seltzer.execute.context import Run
from seltzer.execute.signals import Terminated, termination_raises
from seltzer.version import __version__

if TYPE_CHECKING:
    from collections.abc import Generator

    from seltzer.commands.call import Call
    from seltzer.commands.start import Look, OpenTarget
    from seltzer.db.lease_row import LeaseHolder
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
def locked(call: Call, target: OpenTarget) -> Generator[OpenTarget]:
    """Hold the migration lock while the block runs; behind a pooler, the lease.

    Returns:
        The database to change: `direct-database` where there is one, else the one that was looked at.

    Raises:
        LockHeldError: Another run held it for longer than `lock-wait`.
        InvalidDatabaseError: `direct-database` leads to another database.
    """
    with changing(call, target) as own:
        if is_pooled(own.conn):
            with _leased(call, own) as leased:
                yield leased
        else:
            with _locked_directly(call, own):
                yield own


@contextmanager
def _locked_directly(call: Call, target: OpenTarget) -> Generator[None]:
    def waited(time_waited: timedelta, holder: Holder | None) -> None:
        call.say(LockWaited(time_waited.total_seconds(), str(holder or "another run")))

    key, wait = target.table.lock_key(), call.config.lock_wait
    began = time.monotonic()
    with migration_lock(target.conn, key, wait, stop=call.stop, on_wait=waited):
        left = max(timedelta(0), wait - timedelta(seconds=time.monotonic() - began))
        _tell_ended(call, wait_for_lease(target.conn, target.table, _patience(call, left)))
        yield


@contextmanager
def _leased(call: Call, target: OpenTarget) -> Generator[OpenTarget]:
    ensure_lease(target.conn, target.table)
    terms = Terms(str(uuid.uuid4()), _client(), call.config.application, timedelta(seconds=call.lease_s))
    patience = _patience(call, call.config.lock_wait)
    with held_lease(target.conn, target.parameters, target.table, terms, patience) as lease:
        _tell_ended(call, lease.ended)
        yield replace(target, lease=lease)


def _patience(call: Call, wait: timedelta) -> Patience:
    def waited(time_waited: timedelta, holder: LeaseHolder | None) -> None:
        call.say(LockWaited(time_waited.total_seconds(), str(holder or "another run")))

    return Patience(wait, call.stop, waited)


def _tell_ended(call: Call, pids: tuple[int, ...]) -> None:
    if pids:
        named = ", ".join(str(pid) for pid in pids)
        call.warn([f"a run that was not heard of any more has lost its lease; its backends were ended: {named}"])


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
        lease=target.lease,
        session=(Session if target.lease is None else PooledSession)(target.parameters, call.stop, call.values),
        writer=Writer(
            table=target.table,
            run=target.lease.holder if target.lease is not None else str(uuid.uuid4()),
            client=_client(),
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


def _client() -> str:
    """Where this process runs, for those who read the history."""
    return f"{_user()}@{socket.gethostname()}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"  # a container may run under a number that has no name
