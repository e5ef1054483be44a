"""SQL in one transaction: the whole migration and its history row are one query message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.db.message import Refusal
from seltzer.execute.convergence import known_statements, refuse_unconverged
from seltzer.execute.failure import refused_statement
from seltzer.execute.fence import closing, entry_of, opening
from seltzer.execute.transaction import OpenTransaction
from seltzer.model import CREATE_TABLES, Direction

if TYPE_CHECKING:
    from seltzer.execute.context import Run
    from seltzer.model import Step
    from seltzer.sql.shape import OneTransaction


def apply_transactional(run: Run, step: Step, shape: OneTransaction, *, last: bool) -> None:
    """Apply a migration that PostgreSQL can take in one transaction.

    Raises:
        StatementError: PostgreSQL refused a statement; everything was rolled back.
        NotConvergedError: A changed `create_tables.sql` was skipped where it says something new.
        AppliedMeanwhileError: Another run was faster.
        ConnectionLostError: The connection broke; whether it was applied is for the history to say.
    """
    if step.direction is Direction.APPLY and step.migration.file.name == CREATE_TABLES and step.former is not None:
        _apply_watched(run, step, shape, last=last)
    else:
        _apply_at_once(run, step, shape, last=last)


def apply_unparsed(run: Run, step: Step, *, last: bool) -> None:
    """Apply a file with `parse = off`: its text goes to the server as it stands.

    Raises:
        StatementError: PostgreSQL refused it; everything was rolled back.
        TransactionEndedError: It ended the transaction it was sent in.
    """
    opened = OpenTransaction(run, step, last=last)
    opened.send(step.migration.path, step.migration.text, None)
    opened.close()


def _apply_at_once(run: Run, step: Step, shape: OneTransaction, *, last: bool) -> None:
    plain = not any(item.touches_session for item in shape.statements)
    wire = run.session.wire(plain=plain)
    run.attend(wire, step.migration.id)
    if not plain:
        run.session.mark()
    prepared = plain and run.session.prepares
    opened = opening(run, step, shape.begin, last=last, prepared=prepared)
    row = closing(run, entry_of(step), last=last, touched=not plain, prepared=prepared)
    try:
        # The line break ends a comment that the file leaves open, the semicolon a statement.
        wire.send(f"{opened.text}{shape.body}\n;\n{row}")
    except Refusal as refusal:
        wire.roll_back()
        run.session.mark()
        raise refused_statement(step, refusal, opened.frame(), shape.statements) from None
    run.session.prepared = run.session.prepared or prepared


def _apply_watched(run: Run, step: Step, shape: OneTransaction, *, last: bool) -> None:
    """Apply a changed first day, and look before the commit at what `IF NOT EXISTS` skipped."""
    known = known_statements(run, step)
    opened = OpenTransaction(run, step, shape.begin, last=last)
    opened.send(step.migration.path, shape.body, shape.statements)
    news = [item for item in shape.statements if item.fingerprint not in known]
    try:
        refuse_unconverged(opened.wire, step, (step.migration.path, step.migration.text), news)
    except BaseException:
        opened.roll_back()
        raise
    opened.close()
