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
CREATE TABLE users (id bigint PRIMARY KEY, email text, age int, town text, boss bigint,
  floor int, door int);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, total int);
CREATE INDEX idx_users_email ON users (email);
CREATE INDEX idx_users_town ON users (town);
CREATE INDEX idx_orders_user_id ON orders (user_id);
CREATE INDEX idx_users_boss ON users (boss);
CREATE INDEX idx_users_floor ON users (floor);
CREATE INDEX idx_users_floor_door ON users (floor, door);
CREATE UNIQUE INDEX uq_users_email ON users (email) WHERE age > 17;
CREATE TABLE old_users (LIKE users);
CREATE PROCEDURE tidy(days int) LANGUAGE sql AS $$ SELECT 1 $$;
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
    "an index for one of two roles of a table": Defect(
        "SELECT m.id FROM users AS u JOIN users AS m ON m.boss = u.id WHERE u.email = $1",
        "DROP INDEX idx_users_boss;",
        "DROP INDEX idx_users_town;",
        "lost-index",
        Severity.WARNING,
        "it used idx_users_boss",
    ),
    "an index for both of two values": Defect(
        "SELECT id FROM users WHERE floor = $1 AND door = $2",
        "DROP INDEX idx_users_floor_door;",
        "DROP INDEX idx_users_floor;",
        "lost-index",
        Severity.WARNING,
        "used idx_users_floor_door of users, and is left with idx_users_floor",
    ),
    "an index behind a view": Defect(
        "SELECT id FROM orders WHERE user_id = $1",
        "ALTER TABLE orders RENAME TO sales; CREATE VIEW orders AS SELECT * FROM sales; DROP INDEX idx_orders_user_id;",
        "ALTER TABLE orders RENAME TO sales; CREATE VIEW orders AS SELECT * FROM sales;",
        "lost-index",
        Severity.WARNING,
        "it used idx_orders_user_id",
    ),
    "an index that ON CONFLICT needs": Defect(
        "INSERT INTO users (id, email) VALUES ($1, $2) ON CONFLICT (email) WHERE age > 17 DO UPDATE SET age = 18",
        "DROP INDEX uq_users_email;",
        "CREATE UNIQUE INDEX uq_email ON users (email) WHERE age > 17; DROP INDEX uq_users_email;",
        "refused",
        Severity.ERROR,
        "matching the ON CONFLICT specification",
    ),
    "a procedure": Defect(
        "CALL tidy(1)",
        "DROP PROCEDURE tidy(int);",
        "CREATE OR REPLACE PROCEDURE tidy(days int) LANGUAGE sql AS $$ SELECT 1 $$;",
        "refused",
        Severity.ERROR,
        "tidy(integer) does not exist",
    ),
    "a new column in a UNION": Defect(
        "SELECT * FROM users UNION ALL SELECT * FROM old_users",
        "ALTER TABLE users ADD COLUMN phone text;",
        "ALTER TABLE users ADD COLUMN phone text; ALTER TABLE old_users ADD COLUMN phone text;",
        "refused",
        Severity.ERROR,
        "same number of columns",
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


def test_a_new_index_takes_none_away(checked: Checked) -> None:
    """The planner may prefer it; those from before are still there."""
    queries = written(
        checked,
        "SELECT * FROM users WHERE email = $1 ORDER BY id;\nSELECT * FROM orders WHERE user_id = $1 AND total = $2;\n"
        "SELECT u.id FROM users AS u JOIN orders AS o ON o.user_id = u.id WHERE o.total = $1;\n"
        "SELECT * FROM orders WHERE user_id = $1 ORDER BY total;",
    )

    found = judged(checked, "CREATE INDEX idx_orders_total ON orders (total);", queries)

    assert found.findings == (), found


def test_a_workload_that_nothing_takes_proves_nothing(checked: Checked) -> None:
    """With another search path, say: that is no proof that all is well."""
    queries = written(checked, "SELECT id FROM elsewhere;\nSELECT id FROM nowhere;")

    found = judged(checked, "ALTER TABLE users ADD COLUMN city text;", queries)

    assert found.verdict is Verdict.UNPROVEN, found
    assert "2 are refused before and after (queries.sql:1, queries.sql:2)" in found.evidence


def test_what_cannot_be_prepared_is_told(checked: Checked) -> None:
    """It is not compared, and nobody is to believe that it was."""
    queries = written(checked, "SELECT id FROM users;\nCOPY users (id) FROM STDIN;\nSET work_mem = '1MB';")

    found = judged(checked, "ALTER TABLE users ADD COLUMN city text;", queries)

    assert "1 queries of the workload are taken" in found.evidence
    assert "2 statements are none that can be compared (queries.sql:2, queries.sql:3)" in found.evidence


def test_values_of_a_workload_are_not_shown(checked: Checked) -> None:
    """Queries have them, findings do not."""
    queries = written(checked, "SELECT id FROM users WHERE email = 'someone@example.org' AND town = 'Rome';")

    found = judged(checked, "ALTER TABLE users DROP COLUMN town;", queries)

    assert found.verdict is Verdict.REFUTED
    assert "someone@example.org" not in repr(found)

    queries = written(checked, "SELECT id FROM users WHERE town = 'hunter2';")
    found = judged(checked, "DROP INDEX idx_users_town; ALTER TABLE users ALTER COLUMN town TYPE int USING 1;", queries)

    assert any(item.rule == "refused" for item in found.findings), found
    assert "hunter2" not in repr(found)


def test_queries_that_stats_wrote_are_a_workload(checked: Checked) -> None:
    """The form of the file is that of `seltzer stats`."""
    file = checked.root / "stats.json"
    query = {"query": "SELECT id FROM users WHERE email = $1", "calls": 12}
    file.write_text(json.dumps({"version": 1, "tables": [], "queries": [query]}), encoding="utf-8")

    found = judged(checked, "DROP INDEX idx_users_email;", file)

    assert [item.rule for item in found.findings] == ["lost-index"]
    assert "12 calls: SELECT id FROM users WHERE email = $1" in found.findings[0].evidence

    query = {"query": "SELECT now() - interval $1, DATE $2 FROM users WHERE email = $3", "calls": 3}
    file.write_text(json.dumps({"version": 1, "tables": [], "queries": [query]}), encoding="utf-8")
    assert [item.rule for item in judged(checked, "DROP INDEX idx_users_email;", file).findings] == ["lost-index"]


def test_a_workload_is_read_as_editors_write_it(checked: Checked) -> None:
    """With a byte order mark and line ends of Windows; statistics by their content, whatever the name is."""
    file = checked.root / "queries.sql"
    file.write_bytes(b"\xef\xbb\xbfSELECT id\r\nFROM users;\r\n")
    assert "1 queries" in judged(checked, "ALTER TABLE users ADD COLUMN city text;", file).evidence

    file.write_text('{"version": 1, "tables": [], "queries": [{"query": "SELECT id FROM users", "calls": 1}]}')
    assert "1 queries" in judged(checked, "ALTER TABLE users ADD COLUMN city text;", file).evidence

    file.write_bytes(b"SELECT '\xff'")
    with pytest.raises(InvalidSettingError, match="no text in UTF-8"):
        judged(checked, "SELECT 1;", file)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("q.sql", "SELECT 1;\n\nSELEC 1", r"(?s)q\.sql:3: .*is no SQL"),
        ("q.sql", "SELECT 1 FROM users WHERE 'a' 'hunter2'", "syntax error at or near a literal"),
        ("q.sql", "SELECT id FROM users\nWHERE id = %s", r"(?s)q\.sql:2: .*Parameters are \$1, \$2"),
        ("q.sql", "SELECT id FROM users WHERE id = :id", r"Parameters are \$1, \$2"),
        ("q.sql", "\\set x 1\nSELECT 1", "commands of psql"),
        ("q.csv", "query,calls\nSELECT 1,2\n", "`seltzer stats FILE.json` writes"),
        ("q.sql", "", "has no queries in it"),
        ("q.sql", "-- nothing\nSET work_mem = '1MB';", "has no queries in it"),
        ("q.json", '{"version": 1, "tables": [], "queries": []}', "has no queries in it"),
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
