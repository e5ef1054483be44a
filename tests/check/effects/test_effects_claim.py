"""The claim `effects`: planted hazards are refuted with what to write instead, their twins stay silent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from seltzer import Migrations
from seltzer.claims.finding import Verdict
from seltzer.model import Severity

if TYPE_CHECKING:
    from check.trials import Checked
    from seltzer.claims.finding import Judgement

SHOP = """
CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, name text, age int NOT NULL DEFAULT 1, town text);
CREATE TABLE IF NOT EXISTS orders (id bigint NOT NULL, buyer bigint, amount int);
"""

_ADDED = "ALTER TABLE orders ADD CONSTRAINT amounts CHECK (amount > 0) NOT VALID"

# Each hazard with its rule, and the same change written so that nobody waits.
PAIRS = {
    "a default of its own for each row": (
        "rewrite",
        "ALTER TABLE users ADD COLUMN key uuid DEFAULT gen_random_uuid();",
        "ALTER TABLE users ADD COLUMN key uuid; ALTER TABLE users ALTER COLUMN key SET DEFAULT gen_random_uuid();",
    ),
    "another type": (
        "rewrite",
        "ALTER TABLE orders ALTER COLUMN amount TYPE bigint;",
        "ALTER TABLE users ALTER COLUMN name TYPE varchar;",
    ),
    "an index": (
        "index-build",
        "CREATE INDEX idx_users_name ON users (name);",
        "CREATE INDEX CONCURRENTLY idx_users_name ON users (name);",
    ),
    "an index that a new table has": (
        "index-build",
        "CREATE TABLE tags (name text); CREATE INDEX ON users (town);",
        "CREATE TABLE tags (name text); CREATE INDEX ON tags (name);",
    ),
    "a check": (
        "scan",
        "ALTER TABLE orders ADD CONSTRAINT amounts CHECK (amount > 0);",
        "ALTER TABLE orders ADD CONSTRAINT amounts CHECK (amount > 0) NOT VALID;",
    ),
    "a foreign key": (
        "scan",
        "ALTER TABLE orders ADD CONSTRAINT buyers FOREIGN KEY (buyer) REFERENCES users (id);",
        "ALTER TABLE orders ADD CONSTRAINT buyers FOREIGN KEY (buyer) REFERENCES users (id) NOT VALID;",
    ),
    "NOT NULL": (
        "scan",
        "ALTER TABLE users ALTER COLUMN town SET NOT NULL;",
        "ALTER TABLE users ALTER COLUMN age SET DEFAULT 2;",
    ),
    "a validation under the lock of its constraint": (
        "long-lock",
        f"{_ADDED};\nALTER TABLE orders VALIDATE CONSTRAINT amounts;",
        f"BEGIN; {_ADDED}; COMMIT;\nBEGIN; ALTER TABLE orders VALIDATE CONSTRAINT amounts; COMMIT;",
    ),
    "a backfill under the lock of its column": (
        "long-lock",
        "ALTER TABLE orders ADD COLUMN vat int;\nUPDATE orders SET vat = amount / 5;",
        "BEGIN; ALTER TABLE orders ADD COLUMN vat int; COMMIT;\nBEGIN; UPDATE orders SET vat = amount / 5; COMMIT;",
    ),
    "a unique constraint": (
        "index-build",
        "ALTER TABLE users ADD CONSTRAINT towns UNIQUE (town);",
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS street text;",
    ),
    "inside of a block": (
        "index-build",
        "DO $$ BEGIN EXECUTE 'CREATE INDEX ON orders (amount)'; END $$;",
        "DO $$ BEGIN EXECUTE 'ALTER TABLE orders ADD COLUMN vat int'; END $$;",
    ),
    "a whole table": ("index-build", "REINDEX TABLE users;", "REINDEX TABLE CONCURRENTLY users;"),
}


def judge(checked: Checked, text: str) -> Judgement:
    """What the claim comes to for a new file of a module with two tables."""
    checked.write({"shop/create_tables.sql": SHOP, "shop/0001_change.sql": text})
    return checked.judge("shop/0001_change", "effects")


@pytest.mark.parametrize("name", PAIRS)
def test_a_hazard_is_refuted(name: str, checked: Checked) -> None:
    """Others would wait: file, line, rule, what was seen and what it means are said."""
    rule, text, _ = PAIRS[name]

    judgement = judge(checked, text)

    (finding,) = judgement.findings
    assert judgement.verdict is Verdict.REFUTED
    assert (finding.rule, finding.severity) == (rule, Severity.ERROR)
    assert finding.line == text.count("\n") + 1
    assert finding.file.name == "0001_change.sql"
    assert "nobody else can" in finding.message
    assert "wait" in finding.why


@pytest.mark.parametrize("name", PAIRS)
def test_its_twin_is_not(name: str, checked: Checked) -> None:
    """The same change, written so that nobody waits."""
    judgement = judge(checked, PAIRS[name][2])

    assert judgement.findings == ()
    assert judgement.verdict in {Verdict.PROVEN, Verdict.NOT_APPLICABLE}
    assert judgement.effects
    assert [effect.error for effect in judgement.effects if effect.error] == []


def test_tables_that_the_plan_makes_make_nobody_wait(checked: Checked) -> None:
    """They are new where the plan runs: whatever is done to them, also by later files, blocks nobody."""
    checked.write(
        {
            "shop/create_tables.sql": SHOP,
            "shop/0001_index.sql": PAIRS["an index"][1],
            "shop/0002_type.sql": PAIRS["another type"][1],
        }
    )

    found = checked.check(only="effects")

    assert {item.verdict for item in found.judgements} == {Verdict.NOT_APPLICABLE}


def test_the_finding_has_the_sql_to_write_instead(checked: Checked) -> None:
    """With the reader's own names, a file for each step."""
    (finding,) = judge(checked, PAIRS["a foreign key"][1]).findings

    assert finding.fix == (
        "-- file 1: a foreign key needs one; CONCURRENTLY runs outside of a transaction\n"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_orders_buyer ON orders (buyer);\n"
        "-- file 2\n"
        "ALTER TABLE orders ADD CONSTRAINT buyers FOREIGN KEY (buyer) REFERENCES users (id) NOT VALID;\n"
        "-- file 3: a transaction of its own, so that no strong lock is held meanwhile\n"
        "ALTER TABLE orders VALIDATE CONSTRAINT buyers;"
    )


def test_a_fix_has_the_values_of_the_file_and_no_password(checked: Checked) -> None:
    """It is the reader's own file: `'*'` would be another statement; a password is hidden wherever it stands."""
    add = "ALTER TABLE users ADD COLUMN note text;\n"
    _, (finding,) = [
        judge(checked, f"{add}UPDATE users SET note = {value};").findings
        for value in ("'x'", "'hello ' || name || ' password=hunter22'")
    ]

    assert finding.fix is not None
    assert "    UPDATE users SET note = 'hello ' || name || ' password=***'\n    WHERE id >= fill_from" in finding.fix
    assert "hunter22" not in finding.fix


def test_every_hazard_ends_with_sql(checked: Checked) -> None:
    """Also one that no program knows a way for: a value that only its author knows, and what nothing does online."""
    fixes: dict[str, str | None] = {}
    for text in (
        "ALTER TABLE users ADD COLUMN mail text NOT NULL;",
        "ALTER TABLE orders ADD CONSTRAINT one EXCLUDE (id WITH =);",
        "DO $$ BEGIN ALTER TABLE orders ALTER amount TYPE bigint; END $$;",
        "ALTER TABLE orders SET UNLOGGED;",
    ):
        (finding,) = judge(checked, text).findings
        fixes[text] = finding.fix

    required, *others = fixes.values()
    assert required is not None
    assert "ADD COLUMN IF NOT EXISTS mail text;" in required
    assert "UPDATE users SET mail = … WHERE mail IS NULL;" in required
    for text, fix in zip(list(fixes)[1:], others, strict=True):
        assert fix is not None
        assert "in a maintenance window" in fix
        assert text in fix


def test_a_file_that_nobody_read_is_watched(checked: Checked) -> None:
    """Of `parse = off` no statement is known before it runs; the server sees what it does."""
    (finding,) = judge(checked, "-- seltzer: parse = off\n" + PAIRS["an index"][1]).findings

    assert (finding.rule, finding.line) == ("index-build", None)


def test_emptying_a_table_is_no_long_work(checked: Checked) -> None:
    """TRUNCATE gives it a new file, which takes no longer for a large one."""
    assert judge(checked, "TRUNCATE orders;").findings == ()


def stats(checked: Checked, size_bytes: int, **settings: Any) -> Judgement:
    """The judgement on an index, where production's table is this large."""
    file = checked.root / "stats.json"
    table: dict[str, Any] = {"name": "public.users", "rows": 12_000_000, "bytes": size_bytes, "indexes": []}
    file.write_text(json.dumps({"version": 1, "tables": [table]}), encoding="utf-8")
    checked.write({"shop/create_tables.sql": SHOP, "shop/0001_change.sql": PAIRS["an index"][1]})
    migrations = Migrations(checked.folder, shadow=checked.server.url("postgres"), stats=file, **settings)
    (judgement,) = migrations.check("shop/0001", only=["effects"]).judgements
    return judgement


def test_sizes_of_production_say_how_long(checked: Checked) -> None:
    """Rows, bytes, and a time that is no more than a guess from them."""
    (finding,) = stats(checked, 6_000_000_000).findings

    assert "public.users has 12,000,000 rows, 6 GB with its indexes: about 3 min." in finding.why


def test_a_small_table_makes_nobody_wait(checked: Checked) -> None:
    """Where the sizes are known; how small that is, is a setting."""
    assert stats(checked, 9_000_000).verdict is Verdict.PROVEN
    assert stats(checked, 9_000_000, small_table="1MB").verdict is Verdict.REFUTED


RUNNER = """
import psycopg2
from shared.config import config as c


def run_migration():
    conn = psycopg2.connect(dbname=c.DB_NAME, user=c.DB_USER, password=c.DB_PASSWORD, host=c.DB_HOST, port=c.DB_PORT)
    conn.autocommit = {autocommit}
    cursor = conn.cursor()
    for statement in {statements!r}:
        cursor.execute(statement)
    if not conn.autocommit:
        conn.commit()
    conn.close()
"""
BY_CODE = {
    "an index": ("index-build", ["CREATE INDEX IF NOT EXISTS i ON users (name)"], True),
    "a type": ("rewrite", ["ALTER TABLE orders ALTER COLUMN amount TYPE bigint"], True),
    "a check": ("scan", ["ALTER TABLE orders ADD CONSTRAINT amounts CHECK (amount > 0)"], True),
    "a backfill": ("long-lock", ["ALTER TABLE orders ADD COLUMN vat int", "UPDATE orders SET vat = 1"], False),
}
QUIET_CODE = {
    "an index beside the traffic": (["CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON users (name)"], True),
    "a column": (["ALTER TABLE orders ADD COLUMN IF NOT EXISTS vat int"], True),
    "a backfill on its own": (["ALTER TABLE orders ADD COLUMN vat int", "UPDATE orders SET vat = 1"], True),
    "a table of its own": (["CREATE TABLE IF NOT EXISTS t (a int)", "CREATE INDEX IF NOT EXISTS i ON t (a)"], False),
}


def judge_runner(checked: Checked, statements: list[str], *, autocommit: bool) -> Judgement:
    """What the claim comes to for a runner that connects by itself."""
    code = RUNNER.format(statements=statements, autocommit=autocommit)
    config = "raise RuntimeError('not configured here')\n"
    files = {"../shared/config.py": config, "work/__init__.py": f'DEPENDS_ON = "shop"\n{code}'}
    checked.write({"shop/create_tables.sql": SHOP, **files})
    return checked.judge("work/run_migration", "effects")


@pytest.mark.parametrize("name", BY_CODE)
def test_a_hazard_of_a_runner_is_refuted(name: str, checked: Checked) -> None:
    """Whatever driver sends it, the server saw what it did."""
    rule, statements, autocommit = BY_CODE[name]

    judgement = judge_runner(checked, statements, autocommit=autocommit)

    assert judgement.verdict is Verdict.REFUTED
    assert {finding.rule for finding in judgement.findings} == {rule}
    assert "seen at " in judgement.findings[0].evidence


@pytest.mark.parametrize("name", QUIET_CODE)
def test_a_runner_that_makes_nobody_wait_is_not(name: str, checked: Checked) -> None:
    """The same, where nobody waits."""
    statements, autocommit = QUIET_CODE[name]

    judgement = judge_runner(checked, statements, autocommit=autocommit)

    assert judgement.verdict in {Verdict.PROVEN, Verdict.NOT_APPLICABLE}, judgement.evidence


def test_a_python_migration_is_watched_too(checked: Checked) -> None:
    """Its `apply(conn)` works in the run's transaction."""
    code = "def apply(conn):\n    conn.execute('CREATE INDEX i ON users (name)')\n"
    checked.write({"shop/create_tables.sql": SHOP, "shop/0001_change.py": code})

    (finding,) = checked.judge("shop/0001_change", "effects").findings

    assert finding.rule == "index-build"
