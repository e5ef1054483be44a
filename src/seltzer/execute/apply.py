"""Applying a plan: step after step, each in its own way, and the truth about where it stopped."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psycopg

from seltzer.db.connect import connect
from seltzer.db.history import ids_written, is_recorded, newest_failure, unfinished_ids
from seltzer.db.history_rows import began_ago, insert_statement
from seltzer.db.message import Refusal, StopRequested
from seltzer.db.text import compose
from seltzer.errors import (
    AppliedMeanwhileError,
    ConnectionFailedError,
    ConnectionLostError,
    InterruptedRunError,
    InvalidSettingError,
    LeaseLostError,
    Place,
    SeltzerError,
    TerminatedRunError,
)
from seltzer.events import RunFinished, RunStarted, StepFailed, StepFinished, StepStarted, Warned
from seltzer.execute.active import at_work
from seltzer.execute.failure import statement_error
from seltzer.execute.fence import MADE_DURABLE, entry_of
from seltzer.execute.retry import with_retries
from seltzer.execute.signals import Terminated
from seltzer.execute.transactional import apply_transactional, apply_unparsed
from seltzer.model import Direction, Kind
from seltzer.planning.missing import missing_name_hint
from seltzer.sql.shape import OneTransaction, shape_of, unparsed_alone

if TYPE_CHECKING:
    from seltzer.execute.context import Run
    from seltzer.model import Plan, Step
    from seltzer.sql.shape import Stepwise


def apply_plan(run: Run, plan: Plan) -> None:
    """Apply every step of a plan; `run.applied` says how far it came, whatever happens.

    Raises:
        SeltzerError: A step failed, or a signal ended the run; what was applied before is recorded and durable.
    """
    started = time.monotonic()
    run.say(RunStarted(tuple(step.migration.id for step in plan.steps)))
    try:
        for index in range(len(plan.steps)):
            apply_and_tell(run, plan, index)
        flush(run)  # when the last step turned out to be somebody else's
    except (KeyboardInterrupt, StopRequested) as signal:
        raise _with_facts(_stopped_between(run, plan, signal), run, plan) from None
    except SeltzerError as error:
        _with_facts(error, run, plan)
        raise
    finally:
        run.session.close()
    run.say(RunFinished(tuple(run.applied), milliseconds_since(started)))


def _with_facts(error: SeltzerError, run: Run, plan: Plan) -> SeltzerError:
    error.applied = tuple(run.applied)
    error.reverting = any(step.direction is Direction.REVERT for step in plan.steps)
    return error


def _stopped_between(run: Run, plan: Plan, signal: BaseException) -> InterruptedRunError:
    """A signal that came while nothing ran: what was applied is made durable all the same."""
    try:
        wire = run.session.wire_in_use()
        if wire is not None:
            wire.roll_back()
        flush(run)
    except (SeltzerError, Refusal, psycopg.Error):
        run.session.close()
    kind = TerminatedRunError if isinstance(signal, Terminated) else InterruptedRunError
    verb = plan.steps[0].direction.verb
    return kind("the run was stopped before the next migration", hint=f"{verb.capitalize()} again to go on.")


def milliseconds_since(started: float) -> int:
    """From a time of the monotonic clock until now."""
    return round((time.monotonic() - started) * 1000)


def say_started(run: Run, plan: Plan, index: int) -> None:
    """Tell which step is about to run."""
    step = plan.steps[index]
    statements = step.migration.statements or ()
    run.say(StepStarted(step.migration.id, index + 1, len(plan.steps), str(step.direction), statements))


def apply_and_tell(run: Run, plan: Plan, index: int) -> None:
    """Apply one step of a plan, however often it takes, and say how it went.

    Raises:
        SeltzerError: It failed, or a signal ended the run.
    """
    started = time.monotonic()
    step = plan.steps[index]
    last = index + 1 == len(plan.steps)
    say_started(run, plan, index)
    try:
        applied = _apply_settled(run, step, last=last)
    except (KeyboardInterrupt, Terminated, StopRequested) as signal:
        raise interrupted(run, step, signal) from None
    except SeltzerError as error:
        error.migration = error.migration or step.migration.id
        later = [item.migration for item in plan.steps[index + 1 :] if item.direction is Direction.APPLY]
        error.hint = missing_name_hint(step.migration, error.sqlstate, error.message, later) or error.hint
        note_failure(run, step, error, started)
        run.say(StepFailed(step.migration.id, error.recorded or error.message))
        raise
    if not applied:
        run.finished_by_others.append(step.migration.id)
        run.say(Warned(f"{step.migration.id} was finished by an earlier run that had lost its client"))
        return
    run.unflushed = not last
    run.applied.append(step.migration.id)
    run.say(StepFinished(step.migration.id, milliseconds_since(started), str(step.direction)))


def _apply_settled(run: Run, step: Step, *, last: bool) -> bool:
    """Apply one step; when the connection breaks, let the history say whether it was applied.

    Returns:
        False when somebody else had applied it: the backend of a killed run ends its statement first.
    """
    try:
        with at_work(step.migration.id):
            with_retries(run, step, lambda: apply_step(run, step, last=last))
    except AppliedMeanwhileError:
        if not is_recorded(run.session.connection(), run.table, entry_of(step)):
            raise
        return False
    except Refusal as refusal:
        # Words of ours around the migration (settings, its role, the record of a step) were refused.
        run.session.close()
        place = Place(step.migration.file.path)
        raise statement_error(step.migration.id, refusal.error, place, refusal.values, step.direction) from None
    except ConnectionLostError as error:
        error.migration = step.migration.id
        try:
            with connect(run.parameters) as conn:
                written = ids_written(conn, run.writer)
                began = step.progress_id in unfinished_ids(conn, run.table)
        except (ConnectionFailedError, psycopg.Error):
            again = f"{step.direction.verb} again"
            error.hint = f"Whether it was committed could not be asked: look at `seltzer status`, and {again}."
            raise error from None
        # A server that crashed may have lost the last of what was committed before.
        run.applied[:] = [id_ for id_ in run.applied if id_ in written]
        if step.migration.id in written:
            run.applied.append(step.migration.id)
        _say_what_stays(run, step, error, began=began)
        raise
    return True


def _say_what_stays(run: Run, step: Step, error: ConnectionLostError, *, began: bool) -> None:
    """What became of a migration whose connection broke."""
    left, error.rolled_back = "the migration was rolled back", True
    if step.migration.id in run.applied:
        left, error.rolled_back = "the migration was committed before", False
    elif began:
        left, error.rolled_back = "the statements that were finished stay and are recorded", False
        error.hint = f"{step.direction.verb.capitalize()} again: it resumes there, and cleans up what was cut off."
    elif step.migration.file.kind is Kind.RUNNER and not run.joined:
        left, error.rolled_back = "what the runner had committed on its own connection stays", None
    error.message += f"; {left}"


def apply_step(run: Run, step: Step, *, last: bool) -> None:
    """Apply or revert one migration in the way of its kind.

    Raises:
        SeltzerError: It failed.
    """
    migration = step.migration
    if migration.file.kind is Kind.RUNNER and step.direction is Direction.APPLY:
        from seltzer.execute.runner import apply_runner  # noqa: PLC0415  # few plans have one

        apply_runner(run, step, last=last)
    elif migration.statements is None and migration.path.suffix == ".py":
        from seltzer.execute.python import apply_python  # noqa: PLC0415  # few plans have one

        apply_python(run, step, last=last)
    elif migration.statements is None and not migration.directives.transaction:
        _apply_unit_by_unit(run, step, unparsed_alone(migration.text), last=last)
    elif migration.statements is None:
        apply_unparsed(run, step, last=last)
    else:
        # Once begun step by step it goes on so, even if the repaired rest would fit a transaction.
        whole = migration.directives.transaction and not step.is_unfinished(run.unfinished)
        shape = shape_of(migration.text, migration.statements, transaction=whole)
        if isinstance(shape, OneTransaction):
            apply_transactional(run, step, shape, last=last)
        else:
            _apply_unit_by_unit(run, step, shape, last=last)


def _apply_unit_by_unit(run: Run, step: Step, shape: Stepwise, *, last: bool) -> None:
    from seltzer.execute.stepwise import apply_stepwise  # noqa: PLC0415  # few plans need it, and it brings healing

    apply_stepwise(run, step, shape, last=last)


def interrupted(run: Run, step: Step, signal: BaseException) -> InterruptedRunError:
    """Roll back, make what was applied durable, and say so."""
    # What a runner did on a connection of its own nobody here knows.
    whole: bool | None = True if step.migration.file.kind is not Kind.RUNNER or run.joined else None
    try:
        wire = run.session.wire_in_use()
        if wire is not None:
            wire.roll_back()
        if step.progress_id in unfinished_ids(run.session.connection(), run.table):
            whole = False
        flush(run)
    except (SeltzerError, Refusal, psycopg.Error):
        run.session.close()
    kind = TerminatedRunError if isinstance(signal, Terminated) else InterruptedRunError
    left = "the migration that was running was rolled back"
    if whole is False:
        left = "the statements that were finished stay and are recorded, the running one was cancelled"
    elif whole is None:
        left = "what the runner had committed on its own connection stays, the rest of it was rolled back"
    return kind(
        f"the run was stopped; {left}",
        hint=f"{step.direction.verb.capitalize()} again to go on.",
        migration=step.migration.id,
        rolled_back=whole,
    )


def note_failure(run: Run, step: Step, error: SeltzerError, started: float) -> None:
    """Leave a note of a failed migration in the history, once; it makes what was applied before it durable.

    A note that cannot be written must not hide the failure itself.

    Args:
        run: The run.
        step: What failed.
        error: How.
        started: When the step began, by the monotonic clock.
    """
    if isinstance(error, ConnectionLostError):
        return
    message = (error.recorded or error.message)[:1000]
    try:
        conn = run.session.connection()
        noted = (step.migration.file.checksum, error.sqlstate or "", message)
        known = newest_failure(conn, run.table, step.migration.id) == noted
        # That another run was faster is no failure of the migration's, nor is a setting.
        if known or isinstance(error, AppliedMeanwhileError | LeaseLostError | InvalidSettingError):
            flush(run)
            return
        note = entry_of(step, "failed")._replace(
            generation=None,
            fingerprints=None,
            provides=None,
            sqlstate=error.sqlstate,
            message=message,
            started=began_ago(time.monotonic() - started),
        )
        run.session.wire().send(f"BEGIN;\n{MADE_DURABLE}{insert_statement(run.writer, note)};\nCOMMIT")
        run.unflushed = False
    except (SeltzerError, Refusal, psycopg.Error) as reason:
        run.say(Warned(f"the failure of {step.migration.id} is not in the history: {type(reason).__name__}"))


def flush(run: Run) -> None:
    """Bring this run's asynchronous commits to disk: a row lock is enough to make a synchronous commit of its own."""
    if not run.unflushed:
        return
    text = compose(
        "BEGIN; SET LOCAL synchronous_commit = on; "
        "SELECT 1 FROM {history} ORDER BY position DESC LIMIT 1 FOR UPDATE; COMMIT",
        history=run.table.history,
    )
    run.session.wire().send(text)
    run.unflushed = False
