"""What a file has done before a statement: what it dropped can be created, what it created can be dropped."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from seltzer.claims.guidelines.creating import Named, created_by, dropped_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from seltzer.claims.guidelines.files import ReadStatement, Source


class Deeds:
    """What a file creates and drops, by name: a dump has thousands of statements, each of which asks.

    Attributes:
        created: What statements create, with their places among the statements.
        dropped: What they drop.
    """

    def __init__(self, source: Source) -> None:
        self.created: Mapping[str, list[tuple[int, Named]]] = defaultdict(list)
        self.dropped: Mapping[str, list[tuple[int, Named]]] = defaultdict(list)
        for statement in source.statements:
            for item in created_by(statement):
                self.created[item.name].append((statement.number, item))
            for item in dropped_by(statement):
                self.dropped[item.name].append((statement.number, item))


def is_dropped_before(statement: ReadStatement, created: Named) -> bool:
    """Whether the file drops an object, or what it is in or on, before the statement creates it.

    One ALTER TABLE drops before it adds, in whichever order that is written.
    """
    last = statement.number + 1 if created.kind == "COLUMN" else statement.number
    dropped = _deeds_of(statement.source).dropped
    found = (item for name in {created.name, created.owner, created.schema} for item in dropped.get(name, ()))
    return any(number < last and created.goes_with(item) for number, item in found)


def is_made_before(statement: ReadStatement, dropped: Named) -> bool:
    """Whether the file makes an object itself before the statement drops it."""
    return any(made.is_same(dropped) for made in _made_before(statement, dropped.name))


def ends_with_session(statement: ReadStatement, created: Named) -> bool:
    """Whether an object, or what it is on, is one that the file has made for its own session."""
    if created.temporary:
        return True
    if not created.owner or created.schema:
        return False
    return any(made.temporary for made in _made_before(statement, created.owner))


def _made_before(statement: ReadStatement, name: str) -> Iterator[Named]:
    found = _deeds_of(statement.source).created.get(name, ())
    return (item for number, item in found if number < statement.number)


def _deeds_of(source: Source) -> Deeds:
    if source.deeds is None:
        source.deeds = Deeds(source)
    return source.deeds
