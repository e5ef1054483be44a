"""Commands that only use what is there: COPY, TRUNCATE, LOCK, VACUUM, EXPLAIN and their like; and CREATE SCHEMA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pb

from seltzer.model import Name, NameKind
from seltzer.sql.names.expressions import read_expression
from seltzer.sql.names.lookup import need_columns, need_global, need_relation, need_role, need_type
from seltzer.sql.names.queries import read_pending, read_query
from seltzer.sql.names.scope import scope_of_table

if TYPE_CHECKING:
    from seltzer.sql.names.reading import Reading


def create_schema(reading: Reading, statement: pb.CreateSchemaStmt) -> None:
    """CREATE SCHEMA; what is created inside it goes there."""
    schema = statement.schemaname or statement.authrole.rolename
    reading.provide(Name(NameKind.SCHEMA, "", schema))
    if statement.HasField("authrole"):
        need_role(reading, statement.authrole)
    for node in statement.schema_elts:
        reading.inner.append((node, (schema, *reading.path)))


def copy(reading: Reading, statement: pb.CopyStmt) -> None:
    """COPY."""
    if statement.HasField("relation"):
        table = need_relation(reading, statement.relation)
        need_columns(reading, table, statement.attlist, statement.relation.location)
        read_expression(reading, statement.where_clause, scope_of_table(statement.relation.relname, table))
        read_pending(reading)
    else:
        read_query(reading, statement.query)


def relations(reading: Reading, statement: pb.TruncateStmt | pb.LockStmt) -> None:
    """TRUNCATE and LOCK."""
    for node in statement.relations:
        need_relation(reading, node.range_var)


def vacuum(reading: Reading, statement: pb.VacuumStmt) -> None:
    """VACUUM and ANALYZE."""
    for node in statement.rels:
        written = node.vacuum_relation
        need_columns(reading, need_relation(reading, written.relation), written.va_cols, written.relation.location)


def cluster(reading: Reading, statement: pb.ClusterStmt) -> None:
    """CLUSTER."""
    if statement.HasField("relation"):
        table = need_relation(reading, statement.relation)
        if statement.indexname:
            reading.need(tuple(Name(NameKind.INDEX, name.schema, statement.indexname) for name in table))


def reindex(reading: Reading, statement: pb.ReindexStmt) -> None:
    """REINDEX of a table, an index or a schema."""
    if statement.HasField("relation"):
        need_relation(reading, statement.relation)
    elif statement.kind == pb.REINDEX_OBJECT_SCHEMA:
        need_global(reading, NameKind.SCHEMA, statement.name)


def contained(reading: Reading, statement: pb.ExplainStmt | pb.PrepareStmt | pb.DeclareCursorStmt) -> None:
    """EXPLAIN, PREPARE and DECLARE CURSOR: the statement inside."""
    reading.inner.append((statement.query, reading.path))


def prepare(reading: Reading, statement: pb.PrepareStmt) -> None:
    """PREPARE."""
    for node in statement.argtypes:
        need_type(reading, node.type_name)
    contained(reading, statement)
