"""The lease and those around it: runs with a direct connection, other roles, and its table."""

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
    run,
    take_silently,
    until,
)
from seltzer.db.lease import Lease, Patience, wait_for_lease
from seltzer.db.lease_row import find_lease_holder
from seltzer.db.lock import migration_lock
from seltzer.db.message import StopRequested
from seltzer.db.tables import ensure_lease
from seltzer.errors import LockHeldError, PrivilegeError

if TYPE_CHECKING:
    from support import Database


def test_the_migration_lock_keeps_it_from_being_taken(
    database: Database, conn: psycopg.Connection, rival: psycopg.Connection
) -> None:
    """And it is not even written to while somebody asks."""
    with migration_lock(rival, TABLE.lock_key(), timedelta(0)):
        before = run(rival, "SELECT xmin::text, xmax::text FROM seltzer.lease")
        with pytest.raises(LockHeldError), held(database, conn, Patience(timedelta(milliseconds=300))):
            pytest.fail("got in beside the lock")
        assert run(rival, "SELECT xmin::text, xmax::text FROM seltzer.lease") == before


def test_whoever_has_the_lock_waits_for_it(conn: psycopg.Connection, rival: psycopg.Connection) -> None:
    """A live lease stops a direct run; an expired one is taken away, and nobody has it then."""
    lease = take_silently(conn, LONG)

    with pytest.raises(LockHeldError, match="gone@there"):
        wait_for_lease(rival, TABLE, AT_ONCE)
    take_silently(conn, SHORT)
    wait_for_lease(rival, TABLE, Patience(timedelta(seconds=PATIENCE_S)))

    assert run(conn, "SELECT holder FROM seltzer.lease") == [(None,)]
    with pytest.raises(psycopg.DataError):
        run(conn, lease.check())


def test_where_there_is_no_lease_nobody_waits(database: Database, rival: psycopg.Connection) -> None:
    """No run has ever come through a pooler: there is no table, and none is made."""
    assert wait_for_lease(rival, TABLE, AT_ONCE) == ()

    assert database.query("SELECT to_regclass('seltzer.lease')") == [(None,)]


def test_a_role_without_the_privilege_is_told_the_grant(
    database: Database, conn: psycopg.Connection, rival: psycopg.Connection
) -> None:
    """It can neither be ignored nor waited for."""
    role = f"stranger_{database.name}"
    run(conn, f"CREATE ROLE {role} LOGIN")
    try:
        run(rival, f"SET ROLE {role}")
        with pytest.raises(PrivilegeError, match="may neither take nor look at the lease") as caught:
            wait_for_lease(rival, TABLE, AT_ONCE)
        with pytest.raises(PrivilegeError), held(database, rival):
            pytest.fail("it may not")
        assert find_lease_holder(rival, TABLE) is None
    finally:
        run(conn, f"DROP ROLE {role}")

    assert "GRANT USAGE ON SCHEMA" in (caught.value.hint or "")
    assert "GRANT SELECT, UPDATE ON" in (caught.value.hint or "")


def test_a_transaction_that_may_not_be_ended_is_waited_for(
    database: Database, conn: psycopg.Connection, rival: psycopg.Connection
) -> None:
    """A role cannot end a superuser's session: it has to wait for its end."""
    role = f"weak_{database.name}"
    lease = take_silently(conn, timedelta(0))
    run(conn, f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA seltzer TO {role}")
    run(conn, f"GRANT SELECT, UPDATE ON seltzer.lease TO {role}")
    got: list[Lease] = []

    def ask() -> None:
        with held(database, rival, Patience(timedelta(seconds=PATIENCE_S))) as taken:
            got.append(taken)

    run(conn, f"BEGIN; SELECT {lease.share()}")
    run(rival, f"SET ROLE {role}")
    asking = threading.Thread(target=ask)
    asking.start()
    until(lambda: database.query("SELECT holder::text FROM seltzer.lease") != [(lease.holder,)], "it is taken over")
    assert not got
    run(conn, "COMMIT")
    asking.join()
    run(rival, "RESET ROLE")
    run(conn, f"DROP OWNED BY {role}; DROP ROLE {role}")

    assert [taken.ended for taken in got] == [()]


def test_the_wait_for_it_can_be_stopped(conn: psycopg.Connection, rival: psycopg.Connection) -> None:
    """By the same event as a run."""
    take_silently(conn, LONG)
    stop = threading.Event()
    stop.set()

    with pytest.raises(StopRequested):
        wait_for_lease(rival, TABLE, Patience(LONG, stop))


def test_twenty_sessions_make_the_table_at_once(database: Database) -> None:
    """Nobody meets an error of the server's, and there is one row."""
    ready = threading.Barrier(20)
    failed: list[BaseException] = []

    def make() -> None:
        try:
            with database.connect() as mine:
                ready.wait()
                ensure_lease(mine, TABLE)
        except BaseException as error:  # noqa: BLE001  # whatever it is, the main thread shows it
            failed.append(error)

    threads = [threading.Thread(target=make) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert database.query("SELECT one, holder FROM seltzer.lease") == [(True, None)]
