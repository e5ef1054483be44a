"""Tables that refer to each other in a ring and take no NULL: a row of each in one statement."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seltzer.claims.rows.inserts import insert_ring
from seltzer.claims.rows.work import find_values
from seltzer.db.text import Sql, compose, literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seltzer.claims.rows.facts import Column, ForeignKey, Table
    from seltzer.claims.rows.units import Unit, Value
    from seltzer.claims.rows.work import Work

_ROWS = 12


def fill_ring(work: Work, tables: Sequence[Table]) -> None:
    """Fill tables of which each needs a row of another, or of itself."""
    inside = {table.root for table in tables} | {table.oid for table in tables}
    links = [(table, key) for table in tables for key in table.foreign_keys if key.table in inside]
    for table in tables:
        work.units[table.oid] = [_without(work, table, unit, inside) for unit in work.units[table.oid]]
    find_values(work, tables)
    if not all(unit.values for table in tables for unit in work.units[table.oid]):
        return
    numbers = _numbers(work, tables, links)
    made: list[Sql] = []
    for number in range(_ROWS):
        rows = [(table, _row(work, table, number, numbers)) for table in tables]
        _link(rows, links)
        made.append(insert_ring(rows))
    answers = work.asking.send(made)
    work.refused.update((table.oid, answers[0].reason) for table in tables)


def _without(work: Work, table: Table, unit: Unit, inside: set[int]) -> Unit:
    """A unit without its keys of the ring: those are known when the row is there that they refer to."""
    kept = tuple(key for key in unit.foreign_keys if key.table not in inside)
    found = replace(unit, foreign_keys=kept, values=unit.values)
    if found.free and not found.values:
        lists = [work.tried[table.oid, name] for name in unit.columns]
        found.values = [tuple(values[n % len(values)] for values in lists) for n in range(_ROWS)] if all(lists) else []
    return found


def _numbers(
    work: Work, tables: Sequence[Table], links: Sequence[tuple[Table, ForeignKey]]
) -> Mapping[tuple[int, str], list[int]]:
    """What sequences give for columns that the ring refers to."""
    wanted = [
        (table, column)
        for table in tables
        for column in table.columns
        if column.counts
        and any(key.table in {table.oid, table.root} and column.name in key.refers_to for _, key in links)
    ]
    answers = work.asking.ask([_next_numbers(table, column) for table, column in wanted])
    return {(table.oid, column.name): answer or [] for (table, column), answer in zip(wanted, answers, strict=True)}


def _next_numbers(table: Table, column: Column) -> Sql:
    sequence = compose(
        "pg_catalog.pg_get_serial_sequence({table}, {column})", table=literal(table.into), column=literal(column.name)
    )
    return compose(
        "SELECT pg_catalog.jsonb_agg({next}) FROM pg_catalog.generate_series(1, {rows})",
        next=Sql(column.default) if column.default else Sql(f"pg_catalog.nextval({sequence}::pg_catalog.regclass)"),
        rows=literal(_ROWS),
    )


def _row(work: Work, table: Table, row: int, numbers: Mapping[tuple[int, str], list[int]]) -> dict[str, Value]:
    made: dict[str, Value] = {}
    for unit in work.units[table.oid]:
        made.update(zip(unit.columns, unit.values[row % len(unit.values)], strict=True))
    for (oid, name), found in numbers.items():
        if oid == table.oid and row < len(found):
            made[name] = str(found[row])
    return made


def _link(rows: Sequence[tuple[Table, dict[str, Value]]], links: Sequence[tuple[Table, ForeignKey]]) -> None:
    """Let each key have the values of the row it refers to; as often as one may be another's."""
    by_table = {oid: row for table, row in rows for oid in (table.oid, table.root)}
    for _ in rows:
        for table, key in links:
            parent, child = by_table[key.table], by_table[table.oid]
            for name, other in zip(key.columns, key.refers_to, strict=True):
                if other in parent:
                    child[name] = parent[other]
