"""Unique keys and partitions: what statements need of a table beyond its columns, and do not name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.model import Name, NameKind
from seltzer.sql.names.lookup import generated_name, need_columns, need_relation, part_of, relation, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postgast import pg_query_pb2 as pb

    from seltzer.model import Options
    from seltzer.sql.names.reading import Reading

_PRIMARY = ""
_PARTIAL = " partial"


def provide_key(reading: Reading, table: Options, columns: Iterable[str]) -> None:
    """Note that these columns of a table are unique together."""
    provide_part(reading, table, NameKind.KEY, ",".join(sorted(columns)))


def provide_primary_key(reading: Reading, table: Options, columns: Iterable[str]) -> None:
    """Note a table's primary key."""
    provide_part(reading, table, NameKind.KEY, _PRIMARY)
    provide_key(reading, table, columns)


def provide_partial_key(reading: Reading, table: Options, columns: Iterable[str]) -> None:
    """Note that columns are unique together in some rows: enough for ON CONFLICT, not for a foreign key."""
    provide_part(reading, table, NameKind.KEY, ",".join(sorted(columns)) + _PARTIAL)


def provide_part(reading: Reading, table: Options, kind: NameKind, part: str) -> None:
    """Note that a table has a column, constraint, trigger from here on."""
    for name in table:
        reading.provide(Name(kind, name.schema, name.name, part))


def need_foreign_key(reading: Reading, constraint: pb.Constraint) -> None:
    """Note what a foreign key needs: the other table, the columns written, and a unique key on them."""
    table = need_relation(reading, constraint.pktable)
    columns = words_of(constraint.pk_attrs)
    need_columns(reading, table, constraint.pk_attrs, constraint.pktable.location)
    if not any(reading.has(name) for name in table):
        reading.need(part_of(table, NameKind.KEY, ",".join(sorted(columns))), constraint.pktable.location)


def need_conflict_key(reading: Reading, table: Options, infer: pb.InferClause) -> None:
    """Note what ON CONFLICT needs: the constraint that it names, or a unique key on the columns that it lists."""
    if infer.conname:
        reading.need(part_of(table, NameKind.CONSTRAINT, infer.conname), infer.location)
    columns = [element.index_elem.name for element in infer.index_elems]
    if not columns or "" in columns:
        return
    for column in columns:
        reading.need_column(table, column, infer.location)
    key = part_of(table, NameKind.KEY, ",".join(sorted(columns)))
    if infer.HasField("where_clause"):
        key += part_of(table, NameKind.KEY, ",".join(sorted(columns)) + _PARTIAL)
    reading.need(key, infer.location)


def want_primary_keys(reading: Reading, tables: Iterable[Options]) -> None:
    """Note that GROUP BY may rest on a primary key: with one, columns that are not grouped may be selected."""
    for table in tables:
        reading.want(part_of(table, NameKind.KEY, _PRIMARY))


def provide_partition(reading: Reading, parents: Options, children: Options) -> None:
    """Note that a table, or an index, has become a partition of another."""
    provide_part(reading, children, NameKind.PARTITION, "")
    provide_part(reading, parents, NameKind.PARTITION, "")


def want_attached_key(reading: Reading, constraint: pb.Constraint) -> None:
    """Note that a foreign key to a partitioned table had better wait until its primary key's indexes are attached."""
    for name in relation(reading, constraint.pktable):
        index = generated_name(name.name, "", "pkey")
        reading.want((Name(NameKind.PARTITION, name.schema, index),), constraint.pktable.location)


def want_partitions(reading: Reading, table: Options) -> None:
    """Note that an index had better wait until its table is attached, and the tables under it.

    Attaching a table makes every index of the parent on it, unless it is there; one that comes later is in the way.
    """
    reading.want(part_of(table, NameKind.PARTITION, ""))
