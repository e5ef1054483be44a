"""Applying what is pending: under the lock, after a second look, in the order of the plan."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from seltzer.commands.adopted import refuse_built_without_history
from seltzer.commands.planning import Planner, state_after
from seltzer.commands.precautions import open_to_others, published
from seltzer.commands.run_result import RunResult
from seltzer.commands.running import interruptible, locked, new_run, refuse_read_only
from seltzer.commands.start import Look, OpenTarget, knowing, look, open_target
from seltzer.db.tables import ensure_tables, grant_readers
from seltzer.execute.active import refuse_nested
from seltzer.execute.apply import apply_plan
from seltzer.execute.pooled import refuse_sessions
from seltzer.model import DatabaseState, FileState
from seltzer.source.discover import discover

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seltzer.commands.call import Call
    from seltzer.execute.context import Run
    from seltzer.model import Plan


def apply(call: Call, ids: Sequence[str] = (), *, together: bool = False) -> RunResult:
    """Apply everything pending, or the named migrations with what they need.

    Args:
        call: The settings.
        ids: In the forms of `planning.selection`; only these bring back what is superseded or was reverted.
        together: All in one transaction.

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
            with knowing(state):
                state, applied = apply_pending(call, target, looked, ids, together=together)
    return RunResult(state, applied, round((time.monotonic() - started) * 1000))


def apply_pending(
    call: Call, target: OpenTarget, looked: Look, ids: Sequence[str] = (), *, together: bool = False
) -> tuple[DatabaseState, tuple[str, ...]]:
    """Take the lock and apply what is pending then.

    Returns:
        The database's state afterwards, and the ids that were applied.

    Raises:
        SeltzerError: The files are wrong, the database refuses, the lock is held too long, or a migration failed.
    """
    # Everything is read and parsed before the lock: nobody waits for a run that cannot begin.
    planner = Planner(call, ids)
    first = planner.plan(looked, target)
    if together:
        _refuse_apart(first)
    refuse_read_only(looked)
    with interruptible(), locked(call, target) as changed:
        looked = look(call, changed, looked.files)
        plan = planner.plan(looked, changed)
        if not looked.reading.rows:
            refuse_built_without_history(changed.conn, [step.migration for step in plan.steps])
        if not looked.reading.exists:
            ensure_tables(changed.conn, changed.table, call.config.history_readers)
        grant_readers(changed.conn, changed.table, call.config.history_readers)
        if not plan.steps:
            return looked.state, ()
        call.warn(open_to_others(call.config.migrations, [step.migration.file for step in plan.steps]))
        call.warn(published(changed.conn, changed.table))
        if together:
            _refuse_apart(plan)
        run = new_run(call, changed)
        refuse_sessions(run, plan)
        _way(call, together=together)(run, plan)
    return state_after(looked, {*run.applied, *run.finished_by_others}), tuple(run.applied)


def _refuse_apart(plan: Plan) -> None:
    from seltzer.execute.single import refuse_apart  # noqa: PLC0415  # few runs are one transaction

    refuse_apart(plan)


def _way(call: Call, *, together: bool) -> Callable[[Run, Plan], None]:
    """How a plan is applied; what most runs do not need is not loaded."""
    if together:
        from seltzer.execute.single import apply_together  # noqa: PLC0415

        return apply_together
    if call.config.jobs > 1:
        from seltzer.execute.jobs import apply_side_by_side  # noqa: PLC0415

        return partial(apply_side_by_side, jobs=call.config.jobs)
    return apply_plan


def apply_reverted(call: Call, *, together: bool = False) -> RunResult:
    """Apply what was reverted, and what that needs; nothing happens when nothing was.

    Raises:
        StopError: Files and database disagree, even where nothing was reverted.
        SeltzerError: See `apply`.
    """
    with open_target(call) as target:
        looked = look(call, target, discover(call.config.migrations), always_rows=True)
        found = looked.found.files if looked.found is not None else ()
        ids = [item.file.id for item in found if item.state is FileState.REVERTED]
        state = looked.state
    return apply(call, ids, together=together) if ids else RunResult(state, (), 0)
