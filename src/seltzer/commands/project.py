"""The same verbs from Python: `Migrations(folder)` and the functions of the package `seltzer`."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import psycopg

from seltzer.commands.start import Call, run_all, verb
from seltzer.config import Source, read_config
from seltzer.errors import InterruptedRunError, TerminatedRunError

if TYPE_CHECKING:
    import threading

    from seltzer.commands.results import HistoryResult, PlanResult, RunResult, StatusResult
    from seltzer.events import Listener


class Migrations:
    """The migrations of one project.

    Example:
        In `migrations/__init__.py`::

            from seltzer import Migrations
            run_all_migrations = Migrations(__file__).run_all
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] | None = None,
        *,
        database: object = None,
        config: str | os.PathLike[str] | None = None,
        **settings: object,
    ) -> None:
        """Name the project; nothing is read or connected yet.

        Args:
            folder: The migrations folder, or a file in it (`__file__`); None looks for the settings file.
            database: In any form that the settings know, or an idle psycopg connection; None looks for the
                application's own.
            config: The settings file; None looks for it upwards from the folder.
            settings: Any other setting, by keyword: `policy="wait"`, `lock_wait="30s"`.
        """
        self._folder = None if folder is None else Path(folder).absolute()
        self._database = database
        self._file = None if config is None else Path(config)
        self._settings = settings

    def run_all(
        self,
        *,
        database: object = None,
        on_event: Listener | None = None,
        stop: threading.Event | None = None,
        **settings: object,
    ) -> RunResult:
        """Bring the database up to date, as the policy says; what every replica calls at every start.

        With nothing pending this is one connection, one statement and no lock.

        Args:
            database: Instead of the one given before.
            on_event: Hears what the run does (`seltzer.events`).
            stop: Ends the run when set: the running statement is cancelled and rolled back.
            settings: Any other setting, by keyword, for this call.

        Raises:
            SeltzerError: See `seltzer.errors`. After SIGINT it is KeyboardInterrupt, after SIGTERM the signal's own
                effect, once the running statement is rolled back.
        """
        call = self._call(database, settings, on_event, stop)
        try:
            return run_all(call)
        except TerminatedRunError:
            signal.raise_signal(signal.SIGTERM)
            raise
        except InterruptedRunError as error:
            if stop is not None and stop.is_set():
                raise
            raise KeyboardInterrupt from error

    def status(self, *, database: object = None, **settings: object) -> StatusResult:
        """What is applied and what is pending; see `seltzer.status`."""
        return verb("status")(self._call(database, settings))

    def apply(
        self,
        *ids: str,
        database: object = None,
        on_event: Listener | None = None,
        stop: threading.Event | None = None,
        **settings: object,
    ) -> RunResult:
        """Apply everything pending, or the named migrations with what they need; see `seltzer.apply`."""
        return verb("apply")(self._call(database, settings, on_event, stop), ids)

    def plan(self, *ids: str, database: object = None, **settings: object) -> PlanResult:
        """What an apply would do, in order and why; see `seltzer.plan`."""
        return verb("plan")(self._call(database, settings), ids)

    def history(self, *ids: str, database: object = None, **settings: object) -> HistoryResult:
        """What was applied, oldest first; see `seltzer.history`."""
        return verb("history")(self._call(database, settings), ids)

    def _call(
        self,
        database: object,
        settings: dict[str, object],
        on_event: Listener | None = None,
        stop: threading.Event | None = None,
    ) -> Call:
        given: Any = database if database is not None else self._database
        connection: psycopg.Connection[Any] | None = None
        if isinstance(given, psycopg.Connection):
            connection, given = cast("psycopg.Connection[Any]", given), None
        arguments: dict[str, object] = {**self._settings, **settings, "database": given}
        if self._folder is not None:
            arguments.setdefault("migrations", self._folder)
        config = read_config(
            arguments, given_as=Source.ARGUMENT, environ=os.environ, working_folder=Path.cwd(), file=self._file
        )
        return Call(config, connection, on_event, stop)


def run_all_migrations(*, migrations: str | os.PathLike[str] | None = None, **settings: Any) -> RunResult:
    """Bring the database up to date: `Migrations(migrations).run_all(**settings)`."""
    return Migrations(migrations).run_all(**settings)


def status(*, migrations: str | os.PathLike[str] | None = None, **settings: Any) -> StatusResult:
    """Compare the files with the history; changes nothing."""
    return Migrations(migrations).status(**settings)


def apply(*ids: str, migrations: str | os.PathLike[str] | None = None, **settings: Any) -> RunResult:
    """Apply everything pending, or the named migrations with what they need."""
    return Migrations(migrations).apply(*ids, **settings)


def plan(*ids: str, migrations: str | os.PathLike[str] | None = None, **settings: Any) -> PlanResult:
    """What an apply would do, in which order and why; runs nothing."""
    return Migrations(migrations).plan(*ids, **settings)


def history(*ids: str, migrations: str | os.PathLike[str] | None = None, **settings: Any) -> HistoryResult:
    """The rows of the history, oldest first."""
    return Migrations(migrations).history(*ids, **settings)
