"""A first order of a plan, by what is beyond doubt: it tells which of several lives of a name came first."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from seltzer.model import NameKind
from seltzer.sql.names import needed_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from seltzer.model import Migration, Options
    from seltzer.planning.index import NameIndex


# Steps from one migration to the next that all questions may take together: a second or two.
_MOST_STEPS = 2_000_000


class Rehearsal:
    """An order that respects names with one provider.

    Attributes:
        turns: The turn of each place of the base order.
    """

    def __init__(self, migrations: Sequence[Migration], index: NameIndex, edges: Iterable[tuple[int, int]]) -> None:
        """Rehearse.

        Args:
            migrations: In the base order, which decides where nothing else does.
            index: Their names.
            edges: Places in the base order of two that follow each other.
        """
        self._followers: list[list[int]] = [[] for _ in migrations]
        self._led: dict[int, set[int]] = {}
        self._left = _MOST_STEPS
        waiting = [0] * len(migrations)
        for before, after in (*edges, *_certain(migrations, index)):
            self._followers[before].append(after)
            waiting[after] += 1
        self.turns = [len(migrations) + number for number in range(len(migrations))]
        ready = [number for number, count in enumerate(waiting) if not count]
        turn = 0
        while ready:
            number = heapq.heappop(ready)
            self.turns[number] = turn
            turn += 1
            for follower in self._followers[number]:
                waiting[follower] -= 1
                if not waiting[follower]:
                    heapq.heappush(ready, follower)

    def leads(self, before: int, after: int) -> bool:
        """Whether one certainly comes before another; False when too much was asked already."""
        found = self._led.get(before)
        if found is None:
            found = self._led[before] = set()
            waiting = [before]
            while waiting and self._left > 0:
                self._left -= 1
                fresh = set(self._followers[waiting.pop()]) - found
                found |= fresh
                waiting += fresh
        return after in found


def _certain(migrations: Sequence[Migration], index: NameIndex) -> Iterator[tuple[int, int]]:
    """Who needs a name runs after its only provider, and before its only remover."""
    for number, migration in enumerate(migrations):
        for name in migration.names.needs if migration.names is not None else ():
            key = index.relevant(name)
            if key is None:
                continue
            providers, removers = index.providers.get(key, ()), index.removers.get(key, ())
            if len(providers) == 1 and len(removers) <= 1 and number not in providers:
                yield providers[0], number
                yield from ((number, remover) for remover in removers if remover != number)
        for options in migration.names.choices if migration.names is not None else ():
            maker = _only_maker(options, index)
            if maker not in {None, number} and maker is not None:
                yield maker, number


def _only_maker(options: Options, index: NameIndex) -> int | None:
    """Who provides a function, written with or without its arguments, that nobody else provides or removes."""
    if options[0].kind is not NameKind.FUNCTION:
        return None
    keys = {needed_key(name) for name in options}
    makers = {number for key in keys for number in index.providers.get(key, ())}
    return makers.pop() if len(makers) == 1 and keys.isdisjoint(index.removers) else None
