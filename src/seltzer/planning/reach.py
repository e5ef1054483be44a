"""Who has to do with a type without naming it: by way of tables with columns of it, and what was made of these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.model import NameKind
from seltzer.sql.names import Key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seltzer.model import Migration, Name, Names
    from seltzer.planning.index import NameIndex

# Where a thing is, whatever its kind.
Home = tuple[str, str]


def read_names(names: Names) -> Iterator[Name]:
    """All names that a migration needs, or may need one of."""
    yield from names.needs
    for options in names.choices:
        yield from options


class Reach:
    """The migrations of a plan, as they follow one another through the things that they make and read."""

    def __init__(self, migrations: Sequence[Migration], index: NameIndex) -> None:
        self._migrations = migrations
        self._index = index
        self._readers: dict[Home, set[int]] = {}
        self._followers: list[set[int]] = []

    def near(self, home: Home) -> set[int]:
        """Who made a type or reads it, who reads what these made, and so on: one of them has a column of it."""
        if not self._followers:
            self._link()
        found = {*self._readers.get(home, ()), *self._index.providers.get(Key(NameKind.TYPE.value, *home, ""), ())}
        waiting = list(found)
        while waiting:
            fresh = self._followers[waiting.pop()] - found
            found |= fresh
            waiting += fresh
        return found

    def _link(self) -> None:
        for number, migration in enumerate(self._migrations):
            for name in read_names(migration.names) if migration.names is not None else ():
                if name.schema:
                    self._readers.setdefault((name.schema, name.name), set()).add(number)
        self._followers = [self._followers_of(migration.names) for migration in self._migrations]

    def _followers_of(self, names: Names | None) -> set[int]:
        """Who reads what a migration makes or alters."""
        made = {(name.schema, name.name) for name in (*names.provides, *names.alters)} if names is not None else ()
        return set[int]().union(*(self._readers[home] for home in made if home in self._readers))
