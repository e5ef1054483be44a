"""Random ALTER TABLEs: what is read inside of the transaction agrees with what others see, during it and afterwards."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any

import pytest

from check.effects.test_forms import SHOP, bare
from seltzer.catalog.relations import take_picture
from seltzer.claims.tracing import Watch
from seltzer.sql.statements import read_statements

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

    from seltzer.claims.tracing import Effect
    from support import Database

# Commands by the column that they are about: a statement has at most one of each.
COMMANDS = {
    "new": (
        "ADD COLUMN new int",
        "ADD COLUMN new int DEFAULT 7",
        "ADD COLUMN new int DEFAULT (random() * 9)::int",
        "ADD COLUMN new quantity",
        "ADD COLUMN new int CHECK (new > 0)",
        "ADD COLUMN new int UNIQUE",
        "ADD COLUMN new bigint REFERENCES orders (id)",
        "ADD COLUMN new bigserial",
        "ADD COLUMN new int GENERATED ALWAYS AS IDENTITY",
        "ADD COLUMN new int GENERATED ALWAYS AS (1) STORED",
    ),
    "visits": (
        "ALTER visits SET NOT NULL",
        "ALTER visits TYPE bigint",
        "ALTER visits TYPE oid USING visits::oid",
        "ALTER visits SET DEFAULT 3",
        "ALTER visits SET STATISTICS 50",
        "ADD CONSTRAINT c CHECK (visits > 0)",
        "ADD CONSTRAINT c CHECK (visits > 0) NOT VALID",
        "ADD CONSTRAINT u UNIQUE (visits)",
        "DROP COLUMN visits",
    ),
    "email": (
        "ALTER email TYPE text",
        "ALTER email TYPE varchar(99)",
        "ALTER email TYPE varchar(30)",
        'ALTER email TYPE varchar(40) COLLATE "POSIX"',
        "ALTER email SET STORAGE EXTERNAL",
        "DROP COLUMN email",
    ),
    "credit": (
        "ALTER credit TYPE numeric",
        "ALTER credit TYPE numeric(9, 3)",
        "ALTER credit SET NOT NULL",
        "DROP COLUMN credit",
    ),
    "table": (
        "SET (fillfactor = 80)",
        "REPLICA IDENTITY FULL",
        "ENABLE ROW LEVEL SECURITY",
        "CLUSTER ON customers_pkey",
        "SET WITHOUT CLUSTER",
    ),
}

_RELATIONS = "SELECT oid::bigint, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
_FILES = f"SELECT c.relname, pg_relation_filenode(c.oid) FROM ({_RELATIONS} AND relkind IN ('r', 'm', 'S')) AS c"
_LOCKS = "SELECT DISTINCT relation::bigint, mode FROM pg_locks WHERE pid = %s AND relation IS NOT NULL"
_SCANS = "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE schemaname = 'public'"


def generated(seed: int) -> str:
    """An ALTER TABLE with one to three commands."""
    choice = random.Random(seed)  # noqa: S311  # the same every time, nothing secret
    parts = choice.sample(sorted(COMMANDS), choice.randint(1, 3))
    return f"ALTER TABLE customers {', '.join(choice.choice(COMMANDS[part]) for part in parts)}"


@pytest.mark.parametrize("seed", range(30))
def test_both_ways_of_looking_agree(seed: int, database: Database) -> None:
    """Locks as a bystander sees them, files and scans as they are after the commit, indexes as the server says."""
    statement = generated(seed)
    database.query(SHOP)
    with database.connect() as conn, database.connect() as bystander:
        conn.execute("BEGIN")
        effect = Watch(conn, frozenset(take_picture(conn).relations)).run(read_statements(statement)[0])
        conn.execute("ROLLBACK")
        seen = look_from_outside(conn, bystander, statement)

    assert effect.error is None, statement
    assert read_inside(effect) == seen, statement


def read_inside(effect: Effect) -> dict[str, object]:
    """Our reading, with the names that a bystander has for things."""
    return {
        "locks": {bare(name): mode for name, mode in (effect.locks or {}).items()},
        "rewritten": {bare(name) for name in effect.rewritten},
        "scanned": {bare(name) for name in effect.scanned or ()},
        "built": {bare(name) for name in effect.indexes_built},
    }


def look_from_outside(
    conn: psycopg.Connection[Any], bystander: psycopg.Connection[Any], statement: str
) -> dict[str, object]:
    """Run a statement and commit it; what another session and the server's messages say of it."""
    said: list[str] = []
    conn.add_notice_handler(lambda diagnostic: said.append(diagnostic.message_primary or ""))
    names = dict(bystander.execute(_RELATIONS.encode()).fetchall())
    files, scans = read_pairs(bystander, _FILES), scans_of(conn, bystander)
    conn.execute("SET client_min_messages = debug1")
    conn.execute("BEGIN")
    conn.execute(statement.encode())
    held = bystander.execute(_LOCKS.encode(), [conn.info.backend_pid]).fetchall()
    conn.execute("COMMIT")
    conn.execute("RESET client_min_messages")
    there, after = read_pairs(bystander, _FILES), scans_of(conn, bystander)
    return {
        "locks": strongest((names[oid], mode) for oid, mode in held if oid in names),
        "rewritten": {name for name in files if name in there and there[name] != files[name]},
        "scanned": {name for name in scans if after.get(name, 0) > scans[name]},
        "built": {found[1] for text in said if (found := re.match(r'building index "((?!pg_toast).*?)" on', text))},
    }


def strongest(held: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The strongest mode of each relation, in words: the server's names are those words without blanks."""
    order = ["AccessShare", "RowShare", "RowExclusive", "ShareUpdateExclusive", "Share", "ShareRowExclusive"]
    order = [f"{mode}Lock" for mode in (*order, "Exclusive", "AccessExclusive")]
    found: dict[str, str] = {}
    for name, mode in sorted(held, key=lambda pair: order.index(pair[1])):
        found[name] = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", mode.removesuffix("Lock")).upper()
    return found


def scans_of(conn: psycopg.Connection[Any], bystander: psycopg.Connection[Any]) -> dict[str, int]:
    """Scans of each table since its beginning, as the whole server counts them."""
    conn.execute("SELECT pg_stat_force_next_flush()")
    conn.execute("SELECT 1")
    return read_pairs(bystander, _SCANS)


def read_pairs(conn: psycopg.Connection[Any], query: str) -> dict[str, int]:
    """The rows of a query of two columns."""
    return dict(conn.execute(query.encode()).fetchall())
