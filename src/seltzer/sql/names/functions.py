"""Functions and procedures: arguments and results, defaults, and the bodies that PostgreSQL looks into at CREATE."""

from __future__ import annotations

from typing import TYPE_CHECKING

import postgast
from google.protobuf.message import DecodeError
from postgast import pg_query_pb2 as pb

from seltzer.model import NameKind
from seltzer.sql.names.expressions import read_call, read_expression
from seltzer.sql.names.lookup import (
    created_named,
    need_function,
    need_language,
    need_type,
    routine,
    signature,
    words_of,
)
from seltzer.sql.names.plpgsql import read_declarations
from seltzer.sql.names.queries import read_pending, read_query
from seltzer.sql.names.scope import Scope
from seltzer.sql.names.settings import path_of_function

if TYPE_CHECKING:
    from seltzer.sql.names.reading import Reading

_AROUND_A_QUERY = frozenset(("create_table_as_stmt", "declare_cursor_stmt", "explain_stmt"))
_RESULTS = frozenset((pb.FUNC_PARAM_OUT, pb.FUNC_PARAM_TABLE))


def create_function(reading: Reading, statement: pb.CreateFunctionStmt) -> None:
    """CREATE FUNCTION and PROCEDURE. It may call itself."""
    parameters = [node.function_parameter for node in statement.parameters]
    arguments = [parameter.arg_type for parameter in parameters if parameter.mode not in _RESULTS]
    name = created_named(reading, NameKind.FUNCTION, words_of(statement.funcname))
    reading.provide(name)
    if not any(written.pct_type for written in arguments):
        # What t.c%TYPE is only the server knows; DROP FUNCTION writes the type itself.
        reading.provide(name._replace(part=signature(arguments)))
    for parameter in parameters:
        need_type(reading, parameter.arg_type)
        read_expression(reading, parameter.defexpr, Scope())
    if statement.HasField("return_type"):
        need_type(reading, statement.return_type)
    scope = Scope()
    scope.own = frozenset(parameter.name for parameter in parameters)
    read_pending(reading)
    _body(reading, statement, scope)


def _body(reading: Reading, statement: pb.CreateFunctionStmt, scope: Scope) -> None:
    options = {node.def_elem.defname: node.def_elem.arg for node in statement.options}
    if "support" in options:
        need_function(reading, words_of(options["support"].list.items))
    if statement.HasField("sql_body"):
        _atomic(reading, statement.sql_body, scope)
    language = options["language"].string.sval.lower() if "language" in options else "sql"
    need_language(reading, language)
    text = options["as"].list.items[0].string.sval if "as" in options else ""
    read = {"sql": _sql, "plpgsql": read_declarations}.get(language)
    if not text or read is None:
        return
    path, soft = reading.path, reading.soft
    reading.path = path_of_function(reading, statement.options)
    reading.soft = soft or not reading.checks_bodies
    reading.fix_places()
    read(reading, text, scope)
    reading.path, reading.soft = path, soft
    reading.free_places()


def _atomic(reading: Reading, body: pb.Node, scope: Scope) -> None:
    nodes = [body]
    while nodes:
        node = nodes.pop()
        if node.WhichOneof("node") == "list":
            nodes.extend(node.list.items)
        else:
            read_query(reading, node, scope)


def _sql(reading: Reading, text: str, scope: Scope) -> None:
    """Read a body in SQL: queries, and commands around a query, are checked at CREATE, other commands are not."""
    try:
        tree = postgast.parse(text)
    except (postgast.PgQueryError, DecodeError):
        return
    for raw in tree.stmts:
        node = raw.stmt
        kind = node.WhichOneof("node") or ""
        if kind in _AROUND_A_QUERY:
            node = getattr(node, kind).query
        if kind == "call_stmt":
            read_call(reading, node.call_stmt.funccall, scope)
        read_query(reading, node, scope)


def alter_function(reading: Reading, statement: pb.AlterFunctionStmt) -> None:
    """ALTER FUNCTION."""
    reading.need(routine(reading, statement.func))
    for node in statement.actions:
        if node.def_elem.defname == "support":
            need_function(reading, words_of(node.def_elem.arg.list.items))


def call(reading: Reading, statement: pb.CallStmt) -> None:
    """CALL."""
    read_call(reading, statement.funccall, Scope())
    read_pending(reading)
