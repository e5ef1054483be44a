"""Statements that no transaction protects: what each is about."""

from __future__ import annotations

import pytest

from seltzer.sql.unprotected import (
    IndexBuild,
    IndexDrop,
    IndexRebuild,
    PartitionDetach,
    Relation,
    Scope,
    Thing,
    ThingChange,
    read_unprotected,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "CREATE INDEX CONCURRENTLY i ON t (a)",
            IndexBuild(Relation("", "t"), "i", ("a",), "btree", unique=False, partial=False),
        ),
        (
            'CREATE UNIQUE INDEX CONCURRENTLY "I" ON s."T" USING hash (lower(a), "B" DESC) INCLUDE (c) WHERE a > 1',
            IndexBuild(Relation("s", "T"), "I", (None, "B"), "hash", unique=True, partial=True),
        ),
        (
            "CREATE INDEX CONCURRENTLY ON t (a, (b + 1))",
            IndexBuild(Relation("", "t"), None, ("a", None), "btree", unique=False, partial=False),
        ),
        ("REINDEX INDEX CONCURRENTLY s.i", IndexRebuild(Scope.INDEX, Relation("s", "i"))),
        ("REINDEX (VERBOSE, CONCURRENTLY) TABLE t", IndexRebuild(Scope.TABLE, Relation("", "t"))),
        ("REINDEX SCHEMA CONCURRENTLY s", IndexRebuild(Scope.SCHEMA, Relation("", "s"))),
        ("REINDEX DATABASE CONCURRENTLY d", IndexRebuild(Scope.DATABASE, Relation("", "d"))),
        ("DROP INDEX CONCURRENTLY IF EXISTS s.i", IndexDrop(Relation("s", "i"))),
        ("DROP INDEX CONCURRENTLY i", IndexDrop(Relation("", "i"))),
        (
            "ALTER TABLE p DETACH PARTITION s.c CONCURRENTLY",
            PartitionDetach(Relation("", "p"), Relation("s", "c")),
        ),
        ("CREATE DATABASE d", ThingChange(Thing.DATABASE, "d", creates=True)),
        ("DROP DATABASE IF EXISTS d", ThingChange(Thing.DATABASE, "d", creates=False)),
        ("CREATE TABLESPACE t LOCATION '/t'", ThingChange(Thing.TABLESPACE, "t", creates=True)),
        ("DROP TABLESPACE t", ThingChange(Thing.TABLESPACE, "t", creates=False)),
        ("CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p", ThingChange(Thing.SUBSCRIPTION, "s", creates=True)),
        ("DROP SUBSCRIPTION s", ThingChange(Thing.SUBSCRIPTION, "s", creates=False)),
        ("COMMIT PREPARED 'x'", ThingChange(Thing.PREPARED_TRANSACTION, "x", creates=False)),
        ("ROLLBACK PREPARED 'x'", ThingChange(Thing.PREPARED_TRANSACTION, "x", creates=False)),
    ],
)
def test_what_a_catalog_can_tell_of(text: str, expected: object) -> None:
    """Names as they are written, folded as PostgreSQL folds them."""
    assert read_unprotected(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "CREATE INDEX i ON t (a)",
        "REINDEX TABLE t",
        "REINDEX SYSTEM d",
        "DROP INDEX i",
        "ALTER TABLE p DETACH PARTITION c",
        "ALTER TABLE p DETACH PARTITION c FINALIZE",
        "VACUUM t",
        "ALTER SYSTEM SET work_mem = '1MB'",
        "DO $$ BEGIN COMMIT; END $$",
        "CALL p()",
        "COMMIT",
        "not a statement",
        "",
    ],
)
def test_what_none_can_tell_of(text: str) -> None:
    """It runs again, or shares a transaction with its record."""
    assert read_unprotected(text) is None
