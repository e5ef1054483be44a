"""What a failing migration leaves, and what its error tells: file, line, column, caret, SQLSTATE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from seltzer.errors import SeltzerError, StatementError
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from support import Project

FIRST = {"users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, name text);\n"}
INSIDE = """\
CREATE TABLE fresh (id bigint PRIMARY KEY);
INSERT INTO users VALUES (1);
ALTER TABLE users RENAME COLUMN nothing TO something;
DROP TABLE users;
"""
FAILING: dict[str, dict[str, str]] = {
    "one transaction": {"users/0001_fail.sql": INSIDE},
    "a block of its own": {"users/0001_fail.sql": f"BEGIN;\n{INSIDE}COMMIT;\n"},
    "unparsed": {"users/0001_fail.sql": f"-- seltzer: parse = off\n{INSIDE}"},
    "python": {
        "users/0001_fail.py": f"SQL = {INSIDE!r}\n\ndef apply(conn):\n"
        "    for statement in SQL.split(';'):\n        conn.execute(statement)\n"
    },
    "python of its own": {
        "users/0001_fail.py": "def apply(conn):\n    conn.execute('CREATE TABLE fresh ()')\n    raise ValueError\n"
    },
    "runner": {
        "broken/__init__.py": "import seltzer\ndef run_migration():\n"
        "    seltzer.execute_sql_file('one.sql')\n    seltzer.execute_sql_file('two.sql')\n",
        "broken/one.sql": "CREATE TABLE fresh (id bigint);",
        "broken/two.sql": INSIDE.replace("fresh", "fresher"),
    },
}


def applied(project: Project) -> list[tuple[Any, ...]]:
    """What the history has but notes of failures."""
    return project.database.query(
        "SELECT position, id, generation, state, checksum FROM seltzer.history WHERE state <> 'failed' ORDER BY 1"
    )


def failure(project: Project, text: str) -> StatementError:
    """The error of a start with this file after the first day."""
    with pytest.raises(StatementError) as caught:
        project.write({**FIRST, "users/0001_fail.sql": text}).migrations().run_all()
    return caught.value


@pytest.mark.parametrize("files", FAILING.values(), ids=FAILING.keys())
def test_a_failure_in_the_middle_leaves_catalog_and_history_as_before(project: Project, files: dict[str, str]) -> None:
    """Nothing of the migration stays, the error says so, and a file that is repaired is applied whole."""
    project.write(FIRST).migrations().run_all()
    before = (project.database.schema(), applied(project), project.database.query("SELECT * FROM users"))

    with pytest.raises(SeltzerError) as caught:
        project.write(files).migrations().run_all()

    assert (project.database.schema(), applied(project), project.database.query("SELECT * FROM users")) == before
    assert caught.value.rolled_back is not False
    assert caught.value.exit_code == 1
    assert project.migrations().status().state is DatabaseState.BEHIND


ERRORS: dict[str, tuple[str | bytes, tuple[int | None, int | None], str]] = {
    "grammar is right, name is wrong": ("SELECT 1;\nSELECT nothing\n  FROM users;\n", (2, 8), "42703"),
    "no last semicolon": ("SELECT 1;\n\n  SELECT nothing FROM users", (3, 10), "42703"),
    "Windows line ends": (b"SELECT 1;\r\nSELECT 2;\r\nSELECT nothing FROM users;\r\n", (3, 8), "42703"),
    "old Macintosh line ends": (b"SELECT 1;\rSELECT nothing FROM users;\r", (2, 8), "42703"),
    "a byte order mark": (b"\xef\xbb\xbfSELECT nothing FROM users;\n", (1, 8), "42703"),
    "both": (b"\xef\xbb\xbfSELECT 1;\r\nSELECT nothing FROM users;\r\n", (2, 8), "42703"),
    "multibyte text before": ("SELECT 'Grüße, 世界 🥤';\nSELECT '🥤 é', nothing FROM users;\n", (2, 15), "42703"),
    "comments before": ("-- one; two\n/* three;\n /* four */ */ SELECT nothing FROM users;\n", (3, 23), "42703"),
    "a dollar body before": ("DO $$BEGIN PERFORM 1; END$$;\nSELECT nothing FROM users;\n", (2, 8), "42703"),
    "second of two on one line": ("SELECT 1; SELECT nothing FROM users;\n", (1, 18), "42703"),
    "second of two, at run time": ("SELECT 1;\nSELECT 2; SELECT 1 / (SELECT 0);\nSELECT 3;\n", (2, None), "22012"),
    "at run time": ("SELECT 1;\n\nINSERT INTO users\n  VALUES (1), (1);\n", (3, None), "23505"),
    "inside a body": ("SELECT 1;\nDO $$\nBEGIN\n  RAISE 'no';\nEND$$;\n", (2, None), "P0001"),
    "in a block of its own": ("SET work_mem = '1MB';\nBEGIN;\nSELECT nothing FROM users;\nCOMMIT;\n", (3, 8), "42703"),
    "at run time in a block": ("BEGIN;\nSELECT 1;\nSELECT 1 / (SELECT 0);\nCOMMIT;\n", (3, None), "22012"),
    "after an isolation level": (
        "BEGIN;\nSET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\nSELECT nothing FROM users;\nCOMMIT;\n",
        (3, 8),
        "42703",
    ),
    "after a semicolon inside BEGIN": (
        "BEGIN /* ; */ READ WRITE;\nSELECT 1;\nSELECT 1 / (SELECT 0);\nCOMMIT;\n",
        (3, None),
        "22012",
    ),
    "in the second of two blocks": (
        "BEGIN;\nSELECT 1;\nCOMMIT;\nBEGIN;\nSELECT nothing FROM users;\nCOMMIT;",
        (5, 8),
        "42703",
    ),
    "statement by statement": (
        "-- seltzer: transaction = off\nSELECT 1;\n  SELECT nothing FROM users;",
        (3, 10),
        "42703",
    ),
    "concurrently": ("SELECT 1;\nCREATE INDEX CONCURRENTLY ON users (nothing);\n", (2, None), "42703"),
    "unparsed": ("-- seltzer: parse = off\nSELECT 1;\nSELECT 'é', nothing FROM users;\n", (3, 13), "42703"),
    "unparsed, grammar": ("-- seltzer: parse = off\nSELECT 1;\nSELEKT 2;\n", (3, 1), "42601"),
    "unparsed, at run time": ("-- seltzer: parse = off\nSELECT 1 / (SELECT 0);\n", (None, None), "22012"),
}


def test_the_error_names_the_place(project: Project) -> None:
    """Line and column count characters of the file as an editor shows it; without a position the statement's line."""
    project.database.query(FIRST["users/create_tables.sql"])
    modules = {f"m{number}": name for number, name in enumerate(ERRORS)}
    project.write({f"{module}/0001_fail.sql": ERRORS[name][0] for module, name in modules.items()})
    found: dict[str, tuple[tuple[int | None, int | None], str | None]] = {}

    for module, name in modules.items():
        with pytest.raises(StatementError) as caught:
            project.migrations().apply(module)
        assert caught.value.place is not None
        assert caught.value.place.file == project.folder / module / "0001_fail.sql"
        assert caught.value.migration == f"{module}/0001_fail"
        found[name] = ((caught.value.place.line, caught.value.place.column), caught.value.sqlstate)

    assert found == {name: (place, sqlstate) for name, (_, place, sqlstate) in ERRORS.items()}


def test_the_caret_stands_under_the_word(project: Project) -> None:
    """With tabs, wide letters and Windows line ends before it; and each fact has its line."""
    text = b"SELECT 1;\r\n\tSELECT '\xc3\xa9', no FROM users;\r\n"
    project.write({**FIRST, "users/0001_fail.sql": text})

    outcome = project.run("apply", "--no-color")

    assert outcome.code == 1
    lines = outcome.err.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("error:"))
    assert lines[start:] == [
        'error: migrations/users/0001_fail.sql:2:14: column "no" does not exist (SQLSTATE 42703) [users/0001_fail]',
        "    2 |  SELECT 'é', no FROM users;",
        "      |              ^",
        "applied before it: users/create_tables",
        "this one was rolled back: it left nothing behind",
        "hint: Correct the file and apply again.",
    ]


def test_a_constraint_that_is_checked_at_the_commit(project: Project) -> None:
    """A deferred constraint fails when the file is through: the error says where, and shows no row."""
    before = (
        "CREATE TABLE teams (id bigint PRIMARY KEY);\n"
        "CREATE TABLE players (team bigint REFERENCES teams DEFERRABLE INITIALLY DEFERRED);\n"
    )

    error = failure(project, before + "INSERT INTO players VALUES (4711);\n")

    assert "at the commit" in error.message
    assert error.sqlstate == "23503"
    assert error.rolled_back is True
    assert error.place is not None
    assert error.place.file == project.folder / "users" / "0001_fail.sql"
    assert "4711" not in f"{error.message} {error.detail}"
    assert project.database.query("SELECT to_regclass('players') IS NULL") == [(True,)]


SAID = {
    "hint": ("SELECT nme FROM users;", 'Perhaps you meant to reference the column "users.name".', None),
    "detail": (
        "CREATE VIEW names AS SELECT name FROM users;\nALTER TABLE users DROP COLUMN name;\n",
        "Use DROP ... CASCADE to drop the dependent objects too.",
        "view names depends on column name of table users",
    ),
}


@pytest.mark.parametrize(("text", "hint", "detail"), SAID.values(), ids=SAID.keys())
def test_what_postgresql_says_besides_is_told(project: Project, text: str, hint: str, detail: str | None) -> None:
    """Its detail and hint stand in the error."""
    error = failure(project, text)

    assert (error.hint, error.detail) == (hint, detail)


def test_a_connection_that_breaks_is_settled_by_the_history(project: Project) -> None:
    """The backend ends in the middle: the migration was rolled back, the error says so, and the next run applies it."""
    slow = {"users/0001_break.sql": "CREATE TABLE fresh (id int); SELECT pg_terminate_backend(pg_backend_pid());"}
    project.write({**FIRST, **slow})

    with pytest.raises(SeltzerError) as caught:
        project.migrations().run_all()

    assert (caught.value.type, caught.value.exit_code) == ("connection-lost", 1)
    assert (caught.value.migration, caught.value.rolled_back) == ("users/0001_break", True)
    assert caught.value.applied == ("users/create_tables",)
    assert project.database.query("SELECT to_regclass('fresh') IS NULL") == [(True,)]
    assert project.states() == {"users/create_tables": "applied", "users/0001_break": "pending"}
