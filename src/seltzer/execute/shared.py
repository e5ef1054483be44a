"""One transaction that several migrations share, and what each of them finds and leaves in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seltzer.db.message import Refusal
from seltzer.db.session import GuardedConnection
from seltzer.db.text import compose, literal
from seltzer.execute.convergence import known_statements
from seltzer.execute.failure import ALONE, refused_statement
from seltzer.execute.fence import closing, commit, entry_of, opening
from seltzer.execute.pooled import drop_made
from seltzer.execute.runner import RunnerCall
from seltzer.execute.transaction import OpenTransaction

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from seltzer.db.text import Sql
    from seltzer.execute.context import Run
    from seltzer.model import Step

# DISCARD ALL, as far as a transaction allows it.
_CLEAN = (
    "CLOSE ALL",
    "RESET SESSION AUTHORIZATION",
    "RESET ROLE",
    "RESET ALL",
    "DEALLOCATE ALL",
    "UNLISTEN *",
    "SELECT pg_catalog.pg_advisory_unlock_all()",
    "DISCARD SEQUENCES",
    "DISCARD TEMP",
)
# Behind a pooler the opening words set aside whatever was set before; what else there is belongs to others too.
_CLEAN_FOR_NOW = ("CLOSE ALL",)
_BEGAN = "SELECT pg_catalog.pg_current_xact_id(), extract(epoch FROM pg_catalog.clock_timestamp())"
_DEFERRED = (
    "SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format('%I.%I', n.nspname, c.conname), ', ') "
    "FROM pg_catalog.pg_constraint AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.connamespace WHERE c.condeferred"
)


class SharedTransaction(OpenTransaction):
    """One migration's part of a transaction that is open already.

    It meets the session clean and has its history row; a deferred constraint is checked at its end, as if it were the
    commit: the next migration may alter the table.
    """

    def __init__(self, run: Run, step: Step) -> None:
        """Pass the fence.

        Raises:
            AppliedMeanwhileError: Another run was faster.
            StatementError: PostgreSQL refused our words.
        """
        self._run = run
        self._last = True
        self.step = step
        self.wire = run.session.wire_at_work()
        run.session.listen(run.notices_of(step.migration.id))
        opened = opening(run, step, _CLEAN if run.lease is None else _CLEAN_FOR_NOW, last=True)
        try:
            self._xid, self._began = self.wire.ask(opened.text + _BEGAN)[-1][0]
            deferred = self.wire.ask(_DEFERRED)[0][0][0]
            if deferred:
                self.wire.send(f"SET CONSTRAINTS {deferred} DEFERRED")
        except Refusal as refusal:
            self.wire.roll_back()
            raise refused_statement(step, refusal, opened.frame(), ()) from None

    def close(self, started: Sql | None = None) -> None:
        """Check what was deferred, and write the history row.

        Args:
            started: SQL that gives the time the migration began; by default when its part of the transaction did.

        Raises:
            TransactionEndedError: The migration ended the transaction, or left it failed.
            StatementError: A deferred constraint is violated; everything was rolled back.
        """
        self._refuse_ended()
        began = compose("pg_catalog.to_timestamp(CAST({began} AS pg_catalog.float8))", began=literal(self._began))
        row = closing(self._run, entry_of(self.step)._replace(started=started or began), last=True, touched=True)
        try:
            drops = drop_made(self._run, self.wire)
            self.wire.send(f"SET CONSTRAINTS ALL IMMEDIATE;\n{drops}{row.removesuffix(commit(self._run))}")
        except Refusal as refusal:
            self.wire.roll_back()
            raise refused_statement(self.step, refusal, ALONE, ()) from None


class SharedRunnerCall(RunnerCall):
    """A runner at work whose files join the transaction that all of them share."""

    def __init__(self, run: Run, step: Step) -> None:
        super().__init__(run, step, last=True)

    def _execute(self, path: Path) -> None:
        if self.opened is None:
            self._known = known_statements(self.run, self.step)
            self.opened = SharedTransaction(self.run, self.step)
        super()._execute(path)


class BorrowedConnection(GuardedConnection):
    """Another object around an open connection, for one Python migration.

    What a migration changes of it (row factory, adapters, what it has prepared) does not reach the next one.
    """

    def __init__(self, owner: psycopg.Connection[Any]) -> None:
        super().__init__(owner.pgconn)
        self._autocommit = True  # the setter refuses inside a transaction
        self.prepare_threshold = None

    def __del__(self, warn: Any = None, /) -> None:  # noqa: ANN401  # as psycopg's own
        """Leave the connection open: it is another object's."""
