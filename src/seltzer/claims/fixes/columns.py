"""Columns whose values differ from row to row: added empty, filled in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pg

from seltzer.claims.fixes.constraints import not_null_files
from seltzer.claims.fixes.recipe import File, Recipe
from seltzer.claims.fixes.writing import quoted

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import ColumnDef, RangeVar

    from seltzer.claims.fixes.writing import Written

_IF_NOT = "IF NOT EXISTS"
_KNOWN = {pg.CONSTR_DEFAULT, pg.CONSTR_NOTNULL, pg.CONSTR_NULL}


def add_column(written: Written, relation: RangeVar, column: ColumnDef, major: int) -> Recipe | None:
    """A column with a default that has to be computed for each row: the default comes after the column."""
    constraints = [item.constraint for item in column.constraints]
    kinds = [item.contype for item in constraints]
    if pg.CONSTR_DEFAULT not in kinds or not _KNOWN.issuperset(kinds):
        return None
    at = kinds.index(pg.CONSTR_DEFAULT)
    ends = [item.location for item in constraints]
    default = written.between(ends[at], ends[at + 1] if at + 1 < len(ends) else None).rstrip("; \n")
    table, name = written.relation(relation), quoted(column.colname)
    head = written.between(column.location, ends[0])
    expression = default[len("DEFAULT") :].strip()
    first = File(
        (f"ALTER TABLE {table} ADD COLUMN {_IF_NOT} {head}", f"ALTER TABLE {table} ALTER COLUMN {name} SET {default}")
    )
    fill = File(
        (f"UPDATE {table} SET {name} = {expression} WHERE {name} IS NULL",),
        "on a large table in batches of some thousand rows, each in a transaction of its own",
        "fill",
    )
    rest = not_null_files(table, relation.relname, column.colname, major) if pg.CONSTR_NOTNULL in kinds else ()
    return Recipe((first, fill, *rest))
