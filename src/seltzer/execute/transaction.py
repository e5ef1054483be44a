"""A migration's transaction in three messages: open it, let the migration work in it, close it with the history row.

For everything that cannot be one message: Python, files that are not parsed, files that a runner hands over, and a
changed `create_tables.sql`, whose effect is looked at before the commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import pq

from seltzer.db.history_rows import AT_TRANSACTION_START
from seltzer.db.message import Refusal
from seltzer.errors import Place, TransactionEndedError
from seltzer.execute.failure import ALONE, refused_statement, statement_error
from seltzer.execute.fence import closing, entry_of, opening
from seltzer.execute.pooled import found_in, give_back, look_around
from seltzer.source.read import place_of
from seltzer.sql.redact import values_in_excerpt
from seltzer.sql.shape import PLAIN_BEGIN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from seltzer.db.text import Sql
    from seltzer.execute.context import Run
    from seltzer.model import Statement, Step

_XID = "SELECT pg_catalog.pg_current_xact_id()"


class OpenTransaction:
    """The transaction of one migration, open on the run's working connection.

    Attributes:
        step: What is being applied in it.
        wire: The connection.
        refused: Which statement of a file PostgreSQL refused, counted from 0; None while it has refused none.
    """

    refused: int | None = None

    def __init__(self, run: Run, step: Step, begin: Sequence[str] = PLAIN_BEGIN, *, last: bool) -> None:
        """Open it and pass the fence.

        Raises:
            AppliedMeanwhileError: Another run was faster.
            StatementError: PostgreSQL refused to open it.
        """
        self._run = run
        self._last = last
        self.step = step
        self.wire = run.session.wire()
        run.attend(self.wire, step.migration.id)
        run.session.mark()
        opened = opening(run, step, begin, last=last)
        try:
            answers = self.wire.ask(opened.text + look_around(run) + _XID)
        except Refusal as refusal:
            self.wire.roll_back()
            raise refused_statement(step, refusal, opened.frame(), ()) from None
        self._xid = answers[-1][0][0]
        self._found = found_in(run, begin, answers)

    def send(self, path: Path, text: str, statements: Sequence[Statement] | None) -> None:
        """Run a file's text inside.

        Raises:
            StatementError: PostgreSQL refused a statement; everything was rolled back.
        """
        self._run.attend(self.wire, self.step.migration.id, statements or ())
        try:
            self.wire.send(text)
        except Refusal as refusal:
            self.wire.roll_back()
            self.refused = refusal.index
            if statements is not None:
                raise refused_statement(self.step, refusal, ALONE, statements, (path, text)) from None
            position, values = refusal.error.diag.statement_position, refusal.values
            hidden = values_in_excerpt(refusal.error.sqlstate, values)
            place = place_of(path, text, int(position) - 1, hidden) if position else Place(path)
            raise statement_error(self.step.migration.id, refusal.error, place, values, self.step.direction) from None

    def close(self, started: Sql | None = None) -> None:
        """Write the history row and commit.

        Args:
            started: SQL that gives the time the migration began; by default the start of the transaction.

        Raises:
            TransactionEndedError: The migration ended the transaction, or left it failed.
            StatementError: The commit was refused; everything was rolled back.
        """
        self._refuse_ended()
        entry = entry_of(self.step)._replace(started=started or AT_TRANSACTION_START)
        text = closing(self._run, entry, last=self._last, touched=True)
        try:
            back = give_back(self.wire, self._found) if self._found is not None else ""
            self.wire.send(back + text)
        except Refusal as refusal:
            self.wire.roll_back()
            raise refused_statement(self.step, refusal, ALONE, ()) from None

    def roll_back(self) -> None:
        """End it and leave nothing."""
        self.wire.roll_back()

    def _refuse_ended(self) -> None:
        migration = self.step.migration
        status = self.wire.conn.info.transaction_status
        if status is pq.TransactionStatus.INERROR:
            self.wire.roll_back()
            raise TransactionEndedError(
                "a statement failed and the migration went on as if it had not; everything was rolled back",
                hint="Let the error out, or wrap what may fail: with conn.transaction(): …",
                place=Place(migration.path),
                migration=migration.id,
                rolled_back=True,
            )
        if status is pq.TransactionStatus.INTRANS and self.wire.ask(_XID)[-1][0][0] == self._xid:
            return
        self.wire.roll_back()
        raise TransactionEndedError(
            "it ended the transaction that it was given: what it did before that is committed, and no history row "
            "says so",
            hint=f"Take COMMIT and ROLLBACK out, undo by hand what it left, and {self.step.direction.verb} again.",
            place=Place(migration.path),
            migration=migration.id,
            rolled_back=False,
        )
