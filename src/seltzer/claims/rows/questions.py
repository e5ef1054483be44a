"""Questions to PostgreSQL: which of some values satisfy the checks and keys of a unit?"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from seltzer.db.text import Sql, compose, identifier, joined, literal, raw

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seltzer.claims.rows.facts import Check, Column, ForeignKey, Table
    from seltzer.claims.rows.units import Unit, Value

_MOST_TRIED = 20000
_MOST_KEPT = 48
_KEYS = 16


def keys_of(unit: Unit, parents: Mapping[int, Sql]) -> Sql:
    """The keys that a unit can refer to, as a list of lists of texts."""
    key = unit.foreign_keys[0]
    names = [identifier(name) for name in key.refers_to]
    return compose(
        "SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array({texts})) FROM (SELECT {names} FROM {parent} "
        "WHERE {known} ORDER BY {names} LIMIT 24) AS k",
        texts=joined(", ", [Sql(f"{name}::text") for name in names]),
        names=joined(", ", names),
        parent=parents[key.table],
        known=joined(" AND ", [Sql(f"{name} IS NOT NULL") for name in names]),
    )


def fitting(
    table: Table, unit: Unit, values: Sequence[Sequence[Value]], parents: Mapping[int, Sql], broken: Check | None = None
) -> Sql:
    """Those combinations of values that satisfy everything that is asked of a unit.

    Args:
        table: Its table.
        unit: It.
        values: What to try, for each of its columns.
        parents: The tables that keys refer to, quoted.
        broken: A check that is to be broken instead.
    """
    conditions = [_condition(check, broken) for check in unit.checks]
    conditions += [_refers(key, parents[key.table]) for key in unit.foreign_keys]
    texts = joined(", ", [_text(index) for index in range(len(unit.columns))])
    return compose(
        "SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array({texts})), '[]') FROM ("
        "SELECT * FROM ({rows}) AS r WHERE {conditions} "
        "ORDER BY pg_catalog.hashtext(pg_catalog.concat_ws('|', {texts})) LIMIT {most}) AS s",
        texts=texts,
        rows=_rows(table, unit, _arrays(table, unit, values, parents)),
        conditions=joined(" AND ", conditions or [raw("true")]),
        most=literal(_MOST_KEPT),
    )


def _condition(check: Check, broken: Check | None) -> Sql:
    return Sql(f"({check.expression}) IS {'FALSE' if check is broken else 'NOT FALSE'}")


def _text(index: int) -> Sql:
    return identifier(f"seltzer {index}")


def _refers(key: ForeignKey, parent: Sql) -> Sql:
    own = [Sql(f"r.{identifier(name)}") for name in key.columns]
    empty = joined(" AND " if key.full else " OR ", [Sql(f"{name} IS NULL") for name in own])
    same = [Sql(f"{identifier('seltzer p', name)} = {mine}") for name, mine in zip(key.refers_to, own, strict=True)]
    return compose(
        '({empty} OR EXISTS (SELECT FROM {parent} AS "seltzer p" WHERE {same}))',
        empty=empty,
        parent=parent,
        same=joined(" AND ", same),
    )


def _arrays(
    table: Table, unit: Unit, values: Sequence[Sequence[Value]], parents: Mapping[int, Sql]
) -> list[tuple[Sql, int]]:
    """What to try for each column, and how much that is: for a key's column the keys that are there."""
    found: list[tuple[Sql, int]] = []
    for name, tried in zip(unit.columns, values, strict=True):
        key = next((key for key in unit.foreign_keys if name in key.columns), None)
        if key is None:
            found.append((_array(tried), len(tried)))
            continue
        other = identifier(key.refers_to[key.columns.index(name)])
        keys = compose(
            "ARRAY(SELECT k.v FROM (SELECT DISTINCT {other}::text AS v FROM {parent} ORDER BY 1 LIMIT {most}) AS k"
            "{empty})",
            other=other,
            parent=parents[key.table],
            most=literal(_KEYS),
            empty=raw("") if table.column(name).not_null else raw(" UNION ALL SELECT NULL"),
        )
        found.append((keys, _KEYS + 1))
    return found


def _rows(table: Table, unit: Unit, arrays: Sequence[tuple[Sql, int]]) -> Sql:
    """The combinations: all of them, or a sample of them where they are too many."""
    columns = [table.column(name) for name in unit.columns]
    source = _all(arrays) if prod(count for _, count in arrays) <= _MOST_TRIED else _sample(arrays)
    typed = compose(
        "SELECT x.*, {columns} FROM ({source}) AS x OFFSET 0",
        columns=joined(", ", [_typed(index, column) for index, column in enumerate(columns)]),
        source=source,
    )
    generated = [item for item in table.columns if item.generated is not None and _needed(item, unit)]
    if not generated:
        return typed
    made = [Sql(f"({item.generated}) AS {identifier(item.name)}") for item in generated]
    return compose("SELECT b.*, {made} FROM ({typed}) AS b", made=joined(", ", made), typed=typed)


def _needed(column: Column, unit: Unit) -> bool:
    return any(column.name in check.columns for check in unit.checks)


def _typed(index: int, column: Column) -> Sql:
    return Sql(f"{_text(index)}::{column.type_text} AS {identifier(column.name)}")


def _array(values: Sequence[Value]) -> Sql:
    return compose("ARRAY[{values}]::text[]", values=joined(", ", [literal(value) for value in values]))


def _all(arrays: Sequence[tuple[Sql, int]]) -> Sql:
    lists = [
        compose(
            "pg_catalog.unnest({array}) AS {alias} ({name})",
            array=array,
            alias=identifier(f"seltzer u{index}"),
            name=_text(index),
        )
        for index, (array, _) in enumerate(arrays)
    ]
    return Sql(f"SELECT * FROM {joined(' CROSS JOIN ', lists)}")


def _sample(arrays: Sequence[tuple[Sql, int]]) -> Sql:
    """Each array is read once; which of its values stands in a row, a hash of the row's number says."""
    names = [identifier(f"seltzer a{index}") for index in range(len(arrays))]
    picked = [
        compose(
            "{array}[1 + pg_catalog.abs(pg_catalog.hashint8(g.n * {step} + {step})::pg_catalog.int8) "
            "% greatest(1, pg_catalog.cardinality({array}))] AS {name}",
            array=array,
            step=literal(2 * index + 1),
            name=_text(index),
        )
        for index, array in enumerate(names)
    ]
    return compose(
        "SELECT {picked} FROM (SELECT {arrays} OFFSET 0) AS a, pg_catalog.generate_series(1, {most}) AS g (n)",
        picked=joined(", ", picked),
        arrays=joined(", ", [Sql(f"{array} AS {name}") for (array, _), name in zip(arrays, names, strict=True)]),
        most=literal(_MOST_TRIED),
    )
