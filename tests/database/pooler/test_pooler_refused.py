"""What cannot run through a pooler is refused before anything ran, and the way around is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer import Migrations
from seltzer.errors import ConnectionFailedError, StatementError, UnsupportedStatementError

if TYPE_CHECKING:
    from database.pooler.poolers import PooledDatabase
    from support import Project

pytestmark = pytest.mark.pooler

ALONE = "CREATE TABLE IF NOT EXISTS a (id int);\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (id);\n"
NEEDING = {
    "prepare": ("PREPARE p AS SELECT 1;\n", "PREPARE"),
    "listen": ("SELECT 1;\nLISTEN news;\n", "LISTEN"),
    "discard": ("DISCARD TEMP;\n", "DISCARD"),
    "lock": ("SELECT pg_advisory_lock(1);\n", "pg_advisory_lock locks until the session ends"),
    "hold": ("DECLARE c CURSOR WITH HOLD FOR SELECT 1;\n", "a cursor WITH HOLD"),
    "set": ("SET work_mem = '2MB';\n" + ALONE, "a setting for the statements after it"),
    "config": ("SELECT set_config('work_mem', '2MB', false);\n" + ALONE, "a setting for the statements after it"),
    "temporary": ("CREATE TEMP TABLE t (id int);\n" + ALONE, "a temporary table for the statements after it"),
    "own limit": ("-- seltzer: lock-timeout = 5s\n" + ALONE, "lock-timeout in the file has no effect"),
}


@pytest.mark.parametrize("name", NEEDING)
def test_a_file_that_needs_a_session_of_its_own_is_refused(project: Project, name: str) -> None:
    """Nothing ran, the files before it neither; without a pooler it is applied."""
    text, words = NEEDING[name]
    project.write({"shop/0001_fine.sql": "CREATE TABLE fine ();\n", "shop/0002_needs.sql": text})

    with pytest.raises(UnsupportedStatementError) as caught:
        project.migrations().run_all()

    assert caught.value.migration == "shop/0002_needs"
    assert words in caught.value.message
    assert "direct-database" in (caught.value.hint or "")
    assert caught.value.place is not None
    assert caught.value.place.line is not None
    assert project.database.query("SELECT to_regclass('fine'), to_regclass('a')") == [(None, None)]


@pytest.mark.parametrize("name", NEEDING)
def test_the_same_file_is_applied_around_the_pooler(project: Project, pooled: PooledDatabase, name: str) -> None:
    """`direct-database` is what the refusal names, and it is enough."""
    project.write({"shop/0002_needs.sql": NEEDING[name][0]})

    assert project.migrations(direct_database=pooled.direct.url).run_all().applied == ("shop/0002_needs",)


def test_what_was_begun_by_steps_under_a_former_name_is_looked_at_as_steps(project: Project) -> None:
    """Repaired and renamed it would fit a transaction; it goes on by steps, where a setting does not last."""
    one = "CREATE TABLE a (id int);\n"
    project.write({"shop/0001_steps.sql": f"-- seltzer: transaction = off\n{one}SELECT 1 / (SELECT 0);\n"})
    with pytest.raises(StatementError):
        project.migrations().run_all()
    (project.folder / "shop/0001_steps.sql").unlink()
    project.write({"shop/0001_other.sql": f"-- seltzer: was = shop/0001_steps\n{one}SET work_mem = '2MB';\n"})

    with pytest.raises(UnsupportedStatementError, match="a setting for the statements after it"):
        project.migrations().run_all()


@pytest.mark.parametrize("limit", ["lock_timeout", "statement_timeout"])
def test_a_limit_of_the_server_refuses_what_runs_alone(project: Project, pooled: PooledDatabase, limit: str) -> None:
    """Nothing could lift it there; what fits a transaction is not refused."""
    pooled.direct.query(f"ALTER DATABASE {pooled.name} SET {limit} = '1min'")
    project.write({"shop/0001_alone.sql": ALONE})

    with pytest.raises(
        UnsupportedStatementError, match=f"lifts the server's {limit} = 1min through a pooler"
    ) as caught:
        project.migrations().run_all()

    assert "direct-database" in (caught.value.hint or "")
    assert pooled.query("SELECT to_regclass('a')") == [(None,)]
    assert project.migrations(direct_database=pooled.direct.url).run_all().applied == ("shop/0001_alone",)
    project.write({"shop/0002_fits.sql": "CREATE TABLE b ();\n"})
    assert project.migrations().run_all().applied == ("shop/0002_fits",)


@pytest.mark.parametrize(
    ("setting", "value"), [("role", "pg_monitor"), ("search_path", ("pg_temp",)), ("statement_timeout", "1h")]
)
def test_a_wish_for_what_runs_alone_is_refused(project: Project, setting: str, value: object) -> None:
    """A role, a search path and a time limit cannot be given to a statement that has nothing around it."""
    project.write({"shop/0001_alone.sql": ALONE})

    with pytest.raises(UnsupportedStatementError, match=f"{setting.replace('_', '-')} has no effect through a pooler"):
        project.migrations(**{setting: value}).run_all()


RUNNER = """
import psycopg2
from shared.config import config
def run_migration():
    conn = psycopg2.connect(dbname=config.DB_NAME, user=config.DB_USER, host=config.DB_HOST, port=config.DB_PORT)
    try:
        conn.cursor().execute("CREATE TABLE IF NOT EXISTS a (id int)")
        conn.commit()
    finally:
        conn.close()
"""
CONFIG = {
    "../shared/config.py": "class config:\n    DB_NAME = DB_USER = DB_PASSWORD = DB_HOST = ''\n    DB_PORT = 5432\n"
}


def test_a_runner_with_a_connection_of_its_own_goes_through_the_pooler(project: Project) -> None:
    """It is given the run's database, and recognised as connected to it."""
    project.write({**CONFIG, "old/__init__.py": RUNNER})

    assert project.migrations().run_all().applied == ("old/run_migration",)
    assert project.database.query("SELECT to_regclass('a')::text") == [("a",)]


def test_such_a_runner_cannot_be_given_a_search_path(project: Project) -> None:
    """A pooler takes no options along; going on without would make its tables elsewhere."""
    project.write({**CONFIG, "old/__init__.py": RUNNER})

    with pytest.raises(UnsupportedStatementError, match="does not take search_path along") as caught:
        project.migrations(search_path=("public",)).run_all()

    assert "direct-database" in (caught.value.hint or "")
    assert project.database.query("SELECT to_regclass('a')") == [(None,)]


def test_a_file_that_a_runner_hands_over_is_looked_at_too(project: Project) -> None:
    """Before the runner is called."""
    runner = "import seltzer\ndef run_migration():\n    seltzer.execute_sql_file('listen.sql')\n"
    project.write({"old/__init__.py": runner, "old/listen.sql": "SELECT 1;\n\nLISTEN news;\n"})

    with pytest.raises(UnsupportedStatementError, match="a pooler does not give: LISTEN") as caught:
        project.migrations().run_all()

    assert caught.value.place is not None
    assert (caught.value.place.file.name, caught.value.place.line) == ("listen.sql", 3)


def test_a_function_may_say_what_a_file_may_not_do(project: Project) -> None:
    """Its body is not run when it is made."""
    text = "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'SELECT pg_advisory_lock(1)';\n"

    assert project.write({"shop/0001_function.sql": text}).migrations().run_all().applied == ("shop/0001_function",)


def test_options_that_a_pooler_refuses_are_named(project: Project) -> None:
    """The pooler's own refusal gets a hint."""
    project.write({"shop/0001_fine.sql": "CREATE TABLE fine ();\n"})

    with pytest.raises(ConnectionFailedError) as caught:
        Migrations(project.folder, database=f"{project.database.url}?options=-c%20search_path%3Dx").status()

    assert "A pooler takes no options" in (caught.value.hint or "")
