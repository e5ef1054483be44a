"""Which steps of a plan may run at the same time, so that the result is that of one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.model import CREATE_TABLES, Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from seltzer.model import Name, Step


class Schedule:
    """The steps of a plan that are still to do.

    A step waits for those its edges name, for earlier ones that provide or change the same thing, and for every earlier
    step that runs alone. What runs alone waits for all before it: whatever nobody could read the names of, whatever is
    no transaction of ours, and the last step, whose commit makes all others durable.
    """

    def __init__(self, steps: Sequence[Step], may_share: Callable[[Step], bool]) -> None:
        """Begin with nothing done.

        Args:
            steps: In the order of the plan.
            may_share: Whether a step may run beside others as far as its kind goes.
        """
        self._steps = steps
        self._after = _dependencies(steps)
        self._alone = {number for number, step in enumerate(steps) if not may_share(step)} | {len(steps) - 1}
        self._open = dict.fromkeys(range(len(steps)))
        self._running: set[int] = set()

    @property
    def unfinished(self) -> bool:
        """Whether anything is left to do."""
        return bool(self._open or self._running)

    def next_alone(self) -> int | None:
        """The step whose turn it is to run alone; None while it is not."""
        first = next(iter(self._open), None)
        return first if first in self._alone and not self._running else None

    def startable(self) -> Iterator[int]:
        """The steps that may begin beside those at work, in order; begin or leave each before asking for the next."""
        for number in list(self._open):
            if number in self._alone:
                return
            if all(before not in self._open and before not in self._running for before in self._after[number]):
                yield number

    def begin(self, number: int) -> None:
        """A step has begun."""
        del self._open[number]
        self._running.add(number)

    def done(self, number: int) -> None:
        """A step is done."""
        self._running.discard(number)
        self._open.pop(number, None)

    def put_back(self, number: int) -> None:
        """A step was rolled back and is to run alone, when all before it are done."""
        self._running.discard(number)
        self._alone.add(number)
        self._open = dict.fromkeys(sorted((*self._open, number)))


def can_share(step: Step) -> bool:
    """Whether a step's names are known and its work is a transaction: then it may run beside others."""
    migration = step.migration
    changed_first_day = migration.file.name == CREATE_TABLES and step.former is not None
    return (
        migration.statements is not None
        and migration.names is not None
        and step.direction is Direction.APPLY
        and not changed_first_day
    )


def _dependencies(steps: Sequence[Step]) -> list[set[int]]:
    """For each step the earlier ones it waits for."""
    numbers = {step.migration.id: number for number, step in enumerate(steps)}
    newest: dict[Name, int] = {}
    found: list[set[int]] = []
    for number, step in enumerate(steps):
        after = {numbers[edge.before] for edge in step.depends_on if edge.before in numbers}
        for name in _touched(step):
            if name in newest:
                after.add(newest[name])
            newest[name] = number
        found.append(after - {number})
    return found


def _touched(step: Step) -> Iterator[Name]:
    """What two steps must not provide, remove or change at the same time."""
    names = step.migration.names
    if names is not None:
        yield from names.provides
        yield from names.removes
        yield from names.alters
