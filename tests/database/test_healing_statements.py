"""Cut-off statements other than builds: what they left is cleaned up, what took effect does not run again."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from database.cut_off import (
    AT_WORK,
    FILE,
    FIRST,
    INVALID,
    LOCK,
    SNAPSHOT,
    WAITING,
    WRITERS,
    Started,
    by_hand,
    cut_off,
    indexes,
    snapshot,
    unrecorded,
    wait_for,
    wait_for_none,
)
from seltzer.errors import (
    ConnectionLostError,
    InterruptedRunError,
    SeltzerError,
    StatementError,
    UnsupportedStatementError,
)
from seltzer.events import StatementBlocked, StatementStarted, Warned
from seltzer.model import DatabaseState
from seltzer.server import private_server
from support import Database, Project

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.events import Event
    from seltzer.server import Binaries

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


def test_what_is_left_of_a_primary_keys_index_is_dropped(project: Project) -> None:
    """The constraint has the new index by then."""
    keyed = "CREATE TABLE IF NOT EXISTS marks (word text PRIMARY KEY);\n"
    cut_off(project, "REINDEX INDEX CONCURRENTLY marks_pkey;", keyed, READER)
    assert indexes(project) == [("marks_pkey", True), ("marks_pkey_ccold", False)]

    apply(project)

    assert indexes(project) == [("marks_pkey", True)]
    assert project.database.query(
        "SELECT conindid::regclass::text FROM pg_constraint WHERE contype = 'p' AND conrelid = 'marks'::regclass"
    ) == [("marks_pkey",)]


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


def test_any_statement_of_a_run_that_lost_the_lock_is_waited_for(project: Project) -> None:
    """The server goes on with a block that commits row by row: it never runs twice at once."""
    block = (
        "DO $$ BEGIN FOR i IN 1..3 LOOP INSERT INTO marks VALUES (i::text) ON CONFLICT DO NOTHING; COMMIT; "
        "PERFORM pg_advisory_lock(7); PERFORM pg_advisory_unlock(7); END LOOP; END $$;"
    )
    project.write({"m/create_tables.sql": INDEXED}).migrations().run_all()
    project.write({FILE: block})
    with project.database.connect() as gate:
        gate.execute("SELECT pg_advisory_lock(7)")
        frozen = project.start("apply")
        backend = wait_for(project, f"{AT_WORK} AND wait_event = 'advisory'")
        # The server would notice within half a second that a killed client is gone.
        frozen.send_signal(signal.SIGSTOP)
        project.database.query(f"SELECT pg_terminate_backend(pid) FROM ({LOCK}) AS lock")
        run = Started(project)
        run.wait_for(StatementBlocked)
        assert {event.blockers[0].pid for event in run.said(StatementBlocked)} == {backend}
        assert started(run.events) == []
        gate.execute("SELECT pg_advisory_unlock(7)")
        wait_for_none(project, f"{AT_WORK} AND state = 'active'")
        frozen.kill()
        frozen.communicate()
        run.join()

    assert run.error is None
    assert project.database.query("SELECT word FROM marks ORDER BY 1") == [("1",), ("2",), ("3",)]


def test_a_wait_for_old_snapshots_says_who_holds_them(project: Project) -> None:
    """Backend, role, application, state, age and its last statement, fit to be shown: no literal, no control."""
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
    assert blocker.query.isprintable()


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


def test_a_signal_in_the_middle_of_a_build(project: Project) -> None:
    """Cancelled on the server, said so, and healed by the next run."""
    project.write(FIRST).migrations().run_all()
    project.write({FILE: INSERT + "CREATE INDEX CONCURRENTLY idx_marks_word ON marks (word);"})
    with snapshot(project):
        run = Started(project)
        wait_for(project, WAITING)
        run.stop.set()
        run.join()

    assert isinstance(run.error, InterruptedRunError)
    assert run.error.rolled_back is False
    assert indexes(project) == [("idx_marks_word", False)]
    apply(project)
    assert indexes(project) == [("idx_marks_word", True)]
    assert project.database.query("SELECT word FROM marks") == [("one",)]


def test_who_loses_a_build_is_not_told_that_it_was_rolled_back(project: Project) -> None:
    """The statement before it is done, and an INVALID index is there."""
    project.write(FIRST).migrations().run_all()
    project.write({FILE: INSERT + "CREATE INDEX CONCURRENTLY idx_marks_word ON marks (word);"})
    with snapshot(project):
        run = Started(project)
        pid = wait_for(project, WAITING)
        project.database.query(f"SELECT pg_terminate_backend({pid})")
        run.join()

    assert isinstance(run.error, ConnectionLostError)
    assert run.error.rolled_back is False
    assert "rolled back" not in f"{run.error.message} {run.error.hint}"
    assert indexes(project) == [("idx_marks_word", False)]
    apply(project)
    assert indexes(project) == [("idx_marks_word", True)]


@pytest.mark.parametrize("durable", ["on", "off"])
def test_a_crash_of_the_server_in_the_middle_of_a_build(tmp_path: Path, binaries: Binaries, durable: str) -> None:
    """The record is as durable as the index that it speaks of: both are there after the recovery, or neither."""
    with private_server(binaries, {"synchronous_commit": durable}) as server:
        (tmp_path / "migrations").mkdir()
        project = Project(tmp_path, Database(server, binaries, "postgres"))
        project.write(FIRST).migrations().run_all()
        project.write({FILE: INSERT + "CREATE INDEX CONCURRENTLY idx_marks_word ON marks (word);"})
        run = crash_server(project)
        assert isinstance(run.error, ConnectionLostError)
        if durable == "on":
            assert indexes(project) == [("idx_marks_word", False)]

        apply(project)

        assert indexes(project) == [("idx_marks_word", True)]
        assert project.database.query("SELECT word FROM marks") == [("one",)]


def crash_server(project: Project) -> Started:
    """A run whose server crashes while the build waits; return when it takes connections again."""
    reader = project.database.connect()
    reader.execute(SNAPSHOT.encode())
    run = Started(project)
    os.kill(int(str(wait_for(project, WAITING))), signal.SIGKILL)
    run.join()
    reader.close()
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with suppress(psycopg.OperationalError):
            project.database.query("SELECT 1")
            return run
        time.sleep(0.05)
    pytest.fail("the server does not come up")


def test_a_deadlock_with_somebody_elses_build_is_tried_again(project: Project) -> None:
    """On the same table: theirs waits for our snapshot, ours for their lock."""
    project.write(FIRST).migrations().run_all()
    project.database.query(f"ALTER DATABASE {project.database.name} SET deadlock_timeout = '2s'")
    project.write({FILE: "CREATE INDEX CONCURRENTLY idx_marks_word ON marks (word);"})
    theirs = "CREATE INDEX CONCURRENTLY idx_theirs ON marks (word)"
    start = project.database.server.data.parent / "server.log"
    before = start.stat().st_size
    with snapshot(project, "BEGIN; INSERT INTO marks VALUES ('theirs')") as writer:
        with by_hand(project, theirs, "SET deadlock_timeout = '1min'", WRITERS):
            run = Started(project)
            wait_for(project, WAITING)
            project.database.query("CREATE TABLE moves_on ()")
            writer.execute("COMMIT")
        run.join()

    assert run.error is None
    assert b"deadlock detected" in start.read_bytes()[before:]
    assert indexes(project) == [("idx_marks_word", True), ("idx_theirs", True)]


class OwnersDatabase(Database):
    """The same database, for a role of the same name with `_owner` behind it."""

    @property
    def url(self) -> str:
        """That role's."""
        return super().url.replace("//postgres@", f"//{self.name}_owner@")


def test_a_role_that_owns_only_its_schema_heals(project: Project) -> None:
    """No superuser: it sees processes and locks of others, and no more is needed."""
    owner = f"{project.database.name}_owner"
    project.database.query(
        f"CREATE ROLE {owner} LOGIN; GRANT CREATE ON DATABASE {project.database.name} TO {owner}; "
        f"GRANT CREATE ON SCHEMA public TO {owner}"
    )
    mine = Project(
        project.root, OwnersDatabase(project.database.server, project.database.binaries, project.database.name)
    )
    cut_off(mine, "CREATE INDEX CONCURRENTLY idx_marks_word ON marks (word);")
    apply(mine)
    assert indexes(mine) == [("idx_marks_word", True)]

    mine.write({"m/0002_more.sql": "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_more ON marks (word);"})
    with snapshot(project) as reader, by_hand(project, "CREATE INDEX CONCURRENTLY idx_more ON marks (word)"):
        run = Started(mine)
        run.wait_for(StatementBlocked)
        reader.execute("ROLLBACK")
        run.join()

    assert run.error is None
    assert run.said(StatementBlocked)[0].blockers[0].application == "by hand"
    assert indexes(mine) == [("idx_marks_word", True), ("idx_more", True)]


def test_an_owner_goes_on_where_it_may_not_clean_up_a_toast_table(project: Project) -> None:
    """Only a superuser enters that schema; what is left there is said, and the migration is finished."""
    owner = f"{project.database.name}_owner"
    project.database.query(
        f"CREATE ROLE {owner} LOGIN; GRANT CREATE ON DATABASE {project.database.name} TO {owner}; "
        f"GRANT CREATE ON SCHEMA public TO {owner}"
    )
    mine = Project(
        project.root, OwnersDatabase(project.database.server, project.database.binaries, project.database.name)
    )
    cut_off(mine, "REINDEX TABLE CONCURRENTLY marks;", INDEXED)
    heard = apply(mine)
    assert indexes(mine) == [("idx_marks_word", True)]
    assert [str(row[0]).startswith("pg_toast_") for row in project.database.query(INVALID)] == [True]
    warned = [event.message for event in heard if isinstance(event, Warned)]
    assert [text for text in warned if 'a superuser to run DROP INDEX CONCURRENTLY IF EXISTS "pg_toast".' in text]


def test_a_concurrent_build_on_a_partitioned_table(project: Project) -> None:
    """PostgreSQL refuses it; the hint has the way around."""
    project.write({"m/create_tables.sql": PARTS, FILE: "CREATE INDEX CONCURRENTLY idx_parts_id ON parts (id);"})

    with pytest.raises(StatementError) as caught:
        project.migrations().run_all()

    assert "ON ONLY" in (caught.value.hint or "")
    assert "ATTACH PARTITION" in (caught.value.hint or "")
