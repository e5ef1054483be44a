"""Runners: a module's own `run_migration()`, which brings its own connection or joins the run's transaction."""

from __future__ import annotations

import sys
import time
import traceback
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from seltzer.db.history_rows import began_ago
from seltzer.errors import NotConvergedError, Place, RunnerError, SeltzerError, UnsupportedStatementError
from seltzer.execute.convergence import SKIPPED, known_statements, refuse_unconverged, send_watched
from seltzer.execute.python import deferred_result
from seltzer.execute.surroundings import run_surroundings
from seltzer.execute.transaction import OpenTransaction
from seltzer.execute.words import sqlstate_of, users_facts
from seltzer.model import CREATE_TABLES
from seltzer.source.modules import import_runner, project_imports
from seltzer.source.python_excerpt import python_place
from seltzer.source.read import read_script
from seltzer.sql.redact import Values
from seltzer.sql.shape import OneTransaction, shape_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from seltzer.execute.context import Run
    from seltzer.model import Statement, Step


class RunnerCall:
    """A runner at work.

    Attributes:
        run: The run it belongs to.
        step: What it applies.
        last: Whether its history row is the run's last commit.
        began: When it was called, by the monotonic clock: before any transaction of the run's.
        opened: The run's transaction; None until the runner hands over its first file.
        error: What a file of it failed with, even if the runner kept that to itself.
    """

    def __init__(self, run: Run, step: Step, *, last: bool) -> None:
        self.run = run
        self.step = step
        self.last = last
        self.began = time.monotonic()
        run.joined = False
        self.opened: OpenTransaction | None = None
        self.error: SeltzerError | None = None
        self._known: frozenset[str] = frozenset()

    def execute_file(self, path: Path) -> None:
        """Run a file in the run's transaction, which begins with the first one.

        Raises:
            FilesError: The file cannot be read or parsed, or cannot be part of a transaction.
            StatementError: PostgreSQL refused a statement; everything was rolled back.
        """
        self.refuse_kept()
        try:
            self._execute(path if path.is_absolute() else self.step.migration.file.path.parent / path)
        except SeltzerError as error:
            error.migration = self.step.migration.id
            self.error = error
            raise

    def refuse_kept(self) -> None:
        """Raise what a file failed with, if the runner kept that to itself."""
        if self.error is not None:
            raise self.error

    def _execute(self, path: Path) -> None:
        text, statements = read_script(path)
        shape = transaction_shape(path, text, statements)
        if self.opened is None:
            self._known = known_statements(self.run, self.step)
            self.run.joined = True
            self.opened = OpenTransaction(self.run, self.step, last=self.last)
        if path.stem == CREATE_TABLES and self.step.former is not None:
            send_watched(self.run, self.opened, (path, text), shape, self._known)
        else:
            self.opened.send(path, shape.body, shape.statements)


_current: ContextVar[RunnerCall | None] = ContextVar("seltzer_runner", default=None)


def current_runner() -> RunnerCall | None:
    """The runner that is at work in this thread or task, if there is one."""
    return _current.get()


def transaction_shape(path: Path, text: str, statements: tuple[Statement, ...]) -> OneTransaction:
    """How a file that was handed over runs.

    Raises:
        UnsupportedStatementError: It has a statement that cannot be in a transaction.
    """
    shape = shape_of(text, statements, transaction=True)
    if isinstance(shape, OneTransaction):
        return shape
    culprit = next((item for item in statements if not item.transactional or item.control), statements[0])
    raise UnsupportedStatementError(
        "a file that joins the run's transaction has a statement that PostgreSQL refuses inside one",
        hint="Make it a numbered file of the module: Seltzer runs that statement by statement.",
        place=Place(path, culprit.line),
    )


def apply_runner(run: Run, step: Step, *, last: bool) -> None:
    """Call a runner and record it.

    Raises:
        RunnerError: It could not be imported, raised or exited.
        ConnectedElsewhereError: It connected to another database.
        NotConvergedError: A changed `create_tables.sql` of it was skipped where it says something new.
    """
    call = RunnerCall(run, step, last=last)
    try:
        call_runner(call)
    except RunnerError as error:
        if error.sqlstate in SKIPPED:
            _refuse_skipped(run, step, call)
        raise
    _refuse_skipped(run, step, call)
    try:
        opened = call.opened or OpenTransaction(run, step, last=last)
        opened.close(began_ago(time.monotonic() - call.began))
    except SeltzerError as error:
        error.rolled_back = call.opened is not None  # what it did on its own connection is committed
        raise


def call_runner(call: RunnerCall) -> None:
    """Call a runner; what it handed over is in `call.opened`, not yet recorded.

    Raises:
        RunnerError: It could not be imported, raised or exited.
        ConnectedElsewhereError: It connected to another database.
    """
    run, step = call.run, call.step
    with project_imports(run.folder), redirect_stdout(sys.stderr), run_surroundings(run) as watch:
        try:
            with _at_work(call):
                _call(run, step, _load(run, step))
            call.refuse_kept()
            watch.refuse_strangers(step)
        except BaseException:
            if call.opened is not None:
                call.opened.roll_back()
            # A runner that met a stranger reports a broken connection: the stranger is the reason.
            watch.refuse_strangers(step)
            raise


@contextmanager
def _at_work(call: RunnerCall) -> Generator[None]:
    token = _current.set(call)
    try:
        yield
    finally:
        _current.reset(token)


def _load(run: Run, step: Step) -> Callable[[], object]:
    try:
        module = import_runner(run.folder, step.migration.file.module)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever the user's module raises is told as an error
        raise _runner_error(run, step, error, "could not be imported") from None
    function = getattr(module, "run_migration", None)
    if not callable(function):
        raise RunnerError(
            "has no function run_migration()",
            hint="Define it in __init__.py:\n  def run_migration():\n      run_your_migration()",
            place=Place(step.migration.file.path),
            migration=step.migration.id,
            rolled_back=True,
        )
    return function


def _call(run: Run, step: Step, function: Callable[[], object]) -> None:
    try:
        result = function()
    except SeltzerError as error:
        error.migration = step.migration.id
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever the user's function raises is told as an error
        raise _runner_error(run, step, error, "failed") from None
    deferred = deferred_result(result)
    if deferred:
        raise RunnerError(
            f"run_migration() returned {deferred}, of which nothing has run",
            hint="Write def run_migration(), without async and without yield; asyncio.run(…) in it runs a coroutine.",
            place=Place(step.migration.file.path),
            migration=step.migration.id,
            rolled_back=True,
        )


def _runner_error(run: Run, step: Step, error: BaseException, what: str) -> RunnerError:
    folder = step.migration.file.path.parent
    facts = users_facts(run, error, run.values)
    made = RunnerError(
        _told(error, what, facts.message),
        hint="Correct the runner and apply again; what it committed on its own connection stays.",
        place=_place_in(error, folder, run.values) or Place(step.migration.file.path),
        migration=step.migration.id,
        sqlstate=sqlstate_of(error),
        detail=facts.detail,
        rolled_back=None,
    )
    if run.values is Values.SHOWN:
        made.recorded = _told(error, what, users_facts(run, error, Values.HIDDEN).message)
    return made


def _told(error: BaseException, what: str, message: str) -> str:
    if isinstance(error, SystemExit):
        return f"called sys.exit: status {message or error.code}"
    return f"{what}: {type(error).__name__}: {message}".strip().removesuffix(":")


def _place_in(error: BaseException, folder: Path, values: Values) -> Place | None:
    """The last place in a module's folder on the way to an error."""
    if isinstance(error, SyntaxError) and error.filename:
        return python_place(Path(error.filename), error.lineno, values)
    roots = {folder, folder.resolve()}
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).parent in roots:
            return python_place(folder / Path(frame.filename).name, frame.lineno, values)
    return None


def _refuse_skipped(run: Run, step: Step, call: RunnerCall) -> None:
    """The same question for a changed runner with a connection of its own: what it did is committed."""
    if step.former is None or call.opened is not None:
        return
    known = known_statements(run, step)
    for path, statements in step.migration.sources:
        if path.stem == CREATE_TABLES:
            news = [item for item in statements if item.fingerprint not in known]
            try:
                refuse_unconverged(run.session.wire(), step, (path, read_script(path)[0]), news)
            except NotConvergedError as error:
                error.rolled_back = False
                raise
