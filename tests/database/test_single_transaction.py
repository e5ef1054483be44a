"""`apply --single-transaction`: all of it is applied, or nothing."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from seltzer.errors import (
    InterruptedRunError,
    PythonError,
    SeltzerError,
    StatementError,
    TransactionEndedError,
    UnsupportedStatementError,
)
from seltzer.events import RunFinished, StepFailed, StepFinished, StepStarted
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from seltzer.events import Event
    from support import Project

FILES = {
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, name text);\n",
    "users/0001_add_email.sql": "ALTER TABLE users ADD COLUMN email text;\n",
    "users/0002_first.py": "def apply(conn):\n    conn.execute(\"INSERT INTO users VALUES (1, 'Ada')\")\n",
    "users/names.sql": "CREATE OR REPLACE VIEW names AS SELECT name FROM users;\n",
}
ORDER = ("users/create_tables", "users/0001_add_email", "users/0002_first", "users/names")
only_one_version = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])


def together(project: Project, **keywords: Any) -> tuple[str, ...]:
    """Apply everything in one transaction, and return the ids."""
    applied: tuple[str, ...] = project.migrations().apply(single_transaction=True, **keywords).applied
    return applied


def fails(project: Project, error: type[SeltzerError], **keywords: Any) -> SeltzerError:
    """Apply what fails: nothing of it is in the database, and one note in the history."""
    before = project.database.schema(), applied_rows(project)
    with pytest.raises(error) as caught:
        together(project, **keywords)
    assert (project.database.schema(), applied_rows(project)) == before
    assert caught.value.applied == ()
    assert caught.value.hint
    return caught.value


def applied_rows(project: Project) -> list[tuple[Any, ...]]:
    """The rows of the history that are no notes of failures."""
    if project.database.query("SELECT to_regclass('seltzer.history')") == [(None,)]:
        return []
    return project.database.query("SELECT id, state FROM seltzer.history WHERE state <> 'failed' ORDER BY position")


def notes(project: Project) -> list[tuple[Any, ...]]:
    """The failures in the history."""
    return project.database.query("SELECT id, sqlstate FROM seltzer.history WHERE state = 'failed' ORDER BY position")


def test_all_of_it_is_one_transaction(project: Project) -> None:
    """SQL, Python and views; every row of the history was written by the same transaction and has a time of its own."""
    heard: list[Event] = []

    assert together(project.write(FILES), on_event=heard.append) == ORDER

    rows = project.database.query("SELECT xmin::text, started_at, finished_at FROM seltzer.history ORDER BY position")
    assert len({row[0] for row in rows}) == 1
    assert all(one[2] <= next_[1] for one, next_ in pairwise(rows))
    assert all(row[1] <= row[2] for row in rows)
    assert project.database.query("SELECT name FROM names") == [("Ada",)]
    assert project.migrations().run_all().state is DatabaseState.CURRENT
    assert together(project) == ()
    kinds = [type(event) for event in heard if isinstance(event, StepStarted | StepFinished | RunFinished)]
    assert kinds == [*[StepStarted] * 4, *[StepFinished] * 4, RunFinished]


def test_a_failure_leaves_nothing(project: Project) -> None:
    """The error names file, line and column; one note is in the history; repaired, all of it is applied."""
    project.write({**FILES, "users/0003_bad.sql": "SELECT 1;\nSELECT nobody FROM users;\n"})
    heard: list[Event] = []

    error = fails(project, StatementError, on_event=heard.append)

    assert error.migration == "users/0003_bad"
    assert error.place is not None
    assert (error.place.file.name, error.place.line, error.place.column) == ("0003_bad.sql", 2, 8)
    assert error.rolled_back is True
    assert "Nothing of this run was applied." in str(error.hint)
    assert notes(project) == [("users/0003_bad", "42703")]
    assert not any(isinstance(event, StepFinished) for event in heard)
    assert isinstance(heard[-1], StepFailed)
    project.write({"users/0003_bad.sql": "SELECT 1;\n"})
    assert len(together(project)) == 5


@only_one_version
def test_python_that_fails_leaves_nothing(project: Project) -> None:
    """What it raised, with its line."""
    project.write({**FILES, "users/0003_bad.py": "def apply(conn):\n    raise KeyError('no')\n"})

    error = fails(project, PythonError)

    assert error.place is not None
    assert (error.place.file.name, error.place.line) == ("0003_bad.py", 2)
    assert notes(project) == [("users/0003_bad", None)]


@only_one_version
def test_named_migrations_and_reverted_ones(project: Project) -> None:
    """It goes with ids, and with `reverted`."""
    project.write({**FILES, "users/0001_add_email.down.sql": "ALTER TABLE users DROP COLUMN email;\n"})

    assert project.migrations().apply("users/0001", single_transaction=True).applied == ORDER[:2]
    project.migrations().revert("users/0001")
    assert project.migrations().apply(reverted=True, single_transaction=True).applied == ("users/0001_add_email",)


APART = {
    "users/0009_x.sql": ("-- one\nCREATE INDEX CONCURRENTLY i ON users (id);\n", 2),
    "users/0010_x.sql": ("-- seltzer: transaction = off\nSELECT 1;\n", 1),
    "users/0011_x.sql": ("-- seltzer: parse = off\nSELECT 1;\n", None),
    "users/0012_x.sql": ("BEGIN;\nSELECT 1;\nCOMMIT;\nBEGIN;\nSELECT 2;\nCOMMIT;\n", 1),
    "users/0013_x.sql": ("BEGIN ISOLATION LEVEL SERIALIZABLE;\nSELECT 1;\nCOMMIT;\n", None),
    "own/__init__.py": ("import psycopg\n\n\ndef run_migration():\n    print('execute_sql_file')\n", None),
    "old/__init__.py": ("def run_migration():\n    pass\n", None),
    "far/__init__.py": ("from ..own import execute_sql_file\n\n\ndef run_migration():\n    pass\n", None),
}


@only_one_version
@pytest.mark.parametrize("name", APART)
def test_what_cannot_be_part_is_refused_before_anything_runs(project: Project, name: str) -> None:
    """The file is named, and the line where it can be told; not even a history is made."""
    text, line = APART[name]
    project.write({**FILES, name: text})

    error = fails(project, UnsupportedStatementError)

    assert error.place is not None
    assert (str(error.place.file), error.place.line) == (str(project.folder / name), line)
    assert "cannot share one transaction with others" in error.message
    assert str(error.hint).startswith(f"Apply it by itself first: seltzer apply {error.migration}")
    assert error.exit_code == 2
    assert project.database.query("SELECT to_regclass('seltzer.history')") == [(None,)]


@only_one_version
def test_a_file_with_a_transaction_of_its_own_around_it(project: Project) -> None:
    """A plain BEGIN and COMMIT around everything mean what happens anyway."""
    project.write({**FILES, "users/0003_x.sql": "BEGIN;\nINSERT INTO users VALUES (2, 'Bea');\nCOMMIT;\n"})
    assert len(together(project)) == 5


def test_the_runner_that_new_writes(project: Project) -> None:
    """Its file joins the transaction; when something after it fails, its tables are gone too."""
    runner = (
        'from pathlib import Path\nfrom seltzer import execute_sql_file\n\n\ndef run_migration():\n    print("hello")\n'
    )
    runner += '    execute_sql_file(Path(__file__).parent / "create_tables.sql")\n'
    project.write(
        {"teams/__init__.py": runner, "teams/create_tables.sql": "CREATE TABLE IF NOT EXISTS teams (id int);\n"}
    )
    project.write({**FILES, "users/0003_bad.sql": "SELECT 1 / 0;\n"})

    fails(project, StatementError)

    project.remove("users/0003_bad.sql")
    assert "teams/run_migration" in together(project)
    assert project.database.query("SELECT count(DISTINCT xmin::text) FROM seltzer.history WHERE state = 'applied'") == [
        (1,)
    ]
    assert project.database.query("SELECT count(*) FROM teams") == [(0,)]


@only_one_version
def test_a_runner_that_hands_over_nothing(project: Project) -> None:
    """What it did instead cannot be told."""
    runner = "from seltzer import execute_sql_file\n\n\ndef run_migration():\n    pass\n"
    project.write({**FILES, "teams/__init__.py": runner})

    assert "handed over no file" in fails(project, SeltzerError).message


@only_one_version
def test_a_migration_that_ends_the_transaction(project: Project) -> None:
    """What ran before it is committed with its rows: the error says so, and the history does."""
    project.write({**FILES, "users/0002_first.py": "def apply(conn):\n    conn.execute('COMMIT')\n"})

    with pytest.raises(TransactionEndedError) as caught:
        together(project)

    assert caught.value.applied == ORDER[:2]
    assert caught.value.rolled_back is False
    assert applied_rows(project) == [(id_, "applied") for id_ in ORDER[:2]]
    project.write({"users/0002_first.py": "def apply(conn):\n    conn.commit()\n"})
    assert fails(project, TransactionEndedError).rolled_back is True
    swallows = "def apply(conn):\n    try:\n        conn.execute('x')\n    except Exception:\n        pass\n"
    project.write({"users/0002_first.py": swallows})
    assert "went on as if it had not" in fails(project, TransactionEndedError).message


@only_one_version
def test_a_first_day_that_was_skipped(project: Project) -> None:
    """IF NOT EXISTS hides nothing here either."""
    project.write(FILES)
    together(project)
    project.write(
        {"users/create_tables.sql": FILES["users/create_tables.sql"].replace("name text", "name text, age int")}
    )

    error = fails(project, SeltzerError)

    assert error.type == "not-converged"
    assert "ALTER TABLE users ADD COLUMN IF NOT EXISTS age int;" in str(error.hint)


@only_one_version
def test_a_run_that_is_stopped_leaves_nothing(project: Project) -> None:
    """The running statement is cancelled, and everything before it is rolled back."""
    project.write({**FILES, "users/0003_slow.sql": "SELECT pg_sleep(60);\n"})
    stop = threading.Event()

    def hear(event: Event) -> None:
        if isinstance(event, StepStarted) and event.id == "users/0003_slow":
            threading.Timer(0.2, stop.set).start()

    error = fails(project, InterruptedRunError, on_event=hear, stop=stop)

    assert error.message == "the run was stopped; all of it was rolled back"
    assert (error.migration, error.rolled_back) == ("users/0003_slow", True)
    assert notes(project) == []


@only_one_version
def test_a_name_that_a_later_step_provides(project: Project) -> None:
    """The directive to add is shown, as without this flag."""
    project.write(
        {
            "a/0001_x.sql": "DO $$ BEGIN INSERT INTO late VALUES (1); END $$;\n",
            "b/0001_x.sql": "CREATE TABLE late (id int);\n",
        }
    )

    assert "-- seltzer: depends-on = b/0001_x" in str(fails(project, StatementError).hint)
