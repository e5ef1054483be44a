"""Which tables are to be filled for the sake of some."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from typing import TypeAlias

    from seltzer.claims.rows.facts import Table

    Relation: TypeAlias = Callable[[Sequence[Table], Table, set[int]], bool]


def with_relatives(tables: Sequence[Table], only: Collection[int]) -> list[Table]:
    """Some tables, those that refer to them, and what all of these refer to.

    Args:
        tables: All that there are.
        only: The OIDs of those that are wanted: a partitioned one stands for its partitions.
    """
    chosen = {table.oid for table in tables if table.oid in only or table.root in only}
    referring = _closed(tables, chosen, _referring)
    found = _closed(tables, referring, _referred)
    return [table for table in tables if table.oid in found]


def _closed(tables: Sequence[Table], start: set[int], related: Relation) -> set[int]:
    found = set(start)
    while more := {table.oid for table in tables if table.oid not in found and related(tables, table, found)}:
        found |= more
    return found


def _referring(tables: Sequence[Table], table: Table, found: set[int]) -> bool:
    """Whether a table refers to one of those."""
    roots = {item.root for item in tables if item.oid in found} | found
    return any(key.table in roots for key in table.foreign_keys)


def _referred(tables: Sequence[Table], table: Table, found: set[int]) -> bool:
    """Whether one of those refers to a table."""
    return any(
        key.table in {table.oid, table.root} for item in tables if item.oid in found for key in item.foreign_keys
    )
