"""What PostgreSQL cannot do beside the traffic: the statement alone, and what there is instead of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pg

from seltzer.claims.fixes.recipe import File, Recipe

if TYPE_CHECKING:
    from seltzer.claims.fixes.writing import Written

_REPACK = "pg_repack or pg_squeeze does the same beside the traffic"
_COPY = "a new table, filled in batches under a trigger and swapped in by name, does it beside the traffic"
_STATEMENTS = {
    "cluster_stmt": _REPACK,
    "vacuum_stmt": _REPACK,
    "do_stmt": "its commands as statements of their own: a check says of each what to write instead",
    "call_stmt": "its commands as statements of their own: a check says of each what to write instead",
}
_COMMANDS = {
    pg.AT_SetLogged: _COPY,
    pg.AT_SetUnLogged: _COPY,
    pg.AT_SetAccessMethod: _COPY,
    pg.AT_SetTableSpace: f"{_REPACK}; an index moves by REINDEX (TABLESPACE …) INDEX CONCURRENTLY",
    pg.AT_AlterColumnType: _COPY,
    pg.AT_AddColumn: "a column without it, a trigger for new rows and a fill in batches for the others",
    pg.AT_SetExpression: _COPY,
}
_EXCLUSION = "a trigger that looks for the conflict under an advisory lock refuses the same rows"
_ALONE = "in a maintenance window, for others wait until it is done"


def alone(written: Written) -> Recipe:
    """The statement in a file of its own, for a time when nobody uses the table; no program says when that is."""
    instead = _instead(written)
    by_hand = f"{_ALONE}; {instead}" if instead else _ALONE
    return Recipe((File((written.between(0).rstrip("; \n"),), by_hand, "alone"),), by_hand)


def _instead(written: Written) -> str:
    kind = written.tree.WhichOneof("node") or ""
    if kind != "alter_table_stmt":
        return _STATEMENTS.get(kind, "")
    for item in written.tree.alter_table_stmt.cmds:
        command = item.alter_table_cmd
        if command.subtype == pg.AT_AddConstraint:
            constraint = getattr(command, "def").constraint
            return _EXCLUSION if constraint.contype == pg.CONSTR_EXCLUSION else ""
        if command.subtype in _COMMANDS:
            return _COMMANDS[command.subtype]
    return ""
