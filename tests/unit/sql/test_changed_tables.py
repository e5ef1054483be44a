"""Which tables a statement changes."""

from __future__ import annotations

import pytest

from seltzer.sql.changed_tables import changed_tables


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INSERT INTO s.t SELECT * FROM u", {("s", "t")}),
        ("UPDATE t SET a = 1", {("", "t")}),
        ("MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE", {("", "t")}),
        ("WITH gone AS (DELETE FROM s.t RETURNING *) SELECT * FROM gone", {("s", "t")}),
        ("EXPLAIN ANALYZE DELETE FROM s.t", {("s", "t")}),
        ("CREATE RULE r AS ON INSERT TO u DO ALSO DELETE FROM t", {("", "t")}),
        ("TRUNCATE s.t, u", {("s", "t"), ("", "u")}),
        ('DROP TABLE IF EXISTS s."T", u', {("s", "T"), ("", "u")}),
        ("DROP SCHEMA s, r CASCADE", {("s", ""), ("r", "")}),
        ("ALTER TABLE s.t ADD COLUMN a int", {("s", "t")}),
        ("ALTER TABLE s.t RENAME TO u", {("s", "t")}),
        ("ALTER TABLE s.t SET SCHEMA r", {("s", "t")}),
        ("COPY s.t FROM '/t'", {("s", "t")}),
        ("COPY s.t TO '/t'", set[tuple[str, str]]()),
        ("SELECT * FROM s.t FOR UPDATE", set[tuple[str, str]]()),
        ("CREATE VIEW v AS SELECT * FROM s.t", set[tuple[str, str]]()),
        ("GRANT SELECT ON s.t TO app", set[tuple[str, str]]()),
        ("DROP VIEW s.t", set[tuple[str, str]]()),
    ],
)
def test_what_is_changed_and_what_is_only_read(text: str, expected: set[tuple[str, str]]) -> None:
    """Rows or shape, at the top or in a WITH; reading, showing and letting others read change nothing."""
    assert set(changed_tables(text)) == expected


def test_a_deep_tree_is_walked_too() -> None:
    """Thousands of operators need no stack."""
    assert set(changed_tables(f"UPDATE t SET a = {'1 + ' * 5000}1")) == {("", "t")}
