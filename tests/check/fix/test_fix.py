"""`check --fix`: what is found is written as it should be, in files that are applied nowhere, and the result passes."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from check.trials import with_tables

if TYPE_CHECKING:
    from pathlib import Path

    from support import Outcome, Project

TABLES = """\
CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, name text, age int);
CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY, user_id bigint, amount int);
"""
CLAIMS = ("--only", "effects", "--only", "guidelines", "--only", "atomic", "--only", "idempotent")


@pytest.fixture
def shop(project: Project) -> Project:
    """Two tables that are applied, tried on the test session's own server."""
    return with_tables(project, TABLES)


def fix(project: Project, *arguments: str) -> Outcome:
    """Fix what is pending, and see what is left of the claims that a fix is for."""
    return project.run("check", "--fix", *CLAIMS, *arguments)


def files(project: Project) -> dict[str, str]:
    """The numbered files of the module."""
    return {path.name: path.read_bytes().decode() for path in sorted((project.folder / "shop").glob("[0-9]*"))}


def test_words_are_put_in_and_everything_else_stays(shop: Project) -> None:
    """IF NOT EXISTS, IF EXISTS and OR REPLACE are written; comments, layout and line ends stay byte for byte."""
    before = (
        "-- Teams,\r\n-- at last.\r\n\r\nCREATE TABLE  teams (id bigint PRIMARY KEY) ; -- one\r\n"
        "create view names as -- all\r\n  select 1 as one;\r\n/* gone */ DROP TABLE nothing;\r\n"
        "ALTER TABLE users\r\n  ADD COLUMN seen date, DROP COLUMN age;"
    )
    after = (
        before.replace("TABLE  teams", "TABLE IF NOT EXISTS  teams")
        .replace("create view", "create OR REPLACE view")
        .replace("DROP TABLE", "DROP TABLE IF EXISTS")
        .replace("ADD COLUMN seen", "ADD COLUMN IF NOT EXISTS seen")
        .replace("DROP COLUMN age", "DROP COLUMN IF EXISTS age")
    )
    shop.write({"shop/0002_teams.sql": before.replace("DROP TABLE nothing", "DROP TABLE orders")})

    done = shop.run("check", "--fix", "--only", "guidelines")

    assert files(shop)["0002_teams.sql"] == after.replace("nothing", "orders")
    assert done.code == 0, done.out + done.err


def test_an_index_that_is_a_file_of_its_own_is_built_beside_the_traffic(shop: Project) -> None:
    """The only statement of a file is written again in its place."""
    shop.write({"shop/0002_index.sql": "-- Looked up at login.\nCREATE INDEX idx_users_name ON users (name);\n"})

    done = fix(shop)

    assert files(shop) == {
        "0002_index.sql": "-- Looked up at login.\n"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_name ON users (name);\n"
    }
    assert done.code == 0, done.out + done.err


def test_a_file_becomes_several_and_the_later_ones_make_way(shop: Project) -> None:
    """What is not replaced stays in its order around it; later files move, and references follow."""
    shop.write(
        {
            "shop/0002_people.sql": (
                "ALTER TABLE users ADD COLUMN IF NOT EXISTS town text; -- where\n\n"
                "-- Nobody is younger.\n"
                "ALTER TABLE users ADD CONSTRAINT grown CHECK (age > 17);\n"
                "CREATE INDEX idx_users_town ON users (town);\n\n"
                "ALTER TABLE users ADD COLUMN IF NOT EXISTS street text;\n"
            ),
            "shop/0003_more.sql": "ALTER TABLE users ADD COLUMN IF NOT EXISTS house text;\n",
            "other/0001_first.sql": "-- seltzer: depends-on = shop/0002_people, shop/0003\nSELECT 1;\n",
        }
    )

    done = fix(shop)

    assert done.code == 0, done.out + done.err
    assert files(shop) == {
        "0002_people.sql": "ALTER TABLE users ADD COLUMN IF NOT EXISTS town text; -- where\n",
        "0003_people_constraint.sql": (
            "-- Nobody is younger.\nALTER TABLE users ADD CONSTRAINT grown CHECK (age > 17) NOT VALID;\n"
        ),
        "0004_people_validate.sql": "ALTER TABLE users VALIDATE CONSTRAINT grown;\n",
        "0005_people_index.sql": "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_town ON users (town);\n",
        "0006_people_rest.sql": "ALTER TABLE users ADD COLUMN IF NOT EXISTS street text;\n",
        "0007_more.sql": "ALTER TABLE users ADD COLUMN IF NOT EXISTS house text;\n",
    }
    first = (shop.folder / "other/0001_first.sql").read_text()
    assert first == "-- seltzer: depends-on = shop/0006_people_rest, shop/0007\nSELECT 1;\n"
    assert done.code == 0, done.out + done.err
    shop.migrations().apply()


def test_numbers_between_are_used_before_a_file_moves(shop: Project) -> None:
    """Where there is room, no file gets another name."""
    shop.write(
        {
            "shop/0010_check.sql": "ALTER TABLE users ADD CONSTRAINT grown CHECK (age > 17);\n",
            "shop/0020_more.sql": "ALTER TABLE users ADD COLUMN IF NOT EXISTS house text;\n",
        }
    )

    done = fix(shop)

    assert list(files(shop)) == ["0010_check.sql", "0011_check_validate.sql", "0020_more.sql"]
    assert done.code == 0, done.out + done.err


def test_two_files_in_a_row_become_several_each(shop: Project) -> None:
    """A file that made way is fixed where it is then, and all of them are checked again."""
    shop.write(
        {
            "shop/0002_grown.sql": "ALTER TABLE users ADD CONSTRAINT grown CHECK (age > 17);\n",
            "shop/0003_paid.sql": "ALTER TABLE orders ADD CONSTRAINT paid CHECK (amount > 0);\n",
            "shop/0004_more.sql": "ALTER TABLE users ADD COLUMN IF NOT EXISTS house text;\n",
        }
    )

    done = shop.run("check", "shop/0002", "shop/0003", "shop/0004", "--fix", "--json", "--only", "effects")

    assert list(files(shop)) == [
        "0002_grown.sql",
        "0003_grown_validate.sql",
        "0004_paid.sql",
        "0005_paid_validate.sql",
        "0006_more.sql",
    ]
    document = done.json()
    assert [item["id"] for item in document["claims"]] == [f"shop/{name[:-4]}" for name in files(shop)]
    assert [item["written"][-1] for item in document["fixed"]] == [
        "migrations/shop/0003_grown_validate.sql",
        "migrations/shop/0005_paid_validate.sql",
    ]
    assert (done.code, document["findings"]) == (0, [])


@pytest.mark.parametrize(
    ("statement", "count"),
    [
        ("ALTER TABLE users ADD COLUMN key uuid NOT NULL DEFAULT gen_random_uuid()", 4),
        ("ALTER TABLE users ADD COLUMN number bigserial", 4),
        ("ALTER TABLE orders ALTER COLUMN amount TYPE bigint", 4),
        ("ALTER TABLE orders ADD CONSTRAINT buyers FOREIGN KEY (user_id) REFERENCES users (id)", 3),
        ("ALTER TABLE users ADD CONSTRAINT names UNIQUE (name), ADD CONSTRAINT ages CHECK (age > 0)", 4),
        ("ALTER TABLE users ALTER COLUMN age SET NOT NULL", 2),
    ],
)
def test_a_recipe_of_several_files_is_written_and_passes(statement: str, count: int, shop: Project) -> None:
    """None of its files makes others wait, nor leaves a part behind when it is cut off, and all of them run."""
    shop.write({"shop/0002_change.sql": f"{statement};\n"})

    done = shop.run("check", "--fix", "--json", "--only", "effects", "--only", "atomic", "--only", "guidelines")

    document = done.json()
    assert [(item["rule"], item["evidence"]) for item in document["findings"]] == []
    assert done.code == 0
    # Until 18 a NOT NULL is proven by a check, in one file more.
    assert len(files(shop)) - count in {0, 1}
    shop.migrations().apply()


def test_an_applied_file_is_never_touched(shop: Project) -> None:
    """Neither to be fixed nor to make way."""
    shop.write({"shop/0003_more.sql": "ALTER TABLE users ADD COLUMN house text;\n"})
    shop.migrations().apply()
    shop.write({"shop/0002_check.sql": "ALTER TABLE users ADD CONSTRAINT grown CHECK (age > 17);\n"})
    before = files(shop)

    pending, everything = fix(shop), fix(shop, "--all")

    assert files(shop) == before
    assert "not fixed: shop/0002_check: scan (1): it becomes 2 files, and 0003_more.sql" in pending.err
    assert pending.code == 3
    assert "not fixed: shop/0003_more: missing-if-not-exists (1): it is applied on the database" in everything.err


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ALTER TABLE users /* all */ ADD CHECK (age > 17);", "a comment inside of the statement would be lost"),
        (
            "SET LOCAL search_path TO public;\nALTER TABLE users ADD CHECK (age > 17);",
            "line 1 would have to be in each",
        ),
        (f"{2 * 'ALTER TABLE users ADD CHECK (age > 17); '}", "several statements stand on its line"),
    ],
)
def test_what_a_program_cannot_write_safely_is_told(text: str, reason: str, shop: Project) -> None:
    """The file stays as it is, and the reason is said."""
    shop.write({"shop/0002_check.sql": text})

    done = fix(shop)

    assert files(shop) == {"0002_check.sql": text}
    assert reason in done.err
    assert done.code == 3


def test_a_diff_is_shown_and_nothing_is_written(shop: Project) -> None:
    """What `patch` takes, and the exit code says that there is something to do."""
    text = "CREATE INDEX idx_users_name ON users (name);\n"
    shop.write({"shop/0002_index.sql": text})

    done = shop.run("check", "--diff", *CLAIMS)

    assert files(shop) == {"0002_index.sql": text}
    assert done.out.splitlines() == [
        "--- a/migrations/shop/0002_index.sql",
        "+++ b/migrations/shop/0002_index.sql",
        "@@ -1 +1 @@",
        "-CREATE INDEX idx_users_name ON users (name);",
        "+CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_name ON users (name);",
    ]
    assert done.code == 3
    subprocess.run(["patch", "-p1"], cwd=shop.root, input=done.out, text=True, check=True, capture_output=True)
    assert files(shop)["0002_index.sql"].startswith("CREATE INDEX CONCURRENTLY")


def test_the_document_says_what_was_fixed(shop: Project) -> None:
    """Programs learn the rule, the migration and the files that it is now."""
    shop.write({"shop/0002_check.sql": "ALTER TABLE users ADD CONSTRAINT grown CHECK (age > 17);\n"})

    done = shop.run("check", "--fix", "--json", "--only", "effects")

    assert done.json()["fixed"] == [
        {
            "rule": "scan",
            "id": "shop/0002_check",
            "file": "migrations/shop/0002_check.sql",
            "message": "reads all of public.users while nobody else can read or write public.users",
            "written": ["migrations/shop/0002_check.sql", "migrations/shop/0003_check_validate.sql"],
        }
    ]
    assert done.json()["findings"] == []


@pytest.mark.parametrize("flags", [("--fix", "--accept"), ("--diff", "--json"), ("--diff", "--format", "sarif")])
def test_flags_that_exclude_each_other_are_refused(flags: tuple[str, ...], shop: Project) -> None:
    """Before anything is tried or written."""
    text = "ALTER TABLE users ADD COLUMN house text;\n"
    shop.write({"shop/0002_more.sql": text})

    done = shop.run("check", "--only", "guidelines", *flags)

    assert done.code == 2
    assert files(shop) == {"0002_more.sql": text}


def git(folder: Path, *arguments: str) -> None:
    """Run Git where a person would."""
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_without_a_database_git_says_what_is_new(shop: Project) -> None:
    """What is committed may be applied somewhere; what is not is the author's alone."""
    shop.write({"shop/0002_old.sql": "ALTER TABLE users ADD COLUMN house text;\n"})
    git(shop.root, "init", "-q")
    git(shop.root, "add", ".")
    git(shop.root, "commit", "-qm", "one")
    shop.write({"shop/0003_new.sql": "ALTER TABLE users ADD COLUMN street text;\n"})
    shop.environment["SELTZER_DATABASE"] = ""

    done = shop.run("check", "--fix", "--all", "--only", "guidelines")

    assert files(shop) == {
        "0002_old.sql": "ALTER TABLE users ADD COLUMN house text;\n",
        "0003_new.sql": "ALTER TABLE users ADD COLUMN IF NOT EXISTS street text;\n",
    }
    assert "not fixed: shop/0002_old: missing-if-not-exists (1): it is in commit" in done.err


def test_without_a_database_and_git_nothing_is_written(shop: Project) -> None:
    """Nobody knows what is applied."""
    shop.write({"shop/0002_new.sql": "ALTER TABLE users ADD COLUMN street text;\n"})
    shop.environment["SELTZER_DATABASE"] = ""
    shop.environment["GIT_CEILING_DIRECTORIES"] = str(shop.root.parent)

    done = shop.run("check", "--fix", "--only", "guidelines")

    assert done.code == 2
    assert "neither a database nor Git says what that is" in done.err
    assert files(shop) == {"0002_new.sql": "ALTER TABLE users ADD COLUMN street text;\n"}
