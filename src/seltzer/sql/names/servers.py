"""What reaches other servers: publications, subscriptions, foreign servers and what is imported from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pb

from seltzer.model import Name, NameKind
from seltzer.sql.names.expressions import read_expressions
from seltzer.sql.names.lookup import (
    created_named,
    need_columns,
    need_function,
    need_global,
    need_relation,
    need_role,
)
from seltzer.sql.names.queries import read_pending
from seltzer.sql.names.scope import scope_of_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seltzer.sql.names.reading import Reading


def create_publication(reading: Reading, statement: pb.CreatePublicationStmt) -> None:
    """CREATE PUBLICATION."""
    reading.provide(Name(NameKind.PUBLICATION, "", statement.pubname))
    _published(reading, statement.pubobjects)


def alter_publication(reading: Reading, statement: pb.AlterPublicationStmt) -> None:
    """ALTER PUBLICATION."""
    need_global(reading, NameKind.PUBLICATION, statement.pubname)
    _published(reading, statement.pubobjects)


def _published(reading: Reading, objects: Iterable[pb.Node]) -> None:
    for node in objects:
        spec = node.publication_obj_spec
        if spec.HasField("pubtable"):
            table = need_relation(reading, spec.pubtable.relation)
            need_columns(reading, table, spec.pubtable.columns, spec.pubtable.relation.location)
            scope = scope_of_table(spec.pubtable.relation.relname, table)
            read_expressions(reading, [spec.pubtable.where_clause], scope)
        else:
            need_global(reading, NameKind.SCHEMA, spec.name, spec.location)
    read_pending(reading)


def create_subscription(reading: Reading, statement: pb.CreateSubscriptionStmt) -> None:
    """CREATE SUBSCRIPTION; its publications are on another server."""
    reading.provide(Name(NameKind.SUBSCRIPTION, "", statement.subname))


def alter_subscription(reading: Reading, statement: pb.AlterSubscriptionStmt) -> None:
    """ALTER SUBSCRIPTION."""
    need_global(reading, NameKind.SUBSCRIPTION, statement.subname)


def drop_subscription(reading: Reading, statement: pb.DropSubscriptionStmt) -> None:
    """DROP SUBSCRIPTION."""
    name = (Name(NameKind.SUBSCRIPTION, "", statement.subname),)
    (reading.want if statement.missing_ok else reading.need)(name)
    reading.remove(name)


def create_wrapper(reading: Reading, statement: pb.CreateFdwStmt) -> None:
    """CREATE FOREIGN DATA WRAPPER."""
    for node in statement.func_options:
        words = [item.string.sval for item in node.def_elem.arg.list.items]
        if words:
            need_function(reading, words, node.def_elem.location)
    reading.provide(Name(NameKind.FOREIGN_DATA_WRAPPER, "", statement.fdwname))


def alter_wrapper(reading: Reading, statement: pb.AlterFdwStmt) -> None:
    """ALTER FOREIGN DATA WRAPPER."""
    need_global(reading, NameKind.FOREIGN_DATA_WRAPPER, statement.fdwname)


def create_server(reading: Reading, statement: pb.CreateForeignServerStmt) -> None:
    """CREATE SERVER."""
    need_global(reading, NameKind.FOREIGN_DATA_WRAPPER, statement.fdwname)
    reading.provide(Name(NameKind.SERVER, "", statement.servername))


def alter_server(reading: Reading, statement: pb.AlterForeignServerStmt) -> None:
    """ALTER SERVER."""
    need_global(reading, NameKind.SERVER, statement.servername)


def user_mapping(
    reading: Reading, statement: pb.CreateUserMappingStmt | pb.AlterUserMappingStmt | pb.DropUserMappingStmt
) -> None:
    """CREATE, ALTER and DROP USER MAPPING."""
    need_role(reading, statement.user)
    need_global(reading, NameKind.SERVER, statement.servername)


def import_schema(reading: Reading, statement: pb.ImportForeignSchemaStmt) -> None:
    """IMPORT FOREIGN SCHEMA; without LIMIT TO nobody knows what comes."""
    need_global(reading, NameKind.SERVER, statement.server_name)
    need_global(reading, NameKind.SCHEMA, statement.local_schema)
    if statement.list_type == pb.FDW_IMPORT_SCHEMA_LIMIT_TO:
        for node in statement.table_list:
            words = [statement.local_schema, node.range_var.relname]
            reading.provide(created_named(reading, NameKind.FOREIGN_TABLE, words))
