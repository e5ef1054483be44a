"""What renews a lease: a thread with a connection of its own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import psycopg

from seltzer.db.connect import connect, fetch
from seltzer.db.lease_row import interval
from seltzer.db.text import compose, literal
from seltzer.errors import ConnectionFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seltzer.db.history_sql import HistoryTable
    from seltzer.db.lease_row import Terms

_BEATS = 5


class Heartbeat(threading.Thread):
    """Renews a lease on a connection of its own, whatever the run's others are waiting for.

    Attributes:
        lost: Whether somebody has taken it over.
    """

    def __init__(self, parameters: Mapping[str, str], table: HistoryTable, terms: Terms) -> None:
        super().__init__(name="seltzer-lease", daemon=True)
        self.lost = False
        self._every_s = terms.duration.total_seconds() / _BEATS
        # A network that swallows everything must not swallow the next try too.
        self._parameters = {**parameters, "tcp_user_timeout": str(round(self._every_s * 1000))}
        self._stopped = threading.Event()
        self._renew = compose(
            "UPDATE {lease} SET expires = pg_catalog.clock_timestamp() + {duration} WHERE holder = {holder} "
            "RETURNING true",
            lease=table.lease,
            duration=interval(terms.duration),
            holder=literal(terms.holder),
        )

    def run(self) -> None:
        """Beat until it is stopped, or there is nothing to renew any more."""
        conn: psycopg.Connection[Any] | None = None
        while not self.lost and not self._stopped.wait(self._every_s):
            try:
                conn = conn or connect(self._parameters)
                self.lost = not fetch(conn, self._renew)
            except (psycopg.Error, ConnectionFailedError):
                # The next beat tries again, on a connection that is not broken.
                if conn is not None:
                    conn.close()
                conn = None
        if conn is not None:
            conn.close()

    def stop(self) -> None:
        """Stop beating; a beat that hangs is left to end by itself."""
        self._stopped.set()
        self.join(self._every_s)
