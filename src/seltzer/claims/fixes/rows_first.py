"""What a statement asks of rows that are there: the SQL that repairs them first, with the statement's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pg

from seltzer.claims.fixes.constraints import constraint_files, not_null_files
from seltzer.claims.fixes.recipe import File, Recipe
from seltzer.claims.fixes.writing import made_name, quoted, read_written

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import AlterTableCmd, RangeVar

    from seltzer.claims.fixes.writing import Written

_VALUE = "what such rows should say, only you know: it stands for …"
_ORPHANS = "rows that refer to nothing; or DELETE them"
# The form of NOT NULL that every version has.
_ANY_VERSION = 17


def rows_first(statement: str) -> str | None:
    """The files to write instead of a statement that fails on rows; None where its text does not say enough.

    Args:
        statement: ALTER TABLE with one command: a column that is NOT NULL, a check, a foreign key.
    """
    written = read_written(statement)
    found = repairing(written) if written is not None else None
    return str(found) if found is not None else None


def repairing(written: Written) -> Recipe | None:
    """The same of a statement that is read already; its values are for a person to say."""
    if written.tree.WhichOneof("node") != "alter_table_stmt" or len(written.tree.alter_table_stmt.cmds) != 1:
        return None
    node = written.tree.alter_table_stmt
    files = _files(written, node.relation, node.cmds[0].alter_table_cmd)
    return Recipe(files, next(file.note for file in files if file.note)) if files else None


def _files(written: Written, relation: RangeVar, command: AlterTableCmd) -> tuple[File, ...]:
    change = getattr(command, "def")
    if command.subtype == pg.AT_SetNotNull:
        return _required(written, relation, command.name)
    if command.subtype == pg.AT_AddColumn:
        return _added(written, relation, change.column_def)
    if command.subtype != pg.AT_AddConstraint:
        return ()
    if change.constraint.contype == pg.CONSTR_CHECK:
        return _check(written, relation, change.constraint)
    return _foreign(written, relation, change.constraint) if change.constraint.contype == pg.CONSTR_FOREIGN else ()


def _required(written: Written, relation: RangeVar, column: str) -> tuple[File, ...]:
    table = written.relation(relation)
    fill = f"UPDATE {table} SET {quoted(column)} = … WHERE {quoted(column)} IS NULL"
    return (File((fill,), _VALUE), *not_null_files(table, relation.relname, column, _ANY_VERSION))


def _added(written: Written, relation: RangeVar, column: pg.ColumnDef) -> tuple[File, ...]:
    """A column without a default, NOT NULL when every row has a value."""
    kinds = [item.constraint.contype for item in column.constraints]
    if kinds != [pg.CONSTR_NOTNULL]:
        return ()
    head = written.between(column.location, column.constraints[0].constraint.location)
    added = File((f"ALTER TABLE {written.relation(relation)} ADD COLUMN IF NOT EXISTS {head}",))
    return (added, *_required(written, relation, column.colname))


def _check(written: Written, relation: RangeVar, constraint: pg.Constraint) -> tuple[File, ...]:
    table, definition = written.relation(relation), written.definition(constraint.location)
    expression = definition[definition.index("(") : definition.rindex(")") + 1]
    name = quoted(constraint.conname) if constraint.conname else made_name([relation.relname, "check"])
    repair = File((f"UPDATE {table} SET … WHERE NOT {expression}",), _VALUE)
    return (repair, *constraint_files(table, name, definition.removesuffix(" NOT VALID")))


def _foreign(written: Written, relation: RangeVar, constraint: pg.Constraint) -> tuple[File, ...]:
    columns = [item.string.sval for item in constraint.fk_attrs]
    others = [item.string.sval for item in constraint.pk_attrs]
    if not others:
        return ()
    table, other = written.relation(relation), written.relation(constraint.pktable)
    same = " AND ".join(f"o.{quoted(to)} = r.{quoted(of)}" for to, of in zip(others, columns, strict=True))
    nothing = f"r.{quoted(columns[0])} IS NOT NULL AND NOT EXISTS (SELECT FROM {other} AS o WHERE {same})"
    repair = File((f"UPDATE {table} AS r SET {quoted(columns[0])} = NULL WHERE {nothing}",), _ORPHANS)
    parts = [relation.relname, *columns, "fkey"]
    name = quoted(constraint.conname) if constraint.conname else made_name(parts)
    return (repair, *constraint_files(table, name, written.definition(constraint.location)))
