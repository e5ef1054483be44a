"""Applying what is pending: under the lock, after a second look, in the order of the plan."""

from __future__ import annotations

import getpass
import socket
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seltzer.commands.adopted import refuse_built_without_history
from seltzer.commands.planning import Planner, state_after
from seltzer.commands.results import RunResult
from seltzer.commands.start import Call, Look, OpenTarget, look, open_target
from seltzer.db.history import Writer
from seltzer.db.lock import migration_lock
from seltzer.db.message import StopRequested
from seltzer.db.session import Session
from seltzer.db.tables import ensure_tables, grant_readers
from seltzer.errors import InterruptedRunError, ReadOnlyServerError, TerminatedRunError
from seltzer.events import LockWaited
from seltzer.execute.active import refuse_nested
from seltzer.execute.apply import apply_plan
from seltzer.execute.context import Run
from seltzer.execute.signals import Terminated, termination_raises
from seltzer.model import DatabaseState
from seltzer.source.discover import discover
from seltzer.version import __version__

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from datetime import timedelta

    from seltzer.db.lock import Holder


def apply(call: Call, ids: Sequence[str] = ()) -> RunResult:
    """Apply everything pending, or the named migrations with what they need.

    Args:
        call: The settings.
        ids: In the forms of `planning.selection`; only these bring back what is superseded or was reverted.

    Raises:
        SeltzerError: See `seltzer.errors`; `applied` says what was applied before it.
    """
    refuse_nested()
    started = time.monotonic()
    files = discover(call.config.migrations)
    with open_target(call) as target:
        looked = look(call, target, files)
        state: DatabaseState = looked.state
        applied: tuple[str, ...] = ()
        if state is DatabaseState.BEHIND or ids:
            state, applied = apply_pending(call, target, looked, ids)
    return RunResult(state, applied, round((time.monotonic() - started) * 1000))


def apply_pending(
    call: Call, target: OpenTarget, looked: Look, ids: Sequence[str] = ()
) -> tuple[DatabaseState, tuple[str, ...]]:
    """Take the lock and apply what is pending then.

    Returns:
        The database's state afterwards, and the ids that were applied.

    Raises:
        SeltzerError: The files are wrong, the database refuses, the lock is held too long, or a migration failed.
    """
    # Everything is read and parsed before the lock: nobody waits for a run that cannot begin.
    planner = Planner(call, ids)
    plan = planner.plan(looked, target)
    _refuse_read_only(looked)
    if not looked.reading.rows:
        refuse_built_without_history(target.conn, [step.migration for step in plan.steps])
    with _interruptible(), _locked(call, target):
        if not looked.reading.exists:
            ensure_tables(target.conn, target.table)
        grant_readers(target.conn, target.table, call.config.history_readers)
        looked = look(call, target, looked.files)
        plan = planner.plan(looked, target)
        if not plan.steps:
            return looked.state, ()
        run = _run(call, target)
        apply_plan(run, plan)
    return state_after(looked, set(run.applied)), tuple(run.applied)


def _refuse_read_only(looked: Look) -> None:
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
def _locked(call: Call, target: OpenTarget) -> Generator[None]:
    def waited(time_waited: timedelta, holder: Holder | None) -> None:
        call.say(LockWaited(time_waited.total_seconds(), f"backend {holder.pid}" if holder else "another run"))

    key = target.table.lock_key()
    with migration_lock(target.conn, key, call.config.lock_wait, stop=call.stop, on_wait=waited):
        yield


@contextmanager
def _interruptible() -> Generator[None]:
    """Turn signals outside of a migration into errors too: while waiting for the lock, or between two steps."""
    with termination_raises():
        try:
            yield
        except Terminated:
            raise TerminatedRunError("the run was stopped before the next migration", hint="Apply again.") from None
        except (KeyboardInterrupt, StopRequested):
            raise InterruptedRunError("the run was stopped before the next migration", hint="Apply again.") from None


def _run(call: Call, target: OpenTarget) -> Run:
    config = call.config
    return Run(
        folder=config.migrations,
        parameters=target.parameters,
        lock_pid=target.conn.info.backend_pid,
        lock_key=target.table.lock_key(),
        session=Session(target.parameters, call.stop),
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
        search_path=config.search_path,
        role=config.role,
        listener=call.listener,
        stop=call.stop,
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"  # a container may run under a number that has no name
