"""What files say of each other's tables, views and types, in whichever order of modules they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from check.guidelines.guideline_files import found_in

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "CREATE TABLE IF NOT EXISTS t (id int);\n"
COMMENTS = "COMMENT ON TABLE t IS 'x';\nCOMMENT ON COLUMN t.id IS 'y';\n"

SETTLED: dict[str, dict[str, str]] = {
    "a table that is dropped": {"b/0001_it.sql": TABLE, "a/0002_it.sql": "DROP TABLE IF EXISTS t;"},
    "one that others change before": {
        "b/0001_it.sql": TABLE,
        "a/0002_it.sql": "DROP TABLE IF EXISTS t;",
        "c/0001_it.sql": "ALTER TABLE t ADD COLUMN IF NOT EXISTS n int;",
    },
    "a column that is dropped": {
        "b/0001_it.sql": TABLE.replace("id int", "id int, n int") + COMMENTS,
        "a/0002_it.sql": "ALTER TABLE t DROP COLUMN IF EXISTS n;",
    },
    "a table that is made again": {
        "a/0001_it.sql": TABLE,
        "a/0002_it.sql": "DROP TABLE IF EXISTS t;",
        "a/0003_it.sql": TABLE + COMMENTS,
    },
    "a view": {"b/it.sql": "CREATE OR REPLACE VIEW v AS SELECT 1 AS a;", "a/it.sql": "COMMENT ON VIEW v IS 'x';"},
    "a function": {
        "b/it.sql": "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1;",
        "a/it.sql": "COMMENT ON FUNCTION f() IS 'x';",
    },
    "a type": {"b/0001_it.sql": "CREATE TYPE m AS ENUM ('a');", "a/0001_it.sql": "COMMENT ON TYPE m IS 'x';"},
    "a materialized view and its index": {
        "b/it.sql": "CREATE MATERIALIZED VIEW IF NOT EXISTS v AS SELECT 1 AS a;",
        "a/it.sql": "COMMENT ON MATERIALIZED VIEW v IS 'x';\nCREATE INDEX IF NOT EXISTS idx_v_a ON v (a);",
    },
    "a table with another name": {
        "c/0001_it.sql": TABLE,
        "b/0001_it.sql": "ALTER TABLE t RENAME TO u;",
        "a/0001_it.sql": COMMENTS.replace(" t", " u"),
    },
    "a schema with another name": {
        "a/0001_it.sql": TABLE.replace(" t ", " old.t "),
        "a/0002_it.sql": "ALTER SCHEMA old RENAME TO new;",
        "a/0003_it.sql": COMMENTS.replace(" t", " new.t"),
    },
    "a search path that is taken back": {
        "a/0001_it.sql": f"SET search_path TO app;\nRESET search_path;\n{TABLE}{COMMENTS.replace(' t', ' public.t')}"
    },
    "a search path that is the default again": {
        "a/0001_it.sql": "SET search_path TO app;\nSET search_path TO DEFAULT;\n"
        f"{TABLE}{COMMENTS.replace(' t', ' public.t')}"
    },
    "all settings taken back": {
        "a/0001_it.sql": f"SET search_path TO app;\nRESET ALL;\n{TABLE}{COMMENTS.replace(' t', ' public.t')}"
    },
    "a search path by a call": {
        "a/0001_it.sql": "SELECT pg_catalog.set_config('search_path', '\"$user\", app', true);\n"
        f"{TABLE}{COMMENTS.replace(' t', ' app.t')}"
    },
    "no search path at all, as a dump has it": {
        "a/0001_it.sql": "SELECT pg_catalog.set_config('search_path', '', false);\n"
        f"{TABLE.replace(' t ', ' public.t ')}{COMMENTS.replace(' t', ' public.t')}"
    },
    "a table of no file, whose new column is described": {
        "a/0001_it.sql": "ALTER TABLE legacy ADD COLUMN IF NOT EXISTS n int;\nCOMMENT ON COLUMN legacy.n IS 'x';"
    },
}
LEFT: dict[str, tuple[dict[str, str], list[str]]] = {
    "an index that is dropped": (
        {
            "b/0001_it.sql": TABLE + COMMENTS + "CREATE TABLE IF NOT EXISTS u (id int PRIMARY KEY);\n"
            "COMMENT ON TABLE u IS 'x';\nCOMMENT ON COLUMN u.id IS 'x';\n"
            "ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES u;\nCREATE INDEX IF NOT EXISTS idx_t_id ON t (id);",
            "a/0001_it.sql": "DROP INDEX IF EXISTS idx_t_id;",
        },
        ["unindexed-foreign-key"],
    ),
    "a new column of a table that no file makes": (
        {"a/0001_it.sql": 'ALTER TABLE "Legacy" ADD COLUMN IF NOT EXISTS n int;'},
        ["undocumented-column"],
    ),
    "a table that a query makes": (
        {"a/0001_it.sql": "SELECT 1 AS a INTO made UNION SELECT 2;"},
        ["undocumented-table"],
    ),
    "what stands inside of CREATE SCHEMA": (
        {"a/0001_it.sql": "CREATE SCHEMA s CREATE TABLE t (id int) CREATE VIEW v AS SELECT 1 AS a;"},
        ["undocumented-column", "undocumented-table", "undocumented-view"],
    ),
    "Python with a comment of its own": (
        {
            "a/0001_it.sql": TABLE,
            "a/0002_it.py": "# A comment about t and id.\ndef apply(conn):\n    conn.execute('DELETE FROM t')\n",
        },
        ["undocumented-column", "undocumented-table"],
    ),
}


@pytest.mark.parametrize("name", SETTLED)
def test_what_another_file_settles_is_no_finding(tmp_path: Path, name: str) -> None:
    """Whichever module's name comes first."""
    assert [(item.rule, item.message) for item in found_in(tmp_path, SETTLED[name])] == []


@pytest.mark.parametrize("name", LEFT)
def test_what_no_file_settles_is_one(tmp_path: Path, name: str) -> None:
    """And nothing else is found."""
    files, rules = LEFT[name]

    assert sorted(item.rule for item in found_in(tmp_path, files)) == rules
