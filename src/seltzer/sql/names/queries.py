"""Queries: SELECT, INSERT, UPDATE, DELETE, MERGE, with the scopes that hide names from one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seltzer.model import NameKind
from seltzer.sql.names.expressions import read_expressions
from seltzer.sql.names.keyed import need_conflict_key, want_primary_keys
from seltzer.sql.names.lookup import created, need_function, need_relation, need_type, words_of
from seltzer.sql.names.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from postgast import pg_query_pb2 as pb

    from seltzer.model import Options
    from seltzer.sql.names.reading import Reading

_SET_OPERATION = 2


def read_query(reading: Reading, node: pb.Node, scope: Scope | None = None) -> None:
    """Read a query with everything nested in it; a node that is none is passed over."""
    kind = node.WhichOneof("node") or ""
    if kind in QUERIES:
        reading.queries.append((kind, getattr(node, kind), scope))
    read_pending(reading)


def read_pending(reading: Reading) -> None:
    """Read the queries that were found on the way, and those found in them."""
    queries = reading.queries
    while queries:
        kind, query, scope = queries.pop()
        QUERIES[kind](reading, query, scope)


def _select(reading: Reading, select: pb.SelectStmt, outer: Scope | None) -> None:
    around = _with(reading, select, outer)
    scope = Scope(around)
    if select.op >= _SET_OPERATION:
        reading.queries.append(("select_stmt", select.larg, around))
        reading.queries.append(("select_stmt", select.rarg, around))
        read_expressions(reading, [select.limit_count, select.limit_offset], scope)
        return
    nodes = _from(reading, select.from_clause, scope)
    targets = list(select.target_list)
    nodes += targets
    nodes.append(select.where_clause)
    group = list(select.group_clause)
    ordered = [*group, *select.sort_clause, *select.distinct_clause]
    if ordered:
        nodes += _without_outputs(ordered, {target.res_target.name for target in targets})
    if group:
        want_primary_keys(reading, scope.tables)
    nodes.append(select.having_clause)
    nodes += select.window_clause
    nodes += select.values_lists
    nodes.append(select.limit_count)
    nodes.append(select.limit_offset)
    read_expressions(reading, nodes, scope)
    if select.HasField("into_clause"):
        made = created(reading, NameKind.TABLE, select.into_clause.rel)
        if made:
            reading.provide(made)


def _without_outputs(nodes: list[pb.Node], outputs: set[str]) -> list[pb.Node]:
    """ORDER BY and GROUP BY items, without those that are only the name of an output column."""
    found: list[pb.Node] = []
    for node in nodes:
        item = node.sort_by.node if node.WhichOneof("node") == "sort_by" else node
        fields = item.column_ref.fields
        if len(fields) != 1 or fields[0].string.sval not in outputs:
            found.append(item)
    return found


def _with(reading: Reading, query: Any, outer: Scope | None) -> Scope | None:  # noqa: ANN401  # any query
    """The scope around a query that has WITH: its names hide tables, each from the queries after it."""
    if not query.HasField("with_clause"):
        return outer
    clause: pb.WithClause = query.with_clause
    ctes = [node.common_table_expr for node in clause.ctes]
    inside = Scope(outer)
    if clause.recursive:
        inside.ctes |= {cte.ctename for cte in ctes}
    for cte in ctes:
        kind = cte.ctequery.WhichOneof("node") or ""
        if kind in QUERIES:
            reading.queries.append((kind, getattr(cte.ctequery, kind), inside))
        seen, inside = inside.ctes, Scope(outer)
        inside.ctes = seen | {cte.ctename}
    return inside


def _from(reading: Reading, items: Iterable[pb.Node], scope: Scope) -> list[pb.Node]:
    """Read FROM items into a scope; returns the expressions in them, to be read when the scope is complete."""
    left: list[pb.Node] = []
    stack = list(items)
    stack.reverse()
    while stack:
        node = stack.pop()
        kind = node.WhichOneof("node")
        if kind == "range_var":
            _table(reading, node.range_var, scope)
        elif kind == "join_expr":
            _join(reading, node.join_expr, scope, stack, left)
        elif kind == "range_subselect":
            sub = node.range_subselect
            scope.add_unknown(sub.alias.aliasname)
            reading.queries.append(("select_stmt", sub.subquery.select_stmt, scope if sub.lateral else scope.outer))
        elif kind == "range_table_sample":
            stack.append(node.range_table_sample.relation)
            need_function(reading, words_of(node.range_table_sample.method), node.range_table_sample.location)
            left += node.range_table_sample.args
        elif kind == "range_function":
            _function(reading, node.range_function, scope, left)
        elif kind is not None:
            scope.add_unknown(getattr(node, kind).alias.aliasname)
            left.append(node)
    return left


def _table(reading: Reading, written: pb.RangeVar, scope: Scope) -> Options:
    called = written.alias.aliasname if written.HasField("alias") else written.relname
    if not written.schemaname and written.relname in scope.ctes:
        scope.add_unknown(called)
        return ()
    table = need_relation(reading, written)
    scope.add_table(called, table)
    return table


def _join(reading: Reading, join: pb.JoinExpr, scope: Scope, stack: list[pb.Node], left: list[pb.Node]) -> None:
    stack.append(join.rarg)
    stack.append(join.larg)
    left.append(join.quals)
    if join.HasField("alias"):
        scope.add_unknown(join.alias.aliasname)
    if len(join.using_clause):
        for side in (join.larg, join.rarg):
            table = side.range_var
            if table.relname and (table.schemaname or table.relname not in scope.ctes):
                options = need_relation(reading, table)
                for column in join.using_clause:
                    reading.need_column(options, column.string.sval, table.location)


def _function(reading: Reading, function: pb.RangeFunction, scope: Scope, left: list[pb.Node]) -> None:
    calls = [item.list.items[0] for item in function.functions]
    words = words_of(calls[0].func_call.funcname) if calls else []
    scope.add_unknown(function.alias.aliasname or (words[-1] if words else ""))
    left += calls
    for column in function.coldeflist:
        need_type(reading, column.column_def.type_name)


def _insert(reading: Reading, insert: pb.InsertStmt, outer: Scope | None) -> None:
    around = _with(reading, insert, outer)
    scope = Scope(around)
    table = _target(reading, insert.relation, scope)
    _need_targets(reading, table, insert.cols)
    if insert.HasField("select_stmt"):
        if table and not len(insert.cols):
            reading.fill(table, _width(insert.select_stmt.select_stmt))
        reading.queries.append(("select_stmt", insert.select_stmt.select_stmt, around))
    nodes = list(insert.returning_clause.exprs)
    if insert.HasField("on_conflict_clause"):
        clause = insert.on_conflict_clause
        need_conflict_key(reading, table, clause.infer)
        if table:
            scope.items["excluded"] = table
        nodes += [*_need_targets(reading, table, clause.target_list), clause.where_clause, clause.infer.where_clause]
        nodes += [element.index_elem.expr for element in clause.infer.index_elems]
    read_expressions(reading, nodes, scope)


def _width(select: pb.SelectStmt) -> int:
    """How many values a row of a query has; 0 when only the server knows, as for `*`."""
    while select.op >= _SET_OPERATION:
        select = select.larg
    if len(select.values_lists):
        return len(select.values_lists[0].list.items)
    columns = [node.res_target.val.column_ref.fields for node in select.target_list]
    if any(len(fields) and fields[len(fields) - 1].HasField("a_star") for fields in columns):
        return 0
    return len(columns)


def _target(reading: Reading, written: pb.RangeVar, scope: Scope) -> Options:
    table = need_relation(reading, written)
    scope.add_table(written.alias.aliasname or written.relname, table)
    return table


def _need_targets(reading: Reading, table: Options, targets: Iterable[pb.Node]) -> list[pb.Node]:
    """Note the need of the columns that are assigned to; returns the values."""
    values: list[pb.Node] = []
    for node in targets:
        target = node.res_target
        if table:
            reading.need_column(table, target.name, target.location)
        values.append(target.val)
        values += target.indirection
    return values


def _update(reading: Reading, update: pb.UpdateStmt, outer: Scope | None) -> None:
    scope = Scope(_with(reading, update, outer))
    table = _target(reading, update.relation, scope)
    nodes = _from(reading, update.from_clause, scope)
    nodes += _need_targets(reading, table, update.target_list)
    read_expressions(reading, [*nodes, update.where_clause, *update.returning_clause.exprs], scope)


def _delete(reading: Reading, delete: pb.DeleteStmt, outer: Scope | None) -> None:
    scope = Scope(_with(reading, delete, outer))
    _target(reading, delete.relation, scope)
    nodes = _from(reading, delete.using_clause, scope)
    read_expressions(reading, [*nodes, delete.where_clause, *delete.returning_clause.exprs], scope)


def _merge(reading: Reading, merge: pb.MergeStmt, outer: Scope | None) -> None:
    scope = Scope(_with(reading, merge, outer))
    table = _target(reading, merge.relation, scope)
    nodes = _from(reading, [merge.source_relation], scope)
    nodes.append(merge.join_condition)
    for node in merge.merge_when_clauses:
        clause = node.merge_when_clause
        nodes += [clause.condition, *_need_targets(reading, table, clause.target_list), *clause.values]
    read_expressions(reading, [*nodes, *merge.returning_clause.exprs], scope)


def _return(reading: Reading, statement: pb.ReturnStmt, outer: Scope | None) -> None:
    read_expressions(reading, [statement.returnval], Scope(outer))


QUERIES: dict[str, Callable[[Reading, Any, Scope | None], None]] = {
    "select_stmt": _select,
    "insert_stmt": _insert,
    "update_stmt": _update,
    "delete_stmt": _delete,
    "merge_stmt": _merge,
    "return_stmt": _return,
}
