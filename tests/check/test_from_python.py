"""`check` and `trace` from Python: what the flags of the command line do, by keyword."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import seltzer
from seltzer import CheckResult, TraceResult

if TYPE_CHECKING:
    from support import Project

TABLES = "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, name text);\n"
INDEX = "CREATE INDEX idx_users_name ON users (name);\n"
BESIDE = "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_name ON users (name);\n"
ONLY = ("effects", "guidelines")


@pytest.fixture
def shop(project: Project) -> Project:
    """A table that is applied, and an index that is pending."""
    project.write({"shop/create_tables.sql": TABLES})
    project.migrations().apply()
    return project.write({"shop/0001_index.sql": INDEX})


def shadow(project: Project) -> str:
    """The test session's own server."""
    return project.database.server.url("postgres")


def test_a_fix_is_written_and_said(shop: Project) -> None:
    """The result has what was settled and in which files; the claims are those of the new file."""
    found = shop.migrations(shadow=shadow(shop)).check(fix=True, only=ONLY)

    path = shop.folder / "shop/0001_index.sql"
    assert path.read_text(encoding="utf-8") == BESIDE
    assert {item.rule for item in found.fixed} == {"index-build", "missing-if-not-exists"}
    assert {item.written for item in found.fixed} == {(path,)}
    assert (found.findings, found.failed) == ((), False)


def test_a_diff_says_what_a_fix_would_write(shop: Project) -> None:
    """Nothing is written; the findings are those that there are."""
    found = seltzer.check(diff=True, only=ONLY, migrations=shop.folder, database=shop.database.url, shadow=shadow(shop))

    assert isinstance(found, CheckResult)
    assert found.diff is not None
    assert [line for line in found.diff if line[0] in "+-"][2:] == [f"-{INDEX}".strip(), f"+{BESIDE}".strip()]
    assert (shop.folder / "shop/0001_index.sql").read_text(encoding="utf-8") == INDEX
    assert found.failed


def test_what_is_accepted_is_not_told_again(shop: Project) -> None:
    """Neither by this check nor by the next."""
    migrations = shop.migrations(shadow=shadow(shop))

    accepted, again = migrations.check(accept=True, only=ONLY), migrations.check(only=ONLY)

    assert (accepted.findings, again.findings) == ((), ())
    assert (shop.folder / "shop/0001_index.sql").read_text(encoding="utf-8") == INDEX


@pytest.mark.parametrize("word", ["fix", "diff"])
def test_to_accept_and_to_fix_is_refused(word: str, shop: Project) -> None:
    """Before anything is tried or written."""
    with pytest.raises(ValueError, match="fix first"):
        shop.migrations(shadow=shadow(shop)).check(accept=True, fix=word == "fix", diff=word == "diff")


def test_a_file_and_a_text_are_traced(shop: Project) -> None:
    """On a throw-away database with all migrations applied; what was seen comes back statement by statement."""
    file = shop.root / "wanted.sql"
    file.write_text("ALTER TABLE users ADD COLUMN email text;\nCREATE INDEX ON users (id);", encoding="utf-8")
    migrations = shop.migrations(shadow=shadow(shop))

    of_file = migrations.trace(file)
    of_text = seltzer.trace(
        sql="UPDATE users SET name = 'x'", migrations=shop.folder, database=shop.database.url, shadow=shadow(shop)
    )

    assert isinstance(of_text, TraceResult)
    column, index = of_file.effects
    assert (column.locks, column.hazard) == ({"public.users": "ACCESS EXCLUSIVE"}, False)
    assert (index.line, index.indexes_built, index.hazard) == (2, ("public.users_id_idx",), True)
    assert [effect.scanned for effect in of_text.effects] == [("public.users",)]
    assert not of_text.stays


def test_a_trace_on_a_database_that_is_named_needs_no_shadow(shop: Project) -> None:
    """What can be rolled back is, and what cannot is said to stay."""
    migrations = shop.migrations()

    rolled_back = migrations.trace(sql="DROP TABLE users", on=shop.database.url)
    stays = migrations.trace(sql=BESIDE, on=shop.database.url)

    assert (rolled_back.stays, stays.stays) == (False, True)
    assert shop.database.query("SELECT to_regclass('users')::text, to_regclass('idx_users_name')::text") == [
        ("users", "idx_users_name")
    ]


@pytest.mark.parametrize("given", [{}, {"file": "a.sql", "sql": "SELECT 1"}])
def test_a_trace_takes_a_file_or_a_text(given: dict[str, str], shop: Project) -> None:
    """One of the two, and neither is guessed."""
    with pytest.raises(ValueError, match="a file, or a text"):
        shop.migrations().trace(**given)
