"""Which recipe is for which statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pg

from seltzer.claims.fixes.columns import add_column
from seltzer.claims.fixes.constraints import add_check, add_foreign_key, set_not_null
from seltzer.claims.fixes.indexes import add_primary_key, add_unique, create_index, reindex
from seltzer.claims.fixes.writing import read_written

if TYPE_CHECKING:
    from collections.abc import Callable

    from postgast.pg_query_pb2 import Constraint, RangeVar

    from seltzer.claims.fixes.recipe import Recipe
    from seltzer.claims.fixes.writing import Written

_STATEMENTS: dict[str, Callable[[Written], Recipe | None]] = {"index_stmt": create_index, "reindex_stmt": reindex}
_CONSTRAINTS: dict[int, Callable[[Written, RangeVar, Constraint], Recipe | None]] = {
    pg.CONSTR_CHECK: add_check,
    pg.CONSTR_FOREIGN: add_foreign_key,
    pg.CONSTR_UNIQUE: add_unique,
    pg.CONSTR_PRIMARY: add_primary_key,
}


def find_recipe(text: str, major: int) -> Recipe | None:
    """What to write instead of a statement; None where nobody has a recipe for it.

    Args:
        text: The statement.
        major: The server's major version.
    """
    written = read_written(text)
    if written is None:
        return None
    kind = written.tree.WhichOneof("node") or ""
    if kind in _STATEMENTS:
        return _STATEMENTS[kind](written)
    if kind != "alter_table_stmt" or len(written.tree.alter_table_stmt.cmds) != 1:
        return None
    return _altered(written, major)


def _altered(written: Written, major: int) -> Recipe | None:
    statement = written.tree.alter_table_stmt
    relation, command = statement.relation, statement.cmds[0].alter_table_cmd
    change = getattr(command, "def")
    if command.subtype == pg.AT_SetNotNull:
        return set_not_null(written, relation, command.name, major)
    if command.subtype == pg.AT_AddColumn:
        return add_column(written, relation, change.column_def, major)
    if command.subtype == pg.AT_AddConstraint and change.constraint.contype in _CONSTRAINTS:
        return _CONSTRAINTS[change.constraint.contype](written, relation, change.constraint)
    return None
