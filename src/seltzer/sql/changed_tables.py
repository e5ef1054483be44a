"""Which tables a statement changes, rows or shape: not those that it reads, shows or lets others read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pg

from seltzer.sql.parse import parse_statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message
    from postgast.pg_query_pb2 import Node, RangeVar

# Statements that name what they change in a field of one RangeVar, wherever they stand: in a WITH too.
_WITH_RELATION = frozenset(
    {
        "insert_stmt",
        "update_stmt",
        "delete_stmt",
        "merge_stmt",
        "alter_table_stmt",
        "rename_stmt",
        "alter_object_schema_stmt",
        "copy_stmt",
    }
)


def changed_tables(text: str) -> Iterator[tuple[str, str]]:
    """Schema and name of each table that a statement changes; a schema that is dropped has no name.

    An unqualified table has no schema. Bodies of functions and DO blocks are not looked into: see `code_targets`.
    """
    for item in parse_statements(text):
        if item.tree is not None:
            yield from _changed(item.tree)


def _changed(tree: Message) -> Iterator[tuple[str, str]]:
    waiting = [tree]  # no recursion: trees may be deeper than Python's stack
    while waiting:
        message = waiting.pop()
        if isinstance(message, pg.Node):
            yield from _changed_by(message)
        for field, value in message.ListFields():
            if field.message_type is not None:
                waiting += value if field.is_repeated else (value,)


def _changed_by(node: Node) -> Iterator[tuple[str, str]]:
    which = node.WhichOneof("node") or ""
    if which in _WITH_RELATION:
        statement = getattr(node, which)
        if which != "copy_stmt" or statement.is_from:
            yield _names(statement.relation)
    elif which == "truncate_stmt":
        for item in node.truncate_stmt.relations:
            yield _names(item.range_var)
    elif which == "drop_stmt" and node.drop_stmt.remove_type == pg.OBJECT_TABLE:
        for item in node.drop_stmt.objects:
            parts = [part.string.sval for part in item.list.items]
            yield (parts[-2] if len(parts) > 1 else ""), parts[-1]
    elif which == "drop_stmt" and node.drop_stmt.remove_type == pg.OBJECT_SCHEMA:
        for item in node.drop_stmt.objects:
            yield item.string.sval, ""


def _names(relation: RangeVar) -> tuple[str, str]:
    return relation.schemaname, relation.relname
