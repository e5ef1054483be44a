"""A whole run in one transaction: all of it is applied, or nothing."""

from __future__ import annotations

import ast
import re
import sys
import time
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

import psycopg

from seltzer.db.connect import connect
from seltzer.db.history import ids_written
from seltzer.db.history_rows import began_ago
from seltzer.db.message import Refusal, StopRequested
from seltzer.errors import (
    ConnectionFailedError,
    ConnectionLostError,
    InterruptedRunError,
    Place,
    RunnerError,
    SeltzerError,
    TerminatedRunError,
    TransactionEndedError,
    UnsupportedStatementError,
)
from seltzer.events import RunFinished, RunStarted, StepFailed, StepFinished, StepStarted
from seltzer.execute.active import at_work
from seltzer.execute.apply import note_failure
from seltzer.execute.convergence import known_statements, send_watched
from seltzer.execute.failure import ALONE, refused_statement
from seltzer.execute.fence import commit
from seltzer.execute.pooled import first_look, give_back
from seltzer.execute.python import call_function, load_function
from seltzer.execute.retry import with_retries
from seltzer.execute.runner import call_runner
from seltzer.execute.shared import BorrowedConnection, SharedRunnerCall, SharedTransaction
from seltzer.execute.signals import Terminated
from seltzer.model import CREATE_TABLES, Kind, Language
from seltzer.planning.missing import missing_name_hint
from seltzer.source.modules import project_imports
from seltzer.sql.shape import PLAIN_BEGIN, OneTransaction, shape_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.execute.context import Run
    from seltzer.model import Migration, Plan, Step

_OWN_BEGIN = re.compile(r"(?:BEGIN|START)(?:\s+(?:WORK|TRANSACTION))?", re.IGNORECASE)


def refuse_apart(plan: Plan) -> None:
    """Refuse a plan with a step that cannot share a transaction with others; nothing has run yet.

    Raises:
        UnsupportedStatementError: There is one; its file, and where it can be told its line, are named.
    """
    for step in plan.steps:
        reason = _why_apart(step.migration)
        if reason is not None:
            why, place = reason
            raise UnsupportedStatementError(
                f"{step.migration.id} cannot share one transaction with others: {why}",
                hint=f"Apply it by itself first: seltzer apply {step.migration.id}",
                place=place,
                migration=step.migration.id,
            )


def apply_together(run: Run, plan: Plan) -> None:
    """Apply every step of a plan in one transaction; `refuse_apart` has seen it.

    Raises:
        SeltzerError: A step failed, or a signal ended the run; nothing was applied.
    """
    started = time.monotonic()
    steps = plan.steps
    begun = {step.migration.id: started for step in steps}
    run.say(RunStarted(tuple(step.migration.id for step in steps)))
    try:
        durations = with_retries(run, steps[0], lambda: _apply_all(run, steps, begun))
    except SeltzerError as error:
        failed = next((step for step in steps if step.migration.id == error.migration), None)
        if failed is not None and not isinstance(error, InterruptedRunError):
            note_failure(run, failed, error, begun[failed.migration.id])
            run.say(StepFailed(failed.migration.id, error.recorded or error.message))
        raise
    finally:
        run.session.close()
    run.applied += [step.migration.id for step in steps]
    for step, duration in zip(steps, durations, strict=True):
        run.say(StepFinished(step.migration.id, duration))
    run.say(RunFinished(tuple(run.applied), _since(started)))


def _apply_all(run: Run, steps: Sequence[Step], begun: dict[str, float]) -> list[int]:
    """One try of all of them; how many milliseconds each took. When each began is noted in `begun`."""
    durations: list[int] = []
    wire = run.session.wire()
    wire.send(PLAIN_BEGIN[0])
    run.found = first_look(run, wire)
    for index, step in enumerate(steps):
        before = begun[step.migration.id] = time.monotonic()
        run.say(StepStarted(step.migration.id, index + 1, len(steps), statements=step.migration.statements or ()))
        _apply_inside_and_explain(run, steps, index)
        durations.append(_since(before))
    _commit(run, steps)
    return durations


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _apply_inside_and_explain(run: Run, steps: Sequence[Step], index: int) -> None:
    step = steps[index]
    try:
        with at_work(step.migration.id):
            _apply_inside(run, step)
    except (KeyboardInterrupt, Terminated, StopRequested) as signal:
        _roll_back(run)
        raise _stopped(signal, step, "all of it was rolled back") from None
    except SeltzerError as error:
        _roll_back(run)
        error.migration = error.migration or step.migration.id
        later = [item.migration for item in steps[index + 1 :]]
        error.hint = missing_name_hint(step.migration, error.sqlstate, error.message, later) or error.hint
        if isinstance(error, TransactionEndedError | ConnectionLostError) and not error.rolled_back:
            error.applied = _settled(run, steps)
        else:
            error.rolled_back = True
            error.hint = f"Nothing of this run was applied. {error.hint or ''}".rstrip()
        raise


def _roll_back(run: Run) -> None:
    wire = run.session.wire_in_use()
    if wire is not None:
        wire.roll_back()
    run.session.mark()


def _apply_inside(run: Run, step: Step) -> None:
    migration = step.migration
    if migration.file.kind is Kind.RUNNER:
        call = SharedRunnerCall(run, step)
        call_runner(call)
        if call.opened is None:
            raise RunnerError(
                "handed over no file, so whatever it did was not in the transaction that all of them share",
                hint="Apply it by itself, without --single-transaction.",
                place=Place(migration.file.path),
            )
        call.opened.close(began_ago(time.monotonic() - call.began))
        return
    known = known_statements(run, step) if migration.file.name == CREATE_TABLES and step.former is not None else None
    shared = SharedTransaction(run, step)
    if migration.file.language is Language.PYTHON:
        _call_inside(run, step, shared)
    else:
        _send_inside(run, shared, known)
    shared.close()


def _send_inside(run: Run, shared: SharedTransaction, known: frozenset[str] | None) -> None:
    migration = shared.step.migration
    shape = shape_of(migration.text, migration.statements or (), transaction=migration.directives.transaction)
    body = shape.body if isinstance(shape, OneTransaction) else migration.text  # refuse_apart has seen that it is one
    statements = shape.statements if isinstance(shape, OneTransaction) else migration.statements or ()
    if known is not None and isinstance(shape, OneTransaction):
        send_watched(run, shared, (migration.path, migration.text), shape, known)
    else:
        shared.send(migration.path, body, statements)


def _call_inside(run: Run, step: Step, shared: SharedTransaction) -> None:
    pgconn = shared.wire.conn.pgconn
    handlers = pgconn.notice_handler, pgconn.notify_handler
    conn = BorrowedConnection(shared.wire.conn)
    heard = run.notices_of(step.migration.id)
    conn.add_notice_handler(lambda diagnostic: heard(0, diagnostic))
    try:
        with project_imports(run.folder), redirect_stdout(sys.stderr):
            call_function(run, step, load_function(run, step), conn)
    finally:
        pgconn.notice_handler, pgconn.notify_handler = handlers


def _commit(run: Run, steps: Sequence[Step]) -> None:
    wire = run.session.wire_at_work()
    try:
        back = give_back(wire, run.found) if run.found is not None else ""
        wire.send(back + commit(run))
    except Refusal as refusal:
        wire.roll_back()
        raise refused_statement(steps[-1], refusal, ALONE, ()) from None
    except (KeyboardInterrupt, Terminated, StopRequested) as signal:
        applied = _settled(run, steps)
        error = _stopped(
            signal, steps[-1], "it was at its end: all of it is applied" if applied else "nothing is applied"
        )
        error.rolled_back, error.applied = not applied, applied
        raise error from None
    except ConnectionLostError as error:
        error.applied = _settled(run, steps)
        error.rolled_back = not error.applied
        error.message += "; all of it was committed before" if error.applied else "; all of it was rolled back"
        raise


def _settled(run: Run, steps: Sequence[Step]) -> tuple[str, ...]:
    """What is in the history after all: asked on another connection, never guessed.

    Raises:
        ConnectionLostError: Nobody can be asked.
    """
    run.session.close()
    try:
        with connect(run.parameters) as conn:
            written = ids_written(conn, run.writer)
    except (ConnectionFailedError, psycopg.Error):
        raise ConnectionLostError(
            "the connection broke, and whether anything was committed could not be asked",
            hint="Look at `seltzer status`, and apply again.",
        ) from None
    found = [step.migration.id for step in steps if step.migration.id in written]
    run.applied += found
    return tuple(found)


def _stopped(signal: BaseException, step: Step, what: str) -> InterruptedRunError:
    kind = TerminatedRunError if isinstance(signal, Terminated) else InterruptedRunError
    return kind(f"the run was stopped; {what}", hint="Apply again.", migration=step.migration.id, rolled_back=True)


def _why_apart(migration: Migration) -> tuple[str, Place] | None:
    """Why a migration cannot be part of a transaction with others, and where; None when it can."""
    file = migration.file
    if file.kind is Kind.RUNNER:
        texts = {path: path.read_text(encoding="utf-8-sig") for path in file.members if path.suffix == ".py"}
        if not any("execute_sql_file" in text for text in texts.values()):
            return "its runner hands over no file: it connects by itself", Place(file.path)
        path = next((path for path, text in texts.items() if _brings_strangers(text)), None)
        return ("a runner that imports more than seltzer may connect by itself", Place(path)) if path else None
    if file.language is Language.PYTHON:
        return None
    if migration.statements is None:
        return "nobody knows what a file with parse = off has in it", Place(migration.path)
    shape = shape_of(migration.text, migration.statements, transaction=migration.directives.transaction)
    if isinstance(shape, OneTransaction):
        own = shape.begin != PLAIN_BEGIN and not (len(shape.begin) == 1 and _OWN_BEGIN.fullmatch(shape.begin[0]))
        return ("it asks for a transaction of a kind of its own", Place(migration.path)) if own else None
    culprit = next((item for item in migration.statements if not item.transactional or item.control), None)
    line = culprit.line if culprit is not None else migration.directives.lines.get("transaction")
    return "it has to run statement by statement", Place(migration.path, line)


def _brings_strangers(text: str) -> bool:
    """Whether a runner's file imports anything but Python's own, seltzer and what lies beside it."""
    known = {*sys.stdlib_module_names, "seltzer"}
    for node in ast.walk(ast.parse(text)):
        names = [item.name for item in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level != 1:
            names = [node.module or ""] if not node.level else [""]
        if any(name.partition(".")[0] not in known for name in names):
            return True
    return False
