"""CREATE TABLE in all its forms: columns, constraints, LIKE, INHERITS, partitions, foreign tables, AS SELECT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pb

from seltzer.model import NameKind
from seltzer.sql.names.columns import Owner, read_column, read_constraint
from seltzer.sql.names.expressions import read_expression, read_expressions
from seltzer.sql.names.lookup import (
    created,
    need_access_method,
    need_collation,
    need_global,
    need_operator_class,
    need_relation,
    need_type,
    words_of,
)
from seltzer.sql.names.queries import read_pending, read_query
from seltzer.sql.names.scope import scope_of_table

if TYPE_CHECKING:
    from seltzer.sql.names.reading import Reading


def create_table(reading: Reading, statement: pb.CreateStmt) -> None:
    """CREATE TABLE."""
    _table(reading, statement, NameKind.TABLE)


def create_foreign_table(reading: Reading, statement: pb.CreateForeignTableStmt) -> None:
    """CREATE FOREIGN TABLE."""
    reading.tolerant = statement.base_stmt.if_not_exists
    _table(reading, statement.base_stmt, NameKind.FOREIGN_TABLE)
    need_global(reading, NameKind.SERVER, statement.servername)


def create_table_as(reading: Reading, statement: pb.CreateTableAsStmt) -> None:
    """CREATE TABLE AS and CREATE MATERIALIZED VIEW; a temporary table may have the name of one that it reads."""
    read_query(reading, statement.query)
    matview = statement.objtype == pb.OBJECT_MATVIEW
    into = statement.into
    made = created(reading, NameKind.MATERIALIZED_VIEW if matview else NameKind.TABLE, into.rel)
    if made:
        reading.provide(made, into.rel.location)
        reading.shapes.list_parts(made, words_of(into.col_names))
    need_access_method(reading, into.access_method)


def _table(reading: Reading, statement: pb.CreateStmt, kind: NameKind) -> None:
    relation = statement.relation
    made = created(reading, kind, relation)
    table = (made,) if made else ()
    if made:
        reading.provide(made, relation.location)
    for node in statement.inh_relations:
        parents = need_relation(reading, node.range_var)
        if made:
            reading.shapes.inherit(made, parents)
    owner = Owner(table, scope_of_table(relation.relname, table))
    listed: list[str] = []
    for element in statement.table_elts:
        element_kind = element.WhichOneof("node")
        if element_kind == "column_def":
            column = element.column_def
            listed.append(column.colname)
            read_column(reading, owner, column)
        elif element_kind == "constraint":
            read_constraint(reading, owner, element.constraint)
        elif element_kind == "table_like_clause":
            need_relation(reading, element.table_like_clause.relation)
    if made:
        reading.shapes.list_parts(made, listed)
    _storage(reading, statement, owner)
    read_pending(reading)


def _storage(reading: Reading, statement: pb.CreateStmt, owner: Owner) -> None:
    if statement.HasField("of_typename"):
        need_type(reading, statement.of_typename)
    if statement.HasField("partspec"):
        for node in statement.partspec.part_params:
            _partition_element(reading, node.partition_elem, owner)
    if statement.HasField("partbound"):
        bound = statement.partbound
        datums = [node.partition_range_datum.value for node in (*bound.lowerdatums, *bound.upperdatums)]
        read_expressions(reading, [*bound.listdatums, *datums], owner.scope)
    need_access_method(reading, statement.access_method)


def _partition_element(reading: Reading, element: pb.PartitionElem, owner: Owner) -> None:
    read_expression(reading, element.expr, owner.scope)
    need_operator_class(reading, words_of(element.opclass))
    need_collation(reading, words_of(element.collation))
