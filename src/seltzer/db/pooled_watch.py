"""The same watch behind a pooler: which backend works for the run is asked, and whoever waits does not wait for it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from seltzer.db.blockers import Watch
from seltzer.db.lease_row import backends_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import psycopg

    from seltzer.db.builds import Build, Work
    from seltzer.db.history_sql import HistoryTable
    from seltzer.events import Blocker


_PATIENCE_S = 1.0


class PooledWatch(Watch):
    """A watch that looks from a thread of its own.

    A pooler may have no session left for it while the statement that is watched has one of the last: the thread that
    waits for the statement must not wait for the look.
    """

    def __init__(
        self,
        parameters: Mapping[str, str],
        lease: tuple[HistoryTable, str],
        say: Callable[[float, tuple[Blocker, ...]], None],
        each: Callable[[psycopg.Connection[Any], tuple[Blocker, ...]], None] | None = None,
        *,
        say_progress: Callable[[float, Build | Work], None] | None = None,
    ) -> None:
        """Watch whatever works for a holder of a lease.

        Args:
            parameters: libpq's keywords of the target.
            lease: The history, and the holder.
            say: See `Watch`.
            each: See `Watch`.
            say_progress: See `Watch`.
        """
        super().__init__(parameters, 0, say, each, say_progress=say_progress)
        self._lease = lease
        self._thread: threading.Thread | None = None
        self._closed = False

    def close(self) -> None:
        """Let go of the connection; a look that hangs does so when it ends."""
        self._closed = True
        if self._thread is not None:
            self._thread.join(_PATIENCE_S)
        if self._thread is None or not self._thread.is_alive():
            super().close()

    def _look(self, now: float) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._look_now, args=(now,), name="seltzer-watch", daemon=True)
            self._thread.start()

    def _look_now(self, now: float) -> None:
        super()._look(now)
        if self._closed:
            super().close()

    def _backend(self, conn: psycopg.Connection[Any]) -> int:
        table, holder = self._lease
        return next(iter(backends_of(conn, table, holder)), 0)
