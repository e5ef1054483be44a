"""Python migrations: `apply(conn)` inside the run's transaction."""

from __future__ import annotations

import inspect
import sys
import traceback
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

import psycopg

from seltzer.errors import (
    ConnectionLostError,
    Place,
    PythonError,
    SeltzerError,
    TransactionEndedError,
)
from seltzer.execute.transaction import OpenTransaction
from seltzer.execute.words import sqlstate_of, users_facts
from seltzer.source.modules import import_file, project_imports
from seltzer.source.python_excerpt import python_place
from seltzer.sql.redact import Values

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seltzer.db.session import GuardedConnection
    from seltzer.execute.context import Run
    from seltzer.model import Step


def apply_python(run: Run, step: Step, *, last: bool) -> None:
    """Call a migration's `apply(conn)`, or `revert(conn)`, and record it.

    Raises:
        PythonError: It raised; everything was rolled back.
        TransactionEndedError: It ended its transaction.
        PythonMigrationError: It is no function that can be called so.
    """
    file = step.migration.file
    with project_imports(run.folder), redirect_stdout(sys.stderr):
        function = load_function(run, step)
        opened = OpenTransaction(run, step, last=last)
        conn = run.session.connection_in_use()
        try:
            with run.beside(opened.wire, step.migration.id):
                call_function(run, step, function, conn)
        except BaseException:
            opened.roll_back()
            # The function may have changed more of the connection than the server knows of: adapters, factories.
            run.session.close()
            raise
    try:
        opened.close()
    except TransactionEndedError as error:
        error.place = Place(file.path)
        raise
    finally:
        run.session.close()


def load_function(run: Run, step: Step) -> Callable[..., object]:
    """Import a migration's `apply`, or `revert`; call it inside `project_imports`.

    Raises:
        PythonError: The import failed.
    """
    try:
        return getattr(import_file(run.folder, step.migration.file.path), step.direction.verb)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever the user's file raises is told as an error
        raise _python_error(run, step, error, "could not be imported") from None


def call_function(run: Run, step: Step, function: Callable[..., object], conn: GuardedConnection) -> None:
    """Call it with a connection whose transaction it cannot end.

    Raises:
        PythonError: It raised.
        SeltzerError: It cannot be called so, or tried to end its transaction.
    """
    conn.guarded = True
    try:
        result = function(conn)
    except TransactionEndedError as error:
        path = step.migration.file.path
        error.place = python_place(path, _line_of(error, path), run.values)
        error.migration = step.migration.id
        error.rolled_back = True
        raise
    except SeltzerError as error:
        error.migration = error.migration or step.migration.id
        raise
    except psycopg.OperationalError as error:
        if conn.broken or conn.closed:
            said = users_facts(run, error, Values.HIDDEN).message
            raise ConnectionLostError(
                f"the connection broke: {said}", hint="Run it again.", migration=step.migration.id
            ) from None
        raise _python_error(run, step, error, "failed") from None
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever the user's function raises is told as an error
        raise _python_error(run, step, error, "failed") from None
    finally:
        conn.guarded = False
    deferred = deferred_result(result)
    if deferred:
        raise PythonError(
            f"{step.direction.verb}(conn) returned {deferred}, of which nothing has run",
            hint=f"Write def {step.direction.verb}(conn), without async and without yield.",
            place=Place(step.migration.file.path),
            migration=step.migration.id,
            rolled_back=True,
        )


def deferred_result(result: object) -> str:
    """What it is, where a call gave something that has yet to run; "" for any other result."""
    if inspect.iscoroutine(result):
        result.close()
        return "a coroutine"
    if inspect.isgenerator(result):
        return "a generator"
    return "an asynchronous generator" if inspect.isasyncgen(result) else ""


# What PostgreSQL refuses inside a transaction: the statement itself, a COMMIT inside of it, a new value of an enum.
_NEEDS_NONE = frozenset({"25001", "2D000", "55P04"})
_ELSEWHERE = "Write it in a .sql file, which may run without a transaction: -- seltzer: transaction = off"


def _python_error(run: Run, step: Step, error: BaseException, what: str) -> SeltzerError:
    path = step.migration.file.path
    message, detail, hint = users_facts(run, error, run.values)
    made = PythonError(
        f"{what}: {_named(error, message)}",
        hint=_ELSEWHERE
        if sqlstate_of(error) in _NEEDS_NONE
        else hint or f"Correct the file and {step.direction.verb} again.",
        place=python_place(path, _line_of(error, path), run.values),
        migration=step.migration.id,
        sqlstate=sqlstate_of(error),
        detail=detail,
        rolled_back=True,
    )
    if run.values is Values.SHOWN:
        made.recorded = f"{what}: {_named(error, users_facts(run, error, Values.HIDDEN).message)}"
    return made


def _named(error: BaseException, message: str) -> str:
    """The server's own words stand for themselves, others behind the name of their type."""
    if isinstance(error, psycopg.Error) and message:
        return message
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _line_of(error: BaseException, path: Path) -> int | None:
    """The last line of the user's file on the way to the error."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else None
