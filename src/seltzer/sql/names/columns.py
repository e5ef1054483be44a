"""Columns and constraints as CREATE TABLE and ALTER TABLE write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from postgast import pg_query_pb2 as pb

from seltzer.model import Name, NameKind
from seltzer.sql.names.builtin import SERIALS
from seltzer.sql.names.constants import need_label
from seltzer.sql.names.expressions import read_expression
from seltzer.sql.names.keyed import need_foreign_key, provide_key, provide_part, provide_primary_key
from seltzer.sql.names.lookup import (
    generated_name,
    need_access_method,
    need_collation,
    need_columns,
    need_operator,
    need_operator_class,
    need_type,
    split_name,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from seltzer.model import Options
    from seltzer.sql.names.reading import Reading
    from seltzer.sql.names.scope import Scope


class Owner(NamedTuple):
    """The table whose columns and constraints are read.

    Attributes:
        table: What its name can stand for; nothing for a temporary table.
        scope: What its expressions can name.
    """

    table: Options
    scope: Scope


def read_column(reading: Reading, owner: Owner, column: pb.ColumnDef) -> None:
    """Read a column's type, default, constraints and collation."""
    written = column.type_name
    options = need_type(reading, written)
    if not options and (names := written.names) and names[0].string.sval in SERIALS:
        _provide_sequence(reading, owner.table, column.colname)
    for node in column.constraints:
        constraint = node.constraint
        read = _KINDS.get(constraint.contype)
        if read is not None:
            read(reading, owner, constraint, column.colname)
            if options and constraint.contype == pb.CONSTR_DEFAULT:
                need_label(reading, options, constraint.raw_expr)
    if column.HasField("coll_clause"):
        need_collation(reading, words_of(column.coll_clause.collname), column.coll_clause.location)


def read_constraint(reading: Reading, owner: Owner, constraint: pb.Constraint, column: str = "") -> None:
    """Read a constraint: of one column, or of the table."""
    read = _KINDS.get(constraint.contype)
    if read is not None:
        read(reading, owner, constraint, column)


def read_index_element(reading: Reading, owner: Owner, element: pb.IndexElem) -> None:
    """Read one item of an index: a column or an expression, with its collation and operator class."""
    if element.name:
        if owner.table:
            reading.need_column(owner.table, element.name)
    else:
        read_expression(reading, element.expr, owner.scope)
    if len(element.opclass):
        need_operator_class(reading, words_of(element.opclass))
    if len(element.collation):
        need_collation(reading, words_of(element.collation))


def _provide_sequence(reading: Reading, table: Options, column: str) -> None:
    for name in table:
        reading.provide(Name(NameKind.SEQUENCE, name.schema, generated_name(name.name, column, "seq")))


def _provide_constraint(
    reading: Reading, owner: Owner, constraint: pb.Constraint, columns: Iterable[str], label: str
) -> str:
    """Note a constraint under the name that is written or that PostgreSQL makes up; returns that name."""
    name = constraint.conname or constraint.indexname
    if not name and owner.table:
        name = generated_name(owner.table[0].name, "_".join(columns), label)
    provide_part(reading, owner.table, NameKind.CONSTRAINT, name)
    return name


def _default(reading: Reading, owner: Owner, constraint: pb.Constraint, column: str) -> None:  # noqa: ARG001
    read_expression(reading, constraint.raw_expr, owner.scope)


def _check(reading: Reading, owner: Owner, constraint: pb.Constraint, column: str) -> None:
    _provide_constraint(reading, owner, constraint, [column] if column else [], "check")
    read_expression(reading, constraint.raw_expr, owner.scope)


def _not_null(reading: Reading, owner: Owner, constraint: pb.Constraint, column: str) -> None:
    if constraint.conname:
        provide_part(reading, owner.table, NameKind.CONSTRAINT, constraint.conname)
        _want_namesake(reading, owner.table, constraint, column)
    if not column:
        need_columns(reading, owner.table, constraint.keys, constraint.location)


def _want_namesake(reading: Reading, table: Options, constraint: pb.Constraint, column: str) -> None:
    """Note a table whose own constraint PostgreSQL would call the same: the one that comes second is called otherwise.

    pg_dump writes so what a partition has from its parent.
    """
    name, found, rest = constraint.conname.rpartition(f"_{column or words_of(constraint.keys)[0]}_not_null")
    if found and not rest:
        reading.want(tuple(mine._replace(name=name) for mine in table if mine.name != name), constraint.location)


def _identity(reading: Reading, owner: Owner, constraint: pb.Constraint, column: str) -> None:
    for option in constraint.options:
        if option.def_elem.defname == "sequence_name":
            schema, name = split_name(words_of(option.def_elem.arg.list.items))
            for table in owner.table:
                reading.provide(Name(NameKind.SEQUENCE, schema or table.schema, name))
            return
    _provide_sequence(reading, owner.table, column)


def _unique(reading: Reading, owner: Owner, constraint: pb.Constraint, column: str) -> None:
    primary = constraint.contype == pb.CONSTR_PRIMARY
    columns = [column] if column else words_of(constraint.keys)
    label = "pkey" if primary else "key"
    name = _provide_constraint(reading, owner, constraint, () if primary else columns, label)
    if not column:
        need_columns(reading, owner.table, constraint.keys, constraint.location)
    for table in owner.table:
        _provide_index(reading, constraint, Name(NameKind.INDEX, table.schema, name))
    if primary:
        provide_primary_key(reading, owner.table, columns)
    elif columns:
        provide_key(reading, owner.table, columns)


def _provide_index(reading: Reading, constraint: pb.Constraint, index: Name) -> None:
    """Note the index behind a constraint, which may be one that was there and takes the constraint's name."""
    if not constraint.indexname:
        reading.provide(index)
        return
    old = (index._replace(name=constraint.indexname),)
    reading.need(old, constraint.location)
    if old[0] != index:
        reading.rename(old, index, constraint.location)


def _foreign(reading: Reading, owner: Owner, constraint: pb.Constraint, column: str) -> None:
    columns = [column] if column else words_of(constraint.fk_attrs)
    _provide_constraint(reading, owner, constraint, columns, "fkey")
    if not column:
        need_columns(reading, owner.table, constraint.fk_attrs, constraint.location)
    need_foreign_key(reading, constraint)


def _exclusion(reading: Reading, owner: Owner, constraint: pb.Constraint, column: str) -> None:  # noqa: ARG001
    elements = [node.list.items[0].index_elem for node in constraint.exclusions]
    operators = [words_of(node.list.items[1].list.items) for node in constraint.exclusions]
    name = _provide_constraint(reading, owner, constraint, [element.name or "expr" for element in elements], "excl")
    for table in owner.table:
        reading.provide(Name(NameKind.INDEX, table.schema, name))
    for element, operator in zip(elements, operators, strict=True):
        read_index_element(reading, owner, element)
        need_operator(reading, operator, constraint.location)
    need_access_method(reading, constraint.access_method)
    if constraint.access_method == "gist" and ["="] in operators:
        # A plain = in a gist index is what btree_gist is for; nothing in the statement names it.
        reading.want((Name(NameKind.EXTENSION, "", "btree_gist"),), constraint.location)
    read_expression(reading, constraint.where_clause, owner.scope)


_KINDS: dict[int, Callable[[Reading, Owner, pb.Constraint, str], None]] = {
    pb.CONSTR_NOTNULL: _not_null,
    pb.CONSTR_DEFAULT: _default,
    pb.CONSTR_IDENTITY: _identity,
    pb.CONSTR_GENERATED: _default,
    pb.CONSTR_CHECK: _check,
    pb.CONSTR_PRIMARY: _unique,
    pb.CONSTR_UNIQUE: _unique,
    pb.CONSTR_EXCLUSION: _exclusion,
    pb.CONSTR_FOREIGN: _foreign,
}
