"""How a statement stands to transactions and to the session: what PostgreSQL refuses, ends, or leaves behind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pg

from seltzer.sql.blanks import words_only

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from postgast.pg_query_pb2 import Node

# Commands that never run in a transaction block, whatever their options.
_NEVER = frozenset(
    {
        "createdb_stmt",
        "dropdb_stmt",
        "create_table_space_stmt",
        "drop_table_space_stmt",
        "alter_system_stmt",
    }
)

# Commands that leave nothing in the session: no setting, temporary object, prepared statement or lock of it, and
# that run no function of the user's. Everything else is followed by a clean-up, which costs one round trip.
_CLEAN = frozenset(
    {
        "comment_stmt",
        "composite_type_stmt",
        "create_domain_stmt",
        "create_enum_stmt",
        "create_function_stmt",
        "create_schema_stmt",
        "create_seq_stmt",
        "create_trig_stmt",
        "alter_enum_stmt",
        "alter_owner_stmt",
        "drop_stmt",
        "grant_stmt",
        "grant_role_stmt",
        "index_stmt",
        "rename_stmt",
        "rule_stmt",
        "transaction_stmt",
    }
)

_CONTROL = {
    pg.TRANS_STMT_BEGIN: "begin",
    pg.TRANS_STMT_START: "begin",
    pg.TRANS_STMT_COMMIT: "commit",
    pg.TRANS_STMT_ROLLBACK: "rollback",
    pg.TRANS_STMT_SAVEPOINT: "savepoint",
    pg.TRANS_STMT_RELEASE: "savepoint",
    pg.TRANS_STMT_ROLLBACK_TO: "savepoint",
    pg.TRANS_STMT_PREPARE: "prepared",
    pg.TRANS_STMT_COMMIT_PREPARED: "prepared",
    pg.TRANS_STMT_ROLLBACK_PREPARED: "prepared",
}


def transaction_control(tree: Node) -> str:
    """Which transaction command a statement is: `begin`, `commit`, `rollback`, `chain`, `savepoint`, `set`, or empty.

    `chain` is a COMMIT or ROLLBACK that opens the next transaction at once, `prepared` a part of a two-phase
    commit, `set` a SET TRANSACTION, which must come before any query of its transaction.
    """
    which = tree.WhichOneof("node")
    if which == "transaction_stmt":
        statement = tree.transaction_stmt
        return "chain" if statement.chain else _CONTROL.get(statement.kind, "")
    if which == "variable_set_stmt" and tree.variable_set_stmt.name == "TRANSACTION":
        return "set"
    return ""


def refuses_transaction(tree: Node) -> bool:
    """Whether PostgreSQL refuses the statement inside a transaction block (SQLSTATE 25001)."""
    which = tree.WhichOneof("node") or ""
    if which in _NEVER:
        return True
    test = _SOMETIMES.get(which)
    return test is not None and test(tree)


def touches_session(tree: Node) -> bool:
    """Whether the statement could leave something in the session that outlives its transaction."""
    which = tree.WhichOneof("node") or ""
    if which == "create_stmt":
        return tree.create_stmt.relation.relpersistence == "t"
    if which == "create_seq_stmt":
        return tree.create_seq_stmt.sequence.relpersistence == "t"
    if which == "view_stmt":
        return tree.view_stmt.view.relpersistence == "t"
    return which not in _CLEAN


# What ends a transaction inside a body: PL/pgSQL's own statements, and the functions of the other languages.
_ENDS = re.compile(r"(?i)\b(?:commit|rollback)\s*(?:;|and\b)|\b(?:spi_|plpy\.)(?:commit|rollback)\s*\(")


def _block_ends_transaction(tree: Node) -> bool:
    bodies = [item.def_elem.arg.string.sval for item in tree.do_stmt.args if item.def_elem.defname == "as"]
    return any(_ENDS.search(words_only(body)) for body in bodies)


def opaque_refuses_transaction(text: bytes) -> bool:
    """The same question for a statement without a tree, answered from its first words."""
    return bool(re.match(rb"(?i)\s*(vacuum|(create|drop)\s+(database|tablespace)|alter\s+system)\b", text[:200]))


def _option(options: Iterable[Node], name: str) -> bool:
    """Whether a list of options has `name` and does not switch it off."""
    for item in options:
        element = item.def_elem
        if element.defname == name:
            word = element.arg.string.sval or element.arg.boolean.boolval or element.arg.integer.ival
            return not element.HasField("arg") or str(word).lower() not in {"false", "off", "0"}
    return False


def _reindex(tree: Node) -> bool:
    statement = tree.reindex_stmt
    whole = statement.kind in {pg.REINDEX_OBJECT_SCHEMA, pg.REINDEX_OBJECT_SYSTEM, pg.REINDEX_OBJECT_DATABASE}
    return whole or _option(statement.params, "concurrently")


def _detach(tree: Node) -> bool:
    for item in tree.alter_table_stmt.cmds:
        command = item.alter_table_cmd
        if command.subtype == pg.AT_DetachPartition and getattr(command, "def").partition_cmd.concurrent:
            return True
    return False


def _create_subscription(tree: Node) -> bool:
    options = tree.create_subscription_stmt.options
    named = {item.def_elem.defname for item in options}
    if "connect" in named and not _option(options, "connect"):
        return False
    return "create_slot" not in named or _option(options, "create_slot")


def _alter_subscription(tree: Node) -> bool:
    kind = tree.alter_subscription_stmt.kind
    return kind in {
        pg.ALTER_SUBSCRIPTION_REFRESH,
        pg.ALTER_SUBSCRIPTION_SET_PUBLICATION,
        pg.ALTER_SUBSCRIPTION_ADD_PUBLICATION,
        pg.ALTER_SUBSCRIPTION_DROP_PUBLICATION,
    }


_SOMETIMES: dict[str, Callable[[Node], bool]] = {
    "index_stmt": lambda tree: tree.index_stmt.concurrent,
    "drop_stmt": lambda tree: tree.drop_stmt.concurrent,
    "reindex_stmt": _reindex,
    "alter_table_stmt": _detach,
    "vacuum_stmt": lambda tree: tree.vacuum_stmt.is_vacuumcmd,
    "cluster_stmt": lambda tree: not tree.cluster_stmt.HasField("relation"),
    "do_stmt": _block_ends_transaction,
    "discard_stmt": lambda tree: tree.discard_stmt.target == pg.DISCARD_ALL,
    "alter_database_stmt": lambda tree: any(
        item.def_elem.defname == "tablespace" for item in tree.alter_database_stmt.options
    ),
    "transaction_stmt": lambda tree: (
        tree.transaction_stmt.kind in {pg.TRANS_STMT_COMMIT_PREPARED, pg.TRANS_STMT_ROLLBACK_PREPARED}
    ),
    "create_subscription_stmt": _create_subscription,
    "alter_subscription_stmt": _alter_subscription,
    "drop_subscription_stmt": lambda _: True,
}
