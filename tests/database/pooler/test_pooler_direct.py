"""`direct-database`: the look goes through the pooler, whatever changes something goes around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer import execute_sql_file
from seltzer.errors import ConnectionFailedError, InvalidDatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from database.pooler.poolers import PooledDatabase
    from seltzer import Migrations
    from support import Project

pytestmark = pytest.mark.pooler

FILES = {
    "shop/create_tables.sql": "CREATE TABLE IF NOT EXISTS items (id int);\n",
    "shop/0001_more.sql": "ALTER TABLE items ADD COLUMN name text;\n",
    "shop/0001_more.down.sql": "ALTER TABLE items DROP COLUMN name;\n",
}
NOWHERE = "postgresql://127.0.0.1:1/nowhere"


def leases(database: PooledDatabase) -> list[tuple[object, ...]]:
    """Whether there is a table for a lease."""
    return database.query("SELECT to_regclass('seltzer.lease')::text")


def test_changes_go_around_the_pooler(project: Project, pooled: PooledDatabase) -> None:
    """The lock is a session's own there: no lease is made."""
    assert len(project.write(FILES).migrations(direct_database=pooled.direct.url).run_all().applied) == 2

    assert leases(pooled) == [(None,)]


CHANGES: dict[str, Callable[[Migrations], object]] = {
    "revert": lambda migrations: migrations.revert("shop/0001_more"),
    "stamp": lambda migrations: migrations.stamp("shop/0002_next"),
    "apply": lambda migrations: migrations.apply("shop/0002_next"),
}


@pytest.mark.parametrize("verb", CHANGES)
def test_every_verb_that_changes_goes_around(project: Project, pooled: PooledDatabase, verb: str) -> None:
    """And only there: with a way around that leads nowhere, each fails."""
    project.write(FILES).migrations(direct_database=pooled.direct.url).run_all()
    project.write({"shop/0002_next.sql": "CREATE TABLE IF NOT EXISTS items (id int);\n"})

    with pytest.raises(ConnectionFailedError):
        CHANGES[verb](project.migrations(direct_database=NOWHERE))
    CHANGES[verb](project.migrations(direct_database=pooled.direct.url))

    assert leases(pooled) == [(None,)]


def test_a_start_with_nothing_to_do_asks_the_pooler_once(project: Project, pooled: PooledDatabase) -> None:
    """One statement, through the pooler: the way around is not taken, wherever it leads."""
    project.write(FILES).migrations().run_all()
    log = pooled.server.data.parent / "server.log"
    start = log.stat().st_size

    assert project.migrations(direct_database=NOWHERE).run_all().applied == ()

    entries = log.read_bytes()[start:].decode(errors="replace").splitlines()
    sent = [entry for entry in entries if entry.startswith(f"{pooled.name}|") and "statement:" in entry]
    # The pooler itself may set the client's name in the session that it lends.
    assert len([entry for entry in sent if "statement: SET " not in entry]) == 1


def test_a_way_around_to_another_database_is_refused(project: Project, pooled: PooledDatabase) -> None:
    """The same server is not enough: nothing ran in either."""
    with pytest.raises(InvalidDatabaseError, match="direct-database leads to") as caught:
        project.write(FILES).migrations(direct_database=pooled.server.url("postgres")).run_all()

    assert caught.value.exit_code == 2
    assert pooled.query("SELECT to_regclass('items')") == [(None,)]


def test_a_way_around_that_is_a_pooler_too_takes_a_lease(project: Project, pooled: PooledDatabase) -> None:
    """What it is called does not make it direct."""
    assert len(project.write(FILES).migrations(direct_database=pooled.url).run_all().applied) == 2

    assert leases(pooled) == [("seltzer.lease",)]


def test_a_file_that_is_run_outside_of_a_run_goes_around_too(project: Project, pooled: PooledDatabase) -> None:
    """`execute_sql_file` by itself."""
    project.write(FILES)
    file = project.folder / "shop" / "create_tables.sql"

    with pytest.raises(ConnectionFailedError):
        execute_sql_file(file, database=pooled.url, direct_database=NOWHERE)
    execute_sql_file(file, database=pooled.url, direct_database=pooled.direct.url)

    assert pooled.query("SELECT to_regclass('items')::text") == [("items",)]
