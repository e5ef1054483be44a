"""Constraints: added in a moment without a look at the rows, and validated while everybody reads and writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import postgast
from postgast import pg_query_pb2 as pg

from seltzer.claims.fixes.recipe import File, Recipe
from seltzer.claims.fixes.writing import made_name, quoted

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Constraint, RangeVar

    from seltzer.claims.fixes.writing import Written

# Since then NOT NULL is a constraint that can be NOT VALID.
NOT_NULL_CONSTRAINTS_SINCE = 18
_ALONE = "a transaction of its own, so that no strong lock is held meanwhile"


def add_check(written: Written, relation: RangeVar, constraint: Constraint) -> Recipe:
    """A CHECK is added NOT VALID, and validated in the next file."""
    columns = {
        node.fields[-1].string.sval for _, node in postgast.walk(constraint.raw_expr) if isinstance(node, pg.ColumnRef)
    }
    parts = [relation.relname, *(columns if len(columns) == 1 else ()), "check"]
    return _in_two(written, relation, constraint, parts)


def add_foreign_key(written: Written, relation: RangeVar, constraint: Constraint) -> Recipe:
    """A foreign key is added NOT VALID, and validated in the next file."""
    columns = [key.string.sval for key in constraint.fk_attrs]
    return _in_two(written, relation, constraint, [relation.relname, *columns, "fkey"])


def _in_two(written: Written, relation: RangeVar, constraint: Constraint, parts: list[str]) -> Recipe:
    table = written.relation(relation)
    name = quoted(constraint.conname) if constraint.conname else made_name(parts)
    added = f"ALTER TABLE {table} ADD CONSTRAINT {name} {written.definition(constraint.location)} NOT VALID"
    return Recipe(
        (
            File((added,), suffix="constraint"),
            File((f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}",), _ALONE, "validate"),
        )
    )


def set_not_null(written: Written, relation: RangeVar, column: str, major: int) -> Recipe:
    """NOT NULL is proven by a constraint that was validated before."""
    return Recipe(not_null_files(written.relation(relation), relation.relname, column, major))


def not_null_files(table: str, bare: str, column: str, major: int) -> tuple[File, ...]:
    """The files that make a column NOT NULL."""
    name = made_name([bare, column, "not_null"])
    validate = File((f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}",), _ALONE, "validate")
    if major >= NOT_NULL_CONSTRAINTS_SINCE:
        added = f"ALTER TABLE {table} ADD CONSTRAINT {name} NOT NULL {quoted(column)} NOT VALID"
        return File((added,), suffix="not_null"), validate
    added = f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({quoted(column)} IS NOT NULL) NOT VALID"
    last = (
        f"ALTER TABLE {table} ALTER COLUMN {quoted(column)} SET NOT NULL",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )
    proven = File(last, "the constraint proves it: no scan", "proven")
    return File((added,), suffix="not_null"), validate, proven
