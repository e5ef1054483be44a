"""Where migrations are tried: the states before and after each of them, as templates that clones are made of."""

from __future__ import annotations

import hashlib
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seltzer.catalog.snapshot import read_snapshot
from seltzer.claims.applying import apply_on, brings_code
from seltzer.claims.child import Child
from seltzer.claims.cluster import changes_server, subscribes
from seltzer.claims.guard import Neighbours
from seltzer.claims.production import Production
from seltzer.claims.watchdog import PATIENCE, Watchdog
from seltzer.db.connect import connect
from seltzer.errors import TrialError
from seltzer.shadow import Clone, Whose, clone, ensure_template
from seltzer.shadow.databases import DRAFT
from seltzer.version import __version__

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    import psycopg

    from seltzer.catalog.snapshot import Snapshot
    from seltzer.claims.applying import Conditions
    from seltzer.events import Listener
    from seltzer.model import Migration, Step
    from seltzer.shadow import Shadow


@dataclass(frozen=True, slots=True)
class Case:
    """One step of the way to a database, judged or only passed.

    Attributes:
        step: The migration.
        judged: Whether its claims are tried; the others only make the state before those that are.
        former: What it was before it changed, where that is known; None for what is new.
    """

    step: Step
    judged: bool
    former: Migration | None = None


class Lab:
    """A shadow with the migrations of a project, in the order in which a database meets them.

    Attributes:
        shadow: Where the databases are.
        conditions: How migrations are applied.
        cases: The steps in order.
        workers: How many trials may go on at once; None as many as there are cores.
        production: What is known of the database where migrations will run.
        ahead: How many steps may be waiting for their trials; each keeps a database for the state before it.
        alone: Whether there is only one state at a time.
        stop: Set to end what migrations are doing.
        watchdog: Ends a trial that goes on for ever.
    """

    workers: int | None = None
    production = Production()
    ahead = 3
    alone = False

    def __init__(self, shadow: Shadow, conditions: Conditions, cases: Sequence[Case]) -> None:
        self.shadow = shadow
        self.conditions = conditions
        self.cases = tuple(cases)
        self._keys = _keys(shadow, conditions, [case.step for case in cases])
        self._first = next((index for index, case in enumerate(cases) if case.judged), len(cases))
        self._made: dict[int, str] = {}
        self._copies: dict[int, list[str]] = {}
        self._snapshots: dict[int, Snapshot] = {}
        self._children: list[Child] = []
        self._every_child: list[Child] = []
        self._guard = threading.Lock()
        self._looking = threading.Lock()
        self._making = threading.Lock()
        self.stop = threading.Event()
        self._stack = ExitStack()
        self.watchdog = self._stack.enter_context(Watchdog(shadow, PATIENCE))

    def close(self) -> None:
        """End the processes that tried Python, and drop what is left."""
        self._stack.close()
        for count in {*self._made, *self._copies}:
            self.forget(count)

    def end(self) -> None:
        """End what migrations are doing, in whatever way they do it: a check that is stopped waits for nobody."""
        self.stop.set()
        self.watchdog.end_all()
        with self._guard:
            children = list(self._every_child)
        for child in children:
            child.close()

    def reach(self, index: int) -> None:
        """Make the state before a step.

        Raises:
            SeltzerError: One of the steps before it failed on the shadow.
        """
        self._state(index)

    def attempt(self, index: int) -> None:
        """Make the state after a step.

        Raises:
            SeltzerError: It failed.
        """
        self._state(index + 1)

    def snapshot(self, count: int) -> Snapshot:
        """The catalog after the first `count` steps, Seltzer's own tables left out; read once.

        Raises:
            SeltzerError: One of the steps failed on the shadow.
        """
        with self._looking:
            if count not in self._snapshots:
                with self.database(count) as made, connect(made.parameters) as conn:
                    self._snapshots[count] = read_snapshot(conn, without=(self.conditions.table.schema,))
            return self._snapshots[count]

    def snapshot_before_plan(self) -> Snapshot:
        """The catalog before the first judged step: what is in it was not made by what is about to run."""
        return self.snapshot(self._first)

    def forget(self, index: int) -> None:
        """Drop the state before a step, if it is none that the next check could use, and the copies made for it."""
        for copy in self._copies.pop(index, []):
            self.shadow.discard(copy)
        if index != self._first:
            self._snapshots.pop(index, None)
        name = self._made.pop(index, None)
        if name is not None:
            self.shadow.discard(name)

    @contextmanager
    def copy(self, index: int, source: str | None = None) -> Generator[Clone]:
        """Work in a database that lasts until a step is forgotten.

        Args:
            index: The step.
            source: What it is a copy of; None for the state before the step.

        Raises:
            SeltzerError: It cannot be made.
        """
        name = self.shadow.databases.new_name(DRAFT)
        self._copies.setdefault(index, []).append(name)
        self.shadow.databases.create(name, source or self._state(index))
        with self.watchdog.at_work_in(name):
            yield Clone(name, self.shadow.parameters_of(name))

    @contextmanager
    def clone_of(self, name: str) -> Generator[Clone]:
        """A copy of a database, for the time of the block."""
        with clone(self.shadow, name) as made, self.watchdog.at_work_in(made.name):
            yield made

    def bring(self, parameters: Mapping[str, str], done: int, count: int) -> None:
        """Bring a database from the state after the first `done` steps to that after the first `count`.

        Raises:
            SeltzerError: One of the steps failed.
        """
        if done < count:
            self.apply(parameters, [case.step for case in self.cases[done:count]])

    def _state(self, count: int) -> str:
        """The database in the state after the first `count` steps, which nobody connects to: clones are made of it.

        What precedes the first judged step is kept for the next check; the states after it last until `forget`.

        Raises:
            SeltzerError: One of the steps failed on the shadow.
        """
        with self._making:
            return self._made_state(count)

    def _made_state(self, count: int) -> str:
        if count in self._made:
            return self._made[count]
        if count <= self._first:
            return ensure_template(self.shadow, self._keys[:count], lambda there, done: self.bring(there, done, count))
        nearest = max((made for made in self._made if made < count), default=self._first)
        name = self.shadow.databases.new_name(DRAFT)
        try:
            self.shadow.databases.create(name, self._made_state(nearest))
            with self.watchdog.at_work_in(name):
                self.bring(self.shadow.parameters_of(name), nearest, count)
        except BaseException:
            self.shadow.discard(name)
            raise
        self._made[count] = name
        return name

    @contextmanager
    def database(self, count: int) -> Generator[Clone]:
        """A database of one's own as it is after the first `count` steps.

        Raises:
            SeltzerError: One of the steps failed on the shadow.
        """
        with self.clone_of(self._state(count)) as made:
            yield made

    @contextmanager
    def both(self, index: int) -> Generator[tuple[Clone, Clone]]:
        """A database as it is before a step, and one as it is after it, at the same time.

        Raises:
            SeltzerError: One of the steps failed on the shadow.
        """
        with self.database(index) as before, self.database(index + 1) as after:
            yield before, after

    def apply(
        self,
        parameters: Mapping[str, str],
        steps: Sequence[Step],
        *,
        conn: psycopg.Connection[Any] | None = None,
        conditions: Conditions | None = None,
        listener: Listener | None = None,
    ) -> None:
        """Apply steps to a database as a run would; the user's Python runs in a process of its own.

        Args:
            parameters: libpq's keywords of the database.
            steps: In order.
            conn: An idle connection to it, which holds the lock where no other process does; None opens one.
            conditions: How; None takes the lab's own.
            listener: Hears the run's events.

        Raises:
            SeltzerError: One failed.
        """
        self.refuse(steps)
        chosen = conditions or self.conditions
        if not any(brings_code(step.migration) for step in steps):
            apply_on(chosen, parameters, steps, conn=conn, listener=listener, stop=self.stop)
            return
        with self.child() as child:
            child.apply(parameters, steps, chosen, listener=listener)

    def refuse(self, steps: Sequence[Step]) -> None:
        """Refuse what would change a server that is not ours to change, or connect to one.

        Raises:
            TrialError: A step subscribes, or changes roles or the like on a shadow that was named by its address.
        """
        subscriber = next((step.migration.id for step in steps if subscribes(step.migration)), None)
        if subscriber is not None:
            words = f"{subscriber} subscribes to a publication: the shadow would connect to that server"
            raise TrialError(words, hint="WITH (connect = false) makes a subscription that connects nowhere.")
        which = next((step.migration.id for step in steps if changes_server(step.migration)), None)
        if self.shadow.whose is Whose.NAMED and which is not None:
            words = (
                f"{which} changes roles or the like, and on a shadow that was named by its address only databases "
                "are made; it is tried on a private one: shadow = embedded"
            )
            raise TrialError(words, hint="Let the shadow be a private server: shadow = embedded.")

    @contextmanager
    def child(self) -> Generator[Child]:
        """A process that nobody else uses meanwhile; it stays for the next who wants one."""
        with self._guard:
            found = self._children.pop() if self._children else None
        if found is None:
            found = self._stack.enter_context(Child(self.conditions, server=_neighbours(self.shadow)))
            with self._guard:
                self._every_child.append(found)
        try:
            yield found
        finally:
            with self._guard:
                self._children.append(found)


def _neighbours(shadow: Shadow) -> Neighbours:
    return Neighbours.OTHERS if shadow.whose is Whose.NAMED else Neighbours.NONE


def _keys(shadow: Shadow, conditions: Conditions, steps: Sequence[Step]) -> list[str]:
    """For each step a digest of everything that the state after it depends on."""
    keys: list[str] = []
    text = repr((__version__, shadow.major, str(conditions.table), conditions.search_path, conditions.role))
    for step in steps:
        text = hashlib.sha256(f"{text} {step.migration.id} {step.migration.file.checksum}".encode()).hexdigest()
        keys.append(text)
    return keys
