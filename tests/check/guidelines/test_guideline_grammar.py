"""IF NOT EXISTS, OR REPLACE and IF EXISTS wherever PostgreSQL has them: what is found fails twice, its fix does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from seltzer.claims.guidelines.judging import judge_files
from seltzer.claims.guidelines.settings import GuidelineSettings
from seltzer.source.discover import discover

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.claims.finding import Finding
    from support import Database

BASE = """
    CREATE TABLE t (id int PRIMARY KEY, a int, b int DEFAULT 1, c int GENERATED ALWAYS AS IDENTITY,
        d int GENERATED ALWAYS AS (1) STORED, CONSTRAINT k CHECK (a > 0));
    CREATE TYPE mood AS ENUM ('sad');
    CREATE TYPE pair AS (x int, y int);
    CREATE DOMAIN positive AS int CONSTRAINT more CHECK (VALUE > 0);
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TEXT SEARCH CONFIGURATION words (COPY = english);
    CREATE FOREIGN DATA WRAPPER w;
    CREATE SERVER away FOREIGN DATA WRAPPER w;
"""

CREATED = [
    "CREATE TABLE made (id int)",
    "CREATE UNLOGGED TABLE made (id int)",
    "CREATE TABLE made AS SELECT 1 AS a",
    "CREATE /* of two */ TABLE -- names\n made (id int)",
    "CREATE FOREIGN TABLE made (id int) SERVER away",
    "CREATE MATERIALIZED VIEW made AS SELECT 1 AS a",
    "CREATE INDEX idx_t_a ON t (a)",
    "CREATE INDEX ON t (a, b)",
    "CREATE UNIQUE INDEX idx_t_b ON t (b)",
    "CREATE INDEX CONCURRENTLY idx_t_a ON t (a)",
    "CREATE SCHEMA made",
    "CREATE SCHEMA AUTHORIZATION postgres",
    "CREATE SEQUENCE made START 5",
    "CREATE EXTENSION plpgsql",
    "CREATE EXTENSION plpgsql WITH SCHEMA pg_catalog",
    "CREATE STATISTICS made ON a, b FROM t",
    "CREATE STATISTICS ON a, b FROM t",
    'CREATE COLLATION made FROM "C"',
    "CREATE SERVER made FOREIGN DATA WRAPPER w",
    "CREATE USER MAPPING FOR CURRENT_USER SERVER away",
    "ALTER TABLE t ADD COLUMN e int",
    "ALTER TABLE t ADD e int, ADD COLUMN f int, ALTER a DROP DEFAULT",
    "ALTER TYPE mood ADD VALUE 'glad'",
]
REPLACED = [
    "CREATE VIEW made AS SELECT 1 AS a",
    "CREATE RECURSIVE VIEW made (n) AS SELECT 1",
    "CREATE FUNCTION made() RETURNS int LANGUAGE sql RETURN 1",
    "CREATE PROCEDURE made() LANGUAGE sql AS 'SELECT 1'",
    "CREATE AGGREGATE made(int) (SFUNC = int4pl, STYPE = int)",
    "CREATE TRIGGER made BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION touch()",
    "CREATE RULE made AS ON DELETE TO t DO INSTEAD NOTHING",
    "CREATE LANGUAGE made HANDLER plpgsql_call_handler",
    "CREATE TRANSFORM FOR mood LANGUAGE plpgsql (FROM SQL WITH FUNCTION prsd_lextype(internal))",
]
DROPPED = [
    "DROP TABLE t",
    "DROP TABLE t CASCADE",
    "DROP TYPE mood, pair",
    "DROP DOMAIN positive",
    "DROP FUNCTION touch()",
    "DROP INDEX CONCURRENTLY made",
    "DROP SERVER away",
    "DROP FOREIGN DATA WRAPPER w CASCADE",
    "DROP TEXT SEARCH CONFIGURATION words",
    "DROP ROLE made_up_role",
    "ALTER TABLE t DROP COLUMN a",
    "ALTER TABLE t DROP a, DROP CONSTRAINT t_pkey, ALTER b DROP DEFAULT, ALTER COLUMN b DROP NOT NULL",
    "ALTER TABLE t DROP CONSTRAINT k",
    "ALTER TABLE t ALTER c DROP IDENTITY",
    "ALTER TABLE t ALTER COLUMN d DROP EXPRESSION",
    "ALTER TYPE pair DROP ATTRIBUTE x",
    "ALTER DOMAIN positive DROP CONSTRAINT more",
    "ALTER TEXT SEARCH CONFIGURATION words DROP MAPPING FOR word",
]
WITHOUT = [
    "CREATE TYPE made AS ENUM ('a')",
    "CREATE TYPE made AS (x int)",
    "CREATE DOMAIN made AS int",
    "CREATE ROLE made_up_role",
    "CREATE POLICY made ON t",
    "CREATE PUBLICATION made",
    "CREATE EVENT TRIGGER made ON ddl_command_end EXECUTE FUNCTION ended()",
    "CREATE CAST (mood AS int) WITH INOUT",
    "CREATE FOREIGN DATA WRAPPER made",
    "CREATE TEXT SEARCH CONFIGURATION made (COPY = english)",
    "CREATE CONSTRAINT TRIGGER made AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION touch()",
    "CREATE SCHEMA made CREATE TABLE inside (id int)",
    "CREATE OPERATOR CLASS made FOR TYPE int4 USING btree AS OPERATOR 1 <, FUNCTION 1 btint4cmp(int4, int4)",
    "ALTER TABLE t ADD CONSTRAINT more CHECK (b > 0)",
    "ALTER TYPE pair ADD ATTRIBUTE z int",
    "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'",
    "ALTER TABLE t ALTER COLUMN b DROP DEFAULT, ALTER COLUMN b DROP NOT NULL",
]
TEMPORARY = [
    "CREATE TEMP TABLE made (id int)",
    "CREATE TEMPORARY VIEW made AS SELECT 1 AS a",
    "CREATE TEMP SEQUENCE made",
    "CREATE TEMP TABLE made AS SELECT 1 AS a",
]
REPEATABLE = {
    "a drop before": "DROP TABLE IF EXISTS made; CREATE TABLE made (id int);",
    "a drop of the schema before": "DROP SCHEMA IF EXISTS r CASCADE; CREATE SCHEMA r; CREATE TABLE r.made (id int);",
    "a drop of the column before": "ALTER TABLE t DROP COLUMN IF EXISTS e; ALTER TABLE t ADD COLUMN e int;",
    "a drop of the view before": "DROP VIEW IF EXISTS made; CREATE VIEW made AS SELECT 1 AS a;",
}
RULES = {"missing-if-not-exists", "missing-or-replace", "missing-if-exists"}


def found_in(folder: Path, sql: str) -> list[Finding]:
    """What the three rules find in a file that runs once."""
    (folder / "m").mkdir()
    (folder / "m" / "0001_it.sql").write_text(sql)
    judgements = judge_files(discover(folder), GuidelineSettings()).judgements
    return [item for judgement in judgements for item in judgement.findings if item.rule in RULES]


def run(database: Database, *statements: str) -> str:
    """Run statements one by one; the SQLSTATE of the one that failed, or nothing."""
    with database.connect() as conn:
        try:
            for statement in statements:
                conn.execute(statement.encode())
        except psycopg.Error as error:
            return error.sqlstate or "failed"
    return ""


@pytest.mark.parametrize("statement", [*CREATED, *REPLACED])
def test_a_create_that_fails_twice_is_found_and_its_fix_does_not(
    database: Database, tmp_path: Path, statement: str
) -> None:
    """The server takes the statement once at most, and what is proposed as often as one likes."""
    found = found_in(tmp_path, f"{statement};")

    assert [item.rule for item in found] == ["missing-or-replace" if statement in REPLACED else "missing-if-not-exists"]
    assert run(database, BASE) == ""
    assert run(database, found[0].fix or "", found[0].fix or "") == ""
    assert " ON t (a, b)" in statement or " ON a, b" in statement or run(database, statement) != ""


@pytest.mark.parametrize("statement", DROPPED)
def test_a_drop_that_fails_twice_is_found_and_its_fix_does_not(
    database: Database, tmp_path: Path, statement: str
) -> None:
    """Likewise; the fix drops what is there, and passes over what is not."""
    found = found_in(tmp_path, f"{statement};")

    assert [item.rule for item in found] == ["missing-if-exists"]
    assert run(database, BASE) == ""
    assert run(database, found[0].fix or "", found[0].fix or "") == ""
    assert run(database, statement) != ""


@pytest.mark.parametrize("statement", WITHOUT)
def test_what_has_no_such_words_is_not_found(tmp_path: Path, statement: str) -> None:
    """PostgreSQL has no way to say it, so nobody is asked to."""
    assert found_in(tmp_path, f"{statement};") == []


@pytest.mark.parametrize("statement", TEMPORARY)
def test_what_ends_with_the_session_is_not_found(tmp_path: Path, statement: str) -> None:
    """It is never there when the migration runs again."""
    assert found_in(tmp_path, f"{statement};") == []


@pytest.mark.parametrize("name", REPEATABLE)
def test_what_is_dropped_before_can_be_created_again(database: Database, tmp_path: Path, name: str) -> None:
    """The file itself makes room, and runs twice."""
    assert found_in(tmp_path, REPEATABLE[name]) == []
    assert run(database, BASE) == ""
    assert run(database, REPEATABLE[name], REPEATABLE[name]) == ""
