"""Atomic: planted defects that a fault brings to light, and their correct twins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.claims.finding import Severity, Verdict

if TYPE_CHECKING:
    from seltzer.claims.finding import Judgement
    from check.trials import Checked

CONNECTS = (
    "import psycopg2\nfrom shared.config import config\n\n\n"
    "def connected():\n"
    "    return psycopg2.connect(\n"
    "        dbname=config.DB_NAME, user=config.DB_USER, password=config.DB_PASSWORD, host=config.DB_HOST,\n"
    "        port=config.DB_PORT,\n"
    "    )\n\n\n"
)
CONFIG = {"../shared/config.py": "raise RuntimeError('not configured here')\n"}


def judged(checked: Checked, files: dict[str, str], id_: str = "users/0002_it") -> Judgement:
    """What the claim comes to for one migration, behind a module's first day."""
    first = {"users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, n int);\n"}
    return checked.write({**CONFIG, **first, **files}).judge(id_, "atomic")


def runner(body: str) -> dict[str, str]:
    """A module whose runner connects by itself."""
    return {"audit/__init__.py": f"{CONNECTS}def run_migration():\n    conn = connected()\n{body}"}


SQL_TWINS = {
    "statements": "CREATE TABLE a ();\nINSERT INTO users VALUES (1);\nALTER TABLE users ADD COLUMN m int; -- behind\n",
    "a transaction of its own around everything": "SET lock_timeout = '1s';\nBEGIN;\nCREATE TABLE a ();\nCREATE TABLE b ();\nCOMMIT;\n",
    "savepoints": "CREATE TABLE a ();\nSAVEPOINT s;\nCREATE TABLE b ();\nROLLBACK TO s;\nCREATE TABLE c ();\n",
    "a block": "DO $$ BEGIN CREATE TABLE a (); INSERT INTO users VALUES (1); END $$;\n",
    "a sequence": "CREATE SEQUENCE s;\nSELECT nextval('s');\nCREATE TABLE a ();\n",
    "an index built beside writes": "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON users (n);\n",
    "two indexes": "CREATE INDEX CONCURRENTLY i ON users (n);\nCREATE INDEX CONCURRENTLY j ON users (id, n);\n",
    "an index after other statements": "CREATE TABLE a (n int);\nINSERT INTO a VALUES (1);\nCREATE INDEX CONCURRENTLY i ON a (n);\n",
    "VACUUM": "INSERT INTO users VALUES (1);\nVACUUM users;\n",
    "a value of an enum": "CREATE TYPE mood AS ENUM ('sad');\nCREATE TABLE m (m mood);\nALTER TYPE mood ADD VALUE 'glad';\nINSERT INTO m VALUES ('glad');\n",
    "a commit that is needed": "BEGIN;\nCREATE TABLE a (n int);\nCOMMIT;\nCREATE INDEX CONCURRENTLY i ON a (n);\nBEGIN;\nCREATE TABLE b ();\nCOMMIT;\n",
}


@pytest.mark.parametrize("text", SQL_TWINS.values(), ids=SQL_TWINS.keys())
def test_sql_that_keeps_the_promise(checked: Checked, text: str) -> None:
    """Nothing is said against it."""
    found = judged(checked, {"users/0002_it.sql": text})

    assert (found.verdict, found.findings) == (Verdict.PROVEN, ()), found


SQL_DEFECTS = {
    "a commit in the middle": ("CREATE TABLE a ();\nCOMMIT;\nCREATE TABLE b ();\n", "needless-commit", 2),
    "two transactions": (
        "BEGIN;\nCREATE TABLE a ();\nCOMMIT;\nBEGIN;\nCREATE TABLE b ();\nCOMMIT;\n",
        "needless-commit",
        3,
    ),
    "a transaction chained to the next": (
        "BEGIN;\nCREATE TABLE a ();\nCOMMIT AND CHAIN;\nCREATE TABLE b ();\nCOMMIT;\n",
        "needless-commit",
        3,
    ),
    "transaction = off": (
        "-- seltzer: transaction = off\nCREATE TABLE a ();\nINSERT INTO users VALUES (1);\n",
        "needless-commit",
        1,
    ),
    "a commit beside an index that needs it": (
        "BEGIN;\nCREATE TABLE a (n int);\nCOMMIT;\nBEGIN;\nCREATE TABLE b ();\nCOMMIT;\nCREATE INDEX CONCURRENTLY i ON a (n);\n",
        "needless-commit",
        3,
    ),
    "a block that commits": (
        "DO $$\nBEGIN\n  CREATE TABLE a ();\n  COMMIT;\n  CREATE TABLE b ();\nEND $$;\n",
        "needless-commit",
        1,
    ),
    "a block that commits and cannot go on": (
        "DO $$\nBEGIN\n  CREATE TABLE a ();\n  COMMIT;\n  CREATE TABLE b ();\nEND $$;\n",
        "does-not-resume",
        1,
    ),
    "a block that commits and does it twice": (
        "DO $$\nBEGIN\n  INSERT INTO users VALUES ((SELECT count(*) FROM users), 1);\n  COMMIT;\n"
        "  INSERT INTO users VALUES ((SELECT count(*) FROM users), 2);\nEND $$;\n",
        "does-not-resume",
        1,
    ),
    "a procedure of its own that commits": (
        "-- seltzer: transaction = off\n"
        "CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$\nBEGIN\n  INSERT INTO users VALUES (1);\n  COMMIT;\n"
        "  INSERT INTO users VALUES (2);\nEND $$;\nCALL fill();\n",
        "needless-commit",
        8,
    ),
    "a statement that cannot run twice, alone": (
        "DO $$\nBEGIN\n  UPDATE users SET n = n + 1;\n  COMMIT;\n  INSERT INTO users VALUES (1, 1);\n  COMMIT;\n"
        "  CREATE INDEX i ON users (n);\nEND $$;\n",
        "does-not-resume",
        1,
    ),
}


@pytest.mark.parametrize(("text", "rule", "line"), SQL_DEFECTS.values(), ids=SQL_DEFECTS.keys())
def test_sql_that_does_not(checked: Checked, text: str, rule: str, line: int) -> None:
    """The finding names the line and says what to do."""
    found = judged(checked, {"users/0002_it.sql": text})

    assert found.verdict is Verdict.REFUTED, found
    finding = {each.rule: each for each in found.findings}[rule]
    assert (finding.line, finding.severity) == (line, Severity.ERROR)
    assert finding.file.name == "0002_it.sql"
    assert finding.fix


def test_a_procedure_that_was_there_before_and_commits(checked: Checked) -> None:
    """It is left as it was by the trial: only the copy loses its COMMIT."""
    there = (
        "CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$\nBEGIN\n  INSERT INTO users VALUES (1);\n  COMMIT;\nEND $$;\n"
    )
    text = "-- seltzer: transaction = off\nCALL fill();\nCREATE TABLE a ();\n"

    found = judged(checked, {"users/0001_there.sql": there, "users/0002_it.sql": text})

    assert "needless-commit" in {each.rule for each in found.findings}
