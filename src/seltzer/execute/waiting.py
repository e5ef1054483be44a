"""What a run does while the server works on a migration: it looks who is in the way, and says so.

A lock that is waited for is a queue: everybody who comes later waits behind it. People see within a second whose
transaction it is; whoever has been in the way for longer than `terminate-blockers` is ended, if that was asked for.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from seltzer.db.blockers import Watch, terminate
from seltzer.db.builds import Build
from seltzer.db.pooled_watch import PooledWatch
from seltzer.events import BlockersTerminated, IndexBuilding, StatementBlocked, StatementRunning, Warned
from seltzer.sql.redact import Values, safe_excerpt

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from seltzer.db.builds import Work
    from seltzer.db.message import Wire
    from seltzer.events import Blocker
    from seltzer.execute.context import Run
    from seltzer.model import Statement

_LOOK_EVERY_S = 0.5
_HEAD = 80


class Waiting:
    """The waits of a migration, or of several that share a transaction, over all tries.

    Attributes:
        blockers: Who was in the way at the last look that found anybody.
    """

    def __init__(self, run: Run) -> None:
        self.blockers: tuple[Blocker, ...] = ()
        self._run = run
        self._migration = ""
        self._spared: set[int] = set()
        self._statements: Sequence[Statement] = ()
        self._blocked_since: float | None = None
        self._watch: Watch | None = None

    def attend(self, wire: Wire, migration: str, statements: Sequence[Statement] = ()) -> None:
        """Look on while the next messages of a migration run on `wire`; `statements` are what is sent, if known."""
        self._migration, self._statements = migration, statements
        if self._watch is None:
            self._watch = self._watch_of(wire)
        else:
            self._watch.begin(wire.conn.info.backend_pid)
        wire.on_wait = self._watch

    def _watch_of(self, wire: Wire) -> Watch:
        run = self._run
        if run.lease is not None:
            lease = (run.table, run.lease.holder)
            return PooledWatch(run.parameters, lease, self._say, self._each, say_progress=self._say_progress)
        pid = wire.conn.info.backend_pid
        return Watch(run.parameters, pid, self._say, self._each, say_progress=self._say_progress)

    @contextmanager
    def beside(self, wire: Wire, migration: str) -> Generator[None]:
        """Look on from a thread while somebody else uses the connection: a Python migration."""
        self.attend(wire, migration)
        done = threading.Event()

        def look() -> None:
            while not done.wait(_LOOK_EVERY_S):
                if self._watch is not None:
                    self._watch()

        thread = threading.Thread(target=look, name="seltzer-watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def close(self) -> None:
        """Stop looking."""
        wire = self._run.session.wire_in_use()
        if wire is not None:
            wire.on_wait = None
        if self._watch is not None:
            self._watch.close()

    def _say(self, seconds: float, blockers: tuple[Blocker, ...]) -> None:
        self._run.say(StatementBlocked(self._migration, seconds, blockers))
        if not self._run.told_hidden and any(not item.state and item.pid for item in blockers):
            self._run.told_hidden = True
            self._run.say(
                Warned(
                    "what other sessions run is hidden from this role; to see it: "
                    f"GRANT pg_monitor TO {self._run.session.user()}"
                )
            )

    def _say_progress(self, seconds: float, at_work: Build | Work) -> None:
        if isinstance(at_work, Build):
            self._run.say(IndexBuilding(self._migration, at_work.name, at_work.phase, at_work.percent, at_work.left_s))
        else:
            self._say_work(seconds, at_work)

    def _say_work(self, seconds: float, work: Work) -> None:
        """Which statement is at work, without a literal of it: nobody knows yet what the server thinks of it."""
        sent = self._statements
        text = sent[0].text if sent else work.query
        head = " ".join(safe_excerpt(text, 0, len(text), Values.REFUSED).split())[:_HEAD]
        line, last_line = (sent[0].line, sent[-1].line) if sent else (None, None)
        several = len(sent) > 1
        event = StatementRunning(
            self._migration, line, last_line, "" if several else head, seconds, work.table, work.size
        )
        self._run.say(event)

    def _each(self, conn: psycopg.Connection[Any], blockers: tuple[Blocker, ...]) -> None:
        """Note who is in the way, and end them when their time has come."""
        now = time.monotonic()
        self.blockers = blockers
        self._blocked_since = self._blocked_since or now
        after = self._run.terminate_blockers
        if after is None or now - self._blocked_since < after.total_seconds():
            return
        try:
            told = terminate(conn, [item.pid for item in blockers if item.pid])
        except psycopg.errors.InsufficientPrivilege:
            if not self._run.told_powerless:
                self._run.told_powerless = True
                user = self._run.session.user()
                self._run.say(Warned(f"this role may not end other sessions: GRANT pg_signal_backend TO {user}"))
            return
        for pid in sorted(pid for pid, reason in told.items() if reason and pid not in self._spared):
            self._spared.add(pid)
            self._run.say(Warned(f"backend {pid} is in the way and is not ended: {told[pid]}"))
        gone = tuple(item for item in blockers if told.get(item.pid) == "")
        if gone:
            self._run.say(BlockersTerminated(self._migration, now - self._blocked_since, gone))
