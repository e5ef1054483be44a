"""The same verbs from Python: `Migrations(folder)`."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import psycopg

from seltzer.commands.call import Call
from seltzer.commands.start import run_all, verb
from seltzer.config import Source, read_config
from seltzer.errors import InterruptedRunError, TerminatedRunError
from seltzer.errors.base import alone

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence
    from datetime import date

    from seltzer.commands.check_result import CheckResult
    from seltzer.commands.results import (
        ForgetResult,
        HistoryResult,
        NewResult,
        PlanResult,
        RevertResult,
        RunResult,
        StampResult,
        StatusResult,
    )
    from seltzer.commands.trace import TraceResult
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
        try:
            with alone():
                return run_all(self._call(database, settings, on_event, stop))
        except TerminatedRunError:
            signal.raise_signal(signal.SIGTERM)
            raise
        except InterruptedRunError as error:
            if stop is not None and stop.is_set():
                raise
            raise KeyboardInterrupt from error

    def status(self, *ids: str, database: object = None, **settings: object) -> StatusResult:
        """What is applied and what is pending; see `seltzer.status`."""
        with alone():
            return verb("status")(self._call(database, settings), _texts(*ids))

    def apply(
        self,
        *ids: str,
        reverted: bool = False,
        single_transaction: bool = False,
        database: object = None,
        on_event: Listener | None = None,
        stop: threading.Event | None = None,
        **settings: object,
    ) -> RunResult:
        """Apply everything pending, or the named migrations with what they need; see `seltzer.apply`."""
        call = self._call(database, settings, on_event, stop)
        if not reverted:
            return verb("apply")(call, _texts(*ids), together=single_transaction)
        if ids:
            raise ValueError("reverted names all that was reverted: leave the ids out")
        return verb("apply", "apply_reverted")(call, together=single_transaction)

    def revert(  # noqa: PLR0913  # what to revert and how, by keyword
        self,
        *ids: str,
        last: int | None = None,
        to: str | None = None,
        with_dependents: bool = False,
        database: object = None,
        on_event: Listener | None = None,
        stop: threading.Event | None = None,
        **settings: object,
    ) -> RevertResult:
        """Revert applied migrations, newest first; see `seltzer.revert`."""
        choice = verb("revert", "Choice")(_texts(*ids), last, to, with_dependents)
        return verb("revert")(self._call(database, settings, on_event, stop), choice)

    def stamp(
        self,
        *ids: str,
        everything: bool = False,
        through: str | None = None,
        as_reverted: bool = False,
        force: bool = False,
        database: object = None,
        **settings: object,
    ) -> StampResult:
        """Record migrations as applied without running them; see `seltzer.stamp`."""
        call = self._call(database, settings)  # a keyword that is none is told first
        choice = verb("stamp", "StampChoice")(_texts(*ids), everything, through, as_reverted, force)
        return verb("stamp")(call, choice)

    def forget(self, *ids: str, database: object = None, **settings: object) -> ForgetResult:
        """Record that missing migrations are gone for good; see `seltzer.forget`."""
        return verb("stamp", "forget")(self._call(database, settings), _texts(*ids))

    def reset(
        self,
        *,
        database_name: str | None = None,
        database: object = None,
        on_event: Listener | None = None,
        **settings: object,
    ) -> RunResult:
        """Drop the database with all its data, create it again, apply everything; see `seltzer.reset`."""
        return verb("reset")(self._call(database, settings, on_event), database_name)

    def plan(self, *ids: str, database: object = None, **settings: object) -> PlanResult:
        """What an apply would do, in order and why; see `seltzer.plan`."""
        return verb("plan")(self._call(database, settings), _texts(*ids))

    def check(  # noqa: PLR0913  # what to check and what becomes of it, by keyword
        self,
        *ids: str,
        everything: bool = False,
        since: str | None = None,
        only: Sequence[str] = (),
        accept: bool = False,
        fix: bool = False,
        diff: bool = False,
        database: object = None,
        **settings: object,
    ) -> CheckResult:
        """Try every claim of the migrations that are about to run, on a shadow; see `seltzer.check`."""
        call = self._call(database, settings)  # a keyword that is none is told first
        if accept and (fix or diff):
            raise ValueError("accept takes what fix would write for right: fix first, then accept what is left")
        fixing = vars(verb("checked", "Fixing"))["SHOWN" if diff else "WRITTEN" if fix else "NOT"]
        return verb("check")(
            call, verb("check", "Asked")(_texts(*ids), everything, since, _texts(*only), accept, fixing)
        )

    def trace(
        self,
        file: str | os.PathLike[str] | None = None,
        *,
        sql: str | None = None,
        on: str | None = None,
        database: object = None,
        **settings: object,
    ) -> TraceResult:
        """What each statement of a SQL file does, seen on a shadow; see `seltzer.trace`."""
        if (file is None) == (sql is None):
            raise ValueError("trace takes a file, or a text as sql=")
        path = verb("trace", "STDIN") if file is None else Path(file)
        return verb("trace")(self._call(database, settings), path, sql, on)

    def history(
        self, *ids: str, since: date | str | None = None, database: object = None, **settings: object
    ) -> HistoryResult:
        """What was applied, oldest first; see `seltzer.history`."""
        moment = None if since is None else verb("history", "moment_of")(since)
        return verb("history")(self._call(database, settings), _texts(*ids), moment)

    def new(
        self,
        module: str,
        name: str | None = None,
        *,
        python: bool = False,
        down: bool = False,
        **settings: object,
    ) -> NewResult:
        """Write a module, or its next numbered file; see `seltzer.new`."""
        _texts(module, *([] if name is None else [name]))
        config = self._call(None, settings).config
        if name is not None:
            return verb("new", "new_file")(config, module, verb("new", "NewFile")(name, python, down))
        if python or down:
            raise ValueError("python and down are for a numbered file, which has a name")
        return verb("new", "new_module")(config, module)

    def renumber(self, id_: str, **settings: object) -> NewResult:
        """Give a numbered file the next free number; see `seltzer.renumber`."""
        return verb("rename", "renumber")(self._call(None, settings).config, *_texts(id_))

    def rename_module(self, old: str, new: str, **settings: object) -> NewResult:
        """Give a module another name; see `seltzer.rename_module`."""
        return verb("rename", "rename_module")(self._call(None, settings).config, *_texts(old, new))

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
        named: Any = arguments.pop("config", None)
        file = self._file if named is None else Path(named)
        config = read_config(
            arguments, given_as=Source.ARGUMENT, environ=os.environ, working_folder=Path.cwd(), file=file
        )
        return Call(config, connection, on_event, stop)


def _texts(*given: object) -> tuple[str, ...]:
    """Ids and names as they were given.

    Raises:
        TypeError: One is no text, which a program finds out where it calls.
    """
    for item in given:
        if not isinstance(item, str):
            raise TypeError(
                f"a migration or module is named by a text such as 'users/0002', not by {type(item).__name__}; "
                "several are arguments of their own: apply('users', 'teams')"
            )
    return tuple(item for item in given if isinstance(item, str))
