"""The lease by itself, on direct connections: who gets it, who keeps it, who loses it."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from database.lease.leases import (
    AT_ONCE,
    LONG,
    PATIENCE_S,
    SHORT,
    TABLE,
    held,
    parameters,
    run,
    take_silently,
    terms,
    until,
)
from seltzer.db.heartbeat import Heartbeat
from seltzer.db.lease import Patience, held_lease
from seltzer.db.lease_row import find_lease_holder
from seltzer.errors import LockHeldError

if TYPE_CHECKING:
    from support import Database


def test_one_at_a_time(database: Database, conn: psycopg.Connection, rival: psycopg.Connection) -> None:
    """While one holds it, another does not get it, and is told who does; afterwards it is free."""
    with held(database, conn):
        with pytest.raises(LockHeldError, match="me@here") as caught, held(database, rival):
            pytest.fail("two got in")
        assert caught.value.holder_pid is None
        found = find_lease_holder(rival, TABLE)
        assert found is not None
        assert (found.client, found.application) == ("me@here", "shop")

    assert find_lease_holder(rival, TABLE) is None
    with held(database, rival):
        pass


def test_of_many_that_ask_at_once_one_gets_it(database: Database, conn: psycopg.Connection) -> None:
    """Twenty threads, one lease: each holds it alone, and each gets its turn."""
    inside: list[int] = []
    most: list[int] = []

    def ask() -> None:
        with database.connect() as mine, held(database, mine, Patience(timedelta(seconds=PATIENCE_S))):
            inside.append(1)
            most.append(len(inside))
            inside.pop()

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [1] * 20
    assert find_lease_holder(conn, TABLE) is None


def test_it_is_renewed_while_it_is_held(database: Database, conn: psycopg.Connection) -> None:
    """It outlives its length for as long as its holder does."""
    with held_lease(conn, parameters(database), TABLE, terms(timedelta(seconds=2)), AT_ONCE):
        until(
            lambda: run(conn, "SELECT expires - since > interval '3 s' FROM seltzer.lease") == [(True,)],
            "it is renewed",
        )

        assert find_lease_holder(conn, TABLE) is not None


def test_a_heartbeat_finds_its_way_back(database: Database, conn: psycopg.Connection) -> None:
    """A connection that breaks is replaced by the next beat."""
    with held_lease(conn, parameters(database), TABLE, terms(timedelta(seconds=2)), AT_ONCE):
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        until(lambda: run(conn, f"SELECT count(*) {others}") == [(1,)], "it has beaten")
        run(conn, f"SELECT pg_terminate_backend(pid) {others}")
        before = run(conn, "SELECT expires FROM seltzer.lease")
        until(lambda: run(conn, "SELECT expires FROM seltzer.lease") > before, "it beats again")


def test_a_heartbeat_learns_that_it_lost(database: Database, conn: psycopg.Connection) -> None:
    """It stops by itself."""
    mine = terms(timedelta(seconds=1))
    heartbeat = Heartbeat(parameters(database), TABLE, mine)
    run(conn, f"UPDATE seltzer.lease SET holder = '{mine.holder}'")
    heartbeat.start()
    take_silently(conn, LONG)

    heartbeat.join(PATIENCE_S)

    assert heartbeat.lost
    assert not heartbeat.is_alive()


def test_an_expired_one_is_taken_over_and_what_is_left_is_ended(
    database: Database, conn: psycopg.Connection, rival: psycopg.Connection
) -> None:
    """The former holder's transactions are gone before the new one begins."""
    lease = take_silently(conn, SHORT)
    run(conn, f"BEGIN; SELECT {lease.share()}; CREATE TABLE half_done ()")

    with held(database, rival, Patience(timedelta(seconds=PATIENCE_S))) as taken:
        assert taken.ended == (conn.info.backend_pid,)

    with pytest.raises(psycopg.OperationalError):
        run(conn, "COMMIT")
    assert run(rival, "SELECT to_regclass('half_done')") == [(None,)]


@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_who_lost_it_cannot_commit(conn: psycopg.Connection, rival: psycopg.Connection, level: str) -> None:
    """The last look fails, on every isolation level, also where the transaction's snapshot is older than the loss."""
    lease = take_silently(conn, SHORT)
    run(conn, f"BEGIN ISOLATION LEVEL {level}")
    run(conn, lease.look())
    take_silently(rival, LONG)

    with pytest.raises(psycopg.Error) as caught:
        run(conn, lease.check())

    assert caught.value.sqlstate == ("22P02" if level == "READ COMMITTED" else "40001")


@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_who_keeps_it_can(conn: psycopg.Connection, rival: psycopg.Connection, level: str) -> None:
    """Renewals before and after the look are in nobody's way, whatever the snapshot."""
    lease = take_silently(conn, LONG)
    run(rival, "SET lock_timeout = '5s'")
    run(conn, f"BEGIN ISOLATION LEVEL {level}")
    run(conn, lease.look())
    run(rival, "UPDATE seltzer.lease SET expires = clock_timestamp() + interval '2 h'")

    run(conn, lease.check())
    run(rival, "UPDATE seltzer.lease SET expires = clock_timestamp() + interval '3 h'")
    run(conn, "COMMIT")

    assert run(rival, "SELECT expires > clock_timestamp() + interval '2 h' FROM seltzer.lease") == [(True,)]


def test_it_is_not_taken_over_between_the_look_and_the_commit(
    database: Database, conn: psycopg.Connection, rival: psycopg.Connection
) -> None:
    """Expired or not, whoever has looked may still commit; a rival does not wait for that inside the server."""
    lease = take_silently(conn, timedelta(0))
    run(conn, "BEGIN")
    run(conn, lease.check())

    with pytest.raises(LockHeldError), held(database, rival):
        pytest.fail("taken over before the commit")
    run(conn, "COMMIT")

    with held(database, rival):
        pass


def test_a_statement_that_runs_alone_is_waited_for(
    database: Database, conn: psycopg.Connection, rival: psycopg.Connection
) -> None:
    """No loss could stop it: the lease stays its holder's until it has ended."""
    lease = take_silently(conn, timedelta(0))
    alone = threading.Thread(target=run, args=(conn, f"{lease.tag()}SELECT pg_advisory_lock(4711)"))
    run(rival, "SELECT pg_advisory_lock(4711)")
    alone.start()
    until(lambda: database.query("SELECT 1 FROM pg_locks WHERE NOT granted") != [], "it runs")

    with pytest.raises(LockHeldError), held(database, rival):
        pytest.fail("taken over beside a statement at work")
    run(rival, "SELECT pg_advisory_unlock(4711)")
    alone.join()

    with held(database, rival) as taken:
        assert taken.ended == ()
