"""Tables as they are made: names looked up with the search path, columns, keys and foreign keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import postgast
from postgast import pg_query_pb2 as pg

from seltzer.claims.guidelines.schema import Column, ForeignKey, Relation, Schema, Spot, Where

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from google.protobuf.message import Message

    from seltzer.claims.guidelines.files import ReadStatement

_TEMPORARY = "t"
_FAMILIES = {
    **dict.fromkeys(("int2", "int4", "int8", "smallserial", "serial", "bigserial", "serial4", "serial8"), "integer"),
    **dict.fromkeys(("text", "varchar", "bpchar", "citext"), "text"),
}


@dataclass(slots=True)
class Making:
    """One file's way through the schema.

    Attributes:
        schema: What there is so far.
        path: The search path that holds at this point of the file.
        first_path: The one that it begins with.
        temporary: Its temporary relations, which hide others of the same name.
    """

    schema: Schema
    path: tuple[str, ...]
    first_path: tuple[str, ...]
    temporary: set[str] = field(default_factory=set[str])

    def where(self, relation: pg.RangeVar) -> Where | None:
        """What a relation's name stands for; None for a temporary one."""
        name = relation.relname
        if relation.schemaname:
            return None if is_temporary(relation) else (relation.schemaname, name)
        return None if name in self.temporary else self.named((name,))

    def created(self, relation: pg.RangeVar) -> Where:
        """Where a new relation goes."""
        return (relation.schemaname or self.path[0], relation.relname)

    def named(self, names: Sequence[str]) -> Where:
        """What the words of a dotted name stand for."""
        if len(names) > 1:
            return (names[-2], names[-1])
        known = self.schema.relations
        return next(((word, names[0]) for word in self.path if (word, names[0]) in known), (self.path[0], names[0]))

    def relation(self, relation: pg.RangeVar) -> Relation | None:
        """What is known of a relation; None for nothing."""
        where = self.where(relation)
        return self.schema.relations.get(where) if where is not None else None


def is_temporary(relation: pg.RangeVar) -> bool:
    """Whether a relation ends with its session."""
    return relation.relpersistence == _TEMPORARY or relation.schemaname.startswith("pg_temp")


def words(node: Message) -> list[str]:
    """The columns that an expression speaks of."""
    return [
        item.fields[-1].string.sval
        for _, item in postgast.walk(node)
        if isinstance(item, pg.ColumnRef) and item.fields and item.fields[-1].string.sval
    ]


def type_names(types: Iterable[pg.TypeName]) -> tuple[str, ...]:
    """Types by their own names, arrays with brackets behind them."""
    return tuple((item.names[-1].string.sval if item.names else "") + "[]" * len(item.array_bounds) for item in types)


def family_of(written: pg.TypeName) -> str:
    """The family of a type: what can be compared has one name."""
    name = type_names((written,))[0]
    return _FAMILIES.get(name, name)


def add_column(making: Making, table: Relation, node: pg.ColumnDef, statement: ReadStatement) -> None:
    """A column, and the constraints that are written with it."""
    if node.colname in table.columns:
        return
    family = family_of(node.type_name)
    spot = Spot(statement, node.location)
    table.columns[node.colname] = Column(node.colname, family, spot)
    for item in node.constraints:
        add_constraint(making, table, item.constraint, spot, (node.colname,))


def add_constraint(making: Making, table: Relation, node: pg.Constraint, spot: Spot, own: tuple[str, ...] = ()) -> None:
    """A constraint of a table, or of one of its columns, which is `own` then."""
    if node.contype == pg.CONSTR_FOREIGN:
        _add_foreign_key(making, table, node, own, spot)
    elif node.contype in {pg.CONSTR_PRIMARY, pg.CONSTR_UNIQUE}:
        columns = tuple(item.string.sval for item in node.keys) or own
        index = making.schema.indexes.pop((table.where[0], node.indexname), None) if node.indexname else None
        columns = index.columns if index is not None else columns
        primary = node.contype == pg.CONSTR_PRIMARY
        name = node.conname or "_".join((table.where[1], *(() if primary else columns), "pkey" if primary else "key"))
        table.keys[name] = columns
        if primary:
            table.primary = columns
    elif node.contype == pg.CONSTR_EXCLUSION:
        names = [item.list.items[0].index_elem.name for item in node.exclusions]
        table.keys[node.conname or f"{table.where[1]}_excl"] = tuple(names[: names.index("")] if "" in names else names)


def _add_foreign_key(making: Making, table: Relation, node: pg.Constraint, own: tuple[str, ...], spot: Spot) -> None:
    columns = tuple(item.string.sval for item in node.fk_attrs) or own
    target = making.where(node.pktable)
    if target is not None:
        name = node.conname or "_".join((table.where[1], *columns, "fkey"))
        wanted = tuple(item.string.sval for item in node.pk_attrs)
        table.foreign_keys = [item for item in table.foreign_keys if item.name != name]
        table.foreign_keys.append(ForeignKey(name, columns, target, wanted, spot))
