"""What nobody needs any more is removed: databases of runs that were killed, templates that were not used for long."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from psycopg import errors, sql

from seltzer.shadow.databases import ALIVE, CLONE, DRAFT, IN_USE, TEMPLATE

if TYPE_CHECKING:
    import psycopg

    from seltzer.shadow.shadow import Shadow

KEPT_TEMPLATES = 20
"""How many templates a server keeps, the last used ones."""

_OURS = """
    SELECT d.datname, pg_catalog.shobj_description(d.oid, 'pg_database')
    FROM pg_catalog.pg_database AS d JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba
    WHERE r.rolname = current_user AND (pg_catalog.starts_with(d.datname, %s) OR pg_catalog.starts_with(d.datname, %s))
    ORDER BY 2 DESC NULLS LAST
"""
# Locks are asked for in all databases: runs may come by way of different ones.
_LOCKED = "SELECT objid FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2"
_NOTE = """
    SELECT 'last used ' || to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')
    FROM pg_catalog.pg_database AS d
    WHERE d.datname = %s
      AND coalesce(pg_catalog.shobj_description(d.oid, 'pg_database'), '')
          < 'last used ' || to_char((clock_timestamp() - interval '1 min') AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
"""


def lock_key(name: str) -> int:
    """The second key of a template's locks."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) >> 1


def drop_leftovers(shadow: Shadow) -> None:
    """Drop clones and drafts of processes that were killed."""
    with shadow.databases.connection() as conn:
        # In this order: who has made a database already held the lock then.
        found = [name for name, _ in conn.execute(_OURS, [CLONE, DRAFT])]
        alive = _locked(conn, ALIVE)
    for name in found:
        if _token_of(name) not in alive:
            shadow.databases.drop(name)


def drop_unused(shadow: Shadow) -> None:
    """Drop the templates that were not used for longest, beyond those that are kept and those in use."""
    with shadow.databases.connection() as conn:
        known = [name for name, _ in conn.execute(_OURS, [TEMPLATE, TEMPLATE])]
        in_use = _locked(conn, IN_USE)
        for name in known[KEPT_TEMPLATES:]:
            keys = [IN_USE, lock_key(name)]
            if keys[1] in in_use or not _is_locked(conn, keys):
                continue
            try:
                shadow.databases.drop(name)
            finally:
                conn.execute("SELECT pg_catalog.pg_advisory_unlock(%s, %s)", keys)


def note_use(shadow: Shadow, name: str) -> None:
    """Write down that a template is used, unless that stands there of a moment ago."""
    with shadow.databases.connection() as conn:
        note = conn.execute(_NOTE, [name]).fetchone()
        if note is None:
            return
        try:
            conn.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(note[0])))
        except (errors.InternalError_, errors.UniqueViolation):
            return  # another run writes the same down


def _locked(conn: psycopg.Connection, kind: int) -> set[int]:
    return {key for (key,) in conn.execute(_LOCKED, [kind])}


def _is_locked(conn: psycopg.Connection, keys: list[int]) -> bool:
    row = conn.execute("SELECT pg_catalog.pg_try_advisory_lock(%s, %s)", keys).fetchone()
    return row is not None and row[0]


def _token_of(name: str) -> int:
    return int(name.removeprefix(CLONE).removeprefix(DRAFT).partition("_")[0], 16)
