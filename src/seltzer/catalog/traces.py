"""How things stood before a statement that no transaction protects, and what the catalog says became of it.

A trace is taken before the statement starts and kept beside its record. Names are resolved then, in the session that
runs it; later only OIDs count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from seltzer.catalog.indexes import InvalidIndex, all_invalid, rows_of
from seltzer.sql.unprotected import (
    IndexBuild,
    IndexDrop,
    IndexRebuild,
    PartitionDetach,
    Relation,
    Scope,
    Thing,
    ThingChange,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

    from seltzer.sql.unprotected import Unprotected


class BuildTrace(NamedTuple):
    """Of CREATE INDEX CONCURRENTLY: its table, what it asks for, and the indexes that the table had."""

    table: int
    name: str | None
    columns: list[str | None]
    method: str
    unique: bool
    partial: bool
    known: list[int]


class RebuildTrace(NamedTuple):
    """Of REINDEX … CONCURRENTLY: the tables or the schema it goes through, and what was INVALID before.

    Attributes:
        tables: Their OIDs; None of a schema or the database.
        schema: Its name; None for the database.
        invalid: OIDs.
    """

    tables: list[int] | None
    schema: str | None
    invalid: list[int]


class DropTrace(NamedTuple):
    """Of DROP INDEX CONCURRENTLY: the index."""

    dropped: int


class DetachTrace(NamedTuple):
    """Of DETACH PARTITION … CONCURRENTLY: both tables, one attached to the other."""

    parent: int
    partition: int


class ThingTrace(NamedTuple):
    """Of a command on what is in no schema: it did not yet stand as the command would have it."""

    thing: str
    name: str
    creates: bool


Trace: TypeAlias = BuildTrace | RebuildTrace | DropTrace | DetachTrace | ThingTrace

_KINDS: dict[str, type[Trace]] = {
    "build": BuildTrace,
    "rebuild": RebuildTrace,
    "drop": DropTrace,
    "detach": DetachTrace,
    "thing": ThingTrace,
}


class Found(NamedTuple):
    """A relation that was found: its OID, and the schema that it is in."""

    oid: int
    schema: str


class Outcome(NamedTuple):
    """What became of a statement.

    Attributes:
        done: It took effect as a whole.
        left: INVALID indexes that it left behind.
        half_detached: Parent and partition that are no longer together and not yet apart.
    """

    done: bool
    left: tuple[InvalidIndex, ...] = ()
    half_detached: tuple[Relation, Relation] | None = None


def trace_content(trace: Trace) -> dict[str, Any]:
    """A trace as JSON keeps it."""
    kind = next(name for name, shape in _KINDS.items() if isinstance(trace, shape))
    return {"kind": kind, **trace._asdict()}


def trace_from(content: Mapping[str, Any] | None) -> Trace | None:
    """A trace that was kept; None when there is none, or a newer release wrote a kind that this one does not know."""
    if content is None or content.get("kind") not in _KINDS:
        return None
    return _KINDS[content["kind"]](**{name: value for name, value in content.items() if name != "kind"})


def take_trace(conn: psycopg.Connection[Any], about: Unprotected) -> Trace | None:
    """How things stand now; None when the statement has nothing to do, or is bound to fail."""
    match about:
        case IndexBuild():
            return _trace_build(conn, about)
        case IndexRebuild():
            return _trace_rebuild(conn, about)
        case IndexDrop():
            index = find_relation(conn, about.index)
            return DropTrace(index.oid) if index is not None else None
        case PartitionDetach():
            return _trace_detach(conn, about)
        case ThingChange():
            there = _exists(conn, about.thing, about.name)
            return ThingTrace(about.thing, about.name, about.creates) if there != about.creates else None


def outcome_of(conn: psycopg.Connection[Any], trace: Trace) -> Outcome:
    """What became of the statement that a trace was taken for; nobody may be running it any more."""
    match trace:
        case BuildTrace():
            return _built(conn, trace)
        case RebuildTrace():
            return Outcome(done=False, left=_left_by_rebuild(conn, trace))
        case DropTrace():
            return Outcome(done=not rows_of(conn, _THERE, {"relation": trace.dropped}))
        case DetachTrace():
            return _detached(conn, trace)
        case ThingTrace():
            return Outcome(done=_exists(conn, Thing(trace.thing), trace.name) == trace.creates)


_THERE = "SELECT 1 FROM pg_catalog.pg_class AS c WHERE c.oid = %(relation)s"

_FIND = """
SELECT c.oid, n.nspname
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relname = %(name)s
  AND CASE %(schema)s::pg_catalog.text
    WHEN '' THEN n.nspname = ANY (pg_catalog.current_schemas(true))
    ELSE n.nspname = %(schema)s::pg_catalog.text
  END
ORDER BY pg_catalog.array_position(pg_catalog.current_schemas(true), n.nspname)
LIMIT 1
"""


def find_relation(conn: psycopg.Connection[Any], relation: Relation) -> Found | None:
    """What a session means by a name, whether or not it may use the schema; None when there is none."""
    rows = rows_of(conn, _FIND, relation._asdict())
    return Found(*rows[0]) if rows else None


_KNOWN = "SELECT i.indexrelid FROM pg_catalog.pg_index AS i WHERE i.indrelid = %(table)s"

# An index without a name of the file's is known by what it is: which columns in which order, and its kind.
_NEW = """
SELECT i.indexrelid, n.nspname, c.relname, i.indrelid, i.indisvalid AND i.indisready
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid AND c.relkind = 'i'
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
WHERE i.indrelid = %(table)s AND i.indexrelid <> ALL (%(known)s::pg_catalog.oid[])
  AND m.amname = %(method)s AND i.indisunique = %(unique)s AND (i.indpred IS NOT NULL) = %(partial)s
  AND (%(name)s::pg_catalog.text IS NULL OR c.relname = %(name)s)
  AND %(columns)s::pg_catalog.text[] IS NOT DISTINCT FROM (
    SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY k.place)
    FROM pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k (number, place)
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
    WHERE k.place <= i.indnkeyatts)
"""


def _trace_build(conn: psycopg.Connection[Any], about: IndexBuild) -> BuildTrace | None:
    table = find_relation(conn, about.table)
    if table is None:
        return None
    known = [row[0] for row in rows_of(conn, _KNOWN, {"table": table.oid})]
    return BuildTrace(table.oid, about.name, list(about.columns), about.method, about.unique, about.partial, known)


def _built(conn: psycopg.Connection[Any], trace: BuildTrace) -> Outcome:
    rows = rows_of(conn, _NEW, trace._asdict())
    left = tuple(InvalidIndex(*row[:4]) for row in rows if not row[4])
    return Outcome(done=len(left) < len(rows), left=left)


# With its partitions, and the TOAST tables of all of them.
_TABLES = """
WITH named AS (
  SELECT coalesce(i.indrelid, %(relation)s::pg_catalog.oid) AS oid
  FROM (SELECT) AS one LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = %(relation)s
), tree AS (
  SELECT n.oid FROM named AS n
  UNION
  SELECT p.relid FROM named AS n CROSS JOIN LATERAL pg_catalog.pg_partition_tree(n.oid) AS p
)
SELECT t.oid FROM tree AS t
UNION
SELECT c.reltoastrelid FROM tree AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.oid WHERE c.reltoastrelid <> 0
"""
_SCHEMA_OF = """
SELECT n.nspname
FROM pg_catalog.pg_class AS c
LEFT JOIN pg_catalog.pg_class AS owner ON owner.reltoastrelid = c.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = coalesce(owner.relnamespace, c.relnamespace)
WHERE c.oid = %(table)s
"""


def _trace_rebuild(conn: psycopg.Connection[Any], about: IndexRebuild) -> RebuildTrace | None:
    invalid = [index.oid for index in all_invalid(conn)]
    if about.scope in {Scope.SCHEMA, Scope.DATABASE}:
        return RebuildTrace(None, about.target.name if about.scope is Scope.SCHEMA else None, invalid)
    relation = find_relation(conn, about.target)
    if relation is None:
        return None
    return RebuildTrace([row[0] for row in rows_of(conn, _TABLES, {"relation": relation.oid})], None, invalid)


def _left_by_rebuild(conn: psycopg.Connection[Any], trace: RebuildTrace) -> tuple[InvalidIndex, ...]:
    return tuple(
        index
        for index in all_invalid(conn)
        if index.oid not in trace.invalid
        and _is_transient(index.name)
        and (trace.tables is None or index.table in trace.tables)
        and (trace.schema is None or rows_of(conn, _SCHEMA_OF, {"table": index.table}) == [(trace.schema,)])
    )


def _is_transient(name: str) -> bool:
    """Whether REINDEX … CONCURRENTLY gives such a name: `_ccnew`, `_ccold`, and numbered where that is taken."""
    stem = name.rstrip("0123456789")
    return stem.endswith(("_ccnew", "_ccold"))


_ATTACHED = """
SELECT i.inhdetachpending FROM pg_catalog.pg_inherits AS i
WHERE i.inhparent = %(parent)s AND i.inhrelid = %(partition)s
"""
_NAME = """
SELECT n.nspname, c.relname
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = %(relation)s
"""


def _trace_detach(conn: psycopg.Connection[Any], about: PartitionDetach) -> DetachTrace | None:
    parent, partition = find_relation(conn, about.parent), find_relation(conn, about.partition)
    if parent is None or partition is None:
        return None
    trace = DetachTrace(parent.oid, partition.oid)
    return trace if rows_of(conn, _ATTACHED, trace._asdict()) == [(False,)] else None


def _detached(conn: psycopg.Connection[Any], trace: DetachTrace) -> Outcome:
    attached = rows_of(conn, _ATTACHED, trace._asdict())
    if attached == [(True,)]:
        names = [Relation(*rows_of(conn, _NAME, {"relation": oid})[0]) for oid in trace]
        return Outcome(done=False, half_detached=(names[0], names[1]))
    return Outcome(done=not attached)


_THINGS = {
    Thing.DATABASE: "SELECT 1 FROM pg_catalog.pg_database AS d WHERE d.datname = %(name)s",
    Thing.TABLESPACE: "SELECT 1 FROM pg_catalog.pg_tablespace AS t WHERE t.spcname = %(name)s",
    Thing.SUBSCRIPTION: "SELECT 1 FROM pg_catalog.pg_subscription AS s JOIN pg_catalog.pg_database AS d "
    "ON d.oid = s.subdbid WHERE s.subname = %(name)s AND d.datname = pg_catalog.current_database()",
    Thing.PREPARED_TRANSACTION: "SELECT 1 FROM pg_catalog.pg_prepared_xacts AS p WHERE p.gid = %(name)s",
}


def _exists(conn: psycopg.Connection[Any], thing: Thing, name: str) -> bool:
    return bool(rows_of(conn, _THINGS[thing], {"name": name}))
