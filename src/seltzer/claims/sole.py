"""Trials of migrations that change what all databases of a server share: on a server of their own, one at a time."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from seltzer.claims.lab import Lab
from seltzer.errors import TrialError
from seltzer.shadow import clone, read_globals, restore_globals
from seltzer.shadow.databases import DRAFT, EMPTY

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from seltzer.claims.applying import Conditions
    from seltzer.claims.lab import Case
    from seltzer.shadow import Clone, Globals, Shadow


class SoleLab(Lab):
    """A lab in which a role that a trial makes is gone before the next one begins.

    There is one state, the floor, as a database with what the server had then. Every trial has a clone of it, brought
    further where it is to be; only one at a time, and what it left in the server is taken back.
    """

    ahead = 0
    alone = True
    workers = 1

    def __init__(self, shadow: Shadow, conditions: Conditions, cases: Sequence[Case]) -> None:
        """See `Lab`; the server of `shadow` is this block's own."""
        super().__init__(shadow, conditions, cases)
        self._floor = 0
        self._floor_name = EMPTY
        self._shared: Globals = read_globals(shadow)
        self._busy = False

    def reach(self, index: int) -> None:
        """Make the state before a step the floor.

        Raises:
            SeltzerError: One of the steps before it failed on the shadow.
        """
        if index != self._floor:
            self._raise_floor(index)
        self.snapshot(index)

    def _raise_floor(self, index: int) -> None:
        name = self.shadow.databases.new_name(DRAFT)
        self.shadow.databases.create(name, self._floor_name)
        former, self._floor_name = self._floor_name, name
        self._drop(former)
        self.bring(self.shadow.parameters_of(name), self._floor, index)
        self._floor = index
        self._shared = read_globals(self.shadow)

    def attempt(self, index: int) -> None:
        """Apply a step once.

        Raises:
            SeltzerError: It failed.
        """
        with self.database(index + 1):
            pass
        self.snapshot(index + 1)  # while a trial goes on there is no other state

    @contextmanager
    def database(self, count: int) -> Generator[Clone]:
        """A database as it is after the first `count` steps, and a server as it was at the floor when it is left.

        Raises:
            TrialError: Another one is in use, or the state is one that is past.
            SeltzerError: One of the steps failed on the shadow.
        """
        if self._busy or count < self._floor:
            raise TrialError(
                "it changes roles or the like, of which a server has one set: no two states can be tried at once"
            )
        self._busy = True
        try:
            with clone(self.shadow, self._floor_name) as made, self.watchdog.at_work_in(made.name):
                self.bring(made.parameters, self._floor, count)
                yield made
        finally:
            restore_globals(self.shadow, self._shared)
            self._busy = False

    @contextmanager
    def both(self, index: int) -> Generator[tuple[Clone, Clone]]:
        """The same, on a server as it is after the step: its roles serve both.

        Raises:
            SeltzerError: The step failed on the shadow.
        """
        with self.database(index + 1) as after, clone(self.shadow, self._floor_name) as before:
            yield before, after

    def forget(self, index: int) -> None:
        """Nothing: the floor goes with the server."""

    def _drop(self, name: str) -> None:
        if name != EMPTY:
            self.shadow.discard(name)
