"""ALTER TABLE, command by command; also ALTER VIEW, INDEX, SEQUENCE and TYPE where they take its commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pb

from seltzer.model import Name, NameKind
from seltzer.sql.names.columns import Owner, read_column, read_constraint
from seltzer.sql.names.expressions import read_expression
from seltzer.sql.names.keyed import provide_part, provide_partition, want_attached_key, want_partitions
from seltzer.sql.names.lookup import (
    need_access_method,
    need_collation,
    need_relation,
    need_role,
    need_type,
    part_of,
    relation_named,
    type_named,
    words_of,
)
from seltzer.sql.names.queries import read_pending
from seltzer.sql.names.scope import scope_of_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from seltzer.sql.names.reading import Reading

    Read = Callable[[Reading, Owner, pb.AlterTableCmd], None]

_INDEXED = frozenset((pb.CONSTR_PRIMARY, pb.CONSTR_UNIQUE))
_NO_TABLE = frozenset((pb.OBJECT_INDEX, pb.OBJECT_SEQUENCE, pb.OBJECT_TYPE))


def alter_table(reading: Reading, statement: pb.AlterTableStmt) -> None:
    """ALTER TABLE and its like."""
    written = statement.relation
    if statement.objtype == pb.OBJECT_TYPE:
        table = type_named(reading, written.schemaname, written.relname)
    else:
        kind = NameKind.INDEX if statement.objtype == pb.OBJECT_INDEX else NameKind.TABLE
        table = relation_named(reading, written.schemaname, written.relname, kind)
    reading.need(table, written.location)
    if statement.objtype not in _NO_TABLE:
        reading.alter(table)
    owner = Owner(table, scope_of_table(written.relname, table))
    for node in statement.cmds:
        command = node.alter_table_cmd
        read = _COMMANDS.get(command.subtype)
        if read is not None:
            read(reading, owner, command)
    read_pending(reading)


def _add_column(reading: Reading, owner: Owner, command: pb.AlterTableCmd) -> None:
    column = getattr(command, "def").column_def
    reading.tolerant = command.missing_ok
    provide_part(reading, owner.table, NameKind.COLUMN, column.colname)
    reading.tolerant = False
    read_column(reading, owner, column)


def _drop_column(reading: Reading, owner: Owner, command: pb.AlterTableCmd) -> None:
    columns = part_of(owner.table, NameKind.COLUMN, command.name)
    if reading.shapes.unlist_part(owner.table, command.name):
        return
    if command.missing_ok:
        reading.want(columns)
    else:
        reading.need(columns)
    reading.remove(columns)


def _column(reading: Reading, owner: Owner, command: pb.AlterTableCmd) -> None:
    if command.name:
        reading.need_column(owner.table, command.name)


def _column_expression(reading: Reading, owner: Owner, command: pb.AlterTableCmd) -> None:
    _column(reading, owner, command)
    reading.grounds.frees.update(part_of(owner.table, NameKind.COLUMN, command.name))
    read_expression(reading, getattr(command, "def"), owner.scope)


def _column_type(reading: Reading, owner: Owner, command: pb.AlterTableCmd) -> None:
    _column(reading, owner, command)
    reading.grounds.frees.update(part_of(owner.table, NameKind.COLUMN, command.name))
    column = getattr(command, "def").column_def
    need_type(reading, column.type_name)
    read_expression(reading, column.raw_default, owner.scope)
    if column.HasField("coll_clause"):
        need_collation(reading, words_of(column.coll_clause.collname), column.coll_clause.location)


def _add_identity(reading: Reading, owner: Owner, command: pb.AlterTableCmd) -> None:
    _column(reading, owner, command)
    read_constraint(reading, owner, getattr(command, "def").constraint, command.name)


def _add_constraint(reading: Reading, owner: Owner, command: pb.AlterTableCmd) -> None:
    constraint = getattr(command, "def").constraint
    if constraint.contype in _INDEXED:
        want_partitions(reading, owner.table)
    elif constraint.contype == pb.CONSTR_FOREIGN:
        want_attached_key(reading, constraint)
    read_constraint(reading, owner, constraint)


def _drop_constraint(reading: Reading, owner: Owner, command: pb.AlterTableCmd) -> None:
    constraint = part_of(owner.table, NameKind.CONSTRAINT, command.name)
    if command.missing_ok:
        reading.want(constraint)
    else:
        reading.need(constraint)
    reading.remove(constraint)


def _constraint(reading: Reading, owner: Owner, command: pb.AlterTableCmd) -> None:
    name = command.name or getattr(command, "def").atalter_constraint.conname
    reading.need(part_of(owner.table, NameKind.CONSTRAINT, name))


def _part(kind: NameKind) -> Read:
    def read(reading: Reading, owner: Owner, command: pb.AlterTableCmd) -> None:
        reading.need(part_of(owner.table, kind, command.name))

    return read


def _owner(reading: Reading, owner: Owner, command: pb.AlterTableCmd) -> None:  # noqa: ARG001
    need_role(reading, command.newowner)


def _index(reading: Reading, owner: Owner, command: pb.AlterTableCmd) -> None:
    name = command.name or getattr(command, "def").replica_identity_stmt.name
    if name:
        reading.need(tuple(Name(NameKind.INDEX, table.schema, name) for table in owner.table))


def _access_method(reading: Reading, owner: Owner, command: pb.AlterTableCmd) -> None:  # noqa: ARG001
    need_access_method(reading, command.name)


def _inherit(reading: Reading, owner: Owner, command: pb.AlterTableCmd) -> None:
    parents = need_relation(reading, getattr(command, "def").range_var)
    if command.subtype == pb.AT_AddInherit:
        for name in owner.table:
            reading.shapes.inherit(name, parents)


def _partition(reading: Reading, owner: Owner, command: pb.AlterTableCmd) -> None:
    written = getattr(command, "def").partition_cmd.name
    children = need_relation(reading, written)
    if command.subtype == pb.AT_AttachPartition:
        provide_partition(reading, owner.table, children)
        parents = tuple(name for name in owner.table if name.kind is not NameKind.INDEX)
        for name in children if parents else ():
            reading.shapes.inherit(name, parents)


def _of_type(reading: Reading, owner: Owner, command: pb.AlterTableCmd) -> None:  # noqa: ARG001
    need_type(reading, getattr(command, "def").type_name)


_COMMANDS: dict[int, Read] = {
    pb.AT_AddColumn: _add_column,
    pb.AT_DropColumn: _drop_column,
    pb.AT_ColumnDefault: _column_expression,
    pb.AT_SetExpression: _column_expression,
    pb.AT_DropExpression: _column,
    pb.AT_AlterColumnType: _column_type,
    pb.AT_DropNotNull: _column,
    pb.AT_SetNotNull: _column,
    pb.AT_SetStatistics: _column,
    pb.AT_SetStorage: _column,
    pb.AT_SetCompression: _column,
    pb.AT_SetOptions: _column,
    pb.AT_ResetOptions: _column,
    pb.AT_AlterColumnGenericOptions: _column,
    pb.AT_AddIdentity: _add_identity,
    pb.AT_SetIdentity: _column,
    pb.AT_DropIdentity: _column,
    pb.AT_AddConstraint: _add_constraint,
    pb.AT_DropConstraint: _drop_constraint,
    pb.AT_AlterConstraint: _constraint,
    pb.AT_ValidateConstraint: _constraint,
    pb.AT_EnableTrig: _part(NameKind.TRIGGER),
    pb.AT_EnableAlwaysTrig: _part(NameKind.TRIGGER),
    pb.AT_EnableReplicaTrig: _part(NameKind.TRIGGER),
    pb.AT_DisableTrig: _part(NameKind.TRIGGER),
    pb.AT_EnableRule: _part(NameKind.RULE),
    pb.AT_EnableAlwaysRule: _part(NameKind.RULE),
    pb.AT_EnableReplicaRule: _part(NameKind.RULE),
    pb.AT_DisableRule: _part(NameKind.RULE),
    pb.AT_ChangeOwner: _owner,
    pb.AT_ClusterOn: _index,
    pb.AT_ReplicaIdentity: _index,
    pb.AT_SetAccessMethod: _access_method,
    pb.AT_AddInherit: _inherit,
    pb.AT_DropInherit: _inherit,
    pb.AT_AttachPartition: _partition,
    pb.AT_DetachPartition: _partition,
    pb.AT_DetachPartitionFinalize: _partition,
    pb.AT_AddOf: _of_type,
}
