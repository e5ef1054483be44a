"""Filling tables: values are tried, and PostgreSQL says which of them it takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seltzer.claims.rows.asking import Asking
from seltzer.claims.rows.candidates import Candidates
from seltzer.claims.rows.closure import Wanted, with_relatives
from seltzer.claims.rows.facts import read_tables
from seltzer.claims.rows.inserts import insert_all, insert_each, insert_far, more_rows_of, rows_of
from seltzer.claims.rows.later import break_loose, refresh_views, tie_up
from seltzer.claims.rows.learned import NO_HINTS
from seltzer.claims.rows.order import rounds
from seltzer.claims.rows.rings import fill_ring
from seltzer.claims.rows.units import column_values, units_of
from seltzer.claims.rows.work import Work, find_values
from seltzer.db.text import compose

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import psycopg

    from seltzer.claims.rows.asking import Answer
    from seltzer.claims.rows.facts import Table
    from seltzer.claims.rows.learned import Hints
    from seltzer.claims.rows.units import Value


@dataclass(slots=True)
class Filled:
    """What came of it.

    Attributes:
        rows: How many rows each table has now, by its OID.
        names: `public.users`, by its OID.
        empty: Why a table could not be filled, by its OID.
        loose: Rows that a constraint which is NOT VALID does not allow: its name, by the table's OID.
    """

    rows: dict[int, int] = field(default_factory=dict[int, int])
    names: dict[int, str] = field(default_factory=dict[int, str])
    empty: dict[int, str] = field(default_factory=dict[int, str])
    loose: dict[int, list[str]] = field(default_factory=dict[int, "list[str]"])

    def add(self, other: Filled) -> None:
        """Take over what came of filling more tables later."""
        self.rows.update(other.rows)
        self.names.update(other.names)
        self.empty.update(other.empty)
        self.loose.update(other.loose)


def fill_tables(
    conn: psycopg.Connection[Any],
    without: Collection[str] = (),
    only: Wanted | None = None,
    spared: Collection[str] = (),
    hints: Hints = NO_HINTS,
) -> Filled:
    """Fill tables of a throw-away database.

    Args:
        conn: An autocommit connection to it, with a search path that no name of it depends on.
        without: Schemas whose tables are left alone: the history's.
        only: The tables that are wanted, filled together with what they need; None for every table.
        spared: Names of constraints that are NOT VALID, and that no row is to break all the same.
        hints: What a migration says of the rows that it will meet.
    """
    every, types = read_tables(conn, without)
    tables = every if only is None else with_relatives(every, only)
    parents = {table.root: table.into for table in every} | {table.oid: table.quoted for table in every}
    filled = Filled(names={table.oid: str(table) for table in tables})
    if not tables:
        return filled
    with conn.transaction():
        conn.execute("SET LOCAL statement_timeout = '20s'")
        work = Work(Asking(conn), Candidates(types, hints), parents)
        _prepare(work, tables)
        for found in rounds(tables):
            if found.ring:
                fill_ring(work, found.tables)
            else:
                _fill_round(work, found.tables)
        tie_up(work, tables)
        _count(work, tables, filled)
        filled.loose = break_loose(work, tables, spared)
    refresh_views(conn)
    return filled


def _prepare(work: Work, tables: Sequence[Table]) -> None:
    """Cut tables into units, and find out which values PostgreSQL reads: one question a type."""
    wanted: dict[str, dict[str, None]] = {}
    tried: dict[tuple[int, str], list[Value]] = {}
    for table in tables:
        work.units[table.oid] = units_of(table)
        for unit in work.units[table.oid]:
            for column in (table.column(name) for name in unit.columns):
                values = column_values(work.candidates, table, column, unit)
                tried[table.oid, column.name] = values
                wanted.setdefault(column.type_text, {}).update((value, None) for value in values if value is not None)
    valid = work.asking.valid(wanted)
    for table in tables:
        for unit in work.units[table.oid]:
            for name in unit.columns:
                good = valid[table.column(name).type_text]
                kept = [value for value in tried[table.oid, name] if value is None or value in good]
                work.tried[table.oid, name] = kept
            if unit.free:
                unit.values = [(value,) for value in work.tried[table.oid, unit.columns[0]]]


def _fill_round(work: Work, tables: Sequence[Table]) -> None:
    find_values(work, tables)
    rows = {table.oid: rows_of(table, work.units[table.oid]) for table in tables}
    ready = [table for table in tables if rows[table.oid]]
    answers = work.asking.send([insert_all(table, rows[table.oid]) for table in ready])
    again = [table for table, answer in zip(ready, answers, strict=True) if not answer.made]
    _note(work, ready, answers)
    if again:
        _one_by_one(work, again, rows)
    far = [(table, item) for table in ready if table not in again for item in insert_far(table, rows[table.oid][0])]
    work.asking.send([item for _, item in far])


def _one_by_one(work: Work, tables: Sequence[Table], rows: Mapping[int, list[dict[str, Value]]]) -> None:
    """Row by row, where one of them spoilt it for all; many more where none was good."""
    for tries in (rows, {table.oid: more_rows_of(table, work.units[table.oid]) for table in tables}):
        each = [(table, item) for table in tables for item in insert_each(table, tries[table.oid])]
        answers = work.asking.send([item for _, item in each])
        _note(work, [table for table, _ in each], answers)
        good = {table.oid for (table, _), answer in zip(each, answers, strict=True) if answer.made}
        tables = [table for table in tables if table.oid not in good]
        if not tables:
            return


def _note(work: Work, tables: Sequence[Table], answers: Sequence[Answer]) -> None:
    for table, answer in zip(tables, answers, strict=True):
        if not answer.made:
            work.refused[table.oid] = answer.reason


def _count(work: Work, tables: Sequence[Table], filled: Filled) -> None:
    counts = work.asking.ask(
        [compose("SELECT pg_catalog.to_jsonb(count(*)) FROM ONLY {table}", table=table.quoted) for table in tables]
    )
    for table, count in zip(tables, counts, strict=True):
        filled.rows[table.oid] = count or 0
        if not count:
            filled.empty[table.oid] = work.refused.get(table.oid, "no row was taken")
