"""Two runs that both believe they hold the lock: only one of them can commit an application."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.errors import AppliedMeanwhileError
from seltzer.events import RunFinished, RunStarted, StepStarted, Warned
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from collections.abc import Callable

    from seltzer.events import Event
    from support import Database, Project

FIRST = {"m/create_tables.sql": "CREATE TABLE IF NOT EXISTS marks (word text);\n"}
INTRUDER = (
    "INSERT INTO seltzer.history (run, id, generation, kind, state, checksum, started_at, finished_at, duration_ms, "
    "seltzer_version) VALUES (gen_random_uuid(), '{}', {}, 'versioned', 'applied', 'sha256-1:0', now(), now(), 0, '')"
)
CONNECTING = """\
import os

import psycopg2


def run_migration():
    conn = psycopg2.connect(
        dbname=os.environ["DB_NAME"], user=os.environ["DB_USER"], host=os.environ["DB_HOST"], port=os.environ["DB_PORT"]
    )
    conn.autocommit = True
    conn.cursor().execute("INSERT INTO marks VALUES ('late')")
    conn.close()
"""
INSERT = "INSERT INTO marks VALUES ('late');\n"
WAYS: dict[str, tuple[str, dict[str, str]]] = {
    "one transaction": ("m/0001_late", {"m/0001_late.sql": INSERT}),
    "a block of its own": ("m/0001_late", {"m/0001_late.sql": f"BEGIN;\n{INSERT}COMMIT;\n"}),
    "unparsed": ("m/0001_late", {"m/0001_late.sql": f"-- seltzer: parse = off\n{INSERT}"}),
    "python": ("m/0001_late", {"m/0001_late.py": f"def apply(conn):\n    conn.execute({INSERT!r})\n"}),
    "joining runner": (
        "n/run_migration",
        {
            "n/__init__.py": "import seltzer\ndef run_migration():\n    seltzer.execute_sql_file('late.sql')\n",
            "n/late.sql": f"-- seltzer: depends-on = m\n{INSERT}",
        },
    ),
}
UNFENCED_WAYS: dict[str, tuple[str, dict[str, str]]] = {
    "stepwise": ("m/0001_late", {"m/0001_late.sql": f"{INSERT}VACUUM marks;\n"}),
    "connecting runner": ("n/run_migration", {"n/__init__.py": f"DEPENDS_ON = 'm'\n{CONNECTING}"}),
}


def when_started(migration: str, action: Callable[[], object]) -> Callable[[Event], None]:
    """A listener that does something when the run has decided to apply a migration."""

    def hear(event: Event) -> None:
        if isinstance(event, StepStarted) and event.id == migration:
            action()

    return hear


def rows(database: Database, migration: str) -> list[str]:
    """The checksums of an id's rows, oldest first."""
    query = f"SELECT checksum FROM seltzer.history WHERE id = '{migration}' ORDER BY position"
    return [str(row[0]) for row in database.query(query)]


@pytest.mark.parametrize(("migration", "files"), WAYS.values(), ids=WAYS.keys())
def test_what_another_run_has_applied_meanwhile_is_rolled_back(
    project: Project, migration: str, files: dict[str, str]
) -> None:
    """Its row is the only one, nothing of ours stays, and no failure is noted."""
    project.write({**FIRST, **files})

    with pytest.raises(AppliedMeanwhileError) as caught:
        project.migrations().run_all(
            on_event=when_started(migration, lambda: project.database.query(INTRUDER.format(migration, 1)))
        )

    assert (caught.value.exit_code, caught.value.migration, caught.value.rolled_back) == (1, migration, True)
    assert caught.value.applied == ("m/create_tables",)
    assert project.database.query("SELECT * FROM marks") == []
    assert rows(project.database, migration) == ["sha256-1:0"]


@pytest.mark.parametrize(("migration", "files"), UNFENCED_WAYS.values(), ids=UNFENCED_WAYS.keys())
def test_what_could_not_be_rolled_back_is_not_called_so(
    project: Project, migration: str, files: dict[str, str]
) -> None:
    """Statements that commit by themselves had run before the fence: there is one row, and the error tells no lie."""
    project.write({**FIRST, **files})

    with pytest.raises(AppliedMeanwhileError) as caught:
        project.migrations().run_all(
            on_event=when_started(migration, lambda: project.database.query(INTRUDER.format(migration, 1)))
        )

    left = project.database.query("SELECT * FROM marks")
    assert rows(project.database, migration) == ["sha256-1:0"]
    assert (caught.value.rolled_back is True) == (left == [])


def test_the_next_generation_is_fenced_like_the_first(project: Project) -> None:
    """A repeatable that another run has applied again since the plan was made."""
    view = {"m/one.sql": "CREATE OR REPLACE VIEW one AS SELECT 1 AS one;"}
    project.write({**FIRST, **view}).migrations().run_all()
    project.write({"m/one.sql": "CREATE OR REPLACE VIEW one AS SELECT 1 AS one, 2 AS two;"})
    before = project.database.schema()

    with pytest.raises(AppliedMeanwhileError):
        project.migrations().run_all(
            on_event=when_started("m/one", lambda: project.database.query(INTRUDER.format("m/one", 2)))
        )

    assert project.database.schema() == before


def test_a_revert_meanwhile_is_noticed_too(project: Project) -> None:
    """Any row of the id since the plan was made."""
    project.write({**FIRST, "m/0001_late.sql": INSERT})
    reverted = INTRUDER.format("m/0001_late", 1).replace("'applied'", "'reverted'")

    with pytest.raises(AppliedMeanwhileError):
        project.migrations().run_all(on_event=when_started("m/0001_late", lambda: project.database.query(reverted)))


def lose_the_lock(database: Database) -> None:
    """End the session that holds the migration lock; returns when the lock is free."""
    query = (
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_locks JOIN pg_database d ON d.oid = database "
        "WHERE locktype = 'advisory' AND objsubid = 1 AND datname = current_database()"
    )
    assert database.query(query) == [(True,)]


def test_a_run_that_lost_its_lock_applies_nothing_twice(project: Project) -> None:
    """Whoever comes next gets the lock and applies everything; the first run finds that out and says so."""
    project.write({**FIRST, "m/0001_late.sql": INSERT, "m/0002_later.sql": INSERT})
    next_run: list[tuple[str, ...]] = []
    warnings: list[str] = []

    def be_overtaken(event: Event) -> None:
        if isinstance(event, StepStarted) and event.id == "m/0001_late":
            lose_the_lock(project.database)
            next_run.append(project.migrations().run_all().applied)
        if isinstance(event, Warned):
            warnings.append(event.message.partition(" ")[0])

    result = project.migrations().run_all(on_event=be_overtaken)

    assert next_run == [("m/0001_late", "m/0002_later")]
    assert warnings == ["m/0001_late", "m/0002_later"]
    assert (result.state, result.applied) == (DatabaseState.CURRENT, ("m/create_tables",))
    assert project.database.query("SELECT count(*) FROM marks") == [(2,)]
    assert [row.state for row in project.migrations().history().rows] == ["applied"] * 3


@pytest.mark.parametrize("moment", [RunStarted, StepStarted, RunFinished])
def test_a_lost_lock_alone_is_no_failure(project: Project, moment: type[Event]) -> None:
    """The lock only elects who runs: a proxy that drops the idle session costs nothing when nobody else came."""
    project.write({**FIRST, "m/0001_late.sql": INSERT})
    lost: list[None] = []

    def lose_it(event: Event) -> None:
        if isinstance(event, moment) and not lost:
            lost.append(lose_the_lock(project.database))

    result = project.migrations().run_all(on_event=lose_it)

    assert (result.state, result.applied) == (DatabaseState.CURRENT, ("m/create_tables", "m/0001_late"))


def test_a_failure_is_told_even_when_the_lock_was_lost(project: Project) -> None:
    """The migration's own error is what people need to see."""
    project.write({**FIRST, "m/0001_late.sql": "SELECT 1 / (SELECT 0);"})

    with pytest.raises(Exception, match="division by zero"):
        project.migrations().run_all(on_event=when_started("m/0001_late", lambda: lose_the_lock(project.database)))
