"""Which recipe is for which statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pg

from seltzer.claims.fixes.columns import add_column
from seltzer.claims.fixes.commands import commands_of
from seltzer.claims.fixes.constraints import add_check, add_foreign_key, set_not_null
from seltzer.claims.fixes.indexes import add_primary_key, add_unique, create_index, reindex
from seltzer.claims.fixes.others import add_domain_check, refresh
from seltzer.claims.fixes.partitions import attach_partition, make_partition
from seltzer.claims.fixes.recipe import File, Recipe
from seltzer.claims.fixes.types import change_type
from seltzer.claims.fixes.writing import read_written

if TYPE_CHECKING:
    from collections.abc import Callable

    from postgast.pg_query_pb2 import Constraint, RangeVar

    from seltzer.claims.fixes.facts import Facts
    from seltzer.claims.fixes.writing import Written

_STATEMENTS: dict[str, Callable[[Written, Facts], Recipe | None]] = {
    "index_stmt": create_index,
    "reindex_stmt": reindex,
    "create_stmt": make_partition,
    "refresh_mat_view_stmt": refresh,
    "alter_domain_stmt": add_domain_check,
}
_CONSTRAINTS: dict[int, Callable[[Written, RangeVar, Constraint, Facts], Recipe | None]] = {
    pg.CONSTR_CHECK: add_check,
    pg.CONSTR_FOREIGN: add_foreign_key,
    pg.CONSTR_UNIQUE: add_unique,
    pg.CONSTR_PRIMARY: add_primary_key,
}


def find_recipe(text: str, facts: Facts) -> Recipe | None:
    """What to write instead of a statement; None where nobody has a recipe for it.

    Args:
        text: The statement.
        facts: The server's version, and the tables that the statement names, as far as they are known.
    """
    written = read_written(text)
    if written is None:
        return None
    kind = written.tree.WhichOneof("node") or ""
    if kind in _STATEMENTS:
        return _STATEMENTS[kind](written, facts)
    if kind != "alter_table_stmt":
        return None
    if len(written.tree.alter_table_stmt.cmds) > 1:
        return _one_by_one(written, facts)
    return _altered(written, facts)


def _one_by_one(written: Written, facts: Facts) -> Recipe | None:
    """Commands of one ALTER TABLE as statements, in their order; those without a recipe stay together."""
    files: list[File] = []
    by_hand, plain = "", list[str]()
    for text in commands_of(written):
        recipe = find_recipe(text, facts)
        if recipe is None:
            plain.append(text)
            continue
        files += [File(tuple(plain), suffix="commands")] if plain else []
        files += recipe.files
        by_hand, plain = by_hand or recipe.by_hand, []
    if not files:
        return None
    files += [File(tuple(plain), suffix="commands")] if plain else []
    return Recipe(tuple(files), by_hand)


def _altered(written: Written, facts: Facts) -> Recipe | None:
    statement = written.tree.alter_table_stmt
    relation, command = statement.relation, statement.cmds[0].alter_table_cmd
    change = getattr(command, "def")
    if command.subtype == pg.AT_SetNotNull:
        return set_not_null(written, relation, command.name, facts.major)
    if command.subtype == pg.AT_AddColumn:
        return add_column(written, relation, change.column_def, facts)
    if command.subtype == pg.AT_AlterColumnType:
        return change_type(written, relation, command, facts)
    if command.subtype == pg.AT_AttachPartition:
        return attach_partition(written, relation, facts)
    if command.subtype == pg.AT_AddConstraint and change.constraint.contype in _CONSTRAINTS:
        return _CONSTRAINTS[change.constraint.contype](written, relation, change.constraint, facts)
    return None
