"""`converges`: old files and then the new ones end where an empty database ends; planted defects and their twins."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, NamedTuple

import pytest

from seltzer import Migrations
from seltzer.claims.finding import Verdict
from seltzer.errors import UsageError
from seltzer.model import Severity

if TYPE_CHECKING:
    from pathlib import Path

    from check.trials import Checked
    from seltzer.claims.finding import Judgement
    from support import Database


def git(root: Path, *arguments: str) -> None:
    """Run Git in a project, with nothing of the developer's own settings."""
    settings = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *settings, *arguments], cwd=root, check=True, capture_output=True)


def commit(checked: Checked) -> None:
    """Commit everything as it is."""
    if not (checked.root / ".git").exists():
        git(checked.root, "init", "--quiet")
    git(checked.root, "add", "--all")
    git(checked.root, "commit", "--quiet", "--message", "x")


def judge_since(checked: Checked, id_: str, revision: str = "HEAD") -> Judgement:
    """What the claim came to for what differs from a commit."""
    migrations = Migrations(checked.folder, shadow=checked.server.url("postgres"))
    result = migrations.check(since=revision, only=["converges"])
    (found,) = [item for item in result.judgements if item.id == id_]
    return found


class Changed(NamedTuple):
    """A repeatable that changed.

    Attributes:
        name: The file.
        former: What it was.
        planted: What it became, and does not bring about where it was the former.
        twin: The same in a form that does.
        said: A part of the finding.
    """

    name: str
    former: str
    planted: str
    twin: str
    said: str


CHANGED = {
    "default": Changed(
        "create_tables",
        "CREATE TABLE IF NOT EXISTS t (x int DEFAULT 1);",
        "CREATE TABLE IF NOT EXISTS t (x int DEFAULT 2);",
        "CREATE TABLE IF NOT EXISTS t (x int DEFAULT 1);\nALTER TABLE t ALTER x SET DEFAULT 2;",
        "column public.t.x: default 2 → 1",
    ),
    "type": Changed(
        "create_tables",
        "CREATE TABLE IF NOT EXISTS t (x int);",
        "CREATE TABLE IF NOT EXISTS t (x bigint);",
        "CREATE TABLE IF NOT EXISTS t (x int);\nALTER TABLE t ALTER x TYPE bigint;",
        "column public.t.x: type bigint → integer",
    ),
    "column": Changed(
        "create_tables",
        "CREATE TABLE IF NOT EXISTS t (x int);",
        "CREATE TABLE IF NOT EXISTS t (x int, y int);",
        "CREATE TABLE IF NOT EXISTS t (x int);\nALTER TABLE t ADD COLUMN IF NOT EXISTS y int;",
        "exists and lacks column 'y'",
    ),
    "index left out": Changed(
        "indexes",
        "CREATE INDEX IF NOT EXISTS i ON base (x);",
        "SELECT 1;",
        "DROP INDEX IF EXISTS i;",
        "index public.i is new",
    ),
    "function": Changed(
        "functions",
        "CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "CREATE OR REPLACE FUNCTION f(a text) RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "DROP FUNCTION IF EXISTS f(int);\nCREATE OR REPLACE FUNCTION f(a text) RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "function public.f(integer) is new",
    ),
    "view": Changed(
        "views",
        "CREATE OR REPLACE VIEW v AS SELECT x, y FROM base;",
        "CREATE OR REPLACE VIEW v AS SELECT x FROM base;",
        "DROP VIEW IF EXISTS v;\nCREATE VIEW v AS SELECT x FROM base;",
        "cannot drop columns from view",
    ),
    "grant left out": Changed(
        "grants",
        "GRANT SELECT ON base TO PUBLIC;",
        "SELECT 1;",
        "REVOKE SELECT ON base FROM PUBLIC;",
        "table public.base: privileges",
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_change_that_only_a_new_database_gets_is_found(checked: Checked, name: str) -> None:
    """On top of the content of the newest commit it ends elsewhere, or fails."""
    case = CHANGED[name]
    checked.write({"base/create_tables.sql": "CREATE TABLE IF NOT EXISTS base (x int, y int);"})
    checked.write({f"a/{case.name}.sql": case.former})
    commit(checked)
    checked.write({f"a/{case.name}.sql": case.planted})

    found = checked.judge(f"a/{case.name}", "converges")

    assert found.verdict is Verdict.REFUTED, found
    (finding,) = found.findings
    assert case.said in f"{finding.message}\n{finding.evidence}"
    assert (finding.severity, finding.file.name) == (Severity.ERROR, f"{case.name}.sql")
    assert finding.why


@pytest.mark.parametrize("name", CHANGED)
def test_a_change_that_every_database_gets_is_proven(checked: Checked, name: str) -> None:
    """The twin of each defect is silent."""
    case = CHANGED[name]
    checked.write({"base/create_tables.sql": "CREATE TABLE IF NOT EXISTS base (x int, y int);"})
    checked.write({f"a/{case.name}.sql": case.former})
    commit(checked)
    checked.write({f"a/{case.name}.sql": case.twin})

    found = checked.judge(f"a/{case.name}", "converges")

    assert found.verdict is Verdict.PROVEN, found


class Late(NamedTuple):
    """Two numbered files of which the first comes late, and what is said of it."""

    third: str
    planted: str
    twin: str
    said: str


LATE = {
    "same default": Late(
        "ALTER TABLE t ALTER x SET DEFAULT 3;",
        "ALTER TABLE t ALTER x SET DEFAULT 2;",
        "ALTER TABLE t ALTER y SET DEFAULT 2;",
        "column public.t.x: default 3 → 2",
    ),
    "same table": Late(
        "CREATE TABLE IF NOT EXISTS u (x int);",
        "CREATE TABLE IF NOT EXISTS u (x bigint);",
        "CREATE TABLE IF NOT EXISTS w (x bigint);",
        "column public.u.x: type bigint → integer",
    ),
    "same view": Late(
        "CREATE OR REPLACE VIEW v AS SELECT x FROM t WHERE x > 3;",
        "CREATE OR REPLACE VIEW v AS SELECT x FROM t WHERE x > 2;",
        "CREATE OR REPLACE VIEW w AS SELECT x FROM t WHERE x > 2;",
        "view public.v: definition",
    ),
    "what it needs is gone": Late(
        "ALTER TABLE t DROP COLUMN y;",
        "ALTER TABLE t ALTER y SET DEFAULT 1;",
        "ALTER TABLE t ALTER x SET DEFAULT 1;",
        'column "y" of relation "t" does not exist',
    ),
    "columns in another order": Late(
        "ALTER TABLE t ADD third int; COMMENT ON TABLE t IS 'third';",
        "ALTER TABLE t ADD second int; COMMENT ON TABLE t IS 'second';",
        "ALTER TABLE t ADD second int;",
        "table public.t: comment third → second",
    ),
}


@pytest.mark.parametrize("name", LATE)
@pytest.mark.parametrize("form", ["planted", "twin"])
def test_a_late_migration_is_tried_in_both_positions(checked: Checked, name: str, form: str) -> None:
    """Where its number says, as a new database takes it, and after those that were there; column order apart."""
    case = LATE[name]
    checked.write({"a/0001_first.sql": "CREATE TABLE t (x int, y int);", "a/0003_third.sql": case.third})
    commit(checked)
    checked.write({"a/0002_second.sql": case.planted if form == "planted" else case.twin})

    found = judge_since(checked, "a/0002_second")

    if form == "twin":
        assert found.verdict is Verdict.PROVEN, found
        return
    assert found.verdict is Verdict.REFUTED, found
    (finding,) = found.findings
    assert case.said in f"{finding.message}\n{finding.evidence}"


def test_what_is_new_makes_no_such_claim(checked: Checked) -> None:
    """There is only one way to it."""
    checked.write({"a/0001_first.sql": "CREATE TABLE t (x int);"})
    commit(checked)
    checked.write({"a/0002_second.sql": "SELECT 1;", "b/views.sql": "CREATE OR REPLACE VIEW v AS SELECT 1 AS x;"})

    assert judge_since(checked, "a/0002_second").verdict is Verdict.NOT_APPLICABLE
    assert judge_since(checked, "b/views").verdict is Verdict.NOT_APPLICABLE


def test_without_git_nothing_is_claimed_of_what_was(checked: Checked) -> None:
    """A folder that is no repository."""
    checked.write({"b/views.sql": "CREATE OR REPLACE VIEW v AS SELECT 1 AS x;"})

    assert checked.judge("b/views", "converges").verdict is Verdict.NOT_APPLICABLE


def test_since_a_commit_means_what_differs_from_it(checked: Checked) -> None:
    """Changed, new and untracked files, and those whose way back changed; nothing else."""
    checked.write(
        {
            "a/0001_first.sql": "CREATE TABLE t (x int);",
            "a/0001_first.down.sql": "DROP TABLE t;",
            "a/0002_same.sql": "SELECT 1;",
            "b/same.sql": "CREATE OR REPLACE VIEW s AS SELECT 1 AS x;",
            "b/views.sql": "CREATE OR REPLACE VIEW v AS SELECT 1 AS x;",
        }
    )
    commit(checked)
    checked.write({"a/0001_first.down.sql": "DROP TABLE IF EXISTS t;", "a/0003_new.sql": "SELECT 1;"})
    checked.write({"b/views.sql": "CREATE OR REPLACE VIEW v AS SELECT 2 AS x;"})

    migrations = Migrations(checked.folder, shadow=checked.server.url("postgres"))
    result = migrations.check(since="HEAD", only=["converges"])

    assert {(item.id, item.verdict) for item in result.judgements} == {
        ("a/0001_first", Verdict.NOT_APPLICABLE),
        ("a/0003_new", Verdict.NOT_APPLICABLE),
        ("b/views", Verdict.PROVEN),
    }


def test_nothing_of_the_repository_s_own_is_run(checked: Checked) -> None:
    """A repository can name programs that Git would start by itself."""
    program, trace = checked.root / "program", checked.root / "trace"
    program.write_text(f"#!/bin/sh\ntouch {trace}\n")
    program.chmod(0o755)
    checked.write({"b/views.sql": "CREATE OR REPLACE VIEW v AS SELECT 1 AS x;"})
    commit(checked)
    for name in ("core.fsmonitor", "core.pager", "diff.external"):
        git(checked.root, "config", name, str(program))
    checked.write({"b/views.sql": "CREATE OR REPLACE VIEW v AS SELECT 2 AS x;"})

    assert judge_since(checked, "b/views").verdict is Verdict.PROVEN
    assert not trace.exists()


def test_a_commit_that_is_none_is_refused(checked: Checked) -> None:
    """With a word about what to name."""
    checked.write({"b/views.sql": "CREATE OR REPLACE VIEW v AS SELECT 1 AS x;"})
    commit(checked)

    with pytest.raises(UsageError, match="nonesuch"):
        judge_since(checked, "b/views", "nonesuch")
    with pytest.raises(UsageError):
        judge_since(checked, "b/views", "--output=x")


_FORMER = "CREATE TABLE IF NOT EXISTS t (x int DEFAULT 1);"
_LATER = "CREATE TABLE IF NOT EXISTS t (x int DEFAULT 2);"


def test_what_the_database_has_is_found_by_its_checksum(checked: Checked, database: Database) -> None:
    """Not the newest commit counts but the content that the history has recorded."""
    checked.write({"a/create_tables.sql": _FORMER, "a/0001_index.sql": "CREATE INDEX i ON t (x);"})
    commit(checked)
    migrations = Migrations(checked.folder, database=database.url, shadow=checked.server.url("postgres"))
    migrations.apply()
    checked.write({"a/create_tables.sql": "-- another\n" + _LATER})
    commit(checked)
    checked.write({"a/create_tables.sql": _LATER})
    commit(checked)

    (found,) = migrations.check(only=["converges"]).judgements

    assert (found.id, found.verdict) == ("a/create_tables", Verdict.REFUTED)
    assert "default 2 → 1" in found.findings[0].message


def test_content_that_git_does_not_have_is_unproven(checked: Checked, database: Database) -> None:
    """The database took a file that was never committed."""
    checked.write({"a/create_tables.sql": _FORMER})
    migrations = Migrations(checked.folder, database=database.url, shadow=checked.server.url("postgres"))
    migrations.apply()
    checked.write({"a/create_tables.sql": _LATER})
    commit(checked)

    (found,) = migrations.check(only=["converges"]).judgements

    assert (found.verdict, "no commit" in found.evidence) == (Verdict.UNPROVEN, True)


def test_a_late_migration_of_a_database_is_tried_in_both_positions(checked: Checked, database: Database) -> None:
    """The database says what was there; Git is not asked."""
    checked.write({"a/0001_first.sql": "CREATE TABLE t (x int);", "a/0003_third.sql": LATE["same default"].third})
    migrations = Migrations(checked.folder, database=database.url, shadow=checked.server.url("postgres"))
    migrations.apply()
    checked.write({"a/0002_second.sql": LATE["same default"].planted})

    (found,) = migrations.check(only=["converges"]).judgements

    assert (found.id, found.verdict) == ("a/0002_second", Verdict.REFUTED)
