"""A connection of the caller's: used for the look, left as it was, refused when it is busy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.rows import dict_row, namedtuple_row

from seltzer.errors import ConnectionNotIdleError, StatementError
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support import Project

MODULE = {
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);\n",
    "users/0001_settings.sql": "SET work_mem = '7MB'; CREATE TEMP TABLE ours (id int); PREPARE ours AS SELECT 1;",
}
IDS = ("users/create_tables", "users/0001_settings")


@pytest.fixture
def conn(project: Project) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """A connection as an application might have it, with much that could be lost."""
    kind = psycopg.Connection[dict[str, Any]]
    with kind.connect(project.database.url, row_factory=dict_row, prepare_threshold=3) as conn:
        conn.execute("SET work_mem = '9MB'; SET search_path = pg_catalog, public; SET application_name = 'shop'")
        conn.execute("PREPARE theirs AS SELECT 'still here' AS word")
        conn.execute("CREATE TEMP TABLE mine (id int)")
        conn.execute("SELECT pg_advisory_lock(42)")
        conn.commit()
        yield conn


def state_of(conn: psycopg.Connection[dict[str, Any]]) -> dict[str, Any]:
    """Everything of a connection that a stranger could have changed."""
    row = conn.execute(
        "SELECT pg_backend_pid() AS pid, current_user AS who, current_setting('work_mem') AS work_mem, "
        "current_setting('search_path') AS search_path, current_setting('application_name') AS application, "
        "current_setting('statement_timeout') AS timeout, "
        "(SELECT string_agg(name, ' ' ORDER BY name) FROM pg_prepared_statements WHERE from_sql) AS prepared, "
        "(SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()) AS temporary, "
        "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks"
    ).fetchone()
    conn.commit()
    assert row is not None
    return {
        **row,
        "autocommit": conn.autocommit,
        "threshold": conn.prepare_threshold,
        "row_factory": conn.row_factory,
        "isolation": conn.isolation_level,
        "read_only": conn.read_only,
        "status": conn.info.transaction_status,
        "closed": conn.closed,
    }


def test_it_is_left_as_it_was_after_a_run_that_applied(
    project: Project, conn: psycopg.Connection[dict[str, Any]]
) -> None:
    """Autocommit, row factory, settings, prepared statements, temporary tables and locks are the caller's."""
    project.write(MODULE)
    before = state_of(conn)

    result = project.migrations().run_all(database=conn)

    assert (result.state, result.applied) == (DatabaseState.CURRENT, IDS)
    assert state_of(conn) == before
    assert conn.execute("EXECUTE theirs").fetchone() == {"word": "still here"}


def test_it_is_left_as_it_was_after_a_look(project: Project, conn: psycopg.Connection[dict[str, Any]]) -> None:
    """A start with nothing to do, `status` and `history` neither."""
    project.write(MODULE).migrations().run_all()
    before = state_of(conn)
    migrations = project.migrations()

    assert migrations.run_all(database=conn).state is DatabaseState.CURRENT
    assert migrations.status(database=conn).state is DatabaseState.CURRENT
    assert len(migrations.history(database=conn).rows) == 2

    assert state_of(conn) == before


def test_it_is_left_as_it_was_after_a_failure(project: Project, conn: psycopg.Connection[dict[str, Any]]) -> None:
    """A migration that fails, and a stop before anything runs."""
    project.write({**MODULE, "users/0002_fail.sql": "SELECT 1 / 0;"})
    before = state_of(conn)

    with pytest.raises(StatementError):
        project.migrations().run_all(database=conn)

    assert state_of(conn) == before


def test_it_stays_in_autocommit_mode(project: Project) -> None:
    """With other factories, too."""
    project.write(MODULE)
    with psycopg.connect(project.database.url, autocommit=True, row_factory=namedtuple_row) as conn:
        assert project.migrations().run_all(database=conn).applied == IDS

        assert conn.autocommit is True
        assert conn.row_factory is namedtuple_row
        assert conn.closed is False


def test_a_connection_in_a_transaction_is_refused(project: Project) -> None:
    """Its changes would not be seen by the run, and its locks would be in the way."""
    project.write(MODULE)
    with psycopg.connect(project.database.url) as conn:
        conn.execute("SELECT 1")

        with pytest.raises(ConnectionNotIdleError, match="transaction") as caught:
            project.migrations().run_all(database=conn)

        assert caught.value.exit_code == 1
        assert conn.info.transaction_status is psycopg.pq.TransactionStatus.INTRANS
    assert set(project.states().values()) == {"pending"}


def test_a_connection_in_a_failed_transaction_is_refused(project: Project) -> None:
    """It has to be rolled back first."""
    project.write(MODULE)
    with psycopg.connect(project.database.url) as conn:
        with pytest.raises(psycopg.Error):
            conn.execute("SELECT 1 / 0")

        with pytest.raises(ConnectionNotIdleError):
            project.migrations().status(database=conn)


def test_a_closed_connection_is_refused(project: Project) -> None:
    """The error says so."""
    conn = project.database.connect()
    conn.close()

    with pytest.raises(ConnectionNotIdleError, match="closed"):
        project.write(MODULE).migrations().run_all(database=conn)


def test_it_can_be_given_for_all_calls(project: Project) -> None:
    """To the project as well as to a call, which wins."""
    project.write(MODULE)
    with project.database.connect() as conn:
        result = project.migrations().run_all(database=conn)
        again = type(project.migrations())(project.folder, database=conn).run_all()

    assert (result.applied, again.applied) == (IDS, ())
