"""`shadow start|stop|status`: the private servers for throw-away databases, which stay up between two uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seltzer.config.database import Embedded, Local, Target
from seltzer.errors import NotEmbeddedError
from seltzer.server import server_status, stop_server
from seltzer.shadow import open_shadow
from seltzer.shadow.server import find_choice, programs_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seltzer.config import Config
    from seltzer.server import Binaries


@dataclass(frozen=True, slots=True)
class ShadowServer:
    """A private server for throw-away databases.

    Attributes:
        version: Its major version.
        running: Whether it runs.
        in_use: Whether any process uses it.
        data: Where its data is.
    """

    version: int
    running: bool
    in_use: bool
    data: Path


@dataclass(frozen=True, slots=True)
class ShadowResult:
    """What there is for throw-away databases.

    Attributes:
        servers: One for each major version that was needed so far.
    """

    servers: tuple[ShadowServer, ...]


def start(config: Config) -> ShadowResult:
    """Start the server of the version `server-version`; it ends when nobody has used it for a while.

    Raises:
        ServerStartError: It does not start.
        NotEmbeddedError: The setting `shadow` names a server by its address.
    """
    _choice(config)
    with open_shadow(config, config.server_version):
        pass
    return status(config)


def stop(config: Config) -> ShadowResult:
    """Stop the servers of all versions, even while somebody uses them; their templates stay.

    Raises:
        NotEmbeddedError: The setting `shadow` names a server by its address.
    """
    choice = _choice(config)
    for binaries in _known(config, choice):
        stop_server(choice.folder, binaries)
    return status(config)


def status(config: Config) -> ShadowResult:
    """Which servers there are, and whether they run.

    Raises:
        NotEmbeddedError: The setting `shadow` names a server by its address.
    """
    choice = _choice(config)
    servers: list[ShadowServer] = []
    for binaries in _known(config, choice):
        found = server_status(choice.folder, binaries)
        servers.append(ShadowServer(binaries.major, found.server is not None, found.in_use, found.data))
    return ShadowResult(tuple(servers))


def _choice(config: Config) -> Embedded | Local:
    choice = find_choice(config)
    if isinstance(choice, Target):
        raise NotEmbeddedError(
            f"the shadow of this project ({choice.source}) is on a server that was named, not on one of its own",
            hint="Leave the setting shadow out, or say it here: --shadow embedded, --shadow local",
        )
    return choice


def _known(config: Config, choice: Embedded | Local) -> Iterator[Binaries]:
    """The programs of each version that has a folder."""
    names = sorted(path.name for path in choice.folder.glob("postgres-*"))
    for major in (name.removeprefix("postgres-") for name in names):
        if major.isdecimal():
            yield programs_of(config, choice, int(major))
