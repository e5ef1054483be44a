"""The pooler's sessions are everybody's: nothing that others left reaches a migration, and nothing of it is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from database.pooler.poolers import Manner, PooledDatabase, pgbouncer
from database.pooler.runs import is_at, running, until
from support import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seltzer.events import Event
    from support import Database

pytestmark = pytest.mark.pooler

PLAIN = {
    "shop/create_tables.sql": "CREATE TABLE IF NOT EXISTS items (id int, name text);\n",
    "shop/0001_index.sql": "CREATE INDEX idx_items_id ON items (id);\nCOMMENT ON TABLE items IS 'What is sold';\n",
    "shop/0002_concurrent.sql": "CREATE INDEX CONCURRENTLY idx_items_name ON items (name);\n",
}
SEEN = "CREATE TABLE seen AS SELECT name, setting FROM pg_settings WHERE name IN ('search_path', 'work_mem');\n"


@pytest.fixture
def narrow(database: Database, tmp_path: Path) -> Iterator[PooledDatabase]:
    """The database behind a pooler with one session: whoever comes gets what the last one left."""
    (tmp_path / "pooler").mkdir()
    with pgbouncer(database.server, tmp_path / "pooler", Manner(pool_size=1)) as port:
        yield PooledDatabase(database.server, database.binaries, database.name, port)


@pytest.fixture
def one_session(tmp_path: Path, narrow: PooledDatabase) -> Project:
    """A project behind that pooler."""
    (tmp_path / "migrations").mkdir()
    return Project(tmp_path, narrow)


def left_in(database: PooledDatabase) -> list[tuple[object, ...]]:
    """What is in the only session: settings but those of the pooler itself, temporary objects, role, statements."""
    return database.query(
        "SELECT name, setting FROM pg_settings WHERE source = 'session' "
        "AND name NOT IN ('application_name', 'client_encoding', 'transaction_isolation') "
        "UNION ALL SELECT 'temporary', relname FROM pg_class WHERE relnamespace = pg_my_temp_schema() "
        "UNION ALL SELECT 'role', current_user || ' ' || session_user UNION ALL SELECT 'prepared', name "
        "FROM pg_prepared_statements WHERE name <> '' ORDER BY 1, 2"
    )


def said_since(database: PooledDatabase, start: int) -> str:
    """What the server was sent for a database, from a place in its log on."""
    log = (database.server.data.parent / "server.log").read_bytes()[start:].decode(errors="replace")
    # Lines after the first of an entry begin with a tab.
    entries = log.replace("\n\t", " ").splitlines()
    return "\n".join(entry for entry in entries if entry.startswith(f"{database.name}|"))


def test_no_session_is_touched(project: Project, pooled: PooledDatabase) -> None:
    """Files that set nothing: what reaches the server sets nothing beyond its transaction, and resets nothing."""
    log = pooled.server.data.parent / "server.log"
    start = log.stat().st_size

    project.write(PLAIN).migrations().run_all()

    said = said_since(pooled, start)
    assert "SET LOCAL ROLE NONE" in said
    assert "CREATE INDEX CONCURRENTLY" in said
    for word in ("RESET", "DISCARD", "PREPARE", "EXECUTE", "SET ROLE", ", false)", "pg_try_advisory_lock"):
        assert word not in said, word


def test_what_others_left_does_not_reach_a_migration_and_stays_theirs(
    one_session: Project, narrow: PooledDatabase
) -> None:
    """A search path, a limit and a role of another client's are set aside, and there again afterwards."""
    narrow.direct.query("CREATE SCHEMA elsewhere; CREATE ROLE stranger NOLOGIN")
    with narrow.connect() as other:
        other.execute("SET search_path = elsewhere; SET work_mem = '1MB'; SET lock_timeout = '1ms'")
        before = left_in(narrow)
        one_session.write({"shop/create_tables.sql": SEEN}).migrations().run_all()

        assert left_in(narrow) == before
    assert ("search_path", "elsewhere") in before
    assert narrow.direct.query("SELECT * FROM public.seen ORDER BY name") == [
        ("search_path", '"$user", public'),
        ("work_mem", "4096"),
    ]
    narrow.direct.query("DROP ROLE stranger")


LEAVING = {
    "dump": (
        "SET statement_timeout = 0;\nSET lock_timeout = 0;\nSET client_encoding = 'UTF8';\n"
        "SELECT pg_catalog.set_config('search_path', '', false);\nSET check_function_bodies = false;\n"
        "SET default_tablespace = '';\nCREATE TABLE public.a (id int);\n"
    ),
    "temporary": "CREATE TEMP TABLE t (id serial);\nCREATE TEMP VIEW v AS SELECT 1;\nINSERT INTO t VALUES (1);\n",
    "block": "DO $$ BEGIN PERFORM set_config('work_mem', '2MB', false); CREATE TEMP TABLE t (id int); END $$;\n",
    "role": "SET ROLE pg_monitor;\nSET work_mem = '2MB';\nRESET ROLE;\nSET ROLE pg_monitor;\n",
    "unparsed": "-- seltzer: parse = off\nSET work_mem = '2MB';\nCREATE TEMP TABLE t (id int);\n",
}


# A file that is not parsed shares no transaction with others.
@pytest.mark.parametrize(
    ("name", "flags"), [(name, flags) for name in LEAVING for flags in ("", "--single-transaction")][:-1]
)
def test_what_a_file_sets_is_gone_after_it(one_session: Project, narrow: PooledDatabase, name: str, flags: str) -> None:
    """Settings without LOCAL, temporary objects and roles: the session is as it was, and works for the next client."""
    with narrow.connect() as other:
        other.execute("SET work_mem = '1MB'")
        before = left_in(narrow)

        outcome = one_session.write({f"shop/0001_{name}.sql": LEAVING[name]}).run("apply", *flags.split())

        assert outcome.code == 0, outcome.err
        assert left_in(narrow) == before
        assert other.execute("SHOW work_mem").fetchall() == [("1MB",)]


def test_what_python_sets_is_gone_after_it(one_session: Project, narrow: PooledDatabase) -> None:
    """The same for `apply(conn)`."""
    text = "def apply(conn):\n    conn.execute(\"SET work_mem = '2MB'\")\n    conn.execute('CREATE TEMP TABLE t ()')\n"
    with narrow.connect():
        before = left_in(narrow)

        one_session.write({"shop/0001_set.py": text}).migrations().run_all()

        assert left_in(narrow) == before


def test_a_block_of_a_stepwise_file_leaves_nothing(one_session: Project, narrow: PooledDatabase) -> None:
    """What is set in a transaction of the file's own ends with it, too."""
    text = (
        "CREATE TABLE a (id int);\nCREATE INDEX CONCURRENTLY i ON a (id);\n"
        "BEGIN;\nSET work_mem = '2MB';\nCREATE TEMP TABLE t (id int);\nINSERT INTO a VALUES (1);\nCOMMIT;\n"
        "BEGIN;\nSET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\nINSERT INTO a VALUES (2);\nCOMMIT;\n"
        "BEGIN;\nINSERT INTO a VALUES (3);\nROLLBACK;\n"
    )
    with narrow.connect():
        before = left_in(narrow)

        one_session.write({"shop/0001_steps.sql": text}).migrations().run_all()

        assert left_in(narrow) == before
    assert narrow.query("SELECT id FROM a ORDER BY id") == [(1,), (2,)]
    assert narrow.query("SELECT count(*) FROM seltzer.progress") == [(0,)]


def test_a_failed_file_leaves_nothing(one_session: Project, narrow: PooledDatabase) -> None:
    """What it had set is rolled back with it."""
    with narrow.connect():
        before = left_in(narrow)

        outcome = one_session.write({"shop/0001_bad.sql": "SET work_mem = '2MB';\nSELECT 1 / 0;\n"}).run("apply")

        assert outcome.code == 1
        assert "0001_bad.sql:2" in outcome.err
        assert left_in(narrow) == before


def test_who_is_in_the_way_is_said_although_no_session_is_left(one_session: Project, narrow: PooledDatabase) -> None:
    """The look waits for a session by itself; the migration goes on as soon as it can."""
    one_session.write({"shop/create_tables.sql": "CREATE TABLE gate (id int);\n"}).migrations().run_all()
    one_session.write({"shop/0001_wait.sql": "LOCK TABLE gate;\n"})

    with narrow.direct.connect() as keeper, running(one_session) as waiting:
        keeper.execute("BEGIN; LOCK TABLE gate")
        until(lambda: is_at(narrow.direct, "shop/0001_wait"), "it waits")
        until(
            lambda: (
                narrow.direct.query(
                    "SELECT clock_timestamp() - query_start > interval '1.5 s' FROM pg_stat_activity "
                    "WHERE application_name = 'seltzer shop/0001_wait'"
                )
                == [(True,)]
            ),
            "it has waited for long enough to be looked at",
        )
        keeper.execute("COMMIT")
        _, errors = waiting.communicate()

    assert waiting.returncode == 0, errors


def test_who_is_in_the_way_is_said(project: Project, pooled: PooledDatabase) -> None:
    """Behind a pooler too, people see whose transaction a migration waits for."""
    project.write({"shop/create_tables.sql": "CREATE TABLE gate (id int);\n"}).migrations().run_all()
    project.write({"shop/0001_wait.sql": "LOCK TABLE gate;\n"})
    heard: list[int] = []

    with pooled.direct.connect() as keeper:
        keeper.execute("BEGIN; LOCK TABLE gate")

        def hear(event: Event) -> None:
            if type(event).__name__ == "StatementBlocked":
                heard.extend(blocker.pid for blocker in getattr(event, "blockers", ()))
                keeper.execute("COMMIT")

        project.migrations(lock_timeout="0").run_all(on_event=hear)

        assert heard[0] == keeper.info.backend_pid
