"""Edges that nobody declared: who needs a name runs after who provides it and before who removes it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from seltzer.model import Edge, NameKind
from seltzer.planning.clearing import clearings
from seltzer.planning.graph import is_repeatable
from seltzer.planning.implied import implied_needs
from seltzer.planning.index import NameIndex, index_names
from seltzer.planning.lives import Lives
from seltzer.planning.selection import resolve
from seltzer.sql.names import Key, needed_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from seltzer.model import Migration, Name, Options
    from seltzer.planning.lifelines import Span

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
        self._lives = Lives(migrations, self._index)
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
        for number, name in implied_needs(self._migrations, self._index):
            self._found.edges += [
                replace(edge, soft=True) for way in (self._ways(number, name) or ())[:1] for edge in way
            ]
        for before, after, because in clearings(self._migrations, self._index, self._lives):
            self._add(before, after, because, soft=True, weak=True)
        return self._found

    def _order_events(self, key: Key) -> None:
        """Providers of one name are ordered among themselves, removals between them."""
        life = self._lives.of(key)
        label = str(self._index.labels[key])
        for before, after in pairwise(life.events):
            if self._precedes(before, after):
                continue
            if before in life.removals:
                gives_way = not life.doubtful and after in self._index.tolerant(key, self._migrations)
                self._add(before, after, f"removes {label}", soft=gives_way)
            elif after in life.removals:
                self._add(before, after, label, soft=not self._insists(after, key))
            elif not _is_bare_function(key):
                # Overloads share a name and are different things.
                self._add(before, after, label, soft=True)

    def _insists(self, remover: int, key: Key) -> bool:
        """Whether a removal fails where there is nothing to remove: no IF EXISTS."""
        names = self._migrations[remover].names
        return names is not None and any(needed_key(name) == key for name in names.needs)

    def _meet_needs(self, number: int, migration: Migration) -> None:
        names = migration.names
        if names is None:
            return
        for name in sorted(names.needs):
            self._meet(number, (name,))
            self._follow_overloads(number, name)
        for options in sorted(names.choices):
            if options[0].kind is NameKind.COLUMN and not _along_path(options):
                self._meet_softly(number, options)
            else:
                self._meet(number, options)
                for name in options:
                    self._follow_overloads(number, name)
        for name in sorted(names.wants):
            self._meet_softly(number, (name,))

    def _meet_softly(self, number: int, options: Options) -> None:
        """Follow the first of several names that anyone provides or removes, where that makes no ring."""
        ways = next((ways for name in options if (ways := self._ways(number, name)) is not None), None)
        self._found.edges += [replace(edge, soft=True) for way in ways or () for edge in way]

    def _meet(self, number: int, options: Options) -> None:
        """Run after one who provides one of several names, the first if that makes no ring."""
        found = {name: ways for name in options if (ways := self._ways(number, name)) is not None}
        if [] in found.values():
            return
        # A word that can stand for things in several schemas stands for one that somebody makes.
        made = [name for name in found if self._index.relevant(name) in self._index.providers]
        ways = [way for name in (made or found) for way in found[name]]
        if ways and options[0].kind is NameKind.KEY and options[0][1:3] in self._index.renamed:
            ways.append(())  # it may have been there under the former name
        if len(ways) == 1:
            self._found.edges += ways[0]
        elif ways:
            self._found.choices.append(tuple(ways))

    def _follow_overloads(self, number: int, name: Name) -> None:
        """Which of the functions of one name is meant only the server knows: all come first and stay, if they can."""
        key = needed_key(name)
        if not _is_bare_function(key):
            return
        place, label = self._place(number, name), str(self._index.labels.get(key, name))
        for provider in self._index.providers.get(key, ()):
            if provider != number and not self._precedes(number, provider):
                self._add_soft(self._edge(provider, number, label, place))
        for lost in sorted(self._index.lost_overloads.get(key, ())):
            spans = self._lives.of(lost).spans
            remover = spans[-1 if is_repeatable(self._migrations[number]) else 0].remover if spans else None
            if remover not in {None, number} and remover is not None:
                self._add_soft(self._edge(number, remover, f"removes {label}", place))

    def _add_soft(self, edge: Edge | None) -> None:
        if edge is not None:
            self._found.edges.append(replace(edge, soft=True))

    def _ways(self, number: int, name: Name) -> list[Alternative] | None:
        """The ways to meet a need, none when it is met already; None when nobody in the plan has to do with it."""
        key = self._index.relevant(name)
        if key is None:
            return None
        life = self._lives.of(key)
        if number in life.events:
            return [] if key in self._index.providers else None
        spans = life.spans
        if is_repeatable(self._migrations[number]):
            # A view or function is written for the newest schema, not for a moment in the past.
            spans = tuple(reversed(spans))
        return list(self._ways_in(number, name, key, (*spans, *life.doubtful))) or None

    def _ways_in(self, number: int, name: Name, key: Key, spans: Iterable[Span]) -> Iterator[Alternative]:
        label = str(self._index.labels[key])
        place = self._place(number, name)
        for span in spans:
            if span.remover is not None and self._precedes(span.remover, number):
                continue
            ending = (self._edge(number, span.remover, f"removes {label}", place),) if span.remover is not None else ()
            providers = [item for item in span.providers if not self._precedes(number, item)]
            if span.providers and not providers:
                continue
            mine = [item for item in providers if self._precedes(item, number)]
            beginnings = [(self._edge(item, number, label, place),) for item in mine[-1:] or providers] or [()]
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
                    self._add(altering, number, str(name), soft=True, weak=True)

    def _precedes(self, before: int, after: int) -> bool:
        """Whether the order inside a module already says so."""
        if self._modules[before] != self._modules[after] or before >= after:
            return False
        return not is_repeatable(self._migrations[before]) and not is_repeatable(self._migrations[after])

    def _edge(self, before: int, after: int, because: str, place: tuple[Path, int] | None) -> Edge | None:
        one, other = self._migrations[before].id, self._migrations[after].id
        if other in self._cut[before] or one in self._cut[after]:
            return None
        return Edge(one, other, because, place=place)

    def _add(self, before: int, after: int, because: str, *, soft: bool = False, weak: bool = False) -> None:
        edge = self._edge(before, after, because, (self._migrations[after].file.path, 1))
        if edge is not None:
            self._found.edges.append(replace(edge, soft=soft, weak=weak))

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


def _is_bare_function(key: Key) -> bool:
    return key.space == NameKind.FUNCTION.value and not key.part


def _along_path(options: Options) -> bool:
    """Whether names differ in their schema alone: one word, looked for along the search path."""
    return len(options) > 1 and len({(name.name, name.part) for name in options}) == 1


def _independent(migration: Migration, known: Collection[str]) -> frozenset[str]:
    """The ids that a migration says it is independent of."""
    references = migration.directives.independent_of
    if not references:
        return frozenset()
    place = (migration.file.path, migration.directives.lines.get("independent-of", 1))
    return frozenset(id_ for reference in references for id_ in resolve(reference, known, place))
