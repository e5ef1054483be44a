"""Who may read and write the history, who makes it, and that many may do so at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.conninfo import make_conninfo

from seltzer import Migrations
from seltzer.errors import HistoryError, PrivilegeError
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from collections.abc import Callable

    from support import Database, Project

MODULE = {"users/create_tables.sql": "SELECT 1;", "users/0001_first.sql": "SELECT 2;"}
IDS = ("users/create_tables", "users/0001_first")
BLOCKED = "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"


@pytest.fixture
def reader(database: Database) -> str:
    """A role that may connect and nothing else; it goes with its server."""
    name = f"{database.name}_reader"
    database.query(f"CREATE ROLE {name} LOGIN")
    return name


def as_role(project: Project, role: str, **settings: Any) -> Migrations:
    """The project's migrations, for one who logs in as `role`."""
    return Migrations(project.folder, database=make_conninfo(project.database.url, user=role), **settings)


def refused(function: Callable[[], object]) -> str:
    """The GRANT that the error of a refused role shows."""
    with pytest.raises(PrivilegeError) as caught:
        function()
    assert caught.value.exit_code == 1
    assert caught.value.sqlstate == "42501"
    return (caught.value.hint or "").partition(";")[0]


def test_readers_can_ask_and_start_with_nothing_pending(project: Project, reader: str) -> None:
    """With `history-readers` a run grants what `status`, `history` and a start with nothing to do need."""
    project.write(MODULE).migrations(history_readers=[reader]).run_all()
    theirs = as_role(project, reader)

    result = theirs.run_all()

    assert (result.state, result.applied) == (DatabaseState.CURRENT, ())
    assert theirs.status().state is DatabaseState.CURRENT
    assert [row.id for row in theirs.history().rows] == list(IDS)
    assert theirs.run_all(policy="verify").state is DatabaseState.CURRENT


def test_readers_get_no_more_than_reading(project: Project, reader: str) -> None:
    """USAGE on the schema, SELECT on its tables, and nothing else."""
    project.write(MODULE).migrations(history_readers=[reader]).run_all()

    rights = project.database.query(
        f"SELECT has_schema_privilege('{reader}', 'seltzer', 'CREATE'), "
        f"has_table_privilege('{reader}', 'seltzer.history', 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER'), "
        f"has_table_privilege('{reader}', 'seltzer.progress', 'INSERT, UPDATE, DELETE')"
    )

    assert rights == [(False, False, False)]


def test_readers_with_odd_names_are_quoted(project: Project) -> None:
    """A role may be called anything."""
    name = f'{project.database.name} "Reader"; --'
    quoted = '"{}"'.format(name.replace('"', '""'))
    project.database.query(f"CREATE ROLE {quoted} LOGIN")

    project.write(MODULE).migrations(history_readers=[name]).run_all()

    assert as_role(project, name).run_all().state is DatabaseState.CURRENT


def test_a_reader_that_was_added_later_is_let_in_by_the_next_run(project: Project, reader: str) -> None:
    """Grants come with work: the next run that applies something gives them."""
    project.write(MODULE).migrations().run_all()
    project.write({"users/0002_second.sql": "SELECT 3;"}).migrations(history_readers=[reader]).run_all()

    assert as_role(project, reader).run_all().state is DatabaseState.CURRENT


def test_a_reader_that_does_not_exist_stops_before_anything_runs(project: Project) -> None:
    """The error names the role."""
    with pytest.raises(HistoryError, match="nobody_at_all"):
        project.write(MODULE).migrations(history_readers=["nobody_at_all"]).run_all()

    assert set(project.states().values()) == {"pending"}


@pytest.mark.parametrize("given", ["nothing", "USAGE ON SCHEMA seltzer"])
def test_who_may_not_read_gets_the_grant(project: Project, reader: str, given: str) -> None:
    """Without USAGE or without SELECT: each error shows the GRANT that helps, until nothing is missing."""
    project.write(MODULE).migrations().run_all()
    if given != "nothing":
        project.database.query(f"GRANT {given} TO {reader}")
    theirs = as_role(project, reader)

    if given == "nothing":
        grant = refused(theirs.run_all)
        assert grant == f'GRANT USAGE ON SCHEMA "seltzer" TO "{reader}"'
        project.database.query(grant)
    for verb in (theirs.status, theirs.history):
        refused(verb)
    grant = refused(theirs.run_all)
    assert grant == f'GRANT SELECT ON "seltzer"."history" TO "{reader}"'
    project.database.query(grant)

    assert theirs.run_all().state is DatabaseState.CURRENT
    assert theirs.status().state is DatabaseState.CURRENT


def test_the_command_line_exits_with_1(project: Project, reader: str) -> None:
    """A refused role is PostgreSQL's refusal, with the GRANT in the hint."""
    project.write(MODULE).migrations().run_all()

    outcome = project.run("status", "--database", make_conninfo(project.database.url, user=reader))

    assert outcome.code == 1
    assert f'GRANT USAGE ON SCHEMA "seltzer" TO "{reader}"' in outcome.err


def test_a_reader_cannot_apply(project: Project, reader: str) -> None:
    """With something pending the history row is refused, and everything with it rolled back."""
    project.write(MODULE).migrations(history_readers=[reader]).run_all()
    project.write({"users/0002_second.sql": "SELECT 3;"})

    refused(as_role(project, reader).run_all)

    assert project.states()["users/0002_second"] in {"pending", "failed"}
    assert [row.id for row in project.migrations().history().rows if row.state == "applied"] == list(IDS)


def test_an_existing_schema_needs_no_create_on_the_database(project: Project, reader: str) -> None:
    """Who may create in the schema may have a history in it."""
    project.database.query(f"CREATE SCHEMA seltzer; GRANT USAGE, CREATE ON SCHEMA seltzer TO {reader}")

    assert as_role(project.write(MODULE), reader).run_all().applied == IDS


@pytest.mark.parametrize(
    "schema", ["", "CREATE SCHEMA seltzer", "CREATE SCHEMA seltzer; GRANT USAGE ON SCHEMA seltzer TO "]
)
def test_who_may_not_create_the_history_gets_the_grant(project: Project, reader: str, schema: str) -> None:
    """Without a schema, without any right on it, or with USAGE alone: what the error shows helps."""
    if schema:
        project.database.query(schema + (reader if schema.endswith(" ") else ""))
    theirs = as_role(project.write(MODULE), reader)

    project.database.query(refused(theirs.run_all))
    if "GRANT" not in schema and schema:
        project.database.query(refused(theirs.run_all))

    assert theirs.run_all().applied == IDS


def test_a_role_that_the_owner_granted_enough_can_apply(project: Project, reader: str) -> None:
    """The history of another role: SELECT and INSERT, and what steps need on their table."""
    project.write(MODULE).migrations(history_readers=[reader]).run_all()
    project.database.query(f"GRANT INSERT ON seltzer.history TO {reader}")
    project.write({"users/0002_second.sql": "SELECT 3;"})

    assert as_role(project, reader).run_all().applied == ("users/0002_second",)


def test_eight_services_may_create_their_histories_in_one_schema_at_once(project: Project, reader: str) -> None:
    """Different histories have different locks: their tables, schema and grants are created side by side."""
    project.write(MODULE)
    starters = Barrier(8)

    def start(number: int) -> tuple[str, ...]:
        migrations = project.migrations(history=f"shared.history_{number}", history_readers=[reader])
        starters.wait()
        return migrations.run_all().applied

    with ThreadPoolExecutor(8) as pool:
        applied = list(pool.map(start, range(8)))

    assert applied == [IDS] * 8
    theirs = [as_role(project, reader, history=f"shared.history_{number}") for number in range(8)]
    assert {migrations.run_all().state for migrations in theirs} == {DatabaseState.CURRENT}


@pytest.mark.parametrize(
    "rival",
    [
        "CREATE SCHEMA seltzer",
        "CREATE SCHEMA IF NOT EXISTS seltzer; CREATE TABLE seltzer.other (id int)",
        "GRANT USAGE ON SCHEMA seltzer TO {reader}",
        "GRANT USAGE ON SCHEMA seltzer TO postgres",
    ],
)
def test_a_rival_that_commits_the_same_at_the_same_moment_is_no_failure(
    project: Project, reader: str, rival: str
) -> None:
    """The run waits for the rival's uncommitted change and goes on after it, whatever PostgreSQL says of the two."""
    project.write(MODULE)
    if rival.startswith("GRANT"):
        project.migrations(history="seltzer.first").run_all()

    with project.database.connect() as conn, ThreadPoolExecutor(1) as pool:
        conn.execute("BEGIN")
        conn.execute(rival.format(reader=reader).encode())
        run = pool.submit(project.migrations(history_readers=[reader]).run_all)
        while not run.done() and conn.execute(BLOCKED).fetchone() is None:
            time.sleep(0.01)
        conn.execute("COMMIT")

        assert run.result().applied == IDS


def test_a_history_is_never_there_without_its_readers(project: Project, reader: str) -> None:
    """One transaction creates it and grants: a replica that waits for it does not fail in between."""
    project.write(MODULE).migrations(history_readers=[reader]).run_all()
    granted = "SELECT xmin::text FROM pg_namespace WHERE nspname = 'seltzer'"
    created = "SELECT DISTINCT xmin::text FROM pg_attribute WHERE attrelid = 'seltzer.history'::regclass AND attnum > 0"
    assert project.database.query(granted) == project.database.query(created)
