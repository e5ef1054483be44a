"""`idempotent` for each kind of migration: how much it matters, Python, runners, steps, what a shadow lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer import Migrations
from seltzer.claims.finding import Verdict
from seltzer.model import Severity

if TYPE_CHECKING:
    from check.trials import Checked
    from seltzer.claims.finding import Judgement
    from seltzer.server import Binaries

_RUNNER = '''
from pathlib import Path

import psycopg2

from shared.config import config


def run_migration():
    conn = psycopg2.connect(host=config.DB_HOST, port=config.DB_PORT, dbname=config.DB_NAME,
        user=config.DB_USER, password=config.DB_PASSWORD)
    conn.autocommit = True
    with conn.cursor() as cursor:
        cursor.execute((Path(__file__).parent / "create_tables.sql").read_text())
        cursor.execute("""{more}""")
    conn.close()
'''
_CONFIG = """
import os
from types import SimpleNamespace

config = SimpleNamespace(**{name: os.environ.get(name) for name in ("DB_HOST", "DB_PORT", "DB_NAME", "DB_USER",
    "DB_PASSWORD")})
"""
_JOINED = """
from pathlib import Path

import seltzer


def run_migration():
    seltzer.execute_sql_file(Path(__file__).parent / "create_tables.sql")
"""
_PYTHON = """
def apply(conn):
    conn.execute("CREATE TABLE IF NOT EXISTS orders (id int PRIMARY KEY)")
    conn.execute("{more}")
"""


def _with_config(checked: Checked) -> Checked:
    (checked.root / "shared").mkdir(exist_ok=True)
    (checked.root / "shared" / "__init__.py").touch()
    (checked.root / "shared" / "config.py").write_text(_CONFIG)
    return checked


_TABLE = "CREATE TABLE IF NOT EXISTS orders (id int PRIMARY KEY);"


@pytest.mark.parametrize(
    ("more", "verdict", "said"),
    [
        ("CREATE TABLE lines (id int)", Verdict.REFUTED, 'relation "lines" already exists'),
        ("CREATE INDEX ON orders (id)", Verdict.REFUTED, "index public.orders_id_idx1 is new"),
        ("CREATE TABLE IF NOT EXISTS lines (id int)", Verdict.PROVEN, ""),
        ("CREATE INDEX IF NOT EXISTS i ON orders (id)", Verdict.PROVEN, ""),
    ],
)
def test_a_runner_with_a_connection_of_its_own_is_run_twice(
    checked: Checked, more: str, verdict: Verdict, said: str
) -> None:
    """As the original's: psycopg2, autocommit, `shared.config`; an error for it."""
    _with_config(checked).write({"a/__init__.py": _RUNNER.format(more=more), "a/create_tables.sql": _TABLE})

    found = checked.judge("a/run_migration", "idempotent")

    assert found.verdict is verdict, found
    assert [finding.severity for finding in found.findings] == [Severity.ERROR] * (verdict is Verdict.REFUTED)
    assert said in found.evidence


@pytest.mark.parametrize(
    ("text", "verdict"),
    [(_TABLE + "\nCREATE TABLE lines (id int);", Verdict.REFUTED), (_TABLE, Verdict.PROVEN)],
    ids=["planted", "twin"],
)
def test_a_runner_that_joins_the_run_is_run_twice(checked: Checked, text: str, verdict: Verdict) -> None:
    """The finding is in the SQL file that it executes."""
    checked.write({"a/__init__.py": _JOINED, "a/create_tables.sql": text})

    found = checked.judge("a/run_migration", "idempotent")

    assert found.verdict is verdict, found
    for finding in found.findings:
        assert (finding.file.name, finding.line) == ("create_tables.sql", 2)


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ("INSERT INTO orders VALUES (1)", Verdict.REFUTED),
        ("INSERT INTO orders VALUES (1) ON CONFLICT DO NOTHING", Verdict.PROVEN),
    ],
    ids=["planted", "twin"],
)
def test_python_is_run_twice(checked: Checked, more: str, verdict: Verdict) -> None:
    """A numbered file: a warning, for it runs once a database."""
    checked.write({"a/0001_orders.py": _PYTHON.format(more=more)})

    found = checked.judge("a/0001_orders", "idempotent")

    assert found.verdict is verdict, found
    assert [finding.severity for finding in found.findings] == [Severity.WARNING] * (verdict is Verdict.REFUTED)


def test_a_numbered_file_that_cannot_run_twice_is_a_warning(checked: Checked) -> None:
    """It is no error: it runs once a database, and says when it would run again."""
    checked.write({"a/0001_orders.sql": "CREATE TABLE orders (id int);"})

    (finding,) = checked.judge("a/0001_orders", "idempotent").findings

    assert (finding.severity, finding.rule) == (Severity.WARNING, "idempotent")
    assert "history" in finding.why


def test_every_statement_that_cannot_run_again_is_named(checked: Checked) -> None:
    """Not only the first: nobody wants to check once for each."""
    checked.write(
        {"a/tables.sql": "CREATE TABLE a (x int);\nCREATE TABLE IF NOT EXISTS b (x int);\nCREATE VIEW c AS SELECT 1;"}
    )

    findings = checked.judge("a/tables", "idempotent").findings

    assert [(finding.line, finding.fix) for finding in findings] == [
        (1, "CREATE TABLE IF NOT EXISTS a (x int);"),
        (3, "CREATE OR REPLACE VIEW c AS SELECT 1;"),
    ]


def test_what_stands_on_a_table_that_is_gone_is_written_so_that_it_helps(checked: Checked) -> None:
    """IF EXISTS at the column or IF NOT EXISTS at the index is no help where the file gave its table another name."""
    checked.write(
        {
            "shop/create_tables.sql": "CREATE TABLE IF NOT EXISTS jobs (id int, a int, b int);",
            "shop/0001_jobs.sql": "ALTER TABLE jobs DROP COLUMN a;\nALTER TABLE jobs ADD COLUMN IF NOT EXISTS c int;\n"
            "ALTER TABLE jobs ALTER COLUMN b TYPE bigint;\nCREATE INDEX jobs_b ON jobs (b);\n"
            "ALTER TABLE jobs RENAME TO tasks;",
        }
    )

    findings = checked.judge("shop/0001_jobs", "idempotent").findings

    fixes = [finding.fix for finding in findings]
    assert fixes == [
        "ALTER TABLE IF EXISTS jobs DROP COLUMN a;",
        "ALTER TABLE IF EXISTS jobs ADD COLUMN IF NOT EXISTS c int;",
        "ALTER TABLE IF EXISTS jobs ALTER COLUMN b TYPE bigint;",
        None,
        "ALTER TABLE IF EXISTS jobs RENAME TO tasks;",
    ]


def test_every_statement_that_does_something_again_is_named(checked: Checked) -> None:
    """Each with what is its own, and the name that PostgreSQL gave to it the first time."""
    checked.write(
        {
            "a/create_tables.sql": "CREATE TABLE IF NOT EXISTS a (x int);\nCREATE TABLE IF NOT EXISTS b (y int);",
            "a/keys.sql": "ALTER TABLE a ADD UNIQUE (x);\nCREATE INDEX ON b (y);\nSELECT 1;",
        }
    )

    findings = checked.judge("a/keys", "idempotent").findings

    assert [finding.line for finding in findings] == [1, 2]
    assert "ADD CONSTRAINT a_x_key UNIQUE (x);" in (findings[0].fix or "")
    assert findings[1].fix == "CREATE INDEX IF NOT EXISTS b_y_idx ON b (y);"


def test_a_file_that_is_not_parsed_is_run_twice(checked: Checked) -> None:
    """Its whole text is one query; the finding speaks of the file."""
    checked.write({"a/tables.sql": "-- seltzer: parse = off\nCREATE TABLE a (x int);"})

    found = checked.judge("a/tables", "idempotent")

    assert (found.verdict, found.findings[0].fix) == (Verdict.REFUTED, None)


def test_what_the_shadow_lacks_is_no_finding(checked: Checked) -> None:
    """An extension that is not there says nothing about the file."""
    checked.write({"a/tables.sql": "CREATE EXTENSION IF NOT EXISTS no_such_extension;"})

    found = checked.judge("a/tables", "idempotent")

    assert (found.verdict, "no_such_extension" in found.evidence) == (Verdict.UNPROVEN, True)


def test_a_file_that_goes_step_by_step_begins_again_at_its_first_statement(checked: Checked) -> None:
    """The second run resumes nothing: the first was complete."""
    checked.write(
        {
            "a/create_tables.sql": _TABLE,
            "a/more.sql": "CREATE TABLE lines (id int);\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON orders (id);",
        }
    )

    (finding,) = checked.judge("a/more", "idempotent").findings

    assert (finding.line, finding.fix) == (1, "CREATE TABLE IF NOT EXISTS lines (id int);")


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("CREATE ROLE seltzer_reader;", Verdict.REFUTED),
        (
            "DO $$ BEGIN CREATE ROLE seltzer_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;",
            Verdict.PROVEN,
        ),
    ],
    ids=["planted", "twin"],
)
def test_roles_are_tried_on_a_server_of_their_own(
    checked: Checked, binaries: Binaries, text: str, verdict: Verdict
) -> None:
    """They belong to all databases of a server."""
    checked.write({"a/roles.sql": text})

    found = _judge_embedded(checked, binaries, "a/roles")

    assert found.verdict is verdict, found


def _judge_embedded(checked: Checked, binaries: Binaries, id_: str) -> Judgement:
    migrations = Migrations(checked.folder, shadow="embedded", server_version=binaries.major)
    (found,) = migrations.check(id_, only=["idempotent"]).judgements
    return found
