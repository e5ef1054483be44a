"""Generated schemas: two snapshots are equal exactly when pg_dump writes the same for both."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from seltzer.catalog.snapshot import difference, read_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seltzer.server import Binaries, Server

_NAME = "snapshot_differential"
_TABLES = st.sampled_from(("one", "two"))
_COLUMNS = st.sampled_from(("a", "b", "c"))

# Pairs: what a statement does, and what takes it back or does it another way.
_TEMPLATES = (
    ("CREATE TABLE {t} (a int, b text, c int)", "DROP TABLE {t} CASCADE"),
    ("ALTER TABLE {t} ADD {c} int", "ALTER TABLE {t} DROP {c} CASCADE"),
    ("ALTER TABLE {t} ALTER {c} TYPE bigint USING 0", "ALTER TABLE {t} ALTER {c} TYPE int USING 0"),
    ("ALTER TABLE {t} ALTER {c} SET NOT NULL", "ALTER TABLE {t} ALTER {c} DROP NOT NULL"),
    ("ALTER TABLE {t} ALTER {c} SET DEFAULT 1", "ALTER TABLE {t} ALTER {c} DROP DEFAULT"),
    ("ALTER TABLE {t} ALTER {c} SET STATISTICS 7", "ALTER TABLE {t} ALTER {c} SET STATISTICS -1"),
    ("ALTER TABLE {t} ALTER b SET STORAGE MAIN", "ALTER TABLE {t} ALTER b SET STORAGE EXTENDED"),
    ("ALTER TABLE {t} ALTER {c} SET (n_distinct = 5)", "ALTER TABLE {t} ALTER {c} RESET (n_distinct)"),
    ("ALTER TABLE {t} ADD i int GENERATED ALWAYS AS IDENTITY", "ALTER TABLE {t} ALTER i DROP IDENTITY"),
    ("ALTER TABLE {t} RENAME {c} TO d", "ALTER TABLE {t} RENAME d TO {c}"),
    ("ALTER TABLE {t} SET (fillfactor = 50)", "ALTER TABLE {t} RESET (fillfactor)"),
    ("ALTER TABLE {t} ENABLE ROW LEVEL SECURITY", "ALTER TABLE {t} DISABLE ROW LEVEL SECURITY"),
    ("ALTER TABLE {t} REPLICA IDENTITY FULL", "ALTER TABLE {t} REPLICA IDENTITY DEFAULT"),
    ("ALTER TABLE {t} ADD CONSTRAINT {t}_{c} CHECK ({c} IS NOT NULL)", "ALTER TABLE {t} DROP CONSTRAINT {t}_{c}"),
    ("ALTER TABLE {t} ADD PRIMARY KEY ({c})", "ALTER TABLE {t} DROP CONSTRAINT {t}_pkey"),
    ("ALTER TABLE {t} ADD CONSTRAINT u UNIQUE ({c})", "ALTER TABLE {t} DROP CONSTRAINT u"),
    ("ALTER TABLE {t} ADD CONSTRAINT n CHECK (a > 0) NOT VALID", "ALTER TABLE {t} VALIDATE CONSTRAINT n"),
    ("ALTER TABLE one ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES two", "ALTER TABLE one DROP CONSTRAINT f"),
    ("CREATE INDEX {t}_{c}_idx ON {t} ({c})", "DROP INDEX {t}_{c}_idx"),
    ("CREATE UNIQUE INDEX {t}_{c}_key ON {t} ({c}) WHERE {c} IS NOT NULL", "DROP INDEX {t}_{c}_key"),
    ("CLUSTER {t} USING {t}_{c}_idx", "ALTER TABLE {t} SET WITHOUT CLUSTER"),
    ("COMMENT ON TABLE {t} IS 'x'", "COMMENT ON TABLE {t} IS NULL"),
    ("COMMENT ON COLUMN {t}.{c} IS 'x'", "COMMENT ON COLUMN {t}.{c} IS NULL"),
    ("GRANT SELECT ON {t} TO PUBLIC", "REVOKE SELECT ON {t} FROM PUBLIC"),
    ("GRANT SELECT ({c}) ON {t} TO PUBLIC", "REVOKE SELECT ({c}) ON {t} FROM PUBLIC"),
    ("REVOKE INSERT ON {t} FROM CURRENT_USER", "GRANT INSERT ON {t} TO CURRENT_USER"),
    ("CREATE OR REPLACE VIEW v AS SELECT a FROM {t}", "DROP VIEW v"),
    ("CREATE MATERIALIZED VIEW m AS SELECT {c} FROM {t}", "DROP MATERIALIZED VIEW m"),
    ("CREATE TYPE mood AS ENUM ('x')", "DROP TYPE mood CASCADE"),
    ("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'y'", "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'z' BEFORE 'x'"),
    ("CREATE DOMAIN d AS int NOT NULL", "DROP DOMAIN d"),
    ("ALTER DOMAIN d ADD CONSTRAINT k CHECK (VALUE > 0)", "ALTER DOMAIN d DROP CONSTRAINT k"),
    ("CREATE SEQUENCE q", "DROP SEQUENCE q"),
    ("ALTER SEQUENCE q INCREMENT 2 OWNED BY {t}.{c}", "ALTER SEQUENCE q INCREMENT 1 OWNED BY NONE"),
    ("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "DROP FUNCTION f()"),
    ("ALTER FUNCTION f() SET work_mem = '1MB'", "ALTER FUNCTION f() RESET ALL"),
    ("REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC", "GRANT EXECUTE ON FUNCTION f() TO PUBLIC"),
    ("CREATE OR REPLACE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'", "DROP FUNCTION g() CASCADE"),
    ("CREATE TRIGGER tr BEFORE INSERT ON {t} FOR EACH ROW EXECUTE FUNCTION g()", "DROP TRIGGER tr ON {t}"),
    ("ALTER TABLE {t} DISABLE TRIGGER tr", "ALTER TABLE {t} ENABLE TRIGGER tr"),
    ("CREATE POLICY p ON {t} USING (true)", "DROP POLICY p ON {t}"),
    ("CREATE RULE r AS ON DELETE TO {t} DO INSTEAD NOTHING", "DROP RULE r ON {t}"),
    ("CREATE STATISTICS st ON a, c FROM {t}", "DROP STATISTICS st"),
    ("CREATE TABLE kid () INHERITS ({t})", "DROP TABLE kid"),
    ("CREATE TABLE parted ({c} int) PARTITION BY LIST ({c})", "DROP TABLE parted"),
    ("CREATE TABLE part PARTITION OF parted DEFAULT", "ALTER TABLE parted DETACH PARTITION part"),
    ("CREATE INDEX parted_i ON parted (a)", "DROP INDEX parted_i"),
    ("CREATE PUBLICATION pub FOR TABLE {t}", "DROP PUBLICATION pub"),
    ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
     "ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM PUBLIC"),
    ("ALTER TABLE part SET UNLOGGED", "ALTER TABLE part SET LOGGED"),
)  # fmt: skip
_FIRST = (
    "CREATE SCHEMA public",
    "CREATE TABLE one (a int, b text, c int)",
    "CREATE TABLE two (a int PRIMARY KEY, c text)",
)


_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)
_RESET = (
    "DROP SCHEMA IF EXISTS public CASCADE",
    "DROP PUBLICATION IF EXISTS pub",
    "ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM PUBLIC",
)


@st.composite
def _walks(draw: st.DrawFn) -> list[str]:
    """Statements in any order; those that do not fit what is there fail, and change nothing."""
    pairs = draw(st.lists(st.sampled_from(_TEMPLATES), min_size=15, max_size=15))
    return [draw(st.sampled_from(pair)).format(t=draw(_TABLES), c=draw(_COLUMNS)) for pair in pairs]


@pytest.fixture(scope="module")
def conn(server: Server) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a database whose schema is made anew for every example."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_NAME)))
        with psycopg.connect(server.url(_NAME), autocommit=True) as found:
            yield found
        admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(_NAME)))


def _dump(binaries: Binaries, url: str) -> str:
    """What pg_dump writes; since 2025 with a random key."""
    command = [binaries.program("pg_dump"), "--schema-only", "--dbname", url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return "\n".join(line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))


def _follow(conn: psycopg.Connection[Any], binaries: Binaries, url: str, walk: Sequence[str]) -> list[bool]:
    """Compare before and after each statement; returns of each whether it changed anything."""
    for statement in (*_RESET, *_FIRST):
        conn.execute(statement.encode())
    before, dump = read_snapshot(conn), _dump(binaries, url)
    changed: list[bool] = []
    for statement in walk:
        with suppress(psycopg.Error):
            conn.execute(statement.encode())
        after, then = read_snapshot(conn), _dump(binaries, url)
        changes = [str(change) for change in difference(before, after)]
        assert bool(changes) == (dump != then), (statement, changes)
        assert (before == after) == (not changes), statement
        changed.append(before != after)
        before, dump = after, then
    return changed


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=_SLOW)
@given(walk=_walks())
def test_snapshots_are_equal_exactly_when_dumps_are(
    conn: psycopg.Connection[Any], server: Server, binaries: Binaries, walk: list[str]
) -> None:
    """Before and after each statement of a generated sequence."""
    _follow(conn, binaries, server.url(_NAME), walk)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=_SLOW)
@given(walk=_walks())
def test_snapshots_are_equal_exactly_when_dumps_are_at_length(
    conn: psycopg.Connection[Any], server: Server, binaries: Binaries, walk: list[str]
) -> None:
    """The same with many more sequences, and others each time."""
    _follow(conn, binaries, server.url(_NAME), walk)


def test_every_statement_of_the_generator_counts(
    conn: psycopg.Connection[Any], server: Server, binaries: Binaries
) -> None:
    """One after the other, none of those that make something fails or leaves the dump as it was."""
    walk = [first.format(t="two" if first.startswith("ALTER TABLE one") else "one", c="a") for first, _ in _TEMPLATES]
    walk = [text for text in walk if "CREATE TABLE one" not in text]
    walk = [text.replace("ADD a int", "ADD e int").replace("RENAME a", "RENAME e") for text in walk]

    changed = _follow(conn, binaries, server.url(_NAME), walk)

    idle = [text for text, has_changed in zip(walk, changed, strict=True) if not has_changed]
    assert idle == [], "\n".join(idle)
