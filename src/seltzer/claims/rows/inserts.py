"""INSERTs for rows that were made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.claims.rows.units import chosen
from seltzer.db.text import Sql, compose, identifier, joined, literal, raw

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from seltzer.claims.rows.facts import Table
    from seltzer.claims.rows.units import Unit, Value

_ROWS = 17
_MORE_ROWS = 60
# A sequence has not come this far: what it gives later is not in the way.
_FAR = "3000000000"
_BIG = "bigint"


def rows_of(table: Table, units: Sequence[Unit]) -> list[dict[str, Value]]:
    """The rows to try: an ordinary one and its double, one of NULLs, and a mixture of everything.

    None where a unit has no value at all.
    """
    if not all(unit.values for unit in units):
        return []
    rows = [_row(units, [unit.values[0] for unit in units])]
    rows += _mixed(table, units, 0, _ROWS)
    rows += _named(units)
    empty = [_emptiest(unit, _ROWS) for unit in units]
    double = [unit.values[(_ROWS + 1) % len(unit.values)] if unit.unique else unit.values[0] for unit in units]
    return [*rows, _row(units, empty), _row(units, double)]


def _named(units: Sequence[Unit]) -> list[dict[str, Value]]:
    """Where the migration names values of a unit: an ordinary row and its double for each that the unit can have."""
    named = [
        (at, value)
        for at, unit in enumerate(units)
        if unit.named and not unit.unique
        for value in unit.values
        for _ in range(2)
    ]
    rows: list[dict[str, Value]] = []
    for number, (place, value) in enumerate(named[:_MORE_ROWS], start=_ROWS + 2):
        first = [unit.values[number % len(unit.values)] if unit.unique else unit.values[0] for unit in units]
        rows.append(_row(units, [*first[:place], value, *first[place + 1 :]]))
    return rows


def more_rows_of(table: Table, units: Sequence[Unit]) -> list[dict[str, Value]]:
    """Many more rows, for a table that took none."""
    return _mixed(table, units, 100, _MORE_ROWS) if all(unit.values for unit in units) else []


def _mixed(table: Table, units: Sequence[Unit], start: int, count: int) -> list[dict[str, Value]]:
    return [_row(units, [chosen(table, unit, row) for unit in units]) for row in range(start, start + count)]


def _row(units: Sequence[Unit], values: Sequence[tuple[Value, ...]]) -> dict[str, Value]:
    return {
        name: value
        for unit, found in zip(units, values, strict=True)
        for name, value in zip(unit.columns, found, strict=True)
    }


def _emptiest(unit: Unit, row: int) -> tuple[Value, ...]:
    if unit.unique and any(None not in values for values in unit.values):
        return next((v for v in unit.values if None in v), unit.values[row % len(unit.values)])
    return max(unit.values, key=lambda values: values.count(None))


def insert_all(table: Table, rows: Sequence[Mapping[str, Value]]) -> Sql:
    """All rows in one statement; those that double another are left out."""
    return Sql(f"{_insert(table, rows)} ON CONFLICT DO NOTHING")


def insert_each(table: Table, rows: Sequence[Mapping[str, Value]]) -> Iterator[Sql]:
    """A statement for each row."""
    for row in rows:
        yield _insert(table, [row])


def insert_far(table: Table, row: Mapping[str, Value]) -> Iterator[Sql]:
    """A row whose number is larger than an integer, where a sequence counts with more than that."""
    for column in table.columns:
        if column.counts and column.type_text == _BIG:
            yield _insert(table, [{**row, column.name: _FAR}])


def _insert(table: Table, rows: Sequence[Mapping[str, Value]]) -> Sql:
    names = list(rows[0])
    counted = [item.name for item in table.columns if item.counts and not names]
    if not names and not counted:
        return compose("INSERT INTO {into} DEFAULT VALUES", into=table.into)
    values = [joined(", ", [literal(row[name]) for name in names]) or raw("DEFAULT") for row in rows]
    lines = [compose("({values})", values=item) for item in values]
    return compose(
        "INSERT INTO {into} ({names}) {overriding} VALUES {lines}",
        into=table.into,
        names=joined(", ", [identifier(name) for name in names or counted[:1]]),
        overriding=raw("OVERRIDING SYSTEM VALUE") if _writes_identity(table, names) else raw(""),
        lines=joined(", ", lines),
    )


def _writes_identity(table: Table, names: Sequence[str]) -> bool:
    return any(table.column(name).identity for name in names)


def insert_ring(rows: Sequence[tuple[Table, Mapping[str, Value]]]) -> Sql:
    """A row of each of several tables in one statement: their keys are looked at when all of them are there."""
    *others, last = [_insert(table, [row]) for table, row in rows]
    if not others:
        return last
    parts = [Sql(f"r{index} AS ({item})") for index, item in enumerate(others)]
    return Sql(f"WITH {joined(', ', parts)} {last}")
