"""How things stand in the middle of a transaction: files of relations, locks, scans, validated constraints."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, LiteralString

from seltzer.catalog.indexes import rows_of
from seltzer.catalog.lock_modes import changes_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

# Schemas of the server's own are left out, and with them every TOAST table and everything temporary: nobody else waits
# for it. The file of a mapped relation stands elsewhere; pg_relation_filenode knows.
_RELATIONS = """
SELECT c.oid::pg_catalog.int8, pg_catalog.format('%%I.%%I', n.nspname, c.relname),
  c.relname, c.relkind::pg_catalog.text,
  coalesce(pg_catalog.pg_relation_filenode(c.oid), 0)::pg_catalog.int8, i.indrelid::pg_catalog.int8
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
"""
_CONSTRAINTS = """
SELECT k.oid::pg_catalog.int8, k.conrelid::pg_catalog.int8, pg_catalog.quote_ident(k.conname), k.conname,
  k.contype::pg_catalog.text
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_namespace AS n ON n.oid = k.connamespace
WHERE k.convalidated AND k.conrelid <> 0 AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
"""
_LOCKS = """
SELECT l.relation::pg_catalog.int8, l.mode FROM pg_catalog.pg_locks AS l
WHERE l.locktype = 'relation' AND l.pid = %(pid)s
  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
"""
# Counts of this session that the server has not yet taken over: they only grow while a transaction lasts.
_SCANS = """
SELECT s.relid::pg_catalog.int8, s.seq_scan FROM pg_catalog.pg_stat_xact_user_tables AS s WHERE s.seq_scan > 0
"""
_OWN_LOCKS = _LOCKS.replace("%(pid)s", "pg_catalog.pg_backend_pid()")

TABLES = frozenset({"r", "m"})
# FirstNormalObjectId: what is below was there when the server was made.
_FIRST_OF_USERS = 16384


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, index, sequence, view or whatever else has a row in `pg_class`.

    Attributes:
        name: With its schema, quoted where SQL would need it.
        bare: Its own name as it is.
        kind: `pg_class.relkind`.
        file: The number of its file; 0 when it has none.
        table: Of an index, its table's OID; None of anything else.
    """

    name: str
    bare: str
    kind: str
    file: int
    table: int | None


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint of a table that every row is known to satisfy.

    Attributes:
        table: Its table's OID.
        name: Quoted where SQL would need it.
        bare: Its name as it is.
        kind: `pg_constraint.contype`.
    """

    table: int
    name: str
    bare: str
    kind: str


@dataclass(frozen=True, slots=True)
class Picture:
    """How things stand between two statements, by OID.

    Attributes:
        relations: What is there.
        constraints: Those that are validated.
        locks: The modes that the session holds, in the server's words.
        scans: Sequential scans that the session began.
    """

    relations: Mapping[int, Relation]
    constraints: Mapping[int, Constraint]
    locks: Mapping[int, frozenset[str]] = field(default_factory=dict[int, "frozenset[str]"])
    scans: Mapping[int, int] = field(default_factory=dict[int, int])

    @property
    def files(self) -> frozenset[int]:
        """The files in use."""
        return frozenset(relation.file for relation in self.relations.values() if relation.file)


def take_picture(conn: psycopg.Connection[Any]) -> Picture:
    """How things stand for the session itself, in the transaction that it is in."""
    return Picture(_relations(conn), _constraints(conn), _modes(_ask(conn, _OWN_LOCKS)), dict(_ask(conn, _SCANS)))


def take_picture_of_rows(conn: psycopg.Connection[Any], before: Picture) -> Picture | None:
    """The same after a statement that reads or changes rows, from what stood before it, at a tenth of the cost.

    Returns:
        None where the session holds a lock that a change of the schema takes: a function may have made one.
    """
    locks = _modes(_ask(conn, _OWN_LOCKS))
    if any(changes_schema(modes) for oid, modes in locks.items() if oid >= _FIRST_OF_USERS):
        return None
    return replace(before, locks=locks, scans=dict(_ask(conn, _SCANS)))


def take_bystanders_picture(conn: psycopg.Connection[Any]) -> Picture:
    """What another session sees of it: no locks, no scans."""
    return Picture(_relations(conn), _constraints(conn))


def read_locks(conn: psycopg.Connection[Any], pid: int) -> dict[int, frozenset[str]]:
    """The modes that a session holds or waits for, by relation."""
    return _modes(rows_of(conn, _LOCKS, {"pid": pid}))


def _modes(rows: list[tuple[Any, ...]]) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = {}
    for oid, mode in rows:
        found.setdefault(oid, set()).add(mode)
    return {oid: frozenset(modes) for oid, modes in found.items()}


def _relations(conn: psycopg.Connection[Any]) -> dict[int, Relation]:
    return {row[0]: Relation(*row[1:]) for row in _ask(conn, _RELATIONS)}


def _constraints(conn: psycopg.Connection[Any]) -> dict[int, Constraint]:
    return {row[0]: Constraint(*row[1:]) for row in _ask(conn, _CONSTRAINTS)}


def _ask(conn: psycopg.Connection[Any], query: LiteralString) -> list[tuple[Any, ...]]:
    return rows_of(conn, query, {})
