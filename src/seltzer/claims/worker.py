"""The process in which a user's Python is tried: it serves the requests of `claims.child` until that goes away."""

from __future__ import annotations

import os
import pickle
import struct
import sys
import threading
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

from seltzer.claims.applying import apply_on
from seltzer.claims.guard import Guard
from seltzer.claims.substitute import substitute_config
from seltzer.errors import ConnectedElsewhereError, Place, ReachedElsewhereError, SeltzerError
from seltzer.events import StepStarted

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from io import BufferedReader, BufferedWriter

    from seltzer.claims.applying import Conditions
    from seltzer.claims.guard import Neighbours
    from seltzer.events import Event
    from seltzer.model import Step


LENGTH = struct.Struct("!Q")  # stands before each answer


class Request(NamedTuple):
    """What is to be applied where.

    Attributes:
        conditions: The settings.
        parameters: libpq's keywords of the throw-away database.
        steps: The migrations.
        tells: Whether events are wanted.
        path: Where modules are looked for.
        server: Whose databases there are on the server besides.
    """

    conditions: Conditions
    parameters: Mapping[str, str]
    steps: Sequence[Step]
    tells: bool
    path: Sequence[str]
    server: Neighbours


class Answer(NamedTuple):
    """How it went, or an event on the way.

    Attributes:
        event: What the run says; None in the last answer to a request.
        error: The class of the error that it ended with, its arguments and its facts; None without one.
        crash: What went wrong that nobody foresaw.
    """

    event: Event | None = None
    error: tuple[type[SeltzerError], tuple[Any, ...], dict[str, Any]] | None = None
    crash: str | None = None


class _Worker:
    def __init__(self, answers: BufferedWriter) -> None:
        self._answers = answers
        self._guard = Guard()

    def serve(self, requests: BufferedReader) -> None:
        inbox: SimpleQueue[Request] = SimpleQueue()
        threading.Thread(target=_listen, args=(requests, inbox), daemon=True).start()
        self._guard.install()
        with substitute_config(self._guard):
            while True:
                self._answer(self._applied(inbox.get()))

    def _answer(self, answer: Answer) -> None:
        content = pickle.dumps(answer)
        self._answers.write(LENGTH.pack(len(content)) + content)
        self._answers.flush()

    def _applied(self, request: Request) -> Answer:
        sys.path[:] = request.path
        with _surroundings(request.parameters):
            self._guard.migration = None
            self._guard.aim(request.parameters, request.server)
            try:
                self._apply(request)
            except SeltzerError as error:
                return _failed(self._reason(error, request.steps))
            except BaseException as error:  # noqa: BLE001  # whatever it is, the other side has to hear of it
                return Answer(crash=type(error).__name__)
            if self._guard.refused:
                return _failed(self._reason(self._guard.refused[0], request.steps))
            return Answer()

    def _apply(self, request: Request) -> None:
        def heard(event: Event) -> None:
            if isinstance(event, StepStarted):
                self._guard.migration = event.id
            if request.tells:
                self._answer(Answer(event=event))

        apply_on(request.conditions, request.parameters, request.steps, listener=heard)

    def _reason(self, error: SeltzerError, steps: Sequence[Step]) -> SeltzerError:
        """Who was refused a connection reports what came of it: the refusal is the reason."""
        if isinstance(error, ConnectedElsewhereError):
            found = ReachedElsewhereError(error.message, hint=error.hint, migration=error.migration)
        elif self._guard.refused:
            found = self._guard.refused[0]
        else:
            return error
        paths = {step.migration.id: step.migration.file.path for step in steps}
        if found.place is None and found.migration in paths:
            found.place = Place(paths[found.migration])
        found.applied = error.applied
        return found


def _failed(error: SeltzerError) -> Answer:
    return Answer(error=(type(error), error.args, vars(error)))


def _listen(requests: BufferedReader, inbox: SimpleQueue[Request]) -> None:
    """Hand over requests; when the other side is gone, end, whatever the migration is doing."""
    try:
        while True:
            inbox.put(pickle.load(requests))  # noqa: S301  # from the process that started this one
    except BaseException:  # noqa: BLE001  # the end of the stream, mostly
        os._exit(1)


@contextmanager
def _surroundings(parameters: Mapping[str, str]) -> Generator[None]:
    """Everything that names a database names the throw-away one; what a migration changes is put back."""
    environment, folder, path = dict(os.environ), os.getcwd(), list(sys.path)  # noqa: PTH109  # as a runner would
    os.environ.update(_variables(parameters))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        sys.path[:] = path


def _variables(parameters: Mapping[str, str]) -> dict[str, str]:
    host, port = parameters.get("host") or parameters.get("hostaddr", ""), parameters.get("port", "5432")
    user, password, name = (parameters.get(keyword, "") for keyword in ("user", "password", "dbname"))
    url = _url(parameters)
    found = {
        "DB_NAME": name,
        "DB_USER": user,
        "DB_PASSWORD": password,
        "DB_HOST": host,
        "DB_PORT": port,
        "PGDATABASE": name,
        "PGUSER": user,
        "PGPASSWORD": password,
        "PGHOST": host,
        "PGPORT": port,
        "DATABASE_URL": url,
        "SELTZER_DATABASE": url,
    }
    if not password and host.startswith("/"):
        # A libpq that nobody sees, in some library, gives nothing to a server that asks who it is.
        found["PGREQUIREAUTH"] = "none"
    return {variable: value for variable, value in found.items() if value or variable == "DB_PASSWORD"}


def _url(parameters: Mapping[str, str]) -> str:
    known = {name: value for name, value in parameters.items() if value}
    user, name = (quote(known.pop(keyword, ""), safe="") for keyword in ("user", "dbname"))
    password = known.pop("password", "")
    secret = f":{quote(password, safe='')}" if password else ""
    host = known.get("host", "")
    where = ""
    if host and not host.startswith(("/", "@")) and "," not in host + known.get("port", ""):
        port = known.pop("port", "")
        where = known.pop("host") + (f":{port}" if port else "")
    rest = f"?{urlencode(known)}" if known else ""
    return f"postgresql://{user}{secret}@{where}/{name}{rest}"


def main() -> None:
    """Serve until standard input ends; answers go to the file descriptor that is the only argument."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(int(sys.argv.pop()), "wb")
    os.set_inheritable(answers.fileno(), False)  # noqa: FBT003
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123  # a migration that reads its input finds none
        os.dup2(nothing.fileno(), 0)
    _Worker(answers).serve(requests)
