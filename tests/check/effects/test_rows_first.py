"""What is written instead of a statement that fails on rows: once the reader's value stands in it, it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from seltzer.claims.fixes.rows_first import rows_first

if TYPE_CHECKING:
    from support import Database

TABLES = """
CREATE SCHEMA app;
CREATE TABLE app."Teams" (id int PRIMARY KEY, name text);
CREATE TABLE users (id int PRIMARY KEY, name text, age int, team int);
INSERT INTO app."Teams" VALUES (1, 'one');
INSERT INTO users VALUES (1, 'a', 5, 1), (2, NULL, NULL, 7), (3, 'c', -4, NULL);
"""
WRITTEN = {
    "ALTER TABLE users ADD COLUMN email varchar(40) NOT NULL": ("email = …", "email = id::text"),
    "ALTER TABLE public.users ALTER name SET NOT NULL": ("name = …", "name = 'x'"),
    "ALTER TABLE users ADD CONSTRAINT grown CHECK ((age + 1) > 0)": ("SET …", "SET age = 1"),
    'ALTER TABLE users ADD CONSTRAINT teams FOREIGN KEY (team) REFERENCES app."Teams" (id)': ("", ""),
}


@pytest.mark.parametrize("statement", WRITTEN)
def test_rows_are_repaired_before_they_are_asked(statement: str, database: Database) -> None:
    """The statement is refused, the files are not, and in the end everything is validated."""
    database.query(TABLES)
    with pytest.raises(psycopg.errors.IntegrityError):
        database.query(statement)

    text = (rows_first(statement) or "").replace(*WRITTEN[statement])
    for file in text.split("-- file ")[1:]:
        database.query(f"-- {file}")

    assert "…" not in "".join(line for line in text.splitlines() if not line.startswith("--"))
    assert database.query("SELECT count(*) FROM users") == [(3,)]
    assert database.query("SELECT count(*) FROM pg_constraint WHERE NOT convalidated") == [(0,)]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO users VALUES (1)",
        "ALTER TABLE users ADD COLUMN a int, ADD COLUMN b int NOT NULL",
        "ALTER TABLE users ADD COLUMN a int NOT NULL UNIQUE",
        "ALTER TABLE users ADD FOREIGN KEY (team) REFERENCES teams",
        "not SQL",
    ],
)
def test_what_its_text_does_not_say_is_not_written(statement: str) -> None:
    """Another statement, several commands, more constraints, a key that is not named."""
    assert rows_first(statement) is None
