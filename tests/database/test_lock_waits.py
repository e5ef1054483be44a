"""A migration that waits for a lock: short waits, tries again, and people see who is in the way."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, LiteralString, TypeAlias

import psycopg
import pytest

from seltzer.errors import LockTimeoutError
from seltzer.events import (
    BlockersTerminated,
    IndexBuilding,
    StatementBlocked,
    StatementRunning,
    StepFinished,
    StepRetried,
    Warned,
)
from seltzer.report.text_events import event_line
from seltzer.server import private_server
from support import Database, Project

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from seltzer.events import Event
    from seltzer.server import Binaries

Listener: TypeAlias = Callable[["Event"], None]
FIRST = {"m/create_tables.sql": "CREATE TABLE IF NOT EXISTS busy (id int, secret text);\n"}
ALTER = "ALTER TABLE busy ADD COLUMN note text;\n"
READ = "SELECT * FROM busy WHERE secret = 'canary4711'"
WAYS = {
    "transaction": {"m/0001_alter.sql": ALTER},
    "unparsed": {"m/0001_alter.sql": f"-- seltzer: parse = off\n{ALTER}"},
    "python": {"m/0001_alter.py": f"def apply(conn):\n    conn.execute({ALTER!r})\n"},
    "runner": {
        "n/__init__.py": "import seltzer\ndef run_migration():\n    seltzer.execute_sql_file('alter.sql')\n",
        "n/alter.sql": "-- seltzer: depends-on = m\nALTER TABLE busy ADD COLUMN IF NOT EXISTS note text;\n",
    },
}


@pytest.fixture
def busy(project: Project) -> Project:
    """A project with a table that a migration is about to alter."""
    project.write(FIRST).migrations().run_all()
    return project.write(WAYS["transaction"])


@contextmanager
def reader(project: Project, user: str | None = None) -> Generator[psycopg.Connection[Any]]:
    """A session that has read the table and has not ended its transaction."""
    with project.database.connect() as conn:
        if user is not None:
            conn.execute(f"SET SESSION AUTHORIZATION {user}".encode())
        conn.execute("BEGIN")
        conn.execute(READ)
        yield conn


def release_on(
    kind: type[Event], conn: psycopg.Connection[Any], heard: list[Event], by: LiteralString = "ROLLBACK"
) -> Listener:
    """A listener that ends the reader's transaction when it hears such an event."""

    def listen(event: Event) -> None:
        heard.append(event)
        if isinstance(event, kind):
            conn.execute(by)

    return listen


@pytest.mark.parametrize("way", WAYS)
def test_a_lock_that_does_not_come_is_tried_for_again(project: Project, way: str) -> None:
    """Rolled back as a whole, done as a whole when the lock is free, recorded once."""
    project.write(FIRST).migrations().run_all()
    project.write(WAYS[way])
    heard: list[Event] = []
    with reader(project) as conn:
        project.migrations(lock_timeout="100ms").run_all(on_event=release_on(StepRetried, conn, heard))

    retried = [event for event in heard if isinstance(event, StepRetried)]
    assert [event.attempt for event in retried] == [2]
    assert "lock timeout" in retried[0].reason
    assert project.database.query("SELECT note FROM busy") == []
    assert [row.state for row in project.migrations().history().rows] == ["applied", "applied"]


def test_a_run_in_one_transaction_is_tried_again_as_a_whole(busy: Project) -> None:
    """What came before the lock is rolled back with the rest and done again."""
    busy.write({"a/0001_first.sql": "CREATE TABLE first ();\n"})
    heard: list[Event] = []
    with reader(busy) as conn:
        listen = release_on(StepRetried, conn, heard)
        result = busy.migrations(lock_timeout="100ms").apply(single_transaction=True, on_event=listen)
    assert sorted(result.applied) == ["a/0001_first", "m/0001_alter"]
    assert [event.id for event in heard if isinstance(event, StepRetried)] == ["m/0001_alter"]


def test_nobody_waits_behind_a_blocked_migration_for_longer_than_its_timeout(busy: Project) -> None:
    """A SELECT that came after the ALTER is answered while the transaction that blocks the ALTER is still open."""
    with reader(busy) as conn, ThreadPoolExecutor(1) as pool:
        answered: list[int] = []
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"

        def queue_up() -> None:
            with busy.database.connect() as other, busy.database.connect() as look:
                while look.execute(waiting).fetchone() == (0,):
                    pass
                other.execute(READ)
                answered.append(1)

        queued = pool.submit(queue_up)

        def listen(event: Event) -> None:
            if isinstance(event, StepRetried) and event.attempt > 2:  # the second try has failed too
                queued.result(timeout=30)
                conn.execute("ROLLBACK")

        busy.migrations(lock_timeout="300ms").run_all(on_event=listen)
    assert answered == [1]


def test_when_the_time_for_tries_is_over_the_error_says_who_held_the_lock(busy: Project) -> None:
    """Exit code 5, nothing applied, the sessions in the way by their process."""
    with reader(busy) as conn:
        with pytest.raises(LockTimeoutError) as caught:
            busy.migrations(lock_timeout="1500ms", lock_retry_for="0").run_all()
        pid = conn.info.backend_pid
    error = caught.value
    assert (error.exit_code, error.type, error.sqlstate, error.rolled_back) == (5, "lock-timeout", "55P03", True)
    assert error.message.endswith(f"held by backend {pid}")
    assert error.place is not None
    assert error.place.line == 1
    assert busy.states() == {"m/create_tables": "applied", "m/0001_alter": "failed"}


@pytest.mark.parametrize("way", WAYS)
def test_who_is_in_the_way_is_said_after_a_second(project: Project, way: str) -> None:
    """Process, application, state, age and the head of its query, no literal in it."""
    project.write(FIRST).migrations().run_all()
    project.write(WAYS[way])
    heard: list[Event] = []
    with reader(project) as conn:
        project.migrations(lock_timeout="30s").run_all(on_event=release_on(StatementBlocked, conn, heard))
        pid = conn.info.backend_pid
    blocked = next(event for event in heard if isinstance(event, StatementBlocked))
    assert blocked.waited_s >= 1
    assert [(item.pid, item.user, item.state) for item in blocked.blockers] == [
        (pid, "postgres", "idle in transaction")
    ]
    assert blocked.blockers[0].query.startswith("SELECT * FROM busy")
    assert "canary4711" not in str(heard)


@pytest.mark.parametrize("name", ["psql", "seltzer-billing", "seltzer billing"])
def test_a_blocker_is_ended_when_that_was_asked_for(busy: Project, name: str) -> None:
    """The migration goes through at once; without it the same session would be waited for."""
    busy.database.query("CREATE ROLE clerk LOGIN")
    busy.database.query("GRANT SELECT ON busy TO clerk")
    heard: list[Event] = []
    with busy.database.connect() as conn:
        url = busy.database.url.replace("//postgres@", "//clerk@")
        with psycopg.connect(url, application_name=name) as clerk:
            clerk.execute(READ)
            busy.migrations(lock_timeout="30s", terminate_blockers="0").run_all(on_event=heard.append)
            with pytest.raises(psycopg.OperationalError):
                clerk.execute("SELECT 1")
        conn.execute("DROP OWNED BY clerk; DROP ROLE clerk")
    ended = next(event for event in heard if isinstance(event, BlockersTerminated))
    assert [item.user for item in ended.blockers] == ["clerk"]


def test_a_superuser_is_never_ended(busy: Project) -> None:
    """The wait goes on, and is told."""
    heard: list[Event] = []
    with reader(busy) as conn:
        listen = release_on(StepRetried, conn, heard)
        busy.migrations(lock_timeout="1500ms", terminate_blockers="0").run_all(on_event=listen)
        assert conn.execute("SELECT 1").fetchone() == (1,)
        pid = conn.info.backend_pid
    assert not any(isinstance(event, BlockersTerminated) for event in heard)
    why = [event.message for event in heard if isinstance(event, Warned)]
    assert why == [f"backend {pid} is in the way and is not ended: its role is a superuser"]
    assert any(isinstance(event, StatementBlocked) for event in heard)


def test_a_prepared_transaction_in_the_way_has_its_name(tmp_path: Path, binaries: Binaries) -> None:
    """With its owner; another one, which is in nobody's way, is not named. Servers have to be told to allow them."""
    heard: list[Event] = []
    with private_server(binaries, {"max_prepared_transactions": "2"}) as server:
        folder = tmp_path / "migrations"
        folder.mkdir()
        project = Project(folder, Database(server, binaries, "postgres"))
        project.write(FIRST).migrations().run_all()
        project.write(WAYS["transaction"])
        with project.database.connect() as conn:
            for name, text in (("other", "CREATE TABLE other ()"), ("left", READ)):
                conn.execute(f"BEGIN; {text}; PREPARE TRANSACTION '{name}'".encode())
            listen = release_on(StatementBlocked, conn, heard, "ROLLBACK PREPARED 'left'")
            project.migrations(lock_timeout="30s").run_all(on_event=listen)
            conn.execute("ROLLBACK PREPARED 'other'")
    blocked = next(event for event in heard if isinstance(event, StatementBlocked))
    assert [(item.gid, item.user) for item in blocked.blockers] == [("left", "postgres")]


def test_what_a_role_cannot_see_is_said_with_the_grant(busy: Project) -> None:
    """Once a run, however many statements wait."""
    busy.database.query("CREATE ROLE owner_of_it LOGIN")
    busy.database.query(f'GRANT CREATE, CONNECT ON DATABASE "{busy.database.name}" TO owner_of_it')
    busy.database.query("GRANT ALL ON SCHEMA seltzer, public TO owner_of_it")
    busy.database.query("GRANT ALL ON ALL TABLES IN SCHEMA seltzer, public TO owner_of_it")
    busy.database.query("ALTER TABLE busy OWNER TO owner_of_it")
    heard: list[Event] = []
    with reader(busy) as conn:
        url = busy.database.url.replace("//postgres@", "//owner_of_it@")
        migrations = type(busy.migrations())(busy.folder, database=url, lock_timeout="1500ms")
        migrations.run_all(on_event=release_on(StepRetried, conn, heard))
    warned = [event.message for event in heard if isinstance(event, Warned)]
    busy.database.query("REASSIGN OWNED BY owner_of_it TO postgres; DROP OWNED BY owner_of_it; DROP ROLE owner_of_it")
    assert warned == ['what other sessions run is hidden from this role; to see it: GRANT pg_monitor TO "owner_of_it"']


def test_a_files_own_lock_timeout_wins(project: Project) -> None:
    """By SET in its text, and by its directive; without either ours holds, in whatever is rolled back as a whole."""
    look = "CREATE TABLE {0} AS SELECT current_setting('lock_timeout') AS value;\n"
    project.write({
        "m/0001_ours.sql": look.format("ours"),
        "m/0002_set.sql": "SET LOCAL lock_timeout = '7s';\n" + look.format("own"),
        "m/0003_head.sql": "-- seltzer: lock-timeout = 9s\n" + look.format("head"),
        "m/0004_off.sql": "-- seltzer: transaction = off\n" + look.format("alone"),
    })  # fmt: skip
    project.migrations().run_all()
    found = [project.database.query(f"SELECT value FROM {name}") for name in ("ours", "own", "head", "alone")]
    assert found == [[("2s",)], [("7s",)], [("9s",)], [("2s",)]]


def test_a_files_own_lock_timeout_says_nothing_about_what_stands_before_it(project: Project) -> None:
    """Nor about what is outside of the transaction that it is local to."""
    look = "CREATE TABLE {0} AS SELECT current_setting('lock_timeout') AS value;\n"
    project.write({
        "m/0001_steps.sql": "-- seltzer: transaction = off\n"
        "BEGIN; SET LOCAL lock_timeout = '7s'; " + look.format("inside") + "COMMIT;\n"
        + look.format("outside")
        + "SET lock_timeout = 0;\n"
        + look.format("below")
        + "SELECT set_config('lock_timeout', '9s', false);\n"
        + look.format("called"),
        "m/0002_call.sql": "-- seltzer: transaction = off\nSELECT set_config('lock_timeout', '9s', false);\n"
        + look.format("alone"),
    })  # fmt: skip
    project.migrations().run_all()
    names = ("inside", "outside", "below", "called", "alone")
    found = [project.database.query(f"SELECT value FROM {name}") for name in names]
    assert found == [[("7s",)], [("2s",)], [("0",)], [("9s",)], [("9s",)]]


def test_how_far_an_index_build_is_is_said(project: Project) -> None:
    """From the server's own progress view, while the build runs."""
    project.write({
        "m/0001_table.sql": "CREATE TABLE slow AS SELECT generate_series(1, 40) AS id;\n"
        "CREATE FUNCTION slowly(id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS\n"
        "$$BEGIN PERFORM pg_sleep(0.05); RETURN id; END$$;\n",
        "m/0002_index.sql": "CREATE INDEX idx_slow ON slow (slowly(id));\n",
    })  # fmt: skip
    heard: list[Event] = []
    project.migrations().run_all(on_event=heard.append)
    building = [event for event in heard if isinstance(event, IndexBuilding)]
    assert building
    assert building[0].phase.startswith("building index")
    assert [event.id for event in heard if isinstance(event, StepFinished)] == ["m/0001_table", "m/0002_index"]


SLOW = (
    "CREATE TABLE gate (id int);\nCREATE FUNCTION open(id int) RETURNS bool LANGUAGE plpgsql AS $$BEGIN "
    "WHILE NOT EXISTS (SELECT FROM public.gate) LOOP PERFORM pg_sleep(0.01); END LOOP; RETURN true; END$$;\n"
    "CREATE TABLE slow AS SELECT generate_series(1, 4000) AS id;\n"
    "ALTER TABLE slow ADD CONSTRAINT slow_check CHECK (open(id)) NOT VALID;\n"
)
VALIDATE = "ALTER TABLE slow\n  VALIDATE CONSTRAINT slow_check;\n"


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("0002_v.sql", VALIDATE, (1, "ALTER TABLE slow VALIDATE CONSTRAINT slow_check")),
        ("0002_v.sql", f"SELECT 'canary4711';\n{VALIDATE}", (1, "")),
        (
            "0002_v.sql",
            f"-- seltzer: transaction = off\n{VALIDATE}",
            (2, "ALTER TABLE slow VALIDATE CONSTRAINT slow_check"),
        ),
        ("0002_v.py", f"def apply(conn):\n    conn.execute({VALIDATE!r})\n", (None, "ALTER TABLE slow VALIDATE")),
    ],
    ids=["alone", "several", "steps", "python"],
)
def test_a_long_statement_without_a_progress_view_is_said(
    project: Project, monkeypatch: pytest.MonkeyPatch, file: str, text: str, said: tuple[int | None, str]
) -> None:
    """Which statement, for how long, on which table, and that PostgreSQL does not say how far."""
    project.write({"m/0001_slow.sql": SLOW}).migrations().run_all()
    project.database.query("ANALYZE slow")
    project.write({f"m/{file}": text})
    monkeypatch.setattr("seltzer.db.blockers.SAY_EVERY_S", 0)
    heard: list[Event] = []

    def listen(event: Event) -> None:
        if isinstance(event, StatementRunning) and not heard:
            project.database.query("INSERT INTO gate VALUES (1)")
            heard.append(event)

    project.migrations(lock_timeout="0").run_all(on_event=listen)

    (event,) = heard
    assert isinstance(event, StatementRunning)
    line, head = said
    assert (event.id, event.line) == ("m/0002_v", line)
    assert event.head.startswith(head)
    assert bool(event.head) == bool(head)
    assert event.running_s >= 1
    assert event.table == "public.slow"
    assert (event.table_bytes or 0) >= 8192
    shown = event_line(event, verbose=False) or ""
    assert "PostgreSQL does not say how far it is (the largest table that it has locked: public.slow, about" in shown
    assert "canary4711" not in shown
