"""Cut-off statements other than builds: what they left is cleaned up, what took effect does not run again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from database.cut_off import (
    AT_WORK,
    FILE,
    FIRST,
    INVALID,
    WAITING,
    Started,
    cut_off,
    indexes,
    snapshot,
    unrecorded,
    wait_for,
    wait_for_none,
)
from seltzer.errors import SeltzerError, UnsupportedStatementError
from seltzer.events import StatementBlocked, StatementStarted, Warned
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from seltzer.events import Event
    from support import Project

INDEXED = FIRST["m/create_tables.sql"] + "CREATE UNIQUE INDEX IF NOT EXISTS idx_marks_word ON marks (word);\n"
PARTS = (
    "CREATE TABLE IF NOT EXISTS parts (id int PRIMARY KEY) PARTITION BY RANGE (id);\n"
    "CREATE TABLE IF NOT EXISTS part1 PARTITION OF parts FOR VALUES FROM (0) TO (10);\n"
    "CREATE TABLE IF NOT EXISTS part2 PARTITION OF parts FOR VALUES FROM (10) TO (20);\n"
)
READER = "BEGIN; SELECT * FROM marks"
DETACH = "ALTER TABLE parts DETACH PARTITION part1 CONCURRENTLY;\n"
INSERT = "INSERT INTO marks VALUES ('one');\n"


def apply(project: Project) -> list[Event]:
    """The next start finishes; what it said."""
    heard: list[Event] = []
    assert project.migrations().run_all(on_event=heard.append).state is DatabaseState.CURRENT
    assert project.database.query("SELECT * FROM seltzer.progress") == []
    return heard


def started(events: list[Event]) -> list[str]:
    """The first word of each statement that ran."""
    return [event.head.split()[0] for event in events if isinstance(event, StatementStarted)]


def crash(project: Project, text: str, first: str = FIRST["m/create_tables.sql"]) -> None:
    """Apply a file whose statement takes effect and is not recorded."""
    project.write({"m/create_tables.sql": first}).migrations().run_all()
    project.write({FILE: text})
    with unrecorded(project), pytest.raises(SeltzerError):
        project.migrations().run_all()


@pytest.mark.parametrize(
    ("text", "way", "left"),
    [
        ("REINDEX INDEX CONCURRENTLY idx_marks_word;", "", {"idx_marks_word_ccnew"}),
        ("REINDEX INDEX CONCURRENTLY idx_marks_word;", READER, {"idx_marks_word_ccold"}),
        ("REINDEX (CONCURRENTLY) TABLE public.marks;", "", {"idx_marks_word_ccnew", "toast"}),
        ("REINDEX SCHEMA CONCURRENTLY public;", "", {"idx_marks_word_ccnew", "toast"}),
    ],
    ids=["index", "swapped", "table", "schema"],
)
def test_what_a_cut_off_reindex_left_is_dropped(project: Project, text: str, way: str, left: set[str]) -> None:
    """`_ccnew` before the swap, `_ccold` after it, of the table and of its TOAST table."""
    cut_off(project, text, INDEXED, *([way] if way else []))
    found = {str(row[0]) for row in project.database.query(INVALID)}
    assert {"toast" if name.startswith("pg_toast") else name for name in found} == left

    apply(project)

    assert project.database.query(INVALID) == []
    assert indexes(project) == [("idx_marks_word", True)]


def test_a_number_behind_the_name_hides_nothing(project: Project) -> None:
    """Where `_ccnew` is taken PostgreSQL counts; the index that took it stays."""
    taken = "CREATE INDEX IF NOT EXISTS idx_marks_word_ccnew ON marks (word);\n"
    cut_off(project, "REINDEX INDEX CONCURRENTLY idx_marks_word;", INDEXED + taken)
    assert ("idx_marks_word_ccnew1", False) in indexes(project)

    apply(project)

    assert indexes(project) == [("idx_marks_word", True), ("idx_marks_word_ccnew", True)]


def test_a_reindex_of_a_partitioned_table_is_cleaned_up_in_its_partitions(project: Project) -> None:
    """The leftovers lie on the partitions."""
    cut_off(project, "REINDEX TABLE CONCURRENTLY parts;", FIRST["m/create_tables.sql"] + PARTS)
    assert project.database.query(INVALID) != []

    apply(project)

    assert project.database.query(INVALID) == []


def reindex_in_vain(project: Project, table: str) -> None:
    """Somebody rebuilds by hand and gives up."""
    with project.database.connect(options="-c statement_timeout=300ms") as conn, pytest.raises(psycopg.Error):
        conn.execute(f"REINDEX TABLE CONCURRENTLY {table}".encode())


def test_what_others_left_of_a_reindex_stays(project: Project) -> None:
    """On the same table, when it was there before; on another one always."""
    other = "CREATE TABLE IF NOT EXISTS other (id int PRIMARY KEY);\n"
    project.write({"m/create_tables.sql": INDEXED + other}).migrations().run_all()
    project.write({FILE: "REINDEX INDEX CONCURRENTLY idx_marks_word;"})
    with snapshot(project):
        reindex_in_vain(project, "marks")
        run = Started(project)
        pid = wait_for(project, WAITING)
        reindex_in_vain(project, "other")
        project.database.query(f"SELECT pg_terminate_backend({pid})")
        run.join()
    before = {str(row[0]) for row in project.database.query(INVALID)}
    assert {"idx_marks_word_ccnew", "idx_marks_word_ccnew1", "other_pkey_ccnew"} < before

    apply(project)

    assert before - {str(row[0]) for row in project.database.query(INVALID)} == {"idx_marks_word_ccnew1"}


def attached(project: Project) -> list[tuple[Any, ...]]:
    """The partitions, and whether each is half detached."""
    return project.database.query(
        "SELECT inhrelid::regclass::text, inhdetachpending FROM pg_inherits WHERE inhparent = 'parts'::regclass "
        "ORDER BY 1"
    )


def test_a_cut_off_detach_is_finalized(project: Project) -> None:
    """PostgreSQL would refuse the statement a second time; what comes after it runs."""
    cut_off(project, DETACH + INSERT, FIRST["m/create_tables.sql"] + PARTS, "BEGIN; SELECT * FROM parts")
    assert attached(project) == [("part1", True), ("part2", False)]

    heard = apply(project)

    assert attached(project) == [("part2", False)]
    assert started(heard) == ["INSERT"]
    assert any("half detached: it is finished" in event.message for event in heard if isinstance(event, Warned))


def test_a_half_detached_partition_cannot_be_repaired_away(project: Project) -> None:
    """It is no longer attached whatever the file says now: that is an edit of what has run."""
    cut_off(project, DETACH + INSERT, FIRST["m/create_tables.sql"] + PARTS, "BEGIN; SELECT * FROM parts")

    with pytest.raises(UnsupportedStatementError):
        project.write({FILE: INSERT}).migrations().run_all()

    assert attached(project) == [("part2", False)]
    project.write({FILE: DETACH + INSERT})
    assert started(apply(project)) == ["INSERT"]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (DETACH, PARTS),
        ("DROP INDEX CONCURRENTLY idx_marks_word;", INDEXED),
        ("CREATE DATABASE {name}_more;", ""),
        ("DROP DATABASE {name}_gone;", ""),
    ],
    ids=["detach", "drop index", "create database", "drop database"],
)
def test_what_took_effect_and_was_not_recorded_does_not_run_again(project: Project, text: str, first: str) -> None:
    """The catalog says so; PostgreSQL would refuse each of them the second time."""
    name = project.database.name
    project.database.query(f"CREATE DATABASE {name}_gone")
    crash(project, text.format(name=name), FIRST["m/create_tables.sql"] + first)

    heard = apply(project)

    assert started(heard) == []
    assert any("has taken effect" in event.message for event in heard if isinstance(event, Warned))
    project.database.query(f"DROP DATABASE IF EXISTS {name}_more")
    project.database.query(f"DROP DATABASE IF EXISTS {name}_gone")


@pytest.mark.parametrize(
    "text",
    ["VACUUM marks;", "REINDEX INDEX CONCURRENTLY idx_marks_word;", "DO $$ BEGIN COMMIT; END $$;"],
    ids=["vacuum", "reindex", "block"],
)
def test_what_no_catalog_can_tell_runs_again(project: Project, text: str) -> None:
    """It must be able to; the pages say so."""
    crash(project, text, INDEXED)

    assert started(apply(project)) == [text.split(maxsplit=1)[0]]


def test_what_did_nothing_runs_again(project: Project) -> None:
    """IF EXISTS of what was not there: skipped, and skipped again."""
    crash(project, "DROP INDEX CONCURRENTLY IF EXISTS idx_none;")

    assert started(apply(project)) == ["DROP"]


def test_any_statement_of_a_killed_run_is_waited_for(project: Project) -> None:
    """The server goes on with a block that commits row by row: it never runs twice at once."""
    block = (
        "DO $$ BEGIN FOR i IN 1..3 LOOP INSERT INTO marks VALUES (i::text) ON CONFLICT DO NOTHING; COMMIT; "
        "PERFORM pg_advisory_lock(7); PERFORM pg_advisory_unlock(7); END LOOP; END $$;"
    )
    project.write({"m/create_tables.sql": INDEXED}).migrations().run_all()
    project.write({FILE: block})
    with project.database.connect() as gate:
        gate.execute("SELECT pg_advisory_lock(7)")
        killed = project.start("apply")
        backend = wait_for(project, f"{AT_WORK} AND wait_event = 'advisory'")
        killed.kill()
        killed.communicate()
        run = Started(project)
        run.wait_for(StatementBlocked)
        assert {item.pid for event in run.said(StatementBlocked) for item in event.blockers} == {backend}
        assert started(run.events) == []
        gate.execute("SELECT pg_advisory_unlock(7)")
        run.join()

    assert run.error is None
    assert project.database.query("SELECT word FROM marks ORDER BY 1") == [("1",), ("2",), ("3",)]


def test_a_wait_for_old_snapshots_says_who_holds_them(project: Project) -> None:
    """Backend, role, application, state, age and its last statement, without a literal in it."""
    project.write(FIRST).migrations().run_all()
    project.write({FILE: "CREATE INDEX CONCURRENTLY idx_marks_word ON marks (word);"})
    with snapshot(project) as reader:
        backend = reader.info.backend_pid
        run = Started(project)
        run.wait_for(StatementBlocked)
        reader.execute("ROLLBACK")
        run.join()

    assert run.error is None
    event = run.said(StatementBlocked)[0]
    assert (event.id, event.waited_s >= 1) == ("m/0001_steps", True)
    [blocker] = event.blockers
    assert (blocker.pid, blocker.user, blocker.application) == (backend, "postgres", "reader")
    assert blocker.state == "idle in transaction"
    assert blocker.transaction_s >= 1
    assert "SELECT" in blocker.query
    assert "secret" not in blocker.query


def test_the_owner_of_what_was_left_drops_it(project: Project) -> None:
    """A file that takes a role drops as that role, too."""
    owner = f"{project.database.name}_owner"
    project.write(FIRST).migrations().run_all()
    project.database.query(
        f"CREATE ROLE {owner}; ALTER TABLE marks OWNER TO {owner}; GRANT CREATE ON SCHEMA public TO {owner}"
    )
    cut_off(project, f"SET ROLE {owner};\nCREATE INDEX CONCURRENTLY idx_marks_word ON marks (word);")

    apply(project)

    assert indexes(project) == [("idx_marks_word", True)]


@pytest.mark.parametrize(
    ("head", "setting"),
    [
        ("", "lock_timeout = '50ms'"),
        ("-- seltzer: lock-timeout = 50ms\n", "work_mem = '8MB'"),
        ("", "statement_timeout = '50ms'"),
        ("", "transaction_timeout = '50ms'"),
    ],
    ids=["of the database", "of the file", "statement", "transaction"],
)
def test_no_short_timeout_cuts_a_build_off(project: Project, head: str, setting: str) -> None:
    """Waiting for an old snapshot counts as waiting for a lock: neither the server's nor the file's limit is meant."""
    if "transaction_timeout" in setting and project.database.binaries.major < 17:
        pytest.skip("since PostgreSQL 17")
    project.write(FIRST).migrations().run_all()
    project.write({FILE: f"{head}CREATE INDEX CONCURRENTLY idx_marks_word ON marks (word);"})
    with snapshot(project) as reader:
        project.database.query(f"ALTER DATABASE {project.database.name} SET {setting}")
        run = Started(project)
        run.wait_for(StatementBlocked)
        reader.execute("ROLLBACK")
        run.join()

    assert run.error is None
    assert indexes(project) == [("idx_marks_word", True)]


def test_the_records_of_an_older_release_are_understood(project: Project) -> None:
    """Nothing is known of how things stood then: nothing is dropped, and the statement runs again."""
    project.write(FIRST).migrations().run_all()
    project.database.query("ALTER TABLE seltzer.progress DROP COLUMN before")
    project.database.query(
        "INSERT INTO seltzer.progress VALUES ('m/0001_steps', 0, 'x', '00000000-0000-0000-0000-000000000000', now())"
    )
    project.write({FILE: "CREATE INDEX CONCURRENTLY idx_marks_word ON marks (word);"})

    apply(project)

    assert indexes(project) == [("idx_marks_word", True)]
    wait_for_none(project, AT_WORK)
