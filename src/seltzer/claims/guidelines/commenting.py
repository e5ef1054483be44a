"""COMMENT ON: what is documented, and what is so no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pg

from seltzer.claims.guidelines.altering import ROUTINE_KINDS, TYPE_KINDS
from seltzer.claims.guidelines.making import Making, type_names

if TYPE_CHECKING:
    from seltzer.claims.guidelines.files import ReadStatement

_RELATIONS = {pg.OBJECT_TABLE, pg.OBJECT_VIEW, pg.OBJECT_MATVIEW, pg.OBJECT_FOREIGN_TABLE}
_ROUTINES = {pg.OBJECT_FUNCTION, pg.OBJECT_PROCEDURE, pg.OBJECT_ROUTINE, pg.OBJECT_AGGREGATE}


def comment(making: Making, statement: ReadStatement) -> None:
    """A comment on whatever is known; an empty one, or NULL, takes it away."""
    node = statement.node
    kind, there = node.objtype, bool(node.comment.strip())
    if kind in _RELATIONS:
        _on_relation(making, [item.string.sval for item in node.object.list.items], there=there)
    elif kind == pg.OBJECT_COLUMN:
        _on_column(making, [item.string.sval for item in node.object.list.items], there=there)
    elif kind in {pg.OBJECT_TYPE, pg.OBJECT_DOMAIN}:
        where = making.named([item.string.sval for item in node.object.type_name.names])
        for item in making.schema.things:
            if item.where == where and item.kind in TYPE_KINDS:
                item.commented = there
    elif kind in _ROUTINES:
        _on_routine(making, node.object.object_with_args, there=there)


def _on_relation(making: Making, names: list[str], *, there: bool) -> None:
    found = making.schema.relations.get(making.named(names))
    if found is not None:
        found.commented = there


def _on_column(making: Making, names: list[str], *, there: bool) -> None:
    table = making.schema.relations.get(making.named(names[:-1])) if len(names) > 1 else None
    if table is not None and names[-1] in table.columns:
        table.columns[names[-1]].commented = there


def _on_routine(making: Making, named: pg.ObjectWithArgs, *, there: bool) -> None:
    where = making.named([item.string.sval for item in named.objname])
    types = type_names(item.type_name for item in named.objargs)
    found = [item for item in making.schema.things if item.where == where and item.kind in ROUTINE_KINDS]
    for item in found:
        # OUT arguments may be written too; where only one routine has the name, nothing else can be meant.
        if len(found) == 1 or item.arguments is None or item.arguments == types[: len(item.arguments)]:
            item.commented = there
