"""The table itself: its columns, what describes it, and the rows that runs and failures leave."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

import seltzer
from seltzer.errors import HistoryError, PythonError, RunnerError, SeltzerError, StatementError
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from collections.abc import Callable

    from support import Database, Project

# Name, type and whether it must have a value, as DESIGN section 5 lists them.
COLUMNS = [
    ("position", "bigint", True),
    ("run", "uuid", True),
    ("id", "text", True),
    ("generation", "integer", False),
    ("kind", "text", True),
    ("state", "text", True),
    ("checksum", "text", True),
    ("token_checksum", "text", False),
    ("statements", "jsonb", False),
    ("started_at", "timestamp with time zone", True),
    ("finished_at", "timestamp with time zone", True),
    ("duration_ms", "bigint", True),
    ("current_user", "text", True),
    ("session_user", "text", True),
    ("client", "text", False),
    ("application", "text", False),
    ("application_version", "text", False),
    ("seltzer_version", "text", True),
    ("sqlstate", "text", False),
    ("message", "text", False),
    ("provides", "jsonb", False),
]
MODULE = {
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id int UNIQUE); COMMENT ON TABLE users IS 'People';",
    "users/0001_fill.py": "def apply(conn):\n    conn.execute('INSERT INTO users VALUES (1)')\n",
    "audit/__init__.py": "def run_migration():\n    pass\n",
}
IDS = ["audit/run_migration", "users/create_tables", "users/0001_fill"]


def history(database: Database, columns: str, table: str = "seltzer.history") -> list[tuple[Any, ...]]:
    """Some columns of all rows, oldest first."""
    return database.query(f"SELECT {columns} FROM {table} ORDER BY position")


def fail(project: Project, kind: type[Exception] = StatementError) -> None:
    """Start, and see it fail."""
    with pytest.raises(kind):
        project.migrations().run_all()


def test_it_has_the_columns_of_the_design(project: Project) -> None:
    """Names, types and what may be empty are fixed: others read them; further columns may be empty."""
    project.write(MODULE).migrations().run_all()

    columns = project.database.query(
        "SELECT attname::text, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute "
        "WHERE attrelid = 'seltzer.history'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
    )

    assert [column for column in columns if column in COLUMNS] == COLUMNS
    assert {required for name, _, required in columns if name not in {column[0] for column in COLUMNS}} <= {False}


def test_it_explains_itself(project: Project) -> None:
    """Both tables and every column have a comment; the history's names its format."""
    project.write(MODULE).migrations().run_all()

    comments = project.database.query(
        "SELECT c.relname::text, a.attname::text, col_description(c.oid, a.attnum), obj_description(c.oid, 'pg_class') "
        "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "WHERE c.relnamespace = 'seltzer'::regnamespace AND c.relkind = 'r'"
    )

    assert {row[0] for row in comments} == {"history", "progress"}
    assert all(of_column and of_table for _, _, of_column, of_table in comments)
    assert all("format 1" in of_table for table, _, _, of_table in comments if table == "history")


def test_each_application_is_one_row_in_its_order(project: Project) -> None:
    """Position follows the order of the run, everything of one run has its UUID, and the facts are filled in."""
    project.write(MODULE).migrations(application="shop", application_version="1.2").run_all()

    rows = history(
        project.database,
        "id, generation, kind, state, checksum LIKE 'sha256-1:%', token_checksum, jsonb_array_length(statements), "
        'started_at <= finished_at AND duration_ms >= 0, "current_user", "session_user", application, '
        "application_version, seltzer_version, sqlstate, message",
    )

    assert [row[0] for row in rows] == IDS
    assert [row[1:4] for row in rows] == [
        (1, "runner", "applied"),
        (1, "repeatable", "applied"),
        (1, "versioned", "applied"),
    ]
    assert all(row[4] and row[5] and row[7] for row in rows)
    assert rows[1][6] >= 2, "a fingerprint of each statement"
    facts = ("postgres", "postgres", "shop", "1.2", seltzer.__version__, None, None)
    assert {row[8:] for row in rows} == {facts}
    assert len(set(history(project.database, "run"))) == 1
    assert all("@" in str(client) for (client,) in history(project.database, "client"))


def test_each_run_has_a_name_of_its_own(project: Project) -> None:
    """Rows of two runs can be told apart."""
    project.write(MODULE).migrations().run_all()
    project.write({"users/0002_more.sql": "SELECT 1;"}).migrations().run_all()

    assert len(set(history(project.database, "run"))) == 2


def test_the_application_is_named_after_the_projects_folder(project: Project) -> None:
    """Without a setting the folder above `migrations/` says who it was; a version nobody gave is empty."""
    project.write(MODULE).migrations().run_all()

    assert set(history(project.database, "application, application_version")) == {(project.root.name, None)}


def test_generations_count_the_applications_of_an_id(project: Project) -> None:
    """Each new content of a repeatable is one row more, with the next number."""
    view = "CREATE OR REPLACE VIEW one AS SELECT {} AS one;"
    for number in (1, 2, 3):
        project.write({"users/one.sql": view.format(number)}).migrations().run_all()

    assert history(project.database, "id, generation, state") == [("users/one", n, "applied") for n in (1, 2, 3)]


def test_the_role_that_a_file_took_does_not_sign_the_row(project: Project) -> None:
    """A file may `SET ROLE`, even to one that may not write the history: the row is the run's."""
    role = f"{project.database.name}_owner"
    project.database.query(f"CREATE ROLE {role}")

    project.write({"users/0001_as_owner.sql": f"SET ROLE {role};\nSELECT 1;\n"}).migrations().run_all()

    assert history(project.database, '"current_user", "session_user"') == [("postgres", "postgres")]


def test_a_failure_is_noted_once(project: Project) -> None:
    """The note has SQLSTATE and message and no generation; equal ones are not repeated, another one is written."""
    project.write({"users/0001_fill.sql": "SELECT 1 / 0;"})
    fail(project)
    fail(project)
    notes = history(project.database, "state, generation, sqlstate, message")

    project.write({"users/0001_fill.sql": "SELECT * FROM nothing;"})
    fail(project)

    assert notes == [("failed", None, "22012", "division by zero")]
    assert history(project.database, "sqlstate") == [("22012",), ("42P01",)]


def test_what_failed_and_then_worked_has_both_rows(project: Project) -> None:
    """The note stays, the application is generation 1, and that is the id's state."""
    project.write({"users/0001_fill.sql": "SELECT 1 / 0;"})
    fail(project)

    project.write({"users/0001_fill.sql": "SELECT 1;"}).migrations().run_all()

    assert history(project.database, "state, generation") == [("failed", None), ("applied", 1)]
    assert project.states() == {"users/0001_fill": "applied"}


def test_a_failure_leaves_the_rows_before_it(project: Project) -> None:
    """What the same run had applied before is recorded, and the error lists it."""
    project.write({**MODULE, "users/0002_fail.sql": "SELECT 1 / 0;", "users/0003_never.sql": "SELECT 1;"})

    with pytest.raises(StatementError) as caught:
        project.migrations().run_all()

    assert caught.value.applied == tuple(IDS)
    assert history(project.database, "id, state") == [
        *((id_, "applied") for id_ in IDS),
        ("users/0002_fail", "failed"),
    ]


CONNECTING = """\
import os

import psycopg2


def run_migration():
    conn = psycopg2.connect(
        dbname=os.environ["DB_NAME"], user=os.environ["DB_USER"], host=os.environ["DB_HOST"], port=os.environ["DB_PORT"]
    )
    try:
        with conn, conn.cursor() as cursor:
            cursor.execute("INSERT INTO people VALUES ('ada@example.org'), ('ada@example.org')")
    finally:
        conn.close()
"""
LEAKS = {
    "sql": ({"m/0001_fill.sql": "INSERT INTO people VALUES ('ada@example.org'), ('ada@example.org');"}, StatementError),
    "value": ({"m/0001_fill.sql": "SELECT 'ada@example.org'::int;"}, StatementError),
    "python": (
        {"m/0001_fill.py": "def apply(conn):\n    conn.execute(\"SELECT 'ada@example.org'::int\")\n"},
        PythonError,
    ),
    "runner": ({"m/__init__.py": CONNECTING}, RunnerError),
    "url": (
        {"m/__init__.py": "def run_migration():\n    raise OSError('postgresql://ada:ada@example.org/x refused')\n"},
        RunnerError,
    ),
}


@pytest.mark.parametrize(("files", "kind"), LEAKS.values(), ids=LEAKS.keys())
def test_no_value_of_a_row_and_no_password_is_noted(
    project: Project, files: dict[str, str], kind: type[Exception]
) -> None:
    """Neither the history nor the command line repeats what a row or a connection text holds."""
    project.database.query("CREATE TABLE people (email text PRIMARY KEY)")
    project.write(files)

    fail(project, kind)
    outcome = project.run("apply", "--json")

    assert len(history(project.database, "message")) == 1
    assert "ada@example" not in str(history(project.database, "message"))
    assert "ada@example" not in outcome.out + outcome.err


def test_two_services_have_two_histories_in_one_database(project: Project) -> None:
    """Each sees its own rows only; the second may lie in the same schema."""
    project.write({**MODULE, "users/0001_fill.py": "def apply(conn):\n    pass\n"}).migrations().run_all()

    second = project.migrations(history="seltzer.second").run_all()

    assert second.applied == tuple(IDS)
    assert [row[0] for row in history(project.database, "id", "seltzer.second")] == IDS
    assert [row[0] for row in history(project.database, "id")] == IDS
    assert project.migrations(history="seltzer.second").run_all().state is DatabaseState.CURRENT


@pytest.mark.parametrize(
    "relation",
    [
        "CREATE TABLE seltzer.history (id int, note text)",
        "CREATE TABLE seltzer.history (id bytea, state int, checksum int, position text)",
        "CREATE VIEW seltzer.history AS SELECT 1 AS one",
        "CREATE SEQUENCE seltzer.history",
        "CREATE TABLE seltzer.other (id int); CREATE INDEX history ON seltzer.other (id)",
        "CREATE TYPE seltzer.history AS (id int)",
    ],
)
def test_something_else_of_that_name_is_no_history(project: Project, relation: str) -> None:
    """Nothing runs, and the error says to name another table."""
    project.database.query("CREATE SCHEMA seltzer")
    project.database.query(relation)
    before = project.database.schema()

    with pytest.raises(HistoryError) as caught:
        project.write(MODULE).migrations().run_all()

    assert caught.value.exit_code == 1
    assert "history =" in (caught.value.hint or "")
    assert project.database.schema() == before


def test_a_newer_format_with_more_columns_is_read_and_written(project: Project) -> None:
    """A format only gains columns that may be empty: an older release works on."""
    project.write(MODULE).migrations().run_all()
    project.database.query("ALTER TABLE seltzer.history ADD COLUMN phase text, ADD COLUMN target jsonb")
    project.database.query("COMMENT ON TABLE seltzer.history IS 'Seltzer''s history of migrations, format 2'")
    project.write({"users/0002_more.sql": "SELECT 1;"})

    result = project.migrations().run_all()

    assert (result.state, result.applied) == (DatabaseState.CURRENT, ("users/0002_more",))
    assert set(project.states().values()) == {"applied"}
    assert len(project.migrations().history().rows) == 4


SLOW_RUNNER = """\
import os
import time

import psycopg2
import seltzer

def run_migration():
    time.sleep(0.6)
    {rest}
"""
SLOW = {
    "a runner that connects itself": ({"users/__init__.py": SLOW_RUNNER.format(rest="pass")}, "applied"),
    "a runner that hands a file over": (
        {"users/__init__.py": SLOW_RUNNER.format(rest="seltzer.execute_sql_file('a.sql')"), "users/a.sql": "SELECT 1;"},
        "applied",
    ),
    "a runner that fails": ({"users/__init__.py": SLOW_RUNNER.format(rest="raise ValueError")}, "failed"),
    "a file that fails": ({"users/0001_a.sql": "SELECT pg_sleep(0.6); SELECT nope;"}, "failed"),
    "a file that fails by steps": (
        {"users/0001_a.sql": "-- seltzer: transaction = off\nSELECT pg_sleep(0.6); SELECT nope;"},
        "failed",
    ),
    "a function that fails": (
        {"users/0001_a.py": "def apply(conn):\n    conn.execute('SELECT pg_sleep(0.6)')\n    raise ValueError\n"},
        "failed",
    ),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_row_begins_when_its_migration_did(project: Project, name: str) -> None:
    """By the server's clock, and not when the row was written."""
    files, state = SLOW[name]
    _timed_row(project.write(files), state, project.migrations().run_all)


def test_a_failure_in_a_shared_transaction_begins_when_its_migration_did(project: Project) -> None:
    """Not when the transaction did: the one before it took its time too."""
    slow = "SELECT pg_sleep(0.6);"
    project.write({"users/0001_a.sql": slow, "users/0002_b.sql": f"{slow} SELECT nope;"})

    duration_ms = _timed_row(project, "failed", lambda: project.migrations().apply(single_transaction=True))

    assert duration_ms < 1200


def _timed_row(project: Project, state: str, start: Callable[[], object]) -> int:
    """The milliseconds of the one row that a start leaves, which lies between the server's times around it."""
    now = "SELECT extract(epoch FROM clock_timestamp())::float8"
    (before,) = project.database.query(now)[0]
    with suppress(SeltzerError):
        start()
    (after,) = project.database.query(now)[0]
    ((found, began, ended, duration_ms),) = project.database.query(
        "SELECT state, extract(epoch FROM started_at)::float8, extract(epoch FROM finished_at)::float8, duration_ms "
        "FROM seltzer.history"
    )
    assert found == state
    assert before <= began <= ended - 0.6
    assert ended <= after
    assert abs(duration_ms - (ended - began) * 1000) <= 1
    return duration_ms
