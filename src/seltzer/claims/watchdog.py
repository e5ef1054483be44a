"""What ends a trial that goes on for ever, and all of them when the check is stopped: their sessions are ended."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg

from seltzer.errors import SeltzerError

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Self

    from seltzer.shadow import Shadow

PATIENCE = timedelta(minutes=2)
"""How long one claim of one migration may be tried."""

_LOOK_EVERY_S = 0.5
_END = (
    "SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity AS a "
    "WHERE a.datname = ANY(%s) AND a.pid <> pg_catalog.pg_backend_pid()"
)


@dataclass(slots=True)
class Watched:
    """One trial.

    Attributes:
        step: The place of its migration.
        until: When it is ended, by the monotonic clock.
        databases: Where it is at work.
        expired: Whether it was ended.
    """

    step: int
    until: float
    databases: set[str] = field(default_factory=set[str])
    expired: bool = False


class Watchdog:
    """Looks after all trials of a lab from a thread of its own."""

    def __init__(self, shadow: Shadow, patience: timedelta) -> None:
        """Watch over trials on `shadow`, each for `patience`."""
        self._shadow = shadow
        self._patience = patience
        self._watched: dict[int, list[Watched]] = {}
        self._guard = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="seltzer-watchdog", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @contextmanager
    def watching(self, step: int) -> Generator[Watched]:
        """Watch what this thread does in the block; `expired` says afterwards whether it was ended.

        Args:
            step: The place of the migration that is tried.
        """
        item = Watched(step, time.monotonic() + self._patience.total_seconds())
        with self._guard:
            self._watched.setdefault(threading.get_ident(), []).append(item)
        try:
            yield item
        finally:
            with self._guard:
                self._watched[threading.get_ident()].remove(item)

    @contextmanager
    def at_work_in(self, database: str) -> Generator[None]:
        """Note that what this thread does in the block is done in a database."""
        with self._guard:
            items = list(self._watched.get(threading.get_ident(), ()))
            for item in items:
                item.databases.add(database)
        try:
            yield
        finally:
            with self._guard:
                for item in items:
                    item.databases.discard(database)

    def end(self, step: int) -> None:
        """End the trials of a migration: nobody wants to know any more what they come to."""
        with self._guard:
            for item in [item for items in self._watched.values() for item in items if item.step == step]:
                item.until = 0.0

    def end_all(self) -> None:
        """End everything that is watched, now and whatever begins after it."""
        with self._guard:
            self._patience = timedelta(0)
            for items in self._watched.values():
                for item in items:
                    item.until = 0.0

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_EVERY_S):
            with self._guard:
                now = time.monotonic()
                late = [item for items in self._watched.values() for item in items if item.until <= now]
                for item in late:
                    item.expired = True
                names = sorted({name for item in late for name in item.databases})
            if names:
                # A shadow that cannot be reached has nothing left to end.
                with suppress(psycopg.Error, SeltzerError), self._shadow.databases.connection() as conn:
                    conn.execute(_END, [names])
