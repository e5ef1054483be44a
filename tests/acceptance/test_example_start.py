"""How the example application starts and ends: what its health says, signals, replicas, a migration that fails."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from typing import TYPE_CHECKING

import psycopg
import pytest

from acceptance.example_service import (
    IN_ORDER,
    PATIENCE_SECONDS,
    applied,
    copied,
    is_blocked,
    migrations,
    running,
    serving,
    started,
    until,
)

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.example_service import Service
    from support import Database

pytestmark = pytest.mark.parametrize("binaries", [18], ids=["pg18"], indirect=True)

NEW = "users/0004_add_nickname"
"""A migration that makes a table, then waits for `users` where somebody has it locked."""
NEW_SQL = """\
CREATE TABLE IF NOT EXISTS nicknames (id BIGINT PRIMARY KEY);
ALTER TABLE users ADD COLUMN IF NOT EXISTS nickname TEXT;
"""


def health_of(service: Service) -> tuple[int, str]:
    """The status of `GET /health`, and the state of the migrations in it."""
    answer = service.get("/health")
    return answer.status, answer.content["migrations"]


def test_health_follows_the_database(database: Database, tmp_path: Path) -> None:
    """503 while it is behind or diverged; 200 while it is current, or ahead because a newer release ran."""
    folder = copied(tmp_path)
    numbered = folder / "migrations/users/0001_add_email_verified_at.sql"
    new = folder / f"migrations/{NEW}.sql"
    text = numbered.read_text()

    with running(database, folder) as service:
        at_first = health_of(service)
        new.write_text(NEW_SQL)
        with_a_new_file = health_of(service)
        new.unlink()
        numbered.write_text(text + "SELECT 1;\n")
        with_an_edited_file = health_of(service)
        numbered.unlink()
        without_a_file = health_of(service)
        numbered.write_text(text)
        at_last = health_of(service)

    assert at_first == at_last == (200, "current")
    assert with_a_new_file == (503, "behind")
    assert with_an_edited_file == (503, "diverged")
    assert without_a_file == (200, "ahead")


def test_without_its_database_the_service_says_so(database: Database) -> None:
    """Health and lists answer 503 while nobody can connect, and 200 again afterwards, without a restart."""
    with running(database) as service, psycopg.connect(database.server.url("postgres"), autocommit=True) as conn:
        conn.execute(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS false".encode())
        health, users = health_of(service), service.get("/users").status
        conn.execute(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS true".encode())
        health_again = health_of(service)

    assert (health, users) == ((503, "unknown"), 503)
    assert health_again == (200, "current")


def test_a_second_start_applies_nothing(database: Database) -> None:
    """Every start looks; only the first has something to do."""
    with running(database):
        before = database.schema()

    with running(database) as service:
        assert health_of(service) == (200, "current")

    assert tuple(applied(database)) == IN_ORDER
    assert database.schema() == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_a_start_that_is_blocked(number: signal.Signals, database: Database, tmp_path: Path) -> None:
    """The process ends although the lock is still held; the migration leaves nothing, and the next start applies it."""
    migrations(database).run_all()
    folder = copied(tmp_path)
    (folder / f"migrations/{NEW}.sql").write_text(NEW_SQL)

    with database.connect() as rival, started(database, folder) as process:
        rival.execute("BEGIN; LOCK TABLE users IN ACCESS SHARE MODE")
        until(lambda: is_blocked(database), "the start waits for the table")
        process.send_signal(number)
        _, said = process.communicate(timeout=PATIENCE_SECONDS)
        still_blocked = is_blocked(database)
    left = database.query("SELECT to_regclass('nicknames')")
    history = applied(database)
    with running(database, folder) as service:
        health = health_of(service)

    assert process.returncode != 0
    assert "Uvicorn running" not in said
    assert not still_blocked
    assert left == [(None,)]
    assert tuple(history) == IN_ORDER
    assert health == (200, "current")
    assert applied(database)[-1] == NEW


def test_two_replicas_that_start_at_the_same_time_apply_everything_once(database: Database) -> None:
    """One applies, the other waits for it; both serve then."""
    # Nobody can create this table before the rival lets go: the second replica arrives in the middle of the run.
    with ExitStack() as stack:
        rival = stack.enter_context(database.connect())
        rival.execute("BEGIN; CREATE TABLE organisations (id bigint)")
        first = stack.enter_context(started(database))
        until(lambda: is_blocked(database), "the first replica is in the middle of its run")
        sessions = session_count(database)
        second = stack.enter_context(started(database))
        until(lambda: session_count(database) > sessions, "the second replica is at the database")
        rival.execute("ROLLBACK")

        states = [health_of(serving(process)) for process in (first, second)]

    assert states == [(200, "current")] * 2
    assert tuple(applied(database)) == IN_ORDER


def session_count(database: Database) -> int:
    """How many sessions the database has, the asking one left out."""
    query = """
        SELECT count(*)::int FROM pg_catalog.pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()
    """
    return int(database.query(query)[0][0])


def test_a_service_whose_migration_fails_does_not_serve(database: Database, tmp_path: Path) -> None:
    """It ends with an error that names file and line; what was applied before stays, the failed one left nothing."""
    migrations(database).run_all()
    folder = copied(tmp_path)
    (folder / f"migrations/{NEW}.sql").write_text(NEW_SQL + "SELECT nobody FROM users;\n")

    with started(database, folder) as process:
        _, said = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode != 0
    assert "0004_add_nickname.sql" in said
    assert "Uvicorn running" not in said
    assert tuple(applied(database)) == IN_ORDER
    assert database.query("SELECT to_regclass('nicknames')") == [(None,)]
