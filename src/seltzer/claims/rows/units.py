"""The columns of a table in units that get their values together, and the values of each."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from seltzer.claims.rows.facts import mentioned_names
from seltzer.claims.rows.learned import NOTHING, learn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seltzer.claims.rows.candidates import Candidates
    from seltzer.claims.rows.facts import Check, Column, ForeignKey, Table

# A value as PostgreSQL reads it; None is NULL.
Value: TypeAlias = "str | None"


@dataclass(slots=True)
class Unit:
    """Columns whose values depend on each other, and nothing else.

    Attributes:
        columns: Their names.
        checks: What their values have to satisfy.
        foreign_keys: What they refer to.
        unique: Whether a unique index or an exclusion constraint has one of them.
        values: What they can be, together; found out later where there are checks or keys.
        named: Whether the migration names some of them.
    """

    columns: tuple[str, ...]
    checks: tuple[Check, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    unique: bool = False
    values: list[tuple[Value, ...]] = field(default_factory=list[tuple[Value, ...]])
    named: bool = False

    @property
    def free(self) -> bool:
        """Whether each value of its column will do."""
        return not self.checks and not self.foreign_keys

    @property
    def pool(self) -> bool:
        """Whether the keys of another table are all there is to choose from."""
        return not self.checks and len(self.foreign_keys) == 1 and self.foreign_keys[0].columns == self.columns


def units_of(table: Table) -> list[Unit]:
    """The units of a table: columns that a check or a foreign key joins are one."""
    written = {item.name for item in table.columns if item.generated is None and not item.counts}
    checks = [(item, _written(table, item.columns) & written) for item in table.checks]
    groups: dict[str, set[str]] = {name: {name} for name in written}
    for columns in (*(found for _, found in checks), *(set(key.columns) & written for key in table.foreign_keys)):
        joined = set[str]().union(*(groups[name] for name in columns))
        groups.update(dict.fromkeys(joined, joined))
    units: list[Unit] = []
    seen: set[str] = set()
    for item in table.columns:
        if item.name in written and item.name not in seen:
            group = groups[item.name]
            seen |= group
            units.append(_unit(table, group, checks))
    return units


def _unit(table: Table, group: set[str], checks: Iterable[tuple[Check, set[str]]]) -> Unit:
    keys = tuple(key for key in table.foreign_keys if set(key.columns) & group)
    names = tuple(item.name for item in table.columns if item.name in group)
    if len(keys) == 1 and set(keys[0].columns) == group:
        names = keys[0].columns
    single = {name for unique in table.uniques if len(set(unique)) == 1 for name in unique}
    own = tuple(check for check, columns in checks if columns & group)
    return Unit(names, own, keys, unique=bool(single & group))


def _written(table: Table, names: Iterable[str]) -> set[str]:
    """The columns behind some columns: those that generated ones are made of."""
    found: set[str] = set()
    every = tuple(item.name for item in table.columns)
    for name in names:
        expression = table.column(name).generated
        found.update([name] if expression is None else mentioned_names(expression, every))
    return found


def column_values(candidates: Candidates, table: Table, column: Column, unit: Unit) -> list[Value]:
    """What to try for one column, the ordinary first; NULL too where it may be.

    A unique column gets enough values that are all different.
    """
    hint = candidates.hints.of(column.name, partition=table.oid != table.root)
    unit.named = unit.named or bool(hint.strip())
    text = " ".join([*(check.expression for check in unit.checks), table.bodies, hint])
    learned = learn(text) if text.strip() else NOTHING
    found: list[Value] = list(candidates.of(column.type, column.typmod, learned))
    if unit.unique or _is_key_part(table, column):
        fresh = [
            fresh_value(candidates.kind_of(column.type), number)
            for number in range(_MANY_FRESH if candidates.hints else _FRESH)
        ]
        kind = candidates.kind_of(column.type)
        kept = [value for value in fresh if value is not None]
        # Numbers that a file writes for its own rows are small: these are not in their way.
        found = kept + found if kind in _NUMBERS and unit.free else found + kept
    if not column.not_null:
        found.insert(1, None)
    return found


_FRESH, _MANY_FRESH = 20, 80
_NUMBERS = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8"})


def _is_key_part(table: Table, column: Column) -> bool:
    return any(column.name in unique for unique in table.uniques)


def fresh_value(kind: str, number: int) -> str | None:  # noqa: PLR0911  # one type after the other
    """The n-th of many different values of a built-in type; None for a type that has not so many."""
    if kind in {"int4", "int8"}:
        return str(1000001 + number)
    if kind in {"int2", "numeric", "float4", "float8"}:
        return str(101 + number)
    if kind in {"text", "varchar", "citext", "bpchar", "name"}:
        return f"r{number + 1}"
    if kind == "uuid":
        return str(UUID(int=0xA0EEBC999C0B4EF8BB6D6BB9BD380000 + number))
    if kind in {"date", "timestamp", "timestamptz"}:
        zone = " 00:00:00+00" if kind == "timestamptz" else ""
        return f"{date(2023, 1, 1) + timedelta(days=number)}{zone}"
    if kind == "inet":
        return f"198.51.100.{number}"
    return f"\\x{number:04x}" if kind == "bytea" else None


def chosen(table: Table, unit: Unit, row: int) -> tuple[Value, ...]:
    """The values of a unit in one row: each that there is, one after the other, then as chance would have it."""
    count = len(unit.values)
    if unit.unique:
        return unit.values[row % count]
    seed = zlib.crc32(f"{table}.{','.join(unit.columns)}".encode())
    at = row + seed if row < count else zlib.crc32(f"{seed} {row}".encode())
    return unit.values[at % count]
