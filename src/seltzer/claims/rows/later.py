"""What is done when tables have rows: keys that had to wait, constraints that are NOT VALID, materialized views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seltzer.claims.rows.order import mandatory
from seltzer.claims.rows.questions import fitting
from seltzer.claims.rows.units import fresh_value
from seltzer.db.connect import execute, fetch
from seltzer.db.text import Sql, compose, identifier, joined, literal, raw

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import psycopg

    from seltzer.claims.rows.facts import ForeignKey, Loose, Table
    from seltzer.claims.rows.units import Unit
    from seltzer.claims.rows.work import Work

_ORPHAN = 900


def tie_up(work: Work, tables: Sequence[Table]) -> None:
    """Let some rows refer to others where the key had to be NULL, because its table was filled later."""
    work.asking.send([_refer(work, table, key) for table in tables for key in _optional(table)])


def _optional(table: Table) -> list[ForeignKey]:
    needed = mandatory(table)
    written = {column.name for column in table.columns if column.generated is None}
    return [key for key in table.foreign_keys if key not in needed and written.issuperset(key.columns)]


def _refer(work: Work, table: Table, key: ForeignKey) -> Sql:
    unique = any(set(item) & set(key.columns) for item in table.uniques)
    return compose(
        "UPDATE ONLY {table} SET ({columns}) = (SELECT {others} FROM {parent} ORDER BY {others} LIMIT 1) "
        "WHERE ctid IN (SELECT ctid FROM ONLY {table} WHERE {empty} ORDER BY ctid LIMIT {most}) "
        "AND NOT EXISTS (SELECT FROM ONLY {table} WHERE NOT ({empty}))",
        table=table.quoted,
        columns=_names(key.columns),
        others=_names(key.refers_to),
        parent=work.parents[key.table],
        empty=joined(" OR ", [Sql(f"{identifier(name)} IS NULL") for name in key.columns]),
        most=literal(1 if unique else 6),
    )


def _names(names: Sequence[str]) -> Sql:
    return joined(", ", [identifier(name) for name in names])


def break_loose(work: Work, tables: Sequence[Table], spared: Collection[str]) -> dict[int, list[str]]:
    """Let one row break each constraint that is NOT VALID, as rows from before it may.

    Returns:
        The names of those that are broken now, by the table's OID.
    """
    wanted = [(table, item) for table in tables for item in table.loose if item.name not in spared]
    checks = [(table, item, unit) for table, item in wanted if not item.foreign and (unit := _unit(work, table, item))]
    answers = work.asking.ask([_breaking(work, table, item, unit) for table, item, unit in checks])
    values = {
        (table.oid, item.name): dict(zip(unit.columns, answer[0], strict=True))
        for (table, item, unit), answer in zip(checks, answers, strict=True)
        if answer
    }
    values |= {(table.oid, item.name): _orphan(work, table, item) for table, item in wanted if item.foreign}
    tried = [(table, item) for table, item in wanted if values.get((table.oid, item.name))]
    sent = work.asking.send([_break(table, item, values[table.oid, item.name]) for table, item in tried])
    found: dict[int, list[str]] = {}
    for (table, item), answer in zip(tried, sent, strict=True):
        if not answer.state:
            found.setdefault(table.oid, []).append(item.name)
    return found


def _unit(work: Work, table: Table, item: Loose) -> Unit | None:
    """The columns that have their values together because of a check; None where nobody chooses values for them."""
    return next((unit for unit in work.units[table.oid] if any(each.name == item.name for each in unit.checks)), None)


def _breaking(work: Work, table: Table, item: Loose, unit: Unit) -> Sql:
    check = next(found for found in table.checks if found.name == item.name)
    values = [_values(work, table, name) for name in unit.columns]
    return fitting(table, unit, values, work.parents, broken=check)


def _values(work: Work, table: Table, name: str) -> list[str | None]:
    return work.tried[table.oid, name]


def _orphan(work: Work, table: Table, item: Loose) -> dict[str, str | None]:
    kinds = {name: work.candidates.kind_of(table.column(name).type) for name in item.columns}
    found = {name: fresh_value(kind, _ORPHAN) for name, kind in kinds.items()}
    return {} if None in found.values() else found


def _break(table: Table, item: Loose, values: Mapping[str, str | None]) -> Sql:
    return compose(
        "ALTER TABLE {table} DROP CONSTRAINT {name}; "
        "UPDATE ONLY {table} SET {changes} WHERE ctid = (SELECT min(ctid) FROM ONLY {table}); "
        "ALTER TABLE {table} ADD CONSTRAINT {name} {definition}",
        table=table.quoted,
        name=identifier(item.name),
        changes=joined(", ", [Sql(f"{identifier(name)} = {literal(value)}") for name, value in values.items()]),
        definition=Sql(item.definition),
    )


_VIEWS = raw(
    "SELECT c.oid::pg_catalog.regclass::pg_catalog.text FROM pg_catalog.pg_class AS c "
    "WHERE c.relkind = 'm' AND c.relispopulated ORDER BY c.oid"
)


def refresh_views(conn: psycopg.Connection[Any]) -> None:
    """Let materialized views have what their tables have now."""
    for (name,) in fetch(conn, _VIEWS):
        execute(conn, compose("REFRESH MATERIALIZED VIEW {name}", name=Sql(name)))
