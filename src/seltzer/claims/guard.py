"""What a migration that is tried may reach: the server of its throw-away database, and nothing else.

Everything is looked at before it happens, so that another server is not even connected to. Python tells of sockets,
programs and forks by audit events (PEP 578); of what libpq does in C it does not know, so psycopg and psycopg2 are
asked for their parameters, and extension modules that bring a libpq of their own are not imported.
"""

from __future__ import annotations

import importlib
import importlib.util
import multiprocessing.util
import os
import shlex
import sys
import types
from contextlib import contextmanager
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NoReturn

import psycopg
from psycopg import conninfo

from seltzer.claims.destinations import Destination, destination_of
from seltzer.errors import ReachedElsewhereError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

# What Python's own library starts to learn about the machine (platform, ctypes.util); none of them opens a connection.
_HARMLESS = frozenset({"uname", "ldconfig", "gcc", "cc", "ld", "objdump", "lsb_release"})
_LOGS = frozenset({"/dev/log", "/var/run/syslog", "/var/run/log"})
# They connect in C, where nobody can look at the address first.
_UNSEEN = frozenset(
    {"_pg", "adbc_driver_postgresql", "connectorx", "pg", "pgdb", "psqlpy", "pyodbc", "turbodbc", "uvloop"}
)


class Neighbours(Enum):
    """Whose databases there are on a server of throw-away databases besides these."""

    NONE = "none"
    OTHERS = "others"


_CONNECTS = (
    "Let it take its connection from shared.config or the DB_* variables, which lead to the throw-away database."
)
_STARTS = "What a program does is not seen here: let Python do it, or seltzer.execute_sql_file run the SQL."


class Guard:
    """Refuses what a migration would reach besides its throw-away database; one a process, for good.

    Attributes:
        refused: What was refused since it was aimed last, even if the migration kept that to itself.
        migration: The id at work, for errors.
    """

    def __init__(self) -> None:
        self.refused: list[ReachedElsewhereError] = []
        self.migration: str | None = None
        self._home = Destination()
        self._neighbours = Neighbours.NONE
        self._tells = True
        self._checks: dict[str, Callable[..., None]] = {
            "socket.connect": self._socket,
            "socket.getaddrinfo": self._lookup,
            "subprocess.Popen": self._program,
            "os.system": self._shell,
            "os.exec": self._executable,
            "os.posix_spawn": self._executable,
            "os.fork": self._fork,
            "os.forkpty": self._fork,
            "ctypes.dlopen": self._library,
            "import": self._module,
        }

    def aim(self, parameters: Mapping[str, str], neighbours: Neighbours) -> None:
        """Let only this database be reached, and forget what was refused; libpq's variables already lead there."""
        self.refused.clear()
        self._neighbours = neighbours
        self._home = Destination()  # its own name may be looked up now
        self._home = destination_of(parameters).with_addresses()

    @contextmanager
    def quiet(self) -> Generator[None]:
        """Refuse as ever, and keep it to ourselves."""
        self._tells, former = False, self._tells
        try:
            yield
        finally:
            self._tells = former

    def install(self) -> None:
        """Begin; nothing takes it back."""
        self._install_psycopg()
        if importlib.util.find_spec("psycopg2") is not None:
            self._install_psycopg2()
        # It starts Python anew without an audit event.
        setattr(multiprocessing.util, "spawnv_passfds", self._fork)  # noqa: B010  # no type of it is known
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        check = self._checks.get(event)
        if check is not None and self._home.servers:
            check(*arguments)

    def _refuse(self, what: str, hint: str) -> NoReturn:
        who = "the runner" if (self.migration or "").endswith("/run_migration") else "the migration"
        error = ReachedElsewhereError(f"{who} {what}", hint=hint, migration=self.migration)
        if self._tells:
            self.refused.append(error)
        raise error

    def refuse_strangers(self, parameters: Mapping[str, str]) -> None:
        """Refuse libpq's keywords that lead elsewhere.

        Raises:
            ReachedElsewhereError: They do; nothing was sent.
        """
        if not self._home.servers:
            return
        asked = destination_of(parameters)
        if not self._home.includes(asked):
            self._refuse(f"connects to {asked}, which is not the throw-away database it is tried on", _CONNECTS)

    def _install_psycopg(self) -> None:
        """Both before names are looked up and before libpq is called, for all classes of connections."""
        for kind in (psycopg.Connection, psycopg.AsyncConnection):
            if "_get_connection_params" in vars(kind):
                original = vars(kind)["_get_connection_params"].__func__
                checked = self._checked_async if kind is psycopg.AsyncConnection else self._checked
                setattr(kind, "_get_connection_params", classmethod(checked(original)))  # noqa: B010
        base = next(each for each in psycopg.Connection.__mro__ if "_connect_gen" in vars(each))
        original: Callable[..., Generator[Any, Any, Any]] = vars(base)["_connect_gen"].__func__

        def connect(cls: type[Any], text: str = "", **keywords: Any) -> Generator[Any, Any, Any]:
            self.refuse_strangers(_parsed(text))
            opening: Generator[Any, Any, Any] = original(cls, text, **keywords)
            return (yield from opening)

        setattr(base, "_connect_gen", classmethod(connect))  # noqa: B010

    def _checked(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def parameters(cls: type[Any], *args: Any, **keywords: Any) -> Any:  # noqa: ANN401
            found = original(cls, *args, **keywords)
            self.refuse_strangers({name: str(value) for name, value in found.items() if value is not None})
            return found

        return parameters

    def _checked_async(self, original: Callable[..., Any]) -> Callable[..., Any]:
        async def parameters(cls: type[Any], *args: Any, **keywords: Any) -> Any:  # noqa: ANN401
            found = await original(cls, *args, **keywords)
            self.refuse_strangers({name: str(value) for name, value in found.items() if value is not None})
            return found

        return parameters

    def _install_psycopg2(self) -> None:
        psycopg2: Any = importlib.import_module("psycopg2")
        extensions: Any = importlib.import_module("psycopg2.extensions")
        original, refuse_strangers = psycopg2._connect, self.refuse_strangers  # noqa: SLF001  # every way goes through it
        plain: Any = extensions.connection

        def begin(self: Any, dsn: str, *args: Any, **keywords: Any) -> None:  # noqa: ANN401
            refuse_strangers(_parsed(dsn))
            plain.__init__(self, dsn, *args, **keywords)

        # Who opens one without psycopg2.connect meets this class.
        watched = types.new_class("connection", (plain,), exec_body=lambda names: names.update(__init__=begin))

        def connect(dsn: str, connection_factory: Any = None, **keywords: Any) -> Any:  # noqa: ANN401
            refuse_strangers(_parsed(dsn))
            return original(dsn, connection_factory=connection_factory or watched, **keywords)

        extensions.connection = watched
        psycopg2._connect = connect  # noqa: SLF001

    def _socket(self, _: object, address: Any) -> None:  # noqa: ANN401
        self._refuse_stranger(address)
        if self._neighbours is Neighbours.OTHERS and address not in _LOGS:
            # Which database is asked for goes over the socket later.
            self._refuse("connects without libpq to a server that has other databases too", _CONNECTS)

    def _refuse_stranger(self, address: Any) -> None:  # noqa: ANN401
        if isinstance(address, tuple):
            if not self._home.includes_address(str(address[0]), int(address[1])):  # pyright: ignore[reportUnknownArgumentType]
                self._refuse(f"connects to {address[0]}:{address[1]}, which is not the throw-away server", _CONNECTS)
            return
        path = os.fsdecode(address)
        if path not in _LOGS and not self._home.includes_socket(path):
            self._refuse(f"connects to {path}, which is not the throw-away server", _CONNECTS)

    def _lookup(self, host: Any, port: Any, *_: object) -> None:  # noqa: ANN401
        name = host.decode() if isinstance(host, bytes) else host
        if name and not self._home.includes_name(name):
            self._refuse(f"looks up {name}:{port}, which is not the throw-away server", _CONNECTS)

    def _program(self, executable: Any, arguments: Any, *_: object) -> None:  # noqa: ANN401
        words = [os.fsdecode(word) for word in ([arguments] if isinstance(arguments, str | bytes) else arguments)]
        name = PurePath(os.fsdecode(executable) if executable else words[0]).name
        if name in {"sh", "bash"} and words[1:2] == ["-c"]:
            self._shell(" ".join(words[2:3]))
        if name not in _HARMLESS:
            self._refuse(f"starts a program: {name}", _STARTS)

    def _shell(self, command: str | bytes) -> None:
        self._refuse(f"starts a program: {_first_word(os.fsdecode(command))}", _STARTS)

    def _executable(self, path: str | bytes, *_: object) -> None:
        self._refuse(f"starts a program: {PurePath(os.fsdecode(path)).name}", _STARTS)

    def _fork(self, *_: object) -> NoReturn:
        self._refuse("starts a process of its own", _STARTS)

    def _library(self, name: Any) -> None:  # noqa: ANN401
        if isinstance(name, str) and PurePath(name).name.startswith("libpq"):
            self._refuse("loads libpq by itself, whose connections cannot be seen", _CONNECTS)

    def _module(self, name: str, *_: object) -> None:
        top = name.partition(".")[0]
        if top in _UNSEEN:
            self._refuse(f"imports {top}, whose connections cannot be seen before they are open", _CONNECTS)


def _parsed(text: str) -> dict[str, str]:
    """Keywords of a connection text; what libpq cannot read it refuses by itself, and connects nowhere."""
    try:
        return {name: str(value) for name, value in conninfo.conninfo_to_dict(text).items() if value is not None}
    except psycopg.ProgrammingError:
        return {}


def _first_word(command: str) -> str:
    """The name of a shell's program without anything that follows it."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    plain = [word for word in words if "=" not in word]
    return PurePath(plain[0]).name if plain else "a shell"
