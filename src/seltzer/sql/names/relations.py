"""Views, indexes, sequences and statistics: what else stands beside a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.model import Name, NameKind
from seltzer.sql.names.columns import Owner, read_index_element
from seltzer.sql.names.expressions import read_expression
from seltzer.sql.names.keyed import provide_key, provide_partial_key, want_partitions
from seltzer.sql.names.lookup import (
    created,
    created_named,
    generated_name,
    need_access_method,
    need_relation,
    relation_named,
    split_name,
    words_of,
)
from seltzer.sql.names.queries import read_pending, read_query
from seltzer.sql.names.scope import scope_of_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postgast import pg_query_pb2 as pb

    from seltzer.sql.names.reading import Reading

# Several columns in one index of these methods are often of types that only an extension can put there.
_SCALAR_CLASSES = {"gin": "btree_gin", "gist": "btree_gist"}


def create_view(reading: Reading, statement: pb.ViewStmt) -> None:
    """CREATE VIEW; a temporary view may have the name of a table that it reads."""
    read_query(reading, statement.query)
    made = created(reading, NameKind.VIEW, statement.view)
    if made:
        reading.provide(made, statement.view.location)


def refresh_view(reading: Reading, statement: pb.RefreshMatViewStmt) -> None:
    """REFRESH MATERIALIZED VIEW."""
    need_relation(reading, statement.relation)


def create_index(reading: Reading, statement: pb.IndexStmt) -> None:
    """CREATE INDEX; it lives in its table's schema."""
    table = need_relation(reading, statement.relation)
    owner = Owner(table, scope_of_table(statement.relation.relname, table))
    elements = [node.index_elem for node in statement.index_params]
    columns = [element.name for element in elements]
    for element in elements:
        read_index_element(reading, owner, element)
    for node in statement.index_including_params:
        read_index_element(reading, owner, node.index_elem)
    if statement.HasField("where_clause"):
        read_expression(reading, statement.where_clause, owner.scope)
    method = statement.access_method
    if method != "btree":
        need_access_method(reading, method)
        if len(elements) > 1 and method in _SCALAR_CLASSES:
            reading.want((Name(NameKind.EXTENSION, "", _SCALAR_CLASSES[method]),))
    for name in table:
        called = statement.idxname or generated_name(name.name, "_".join(word or "expr" for word in columns), "idx")
        reading.provide(Name(NameKind.INDEX, name.schema, called))
    want_partitions(reading, table)
    if statement.unique and "" not in columns:
        (provide_partial_key if statement.HasField("where_clause") else provide_key)(reading, table, columns)
    read_pending(reading)


def create_sequence(reading: Reading, statement: pb.CreateSeqStmt) -> None:
    """CREATE SEQUENCE."""
    made = created(reading, NameKind.SEQUENCE, statement.sequence)
    if made:
        reading.provide(made, statement.sequence.location)
    _owned_by(reading, statement.options)


def alter_sequence(reading: Reading, statement: pb.AlterSeqStmt) -> None:
    """ALTER SEQUENCE."""
    need_relation(reading, statement.sequence)
    _owned_by(reading, statement.options)


def _owned_by(reading: Reading, options: Iterable[pb.Node]) -> None:
    for node in options:
        option = node.def_elem
        words = words_of(option.arg.list.items) if option.defname == "owned_by" else []
        if len(words) > 1:
            table = relation_named(reading, *split_name(words[:-1]))
            reading.need(table, option.location)
            reading.need_column(table, words[-1], option.location)


def create_statistics(reading: Reading, statement: pb.CreateStatsStmt) -> None:
    """CREATE STATISTICS."""
    for node in statement.relations:
        table = need_relation(reading, node.range_var)
        scope = scope_of_table(node.range_var.alias.aliasname or node.range_var.relname, table)
        for element in statement.exprs:
            if element.stats_elem.name:
                reading.need_column(table, element.stats_elem.name)
            else:
                read_expression(reading, element.stats_elem.expr, scope)
    words = words_of(statement.defnames)
    if words:
        reading.provide(created_named(reading, NameKind.STATISTICS, words))


def alter_statistics(reading: Reading, statement: pb.AlterStatsStmt) -> None:
    """ALTER STATISTICS … SET STATISTICS."""
    schema, name = split_name(words_of(statement.defnames))
    reading.need(reading.options(NameKind.STATISTICS, schema, name))
