"""The order in which files are read where nobody has made a plan: a file after those that make what it changes."""

from __future__ import annotations

import heapq
from collections import defaultdict
from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pg

from seltzer.claims.guidelines.creating import KINDS, Named, created_by, dropped_by, words_of
from seltzer.model import FIRST_DAY, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from seltzer.claims.guidelines.files import ReadStatement, Source

_Rank = tuple[int, str, int, str]
# What other files may speak of, each kind with those that share its names.
_FAMILIES = {
    **dict.fromkeys(("TABLE", "FOREIGN TABLE", "VIEW", "MATERIALIZED VIEW", "INDEX"), "relation"),
    **dict.fromkeys(("TYPE", "DOMAIN"), "type"),
    **dict.fromkeys(("FUNCTION", "PROCEDURE", "AGGREGATE", "ROUTINE"), "routine"),
}


def in_reading_order(sources: Iterable[Source]) -> list[Source]:
    """The files as a plan would have them, as far as tables, indexes and comments are concerned.

    Rank, module, number and name decide, as in a plan; a file waits for those that create what it alters or comments
    on, and one that drops something for those that alter it too. Where files wait for each other the lowest goes
    first: no rule is worth an error that `plan` makes itself.
    """
    ready = sorted(sources, key=_rank)
    spoken = [_Spoken(source) for source in ready]
    makers: dict[str, int] = {}
    users: dict[str, set[int]] = defaultdict(set)
    for place, item in enumerate(spoken):
        for name in item.made:
            makers.setdefault(name, place)
        for name in item.made | item.changed:
            users[name].add(place)
    waits: list[set[int]] = []
    for place, item in enumerate(spoken):
        before = {makers[name] for name in item.changed - item.made if makers.get(name, place) > place}
        for name in item.dropped - item.made:
            before |= {user for user in users.get(name, ()) if user > place and not _follows(ready[user], ready[place])}
        waits.append(before)
    return [ready[place] for place in _released(ready, waits)] if any(waits) else ready


def _rank(source: Source) -> _Rank:
    file = source.file
    rank = 1 if file.kind is Kind.VERSIONED else 0 if file.name in FIRST_DAY or file.kind is Kind.RUNNER else 2
    return rank, file.module, file.number or 0, f"{file.name}/{source.path.name}"


def _follows(later: Source, source: Source) -> bool:
    """Whether one comes after the other by its number, whatever they do."""
    return later.file.kind is source.file.kind is Kind.VERSIONED and later.file.module == source.file.module


class _Spoken:
    """What a file speaks of: what it makes, changes and drops, by family and name."""

    def __init__(self, source: Source) -> None:
        self.made: set[str] = set()
        self.changed: set[str] = set()
        self.dropped: set[str] = set()
        for statement in source.statements:
            self.made.update(_names(created_by(statement)))
            self.changed.update(_names(_subjects(statement)))
            if statement.kind == "drop_stmt":
                self.dropped.update(_names(dropped_by(statement)))


def _names(found: Iterable[Named]) -> Iterator[str]:
    return (f"{_FAMILIES[item.kind]} {item.name}" for item in found if item.kind in _FAMILIES)


def _subjects(statement: ReadStatement) -> Iterator[Named]:
    """What a statement changes or comments on."""
    node = statement.node
    if statement.kind in {"alter_table_stmt", "index_stmt", "rename_stmt"}:
        yield Named("TABLE", node.relation.relname)
    elif statement.kind == "comment_stmt":
        words = words_of(node.object)
        if node.objtype == pg.OBJECT_COLUMN:
            yield Named("TABLE", words[-2] if len(words) > 1 else "")
        elif words:
            yield Named(KINDS.get(node.objtype, ""), words[-1])


def _released(sources: list[Source], waits: list[set[int]]) -> Iterator[int]:
    """Places in an order in which nobody comes before what it waits for; numbered files stay in theirs."""
    for place, source in enumerate(sources):
        file = source.file
        before = place - 1
        if file.kind is Kind.VERSIONED and before >= 0 and sources[before].file.module == file.module:
            waits[place].add(before)
    done: set[int] = set()
    left = list(range(len(sources)))
    heapq.heapify(left)
    held: list[int] = []
    while left or held:
        if not left:
            left, held = held[:1], held[1:]
            waits[left[0]].clear()
        place = heapq.heappop(left)
        if waits[place] - done:
            held.append(place)
            continue
        yield place
        done.add(place)
        for item in held:
            heapq.heappush(left, item)
        held = []
