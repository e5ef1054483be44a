"""Each recipe, run file by file on a real server, makes nobody wait, and ends where the hazard would have."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import psycopg
import pytest

from seltzer.claims.effects import is_hazard
from seltzer.claims.fixes.recipes import find_recipe
from seltzer.claims.production import Production
from seltzer.claims.tracing import trace_statements
from seltzer.sql.statements import read_statements

if TYPE_CHECKING:
    from support import Database

TABLES = """
CREATE TABLE users (id bigint PRIMARY KEY, name text, age int);
CREATE TABLE "Order Lines" (id bigint NOT NULL, "user" bigint, amount int);
INSERT INTO users SELECT g, 'n' || g, g FROM generate_series(1, 50) AS g;
INSERT INTO "Order Lines" SELECT g, g, g FROM generate_series(1, 50) AS g;
"""

HAZARDS = (
    "CREATE INDEX idx_users_name ON users (name)",
    "create unique index if not exists names on public.users (name) where age > 3",
    "REINDEX TABLE users",
    "ALTER TABLE users ALTER COLUMN age SET NOT NULL",
    'ALTER TABLE "Order Lines" ALTER COLUMN "user" SET NOT NULL',
    'ALTER TABLE "Order Lines" ADD FOREIGN KEY ("user") REFERENCES users (id) ON DELETE CASCADE',
    'ALTER TABLE public."Order Lines" ADD CONSTRAINT buyers FOREIGN KEY ("user") REFERENCES users',
    "ALTER TABLE users ADD CHECK (age > 0)",
    'ALTER TABLE "Order Lines" ADD CONSTRAINT amounts CHECK (amount > 0 AND id > 0)',
    "ALTER TABLE users ADD UNIQUE (name, age)",
    "ALTER TABLE users ADD CONSTRAINT ages UNIQUE NULLS NOT DISTINCT (age)",
    'ALTER TABLE "Order Lines" ADD PRIMARY KEY (id)',
    "ALTER TABLE users ADD COLUMN key uuid DEFAULT gen_random_uuid() NOT NULL",
    "ALTER TABLE users ADD COLUMN roll int NOT NULL DEFAULT (random() * 6)::int",
)


@pytest.mark.parametrize("hazard", HAZARDS)
def test_a_recipe_makes_nobody_wait(hazard: str, database: Database) -> None:
    """The statement is a hazard; the files to write instead are none, and each of them runs."""
    database.query(TABLES)
    with database.connect() as conn:
        recipe = find_recipe(hazard, conn.info.server_version // 10000)
    connect = partial(psycopg.connect, database.url, autocommit=True)
    nothing = Production()

    assert recipe is not None
    (alone,) = trace_statements(connect, hazard, read_statements(hazard))
    assert is_hazard(alone, nothing)
    for file in recipe.files:
        text = ";\n".join(file.statements)
        effects = list(trace_statements(connect, text, read_statements(text)))
        assert [(item.error, is_hazard(item, nothing)) for item in effects] == [(None, False)] * len(effects)
        with database.connect() as conn:
            for statement in file.statements if all(item.transactional for item in effects) else ():
                conn.execute(statement.encode())


@pytest.mark.parametrize("hazard", HAZARDS)
def test_a_recipe_ends_where_the_statement_would(hazard: str, database: Database) -> None:
    """What PostgreSQL says of its constraints and indexes is the same, names apart where the reader gave none."""
    database.query(TABLES)
    with database.connect() as conn:
        recipe = find_recipe(hazard, conn.info.server_version // 10000)
        assert recipe is not None
        for file in recipe.files:
            for statement in file.statements:
                conn.execute(statement.encode())
        by_recipe = described(conn)
        conn.execute("DROP SCHEMA public CASCADE")
        conn.execute("CREATE SCHEMA public")
        conn.execute(TABLES.encode())
        conn.execute(hazard.encode())
        by_statement = described(conn)

    assert by_recipe == by_statement


def described(conn: psycopg.Connection[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Constraints, indexes and columns as the catalog describes them."""
    return conn.execute(
        """
        SELECT 'constraint', pg_get_constraintdef(oid), convalidated::text FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
        UNION ALL
        SELECT 'index', regexp_replace(pg_get_indexdef(indexrelid), ' INDEX \\S+ ', ' '), indisvalid::text FROM pg_index
        WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
        UNION ALL
        SELECT attname, format_type(atttypid, atttypmod), attnotnull::text FROM pg_attribute
        WHERE attnum > 0 AND attrelid IN ('public.users'::regclass, 'public."Order Lines"'::regclass)
        ORDER BY 1, 2
        """
    ).fetchall()


@pytest.mark.parametrize(
    "text",
    [
        "ALTER TABLE users ADD COLUMN age int",
        "ALTER TABLE users ALTER age SET NOT NULL, ADD CHECK (age > 0)",
        "ALTER TABLE users ADD UNIQUE (name) INCLUDE (age)",
        "ALTER TABLE users ADD UNIQUE (name) DEFERRABLE",
        "CREATE INDEX CONCURRENTLY i ON users (name)",
        "REINDEX TABLE CONCURRENTLY users",
        "SELECT 1",
        "not SQL",
    ],
)
def test_what_has_no_recipe_gets_none(text: str) -> None:
    """Rather nothing than something that is not the same."""
    assert find_recipe(text, 18) is None
