"""Constraints: added in a moment without a look at the rows, and validated while everybody reads and writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import postgast
from postgast import pg_query_pb2 as pg

from seltzer.claims.fixes.recipe import File, Recipe
from seltzer.claims.fixes.writing import made_name, quoted

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Constraint, RangeVar

    from seltzer.claims.fixes.facts import Facts, Table
    from seltzer.claims.fixes.writing import Written

# Since then NOT NULL is a constraint that can be NOT VALID.
NOT_NULL_CONSTRAINTS_SINCE = 18
# And a foreign key of a partitioned table can.
PARTITIONED_NOT_VALID_SINCE = 18
_ALONE = "a transaction of its own, so that no strong lock is held meanwhile"


def add_check(written: Written, relation: RangeVar, constraint: Constraint, facts: Facts) -> Recipe:
    """A CHECK is added NOT VALID, and validated in the next file."""
    del facts
    columns = {
        node.fields[-1].string.sval for _, node in postgast.walk(constraint.raw_expr) if isinstance(node, pg.ColumnRef)
    }
    parts = [relation.relname, *(columns if len(columns) == 1 else ()), "check"]
    return _in_two(written, relation, constraint, parts)


def add_foreign_key(written: Written, relation: RangeVar, constraint: Constraint, facts: Facts) -> Recipe | None:
    """A foreign key is added NOT VALID, and validated in the next file."""
    columns = [key.string.sval for key in constraint.fk_attrs]
    parts = [relation.relname, *columns, "fkey"]
    table = facts.table(relation)
    if table is None or not table.partitions or facts.major >= PARTITIONED_NOT_VALID_SINCE:
        found = _in_two(written, relation, constraint, parts)
        return Recipe((*_index_files(written, relation, columns, table), *found.files))
    if any(partition.is_partitioned for partition in table.partitions):
        return None
    name = quoted(constraint.conname) if constraint.conname else made_name(parts)
    definition = written.definition(constraint.location)
    files: list[File] = []
    for partition in table.partitions:
        files += constraint_files(partition.name, name, definition)
    adopted = f"ALTER TABLE {written.relation(relation)} ADD CONSTRAINT {name} {definition}"
    return Recipe((*files, File((adopted,), "it adopts those of the partitions: no scan", "parent")))


def _index_files(written: Written, relation: RangeVar, columns: list[str], table: Table | None) -> tuple[File, ...]:
    """The index that the referencing columns lack: without it a DELETE of what they refer to reads the whole table."""
    if (
        table is None
        or table.kind == "p"
        or any(index.columns[: len(columns)] == tuple(columns) for index in table.indexes)
    ):
        return ()
    name = made_name(["idx", relation.relname, *columns])
    listed = ", ".join(quoted(column) for column in columns)
    text = f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {written.relation(relation)} ({listed})"
    return (File((text,), "a foreign key needs one; CONCURRENTLY runs outside of a transaction", "index"),)


def _in_two(written: Written, relation: RangeVar, constraint: Constraint, parts: list[str]) -> Recipe:
    name = quoted(constraint.conname) if constraint.conname else made_name(parts)
    return Recipe(constraint_files(written.relation(relation), name, written.definition(constraint.location)))


def constraint_files(table: str, name: str, definition: str) -> tuple[File, ...]:
    """The files that add a constraint and prove it."""
    added = f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition} NOT VALID"
    validate = f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}"
    return File((added,), suffix="constraint"), File((validate,), _ALONE, "validate")


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
        f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}",
    )
    proven = File(last, "the constraint proves it: no scan", "proven")
    return File((added,), suffix="not_null"), validate, proven
