"""What changed repeatables mean for the rest: who has to run again, and what is new in a first day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seltzer.planning.graph import is_repeatable
from seltzer.sql.names import Key, needed_key, provided_keys

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from seltzer.model import Migration, Names


def only_new(names: Names, before: Collection[str]) -> Names:
    """The names of a changed first day, of what it provides only what is new.

    Args:
        names: Of its whole text.
        before: The names that it provided when it was last applied, as text.
    """
    old = {(name.schema, name.name) for name in names.provides if not name.part and str(name) in before}
    return replace(
        names,
        provides=frozenset(name for name in names.provides if (name.schema, name.name) not in old),
        listed={table: parts for table, parts in names.listed.items() if (table.schema, table.name) not in old},
    )


def needed_again(pending: Sequence[Migration], applied: Sequence[Migration]) -> list[Migration]:
    """Those of the `applied` repeatables that have to run again.

    What they provide is dropped if it exists, or they read, directly or not, what is dropped so or recreated.
    """
    gone = _recreated(pending)
    cleared = _cleared(pending)
    waiting = [item for item in applied if is_repeatable(item)]
    found = [item for item in waiting if not cleared.isdisjoint(_provided(item))]
    gone |= {key for item in found for key in _provided(item)}
    waiting = [item for item in waiting if item not in found]
    while True:
        hit = [item for item in waiting if _reads(item, gone)]
        if not hit:
            return found
        found += hit
        waiting = [item for item in waiting if item not in hit]
        # DROP … CASCADE takes what they provide along, so those that read them are next.
        gone |= {key for item in hit for key in _provided(item)}


def _recreated(migrations: Iterable[Migration]) -> set[Key]:
    return {
        key
        for item in migrations
        if item.names is not None
        for name in item.names.recreates
        for key in provided_keys(name)
    }


def _cleared(migrations: Iterable[Migration]) -> set[Key]:
    """What is dropped if it exists; a plain DROP means it for good."""
    return {
        needed_key(name)
        for item in migrations
        if item.names is not None
        for name in item.names.removes - item.names.needs
    }


def _provided(item: Migration) -> set[Key]:
    return {key for name in item.names.provides for key in provided_keys(name)} if item.names is not None else set()


def _reads(item: Migration, gone: set[Key]) -> bool:
    names = item.names
    if names is None:
        return False
    options = (option for choice in names.choices for option in choice)
    return any(needed_key(name) in gone for name in (*names.needs, *names.wants, *options))
