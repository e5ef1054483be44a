"""A start of the application: one look, and the work only when there is some.

This file imports inside functions: a start that finds nothing to do must not pay for the parser, for the rooms
that apply, or for a private server.
"""

from __future__ import annotations

import importlib
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from seltzer.commands.run_result import RunResult
from seltzer.config import Policy
from seltzer.config.database import Embedded, Target, find_database
from seltzer.db.connect import borrowed, connect, parameters_of
from seltzer.db.history import Reading, read_history
from seltzer.db.history_sql import HistoryTable, expected_digest
from seltzer.db.lock import pause
from seltzer.db.message import StopRequested
from seltzer.errors import BehindError, DatabaseError, InterruptedRunError, SeltzerError, StillBehindError
from seltzer.errors.base import alone
from seltzer.execute.active import refuse_nested
from seltzer.model import DatabaseState
from seltzer.planning.states import Survey, survey
from seltzer.planning.stops import refuse_stops
from seltzer.source.discover import discover
from seltzer.sql.redact import safe_server_text

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from seltzer.commands.call import Call
    from seltzer.config import Config
    from seltzer.db.lease import Lease
    from seltzer.model import Directives, MigrationFile

_LOOK_AGAIN_S = 0.5


@dataclass(frozen=True, slots=True)
class OpenTarget:
    """The target database with its first connection open, in autocommit mode.

    Attributes:
        conn: The connection that looks, and that holds the lock when there is work.
        parameters: libpq's keywords for more connections like it.
        table: The history.
        lease: What a run behind a pooler holds instead of the lock; None when nobody holds it, or the lock.
    """

    conn: psycopg.Connection[Any]
    parameters: Mapping[str, str] = field(repr=False)
    table: HistoryTable
    lease: Lease | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """Files and history, compared.

    Attributes:
        files: All migrations.
        reading: What the history said.
        found: The comparison; None when the history is exactly what the files expect.
    """

    files: tuple[MigrationFile, ...]
    reading: Reading
    found: Survey | None

    @property
    def state(self) -> DatabaseState:
        """The state of the database."""
        return self.found.state if self.found is not None else DatabaseState.CURRENT


class FileLooks:
    """The closer look at files that differ from what the history says (`planning.states.FileFacts`)."""

    def token_checksum(self, file: MigrationFile) -> str:
        """The checksum that comments and white space do not change."""
        from seltzer.source.read import token_checksum_of  # noqa: PLC0415  # brings the parser

        return token_checksum_of(file)

    def directives(self, file: MigrationFile) -> Directives:
        """What the file's head asks for."""
        from seltzer.source.heads import read_head  # noqa: PLC0415  # only files that differ are asked

        return read_head(file)


def run_all(call: Call) -> RunResult:
    """Bring the database up to date, as the policy says.

    Raises:
        SeltzerError: See `seltzer.errors`; `applied` says what was applied before it.
    """
    refuse_nested()
    started = time.monotonic()
    if call.config.policy is Policy.OFF:
        return RunResult(None, (), 0)
    files = discover(call.config.migrations)
    with open_target(call) as target:
        looked = look(call, target, files)
        applied: tuple[str, ...] = ()
        state = looked.state
        if state is DatabaseState.BEHIND:
            with knowing(state):
                state, applied = _catch_up(call, target, looked)
    return RunResult(state, applied, round((time.monotonic() - started) * 1000))


@contextmanager
def knowing(state: DatabaseState | None) -> Generator[None]:
    """Let errors say the state that the database is in."""
    try:
        yield
    except SeltzerError as error:
        error.state = error.state or state
        raise


def _catch_up(call: Call, target: OpenTarget, looked: Look) -> tuple[DatabaseState, tuple[str, ...]]:
    if call.config.policy is Policy.VERIFY:
        raise _behind(looked)
    if call.config.policy is Policy.WAIT:
        return _wait(call, target, looked), ()
    from seltzer.commands.apply import apply_pending  # noqa: PLC0415  # brings the parser and everything that applies

    return apply_pending(call, target, looked)


def _behind(looked: Look) -> BehindError:
    pending = [item.file.id for item in looked.found.pending()] if looked.found else []
    more = f" and {len(pending) - 3} more" if len(pending) > 3 else ""  # noqa: PLR2004  # as many as fit a line
    return BehindError(
        f"{len(pending)} pending: {', '.join(pending[:3])}{more}", hint="Apply them first: seltzer apply"
    )


def _wait(call: Call, target: OpenTarget, looked: Look) -> DatabaseState:
    """Wait until another process has made the database current or ahead."""
    wait = call.config.lock_wait
    end = time.monotonic() + wait.total_seconds()
    while looked.state is DatabaseState.BEHIND:
        if time.monotonic() >= end:
            raise StillBehindError(
                f"{_behind(looked).message}, after waiting {wait.total_seconds():g} s for another process",
                hint="Look at the job that applies them, or raise lock-wait.",
            )
        try:
            pause(_LOOK_AGAIN_S, call.stop)
        except StopRequested:
            raise InterruptedRunError("the wait was stopped", hint="Start again.") from None
        looked = look(call, target, looked.files)
    return looked.state


def look(call: Call, target: OpenTarget, files: tuple[MigrationFile, ...], *, always_rows: bool = False) -> Look:
    """Compare files and history in one round trip, and stop where only a person can decide.

    Raises:
        StopError: Files and database disagree.
        MigrationsFolderError: There is no migration.
    """
    looked = compare(target, files, always_rows=always_rows)
    if looked.found is not None:
        # Without a file and without a row there is nothing that could be current.
        with knowing(looked.state if files or looked.reading.rows else None):
            refuse_stops(call.config.migrations, looked.reading.rows, looked.found, FileLooks())
    return looked


def compare(target: OpenTarget, files: tuple[MigrationFile, ...], *, always_rows: bool = False) -> Look:
    """Compare files and history in one round trip.

    Args:
        target: The database.
        files: All migrations.
        always_rows: Bring the history's rows even when they say what the files expect.
    """
    digest = expected_digest([(file.id, file.checksum) for file in files]) if files and not always_rows else ""
    reading = read_history(target.conn, target.table, digest)
    if reading.same:
        return Look(files, reading, None)
    return Look(files, reading, survey(files, reading.rows, FileLooks()))


@contextmanager
def open_target(call: Call) -> Generator[OpenTarget]:
    """The database to migrate, connected; a connection of the caller's is left as it was.

    Raises:
        NotConfiguredError: None is configured.
        ConnectionFailedError: It cannot be reached.
    """
    config = call.config
    table = HistoryTable(config.history.schema, config.history.table)
    call.warn(config.warnings)
    opened = borrowed(call.connection) if call.connection is not None else _connected(call)
    with opened as (conn, parameters):
        try:
            with alone():
                yield OpenTarget(conn, parameters, table)
        except psycopg.Error as error:
            # Where nothing nearer made an error of it: the server refused a look, or went away.
            said = error.diag.message_primary or str(error).strip().partition("\n")[0]
            raise DatabaseError(
                safe_server_text(error.sqlstate, said),
                hint="Look at the server's log, and run it again.",
                sqlstate=error.sqlstate,
            ) from None


@contextmanager
def _connected(call: Call) -> Generator[tuple[psycopg.Connection[Any], Mapping[str, str]]]:
    parameters = find_parameters(call, os.environ)[1]
    conn = connect(parameters)
    try:
        yield conn, parameters_of(conn, parameters)
    finally:
        conn.close()


def find_parameters(call: Call, environ: Mapping[str, str]) -> tuple[Target | Embedded, Mapping[str, str]]:
    """The database to migrate, and libpq's keywords for it; an embedded one is started.

    Raises:
        NotConfiguredError: None is configured.
    """
    found = find_database(call.config, environ)
    call.warn(found.warnings)
    return found, found.parameters if isinstance(found, Target) else embedded_parameters(call.config, found)


def embedded_parameters(config: Config, found: Embedded) -> dict[str, str]:
    """The parameters of the project's private server, started if nobody runs it yet."""
    from seltzer.server.binaries import find_binaries  # noqa: PLC0415  # an application's database is elsewhere
    from seltzer.server.databases import ensure_database  # noqa: PLC0415
    from seltzer.server.sharing import hold_server  # noqa: PLC0415

    server = hold_server(found.folder, find_binaries(config.server_version, config.server_binaries))
    url = ensure_database(server, config.embedded_database)
    return {key: str(value) for key, value in conninfo_to_dict(url).items()}


def verb(name: str, function: str | None = None) -> Callable[..., Any]:
    """The function of another verb, loaded when it is wanted: a start needs none of them."""
    return vars(importlib.import_module(f"seltzer.commands.{name}"))[function or name]
