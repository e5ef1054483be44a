"""What every part of a run has in hand."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from seltzer.db.text import identifier
from seltzer.events import NoticeReceived, Warned
from seltzer.sql.redact import Values, safe_server_text, without_passwords

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from psycopg import errors

    from seltzer.db.history_rows import Writer
    from seltzer.db.history_sql import HistoryTable
    from seltzer.db.lease import Lease
    from seltzer.db.message import Wire
    from seltzer.db.session import Session
    from seltzer.events import Event, Listener
    from seltzer.execute.pooled import Found
    from seltzer.execute.waiting import Waiting
    from seltzer.model import Statement

log = logging.getLogger("seltzer")
log.addHandler(logging.NullHandler())  # without it Python prints warnings by itself


def tell(event: Event, listener: Listener | None) -> None:
    """Hand an event to the logger `seltzer`, and to who listens."""
    log.log(logging.WARNING if isinstance(event, Warned) else logging.INFO, "%s", event)
    if listener is not None:
        listener(event)


@dataclass(slots=True)
class Run:
    """One run that holds the migration lock.

    Attributes:
        folder: The migrations folder.
        parameters: libpq's keywords of the target.
        lock_pid: The backend that holds the migration lock.
        lock_key: Its key.
        lease: What stands in the lock's place behind a pooler; None with a direct connection.
        session: The working connection.
        writer: What the run's history rows have in common.
        lock_timeout: For transactional migrations; None leaves the server's.
        statement_timeout: For every statement; None means none.
        search_path: For every migration, in order; None leaves the server's.
        role: The role that migrations run as; None leaves the one that connected.
        listener: Hears the run's events.
        stop: Set by another thread to end the run.
        values: Which row values may be shown.
        lock_retry_for: How long a migration that did not get its lock is tried again.
        terminate_blockers: After how long who holds a lock that a migration waits for is ended; None never.
        waiting: The waits of the migration at work; None between two.
        told_hidden: Whether it was said that other sessions cannot be seen.
        told_powerless: Whether it was said that they cannot be ended.
        unfinished: Ids of which an earlier run has done some steps.
        applied: Ids that this run applied, in order.
        finished_by_others: Ids that turned out to be applied when their turn came.
        found: What a transaction that several migrations share found in a pooler's session.
        joined: Whether the runner at work has handed a file over: its work is in the run's transaction.
        unflushed: Whether a commit of this run may not be on disk yet.
    """

    folder: Path
    parameters: Mapping[str, str] = field(repr=False)
    lock_pid: int
    lock_key: int
    session: Session
    writer: Writer
    lock_timeout: timedelta | None
    statement_timeout: timedelta | None
    search_path: tuple[str, ...] | None
    role: str | None
    listener: Listener | None
    stop: threading.Event | None
    values: Values = Values.HIDDEN
    lease: Lease | None = None
    lock_retry_for: timedelta = timedelta(0)
    terminate_blockers: timedelta | None = None
    waiting: Waiting | None = None
    told_hidden: bool = False
    told_powerless: bool = False
    unfinished: frozenset[str] = frozenset()
    found: Found | None = None
    joined: bool = False
    unflushed: bool = False
    applied: list[str] = field(default_factory=list[str])
    finished_by_others: list[str] = field(default_factory=list[str])

    @property
    def table(self) -> HistoryTable:
        """The history."""
        return self.writer.table

    def quoted_search_path(self) -> str | None:
        """The search path as a setting's value; None leaves the server's."""
        if self.search_path is None:
            return None
        return ", ".join(identifier(name) for name in self.search_path) or '""'

    def say(self, event: Event) -> None:
        """Hand an event to the logger and to the listener."""
        tell(event, self.listener)

    def attend(self, wire: Wire, migration: str, statements: Sequence[Statement] = ()) -> None:
        """Hear the server's notices on `wire`, and look who is in the way, while `migration` runs there."""
        self.session.listen(self.notices_of(migration))
        if self.waiting is not None:
            self.waiting.attend(wire, migration, statements)

    def beside(self, wire: Wire, migration: str) -> AbstractContextManager[None]:
        """The same while a migration's own code uses the connection."""
        return self.waiting.beside(wire, migration) if self.waiting is not None else nullcontext()

    def notices_of(self, migration: str) -> Callable[[int, errors.Diagnostic], None]:
        """A listener for the server's notices while `migration` runs."""

        def heard(_: int, diagnostic: errors.Diagnostic) -> None:
            severity = diagnostic.severity_nonlocalized or "NOTICE"
            said = safe_server_text(diagnostic.sqlstate, diagnostic.message_primary or "", self.values)
            message = without_passwords(said, self.parameters.get("password", ""))
            # "already exists, skipping" is what IF NOT EXISTS is for.
            if not (diagnostic.sqlstate or "").startswith("42"):
                self.say(NoticeReceived(migration, severity, message))

        return heard
