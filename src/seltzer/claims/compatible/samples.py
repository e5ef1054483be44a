"""Rows as a release could write them, and the statements that it would send with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seltzer.claims.compatible.breaks import sql_name
from seltzer.claims.compatible.sending import make_room, undone
from seltzer.claims.fixes.writing import quoted
from seltzer.claims.rows import Wanted, fill_tables
from seltzer.db.connect import fetch
from seltzer.db.text import Sql, compose, identifier, joined, literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import TypeAlias

    import psycopg

    from seltzer.claims.applying import Conditions
    from seltzer.claims.compatible.breaks import Known
    from seltzer.claims.compatible.facts import Relation

    Row: TypeAlias = Mapping[str, str | None]

_MOST_ROWS, _FEW = 12, 3


@dataclass(frozen=True, slots=True)
class Sent:
    """A statement of the running release.

    Attributes:
        group: What it tries: `row`, `minimal`, `omit`, `two`, `alike`, `conflict`, `value` or `change`.
        subject: The column or key that it is about; empty for none.
        at: Which of the group.
        shown: It, without values.
        sql: It.
    """

    group: str
    subject: str
    at: int
    shown: str
    sql: Sql


def read_samples(
    conn: psycopg.Connection[Any], conditions: Conditions, tables: Sequence[Relation]
) -> dict[int, list[Row]]:
    """Rows that the tables of the old schema take, by the table's OID, as awkward as it allows."""
    found: dict[int, list[Row]] = {}
    with undone(conn, conditions):
        for table in tables:
            make_room(conn, table)
        fill_tables(conn, (conditions.table.schema,), Wanted(frozenset(table.oid for table in tables)))
        for table in tables:
            names = [column.name for column in table.columns if column.writable]
            texts = [Sql(f"{identifier(name)}::pg_catalog.text") for name in names]
            query = compose("SELECT DISTINCT {texts} FROM {table}", texts=joined(", ", texts), table=table.quoted)
            rows = fetch(conn, query) if names else []
            found[table.oid] = [dict(zip(names, row, strict=True)) for row in _chosen(rows)]
    return found


def _chosen(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Some rows: complete ones first, then those with NULLs."""
    return (
        sorted(rows, key=lambda row: row.count(None))[: _MOST_ROWS // 2]
        + sorted(rows, key=lambda row: -row.count(None))[: _MOST_ROWS // 2]
    )


def statements_of(known: Known, rows: Sequence[Row], left: Collection[str], changed: Collection[str]) -> Iterator[Sent]:
    """The statements of a release on a table.

    Args:
        known: The table.
        rows: Rows that it takes.
        left: Its columns, without those that are gone where the statements are sent.
        changed: Columns that are not as they were, and are there on both sides.
    """
    table = known.before
    columns = [column.name for column in table.columns if column.writable and column.name in left]
    for at, row in enumerate(rows):
        yield _insert(("row", "", at), table, [row], columns)
    for at, row in enumerate(rows[:_FEW]):
        needed = [name for name in columns if (found := table.column(name)) and found.not_null and not found.fills]
        yield _insert(("minimal", "", at), table, [row], needed)
        for name in changed:
            if name in columns and name not in needed:
                yield _insert(("omit", name, at), table, [row], [each for each in columns if each != name])
        yield _change(at, table, row, columns)
    for at in range(min(_FEW, len(rows) - 1)):
        yield _insert(("two", "", at), table, rows[at : at + 2], columns)
    yield from _alike(known, rows, columns)
    for name in changed:
        yield from _values(table, name, rows)


def _insert(tries: tuple[str, str, int], table: Relation, rows: Sequence[Row], columns: Sequence[str]) -> Sent:
    """An INSERT that tries something: a group, its subject, and which of it."""
    name = sql_name(table)
    if not columns:
        return Sent(*tries, f"INSERT INTO {name} DEFAULT VALUES", Sql(f"INSERT INTO {name} DEFAULT VALUES"))
    shown = f"INSERT INTO {name} ({', '.join(map(quoted, columns))}) VALUES "
    values = ", ".join("(" + ", ".join(literal(row[each]) for each in columns) + ")" for row in rows)
    numbered = iter(range(1, len(rows) * len(columns) + 1))
    holders = ", ".join("(" + ", ".join(f"${next(numbered)}" for _ in columns) + ")" for _ in rows)
    return Sent(*tries, shown + holders, Sql(shown + values))


def _change(at: int, table: Relation, row: Row, columns: Sequence[str]) -> Sent:
    """A row that comes, changes and goes: what triggers do to it."""
    made = _insert(("change", "", at), table, [row], columns)
    name = sql_name(table)
    column = quoted(columns[0] if columns else table.columns[0].name)
    rest = f"UPDATE {name} SET {column} = {column}; DELETE FROM {name}" if columns else f"DELETE FROM {name}"
    return Sent("change", "", at, rest, Sql(f"{made.sql}; {rest}"))


def _alike(known: Known, rows: Sequence[Row], columns: Sequence[str]) -> Iterator[Sent]:
    """Two rows alike in the columns of a key that is new; and ON CONFLICT on those that were there."""
    table = known.before
    there = known.table_now.keys if known.table_now is not None else ()
    old = {(key.unique, key.plain, frozenset(key.columns)) for key in table.keys}
    for key in there:
        shared = [name for name in key.columns if name in columns]
        if (key.unique, key.plain, frozenset(key.columns)) in old or not shared:
            continue
        for at, (first, second) in enumerate(_pairs(rows, shared)):
            other = {**second, **{name: first[name] for name in shared}}
            yield _insert(("alike", key.name, at), table, [first, other], columns)
    now = {frozenset(key.columns) for key in there if key.plain}
    for key in table.keys:
        if key.plain and frozenset(key.columns) not in now and all(name in columns for name in key.columns):
            listed, on = ", ".join(map(quoted, columns)), ", ".join(map(quoted, key.columns))
            name = sql_name(table)
            text = f"INSERT INTO {name} ({listed}) SELECT {listed} FROM {name} ON CONFLICT ({on}) DO NOTHING"
            yield Sent("conflict", key.name, 0, text, Sql(text))


def _pairs(rows: Sequence[Row], shared: Sequence[str]) -> Iterator[tuple[Row, Row]]:
    complete = [row for row in rows if all(row[name] is not None for name in shared)]
    for first in complete[:_FEW]:
        for second in rows:
            if second is not first:
                yield first, second


def _values(table: Relation, name: str, rows: Sequence[Row]) -> Iterator[Sent]:
    column = table.column(name)
    if column is None or not column.writable:
        return
    shown = f"UPDATE {sql_name(table)} SET {quoted(name)} = "
    values = list(dict.fromkeys(row[name] for row in rows if row[name] is not None))
    for at, value in enumerate(values):
        yield Sent("value", name, at, shown + "$1", Sql(shown + literal(value)))
