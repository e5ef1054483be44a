"""Which names the changing commands in code name."""

from __future__ import annotations

import pytest

from seltzer.sql.code_targets import code_targets


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DO $$ begin delete from s.t; end $$", {("s", "t")}),
        ('DO \'begin delete from only "S"."T"; end\'', {("S", "T")}),
        ("DO $a$ BEGIN EXECUTE $b$ INSERT INTO t VALUES (1) $b$; END $a$", {("", "t")}),
        ("BEGIN EXECUTE 'TRUNCATE ' || 'u, S.t'; END", {("", "u"), ("s", "t")}),
        ("UPDATE t SET a = 1", {("", "t")}),
        ("MERGE INTO s.t USING u ON true WHEN MATCHED THEN DELETE", {("s", "t")}),
        ("ALTER TABLE IF EXISTS ONLY s.t DROP COLUMN a", {("s", "t")}),
        ("DROP TABLE IF EXISTS s.t, u", {("s", "t"), ("", "u")}),
        ("DROP SCHEMA s CASCADE", {("s", "")}),
        ("COPY s.t FROM '/t'", {("s", "t")}),
        ("COPY s.t TO '/t'; SELECT 1 FROM u", set[tuple[str, str]]()),
        ("INSERT INTO u SELECT a FROM s.t FOR UPDATE", {("", "u")}),
        ("-- DELETE FROM s.t\nSELECT 1 /* DROP TABLE s.t */", set[tuple[str, str]]()),
        ("it's no SQL: delete from s.t", set[tuple[str, str]]()),
    ],
)
def test_what_code_changes(text: str, expected: set[tuple[str, str]]) -> None:
    """By its tokens, in strings in strings too; comments and what only reads are nothing."""
    assert set(code_targets(text)) == expected
