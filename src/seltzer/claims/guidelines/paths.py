"""The search path that holds at a point of a file: as it begins, and as SET and set_config() change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seltzer.claims.guidelines.making import Making

_NAME = "search_path"
_BACK = frozenset({pg.VAR_SET_DEFAULT, pg.VAR_RESET})


def schemas_in(path: Iterable[str]) -> tuple[str, ...]:
    """The schemas of a search path that are the same for everybody: not `"$user"`, nor those of the system."""
    return tuple(word for word in path if word and not word.startswith(("pg_", "$")))


def set_path(making: Making, node: pg.VariableSetStmt) -> None:
    """SET and RESET."""
    if node.kind == pg.VAR_RESET_ALL or (node.name == _NAME and node.kind in _BACK):
        making.path = making.first_path
    elif node.name == _NAME and node.args:
        making.path = schemas_in(item.a_const.sval.sval for item in node.args) or making.path


def select_path(making: Making, node: pg.SelectStmt) -> None:
    """SELECT set_config('search_path', …)."""
    for item in node.target_list:
        call = item.res_target.val.func_call
        arguments = [each.a_const.sval.sval for each in call.args]
        if len(arguments) > 1 and call.funcname[-1].string.sval == "set_config" and arguments[0] == _NAME:
            words = (word.strip().strip('"') for word in arguments[1].split(","))
            making.path = schemas_in(words) or making.path
