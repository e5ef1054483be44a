"""In which order tables are filled: what others refer to first, what refers to each other at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from seltzer.claims.rows.facts import ForeignKey, Table


class Round(NamedTuple):
    """Tables that can be filled at the same time.

    Attributes:
        tables: They.
        ring: Whether they refer to each other, or to themselves, and take no NULL: a row of each goes in at once.
    """

    tables: tuple[Table, ...]
    ring: bool = False


def rounds(tables: Sequence[Table]) -> Iterator[Round]:
    """All tables, round after round; a key that may be NULL gives way where no order would do."""
    waiting = {table.oid: table for table in tables}
    while waiting:
        present = {table.root for table in waiting.values()} | set(waiting)
        ready = [table for table in waiting.values() if not _parents(table, present, table.foreign_keys)]
        if ready:
            yield Round(tuple(ready))
        else:
            found = [table for table in waiting.values() if not _parents(table, present, mandatory(table))]
            ready = found[:1] or _ring(waiting)
            yield Round(tuple(ready), ring=not found)
        for table in ready:
            del waiting[table.oid]


def mandatory(table: Table) -> list[ForeignKey]:
    """The keys of a table that every row of it has."""
    return [key for key in table.foreign_keys if not any(table.nullable([name]) for name in key.columns)]


def _parents(table: Table, present: set[int], keys: Sequence[ForeignKey]) -> set[int]:
    own = {table.oid, table.root} if keys is table.foreign_keys else set[int]()
    found = {key.table for key in keys if key.table in present}
    return found if not own else found - (own if _only_optional(table) else set())


def _only_optional(table: Table) -> bool:
    return not any(key.table in {table.oid, table.root} for key in mandatory(table))


def _ring(waiting: Mapping[int, Table]) -> list[Table]:
    """Tables that need each other, and nobody else that is not filled yet."""
    reach = {oid: _reached(oid, waiting) for oid in waiting}
    smallest = min(reach.values(), key=len)
    return [table for oid, table in waiting.items() if oid in smallest]


def _reached(start: int, waiting: Mapping[int, Table]) -> set[int]:
    found: set[int] = set()
    ahead = [start]
    while ahead:
        table = waiting[ahead.pop()]
        for key in mandatory(table):
            for other in waiting.values():
                if key.table in {other.oid, other.root} and other.oid not in found:
                    found.add(other.oid)
                    ahead.append(other.oid)
    return found
