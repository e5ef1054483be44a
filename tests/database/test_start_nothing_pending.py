"""A start with nothing to do: what the server receives, what is imported, and that nobody stands in its way."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from psycopg.conninfo import make_conninfo

from seltzer import Migrations
from seltzer.events import StepStarted
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from collections.abc import Callable

    from support import Database, Project

MODULE = {
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);\n",
    "users/0001_fill.py": "open(__file__ + '.imported', 'a').close()\n\n\ndef apply(conn):\n    pass\n",
    "users/one.sql": "CREATE OR REPLACE VIEW one AS SELECT 1 AS one;\n",
    "audit/__init__.py": "open(__file__ + '.imported', 'a').close()\n\n\ndef run_migration():\n    pass\n",
}
OTHER_VIEW = "CREATE OR REPLACE VIEW one AS SELECT 1 AS one, 2 AS two;\n"


def current(project: Project) -> DatabaseState:
    """Everything is applied."""
    project.write(MODULE).migrations().run_all()
    return DatabaseState.CURRENT


def comments_edited(project: Project) -> DatabaseState:
    """Every file has other comments than when it was applied."""
    project.write(MODULE).migrations().run_all()
    project.write({name: ("# " if name.endswith(".py") else "-- ") + "new\n" + text for name, text in MODULE.items()})
    return DatabaseState.CURRENT


def missing(project: Project) -> DatabaseState:
    """A newer release has applied a file more."""
    project.write({**MODULE, "users/0002_newer.sql": "SELECT 1;"}).migrations().run_all()
    project.remove("users/0002_newer.sql")
    return DatabaseState.AHEAD


def superseded(project: Project) -> DatabaseState:
    """A newer release has other content."""
    project.write(MODULE).migrations().run_all()
    project.write({"users/one.sql": OTHER_VIEW}).migrations().run_all()
    project.write({"users/one.sql": MODULE["users/one.sql"]})
    return DatabaseState.AHEAD


nothing_pending = pytest.mark.parametrize("prepare", [current, comments_edited, missing, superseded])


class Entry(NamedTuple):
    """One entry of the server's log."""

    application: str
    text: str


class ServerLog:
    """What the server writes about one database from now on; it logs every statement before it runs it."""

    def __init__(self, database: Database) -> None:
        self._path = database.server.data.parent / "server.log"
        self._name = database.name
        self._start = self._path.stat().st_size

    def entries(self) -> list[Entry]:
        """The entries so far."""
        found: list[Entry] = []
        with self._path.open(encoding="utf-8", errors="replace") as file:
            file.seek(self._start)
            for line in file:
                name, _, rest = line.partition("|")
                if line.startswith("\t") and found:
                    found[-1] = Entry(found[-1].application, found[-1].text + line)
                elif name == self._name:
                    found.append(Entry(*rest.split("|", 1)))
        return found


@nothing_pending
def test_one_statement_and_nothing_else_reaches_the_server(
    project: Project, prepare: Callable[[Project], DatabaseState]
) -> None:
    """No transaction block, no lock, no setting, no error: one SELECT on one connection."""
    state = prepare(project)
    log = ServerLog(project.database)

    result = project.migrations().run_all()

    entries = log.entries()
    assert (result.state, result.applied) == (state, ())
    assert len(entries) == 1, entries
    assert entries[0].application == "seltzer"
    assert entries[0].text.startswith("LOG:  statement: SELECT ")
    assert "lock" not in entries[0].text.lower()


def test_a_first_start_has_no_server_error_either(project: Project) -> None:
    """Looking for a history that is not there, creating it and applying: the server sees no error."""
    project.write(MODULE)
    log = ServerLog(project.database)

    project.migrations().status()
    project.migrations().run_all()

    assert [entry for entry in log.entries() if not entry.text.startswith("LOG:")] == []


@nothing_pending
def test_it_works_where_transactions_are_read_only(
    project: Project, prepare: Callable[[Project], DatabaseState]
) -> None:
    """A role that may only read starts the application."""
    state = prepare(project)
    role = f"{project.database.name}_reader"
    project.database.query(
        f"CREATE ROLE {role} LOGIN; ALTER ROLE {role} SET default_transaction_read_only = on;"
        f"GRANT USAGE ON SCHEMA seltzer TO {role}; GRANT SELECT ON seltzer.history TO {role}"
    )
    theirs = Migrations(project.folder, database=make_conninfo(project.database.url, user=role))

    result = theirs.run_all()

    assert (result.state, result.applied) == (state, ())
    assert theirs.status().state is state


@nothing_pending
def test_it_waits_for_nobody(project: Project, prepare: Callable[[Project], DatabaseState]) -> None:
    """Another run that holds the migration lock and is at work on a table of the application is no obstacle."""
    state = prepare(project)
    states: list[DatabaseState | None] = []
    rival = project.database.connect()

    def start_meanwhile(event: object) -> None:
        if isinstance(event, StepStarted):
            rival.execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
            states.append(project.migrations(lock_wait="0").run_all().state)
            rival.execute("ROLLBACK")

    other = Migrations(project.root / "other" / "migrations", database=project.database.url)
    for name, text in (("users", MODULE["users/create_tables.sql"]), ("other", "SELECT 'other';")):
        folder = project.root / "other" / "migrations" / name
        folder.mkdir(parents=True)
        (folder / "create_tables.sql").write_text(text)
    with rival:
        applied = other.run_all(on_event=start_meanwhile).applied

    assert applied == ("other/create_tables",)
    assert states == [state]


STARTED = """
import json, sys
from seltzer import Migrations
result = Migrations(sys.argv[1], database=sys.argv[2]).run_all()
print(json.dumps({"state": result.state, "modules": sorted(sys.modules)}))
"""


def started(project: Project) -> dict[str, Any]:
    """State and loaded modules of a process that has started."""
    done = subprocess.run(
        [sys.executable, "-c", STARTED, project.folder, project.database.url],
        env=project.variables(),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("prepare", [current, missing, superseded])
def test_what_only_work_needs_is_not_imported(project: Project, prepare: Callable[[Project], DatabaseState]) -> None:
    """Not the parser, not the command line, not what applies, not a server, and no migration."""
    state = prepare(project)
    for mark in project.folder.glob("*/*.imported"):
        mark.unlink()

    found = started(project)

    modules = set(found["modules"])
    assert found["state"] == state
    assert "psycopg" in modules
    heavy = {"postgast", "google.protobuf", "click", "rich"}
    ours = {"seltzer.execute.apply", "seltzer.commands.apply", "seltzer.source.read", "seltzer.sql.parse"}
    rooms = {name for name in modules if name.startswith(("seltzer.server", "seltzer.cli", "seltzer.report"))}
    assert not modules & (heavy | ours)
    assert not rooms
    assert list(project.folder.glob("*/*.imported")) == []


def test_work_imports_what_it_needs(project: Project) -> None:
    """The counterpart, so that the names above are the right ones: with something pending they are all loaded."""
    found = started(project.write(MODULE))

    assert {"postgast", "seltzer.execute.apply", "seltzer.commands.apply", "seltzer.source.read"} <= set(
        found["modules"]
    )
    assert len(list(project.folder.glob("*/*.imported"))) == 2
