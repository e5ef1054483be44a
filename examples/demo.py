"""What `make demo` shows: the migrations of `internal_api` applied to a PostgreSQL that nobody misses afterwards.

It needs no database and leaves none: a private server is started, the commands below get it through DB_HOST and its
companions, as the service would in production, and it is gone with its data when the demo ends, however it ends.
"""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from seltzer import SeltzerError
from seltzer.server import Server, ensure_database, find_binaries, private_server

EXAMPLE = Path(__file__).resolve().parent / "internal_api"
PROGRAMS = Path(sys.executable).parent
SERVING = re.compile(r"Uvicorn running on http://127\.0\.0\.1:(\d+)")
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ANSWER_TIMEOUT_S = 30
STOP_TIMEOUT_S = 20
WIDTH = 110
# All of `make demo` is to fit 60 lines, whatever the commands find to say.
LONG, SHORT = 24, 6

NEXT = """
Try next, from the top of the repository:
  .venv/bin/seltzer apply --migrations examples/internal_api/migrations --database embedded
  .venv/bin/seltzer --help
"""


class DemoError(Exception):
    """A command or the service did not do what the demo is there to show."""


class Stopped(BaseException):
    """Ctrl-C, or a signal that means the same."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def main() -> int:
    """Run the demo and return its exit code."""
    for number in ENDING:
        signal.signal(number, stop_once)
    sys.stdout.reconfigure(line_buffering=True, errors="replace")  # the order of lines holds in a pipe too
    try:
        show_all()
    except Stopped as stopped:
        print("stopped", file=sys.stderr)
        return 128 + stopped.number
    except BrokenPipeError:  # the reader has seen enough, as in `make demo | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except (DemoError, SeltzerError) as error:
        print(f"error: {error}", file=sys.stderr)
        if hint := getattr(error, "hint", None):
            print(f"hint: {hint}", file=sys.stderr)
        return 1
    return 0


def stop_once(number: int, _: FrameType | None) -> None:
    """End the demo; from now on a signal is ignored, because what cleans up must come to its end."""
    for each in ENDING:
        signal.signal(each, signal.SIG_IGN)
    raise Stopped(number)


@contextmanager
def signals_put_off() -> Generator[None]:
    """Let a signal wait for the end of the block: a process that is just being started must not get lost."""
    came: list[int] = []
    for each in ENDING:
        signal.signal(each, lambda number, _: came.append(number))
    yield
    for each in ENDING:
        signal.signal(each, stop_once)
    if came:
        stop_once(came[0], None)


def show_all() -> None:
    """Start a server, show the commands and the service on it, say what to try next."""
    print("The example in examples/internal_api, on a private PostgreSQL that is gone afterwards:\n")
    with private_server(find_binaries()) as server:
        ensure_database(server, "soda")
        environment = variables(server)
        show("seltzer status", environment, LONG)
        show("seltzer apply", environment, SHORT)
        show("seltzer apply", environment, SHORT)
        show("seltzer status", environment, SHORT)
        show_service(environment)
    print(NEXT, end="")


def variables(server: Server) -> dict[str, str]:
    """The environment of the commands: the service's own variables, and no database or setting of the user's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SELTZER_", "PG", "DB_"))}
    kept.pop("DATABASE_URL", None)
    return kept | {
        "DB_HOST": str(server.socket_folder),
        "DB_PORT": str(server.port),
        "DB_NAME": "soda",
        "DB_USER": server.user,
        "DB_PASSWORD": "",
        "PYTHONIOENCODING": "utf-8",
    }


def show(line: str, environment: Mapping[str, str], limit: int) -> None:
    """Run a command line as a user does and show it with what it says, in at most `limit` lines.

    Raises:
        DemoError: It failed; all that it said is shown.
    """
    print(f"$ {line}")
    with started(*line.split(), environment=environment) as process:
        output, _ = process.communicate()
    said = output.splitlines()
    print(*(said if process.returncode else shortened(said, limit)), "", sep="\n")
    if process.returncode:
        raise DemoError(f"{line} ended with exit code {process.returncode}")


@contextmanager
def started(name: str, *arguments: str, environment: Mapping[str, str]) -> Generator[subprocess.Popen[str]]:
    """Start a program in the example's folder; it is stopped when the block ends, unless it has ended by then."""
    command = [program(name), *arguments]
    process: subprocess.Popen[str] | None = None
    try:
        with signals_put_off():
            process = subprocess.Popen(
                command,
                cwd=EXAMPLE,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
            )
        yield process
    finally:
        if process and process.poll() is None:
            stop(process)


def program(name: str) -> Path:
    """A program of the environment that this one runs in.

    Raises:
        DemoError: It is not installed there.
    """
    path = PROGRAMS / name
    if not path.is_file():
        raise DemoError(f"{path} is not there; `make demo` installs it, with all that the example needs")
    return path


def shortened(lines: list[str], limit: int) -> list[str]:
    """The lines, those before the last left out where they are more than `limit`."""
    if len(lines) <= limit:
        return lines
    shown = limit - 2
    return [*lines[:shown], f"… {len(lines) - shown - 1} more lines", lines[-1]]


def show_service(environment: Mapping[str, str]) -> None:
    """Start the service, ask it, stop it."""
    print("$ uvicorn app:app --port 0")
    with service(environment) as port:
        print(f"serving on http://127.0.0.1:{port}")
        health = ask(port, "GET", "/health")
        print(f"GET /health: {json.dumps(health)}")
        soda = ask(port, "POST", "/organisations", {"name": "Soda Works", "slug": "soda-works"})
        ada = {"organisation_id": soda["id"], "email": "Ada@Soda.example", "full_name": "Ada Lovelace"}
        ask(port, "POST", "/users", ada)
        print(f"POST /organisations, POST /users: {ada['full_name']}, {ada['email']}")
        users = f"GET /users: {json.dumps(ask(port, 'GET', '/users'))}"
        print(textwrap.fill(users, WIDTH, subsequent_indent="  ", break_on_hyphens=False))


@contextmanager
def service(environment: Mapping[str, str]) -> Generator[int]:
    """Run the service while the block runs; give its port once it serves.

    Raises:
        DemoError: It ended instead; all that it said is shown.
    """
    arguments = ("app:app", "--port", "0", "--no-access-log", "--no-use-colors")
    with started("uvicorn", *arguments, environment=environment) as process:
        yield port_of(process)


def port_of(process: subprocess.Popen[str]) -> int:
    """Wait until the service says where it serves."""
    said: list[str] = []
    for line in process.stdout or ():
        if found := SERVING.search(line):
            return int(found[1])
        said.append(line)
    print("".join(said), end="")
    raise DemoError(f"the service ended with exit code {process.wait()}")


def stop(process: subprocess.Popen[str]) -> None:
    """Ask the service to end and wait until it has."""
    process.terminate()
    try:
        process.communicate(timeout=STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def ask(port: int, method: str, path: str, content: Mapping[str, object] | None = None) -> Any:
    """Send a request to the service and return what its answer holds.

    Raises:
        DemoError: The answer is not the one of success.
    """
    conn = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_TIMEOUT_S)
    try:
        body = None if content is None else json.dumps(content)
        conn.request(method, path, body, {"Content-Type": "application/json"})
        answer = conn.getresponse()
        text = answer.read().decode()
    except (OSError, http.client.HTTPException) as error:
        raise DemoError(f"{method} {path}: {error}") from None
    finally:
        conn.close()
    if answer.status not in (http.HTTPStatus.OK, http.HTTPStatus.CREATED):
        raise DemoError(f"{method} {path}: {answer.status} {text}")
    return json.loads(text)


if __name__ == "__main__":
    sys.exit(main())
