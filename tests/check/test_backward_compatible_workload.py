"""`backward-compatible` with the queries of a release: prepared on both schemas, answers and plans compared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import pytest

from seltzer import Migrations
from seltzer.claims.finding import Verdict
from seltzer.errors import InvalidSettingError
from seltzer.model import Severity

if TYPE_CHECKING:
    from pathlib import Path

    from check.trials import Checked
    from seltzer.claims.finding import Judgement

CLAIM = "backward-compatible"
BASE = """
CREATE TABLE users (id bigint PRIMARY KEY, email text, age int, town text);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, total int);
CREATE INDEX idx_users_email ON users (email);
CREATE INDEX idx_users_town ON users (town);
CREATE INDEX idx_orders_user_id ON orders (user_id);
"""


class Defect(NamedTuple):
    """A query that a change breaks, and a change that does not."""

    query: str
    planted: str
    twin: str
    rule: str
    severity: Severity
    said: str


DEFECTS = {
    "refused": Defect(
        "SELECT upper(u.town) FROM users AS u WHERE u.id = $1",
        "ALTER TABLE users RENAME COLUMN town TO city;",
        "ALTER TABLE users ADD COLUMN city text;",
        "refused",
        Severity.ERROR,
        "column u.town does not exist",
    ),
    "answers with another type": Defect(
        "SELECT sum(total) AS total FROM orders",
        "ALTER TABLE orders ALTER COLUMN total TYPE bigint;",
        "ALTER TABLE orders ALTER COLUMN total SET DEFAULT 1;",
        "retyped",
        Severity.WARNING,
        "total: bigint before, numeric after",
    ),
    "a parameter of another type": Defect(
        "SELECT id FROM orders WHERE total > $1",
        "ALTER TABLE orders ALTER COLUMN total TYPE bigint;",
        "ALTER TABLE orders ALTER COLUMN total SET NOT NULL; ALTER TABLE orders ALTER COLUMN total SET DEFAULT 0;",
        "retyped",
        Severity.WARNING,
        "parameter $1 of a query of the workload is bigint now",
    ),
    "an index for a value": Defect(
        "SELECT id, age FROM users WHERE email = $1",
        "DROP INDEX idx_users_email;",
        "CREATE INDEX idx_users_email_age ON users (email, age); DROP INDEX idx_users_email;",
        "lost-index",
        Severity.WARNING,
        "CREATE INDEX idx_users_email ON public.users USING btree (email);",
    ),
    "an index for a join": Defect(
        "SELECT o.id FROM users AS u JOIN orders AS o ON o.user_id = u.id WHERE u.email = $1",
        "DROP INDEX idx_orders_user_id;",
        "DROP INDEX idx_users_town;",
        "lost-index",
        Severity.WARNING,
        "finds no index of orders any more: it used idx_orders_user_id",
    ),
    "an index for an order": Defect(
        "SELECT id FROM users ORDER BY town LIMIT 10",
        "DROP INDEX idx_users_town;",
        "CREATE INDEX idx_users_town_id ON users (town, id); DROP INDEX idx_users_town;",
        "lost-index",
        Severity.WARNING,
        "it used idx_users_town",
    ),
}


def judged(checked: Checked, change: str, workload: Path) -> Judgement:
    """What the claim comes to with a workload."""
    checked.write({"a/0001_base.sql": BASE, "a/0002_change.sql": change})
    migrations = Migrations(checked.folder, shadow=checked.server.url("postgres"), workload=workload)
    (found,) = migrations.check("a/0002_change", only=[CLAIM]).judgements
    return found


def written(checked: Checked, queries: str) -> Path:
    """A workload in SQL."""
    file = checked.root / "queries.sql"
    file.write_text(queries, encoding="utf-8")
    return file


@pytest.mark.parametrize("name", DEFECTS)
def test_a_query_that_fares_otherwise_is_found(checked: Checked, name: str) -> None:
    """The finding names the query's place, and the line that did it."""
    defect = DEFECTS[name]

    found = judged(checked, f"\n{defect.planted}", written(checked, f"SELECT 1;\n{defect.query};"))

    assert found.verdict is Verdict.REFUTED, found
    (finding,) = [item for item in found.findings if "queries.sql:2" in item.evidence and item.rule == defect.rule][:1]
    assert finding.severity is defect.severity
    assert defect.said in f"{finding.message}\n{finding.evidence}\n{finding.fix}", finding
    assert finding.line == 2
    assert finding.why


@pytest.mark.parametrize("name", DEFECTS)
def test_a_query_that_fares_as_before_is_silent(checked: Checked, name: str) -> None:
    """The twin of each change; an index is dropped where another one serves."""
    defect = DEFECTS[name]

    found = judged(checked, defect.twin, written(checked, f"{defect.query};"))

    assert [item for item in found.findings if "queries.sql" in item.evidence] == [], found


def test_columns_that_are_new_in_a_star_are_no_change(checked: Checked) -> None:
    """`SELECT *` answers with more."""
    queries = written(checked, "SELECT * FROM users AS u JOIN orders AS o ON o.user_id = u.id WHERE u.id = 1;")

    found = judged(checked, "ALTER TABLE users ADD COLUMN city text;", queries)

    assert found.verdict is Verdict.PROVEN, found
    assert "1 queries of the workload are taken and answered as before" in found.evidence


def test_what_the_new_release_sends_says_what_is_deployed_first(checked: Checked) -> None:
    """A query that only the new schema takes is no finding, and one that neither takes is told."""
    queries = written(checked, "SELECT city FROM users;\nSELECT nothing FROM nowhere;\nSELECT age FROM users;")

    found = judged(checked, "ALTER TABLE users ADD COLUMN city text;", queries)

    assert found.verdict is Verdict.PROVEN, found
    assert "1 need the migration first (queries.sql:1)" in found.evidence
    assert "1 are refused before and after (queries.sql:2)" in found.evidence


def test_values_of_a_workload_are_not_shown(checked: Checked) -> None:
    """Queries have them, findings do not."""
    queries = written(checked, "SELECT id FROM users WHERE email = 'someone@example.org' AND town = 'Rome';")

    found = judged(checked, "ALTER TABLE users DROP COLUMN town;", queries)

    assert found.verdict is Verdict.REFUTED
    assert "someone@example.org" not in repr(found)


def test_queries_that_stats_wrote_are_a_workload(checked: Checked) -> None:
    """The form of the file is that of `seltzer stats`."""
    file = checked.root / "stats.json"
    query = {"query": "SELECT id FROM users WHERE email = $1", "calls": 12}
    file.write_text(json.dumps({"version": 1, "tables": [], "queries": [query]}), encoding="utf-8")

    found = judged(checked, "DROP INDEX idx_users_email;", file)

    assert [item.rule for item in found.findings] == ["lost-index"]
    assert "12 calls: SELECT id FROM users WHERE email = $1" in found.findings[0].evidence


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("q.sql", "SELEC 1", "is no SQL"),
        ("q.json", '{"version": 1, "tables": [], "queries": null}', "has no queries in it"),
        ("gone.sql", None, "no such file"),
    ],
)
def test_a_file_that_is_no_workload_is_refused(checked: Checked, name: str, content: str | None, said: str) -> None:
    """Before anything is tried, with the next step."""
    file = checked.root / name
    if content is not None:
        file.write_text(content, encoding="utf-8")

    with pytest.raises(InvalidSettingError, match=said):
        judged(checked, "SELECT 1;", file)
