"""A whole run in one transaction: all of it is applied, or nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from seltzer.db.message import Refusal, StopRequested
from seltzer.errors import Place, SeltzerError, TransactionEndedError, UnsupportedStatementError
from seltzer.events import RunFinished, RunStarted, StepStarted
from seltzer.execute.active import at_work
from seltzer.execute.apply import interrupted, note_failure
from seltzer.execute.failure import ALONE, refused_statement
from seltzer.execute.fence import closing, entry_of, opening
from seltzer.execute.python import call_function, load_function
from seltzer.execute.signals import Terminated
from seltzer.model import Kind, Language
from seltzer.source.modules import project_imports
from seltzer.sql.shape import PLAIN_BEGIN, OneTransaction, shape_of

if TYPE_CHECKING:
    from seltzer.db.message import Wire
    from seltzer.execute.context import Run
    from seltzer.model import Plan, Step

# As clean as a session gets inside a transaction; what outlives it is cleaned with the connection.
_CLEAN = ("RESET SESSION AUTHORIZATION", "RESET ROLE", "RESET ALL", "DISCARD TEMP")


def apply_together(run: Run, plan: Plan) -> None:
    """Apply every step of a plan in one transaction.

    Raises:
        UnsupportedStatementError: A step cannot be part of one; nothing was applied.
        SeltzerError: A step failed; nothing was applied.
    """
    shapes = [None if _is_python(step) else _shape(step) for step in plan.steps]
    started = time.monotonic()
    run.say(RunStarted(tuple(step.migration.id for step in plan.steps)))
    try:
        wire = run.session.wire()
        run.session.mark()
        wire.send(PLAIN_BEGIN[0])
        for index, (step, shape) in enumerate(zip(plan.steps, shapes, strict=True), 1):
            run.say(StepStarted(step.migration.id, index, len(plan.steps)))
            _apply_inside(run, wire, step, shape)
        wire.send("COMMIT")
    except Refusal as refusal:
        wire = run.session.wire_in_use()
        if wire is not None:
            wire.roll_back()
        raise refused_statement(plan.steps[-1], refusal, ALONE, ()) from None
    finally:
        run.session.close()
    run.applied += [step.migration.id for step in plan.steps]
    run.say(RunFinished(tuple(run.applied), round((time.monotonic() - started) * 1000)))


def _apply_inside(run: Run, wire: Wire, step: Step, shape: OneTransaction | None) -> None:
    run.session.listen(run.notices_of(step.migration.id))
    opened = opening(run, step, _CLEAN, last=True)
    end = closing(run, entry_of(step), last=True, touched=True).removesuffix("COMMIT")
    try:
        with at_work(step.migration.id):
            if shape is None:
                _call_inside(run, wire, step, opened.text)
                wire.send(end)
            else:
                wire.send(f"{opened.text}{shape.body}\n;\n{end}")
    except Refusal as refusal:
        wire.roll_back()
        error = refused_statement(step, refusal, opened.frame(), shape.statements if shape else ())
        note_failure(run, step, error)
        raise error from None
    except (KeyboardInterrupt, Terminated, StopRequested) as signal:
        raise interrupted(run, step, signal) from None
    except SeltzerError as error:
        wire.roll_back()
        error.migration = error.migration or step.migration.id
        note_failure(run, step, error)
        raise


def _call_inside(run: Run, wire: Wire, step: Step, opened: str) -> None:
    wire.send(opened)
    with project_imports(run.folder):
        call_function(run, step, load_function(run, step), run.session.connection_in_use())
    if not wire.in_transaction():
        raise TransactionEndedError(
            "it ended the transaction that all of them share: what ran before is committed without a history row",
            hint="Take COMMIT and ROLLBACK out, and undo by hand what it left.",
            place=Place(step.migration.path),
            rolled_back=False,
        )


def _is_python(step: Step) -> bool:
    return step.migration.file.kind is Kind.VERSIONED and step.migration.file.language is Language.PYTHON


def _shape(step: Step) -> OneTransaction:
    migration = step.migration
    if migration.file.kind is not Kind.RUNNER and migration.statements is not None:
        shape = shape_of(migration.text, migration.statements, transaction=migration.directives.transaction)
        if isinstance(shape, OneTransaction) and shape.begin == PLAIN_BEGIN:
            return shape
    raise UnsupportedStatementError(
        f"{migration.id} cannot be part of one transaction with others",
        hint="Apply it by itself first, then the others: without --single-transaction.",
        place=Place(migration.path),
        migration=migration.id,
    )
