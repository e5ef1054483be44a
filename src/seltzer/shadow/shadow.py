"""A server for throw-away databases, as those see it who make databases on it."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

import psycopg

from seltzer.errors import SeltzerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from seltzer.shadow.databases import Databases


class Whose(StrEnum):
    """Who else has databases on the server of a shadow."""

    SHARED = "shared"
    OWN = "own"
    NAMED = "named"


_WORDS = {
    Whose.SHARED: "a private server",
    Whose.OWN: "a private server of its own",
    Whose.NAMED: "the server of the setting shadow",
}
# Each drop has a checkpoint, for which copies that are made meanwhile wait: they take three times as long.
_DROPPED_TOGETHER = 16


class Shadow:
    """A server on which any number of threads make databases and drop them.

    Attributes:
        major: Its major version.
        said: What it is, in words: `PostgreSQL 18, a private server`.
        whose: `SHARED` with other runs of this user, this block's `OWN`, or `NAMED` by its address.
        databases: What creates and drops them.
        failures: What went wrong while nobody waited: databases that could not be dropped, which the next run tries.
        held: Names of the templates that nobody may drop while this shadow is open.
    """

    def __init__(self, databases: Databases, whose: Whose) -> None:
        """Make databases with `databases`."""
        self.major = databases.major
        self.said = f"PostgreSQL {databases.major}, {_WORDS[whose]}"
        self.whose = whose
        self.databases = databases
        self.failures: list[str] = []
        self.held: set[str] = set()
        self._unwanted: list[str] = []
        self._chores = ThreadPoolExecutor(max_workers=2, thread_name_prefix="seltzer-shadow")
        self._open: set[Future[None]] = set()

    def parameters_of(self, name: str) -> dict[str, str]:
        """The libpq keywords that open a connection to one of its databases."""
        return {**self.databases.parameters, "dbname": name}

    def later(self, chore: Callable[[Shadow], None]) -> None:
        """Do something that nobody waits for; `settle` and the end of the shadow do."""
        future = self._chores.submit(self._do, chore)
        self._open.add(future)
        future.add_done_callback(self._open.discard)

    def discard(self, name: str) -> None:
        """Drop a database at a time when it is in nobody's way.

        On a durable server that is at once: the checkpoint of a drop brings to disk what all others have, also those
        that are to be dropped next.
        """
        if self.databases.durable:
            self._do(partial(_drop, name=name))
            return
        self._unwanted.append(name)
        if len(self._unwanted) >= _DROPPED_TOGETHER:
            self._drop_unwanted()

    def settle(self) -> None:
        """Wait until all that was put off is done."""
        self._drop_unwanted()
        wait(list(self._open))

    def close(self) -> None:
        """Finish what was put off and close all connections."""
        self._drop_unwanted()
        self._chores.shutdown()
        self.databases.close()

    def _drop_unwanted(self) -> None:
        while self._unwanted:
            self.later(partial(_drop, name=self._unwanted.pop()))

    def _do(self, chore: Callable[[Shadow], None]) -> None:
        try:
            chore(self)
        except (SeltzerError, psycopg.Error) as error:
            self.failures.append(str(error))


def _drop(shadow: Shadow, name: str) -> None:
    shadow.databases.drop(name)
