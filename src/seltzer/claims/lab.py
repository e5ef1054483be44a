"""Where migrations are tried: the states before and after each of them, as templates that clones are made of."""

from __future__ import annotations

import hashlib
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seltzer.claims.applying import apply_on, brings_code
from seltzer.claims.child import Child
from seltzer.shadow import clone, ensure_template
from seltzer.shadow.databases import DRAFT
from seltzer.version import __version__

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from seltzer.claims.applying import Conditions
    from seltzer.events import Listener
    from seltzer.model import Step
    from seltzer.shadow import Clone, Shadow


@dataclass(frozen=True, slots=True)
class Case:
    """One step of the way to a database, judged or only passed.

    Attributes:
        step: The migration.
        judged: Whether its claims are tried; the others only make the state before those that are.
    """

    step: Step
    judged: bool


class Lab:
    """A shadow with the migrations of a project, in the order in which a database meets them.

    Attributes:
        shadow: Where the databases are.
        conditions: How migrations are applied.
        cases: The steps in order.
        workers: How many trials may go on at once; None as many as there are cores.
    """

    def __init__(self, shadow: Shadow, conditions: Conditions, cases: Sequence[Case]) -> None:
        self.shadow = shadow
        self.conditions = conditions
        self.cases = tuple(cases)
        self.workers: int | None = None
        self._keys = _keys(shadow, conditions, [case.step for case in cases])
        self._first = next((index for index, case in enumerate(cases) if case.judged), len(cases))
        self._made: dict[int, str] = {}
        self._children: list[Child] = []
        self._guard = threading.Lock()
        self._stack = ExitStack()

    def close(self) -> None:
        """End the processes that tried Python, and drop what is left."""
        self._stack.close()
        for count in list(self._made):
            self.forget(count)

    def state(self, count: int) -> str:
        """The database in the state after the first `count` steps, which nobody connects to: clones are made of it.

        What precedes the first judged step is kept for the next check; the states after it last until `forget`.

        Raises:
            SeltzerError: One of the steps failed on the shadow.
        """
        if count <= self._first:
            return ensure_template(self.shadow, self._keys[:count], lambda there, done: self._pass(there, done, count))
        if count not in self._made:
            name = self.shadow.databases.new_name(DRAFT)
            try:
                self.shadow.databases.create(name, self.state(count - 1))
                self._pass(self.shadow.parameters_of(name), count - 1, count)
            except BaseException:
                self.shadow.later(lambda shadow: shadow.databases.drop(name))
                raise
            self._made[count] = name
        return self._made[count]

    def _pass(self, parameters: Mapping[str, str], done: int, count: int) -> None:
        self.apply(parameters, [case.step for case in self.cases[done:count]])

    def forget(self, count: int) -> None:
        """Drop the state after `count` steps, if it is none that the next check could use."""
        name = self._made.pop(count, None)
        if name is not None:
            self.shadow.later(lambda shadow: shadow.databases.drop(name))

    @contextmanager
    def database(self, count: int) -> Generator[Clone]:
        """A database of one's own as it is after the first `count` steps.

        Raises:
            SeltzerError: One of the steps failed on the shadow.
        """
        with clone(self.shadow, self.state(count)) as made:
            yield made

    def apply(
        self,
        parameters: Mapping[str, str],
        steps: Sequence[Step],
        *,
        conditions: Conditions | None = None,
        listener: Listener | None = None,
    ) -> None:
        """Apply steps to a database as a run would; the user's Python runs in a process of its own.

        Raises:
            SeltzerError: One failed.
        """
        chosen = conditions or self.conditions
        if not any(brings_code(step.migration) for step in steps):
            apply_on(chosen, parameters, steps, listener=listener)
            return
        with self.child() as child:
            child.apply(parameters, steps, chosen, listener=listener)

    @contextmanager
    def child(self) -> Generator[Child]:
        """A process that nobody else uses meanwhile; it stays for the next who wants one."""
        with self._guard:
            found = self._children.pop() if self._children else None
        if found is None:
            found = self._stack.enter_context(Child(self.conditions))
        try:
            yield found
        finally:
            with self._guard:
                self._children.append(found)


def _keys(shadow: Shadow, conditions: Conditions, steps: Sequence[Step]) -> list[str]:
    """For each step a digest of everything that the state after it depends on."""
    keys: list[str] = []
    text = repr((__version__, shadow.major, str(conditions.table), conditions.search_path, conditions.role))
    for step in steps:
        text = hashlib.sha256(f"{text} {step.migration.id} {step.migration.file.checksum}".encode()).hexdigest()
        keys.append(text)
    return keys
