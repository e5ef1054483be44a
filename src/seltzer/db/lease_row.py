"""The row of a lease: who holds it, and the statements that take it and give it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from seltzer.db.connect import fetch
from seltzer.db.history_sql import statement
from seltzer.db.text import Sql, compose, literal, raw

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    import psycopg

    from seltzer.db.history_sql import HistoryTable


class Terms(NamedTuple):
    """Who asks for a lease, and for how long at a time.

    Attributes:
        holder: A UUID.
        client: user@host of this process.
        application: What it applies migrations for.
        duration: How long it lasts without being renewed.
    """

    holder: str
    client: str
    application: str
    duration: timedelta


class LeaseHolder(NamedTuple):
    """Who holds a lease.

    Attributes:
        client: user@host of its process.
        application: What it applies migrations for.
        since: When it took it.
        migration: The id it is applying, as far as can be seen.
        pid: The server's process that works for it now; None between two transactions.
    """

    client: str
    application: str
    since: datetime
    migration: str | None
    pid: int | None

    def __str__(self) -> str:
        """For people: where it runs, since when, what it does."""
        doing = f", applying {self.migration}" if self.migration else ""
        return f"a run of {self.client} ({self.application}, since {self.since:%Y-%m-%d %H:%M:%S %Z}{doing})"


def find_lease_holder(conn: psycopg.Connection[Any], table: HistoryTable) -> LeaseHolder | None:
    """Who holds the lease now, as far as this role may see; None when nobody does, or it expired."""
    readable = privilege(conn, table, "SELECT")
    rows = fetch(conn, _holder_query(table)) if readable else []
    if not rows or rows[0][0] is None:
        return None
    holder, client, application, since, expired = rows[0]
    return None if expired else _holder(conn, table, str(holder), (client, application, since))


def _holder(
    conn: psycopg.Connection[Any], table: HistoryTable, holder: str, known: tuple[str, str, datetime]
) -> LeaseHolder:
    pids = transactions_of(conn, table, holder)
    query = compose(
        "SELECT pg_catalog.substr(a.application_name, 9) FROM pg_catalog.pg_stat_activity AS a "
        "WHERE a.pid = {pid} AND a.application_name LIKE 'seltzer %/%'",
        pid=literal(pids[0] if pids else 0),
    )
    found = fetch(conn, query)
    return LeaseHolder(*known, migration=found[0][0] if found else None, pid=pids[0] if pids else None)


def _holder_query(table: HistoryTable) -> Sql:
    return compose(
        "SELECT l.holder, l.client, l.application, l.since, l.expires < pg_catalog.clock_timestamp() "
        "FROM {lease} AS l WHERE l.holder IS NOT NULL",
        lease=table.lease,
    )


def transactions_of(conn: psycopg.Connection[Any], table: HistoryTable, holder: str) -> list[int]:
    """The backends with a transaction of a holder's."""
    key = table.lease_key(holder)
    query = compose(
        "SELECT l.pid FROM pg_catalog.pg_locks AS l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
        "AND l.classid::pg_catalog.int8 = {high} AND l.objid::pg_catalog.int8 = {low} "
        "AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d "
        "WHERE d.datname = pg_catalog.current_database()) ORDER BY l.pid",
        high=literal((key >> 32) & 0xFFFFFFFF),
        low=literal(key & 0xFFFFFFFF),
    )
    return [pid for (pid,) in fetch(conn, query)]


def backends_of(conn: psycopg.Connection[Any], table: HistoryTable, holder: str) -> list[int]:
    """The backends that work for a holder now: in a transaction, or on a statement that has to run alone."""
    query = compose(
        "SELECT a.pid FROM pg_catalog.pg_stat_activity AS a WHERE a.state = 'active' "
        "AND pg_catalog.starts_with(a.query, {tag}) ORDER BY a.pid",
        tag=literal(tag_of(holder)),
    )
    return transactions_of(conn, table, holder) + [pid for (pid,) in fetch(conn, query)]


def tag_of(holder: str) -> str:
    """The comment before a statement of a holder's that has to run alone; `take_lease.sql` looks for it."""
    return f"/* seltzer lease {holder} */"


def take_statement(table: HistoryTable, terms: Terms) -> Sql:
    """Take the lease if it is to be had; returns a row then, with who had let it expire."""
    return compose(
        statement("take_lease"),
        lease=table.lease,
        holder=compose("{holder}::pg_catalog.uuid", holder=literal(terms.holder)),
        duration=interval(terms.duration),
        client=literal(terms.client),
        application=literal(terms.application),
        alone=compose("pg_catalog.pg_try_advisory_xact_lock({key})", key=literal(table.lock_key())),
    )


def clear_statement(table: HistoryTable) -> Sql:
    """The same for a run that holds the lock itself: nobody has the lease then."""
    return compose(
        statement("take_lease"),
        lease=table.lease,
        holder=raw("NULL"),
        duration=raw("'0'::pg_catalog.interval"),
        client=raw("NULL"),
        application=raw("NULL"),
        alone=raw("true"),
    )


def release_statement(table: HistoryTable, holder: str) -> Sql:
    """Give the lease back, unless somebody else has it by now."""
    return compose(
        "UPDATE {lease} SET holder = NULL WHERE holder = {holder}", lease=table.lease, holder=literal(holder)
    )


def interval(duration: timedelta) -> Sql:
    """A duration as the server reads it."""
    return compose("{text}::pg_catalog.interval", text=literal(f"{round(duration.total_seconds() * 1000)} ms"))


def privilege(conn: psycopg.Connection[Any], table: HistoryTable, privilege: str) -> bool | None:
    """Whether this role has all of some privileges on the lease; None when there is none."""
    query = compose(
        "SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND ("
        "SELECT pg_catalog.bool_and(pg_catalog.has_table_privilege(c.oid, p)) "
        "FROM pg_catalog.unnest(pg_catalog.string_to_array({privilege}, ', ')) AS p) "
        "FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
        "WHERE n.nspname = {schema} AND c.relname = {name}",
        privilege=literal(privilege),
        schema=literal(table.schema),
        name=literal(table.lease_table),
    )
    rows = fetch(conn, query)
    return bool(rows[0][0]) if rows else None
