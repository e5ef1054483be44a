"""Rows as a release could write them, and the statements that it would send with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
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

_MOST_ROWS, _FEW, _VALUES = 12, 3, 2
_ALONE = Sql("")


@dataclass(frozen=True, slots=True)
class Sent:
    """A statement of the running release.

    Attributes:
        group: What it tries: `row`, `minimal`, `omit`, `two`, `alike`, `conflict`, `value`, `change`,
            `delete`, `update` or `role`.
        subject: The column, key or role that it is about; empty for none.
        at: Which of the group.
        shown: It, without values.
        sql: It.
        first: What comes before it; empty for nothing.
    """

    group: str
    subject: str
    at: int
    shown: str
    sql: Sql
    first: Sql = _ALONE


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
        # What a trigger fills is left out as well as what has a default.
        may_fill = () if at else needed
        for name in [*(each for each in changed if each in columns and each not in needed), *may_fill]:
            yield _insert(("omit", name, at), table, [row], [each for each in columns if each != name])
        yield from _change(at, table, row, columns)
        yield from (
            _as_role(role, at, _insert(("role", role, at), table, [row], needed)) for role in table.roles[:_FEW]
        )
    for at in range(min(_FEW, len(rows) - 1)):
        yield _insert(("two", "", at), table, rows[at : at + 2], columns)
    yield from _alike(known, rows, columns)
    for name in columns:
        yield from _updates(table, name, rows, columns)
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


def _change(at: int, table: Relation, row: Row, columns: Sequence[str]) -> Iterator[Sent]:
    """A row that is there is changed, and goes: what triggers and rules do to it."""
    first = _insert(("", "", at), table, [row], columns).sql
    name = sql_name(table)
    if columns:
        update = f"UPDATE {name} SET {quoted(columns[0])} = {quoted(columns[0])}"
        yield Sent("change", "", at, update, Sql(update), first)
    yield Sent("delete", "", at, f"DELETE FROM {name}", Sql(f"DELETE FROM {name}"), first)


def _updates(table: Relation, name: str, rows: Sequence[Row], columns: Sequence[str]) -> Iterator[Sent]:
    """Other values for one column: what triggers say to that."""
    first = rows[0]
    values = list(dict.fromkeys(row[name] for row in rows if row[name] not in {None, first[name]}))
    made = _insert(("", "", 0), table, [first], columns).sql
    update = f"UPDATE {sql_name(table)} SET {quoted(name)} = "
    for at, value in enumerate(values[:_VALUES]):
        yield Sent("update", name, at, f"{update}$1", Sql(update + literal(value)), made)


def _as_role(role: str, at: int, sent: Sent) -> Sent:
    as_role = f"SET LOCAL ROLE {quoted(role)}"
    return Sent("role", role, at, f"{as_role}; {sent.shown}", sent.sql, Sql(as_role))


def _alike(known: Known, rows: Sequence[Row], columns: Sequence[str]) -> Iterator[Sent]:
    """Two rows alike in the columns of a key that is new; and ON CONFLICT on those that were there."""
    table = known.before
    there = known.table_now.keys if known.table_now is not None else ()
    old = {key.keeps for key in table.keys}
    for key in there:
        shared = [name for name in key.columns if name in columns]
        if key.keeps in old or not shared:
            continue
        for at, (first, second) in enumerate(_pairs(rows, [] if key.nulls_alike or key.condition else shared)):
            other = {**second, **{name: first[name] for name in shared}}
            yield _insert(("alike", key.name, at), table, [first, other], columns)
    now = {key.keeps for key in there if key.arbiter}
    for key in table.keys:
        if key.arbiter and key.keeps not in now and all(name in columns for name in key.columns):
            on, where = ", ".join(key.parts), f" WHERE {key.condition}" if key.condition else ""
            text = f"ON CONFLICT ({on}){where} DO NOTHING"
            made = _insert(("conflict", key.name, 0), table, rows[:1], columns)
            yield replace(made, shown=f"{made.shown} {text}", sql=Sql(f"{made.sql} {text}"))


def _pairs(rows: Sequence[Row], shared: Sequence[str]) -> Iterator[tuple[Row, Row]]:
    """Each of some rows, complete in some columns, with every other row."""
    complete = [row for row in rows if all(row[name] is not None for name in shared)]
    for first in complete[: _FEW if shared else None]:
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
