"""Which tables are to be filled for the sake of some."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from seltzer.claims.rows.facts import Table


class Wanted(NamedTuple):
    """Tables that are to be filled, by OID; a partitioned one stands for its partitions.

    Attributes:
        tables: They.
        changed: Those whose rows will be changed: what refers to them is filled, too.
    """

    tables: Collection[int]
    changed: Collection[int] = ()


def with_relatives(tables: Sequence[Table], only: Wanted) -> list[Table]:
    """The tables that are wanted, those that a change of rows reaches, and what all of these refer to."""
    found = _named(tables, only.tables)
    found |= _reached(tables, _named(tables, only.changed))
    while more := {table.oid for table in tables if table.oid not in found and _is_referred(tables, table, found)}:
        found |= more
    return [table for table in tables if table.oid in found]


def _named(tables: Sequence[Table], oids: Collection[int]) -> set[int]:
    return {table.oid for table in tables if table.oid in oids or table.root in oids}


def _reached(tables: Sequence[Table], changed: set[int]) -> set[int]:
    """What refers to changed rows; and what refers to that, where it is deleted or changed along."""
    found: set[int] = set()
    seen = ahead = set(changed)
    while ahead:
        roots = ahead | {table.root for table in tables if table.oid in ahead}
        keys = [(table, key) for table in tables for key in table.foreign_keys if key.table in roots]
        ahead = {table.oid for table, key in keys if key.acts} - seen
        seen = seen | ahead
        found |= {table.oid for table, _ in keys}
    return found


def _is_referred(tables: Sequence[Table], table: Table, found: set[int]) -> bool:
    """Whether one of those refers to a table."""
    return any(
        key.table in {table.oid, table.root} for item in tables if item.oid in found for key in item.foreign_keys
    )
