"""SET: the search path and whatever else changes what later statements of a file mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pb

from seltzer.model import NameKind
from seltzer.sql.names.constants import identifiers_of, read_configuration
from seltzer.sql.names.lookup import need_global
from seltzer.sql.names.queries import read_query
from seltzer.sql.names.reading import usable_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seltzer.sql.names.reading import Reading

_FALSE = frozenset(("off", "false", "no", "0", "f", "n"))
_NO_ROLE = frozenset(("none", "default"))


def set_variable(reading: Reading, statement: pb.VariableSetStmt) -> None:
    """SET and RESET."""
    name = statement.name
    values = _values_of(statement)
    if statement.kind == pb.VAR_RESET_ALL:
        reading.path, reading.checks_bodies = reading.first_path, True
    elif name == "search_path":
        reading.path = usable_path(values) if statement.kind == pb.VAR_SET_VALUE else reading.first_path
    elif name == "check_function_bodies":
        reading.checks_bodies = not values or values[0].lower() not in _FALSE
    elif name in {"role", "session_authorization"} and values and values[0] not in _NO_ROLE:
        need_global(reading, NameKind.ROLE, values[0], statement.location)
    elif name == "default_text_search_config" and values:
        read_configuration(reading, values[0], statement.location)


def discard(reading: Reading, statement: pb.DiscardStmt) -> None:
    """DISCARD ALL and TEMP."""
    if statement.target in {pb.DISCARD_ALL, pb.DISCARD_TEMP}:
        reading.temporary.clear()
    if statement.target == pb.DISCARD_ALL:
        reading.path, reading.checks_bodies = reading.first_path, True


def select(reading: Reading, node: pb.Node) -> None:
    """A SELECT of its own, which may be `SELECT set_config('search_path', …)`."""
    read_query(reading, node)
    for target in node.select_stmt.target_list:
        call = target.res_target.val.func_call
        names, args = call.funcname, call.args
        if len(names) and names[len(names) - 1].string.sval == "set_config" and len(args) > 1:
            _set_config(reading, args[0].a_const.sval.sval, args[1].a_const.sval.sval)


def _set_config(reading: Reading, name: str, value: str) -> None:
    if name.lower() == "search_path":
        reading.path = usable_path(_words_of_list(value))
    elif name.lower() == "check_function_bodies":
        reading.checks_bodies = value.lower() not in _FALSE


def path_of_function(reading: Reading, options: Iterable[pb.Node]) -> tuple[str, ...]:
    """The search path that a function's body is looked at with: its own SET, or the one that holds."""
    for node in options:
        setting = node.def_elem.arg.variable_set_stmt
        if setting.name == "search_path" and setting.kind == pb.VAR_SET_VALUE:
            return usable_path(_values_of(setting))
    return reading.path


def _values_of(statement: pb.VariableSetStmt) -> list[str]:
    values: list[str] = []
    for node in statement.args:
        constant = node.a_const
        values.append(constant.sval.sval or ("" if constant.WhichOneof("val") != "ival" else str(constant.ival.ival)))
    return values


def _words_of_list(value: str) -> list[str]:
    return [word for item in value.split(",") for word in identifiers_of(item)]
