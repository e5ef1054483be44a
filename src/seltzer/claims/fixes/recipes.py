"""Which recipe is for which statement."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pg

from seltzer.claims.fixes.backfills import delete_rows, update_rows
from seltzer.claims.fixes.columns import add_column
from seltzer.claims.fixes.commands import commands_of
from seltzer.claims.fixes.constraints import add_check, add_foreign_key, set_not_null
from seltzer.claims.fixes.domain_columns import add_domain_column
from seltzer.claims.fixes.indexes import create_index, drop_index, reindex
from seltzer.claims.fixes.keys import add_primary_key, add_unique
from seltzer.claims.fixes.others import add_domain_check, refresh
from seltzer.claims.fixes.partitions import attach_partition, detach_partition, make_partition
from seltzer.claims.fixes.recipe import File, Recipe
from seltzer.claims.fixes.types import change_type
from seltzer.claims.fixes.writing import read_written

if TYPE_CHECKING:
    from collections.abc import Callable

    from postgast.pg_query_pb2 import AlterTableCmd, Constraint, RangeVar

    from seltzer.claims.fixes.facts import Facts
    from seltzer.claims.fixes.writing import Written

_STATEMENTS: dict[str, Callable[[Written, Facts], Recipe | None]] = {
    "index_stmt": create_index,
    "reindex_stmt": reindex,
    "create_stmt": make_partition,
    "refresh_mat_view_stmt": refresh,
    "alter_domain_stmt": add_domain_check,
    "drop_stmt": drop_index,
    "update_stmt": update_rows,
    "delete_stmt": delete_rows,
}
_CONSTRAINTS: dict[int, Callable[[Written, RangeVar, Constraint, Facts], Recipe | None]] = {
    pg.CONSTR_CHECK: add_check,
    pg.CONSTR_FOREIGN: add_foreign_key,
    pg.CONSTR_UNIQUE: add_unique,
    pg.CONSTR_PRIMARY: add_primary_key,
}
# Files of recipes whose statements are done in a moment.
_QUICK = frozenset({"column", "constraint", "not_null"})


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
        first, *rest = recipe.files
        if plain and first.suffix in _QUICK:
            # What was one statement stays one transaction, as far as nothing of it takes long.
            first = replace(first, statements=(*plain, *first.statements))
        elif plain:
            files.append(File(tuple(plain), suffix="commands"))
        files += [first, *rest]
        by_hand, plain = by_hand or recipe.by_hand, []
    if not files:
        return None
    files += [File(tuple(plain), suffix="commands")] if plain else []
    return Recipe(tuple(files), by_hand)


def _altered(written: Written, facts: Facts) -> Recipe | None:
    statement = written.tree.alter_table_stmt
    command = statement.cmds[0].alter_table_cmd
    found = _COMMANDS.get(command.subtype)
    return found(written, statement.relation, command, facts) if found is not None else None


def _set_not_null(written: Written, relation: RangeVar, command: AlterTableCmd, facts: Facts) -> Recipe:
    return set_not_null(written, relation, command.name, facts.major)


def _add_column(written: Written, relation: RangeVar, command: AlterTableCmd, facts: Facts) -> Recipe | None:
    column = getattr(command, "def").column_def
    return add_domain_column(written, relation, column, facts) or add_column(written, relation, column, facts)


def _attach(written: Written, relation: RangeVar, command: AlterTableCmd, facts: Facts) -> Recipe | None:
    del command
    return attach_partition(written, relation, facts)


def _add_constraint(written: Written, relation: RangeVar, command: AlterTableCmd, facts: Facts) -> Recipe | None:
    constraint = getattr(command, "def").constraint
    found = _CONSTRAINTS.get(constraint.contype)
    return found(written, relation, constraint, facts) if found is not None else None


_COMMANDS: dict[int, Callable[[Written, RangeVar, AlterTableCmd, Facts], Recipe | None]] = {
    pg.AT_SetNotNull: _set_not_null,
    pg.AT_AddColumn: _add_column,
    pg.AT_AlterColumnType: change_type,
    pg.AT_AttachPartition: _attach,
    pg.AT_DetachPartition: detach_partition,
    pg.AT_AddConstraint: _add_constraint,
}
