"""A file that makes room for what it creates, or drops what it made itself, can be run again as it stands."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psycopg
import pytest

from check.guidelines.guideline_files import rules_in

if TYPE_CHECKING:
    from pathlib import Path

    from support import Database

RULES = ("missing-if-not-exists", "missing-or-replace", "missing-if-exists")
BASE = """
    CREATE TABLE t (id int PRIMARY KEY, a int);
    CREATE TABLE other (a int);
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE FUNCTION f(a text) RETURNS text LANGUAGE sql AS 'SELECT a';
    CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION touch();
    CREATE FOREIGN DATA WRAPPER w;
    CREATE SERVER s FOREIGN DATA WRAPPER w;
    CREATE USER MAPPING FOR CURRENT_USER SERVER s;
    CREATE INDEX made ON t (a);
"""
REPEATABLE = {
    "an index of a view that was dropped": (
        "DROP MATERIALIZED VIEW IF EXISTS v; CREATE MATERIALIZED VIEW v AS SELECT 1 AS a;"
        "CREATE UNIQUE INDEX i ON v (a);"
    ),
    "what is on a table that was dropped": (
        "DROP TABLE IF EXISTS n; CREATE TABLE n (id int); CREATE INDEX i ON n (id); ALTER TABLE n ADD COLUMN a int;"
        "CREATE TRIGGER y BEFORE INSERT ON n FOR EACH ROW EXECUTE FUNCTION touch();"
    ),
    "a trigger": (
        "DROP TRIGGER IF EXISTS x ON t; CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION touch();"
    ),
    "a column in one command": "ALTER TABLE t DROP COLUMN IF EXISTS a, ADD COLUMN a text;",
    "a user mapping": "DROP USER MAPPING IF EXISTS FOR CURRENT_USER SERVER s;"
    "CREATE USER MAPPING FOR CURRENT_USER SERVER s;",
    "a user mapping of a server": (
        "DROP SERVER IF EXISTS s CASCADE; CREATE SERVER s FOREIGN DATA WRAPPER w;"
        "CREATE USER MAPPING FOR CURRENT_USER SERVER s;"
    ),
    "a temporary table": "CREATE TEMP TABLE n (id int); DROP TABLE n;",
    "a temporary table from a query": "CREATE TEMPORARY TABLE n AS SELECT 1 AS a; DROP TABLE n;",
    "a temporary table that a query makes": "SELECT 1 AS a INTO TEMP n; DROP TABLE n;",
    "a temporary sequence": "CREATE TEMP SEQUENCE n; DROP SEQUENCE n;",
    "what is on a temporary table": (
        "CREATE TEMP TABLE n (id int, b int); CREATE INDEX ON n (id); ALTER TABLE n ADD COLUMN a int;"
        "ALTER TABLE n DROP COLUMN b; DROP TABLE pg_temp.n;"
    ),
    "a table of the session's schema": "CREATE TABLE pg_temp.n (id int); DROP TABLE pg_temp.n;",
    "a view of the session's schema": "CREATE VIEW pg_temp.n AS SELECT 1 AS a; DROP VIEW pg_temp.n;",
    "a function of the session": "CREATE FUNCTION pg_temp.g() RETURNS int LANGUAGE sql RETURN 1;"
    "DROP FUNCTION pg_temp.g();",
    "a table of the file's own": "CREATE TABLE IF NOT EXISTS n (id int); DROP TABLE n;",
    "a function of the file's own": (
        "CREATE OR REPLACE FUNCTION g(a int) RETURNS int LANGUAGE sql RETURN 1; DROP FUNCTION g(integer);"
    ),
    "a constraint of the file's own": "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0); ALTER TABLE t DROP CONSTRAINT c;",
    "a column of the file's own": "ALTER TABLE t ADD COLUMN IF NOT EXISTS n int; ALTER TABLE t DROP COLUMN n;",
    "a type of the file's own": "CREATE TYPE m AS ENUM ('a'); DROP TYPE m;",
    "a table under another name": (
        "CREATE TABLE IF NOT EXISTS n (id int); ALTER TABLE n RENAME TO old; DROP TABLE old;"
    ),
}
FAILING = {
    "a trigger of another table": (
        "DROP TRIGGER IF EXISTS x ON other; CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION touch();",
        "missing-or-replace",
    ),
    "a function of other arguments": (
        "DROP FUNCTION IF EXISTS f(int); CREATE FUNCTION f(a text) RETURNS text LANGUAGE sql AS 'SELECT a';",
        "missing-or-replace",
    ),
    "something else of that name": ("DROP INDEX IF EXISTS made; CREATE TABLE made (id int);", "missing-if-not-exists"),
    "a column of another table": (
        "ALTER TABLE other DROP COLUMN IF EXISTS a; ALTER TABLE t ADD COLUMN a int;",
        "missing-if-not-exists",
    ),
    "a table beside a temporary one": ("CREATE TEMP TABLE n (id int); DROP TABLE public.n;", "missing-if-exists"),
    "an index of another table": (
        "CREATE TEMP TABLE n (id int); CREATE INDEX made ON t (id);",
        "missing-if-not-exists",
    ),
}


def run(database: Database, *texts: str) -> str:
    """Run texts, each in a session of its own; the SQLSTATE of the one that failed, or nothing."""
    for text in texts:
        with database.connect() as conn:
            try:
                conn.execute(text.encode())
            except psycopg.Error as error:
                return error.sqlstate or "failed"
    return ""


@pytest.mark.parametrize("name", REPEATABLE)
def test_what_the_file_makes_room_for_is_no_finding(database: Database, tmp_path: Path, name: str) -> None:
    """PostgreSQL takes it twice, each time in a session of its own."""
    assert rules_in(tmp_path, {"m/0001_it.sql": REPEATABLE[name]}, *RULES) == []

    assert run(database, BASE, REPEATABLE[name], REPEATABLE[name]) == ""


@pytest.mark.parametrize("name", FAILING)
def test_what_it_makes_no_room_for_is_one(database: Database, tmp_path: Path, name: str) -> None:
    """PostgreSQL refuses it, the first time or the second."""
    sql, rule = FAILING[name]

    assert rules_in(tmp_path, {"m/0001_it.sql": sql}, *RULES) == [(rule, 1)]
    assert run(database, BASE, sql, sql) != ""


def test_a_dump_of_thousands_of_statements_is_read_in_seconds(tmp_path: Path) -> None:
    """Each statement asks what the file did before: that is looked up, not searched."""
    text = "".join(f"CREATE TABLE t{number} (id int);\nDROP TABLE t{number};\n" for number in range(1500))
    began = time.process_time()

    found = rules_in(tmp_path, {"m/0001_it.sql": text}, *RULES)

    assert {rule for rule, _ in found} == {"missing-if-not-exists"}
    assert time.process_time() - began < 5
