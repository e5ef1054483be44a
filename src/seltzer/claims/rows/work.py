"""What is at hand while tables are filled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seltzer.claims.rows.questions import fitting, keys_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seltzer.claims.rows.asking import Asking
    from seltzer.claims.rows.candidates import Candidates
    from seltzer.claims.rows.facts import Table
    from seltzer.claims.rows.units import Unit, Value
    from seltzer.db.text import Sql


@dataclass(slots=True)
class Work:
    """What is at hand while tables are filled.

    Attributes:
        asking: The database.
        candidates: Values to try.
        parents: Names of tables as SQL, by OID.
        units: The units of each table, by its OID.
        tried: What to try for a column, by its table's OID and its name.
        refused: Why the last row of a table was refused, by its OID.
    """

    asking: Asking
    candidates: Candidates
    parents: Mapping[int, Sql]
    units: dict[int, list[Unit]] = field(default_factory=dict[int, "list[Unit]"])
    tried: dict[tuple[int, str], list[Value]] = field(default_factory=dict[tuple[int, str], "list[Value]"])
    refused: dict[int, str] = field(default_factory=dict[int, str])


def find_values(work: Work, tables: Sequence[Table]) -> None:
    """Ask which values satisfy the checks and keys of each unit."""
    units = [(table, unit) for table in tables for unit in work.units[table.oid] if not unit.free]
    answers = work.asking.ask([_question(work, table, unit) for table, unit in units])
    for (table, unit), answer in zip(units, answers, strict=True):
        unit.values = [tuple(item) for item in answer or ()]
        if unit.pool and table.nullable(unit.columns):
            unit.values.insert(1, (None,) * len(unit.columns))
        if not unit.values:
            names = ", ".join(unit.columns)
            broken = ", ".join(item.name for item in (*unit.checks, *unit.foreign_keys))
            work.refused[table.oid] = f"no value was found for {names} that satisfies {broken}"


def _question(work: Work, table: Table, unit: Unit) -> Sql:
    if unit.pool:
        return keys_of(unit, work.parents)
    return fitting(table, unit, [work.tried[table.oid, name] for name in unit.columns], work.parents)
