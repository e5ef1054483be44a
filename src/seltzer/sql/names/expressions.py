"""Expressions: columns, functions, types, operators, sub-selects, wherever they stand.

The walk keeps its own stack, so that ten thousand chained operators are no deeper than one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message

from seltzer.sql.names.constants import read_cast_constant, read_constant_argument
from seltzer.sql.names.lookup import (
    need_collation,
    need_function,
    need_operator,
    need_relation,
    need_type,
    relation_named,
    split_name,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from postgast import pg_query_pb2 as pb

    from seltzer.sql.names.reading import Reading
    from seltzer.sql.names.scope import Scope

    Read = Callable[[Reading, Any, Scope, list[pb.Node]], None]

# More tables than this in one query, and a column without a table's name is nobody's.
_MOST_OWNERS = 8


def read_expression(reading: Reading, node: pb.Node, scope: Scope) -> None:
    """Read one expression; an absent one is nothing."""
    _walk(reading, [node], scope)


def read_expressions(reading: Reading, nodes: Iterable[pb.Node], scope: Scope) -> None:
    """Read expressions in one scope. Sub-selects are left in `reading.queries`."""
    stack = list(nodes)
    stack.reverse()
    _walk(reading, stack, scope)


def _walk(reading: Reading, stack: list[pb.Node], scope: Scope) -> None:
    while stack:
        node = stack.pop()
        kind = node.WhichOneof("node")
        if kind is None:
            continue
        read = _NODES.get(kind, _any_children)
        if read is not None:
            read(reading, getattr(node, kind), scope, stack)


def _column_ref(reading: Reading, ref: pb.ColumnRef, scope: Scope, stack: list[pb.Node]) -> None:  # noqa: ARG001
    words = words_of(ref.fields)
    column = words[-1]
    # The words end with an empty one for `*`.
    if len(words) == 1 and column:
        _bare_column(reading, column, scope, ref.location)
    elif column:
        table = scope.find(words[0]) if len(words) == 2 else relation_named(reading, *split_name(words[:-1]))  # noqa: PLR2004  # alias.column
        if table:
            reading.need_column(table, column, ref.location)


def _bare_column(reading: Reading, column: str, scope: Scope, location: int) -> None:
    owners, guess = scope.owners_of(column)
    if not guess:
        reading.need_column(owners[0], column, location)
    elif 0 < len(owners) <= _MOST_OWNERS:
        reading.guess_column(owners, column, location)


def _func_call(reading: Reading, call: pb.FuncCall, scope: Scope, stack: list[pb.Node]) -> None:  # noqa: ARG001
    words = words_of(call.funcname)
    args = call.args
    need_function(reading, words, call.location)
    if len(args):
        read_constant_argument(reading, words[-1], args)
        stack.extend(args)
    order = call.agg_order
    if len(order):
        stack.extend(order)
    if call.HasField("agg_filter"):
        stack.append(call.agg_filter)
    if call.HasField("over"):
        _window(call.over, stack)


def read_call(reading: Reading, call: pb.FuncCall, scope: Scope) -> None:
    """Read a function call that stands by itself."""
    nodes: list[pb.Node] = []
    _func_call(reading, call, scope, nodes)
    read_expressions(reading, nodes, scope)


def _window(window: pb.WindowDef, stack: list[pb.Node]) -> None:
    stack.extend(window.partition_clause)
    stack.extend(window.order_clause)
    stack.append(window.start_offset)
    stack.append(window.end_offset)


def _window_def(reading: Reading, window: pb.WindowDef, scope: Scope, stack: list[pb.Node]) -> None:  # noqa: ARG001
    _window(window, stack)


def _type_cast(reading: Reading, cast: pb.TypeCast, scope: Scope, stack: list[pb.Node]) -> None:  # noqa: ARG001
    options = need_type(reading, cast.type_name)
    arg = cast.arg
    read_cast_constant(reading, cast.type_name, options, arg)
    stack.append(arg)


def _a_expr(reading: Reading, expr: pb.A_Expr, scope: Scope, stack: list[pb.Node]) -> None:  # noqa: ARG001
    need_operator(reading, words_of(expr.name), expr.location)
    stack.append(expr.rexpr)
    stack.append(expr.lexpr)


def _sub_link(reading: Reading, link: pb.SubLink, scope: Scope, stack: list[pb.Node]) -> None:
    reading.queries.append(("select_stmt", link.subselect.select_stmt, scope))
    need_operator(reading, words_of(link.oper_name), link.location)
    stack.append(link.testexpr)


def _collate(reading: Reading, clause: pb.CollateClause, scope: Scope, stack: list[pb.Node]) -> None:  # noqa: ARG001
    need_collation(reading, words_of(clause.collname), clause.location)
    stack.append(clause.arg)


def _type_name(reading: Reading, name: pb.TypeName, scope: Scope, stack: list[pb.Node]) -> None:  # noqa: ARG001
    need_type(reading, name)


def _range_var(reading: Reading, written: pb.RangeVar, scope: Scope, stack: list[pb.Node]) -> None:  # noqa: ARG001
    need_relation(reading, written)


def _column_def(reading: Reading, column: pb.ColumnDef, scope: Scope, stack: list[pb.Node]) -> None:  # noqa: ARG001
    need_type(reading, column.type_name)


def _select(reading: Reading, select: pb.SelectStmt, scope: Scope, stack: list[pb.Node]) -> None:  # noqa: ARG001
    reading.queries.append(("select_stmt", select, scope))


def _any_children(reading: Reading, message: Message, scope: Scope, stack: list[pb.Node]) -> None:
    """Whatever has no reader of its own: every node below it is read in turn."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        name = field.message_type.name
        children: Sequence[Any] = (value,) if isinstance(value, Message) else value
        if name == "Node":
            stack.extend(children)
            continue
        read = _MESSAGES.get(name, _any_children)
        for child in children:
            read(reading, child, scope, stack)


def _one(*fields: str) -> Read:
    """A reader that goes on to the nodes in these fields."""

    def read(reading: Reading, message: Any, scope: Scope, stack: list[pb.Node]) -> None:  # noqa: ANN401, ARG001
        stack.extend([getattr(message, field) for field in fields])

    return read


def _many(field: str, *fields: str) -> Read:
    """A reader that goes on to the nodes in a repeated field, and to those in these fields."""

    def read(reading: Reading, message: Any, scope: Scope, stack: list[pb.Node]) -> None:  # noqa: ANN401, ARG001
        stack.extend(getattr(message, field))
        stack.extend([getattr(message, name) for name in fields])

    return read


_MESSAGES: dict[str, Read] = {
    "TypeName": _type_name,
    "RangeVar": _range_var,
    "SelectStmt": _select,
    "FuncCall": _func_call,
    "CollateClause": _collate,
}

_NODES: dict[str, Read | None] = {
    "a_const": None,
    "a_star": None,
    "a_expr": _a_expr,
    "a_array_expr": _many("elements"),
    "a_indices": _one("lidx", "uidx"),
    "a_indirection": _many("indirection", "arg"),
    "bool_expr": _many("args"),
    "boolean_test": _one("arg"),
    "case_expr": _many("args", "arg", "defresult"),
    "case_when": _one("expr", "result"),
    "coalesce_expr": _many("args"),
    "collate_clause": _collate,
    "column_def": _column_def,
    "column_ref": _column_ref,
    "current_of_expr": None,
    "float": None,
    "func_call": _func_call,
    "grouping_func": _many("args"),
    "grouping_set": _many("content"),
    "integer": None,
    "list": _many("items"),
    "min_max_expr": _many("args"),
    "multi_assign_ref": _one("source"),
    "named_arg_expr": _one("arg"),
    "null_test": _one("arg"),
    "param_ref": None,
    "range_var": _range_var,
    "res_target": _one("val"),
    "row_expr": _many("args"),
    "select_stmt": _select,
    "set_to_default": None,
    "sort_by": _one("node"),
    "sqlvalue_function": None,
    "string": None,
    "sub_link": _sub_link,
    "type_cast": _type_cast,
    "type_name": _type_name,
    "window_def": _window_def,
}
