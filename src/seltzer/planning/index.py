"""Who provides, removes and alters which name, among the migrations of a plan."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seltzer.model import Name, NameKind
from seltzer.sql.names import Key, needed_key, provided_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from seltzer.model import Migration, Names


@dataclass(slots=True)
class NameIndex:
    """The names of all migrations of a plan, by key; migrations are named by their place in the base order.

    Attributes:
        providers: Who provides a key.
        removers: Who takes it away.
        alters: Who changes a table.
        labels: The name that stands for a key in what people read: the first provider's, or the first remover's.
        listed: Which migrations create a table with a column, by the column's key.
        parents: The tables that a table has columns from, by the table's key.
        lost_overloads: The keys of functions that are dropped with their argument types, by the key of the name.
        recreators: Who takes a key away and provides it again.
        renamed: Schema and name of the tables that had another name before, or had columns of other names.
    """

    providers: dict[Key, list[int]] = field(default_factory=dict[Key, "list[int]"])
    removers: dict[Key, list[int]] = field(default_factory=dict[Key, "list[int]"])
    alters: dict[Key, list[int]] = field(default_factory=dict[Key, "list[int]"])
    labels: dict[Key, Name] = field(default_factory=dict[Key, Name])
    listed: dict[Key, list[int]] = field(default_factory=dict[Key, "list[int]"])
    parents: dict[Key, list[Name]] = field(default_factory=dict[Key, "list[Name]"])
    lost_overloads: dict[Key, set[Key]] = field(default_factory=dict[Key, "set[Key]"])
    recreators: dict[Key, list[int]] = field(default_factory=dict[Key, "list[int]"])
    renamed: set[tuple[str, str]] = field(default_factory=set["tuple[str, str]"])

    def is_event(self, key: Key) -> bool:
        """Whether anyone provides or removes the key."""
        return key in self.providers or key in self.removers

    def tolerant(self, key: Key, migrations: Sequence[Migration]) -> set[int]:
        """Those who provide a key and let be what was provided before, or who make anew what it is a part of."""
        whole = Key(_WHOLES.get(key.space, key.space), key.schema, key.name, "")
        found: set[int] = set()
        for number in self.providers[key]:
            names = migrations[number].names
            if names is not None and (
                any(key in provided_keys(name) for name in (*names.tolerates, *names.recreates))
                or (key.part and any(whole in provided_keys(name) for name in names.recreates))
            ):
                found.add(number)
        return found

    def keepers(self, key: Key, migrations: Sequence[Migration]) -> set[int]:
        """Those who provide a key in place of what was there and what they need: renamed away, or dropped."""
        found: set[int] = set()
        for number in self.providers.get(key, ()):
            names = migrations[number].names
            if names is not None and any(needed_key(name) == key for name in names.needs):
                found.add(number)
        return found

    def contested(self) -> list[Key]:
        """The keys that more than one migration provides or removes."""
        several = [key for key, numbers in self.providers.items() if len(numbers) > 1 or key in self.removers]
        only_removed = (key for key in self.removers if key not in self.providers)
        return sorted([*several, *(key for key in only_removed if len(self.removers[key]) > 1)])

    def relevant(self, name: Name) -> Key | None:
        """The key by which a need is looked up; None when no migration of the plan has to do with it.

        A column that nobody adds or drops by itself comes and goes with its table; one of a partition or heir may be
        added to a parent.
        """
        key = needed_key(name)
        if self.is_event(key):
            return key
        if name.kind is not NameKind.COLUMN:
            return None
        for parent in self.parents.get(_table_key(name), ()):
            found = self.relevant(name._replace(schema=parent.schema, name=parent.name))
            if found is not None:
                return found
        return None


def _table_key(column: Name) -> Key:
    return needed_key(Name(NameKind.TABLE, column.schema, column.name))


def index_names(migrations: Sequence[Migration]) -> NameIndex:
    """Index what `migrations`, in the base order, do to names."""
    index = NameIndex()
    signatures = _signatures(migrations)
    for number, migration in enumerate(migrations):
        names = migration.names
        if names is None:
            continue
        for name in names.provides:
            for key in provided_keys(name):
                index.providers.setdefault(key, []).append(number)
                index.labels.setdefault(key, _label(name))
        if names.removes or names.recreates:
            _note_removals(index, number, names, signatures)
        for name in names.alters:
            index.alters.setdefault(needed_key(name), []).append(number)
        for table, parents in names.parents.items():
            index.parents.setdefault(needed_key(table), []).extend(sorted(parents))
    _list_columns(index, migrations)
    return index


def _note_removals(index: NameIndex, number: int, names: Names, signatures: dict[tuple[str, str], set[str]]) -> None:
    for name in [*names.removes, *_whole_functions(names.removes, signatures)]:
        key = needed_key(name)
        index.removers.setdefault(key, []).append(number)
        index.labels.setdefault(key, _label(name))
        if name.kind is NameKind.FUNCTION and name.part:
            index.lost_overloads.setdefault(key._replace(part=""), set()).add(key)
    for key in {key for name in names.recreates for key in provided_keys(name)}:
        index.recreators.setdefault(key, []).append(number)
    index.renamed |= _renamed(names)


def _renamed(names: Names) -> set[tuple[str, str]]:
    lost = {needed_key(name).space for name in names.removes} & {"relation", NameKind.COLUMN.value}
    return {(name.schema, name.name) for name in names.provides if needed_key(name).space in lost}


def _signatures(migrations: Sequence[Migration]) -> dict[tuple[str, str], set[str]]:
    """The argument types of every function that is provided, by schema and name."""
    found: dict[tuple[str, str], set[str]] = {}
    for migration in migrations:
        for name in migration.names.provides if migration.names is not None else ():
            if name.kind is NameKind.FUNCTION and name.part:
                found.setdefault((name.schema, name.name), set()).add(name.part)
    return found


def _whole_functions(removed: Iterable[Name], signatures: dict[tuple[str, str], set[str]]) -> Iterator[Name]:
    """Functions whose only signature is dropped: nothing of the name is left."""
    for name in removed:
        if (
            name.kind is NameKind.FUNCTION
            and name.part
            and signatures.get((name.schema, name.name), set()) <= {name.part}
        ):
            yield name._replace(part="")


def _label(name: Name) -> Name:
    """A function is told by its name: its arguments only tell overloads apart."""
    return name._replace(part="") if name.kind is NameKind.FUNCTION else name


def _list_columns(index: NameIndex, migrations: Sequence[Migration]) -> None:
    """A CREATE provides the columns, or the labels, that it lists.

    Only those matter that others add or drop too, and those of a table or enum that is created more than once.
    """
    wanted = {key for key in (*index.providers, *index.removers) if key.part and key.space in _LISTED}
    twice = {key for key, numbers in index.providers.items() if len(numbers) > 1}
    if not wanted and not twice:
        return
    for number, migration in enumerate(migrations):
        for whole, parts in migration.names.listed.items() if migration.names is not None else ():
            space = _PART_SPACES.get(whole.kind, NameKind.COLUMN).value
            again = bool(twice) and needed_key(whole) in twice
            for key in [Key(space, whole.schema, whole.name, part) for part in parts]:
                if again or key in wanted:
                    _note_provider(index, key, number, whole)


_WHOLES = {NameKind.COLUMN.value: "relation"}
_PART_SPACES = {NameKind.TYPE: NameKind.TYPE}
_LISTED = frozenset((NameKind.COLUMN.value, NameKind.TYPE.value))


def _note_provider(index: NameIndex, key: Key, number: int, whole: Name) -> None:
    found = index.providers.setdefault(key, [])
    index.labels.setdefault(key, Name(NameKind(key.space), whole.schema, whole.name, key.part))
    if number not in found:
        insort(found, number)
