"""Statements that no transaction protects: what each is about, as far as a catalog can tell later whether it was done.

Read from the tree, for a run that has to find out what became of a statement whose end nobody saw.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from postgast import pg_query_pb2 as pg

from seltzer.sql.parse import SqlSyntaxError, parse_statements

if TYPE_CHECKING:
    from collections.abc import Callable

    from postgast.pg_query_pb2 import Node, RangeVar


class Relation(NamedTuple):
    """A relation as it is written; an empty schema is looked for on the search path."""

    schema: str
    name: str


@dataclass(frozen=True, slots=True)
class IndexBuild:
    """CREATE INDEX CONCURRENTLY.

    Attributes:
        table: What it is on.
        name: The index; None leaves the name to PostgreSQL.
        columns: Its key columns, None for an expression.
        method: The access method.
        unique: Whether it is UNIQUE.
        partial: Whether it has a WHERE.
    """

    table: Relation
    name: str | None
    columns: tuple[str | None, ...]
    method: str
    unique: bool
    partial: bool


class Scope(StrEnum):
    """What a REINDEX goes through."""

    INDEX = "index"
    TABLE = "table"
    SCHEMA = "schema"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class IndexRebuild:
    """REINDEX … CONCURRENTLY; of a schema or database `target` has only a name."""

    scope: Scope
    target: Relation


@dataclass(frozen=True, slots=True)
class IndexDrop:
    """DROP INDEX CONCURRENTLY."""

    index: Relation


@dataclass(frozen=True, slots=True)
class PartitionDetach:
    """ALTER TABLE … DETACH PARTITION … CONCURRENTLY."""

    parent: Relation
    partition: Relation


class Thing(StrEnum):
    """What is in no schema, and whose commands no transaction takes."""

    DATABASE = "database"
    TABLESPACE = "tablespace"
    SUBSCRIPTION = "subscription"
    PREPARED_TRANSACTION = "prepared transaction"


@dataclass(frozen=True, slots=True)
class ThingChange:
    """CREATE or DROP of such a thing, or the end of a prepared transaction; `creates` says which."""

    thing: Thing
    name: str
    creates: bool


Unprotected: TypeAlias = IndexBuild | IndexRebuild | IndexDrop | PartitionDetach | ThingChange


def read_unprotected(text: str) -> Unprotected | None:
    """What a statement is about; None when no catalog could tell whether it was done."""
    try:
        trees = [item.tree for item in parse_statements(text)]
    except SqlSyntaxError:
        return None
    tree = trees[0] if len(trees) == 1 else None
    reader = _READERS.get((tree.WhichOneof("node") or "") if tree is not None else "")
    return reader(tree) if reader is not None and tree is not None else None


def _relation(node: RangeVar) -> Relation:
    return Relation(node.schemaname, node.relname)


def _index(tree: Node) -> IndexBuild | None:
    statement = tree.index_stmt
    if not statement.concurrent:
        return None
    return IndexBuild(
        table=_relation(statement.relation),
        name=statement.idxname or None,
        columns=tuple(item.index_elem.name or None for item in statement.index_params),
        method=statement.access_method or "btree",
        unique=statement.unique,
        partial=statement.HasField("where_clause"),
    )


_SCOPES = {
    pg.REINDEX_OBJECT_INDEX: Scope.INDEX,
    pg.REINDEX_OBJECT_TABLE: Scope.TABLE,
    pg.REINDEX_OBJECT_SCHEMA: Scope.SCHEMA,
    pg.REINDEX_OBJECT_DATABASE: Scope.DATABASE,
}


def _reindex(tree: Node) -> IndexRebuild | None:
    statement = tree.reindex_stmt
    scope = _SCOPES.get(statement.kind)
    if scope is None or not any(item.def_elem.defname == "concurrently" for item in statement.params):
        return None
    of_relation = scope in {Scope.INDEX, Scope.TABLE}
    return IndexRebuild(scope, _relation(statement.relation) if of_relation else Relation("", statement.name))


def _drop(tree: Node) -> IndexDrop | None:
    statement = tree.drop_stmt
    if not statement.concurrent or len(statement.objects) != 1:
        return None
    names = [item.string.sval for item in statement.objects[0].list.items]
    return IndexDrop(Relation(names[-2] if len(names) > 1 else "", names[-1]))


def _detach(tree: Node) -> PartitionDetach | None:
    statement = tree.alter_table_stmt
    command = statement.cmds[0].alter_table_cmd
    if command.subtype != pg.AT_DetachPartition:
        return None
    partition = getattr(command, "def").partition_cmd
    if not partition.concurrent:
        return None
    return PartitionDetach(_relation(statement.relation), _relation(partition.name))


def _prepared(tree: Node) -> ThingChange | None:
    name = tree.transaction_stmt.gid
    return ThingChange(Thing.PREPARED_TRANSACTION, name, creates=False) if name else None


_READERS: dict[str, Callable[[Node], Unprotected | None]] = {
    "index_stmt": _index,
    "reindex_stmt": _reindex,
    "drop_stmt": _drop,
    "alter_table_stmt": _detach,
    "createdb_stmt": lambda tree: ThingChange(Thing.DATABASE, tree.createdb_stmt.dbname, creates=True),
    "dropdb_stmt": lambda tree: ThingChange(Thing.DATABASE, tree.dropdb_stmt.dbname, creates=False),
    "create_table_space_stmt": lambda tree: ThingChange(
        Thing.TABLESPACE, tree.create_table_space_stmt.tablespacename, creates=True
    ),
    "drop_table_space_stmt": lambda tree: ThingChange(
        Thing.TABLESPACE, tree.drop_table_space_stmt.tablespacename, creates=False
    ),
    "create_subscription_stmt": lambda tree: ThingChange(
        Thing.SUBSCRIPTION, tree.create_subscription_stmt.subname, creates=True
    ),
    "drop_subscription_stmt": lambda tree: ThingChange(
        Thing.SUBSCRIPTION, tree.drop_subscription_stmt.subname, creates=False
    ),
    "transaction_stmt": _prepared,
}
