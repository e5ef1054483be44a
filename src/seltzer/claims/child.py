"""Migrations in Python, tried in a process of its own: theirs to crash, to hang in and to print from."""

from __future__ import annotations

import fcntl
import os
import pickle
import select
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from seltzer.claims.guard import Neighbours
from seltzer.claims.worker import LENGTH, Answer, Request
from seltzer.errors import NoAnswerError, SeltzerError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import IO, Self

    from seltzer.claims.applying import Conditions
    from seltzer.events import Listener
    from seltzer.model import Step

PATIENCE = timedelta(minutes=2)
_LONGEST_PRINT = 4_000
# Not by -m: what it sends back must be of the module that this side knows. Seltzer's own place comes last.
_WORKER = "import sys; sys.path.append(sys.argv.pop()); from seltzer.claims.worker import main; main()"


class Child:
    """A process that applies migrations to throw-away databases, one request after the other.

    It is started with the first request, and again after one that ended it. Its environment leads to the throw-away
    database alone; it refuses to reach anything else (`claims.guard`).
    """

    def __init__(
        self, conditions: Conditions, patience: timedelta = PATIENCE, server: Neighbours = Neighbours.NONE
    ) -> None:
        """Make one; nothing is started.

        Args:
            conditions: The settings, where a request brings none of its own.
            patience: How long a request may take.
            server: Whose databases there are on the server besides throw-away ones.
        """
        self._conditions = conditions
        self._server = server
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: int | None = None
        self._said: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def apply(
        self,
        parameters: Mapping[str, str],
        steps: Sequence[Step],
        conditions: Conditions | None = None,
        *,
        listener: Listener | None = None,
    ) -> None:
        """Apply steps to a database as `claims.applying.apply_on` does.

        Args:
            parameters: libpq's keywords of the database, which is thrown away.
            steps: In order.
            conditions: The settings; None for those that it was made with.
            listener: Hears the run's events.

        Raises:
            ReachedElsewhereError: A migration was about to reach another server or to start a program.
            NoAnswerError: The process hung or ended.
            SeltzerError: A step failed, as in a run.
        """
        chosen = conditions or self._conditions
        request = Request(chosen, dict(parameters), tuple(steps), listener is not None, tuple(sys.path), self._server)
        try:
            answer = self._asked(request, listener)
        except BaseException:
            self._kill()  # what it was doing is unknown: nobody asks it again
            raise
        if answer.crash is not None:
            raise NoAnswerError(f"it could not be tried: {answer.crash} in the process that did", hint=None)
        if answer.error is not None:
            raise _error(*answer.error)

    @property
    def printed(self) -> str:
        """The end of what the migrations of the last request printed; it may have row values in it."""
        if self._said is None:
            return ""
        size = self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, size - _LONGEST_PRINT))
        return self._said.read().decode(errors="replace")

    def close(self) -> None:
        """End the process."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            with suppress(BrokenPipeError):
                process.stdin.close()  # it ends with its input
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
        self._kill()

    def _asked(self, request: Request, listener: Listener | None) -> Answer:
        process, answers = self._started()
        if self._said is not None:
            self._said.truncate(0)
        deadline = time.monotonic() + self._patience.total_seconds()
        with suppress(BrokenPipeError):  # it is gone: its answer says so
            stdin = cast("IO[bytes]", process.stdin)
            stdin.write(pickle.dumps(request))
            stdin.flush()
        while True:
            answer = self._received(process, answers, deadline)
            if answer.event is None:
                return answer
            if listener is not None:
                listener(answer.event)

    def _received(self, process: subprocess.Popen[bytes], answers: int, deadline: float) -> Answer:
        parts: list[bytes] = []
        for size in (LENGTH.size, None):
            wanted = size if size is not None else LENGTH.unpack(parts[0])[0]
            parts.append(b"")
            while len(parts[-1]) < wanted:
                if not select.select([answers], [], [], max(0.0, deadline - time.monotonic()))[0]:
                    patience = f"{self._patience.total_seconds():g} s"
                    raise NoAnswerError(f"it was still running after {patience} and was ended", hint=None)
                read = os.read(answers, wanted - len(parts[-1]))
                if not read:
                    raise NoAnswerError(_ended(process), hint=None)
                parts[-1] += read
        return pickle.loads(parts[1])  # noqa: S301  # from a process that this one started

    def _started(self) -> tuple[subprocess.Popen[bytes], int]:
        if self._process is None or self._answers is None:
            self._start()
        return cast("subprocess.Popen[bytes]", self._process), cast("int", self._answers)

    def _start(self) -> None:
        reading, writing = os.pipe()
        self._said = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # it lives as long as the process
        flags = fcntl.fcntl(self._said, fcntl.F_GETFL)
        fcntl.fcntl(self._said, fcntl.F_SETFL, flags | os.O_APPEND)  # so that it can be emptied meanwhile
        try:
            self._process = subprocess.Popen(  # noqa: S603  # this interpreter, with words of ours
                [sys.executable, "-P", "-c", _WORKER, str(writing), str(Path(__file__).parents[2])],
                stdin=subprocess.PIPE,
                stdout=self._said,
                stderr=self._said,
                pass_fds=(writing,),
                env=_environment(),
                start_new_session=True,  # Ctrl-C is this process's affair
            )
        finally:
            os.close(writing)
        self._answers = reading

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdin is not None:
                with suppress(BrokenPipeError):
                    process.stdin.close()
        if self._answers is not None:
            os.close(self._answers)
        if self._said is not None:
            self._said.close()
        self._answers = self._said = None


_NAMES = ("PG", "DB_", "SELTZER_")


def _environment() -> dict[str, str]:
    """This process's own without anything that leads to a database."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_NAMES)}
    kept.pop("DATABASE_URL", None)
    return kept


def _ended(process: subprocess.Popen[bytes]) -> str:
    try:
        code = process.wait(5)
    except subprocess.TimeoutExpired:
        return "it closed the stream on which its process answers"
    if code < 0:
        return f"it ended its process: {signal.Signals(-code).name}"
    return f"it ended its process: exit status {code}"


def _error(kind: type[SeltzerError], arguments: tuple[Any, ...], facts: dict[str, Any]) -> SeltzerError:
    """The error that it was over there; some classes are made of other things than they hold."""
    error = kind.__new__(kind)
    error.args = arguments
    vars(error).update(facts)
    return error
