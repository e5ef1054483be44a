"""The lives of all names of a plan, each told when it is first asked for."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from seltzer.planning.graph import is_repeatable
from seltzer.planning.lifelines import Lifeline, Manners, lifeline, lifeline_after
from seltzer.planning.rehearsal import Rehearsal
from seltzer.sql.names import Key, needed_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seltzer.model import Migration
    from seltzer.planning.index import NameIndex

# With fewer events than this a name has one life, and it is clear which.
_TANGLED = 3

# With more than this it would take long to ask of each whether it leads to another.
_MOST = 24


class Lives:
    """Who provides and removes each name, in the order that makes sense of them."""

    def __init__(self, migrations: Sequence[Migration], index: NameIndex) -> None:
        self._migrations = migrations
        self._index = index
        self._modules = [item.file.module for item in migrations]
        self._told: dict[Key, Lifeline] = {}
        self._rehearsal: Rehearsal | None = None

    def of(self, key: Key) -> Lifeline:
        """The life of a name."""
        found = self._told.get(key)
        if found is None:
            found = self._told[key] = self._tell(key)
        return found

    def _tell(self, key: Key) -> Lifeline:
        providers, removers = self._index.providers.get(key, []), self._index.removers.get(key, [])
        if removers and self._is_made_anew(key, providers, removers):
            return lifeline_after(sorted(set(removers)), providers)
        tolerant = self._index.tolerant(key, self._migrations) if len(providers) > 1 else ()
        if not removers:
            return lifeline(providers, removers, self._modules, Manners(tolerant=tolerant))
        keepers = self._index.keepers(key, self._migrations)
        events = {*providers, *removers}
        if len(events) < _TANGLED or len({self._modules[number] for number in events}) == 1:
            return lifeline(providers, removers, self._modules, Manners(tolerant=tolerant, keepers=keepers))
        rehearsal = self._rehearsed()
        leads = rehearsal.leads if len(events) <= _MOST else None
        return lifeline(providers, removers, self._modules, Manners(rehearsal.turns, tolerant, keepers, leads))

    def _is_made_anew(self, key: Key, providers: Sequence[int], removers: Sequence[int]) -> bool:
        """Whether DROP … IF EXISTS only makes room: the file of a view or function says that it is there in the end."""
        if not providers or not all(is_repeatable(self._migrations[number]) for number in providers):
            return False
        droppers = [self._migrations[number].names for number in removers if number not in providers]
        return bool(droppers) and not any(
            key == needed_key(name) for names in droppers if names for name in names.needs
        )

    def _rehearsed(self) -> Rehearsal:
        if self._rehearsal is None:
            self._rehearsal = Rehearsal(self._migrations, self._index, self._in_modules())
        return self._rehearsal

    def _in_modules(self) -> Iterator[tuple[int, int]]:
        """First days and numbered files of each module, one after the other."""
        modules: dict[str, list[int]] = {}
        for number, migration in enumerate(self._migrations):
            if not is_repeatable(migration):
                modules.setdefault(migration.file.module, []).append(number)
        for numbers in modules.values():
            yield from pairwise(numbers)
