"""`server start|stop|status`: the project's own private PostgreSQL."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seltzer.config.database import Embedded, find_database
from seltzer.errors import NotConfiguredError, NotEmbeddedError
from seltzer.server import ensure_database, find_binaries, server_status, start_server, stop_server

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.config import Config
    from seltzer.server import Binaries


@dataclass(frozen=True, slots=True)
class ServerResult:
    """The project's private server.

    Attributes:
        running: Whether it runs.
        url: Where the project's database on it is; None while it does not run.
        data: Where its data is.
    """

    running: bool
    url: str | None
    data: Path


def start(config: Config) -> ServerResult:
    """Start it, to run until `stop`, with the project's database on it; one that runs is kept running.

    Raises:
        ServerStartError: It does not start.
    """
    folder, binaries = _place(config)
    ensure_database(start_server(folder, binaries), config.embedded_database)
    return status(config)


def stop(config: Config) -> ServerResult:
    """Stop it, even while somebody uses it."""
    folder, binaries = _place(config)
    stop_server(folder, binaries)
    return status(config)


def status(config: Config) -> ServerResult:
    """Whether it runs."""
    found = server_status(*_place(config))
    url = found.server.url(config.embedded_database) if found.server else None
    return ServerResult(found.server is not None, url, found.data)


def _place(config: Config) -> tuple[Path, Binaries]:
    """The folder of the project's server: the one that `database` names, or the default one."""
    try:
        found = find_database(config, os.environ) if config.database is not None else None
    except NotConfiguredError:
        found = None
    if found is not None and not isinstance(found, Embedded):
        raise NotEmbeddedError(
            f"the database of this project ({found.source}) is no embedded one, so there is no server of its own",
            hint='Set database = "embedded", or say it here: --database embedded',
        )
    folder = found.folder if found is not None else config.root / ".seltzer"
    return folder, find_binaries(config.server_version, config.server_binaries)
