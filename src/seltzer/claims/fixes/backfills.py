"""UPDATE and DELETE of many rows: a few at a time in the order of the key, where that comes to the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import postgast
from postgast import pg_query_pb2 as pg

from seltzer.claims.fixes.batches import batch_file
from seltzer.claims.fixes.recipe import File, Recipe
from seltzer.sql.tokens import scan

if TYPE_CHECKING:
    from seltzer.claims.fixes.facts import Facts
    from seltzer.claims.fixes.writing import Written

_TWICE = (
    "its transaction begins without the locks of the statements before; batches begun again would change rows twice"
)


def update_rows(written: Written, facts: Facts) -> Recipe | None:
    """An UPDATE in batches, where one that is cut off may begin again: it reads nothing of what it writes."""
    statement = written.tree.update_stmt
    if statement.from_clause or _says_more(statement):
        return None
    assigned = {item.res_target.name for item in statement.target_list}
    read = {name for item in statement.target_list for name in _columns_in(item.res_target.val)}
    table = facts.table(statement.relation)
    if table is None or table.key is None or table.key in assigned:
        return None
    alias = statement.relation.alias.aliasname or statement.relation.relname
    if (assigned | {alias, ""}) & read:
        return Recipe((File((written.between(0).rstrip("; \n"),), _TWICE, "rows"),))
    return _in_batches(written, statement, table.key)


def delete_rows(written: Written, facts: Facts) -> Recipe | None:
    """A DELETE in batches: what is gone is gone, however often it begins again."""
    statement = written.tree.delete_stmt
    table = facts.table(statement.relation)
    if statement.using_clause or _says_more(statement) or table is None or table.key is None:
        return None
    return _in_batches(written, statement, table.key)


def _says_more(statement: pg.UpdateStmt | pg.DeleteStmt) -> bool:
    """Whether it is more than one change of rows that are found by themselves."""
    named = [node for _, node in postgast.walk(statement) if isinstance(node, pg.RangeVar)]
    itself = [node for node in named if node.relname == statement.relation.relname]
    cursor = statement.where_clause.WhichOneof("node") == "current_of_expr"
    more = statement.HasField("with_clause") or statement.HasField("returning_clause") or not statement.relation.inh
    return more or cursor or len(itself) > 1


def _columns_in(expression: pg.Node) -> set[str]:
    """The columns that an expression reads; empty text for all of them."""
    nodes = (node for _, node in postgast.walk(expression) if isinstance(node, pg.ColumnRef))
    return {node.fields[-1].string.sval for node in nodes}


def _in_batches(written: Written, statement: pg.UpdateStmt | pg.DeleteStmt, key: str) -> Recipe | None:
    where = _place_of_where(written)
    if b"$fill$" in written.data or (where is None) == statement.HasField("where_clause"):
        return None
    change = written.between(0, where).rstrip("; \n")
    condition = "" if where is None else written.between(where + len("where")).rstrip("; \n")
    return Recipe((batch_file(written.relation(statement.relation), key, change, condition),))


def _place_of_where(written: Written) -> int | None:
    """The byte of the statement's own WHERE, not of one in parentheses."""
    tokens = scan(written.data.decode())
    depth = 0
    for text, at in zip(tokens.texts, tokens.starts, strict=True) if tokens is not None else ():
        depth += {b"(": 1, b")": -1}.get(text, 0)
        if text == b"where" and not depth:
            return at
    return None
