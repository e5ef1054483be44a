"""Documented: what a file makes and nobody describes, and its described twins."""

from __future__ import annotations

from pathlib import Path

import pytest

from seltzer.claims.finding import Verdict
from seltzer.claims.guidelines.judging import judge_files
from seltzer.claims.guidelines.settings import GuidelineSettings
from seltzer.model import Severity
from seltzer.source.discover import discover

EXAMPLE = Path(__file__).parents[3] / "examples" / "internal_api" / "migrations"
TABLE = "CREATE TABLE users (id bigint);\n"
COMMENTS = "COMMENT ON TABLE users IS 'People.';\nCOMMENT ON COLUMN users.id IS 'Number.';\n"
FUNCTION = "CREATE FUNCTION f(a int, OUT b text) LANGUAGE sql AS 'SELECT 1::text';\n"

DEFECTS = {
    "a table": (TABLE + "COMMENT ON COLUMN users.id IS 'Number.';", "undocumented-table"),
    "a column": (TABLE + "COMMENT ON TABLE users IS 'People.';", "undocumented-column"),
    "a column that is added": (TABLE + COMMENTS + "ALTER TABLE users ADD COLUMN n int;", "undocumented-column"),
    "a comment that is taken away": (TABLE + COMMENTS + "COMMENT ON TABLE users IS NULL;", "undocumented-table"),
    "a comment on another schema's table": (
        TABLE + "COMMENT ON TABLE app.users IS 'x';\nCOMMENT ON COLUMN users.id IS 'Number.';",
        "undocumented-table",
    ),
    "a foreign table": ("CREATE FOREIGN TABLE away () SERVER s;", "undocumented-table"),
    "a table from a query": ("CREATE TABLE copies AS SELECT 1 AS a;", "undocumented-table"),
    "a view": ("CREATE VIEW v AS SELECT 1 AS a;", "undocumented-view"),
    "a materialized view": ("CREATE MATERIALIZED VIEW v AS SELECT 1 AS a;", "undocumented-view"),
    "an enum": ("CREATE TYPE mood AS ENUM ('sad');", "undocumented-type"),
    "a composite type": ("CREATE TYPE pair AS (a int);", "undocumented-type"),
    "a domain": ("CREATE DOMAIN positive AS int;", "undocumented-type"),
    "a range": ("CREATE TYPE span AS RANGE (subtype = float8);", "undocumented-type"),
    "a function": (FUNCTION, "undocumented-function"),
    "a procedure": ("CREATE PROCEDURE p() LANGUAGE sql AS '';", "undocumented-function"),
    "an aggregate": ("CREATE AGGREGATE n(int) (SFUNC = int4pl, STYPE = int);", "undocumented-function"),
    "one of two functions of a name": (
        FUNCTION + FUNCTION.replace("a int", "a date") + "COMMENT ON FUNCTION f(date) IS 'x';",
        "undocumented-function",
    ),
}
TWINS = {
    "all of it": TABLE + COMMENTS,
    "comments in another file of the plan": TABLE,
    "a renamed table": TABLE + COMMENTS + "ALTER TABLE users RENAME TO people;",
    "a table of a search path": "SET search_path TO app;\n" + TABLE + COMMENTS.replace("users", "app.users"),
    "a table that is gone": TABLE + "DROP TABLE users;",
    "a temporary table": "CREATE TEMP TABLE scratch (a int);",
    "a partition": (
        "CREATE TABLE events (day date) PARTITION BY RANGE (day);\nCREATE TABLE e1 PARTITION OF events DEFAULT;\n"
        "COMMENT ON TABLE events IS 'x';\nCOMMENT ON COLUMN events.day IS 'x';"
    ),
    "a type": "CREATE TYPE mood AS ENUM ('sad');\nCOMMENT ON TYPE mood IS 'x';",
    "a domain": "CREATE DOMAIN positive AS int;\nCOMMENT ON DOMAIN positive IS 'x';",
    "a function by its arguments": FUNCTION + "COMMENT ON FUNCTION f(integer) IS 'x';",
    "a function by all of them": FUNCTION + "COMMENT ON FUNCTION f(int, OUT text) IS 'x';",
    "a function by its name": FUNCTION + "COMMENT ON FUNCTION f IS 'x';",
    "an aggregate": "CREATE AGGREGATE n(int) (SFUNC = int4pl, STYPE = int);\nCOMMENT ON AGGREGATE n(int) IS 'x';",
    "an aggregate of rows": (
        "CREATE AGGREGATE number(*) (SFUNC = int8inc, STYPE = int8);\nCOMMENT ON AGGREGATE number(*) IS 'x';"
    ),
    "a function that is replaced": FUNCTION
    + "COMMENT ON FUNCTION f IS 'x';\n"
    + FUNCTION.replace("FUN", "OR REPLACE FUN"),
    "comments that a block writes": TABLE
    + "DO $$ BEGIN EXECUTE 'COMMENT ON TABLE users IS ''x'''; EXECUTE 'COMMENT ON COLUMN users.id IS ''x'''; END $$;",
}  # fmt: skip


def found_in(folder: Path, sql: str, settings: GuidelineSettings | None = None) -> list[tuple[str, Severity]]:
    """What the claim `documented` finds in a file, and in one more with the comments where those are asked for."""
    (folder / "m").mkdir()
    (folder / "m" / "create_tables.sql").write_text(sql)
    if sql == TABLE:
        (folder / "z").mkdir()
        (folder / "z" / "comments.sql").write_text(COMMENTS)
    judgements = judge_files(discover(folder), settings or GuidelineSettings()).judgements
    return [(one.rule, one.severity) for item in judgements if item.claim == "documented" for one in item.findings]


@pytest.mark.parametrize("name", DEFECTS)
def test_what_has_no_comment_is_found(tmp_path: Path, name: str) -> None:
    """Once, and as no more than an info."""
    sql, rule = DEFECTS[name]

    assert found_in(tmp_path, sql) == [(rule, Severity.INFO)]


@pytest.mark.parametrize("name", TWINS)
def test_what_has_one_is_not(tmp_path: Path, name: str) -> None:
    """Wherever in the plan it is written."""
    assert found_in(tmp_path, TWINS[name]) == []


def test_a_setting_says_how_much_it_matters(tmp_path: Path) -> None:
    """A project that wants its comments makes errors of them."""
    settings = GuidelineSettings(documented_severity=Severity.ERROR)

    assert found_in(tmp_path, "CREATE VIEW v AS SELECT 1 AS a;", settings) == [("undocumented-view", Severity.ERROR)]


def test_the_example_application_is_without_a_finding() -> None:
    """Its modules, the original's own among them, follow every guideline and are documented."""
    judgements = judge_files(discover(EXAMPLE), GuidelineSettings()).judgements

    assert [item for judgement in judgements for item in judgement.findings] == []
    assert {item.verdict for item in judgements} == {Verdict.PROVEN, Verdict.NOT_APPLICABLE}


def test_the_original_without_its_comments_has_nothing_above_an_info(tmp_path: Path) -> None:
    """As its authors wrote it: no comment, and every other convention kept."""
    folder = tmp_path / "example"
    folder.mkdir()
    for file in (EXAMPLE / "example").glob("*.*"):
        text = file.read_text()
        (folder / file.name).write_text(
            "".join(line for line in text.splitlines(keepends=True) if "COMMENT ON" not in line)
        )

    judgements = judge_files(discover(tmp_path), GuidelineSettings()).judgements

    assert {(one.rule, one.severity) for item in judgements for one in item.findings} == {
        ("undocumented-table", Severity.INFO),
        ("undocumented-column", Severity.INFO),
    }
