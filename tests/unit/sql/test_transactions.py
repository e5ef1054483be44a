"""How a statement stands to transactions and to the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.sql.statements import read_statements
from seltzer.sql.transactions import opaque_refuses_transaction

if TYPE_CHECKING:
    from seltzer.model import Statement


def read(text: str) -> Statement:
    """The one statement of `text`."""
    (statement,) = read_statements(text)
    return statement


@pytest.mark.parametrize(
    "text",
    [
        "VACUUM",
        "VACUUM (ANALYZE) t",
        "CREATE DATABASE d",
        "DROP DATABASE d",
        "CREATE TABLESPACE s LOCATION '/s'",
        "DROP TABLESPACE s",
        "ALTER SYSTEM SET work_mem = '1MB'",
        "CREATE INDEX CONCURRENTLY i ON t (a)",
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)",
        "DROP INDEX CONCURRENTLY i",
        "REINDEX INDEX CONCURRENTLY i",
        "REINDEX (CONCURRENTLY) TABLE t",
        "REINDEX (CONCURRENTLY true) TABLE t",
        "REINDEX SCHEMA s",
        "REINDEX DATABASE d",
        "REINDEX SYSTEM d",
        "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
        "CLUSTER",
        "DISCARD ALL",
        "ALTER DATABASE d SET TABLESPACE s",
        "COMMIT PREPARED 'x'",
        "ROLLBACK PREPARED 'x'",
        "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p",
        "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (create_slot = true)",
        "ALTER SUBSCRIPTION s REFRESH PUBLICATION",
        "ALTER SUBSCRIPTION s SET PUBLICATION p",
        "DROP SUBSCRIPTION s",
        "DO $$ BEGIN COMMIT; END $$",
        "DO $$ BEGIN IF true THEN rollback AND NO CHAIN; END IF; END $$ LANGUAGE plpgsql",
        "DO LANGUAGE plpython3u $$ plpy.commit() $$",
        "DO LANGUAGE plperl $$ spi_rollback(); $$",
    ],
)
def test_what_postgresql_refuses_in_a_transaction(text: str) -> None:
    """SQLSTATE 25001: such a file runs statement by statement."""
    assert not read(text).transactional


@pytest.mark.parametrize(
    "text",
    [
        "CREATE INDEX i ON t (a)",
        "DROP INDEX i",
        "DROP INDEX concurrently_built",
        "REINDEX TABLE t",
        "REINDEX (CONCURRENTLY false) TABLE t",
        "ALTER TABLE t DETACH PARTITION p",
        "ALTER TABLE t ATTACH PARTITION p FOR VALUES IN (1)",
        "ALTER TYPE e ADD VALUE 'x'",
        "CLUSTER t USING i",
        "DISCARD TEMP",
        "ANALYZE t",
        "ALTER DATABASE d SET work_mem = '1MB'",
        "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (connect = false)",
        "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (create_slot = false)",
        "SELECT 'VACUUM'",
        "DO $$ BEGIN PERFORM 1; END $$",
        "DO $$ BEGIN /* COMMIT; */ PERFORM 'ROLLBACK;'; -- COMMIT;\n END $$",
        "CALL p()",
    ],
)
def test_what_postgresql_takes_in_a_transaction(text: str) -> None:
    """No marker is needed for it, and none is believed: ADD VALUE alone is fine since PostgreSQL 12."""
    assert read(text).transactional


@pytest.mark.parametrize(
    ("text", "control"),
    [
        ("BEGIN", "begin"),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE", "begin"),
        ("START TRANSACTION READ ONLY", "begin"),
        ("COMMIT", "commit"),
        ("END", "commit"),
        ("ROLLBACK", "rollback"),
        ("ABORT", "rollback"),
        ("COMMIT AND CHAIN", "chain"),
        ("ROLLBACK AND CHAIN", "chain"),
        ("COMMIT AND NO CHAIN", "commit"),
        ("SAVEPOINT s", "savepoint"),
        ("RELEASE s", "savepoint"),
        ("ROLLBACK TO s", "savepoint"),
        ("PREPARE TRANSACTION 'x'", "prepared"),
        ("COMMIT PREPARED 'x'", "prepared"),
        ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "set"),
        ("SET LOCAL lock_timeout = '1s'", ""),
        ("SELECT 'COMMIT'", ""),
        ("CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$", ""),
    ],
)
def test_transaction_commands_are_told_apart(text: str, control: str) -> None:
    """COMMIT AND CHAIN most of all: after it the session is in a transaction still, another one."""
    assert read(text).control == control


@pytest.mark.parametrize(
    "text",
    [
        "SET lock_timeout = '5s'",
        "SET ROLE app",
        "SELECT set_config('search_path', '', false)",
        "CREATE TEMPORARY TABLE t (a int)",
        "CREATE TEMP VIEW v AS SELECT 1",
        "PREPARE p AS SELECT 1",
        "SELECT pg_advisory_lock(1)",
        "DO $$ BEGIN SET work_mem = '1MB'; END $$",
        "LISTEN x",
        "INSERT INTO t SELECT f()",
        "CREATE TABLE t AS SELECT f() AS a",
        "ALTER TABLE t ADD COLUMN a int DEFAULT f()",
    ],
)
def test_what_could_mark_the_session_is_cleaned_up_after(text: str) -> None:
    """Settings, temporary objects, locks, and everything that calls a function of somebody's."""
    assert read(text).touches_session


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE t (a int)",
        "CREATE VIEW v AS SELECT 1 AS a",
        "CREATE TYPE e AS ENUM ('x')",
        "COMMENT ON TABLE t IS 'x'",
        "GRANT SELECT ON t TO app",
        "DROP TABLE t",
        "ALTER TABLE t RENAME TO u",
    ],
)
def test_what_leaves_the_session_clean_costs_no_clean_up(text: str) -> None:
    """The common first day is one round trip a file."""
    assert not read(text).touches_session


@pytest.mark.parametrize("text", [b"VACUUM t", b"create  database d", b"DROP TABLESPACE s", b"Alter System SET x = 1"])
def test_first_words_tell_what_refuses_a_transaction(text: bytes) -> None:
    """For a statement that is too large or too deep for a tree."""
    assert opaque_refuses_transaction(text)


@pytest.mark.parametrize(
    "text", [b"INSERT INTO vacuum VALUES (1)", b"CREATE DATABASES", b"SELECT 'VACUUM'", b"vacuums"]
)
def test_other_first_words_refuse_none(text: bytes) -> None:
    """Whole words count, and only the first."""
    assert not opaque_refuses_transaction(text)
