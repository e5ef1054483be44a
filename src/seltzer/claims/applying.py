"""Applying migrations to a throw-away database in the way that a run would."""

from __future__ import annotations

import uuid
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from seltzer.db.connect import connect, fetch
from seltzer.db.history import unfinished_ids
from seltzer.db.history_rows import Writer
from seltzer.db.lock import migration_lock
from seltzer.db.session import Session
from seltzer.db.tables import ensure_tables
from seltzer.db.text import compose, literal
from seltzer.execute.apply import apply_plan
from seltzer.execute.context import Run
from seltzer.model import Kind, Plan
from seltzer.version import __version__

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Any

    import psycopg

    from seltzer.db.history_sql import HistoryTable
    from seltzer.events import Listener
    from seltzer.model import Migration, Step

# Nobody else is on a throw-away database; a child of ours may just be leaving it.
_LOCK_WAIT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What of the settings counts when a migration is tried.

    Attributes:
        folder: The migrations folder.
        table: The history.
        lock_timeout: For transactional migrations; None leaves the server's.
        statement_timeout: For every statement; None means none.
        search_path: For every migration, in order; None leaves the server's.
        role: The role that migrations run as; None leaves the one that connected.
        lock_retry_for: How long a migration that did not get its lock is tried again.
    """

    folder: Path
    table: HistoryTable
    lock_timeout: timedelta | None = None
    statement_timeout: timedelta | None = None
    search_path: tuple[str, ...] | None = None
    role: str | None = None
    lock_retry_for: timedelta = timedelta(0)


def brings_code(migration: Migration) -> bool:
    """Whether it runs the user's Python, which is tried in a process of its own."""
    return migration.file.kind is Kind.RUNNER or (migration.statements is None and migration.path.suffix == ".py")


def apply_on(  # noqa: PLR0913  # where, what and how, by keyword
    conditions: Conditions,
    parameters: Mapping[str, str],
    steps: Sequence[Step],
    *,
    conn: psycopg.Connection[Any] | None = None,
    listener: Listener | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Apply steps to a database, in this process, exactly as a run does.

    Args:
        conditions: The settings.
        parameters: libpq's keywords of the database, which is thrown away.
        steps: In order; their generations are those that the database's history has next.
        conn: An idle connection in autocommit mode to hold the lock; None opens one.
        listener: Hears the run's events.
        stop: Ends the run when set.

    Raises:
        SeltzerError: One failed; those before it are applied.
    """
    with connect(parameters) if conn is None else nullcontext(conn) as holder:
        _ensure_tables(holder, conditions.table)
        with migration_lock(holder, conditions.table.lock_key(), _LOCK_WAIT):
            apply_plan(_run(conditions, parameters, holder, listener, stop), Plan(tuple(steps)))


def _ensure_tables(conn: psycopg.Connection[Any], table: HistoryTable) -> None:
    """Only where they are missing: a database is tried many times, and commands of ours must not count as a run's."""
    there = compose(
        "SELECT pg_catalog.to_regclass({history}) IS NOT NULL AND pg_catalog.to_regclass({progress}) IS NOT NULL",
        history=literal(table.history),
        progress=literal(table.progress),
    )
    if fetch(conn, there) != [(True,)]:
        ensure_tables(conn, table)


def _run(
    conditions: Conditions,
    parameters: Mapping[str, str],
    conn: psycopg.Connection[Any],
    listener: Listener | None,
    stop: threading.Event | None,
) -> Run:
    return Run(
        folder=conditions.folder,
        parameters=parameters,
        lock_pid=conn.info.backend_pid,
        lock_key=conditions.table.lock_key(),
        session=Session(parameters, stop),
        writer=Writer(
            table=conditions.table,
            run=str(uuid.uuid4()),
            client="check",
            application="check",
            application_version=None,
            seltzer_version=__version__,
            role=conditions.role,
        ),
        lock_timeout=conditions.lock_timeout,
        statement_timeout=conditions.statement_timeout,
        search_path=conditions.search_path,
        role=conditions.role,
        listener=listener,
        stop=stop,
        lock_retry_for=conditions.lock_retry_for,
        unfinished=unfinished_ids(conn, conditions.table),
    )
