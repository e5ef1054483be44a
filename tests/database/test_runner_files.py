"""`execute_sql_file`: a runner hands its SQL over, and it happens exactly once, together with its history row."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

import seltzer
from seltzer.errors import (
    NestedRunError,
    NotConvergedError,
    ParseError,
    RunnerError,
    SeltzerError,
    StatementError,
    UnreadableFileError,
    UnsupportedStatementError,
)
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from support import Project

IMPORTS = "import os, psycopg2, psycopg, seltzer\nfrom pathlib import Path\nfrom seltzer import execute_sql_file\n\n"
CONNECT = "conn = {}.connect(dbname=os.environ['DB_NAME'], user=os.environ['DB_USER'], host=os.environ['DB_HOST'])"


def write(project: Project, *lines: str, **files: str) -> Project:
    """A project whose runner has these lines, and SQL files by their name."""
    body = "".join(f"    {line}\n" for line in lines)
    project.write({"users/__init__.py": f"{IMPORTS}def run_migration():\n{body}"})
    return project.write({f"users/{name}.sql": text for name, text in files.items()})


def tables(project: Project) -> list[str]:
    """The tables of the project's own."""
    query = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
    return [name for (name,) in project.database.query(query)]


def history(project: Project) -> list[tuple[object, ...]]:
    """Ids and states of the history."""
    return project.database.query("SELECT id, state FROM seltzer.history ORDER BY position")


DONE = [("users/run_migration", "applied")]
FAILED = [("users/run_migration", "failed")]


def test_a_file_and_the_history_row_are_one_transaction(project: Project) -> None:
    """The server saw one transaction number for both; a second start does nothing."""
    write(
        project,
        "execute_sql_file('create_tables.sql')",
        "execute_sql_file(Path(__file__).with_name('more.sql'))",
        create_tables="CREATE TABLE users (); -- \U0001f600",
        more="CREATE TABLE more ();",
    )

    first, second = project.migrations().run_all(), project.migrations().run_all()

    assert (first.applied, second.applied) == (("users/run_migration",), ())
    assert tables(project) == ["more", "users"]
    query = (
        "SELECT count(DISTINCT number) FROM (SELECT xmin::text FROM pg_class WHERE relname IN ('users', 'more') "
        "UNION ALL SELECT xmin::text FROM seltzer.history WHERE state = 'applied') AS rows (number)"
    )
    assert project.database.query(query) == [(1,)]


def test_what_a_runner_handed_over_is_undone_when_it_raises(project: Project) -> None:
    """Later, for whatever reason."""
    write(
        project,
        "execute_sql_file('create_tables.sql')",
        "raise ValueError('too late')",
        create_tables="CREATE TABLE users ();",
    )

    with pytest.raises(RunnerError, match="too late"):
        project.migrations().run_all()

    assert tables(project) == []
    assert history(project) == FAILED


@pytest.mark.parametrize("swallowed", ["except Exception: pass", "except BaseException: pass", "finally: pass"])
def test_a_file_that_fails_fails_the_runner(project: Project, swallowed: str) -> None:
    """Also when the runner keeps it to itself; the place is in the file that was handed over."""
    write(
        project,
        "execute_sql_file('create_tables.sql')",
        "try: execute_sql_file('more.sql')",
        swallowed,
        create_tables="CREATE TABLE users ();",
        more="CREATE TABLE more ();\n\nSELECT nosuch;\n",
    )

    with pytest.raises(StatementError, match="nosuch") as caught:
        project.migrations().run_all()

    assert caught.value.place is not None
    assert (caught.value.place.file, caught.value.place.line, caught.value.place.column) == (
        project.folder / "users" / "more.sql",
        3,
        8,
    )
    assert (caught.value.migration, caught.value.rolled_back) == ("users/run_migration", True)
    assert tables(project) == []
    assert history(project) == FAILED


def test_nothing_is_taken_after_a_file_has_failed(project: Project) -> None:
    """The transaction is over: the next file would be committed alone."""
    write(
        project,
        "try: execute_sql_file('create_tables.sql')",
        "except Exception: pass",
        "execute_sql_file('more.sql')",
        create_tables="SELECT nosuch;",
        more="CREATE TABLE more ();",
    )

    with pytest.raises(StatementError, match="nosuch"):
        project.migrations().run_all()

    assert tables(project) == []


def test_a_relative_path_starts_at_the_runners_folder(
    project: Project, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the application was started, and whatever lies there."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "create_tables.sql").write_text("CREATE TABLE wrong ();", encoding="utf-8")
    monkeypatch.chdir(elsewhere)
    write(project, "execute_sql_file('create_tables.sql')", create_tables="CREATE TABLE users ();")

    project.migrations().run_all()

    assert tables(project) == ["users"]


def test_a_runner_with_a_connection_of_its_own_may_hand_over_a_file(project: Project) -> None:
    """It opens its connection first and works on it: the run's transaction is not open yet, nothing waits."""
    write(
        project,
        CONNECT.format("psycopg2"),
        "conn.autocommit = True",
        "cursor = conn.cursor()",
        "cursor.execute(\"SET statement_timeout = '20s'\")",
        "cursor.execute('CREATE TABLE IF NOT EXISTS own ()')",
        "execute_sql_file('create_tables.sql')",
        "conn.close()",
        create_tables="ALTER TABLE own ADD COLUMN a int; CREATE TABLE users ();",
    )

    assert project.migrations(lock_timeout="20s").run_all().applied == ("users/run_migration",)
    assert tables(project) == ["own", "users"]


def test_a_runner_may_change_what_the_run_needs_before_it_hands_over(project: Project) -> None:
    """A lock of its own on the history's table would wait for a transaction that was open already."""
    write(
        project,
        CONNECT.format("psycopg"),
        "conn.execute(\"SET statement_timeout = '20s'\")",
        "conn.execute('LOCK TABLE seltzer.history IN ACCESS EXCLUSIVE MODE')",
        "conn.commit()",
        "conn.close()",
        "execute_sql_file('create_tables.sql')",
        create_tables="CREATE TABLE users ();",
    )

    assert project.migrations().run_all().applied == ("users/run_migration",)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("CREAT TABLE users ();", ParseError),
        ("SELECT 1;\nCREATE INDEX CONCURRENTLY i ON users (a);", UnsupportedStatementError),
        ("BEGIN; SELECT 1; COMMIT; SELECT 2;", UnsupportedStatementError),
    ],
    ids=["does not parse", "refuses a transaction", "transactions of its own"],
)
def test_a_file_that_cannot_join_is_refused(project: Project, text: str, kind: type[SeltzerError]) -> None:
    """With its place; nothing of it runs."""
    path = project.root / "rows.sql"
    path.write_text(text, encoding="utf-8")
    write(project, f"execute_sql_file({str(path)!r})")

    with pytest.raises(kind) as caught:
        project.migrations().run_all()

    assert caught.value.place is not None
    assert caught.value.place.file == path
    assert caught.value.place.line is not None
    assert caught.value.hint
    assert history(project) == FAILED


def test_a_file_that_is_not_there_is_refused(project: Project) -> None:
    """It is named."""
    write(project, "execute_sql_file('gone.sql')")

    with pytest.raises(UnreadableFileError) as caught:
        project.migrations().run_all()

    assert caught.value.place is not None
    assert caught.value.place.file == project.folder / "users" / "gone.sql"


def test_a_files_own_begin_and_commit_are_the_runs(project: Project) -> None:
    """They do not end the transaction that the history row is in."""
    write(
        project,
        "execute_sql_file('create_tables.sql')",
        "raise ValueError",
        create_tables="BEGIN;\nCREATE TABLE users ();\nCOMMIT;\n",
    )

    with pytest.raises(RunnerError):
        project.migrations().run_all()

    assert tables(project) == []


def test_a_changed_first_day_that_does_nothing_is_not_skipped_silently(project: Project) -> None:
    """The same look at what IF NOT EXISTS skipped as for a file of Seltzer's own."""
    write(project, "execute_sql_file('create_tables.sql')", create_tables="CREATE TABLE IF NOT EXISTS users (a int);")
    project.migrations().run_all()
    project.write({"users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (a int, b int);"})

    with pytest.raises(NotConvergedError, match="'b'") as caught:
        project.migrations().run_all()

    assert "ADD COLUMN IF NOT EXISTS b int" in (caught.value.hint or "")


def test_outside_of_a_run_it_connects_by_itself(project: Project) -> None:
    """To the database of the project that the file lies in; in one transaction, without a history."""
    write(project, "pass", create_tables="CREATE TABLE users ();", more="CREATE TABLE more (); SELECT nosuch;")
    folder = project.folder / "users"

    seltzer.execute_sql_file(folder / "create_tables.sql", database=project.database.url)
    with pytest.raises(StatementError, match="nosuch") as caught:
        seltzer.execute_sql_file(folder / "more.sql", database=project.database.url)

    assert caught.value.place is not None
    assert (caught.value.place.line, caught.value.place.column) == (1, 30)
    assert tables(project) == ["users"]
    assert project.database.query("SELECT to_regclass('seltzer.history')") == [(None,)]


def test_outside_of_a_run_it_finds_the_applications_database(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a run of the project would; a relative path starts at the working directory."""
    monkeypatch.setenv("SELTZER_DATABASE", project.database.url)
    monkeypatch.chdir(project.root)
    write(project, "pass", create_tables="CREATE TABLE users ();")

    seltzer.execute_sql_file(Path("migrations/users/create_tables.sql"))

    assert tables(project) == ["users"]


def test_a_run_inside_a_runner_is_refused(project: Project) -> None:
    """It would wait for itself; `execute_sql_file` is what a runner may call."""
    write(project, "seltzer.run_all_migrations(migrations=Path(__file__).parents[1])")

    with pytest.raises(NestedRunError) as caught:
        project.migrations().run_all()

    assert caught.value.migration == "users/run_migration"
    assert caught.value.hint
    assert history(project) == FAILED


@pytest.mark.parametrize("call", ["run_all_migrations", "apply"])
def test_a_run_inside_a_python_migration_is_refused(project: Project, call: str) -> None:
    """For the same reason, with the same error."""
    text = f"import seltzer\n\n\ndef apply(conn):\n    seltzer.{call}(migrations={str(project.folder)!r})\n"
    project.write({"users/0001_a.py": text})

    with pytest.raises(NestedRunError) as caught:
        project.migrations().run_all()

    assert caught.value.migration == "users/0001_a"


def test_a_look_inside_a_runner_is_allowed(project: Project) -> None:
    """Nothing waits for a lock then."""
    write(project, "assert seltzer.status(migrations=Path(__file__).parents[1]).state == 'behind'")
    os.environ["SELTZER_DATABASE"] = project.database.url
    try:
        assert project.migrations().run_all().state is DatabaseState.CURRENT
    finally:
        del os.environ["SELTZER_DATABASE"]


def test_the_session_of_one_runner_never_reaches_the_next_migration(project: Project) -> None:
    """What its file left: settings, a role, temporary tables, locks."""
    write(
        project,
        "execute_sql_file('create_tables.sql')",
        create_tables="SET work_mem = '7MB'; CREATE TEMP TABLE left_over (); SELECT pg_advisory_lock(4711);",
    )
    project.write(
        {
            "users/0001_a.sql": "CREATE TABLE seen AS SELECT current_setting('work_mem') <> '7MB' AS clean, "
            "to_regclass('left_over') IS NULL AS gone, NOT EXISTS (SELECT 1 FROM pg_locks "
            "WHERE locktype = 'advisory' AND objid = 4711 AND pid = pg_backend_pid()) AS unlocked;"
        }
    )

    project.migrations().run_all()

    assert project.database.query("SELECT clean, gone, unlocked FROM seen") == [(True, True, True)]


def test_a_runner_works_on_a_connection_of_the_callers(project: Project) -> None:
    """Given by the application: the run's database is what it is connected to."""
    write(
        project,
        CONNECT.format("psycopg2"),
        "conn.close()",
        "execute_sql_file('create_tables.sql')",
        create_tables="CREATE TABLE users ();",
    )
    with psycopg.connect(project.database.url) as conn:
        result = seltzer.Migrations(project.folder, database=conn).run_all()

        assert result.applied == ("users/run_migration",)
        assert conn.info.transaction_status is psycopg.pq.TransactionStatus.IDLE
        assert conn.autocommit is False
    assert tables(project) == ["users"]
