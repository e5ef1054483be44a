"""Edges that nobody declared: who needs a name runs after who provides it and before who removes it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from seltzer.model import Edge, NameKind
from seltzer.planning.graph import is_repeatable
from seltzer.planning.index import NameIndex, index_names
from seltzer.planning.lifelines import Lifeline, Span, lifeline
from seltzer.planning.selection import resolve
from seltzer.sql.names import Key, needed_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from seltzer.model import Migration, Name

# One way to meet a need: the edges that it takes.
Alternative: TypeAlias = tuple[Edge, ...]


@dataclass(slots=True)
class Inferred:
    """What names say about the order.

    Attributes:
        edges: Edges without an alternative.
        choices: For each need that can be met in several ways, the ways, the likeliest first.
    """

    edges: list[Edge] = field(default_factory=list[Edge])
    choices: list[tuple[Alternative, ...]] = field(default_factory=list["tuple[Alternative, ...]"])


def inferred_edges(migrations: Sequence[Migration], known: Collection[str]) -> Inferred:
    """Infer the edges between migrations from their names.

    Args:
        migrations: In the base order (rank, module, number, name).
        known: Every id, for `independent-of`.

    Raises:
        UnknownMigrationError: An `independent-of` names something that is not there.
    """
    return _Inference(migrations, known).run()


class _Inference:
    def __init__(self, migrations: Sequence[Migration], known: Collection[str]) -> None:
        self._migrations = migrations
        self._modules = [item.file.module for item in migrations]
        self._index: NameIndex = index_names(migrations)
        self._lifelines: dict[Key, Lifeline] = {}
        self._cut = [_independent(item, known) for item in migrations]
        self._found = Inferred()

    def run(self) -> Inferred:
        for key in self._index.contested():
            self._order_events(key)
        for number, migration in enumerate(self._migrations):
            if migration.names is not None:
                self._meet_needs(number, migration)
                if is_repeatable(migration):
                    self._follow_alterations(number, migration)
        return self._found

    def _life(self, key: Key) -> Lifeline:
        found = self._lifelines.get(key)
        if found is None:
            providers, removers = self._index.providers.get(key, []), self._index.removers.get(key, [])
            found = self._lifelines[key] = lifeline(providers, removers, self._modules)
        return found

    def _order_events(self, key: Key) -> None:
        """Providers of one name are ordered among themselves, removals between them."""
        life = self._life(key)
        label = str(self._index.labels[key])
        for before, after in pairwise(life.events):
            if self._precedes(before, after):
                continue
            if before in life.removals:
                self._add(before, after, f"removes {label}")
            else:
                self._add(before, after, label, soft=after not in life.removals)

    def _meet_needs(self, number: int, migration: Migration) -> None:
        names = migration.names
        if names is None:
            return
        for name in sorted(names.needs):
            self._meet(number, name, soft=False)
        for options in sorted(names.choices):
            name = next((item for item in options if self._index.relevant(item) is not None), None)
            if name is not None:
                self._meet(number, name, soft=name.kind is NameKind.COLUMN)
        for name in sorted(names.wants):
            self._meet(number, name, soft=True)

    def _meet(self, number: int, name: Name, *, soft: bool) -> None:
        key = self._index.relevant(name)
        if key is None:
            return
        life = self._life(key)
        if number in life.events:
            return
        spans = life.spans
        if is_repeatable(self._migrations[number]):
            # A view or function is written for the newest schema, not for a moment in the past.
            spans = tuple(reversed(spans))
        ways = list(self._ways(number, name, key, spans))
        if soft:
            self._found.edges += [replace(edge, soft=True) for way in ways for edge in way]
            return
        if name.kind is NameKind.FUNCTION and not name.part:
            # Overloads share the name: which one a call means only the server knows, so all come first if they can.
            self._found.edges += [replace(edge, soft=True) for way in ways[1:] for edge in way]
        if len(ways) == 1:
            self._found.edges += ways[0]
        elif ways:
            self._found.choices.append(tuple(ways))

    def _ways(self, number: int, name: Name, key: Key, spans: Iterable[Span]) -> Iterator[Alternative]:
        label = str(self._index.labels[key])
        place = self._place(number, name)
        for span in spans:
            if span.remover is not None and self._precedes(span.remover, number):
                continue
            ending = (self._edge(number, span.remover, f"removes {label}", place),) if span.remover is not None else ()
            providers = [item for item in span.providers if not self._precedes(number, item)]
            if span.providers and not providers:
                continue
            beginnings = [(self._edge(item, number, label, place),) for item in providers] or [()]
            for beginning in beginnings:
                yield tuple(edge for edge in (*beginning, *ending) if edge is not None)

    def _follow_alterations(self, number: int, migration: Migration) -> None:
        """A repeatable comes after every numbered file that alters a table it reads, where that makes no ring."""
        names = migration.names
        if names is None:
            return
        read = {*names.needs, *(option for options in names.choices for option in options)}
        for name in sorted(read):
            last_of_module: dict[str, int] = {}
            for altering in self._index.alters.get(needed_key(name), ()):
                if not is_repeatable(self._migrations[altering]):
                    last_of_module[self._modules[altering]] = altering
            for altering in last_of_module.values():
                if altering != number:
                    self._add(altering, number, str(name), soft=True)

    def _precedes(self, before: int, after: int) -> bool:
        """Whether the order inside a module already says so."""
        if self._modules[before] != self._modules[after] or before >= after:
            return False
        return not is_repeatable(self._migrations[before]) and not is_repeatable(self._migrations[after])

    def _edge(
        self, before: int, after: int, because: str, place: tuple[Path, int] | None, *, soft: bool = False
    ) -> Edge | None:
        one, other = self._migrations[before].id, self._migrations[after].id
        if other in self._cut[before] or one in self._cut[after]:
            return None
        return Edge(one, other, because, soft=soft, place=place)

    def _add(self, before: int, after: int, because: str, *, soft: bool = False) -> None:
        edge = self._edge(before, after, because, (self._migrations[after].file.path, 1), soft=soft)
        if edge is not None:
            self._found.edges.append(edge)

    def _place(self, number: int, name: Name) -> tuple[Path, int] | None:
        """File and line of the word that needs `name`."""
        migration = self._migrations[number]
        spot = migration.names.places.get(name) if migration.names else None
        if spot is None:
            return (migration.file.path, 1)
        left = spot.statement
        for path, statements in migration.sources:
            if left < len(statements):
                statement = statements[left]
                return path, statement.line + statement.text.count("\n", 0, spot.offset)
            left -= len(statements)
        return (migration.file.path, 1)


def _independent(migration: Migration, known: Collection[str]) -> frozenset[str]:
    """The ids that a migration says it is independent of."""
    references = migration.directives.independent_of
    if not references:
        return frozenset()
    place = (migration.file.path, migration.directives.lines.get("independent-of", 1))
    return frozenset(id_ for reference in references for id_ in resolve(reference, known, place))
