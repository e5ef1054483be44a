"""The claim `effects`: a small table that a trial reads as a whole is not always one that is read where it is large."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.claims.finding import Verdict

if TYPE_CHECKING:
    from check.trials import Checked


PLANS = """
CREATE TABLE plans (id int PRIMARY KEY, code text NOT NULL, parent int REFERENCES plans, day date);
INSERT INTO plans SELECT n, 'c' || n, NULL, CURRENT_DATE FROM generate_series(1, 20) AS n;
CREATE UNIQUE INDEX idx_plans_code ON plans (code);
CREATE INDEX idx_plans_parent ON plans (parent);
CREATE INDEX idx_plans_day ON plans (day);
"""
_LOCKED = "ALTER TABLE plans ADD COLUMN tax int;\n"

BY_KEY = {
    "one row": "UPDATE plans SET tax = 19 WHERE id = 3;",
    "several rows": "UPDATE plans SET tax = 7 WHERE id IN (4, 5, 6);",
    "by another key": "UPDATE plans SET tax = 7 WHERE code = 'c7';",
    "looked up": "SELECT code FROM plans WHERE id = 3 FOR UPDATE;",
}
AS_A_WHOLE = {
    "every row": "UPDATE plans SET tax = 19;",
    "a range of keys": "UPDATE plans SET tax = 19 WHERE id > 3;",
    "no unique index": "UPDATE plans SET tax = 19 WHERE day = CURRENT_DATE;",
    "no index": "UPDATE plans SET tax = 19 WHERE tax = 7;",
    "a join": "UPDATE plans AS p SET tax = q.tax FROM plans AS q WHERE q.id = p.parent;",
    "a key or something else": "UPDATE plans SET tax = 19 WHERE id = 3 OR tax = 7;",
    "only counted": "INSERT INTO plans (id, code) SELECT count(*) + 100, 'all' FROM plans;",
}


@pytest.mark.parametrize("name", BY_KEY)
def test_rows_that_are_found_by_a_key_are_no_long_work(name: str, checked: Checked) -> None:
    """PostgreSQL reads a table of one page as a whole; where it is large it looks the rows up in the index."""
    checked.write({"shop/0001_plans.sql": PLANS, "shop/0002_tax.sql": _LOCKED + BY_KEY[name]})

    judgement = checked.judge("shop/0002_tax", "effects")

    assert judgement.findings == ()
    assert judgement.verdict is Verdict.PROVEN
    assert judgement.effects[-1].scanned == ("public.plans",)  # the trial's own plan did read it


@pytest.mark.parametrize("name", AS_A_WHOLE)
def test_rows_that_no_key_finds_are_long_work(name: str, checked: Checked) -> None:
    """How long it takes depends on the table, and nobody can read it meanwhile."""
    checked.write({"shop/0001_plans.sql": PLANS, "shop/0002_tax.sql": _LOCKED + AS_A_WHOLE[name]})

    assert [item.rule for item in checked.judge("shop/0002_tax", "effects").findings] == ["long-lock"]


def test_what_a_foreign_key_reads_behind_a_key_is_long_work(checked: Checked) -> None:
    """The row is found at once; those that refer to it are not, without an index on their column."""
    text = PLANS.replace("CREATE INDEX idx_plans_parent ON plans (parent);", "")
    checked.write({"shop/0001_plans.sql": text, "shop/0002_tax.sql": _LOCKED + "DELETE FROM plans WHERE id = 7;"})

    assert [item.rule for item in checked.judge("shop/0002_tax", "effects").findings] == ["long-lock"]


_EMPTIED = "TRUNCATE plans CASCADE;\n"
ON_NOTHING = {
    "an index": "CREATE INDEX idx_plans_tax ON plans (parent, code);",
    "a column that is required": "ALTER TABLE plans ADD COLUMN tax int NOT NULL, ADD CHECK (tax > 0);",
    "another type": "ALTER TABLE plans ALTER COLUMN id TYPE bigint;",
}
ON_ROWS = {
    "filled again": f"INSERT INTO plans (id, code) SELECT id, name FROM old;\n{ON_NOTHING['an index']}",
    "brought back": f"ROLLBACK TO before;\n{ON_NOTHING['an index']}",
    "of another table": "CREATE INDEX idx_old_name ON old (name);",
}


@pytest.mark.parametrize("name", ON_NOTHING)
def test_work_on_a_table_that_was_emptied_takes_no_time(name: str, checked: Checked) -> None:
    """Whatever it had, in production as well."""
    checked.write({"shop/0001_plans.sql": PLANS, "shop/0002_tax.sql": _EMPTIED + ON_NOTHING[name]})

    assert checked.judge("shop/0002_tax", "effects").verdict is Verdict.PROVEN


@pytest.mark.parametrize("name", ON_ROWS)
def test_an_emptied_table_may_have_rows_again(name: str, checked: Checked) -> None:
    """What fills it has no rows in a trial, and as many as there are in production."""
    old = "CREATE TABLE old (id int, name text);\n"
    checked.write(
        {"shop/0001_plans.sql": old + PLANS, "shop/0002_tax.sql": f"SAVEPOINT before;\n{_EMPTIED}{ON_ROWS[name]}"}
    )

    assert checked.judge("shop/0002_tax", "effects").findings


def test_a_view_that_a_trigger_refreshes_concurrently_makes_nobody_wait(checked: Checked) -> None:
    """It can be read meanwhile, and nobody writes to it."""
    refresh = """
CREATE TABLE users (id int PRIMARY KEY, town text);
CREATE MATERIALIZED VIEW counts AS SELECT town, count(*) FROM users GROUP BY town;
CREATE UNIQUE INDEX idx_counts_town ON counts (town);
CREATE FUNCTION refresh() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN REFRESH MATERIALIZED VIEW CONCURRENTLY counts; RETURN NULL; END $$;
CREATE TRIGGER refresh AFTER DELETE ON users EXECUTE FUNCTION refresh();
"""
    checked.write({"shop/0001_counts.sql": refresh})
    checked.write({"shop/0002_delete.sql": "DELETE FROM users WHERE town IS NULL;"})

    assert checked.judge("shop/0002_delete", "effects").findings == ()
