"""`check --fix` on files as people write them: comments anywhere, one line, CRLF, directives, silences, ways back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from check.trials import with_tables

if TYPE_CHECKING:
    from support import Project

TABLES = """\
CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, name text, age int);
CREATE TABLE IF NOT EXISTS teams (id bigint PRIMARY KEY, name text);
CREATE INDEX IF NOT EXISTS idx_users_name ON users (name);
"""
CLAIMS = ("--only", "effects", "--only", "guidelines")

WRITTEN = {
    "0002_wrapped.sql": (
        "-- head\n\nBEGIN;\n-- a column\nALTER TABLE users ADD COLUMN town text; /* a town */\n"
        "CREATE INDEX idx_users_town ON users (town); -- behind\n\nCOMMIT;\n"
    ),
    "0003_crlf.sql": (
        "-- first\r\nALTER TABLE users ADD COLUMN a int;\r\n\r\n"
        "-- why\r\nALTER TABLE users\r\n  ADD CONSTRAINT a_pos\r\n  CHECK (a > 0);\r\n-- last words"
    ),
    "0004_one_line.sql": (
        "ALTER TABLE users ADD COLUMN b int; CREATE INDEX idx_users_b ON users (b); ALTER TABLE users ADD COLUMN c int"
    ),
    "0005_directives.sql": (
        "-- seltzer: lock-timeout = 300ms\n-- seltzer: depends-on = shop/0002\n-- Says why.\n"
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS d int;\nALTER TABLE users ADD CONSTRAINT d_pos CHECK (d > 0);\n"
        "CREATE INDEX idx_users_d ON users (d);\n"
    ),
    "0006_silenced.sql": (
        "-- seltzer: ignore = missing-if-not-exists: on purpose\nALTER TABLE users ADD COLUMN e int;\n"
        "CREATE INDEX idx_users_e ON users (e);\n"
    ),
    "0007_replace.sql": (
        "-- Replace it.\nDROP INDEX idx_users_name; -- the old one\n-- and\n"
        "CREATE INDEX idx_users_name ON users (name, age);\n-- end\n"
    ),
    "0008_member.sql": "CREATE TABLE members (id int PRIMARY KEY, team_id bigint REFERENCES teams (id)) -- no end\n",
    "0009_boss.sql": "ALTER TABLE users ADD COLUMN boss bigint REFERENCES users (id);",
    "0010_bom.sql": "\ufeffCREATE INDEX idx_teams_name ON teams (name)",
}
EXPECTED = {
    "0002_wrapped.sql": "-- head\n\n-- a column\nALTER TABLE users ADD COLUMN IF NOT EXISTS town text; /* a town */\n",
    "0003_wrapped_index.sql": ("CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_town ON users (town); -- behind\n"),
    "0004_crlf.sql": "-- first\r\nALTER TABLE users ADD COLUMN IF NOT EXISTS a int;\r\n",
    "0005_crlf_constraint.sql": "-- why\r\nALTER TABLE users ADD CONSTRAINT a_pos CHECK (a > 0) NOT VALID;\r\n",
    "0006_crlf_validate.sql": "ALTER TABLE users VALIDATE CONSTRAINT a_pos;\r\n-- last words\r\n",
    "0007_one_line.sql": "ALTER TABLE users ADD COLUMN IF NOT EXISTS b int;\n",
    "0008_one_line_index.sql": "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_b ON users (b);\n",
    "0009_one_line_rest.sql": "ALTER TABLE users ADD COLUMN IF NOT EXISTS c int\n",
    "0010_directives.sql": (
        "-- seltzer: lock-timeout = 300ms\n-- seltzer: depends-on = shop/0003\n-- Says why.\n"
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS d int;\n"
    ),
    "0011_directives_constraint.sql": (
        "-- seltzer: lock-timeout = 300ms\nALTER TABLE users ADD CONSTRAINT d_pos CHECK (d > 0) NOT VALID;\n"
    ),
    "0012_directives_validate.sql": "ALTER TABLE users VALIDATE CONSTRAINT d_pos;\n",
    "0013_directives_index.sql": "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_d ON users (d);\n",
    "0014_silenced.sql": (
        "-- seltzer: ignore = missing-if-not-exists: on purpose\nALTER TABLE users ADD COLUMN e int;\n"
    ),
    "0015_silenced_index.sql": "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_e ON users (e);\n",
    "0016_replace.sql": (
        "-- Replace it.\n-- the old one\n-- and\n"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_name_new ON users (name, age);\n"
    ),
    "0017_replace_drop.sql": "DROP INDEX CONCURRENTLY IF EXISTS idx_users_name;\n",
    "0018_replace_rename.sql": "ALTER INDEX IF EXISTS idx_users_name_new RENAME TO idx_users_name;\n-- end\n",
    "0019_member.sql": (
        "CREATE TABLE IF NOT EXISTS members (id int PRIMARY KEY, team_id bigint REFERENCES teams (id));\n"
        "CREATE INDEX IF NOT EXISTS idx_members_team_id ON members (team_id) -- no end\n"
    ),
    "0020_boss.sql": "ALTER TABLE users ADD COLUMN IF NOT EXISTS boss bigint REFERENCES users (id);\n",
    "0021_boss_index.sql": "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_boss ON users (boss);\n",
    "0022_bom.sql": "\ufeffCREATE INDEX CONCURRENTLY IF NOT EXISTS idx_teams_name ON teams (name);\n",
}


@pytest.fixture
def shop(project: Project) -> Project:
    """Two tables that are applied, tried on the test session's own server."""
    return with_tables(project, TABLES)


def files(project: Project) -> dict[str, str]:
    """The numbered files of the module."""
    return {path.name: path.read_bytes().decode() for path in sorted((project.folder / "shop").glob("[0-9]*"))}


def test_files_as_people_write_them_are_fixed_and_pass(shop: Project) -> None:
    """Every comment is there, lines end as they did, each piece has the directives that it needs; all of it runs."""
    shop.write({f"shop/{name}": text for name, text in WRITTEN.items()})

    done = shop.run("check", "--fix", *CLAIMS)

    assert files(shop) == EXPECTED
    assert "not fixed" not in done.err
    assert done.code == 0, done.out + done.err
    shop.migrations().apply()
    assert shop.run("check", "--fix", "--all", *CLAIMS).code == 0


LEFT = {
    "0002_back.sql": "CREATE INDEX idx_users_age ON users (age);\nALTER TABLE users ADD COLUMN IF NOT EXISTS a int;\n",
    "0002_back.down.sql": "ALTER TABLE users DROP COLUMN IF EXISTS a;\nDROP INDEX IF EXISTS idx_users_age;\n",
    "0003_spoken.sql": "/* all */ ALTER TABLE users /* grown */ ADD CHECK (age > 0);\n",
    "0004_moved.sql": (
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS first text;\nUPDATE users SET first = name;\n"
        "ALTER TABLE users DROP COLUMN IF EXISTS name;\n"
    ),
    "0005_unlogged.sql": "ALTER TABLE users SET UNLOGGED;\n",
    "0006_required.sql": "ALTER TABLE teams ALTER COLUMN name SET NOT NULL;\n",
}
REASONS = (
    "shop/0002_back: index-build (1): it becomes several files, and 0002_back.down.sql takes back all of them",
    "shop/0003_spoken: scan (1): a comment inside of the statement would be lost",
    "shop/0004_moved: long-lock (1): rows that are written between its files would be missed by the statements that",
    "shop/0005_unlogged: rewrite (1): in a maintenance window, for others wait until it is done; a new table",
    "shop/0006_required: scan (1): as it would be written it fails: ",
)


def test_what_would_not_be_the_same_is_left_and_said(shop: Project) -> None:
    """Ways back, comments inside, rows that later statements need, no way at all, and what fails when it is tried."""
    shop.write({f"shop/{name}": text for name, text in LEFT.items()})
    shop.write(
        {"shop/0001_named.sql": "ALTER TABLE teams ADD CONSTRAINT teams_name_not_null CHECK (id > 0) NOT VALID;\n"}
    )
    before = files(shop)

    done = shop.run("check", "--fix", "--only", "effects")

    assert files(shop) == before
    assert [reason for reason in REASONS if reason not in done.err] == []
    assert done.code == 3


def test_the_words_of_a_second_run_are_written(shop: Project) -> None:
    """A policy is dropped before it is made; what would hide names or pass over rows is left."""
    text = (
        "-- Who sees whom.\nCREATE POLICY seen ON users USING (true);\n"
        "ALTER TABLE users ADD CONSTRAINT grown CHECK (age > 0) NOT VALID;\nINSERT INTO teams VALUES (1, 'one');\n"
    )
    shop.write({"shop/0002_policy.sql": text})

    done = shop.run("check", "--fix", "--only", "idempotent")

    assert files(shop)["0002_policy.sql"] == text.replace(
        "CREATE POLICY", "DROP POLICY IF EXISTS seen ON users;\nCREATE POLICY"
    )
    assert "0002_policy: idempotent (1): a DO block would hide from the order of the files" in done.err
    assert "0002_policy: idempotent (1): it would pass over what somebody else has written there" in done.err
