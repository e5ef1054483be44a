"""Foreign keys and what looks like one: planted defects and correct twins, of the kinds that real files have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from check.guidelines.guideline_files import found_in, rules_in
from seltzer.claims.guidelines.settings import GuidelineSettings

if TYPE_CHECKING:
    from pathlib import Path

RULES = ("unindexed-foreign-key", "missing-foreign-key")
USERS = "CREATE TABLE users (id bigint PRIMARY KEY);\n"
ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);\n"
KEY = "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;\n"
PAIRS = (
    "CREATE TABLE p (a int, b int, PRIMARY KEY (a, b));\n"
    "CREATE TABLE c (x int, y int, z int, FOREIGN KEY (x, y) REFERENCES p);\n"
)

UNINDEXED: dict[str, dict[str, str] | str] = {
    "a new column of a table that no file makes": {
        "shop/create_tables.sql": USERS,
        "shop/0001_it.sql": "ALTER TABLE legacy ADD COLUMN user_id bigint REFERENCES users;",
    },
    "tables inside of CREATE SCHEMA": (
        "CREATE SCHEMA s CREATE TABLE users (id bigint PRIMARY KEY) CREATE TABLE o (u bigint REFERENCES users);"
    ),
    "a table from a query": USERS + "CREATE TABLE o AS SELECT 1::bigint AS u;\n"
    "ALTER TABLE o ADD FOREIGN KEY (u) REFERENCES users;",
    "a child that inherits columns and no index": (
        USERS + "CREATE TABLE base (u bigint);\nCREATE INDEX idx_base_u ON base (u);\n"
        "CREATE TABLE child () INHERITS (base);\nALTER TABLE child ADD FOREIGN KEY (u) REFERENCES users;"
    ),
    "a copy of columns without their indexes": (
        USERS
        + ORDERS
        + KEY
        + "CREATE INDEX idx_orders_user_id ON orders (user_id);\nCREATE TABLE copies (LIKE orders);\n"
        "ALTER TABLE copies ADD FOREIGN KEY (user_id) REFERENCES users;"
    ),
    "two foreign keys of one column": USERS + ORDERS + KEY + KEY.replace("ADD", "ADD CONSTRAINT other"),
    "an index of rows that are not deleted": (
        USERS + ORDERS + KEY + "CREATE INDEX idx_orders_user_id ON orders (user_id) WHERE deleted_at IS NULL;"
    ),
    "a partial index of half of the columns": PAIRS + "CREATE INDEX idx_c_x ON c (x) WHERE y IS NOT NULL;",
    "a unique index with an expression": PAIRS + "CREATE UNIQUE INDEX idx_c_y_lower ON c (y, lower(z::text));",
    "a unique index of some rows": PAIRS + "CREATE UNIQUE INDEX idx_c_y ON c (y) WHERE z > 0;",
    "a partial index of another column": PAIRS + "CREATE INDEX idx_c_x_y ON c (x, y) WHERE z IS NOT NULL;",
    "a partial index with a choice": PAIRS + "CREATE INDEX idx_c_x_y ON c (x, y) WHERE x IS NOT NULL OR y IS NOT NULL;",
    "Python that speaks of something else": {
        "shop/create_tables.sql": USERS + ORDERS + KEY,
        "shop/0001_it.py": "def apply(conn):\n    conn.execute('UPDATE orders SET user_id = 1')\n",
    },
}
INDEXED: dict[str, dict[str, str] | str] = {
    "an older column of a table that no file makes": USERS
    + "ALTER TABLE legacy ADD FOREIGN KEY (user_id) REFERENCES users;",
    "a column of such a table, which a constraint indexes": (
        USERS + "ALTER TABLE legacy ADD COLUMN user_id bigint UNIQUE REFERENCES users;"
    ),
    "a partial index of what is not NULL in two columns": (
        PAIRS + "CREATE INDEX idx_c_x_y ON c (x, y) WHERE x IS NOT NULL AND y IS NOT NULL;"
    ),
    "a partial index of what is not NULL in the second": PAIRS
    + "CREATE INDEX idx_c_x_y ON c (x, y) WHERE y IS NOT NULL;",
    "a key of one of the columns": PAIRS.replace("z int", "z int, PRIMARY KEY (y)"),
    "a unique index of one of the columns": PAIRS + "CREATE UNIQUE INDEX idx_c_y ON c (y);",
    "an index of an extension": USERS
    + ORDERS
    + KEY
    + "CREATE INDEX idx_orders_user_id ON orders USING gist (user_id);",
    "a copy with the indexes": (
        USERS + ORDERS + KEY + "CREATE INDEX idx_orders_user_id ON orders (user_id);\n"
        "CREATE TABLE copies (LIKE orders INCLUDING ALL);\n"
        "ALTER TABLE copies ADD FOREIGN KEY (user_id) REFERENCES users;"
    ),
    "a copy of a table that no file makes": (
        USERS + "CREATE TABLE copies (LIKE legacy INCLUDING INDEXES);\n"
        "ALTER TABLE copies ADD FOREIGN KEY (u) REFERENCES users;"
    ),
    "a temporary table": USERS + "CREATE TEMP TABLE t (user_id bigint);\nALTER TABLE t ADD COLUMN n bigint;",
    "a table of the session's schema": USERS + "CREATE TABLE pg_temp.t (user_id bigint);",
}

MISSING = {
    "user_uuid": "CREATE TABLE users (uuid uuid PRIMARY KEY);\nCREATE TABLE o (user_uuid uuid);",
    "owner_uuid of a key called id": "CREATE TABLE owners (id uuid PRIMARY KEY);\nCREATE TABLE o (owner_uuid uuid);",
    "userId": 'CREATE TABLE "User" (id text PRIMARY KEY);\nCREATE TABLE o ("userId" text);',
    "parent_id": "CREATE TABLE nodes (id bigint PRIMARY KEY);\nALTER TABLE nodes ADD COLUMN parent_id bigint;",
    "a table of another schema": "CREATE TABLE app.users (id bigint PRIMARY KEY);\n"
    "CREATE TABLE shop.o (user_id bigint);",
    "the nearer of two": (
        "CREATE TABLE a.users (id uuid PRIMARY KEY); CREATE TABLE b.users (id bigint PRIMARY KEY);\n"
        "CREATE TABLE b.o (user_id bigint);"
    ),
    "a new column of a table that no file makes": USERS + "ALTER TABLE legacy ADD COLUMN user_id bigint;",
}
NO_REFERENCE = {
    "a type beside it": USERS + "CREATE TABLE o (user_id bigint, user_type text);",
    "parent_id of another type": "CREATE TABLE nodes (id bigint PRIMARY KEY);\n"
    "ALTER TABLE nodes ADD COLUMN parent_id text;",
    "one of two tables elsewhere": (
        "CREATE TABLE a.users (id bigint PRIMARY KEY); CREATE TABLE b.users (id bigint PRIMARY KEY);\n"
        "CREATE TABLE c.o (user_id bigint);"
    ),
    "another word before it": USERS + "CREATE TABLE o (external_user_id bigint);",
    "the table's own name": "CREATE TABLE calendars (id text PRIMARY KEY, calendar_id text);",
    "a view": "CREATE VIEW users AS SELECT 1::bigint AS id;\nCREATE TABLE o (user_id bigint);",
    "a temporary target": "CREATE TEMP TABLE users (id bigint PRIMARY KEY);\nCREATE TABLE o (user_id bigint);",
    "a list": USERS + "CREATE TABLE o (user_id bigint[]);",
    "Id at the end of a word": 'CREATE TABLE pa (id int PRIMARY KEY);\nCREATE TABLE o (paid int, "PAID" int, id int);',
}


@pytest.mark.parametrize("name", UNINDEXED)
def test_a_foreign_key_without_an_index_is_found(tmp_path: Path, name: str) -> None:
    """Once."""
    assert [rule for rule, _ in rules_in(tmp_path, UNINDEXED[name], *RULES)] == ["unindexed-foreign-key"]


@pytest.mark.parametrize("name", INDEXED)
def test_one_that_is_indexed_or_may_be_is_not(tmp_path: Path, name: str) -> None:
    """Wherever the index comes from."""
    assert rules_in(tmp_path, INDEXED[name], *RULES) == []


@pytest.mark.parametrize("name", MISSING)
def test_a_column_that_looks_like_a_reference_is_found(tmp_path: Path, name: str) -> None:
    """By the table that it names, at its line: the last."""
    sql = MISSING[name]

    assert rules_in(tmp_path, sql, *RULES) == [("missing-foreign-key", sql.count("\n") + 1)]


@pytest.mark.parametrize("name", NO_REFERENCE)
def test_what_may_be_something_else_is_not(tmp_path: Path, name: str) -> None:
    """Nothing is said where nobody can know which table is meant."""
    assert rules_in(tmp_path, NO_REFERENCE[name], *RULES) == []


@pytest.mark.parametrize("name", ["idx_o_user_id", "idx_o_userid", '"idx_o_userId"', "idx_o_user_id_again"])
def test_an_index_of_a_column_in_quotes_needs_none(tmp_path: Path, name: str) -> None:
    """In lower case, with underscores or as the column is written."""
    sql = f'CREATE TABLE IF NOT EXISTS o ("userId" text);\nCREATE INDEX IF NOT EXISTS {name} ON o ("userId");'

    assert rules_in(tmp_path, sql, "index-name") == []


def test_the_name_that_is_proposed_needs_no_quotes(tmp_path: Path) -> None:
    """Whatever the table and its column are called."""
    sql = 'CREATE TABLE "Order" ("userId" text REFERENCES users);\nCREATE INDEX bad ON "Order" ("userId");'

    fixes = [item.fix for item in found_in(tmp_path, sql) if item.rule == "index-name"]

    assert fixes == ['CREATE INDEX idx_order_user_id ON "Order" ("userId");']


def test_what_is_proposed_for_a_table_that_was_there_keeps_nobody_waiting(tmp_path: Path) -> None:
    """It may have any number of rows."""
    sql = "ALTER TABLE legacy ADD COLUMN user_id bigint REFERENCES users, ADD COLUMN team_id bigint;\n"
    tables = f"{USERS}CREATE TABLE teams (id bigint PRIMARY KEY);\n"

    found = found_in(tmp_path, {"shop/create_tables.sql": tables, "shop/0001_it.sql": sql})

    fixes = {item.rule: item.fix or "" for item in found if item.rule in RULES}
    assert fixes["unindexed-foreign-key"] == (
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_legacy_user_id ON legacy (user_id);"
    )
    assert fixes["missing-foreign-key"].startswith(
        "ALTER TABLE legacy ADD CONSTRAINT legacy_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams (id) NOT VALID;"
    )


def test_words_of_the_search_path_that_differ_from_role_to_role_are_no_schema(tmp_path: Path) -> None:
    """`"$user"` is PostgreSQL's own default: a table goes into the next schema."""
    settings = GuidelineSettings(search_path=("$user", "public"))
    comments = "COMMENT ON TABLE public.users IS 'x';\nCOMMENT ON COLUMN public.users.id IS 'x';"

    found = found_in(tmp_path, USERS.replace("TABLE", "TABLE IF NOT EXISTS") + comments, settings)

    assert found == []


def test_an_index_that_is_no_help_is_named(tmp_path: Path) -> None:
    """Nobody is told that there is none who sees one in the file."""
    useless = "CREATE INDEX useful_for_some ON orders (user_id) WHERE id > 7;"

    (found,) = (item for item in found_in(tmp_path, USERS + ORDERS + KEY + useless) if item.rule == RULES[0])

    assert "useful_for_some" in found.evidence
    assert "WHERE" in found.evidence
