"""A holder of the lease that is killed, frozen or cut off: its work is finished by others, and it cannot commit."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from database.pooler.runs import apply_briefly, holder_of, is_at, is_expired, running, until
from seltzer.errors import LeaseLostError, LockHeldError

if TYPE_CHECKING:
    from database.pooler.poolers import PooledDatabase
    from support import Project

pytestmark = pytest.mark.pooler

# The second one waits for whoever holds the gate: another session of the test's.
FILES = {
    "shop/create_tables.sql": "CREATE TABLE gate (id int);\nCREATE TABLE items (id int PRIMARY KEY);\n",
    "shop/0001_first.sql": "INSERT INTO items VALUES (1);\n",
    "shop/0002_second.sql": "LOCK TABLE gate;\nINSERT INTO items VALUES (2);\n",
    "shop/0003_third.sql": "INSERT INTO items VALUES (3);\n",
}
IDS = ("shop/create_tables", "shop/0001_first", "shop/0002_second", "shop/0003_third")


@pytest.fixture
def gated(project: Project, pooled: PooledDatabase) -> Project:
    """A project whose second numbered file waits for as long as somebody has locked the table `gate`."""
    project.write({"shop/create_tables.sql": FILES["shop/create_tables.sql"]})
    apply_briefly(project)
    assert pooled.query("SELECT count(*) FROM items") == [(0,)]
    return project.write(FILES)


def recorded(database: PooledDatabase) -> list[str]:
    """The ids of the history, in order."""
    return [
        id_ for (id_,) in database.query("SELECT id FROM seltzer.history WHERE state = 'applied' ORDER BY position")
    ]


def test_a_killed_holder_is_succeeded_when_its_lease_has_expired(gated: Project, pooled: PooledDatabase) -> None:
    """In the middle of a migration, with kill -9: the next run ends what is left on the server, and finishes."""
    with pooled.direct.connect() as keeper, running(gated) as killed:
        keeper.execute("BEGIN; LOCK TABLE gate")
        until(lambda: is_at(pooled.direct, "shop/0002_second"), "the second file waits")
        held = holder_of(pooled.direct)
        killed.kill()
        killed.wait()

        assert holder_of(pooled.direct) == held
        with running(gated) as heir:
            until(lambda: holder_of(pooled.direct) not in {held, None}, "somebody else holds the lease")
            keeper.execute("COMMIT")
            out, errors = heir.communicate()

    assert heir.returncode == 0, errors
    assert out.split() == ["applied", "shop/0002_second", "shop/0003_third"]
    assert recorded(pooled) == list(IDS)
    assert pooled.query("SELECT id FROM items ORDER BY id") == [(1,), (2,), (3,)]


def test_a_holder_that_was_frozen_cannot_commit(gated: Project, pooled: PooledDatabase) -> None:
    """SIGSTOP past the expiry, another run takes over and finishes, SIGCONT: the first fails, and changed nothing."""
    with pooled.direct.connect() as keeper, running(gated) as frozen:
        keeper.execute("BEGIN; LOCK TABLE gate")
        until(lambda: is_at(pooled.direct, "shop/0002_second"), "the second file waits")
        frozen.send_signal(signal.SIGSTOP)
        until(lambda: is_expired(pooled.direct), "the lease has expired")
        keeper.execute("COMMIT")
        with running(gated) as heir:
            done = heir.communicate()
        frozen.send_signal(signal.SIGCONT)
        out, errors = frozen.communicate()

    assert heir.returncode == 0, done
    assert recorded(pooled) == list(IDS)
    assert pooled.query("SELECT id FROM items ORDER BY id") == [(1,), (2,), (3,)]
    assert frozen.returncode != 0, out
    assert "LeaseLostError" in errors or "ConnectionLostError" in errors


def test_a_holder_that_lost_its_lease_in_a_python_migration_is_rolled_back(
    gated: Project, pooled: PooledDatabase
) -> None:
    """The last look before the commit is what stops it: nothing of the migration stays, nor a note of a failure."""
    pooled.direct.query(
        "CREATE FUNCTION lose() RETURNS void LANGUAGE sql AS 'UPDATE seltzer.lease SET holder = gen_random_uuid()'"
    )
    lose = (
        "import psycopg\n"
        "def apply(conn):\n"
        "    conn.execute('INSERT INTO items VALUES (4)')\n"
        f"    with psycopg.connect({pooled.direct.url!r}, autocommit=True) as other:\n"
        "        other.execute('SELECT lose()')\n"
    )
    gated.write({"shop/0004_python.py": lose})

    with pytest.raises(LeaseLostError) as caught:
        apply_briefly(gated)

    assert caught.value.migration == "shop/0004_python"
    assert caught.value.rolled_back is True
    assert caught.value.applied == IDS[1:]
    assert pooled.query("SELECT id FROM items ORDER BY id") == [(1,), (2,), (3,)]
    assert pooled.query("SELECT count(*) FROM seltzer.history WHERE state = 'failed'") == [(0,)]


def test_a_holder_that_lost_its_lease_starts_nothing_more(gated: Project, pooled: PooledDatabase) -> None:
    """The loss is met at the beginning of the next transaction, before its work."""
    gated.write(
        {
            "shop/0002_second.sql": "CREATE INDEX CONCURRENTLY i ON items (id);\n",
            "shop/0003_third.sql": "SELECT pg_sleep(3600);\n",
        }
    )

    def lose(event: object) -> None:
        if getattr(event, "id", None) == "shop/0003_third":
            pooled.direct.query("UPDATE seltzer.lease SET holder = gen_random_uuid()")

    with pytest.raises(LeaseLostError) as caught:
        apply_briefly(gated, on_event=lose)

    assert caught.value.migration == "shop/0003_third"


def test_a_lost_lease_is_met_before_a_statement_that_runs_alone(gated: Project, pooled: PooledDatabase) -> None:
    """The record that says it was started is not written without the lease, and the statement does not run."""
    gated.write({"shop/0002_second.sql": "CREATE INDEX CONCURRENTLY i ON items (id);\n"})

    def lose(event: object) -> None:
        if type(event).__name__ == "StatementStarted":
            pooled.direct.query("UPDATE seltzer.lease SET holder = gen_random_uuid()")

    with pytest.raises(LeaseLostError):
        apply_briefly(gated, on_event=lose)

    assert pooled.query("SELECT to_regclass('i')") == [(None,)]
    assert pooled.query("SELECT count(*) FROM seltzer.progress") == [(0,)]


def test_a_lease_that_expired_is_still_its_holders_until_somebody_takes_it(
    gated: Project, pooled: PooledDatabase
) -> None:
    """Silence alone takes nothing away: a run that was frozen by itself goes on."""
    with pooled.direct.connect() as keeper, running(gated) as frozen:
        keeper.execute("BEGIN; LOCK TABLE gate")
        until(lambda: is_at(pooled.direct, "shop/0002_second"), "the second file waits")
        frozen.send_signal(signal.SIGSTOP)
        until(lambda: is_expired(pooled.direct), "the lease has expired")
        frozen.send_signal(signal.SIGCONT)
        keeper.execute("COMMIT")
        _, errors = frozen.communicate()

    assert frozen.returncode == 0, errors
    assert recorded(pooled) == list(IDS)


def test_a_long_migration_keeps_its_lease(gated: Project, pooled: PooledDatabase) -> None:
    """The lease is renewed while the migration waits, and others are told who holds it."""
    with pooled.direct.connect() as keeper, running(gated) as long:
        keeper.execute("BEGIN; LOCK TABLE gate")
        until(lambda: is_at(pooled.direct, "shop/0002_second"), "the second file waits")
        first = pooled.direct.query("SELECT since FROM seltzer.lease")[0][0]
        until(
            lambda: pooled.direct.query("SELECT expires - since > interval '5 s' FROM seltzer.lease") == [(True,)],
            "it was renewed for several times its length",
        )

        with pytest.raises(LockHeldError) as caught:
            apply_briefly(gated, lock_wait="0")

        keeper.execute("COMMIT")
        _, errors = long.communicate()

    assert pooled.query("SELECT since FROM seltzer.lease")[0][0] == first
    assert "applying shop/0002_second" in caught.value.message
    assert caught.value.holder_pid is not None
    assert long.returncode == 0, errors
    assert recorded(pooled) == list(IDS)
