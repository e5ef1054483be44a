"""SQL in one transaction: the whole migration and its history row are one query message."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from seltzer.db.message import Refusal
from seltzer.execute.convergence import known_statements, send_watched
from seltzer.execute.failure import refused_statement
from seltzer.execute.fence import closing, entry_of, opening
from seltzer.execute.transaction import OpenTransaction
from seltzer.model import CREATE_TABLES, Direction

if TYPE_CHECKING:
    from seltzer.db.message import Wire
    from seltzer.errors import SeltzerError
    from seltzer.execute.context import Run
    from seltzer.execute.failure import Frame
    from seltzer.model import Statement, Step
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
    elif run.lease is not None and not is_plain(shape):
        _apply_and_give_back(run, step, shape, last=last)
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
    message = compose_message(run, step, shape, last=last)
    try:
        message.wire.send(message.text)
    except Refusal as refusal:
        raise message.refused(run, refusal) from None
    message.done(run)


class Message(NamedTuple):
    """A whole migration as one query message.

    Attributes:
        wire: The connection it goes to.
        text: It.
        step: The migration.
        statements: The file's statements in it.
        frame: Where they stand in it.
        prepared: Whether it leaves the connection with statements of ours prepared.
    """

    wire: Wire
    text: str
    step: Step
    statements: tuple[Statement, ...]
    frame: Frame
    prepared: bool

    def done(self, run: Run) -> None:
        """Note what a message that succeeded left in the session."""
        run.session.prepared = run.session.prepared or self.prepared

    def refused(self, run: Run, refusal: Refusal) -> SeltzerError:
        """Roll back, and make the error of a refusal."""
        self.wire.roll_back()
        run.session.mark()
        return refused_statement(self.step, refusal, self.frame, self.statements)


def compose_message(run: Run, step: Step, shape: OneTransaction, *, last: bool) -> Message:
    """A migration with everything around it, for the clean connection of a run."""
    plain = is_plain(shape)
    wire = run.session.wire(plain=plain)
    run.attend(wire, step.migration.id, shape.statements)
    if not plain:
        run.session.mark()
    prepared = plain and run.session.prepares
    opened = opening(run, step, shape.begin, last=last, prepared=prepared)
    row = closing(run, entry_of(step), last=last, touched=not plain, prepared=prepared)
    # The line break ends a comment that the file leaves open, the semicolon a statement.
    text = f"{opened.text}{shape.body}\n;\n{row}"
    return Message(wire, text, step, shape.statements, opened.frame(), prepared)


def is_plain(shape: OneTransaction) -> bool:
    """Whether a file neither looks at the session nor leaves anything in it."""
    return not any(item.touches_session for item in shape.statements)


def _apply_and_give_back(run: Run, step: Step, shape: OneTransaction, *, last: bool) -> None:
    """The same behind a pooler, where nobody cleans the session: it is left as it was found."""
    opened = OpenTransaction(run, step, shape.begin, last=last)
    opened.send(step.migration.path, shape.body, shape.statements)
    opened.close()


def _apply_watched(run: Run, step: Step, shape: OneTransaction, *, last: bool) -> None:
    """Apply a changed first day, and look before the commit at what `IF NOT EXISTS` skipped."""
    known = known_statements(run, step)
    opened = OpenTransaction(run, step, shape.begin, last=last)
    try:
        send_watched(run, opened, (step.migration.path, step.migration.text), shape, known)
    except BaseException:
        opened.roll_back()
        raise
    opened.close()
