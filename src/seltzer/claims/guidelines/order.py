"""The order in which files are read where nobody has made a plan: a file after those that make what it changes."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from seltzer.model import FIRST_DAY, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from seltzer.claims.guidelines.files import ReadStatement, Source

_Rank = tuple[int, str, int, str]


def in_reading_order(sources: Iterable[Source]) -> list[Source]:
    """The files as a plan would have them, as far as tables, indexes and comments are concerned.

    Rank, module, number and name decide, as in a plan; a file waits for those that create what it alters. Where files
    wait for each other the lowest goes first: no rule is worth an error that `plan` makes itself.
    """
    ready = sorted(sources, key=_rank)
    makers: dict[str, int] = {}
    for place, source in enumerate(ready):
        for name in _made(source):
            makers.setdefault(name, place)
    waits = [
        {makers[name] for name in _changed(source) if makers.get(name, place) > place}
        for place, source in enumerate(ready)
    ]
    if not any(waits):
        return ready
    return [ready[place] for place in _released(ready, waits)]


def _rank(source: Source) -> _Rank:
    file = source.file
    rank = 1 if file.kind is Kind.VERSIONED else 0 if file.name in FIRST_DAY or file.kind is Kind.RUNNER else 2
    return rank, file.module, file.number or 0, f"{file.name}/{source.path.name}"


def _made(source: Source) -> Iterator[str]:
    for statement in source.statements:
        if statement.kind == "create_stmt":
            yield statement.node.relation.relname


def _changed(source: Source) -> Iterator[str]:
    own = set(_made(source))
    for statement in source.statements:
        name = _subject(statement)
        if name and name not in own:
            yield name


def _subject(statement: ReadStatement) -> str:
    if statement.kind in {"alter_table_stmt", "index_stmt", "rename_stmt"}:
        return statement.node.relation.relname
    if statement.kind == "comment_stmt" and statement.node.object.WhichOneof("node") == "list":
        words = [item.string.sval for item in statement.node.object.list.items]
        return words[-2] if len(words) > 1 else words[-1]
    return ""


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
