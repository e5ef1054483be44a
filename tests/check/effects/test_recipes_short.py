"""Recipes for what is no long work by itself: weaker locks, one unit instead of a gap, many rows a few at a time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import psycopg
import pytest

from check.effects.recipe_trials import TABLES, recipe_of, recipe_of_or_none, run, text_of
from seltzer.claims.finding import Verdict
from seltzer.claims.tracing import trace_statements
from seltzer.sql.statements import read_statements

if TYPE_CHECKING:
    from check.trials import Checked
    from support import Database

SHUT_OUT = {"ACCESS EXCLUSIVE", "EXCLUSIVE", "SHARE ROW EXCLUSIVE", "SHARE"}


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("DROP INDEX lines_user", "DROP INDEX CONCURRENTLY IF EXISTS lines_user"),
        ("drop index if exists public.posts_score", "DROP INDEX CONCURRENTLY IF EXISTS public.posts_score"),
        ("ALTER TABLE days DETACH PARTITION days_1", "ALTER TABLE days DETACH PARTITION days_1 CONCURRENTLY"),
    ],
)
def test_a_weaker_lock_does(statement: str, text: str, database: Database) -> None:
    """What keeps everybody out, if only for a moment, has a form that keeps nobody out."""
    database.query(TABLES)
    (file,) = recipe_of(database, statement).files
    connect = partial(psycopg.connect, database.url, autocommit=True)

    (before,) = trace_statements(connect, statement, read_statements(statement))
    (after,) = trace_statements(connect, text_of(file), read_statements(text_of(file)))

    assert file.statements == (text,)
    assert "ACCESS EXCLUSIVE" in set((before.locks or {}).values())
    assert after.error is None
    assert after.locks
    assert not SHUT_OUT & set(after.locks.values())


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DROP INDEX logs_id", "the index of a partitioned table has no CONCURRENTLY"),
        ("ALTER TABLE logs DETACH PARTITION logs_1", "a default partition rules CONCURRENTLY out"),
    ],
)
def test_where_there_is_no_such_form_a_file_of_its_own_keeps_the_lock_short(
    statement: str, said: str, database: Database
) -> None:
    """The statement stays as it is, and the words say why."""
    database.query(TABLES)

    (file,) = recipe_of(database, statement).files

    assert (file.statements, said in file.note) == ((statement,), True)
    run(database, file)


@pytest.mark.parametrize("statement", ["DROP INDEX nothing", "DROP INDEX lines_user CASCADE", "DROP TABLE users"])
def test_no_other_drop_has_a_recipe(statement: str, database: Database) -> None:
    """What is not there, what others hang on, and what is no index."""
    database.query(TABLES)

    assert recipe_of_or_none(database, statement) is None


BATCHES = {
    "UPDATE many SET part = id % 7 WHERE id > 100": "SELECT count(*) FROM many WHERE part IS NULL AND id > 100",
    "UPDATE public.many AS m SET (part, name) = (3, m.id::text)": "SELECT count(*) FROM many WHERE part IS NULL",
    "UPDATE many SET part = (SELECT max(age) FROM users WHERE id = many.id) + 1 WHERE name IS NOT NULL OR id < 0": (
        "SELECT count(*) FROM many WHERE part IS NULL AND id BETWEEN 1 AND 50"
    ),
    "DELETE FROM many WHERE id % 2 = 0 OR id < 50": "SELECT count(*) FROM many WHERE id % 2 = 0 OR id < 50",
    "DELETE FROM many": "SELECT count(*) FROM many",
}


@pytest.mark.parametrize("statement", BATCHES)
def test_many_rows_are_changed_a_few_at_a_time(statement: str, database: Database) -> None:
    """Every row that the statement means and no other, in transactions of five thousand."""
    database.query(TABLES)
    many = "SELECT g, 'Name', NULL FROM generate_series(1, 12000) AS g"
    database.query("CREATE TABLE many (id int PRIMARY KEY, name text, part int)")
    database.query(f"INSERT INTO many {many}")
    (file,) = recipe_of(database, statement).files
    database.query(f"CREATE TABLE twin (LIKE many INCLUDING ALL); INSERT INTO twin {many}")
    transactions = "SELECT count(DISTINCT xmin::text) FROM many WHERE part IS NOT NULL"

    run(database, file)
    if statement.startswith("UPDATE many SET part = id"):
        assert database.query(transactions) == [(3,)]
    database.query(statement.replace("many", "twin"))

    both = "SELECT count(*) FROM (TABLE {} EXCEPT TABLE {}) AS d"
    assert database.query(both.format("many", "twin")) == database.query(both.format("twin", "many")) == [(0,)]
    assert database.query(BATCHES[statement]) == [(0,)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE users SET age = age + 1",
        "UPDATE users AS u SET name = u.name || u.age, age = 1",
        "UPDATE users SET name = users::text",
    ],
)
def test_rows_that_would_be_changed_twice_are_not_cut_into_batches(statement: str, database: Database) -> None:
    """A run that is cut off begins again: it must find nothing of what it did."""
    database.query(TABLES)

    (file,) = recipe_of(database, statement).files

    assert file.statements == (statement,)
    assert "would change rows twice" in file.note


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE users SET id = 5",
        'UPDATE "Order Lines" SET amount = 1',
        "UPDATE users SET age = 1 FROM posts WHERE posts.author = users.id",
        "UPDATE users SET age = 1 WHERE id IN (SELECT id FROM users)",
        "WITH x AS (SELECT 1) DELETE FROM users",
        "DELETE FROM users USING posts WHERE posts.author = users.id",
        "DELETE FROM users RETURNING id",
        "DELETE FROM ONLY users",
    ],
)
def test_what_is_more_than_one_change_of_rows_is_left_whole(statement: str, database: Database) -> None:
    """Another key, no key, other tables, the same table again."""
    database.query(TABLES)

    assert recipe_of_or_none(database, statement) is None


INDEX = """\
-- file 1: CONCURRENTLY runs outside of a transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_name_new ON users (name, age);
-- file 2: when the new one is there: no query is without an index
DROP INDEX CONCURRENTLY IF EXISTS idx_users_name;
-- file 3: in a moment
ALTER INDEX IF EXISTS idx_users_name_new RENAME TO idx_users_name;"""
CHECK = """\
-- file 1: in one transaction: no row goes by unchecked between the two
ALTER TABLE users DROP CONSTRAINT IF EXISTS grown;
ALTER TABLE users ADD CONSTRAINT grown CHECK (age > 20) NOT VALID;
-- file 2: a transaction of its own, so that no strong lock is held meanwhile
ALTER TABLE users VALIDATE CONSTRAINT grown;"""
REPLACED = {
    "an index": ("DROP INDEX idx_users_name;\nCREATE INDEX idx_users_name ON users (name, age);", INDEX),
    "a check": (
        "ALTER TABLE users DROP CONSTRAINT IF EXISTS grown;\nALTER TABLE users ADD CONSTRAINT grown CHECK (age > 20);",
        CHECK,
    ),
}


@pytest.mark.parametrize("name", REPLACED)
def test_what_is_made_anew_is_replaced_as_one_unit(name: str, checked: Checked) -> None:
    """There is no moment without an index, and no row that nothing checks; each file runs, and nobody waits."""
    text, fix = REPLACED[name]
    tables = """
CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, name text, age int CONSTRAINT grown CHECK (age > 17));
CREATE INDEX IF NOT EXISTS idx_users_name ON users (name);
"""
    checked.write({"shop/create_tables.sql": tables, "shop/0001_change.sql": text})
    (finding,) = checked.judge("shop/0001_change", "effects").findings
    assert finding.fix == fix

    assert finding.recipe is not None
    names = [f"shop/{number:04d}_change" for number in range(1, len(finding.recipe.files) + 1)]
    checked.write({f"{id_}.sql": text_of(file) for id_, file in zip(names, finding.recipe.files, strict=True)})

    found = checked.check(*names, only="effects")
    assert {item.verdict for item in found.judgements} <= {Verdict.PROVEN, Verdict.NOT_APPLICABLE}
    assert found.findings == ()
