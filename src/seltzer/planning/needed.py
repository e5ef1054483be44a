"""Repeatables that have to run again because a pending one drops and makes anew what they read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.planning.graph import is_repeatable
from seltzer.sql.names import Key, needed_key, provided_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from seltzer.model import Migration


def needed_again(pending: Sequence[Migration], applied: Sequence[Migration]) -> list[Migration]:
    """Those of the `applied` repeatables that read, directly or not, what a pending one recreates."""
    gone = _recreated(pending)
    found: list[Migration] = []
    waiting = [item for item in applied if is_repeatable(item)]
    while True:
        hit = [item for item in waiting if _reads(item, gone)]
        if not hit:
            return found
        found += hit
        waiting = [item for item in waiting if item not in hit]
        # DROP … CASCADE takes what they provide along, so those that read them are next.
        gone |= {key for item in hit if item.names for name in item.names.provides for key in provided_keys(name)}


def _recreated(migrations: Iterable[Migration]) -> set[Key]:
    return {
        key
        for item in migrations
        if item.names is not None
        for name in item.names.recreates
        for key in provided_keys(name)
    }


def _reads(item: Migration, gone: set[Key]) -> bool:
    names = item.names
    if names is None:
        return False
    options = (option for choice in names.choices for option in choice)
    return any(needed_key(name) in gone for name in (*names.needs, *names.wants, *options))
