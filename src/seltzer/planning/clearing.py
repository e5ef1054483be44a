"""What was built on a name goes before the name does: a view before its table, a default before its sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from seltzer.model import NameKind
from seltzer.planning.graph import is_repeatable
from seltzer.sql.names import Key, needed_key, provided_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from seltzer.model import Migration, Name, Names
    from seltzer.planning.index import NameIndex
    from seltzer.planning.lives import Lives


_TAKEN = frozenset((NameKind.VIEW, NameKind.MATERIALIZED_VIEW, NameKind.FUNCTION, NameKind.TYPE))


class _Fate(NamedTuple):
    """The end of something that a migration made.

    Attributes:
        ender: Who ends it.
        key: What that is.
        label: The same for people.
    """

    ender: int
    key: Key
    label: str


def clearings(migrations: Sequence[Migration], index: NameIndex, lives: Lives) -> Iterator[tuple[int, int, str]]:
    """Who ends what was built on a name, who ends the name after that, and why.

    Args:
        migrations: In the base order.
        index: Their names.
        lives: The lives of these.
    """
    fates: dict[int, list[_Fate]] = {}
    for number, fate in (*_removals(index, lives), *_releases(migrations, index)):
        if fate.ender != number:
            fates.setdefault(number, []).append(fate)
    for number, found in fates.items():
        names = migrations[number].names
        if names is not None:
            yield from _on_others(names, found, index, lives)
            if names.grounds:
                yield from _on_its_own(number, names, found, index, lives)
    yield from _on_constraints(migrations, fates, index, lives)
    yield from _on_what_goes_along(migrations, index, lives)


def _removals(index: NameIndex, lives: Lives) -> Iterator[tuple[int, _Fate]]:
    """Who takes away again what a migration provides."""
    for key in sorted({*index.removers, *index.recreators}):
        label = str(index.labels[key])
        for span in lives.of(key).spans:
            enders = [number for number in index.recreators.get(key, ()) if number in span.providers]
            enders += [] if span.remover is None else [span.remover]
            yield from ((provider, _Fate(ender, key, label)) for provider in span.providers for ender in enders)


def _releases(migrations: Sequence[Migration], index: NameIndex) -> Iterator[tuple[int, _Fate]]:
    """Who gives a column that a migration made another type or default: it stands no more on the former one's."""
    for number, migration in enumerate(migrations):
        for name in sorted(migration.names.frees) if migration.names is not None and migration.names.frees else ():
            key = needed_key(name)
            whole = Key("relation", key.schema, key.name, "")
            makers = {*index.providers.get(key, ()), *index.providers.get(whole, ())}
            yield from ((maker, _Fate(number, key, str(name))) for maker in sorted(makers))


def _on_others(names: Names, fates: Iterable[_Fate], index: NameIndex, lives: Lives) -> Iterator[tuple[int, int, str]]:
    read = {*names.needs, *(option for options in names.choices for option in options)}
    keys = {key for name in read if (key := index.relevant(name)) in index.removers and key is not None}
    for key in sorted(keys):
        for span in lives.of(key).spans:
            for fate in fates:
                if span.remover not in {None, fate.ender} and span.remover is not None:
                    yield fate.ender, span.remover, f"removes {fate.label}"


def _on_its_own(
    number: int, names: Names, fates: Iterable[_Fate], index: NameIndex, lives: Lives
) -> Iterator[tuple[int, int, str]]:
    grounds = {key: under for name, under in names.grounds.items() for key in provided_keys(name)}
    for fate in fates:
        whole = Key("relation", fate.key.schema, fate.key.name, "")
        under = grounds.get(fate.key) or (grounds.get(whole) if fate.key.space == NameKind.COLUMN.value else None)
        for key in sorted({key for name in under or () for key in _removed(name, index)}):
            for span in lives.of(key).spans:
                if number in span.providers and span.remover not in {None, fate.ender} and span.remover is not None:
                    yield fate.ender, span.remover, f"removes {fate.label}"


def _removed(name: Name, index: NameIndex) -> Iterator[Key]:
    return (key for key in provided_keys(name) if key in index.removers)


def _on_constraints(
    migrations: Sequence[Migration], fates: Mapping[int, list[_Fate]], index: NameIndex, lives: Lives
) -> Iterator[tuple[int, int, str]]:
    """A foreign key needs a unique key by its columns; what is dropped is a constraint, by its name."""
    dropped: dict[tuple[str, str], list[Key]] = {}
    for key in sorted(index.removers):
        if key.space == NameKind.CONSTRAINT.value and Key("relation", key.schema, key.part, "") in index.providers:
            dropped.setdefault((key.schema, key.name), []).append(key)
    for number, migration in enumerate(migrations) if dropped else ():
        for name in sorted(migration.names.needs) if migration.names is not None else ():
            makers = index.providers.get(needed_key(name), []) if name.kind is NameKind.KEY else []
            for key in dropped.get(name[1:3], ()) if len(makers) == 1 else ():
                label = str(index.labels[key])
                for span in lives.of(key).spans:
                    if span.remover is not None and span.remover != number and makers[0] in span.providers:
                        yield number, span.remover, f"removes {label}"
                        enders = [fate for fate in fates.get(number, ()) if fate.ender != span.remover]
                        yield from ((fate.ender, span.remover, f"removes {fate.label}") for fate in enders)


def _on_what_goes_along(
    migrations: Sequence[Migration], index: NameIndex, lives: Lives
) -> Iterator[tuple[int, int, str]]:
    """What a DROP … CASCADE takes with it nobody drops by name; who needs that comes before all the same."""
    begun = [
        (number, key)
        for number, item in enumerate(migrations)
        for key in sorted(needed_key(name) for name in (item.names.cascades if item.names is not None else ()))
        if key in index.removers and [span.remover for span in lives.of(key).spans] == [number]
    ]
    needers = _needers(migrations) if begun else {}
    for dropper, first in begun:
        label = f"removes {index.labels[first]}"
        seen, waiting = {first}, [first]
        while waiting:
            key = waiting.pop()
            for number in (*index.providers.get(key, ()), *needers.get(key, ())):
                if number != dropper and key is not first:
                    yield number, dropper, label
                for other in _above(key, migrations[number].names, index):
                    if other not in seen and index.providers.get(other) == [number] and other not in index.removers:
                        seen.add(other)
                        waiting.append(other)


def _needers(migrations: Sequence[Migration]) -> dict[Key, list[int]]:
    found: dict[Key, list[int]] = {}
    for number, item in enumerate(migrations):
        names = item.names if not is_repeatable(item) else None
        for name in {*names.needs, *(option for options in names.choices for option in options)} if names else ():
            found.setdefault(needed_key(name), []).append(number)
    return found


def _above(key: Key, names: Names | None, index: NameIndex) -> Iterator[Key]:
    """What a migration made on a name that a CASCADE would take with it: no tables but partitions and heirs."""
    if names is None:
        return
    mine = key in {found for name in names.provides for found in provided_keys(name)}
    for name in sorted(names.provides):
        under = names.grounds.get(name, ())
        if mine and not any(key in provided_keys(other) for other in under):
            continue
        if name.kind in _TAKEN or name in names.parents:
            yield from (found for found in provided_keys(name) if found in index.providers)
