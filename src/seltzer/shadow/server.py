"""Which server the shadows are on: a private one in the user's cache, one of this block alone, or a named one."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from seltzer.config.database import Embedded, Local, Target, find_shadow
from seltzer.errors import NoServerBinariesError, ServerStartError
from seltzer.server import IDLE, Server, find_binaries, find_installed, private_server, warm_server
from seltzer.server.account import server_account
from seltzer.server.places import own_folder, place_mode
from seltzer.shadow.databases import Databases
from seltzer.shadow.leftovers import drop_leftovers
from seltzer.shadow.shadow import Shadow, Whose

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from datetime import timedelta

    from seltzer.config import Config
    from seltzer.server import Binaries

_SETTINGS = {
    "autovacuum": "off",
    "bgwriter_lru_maxpages": "0",
    "checkpoint_timeout": "1h",
    # What a killed check left at work ends by itself.
    "client_connection_check_interval": "500ms",
    "jit": "off",
    "lc_messages": "C",
    "log_checkpoints": "off",
    # Statements of trials, and rows in their errors, are nobody's business.
    "log_min_error_statement": "panic",
    "log_min_messages": "fatal",
    "max_connections": "200",
    "max_locks_per_transaction": "256",
    "max_wal_senders": "0",
    "shared_buffers": "64MB",
    "track_functions": "all",
    "wal_level": "minimal",
}
_SETTINGS_SINCE_18 = {"io_method": "sync"}  # no processes that do nothing but wait


@contextmanager
def open_shadow(
    config: Config,
    major: int | None,
    *,
    whose: Whose = Whose.SHARED,
    idle: timedelta = IDLE,
    warn: Callable[[str], object] = str,
) -> Generator[Shadow]:
    """Have a server for throw-away databases while the block runs; what was made on it, templates apart, is gone then.

    Args:
        config: Its settings `shadow`, `server-binaries` and `server-version` say which.
        major: The version of the target; None when it is not known.
        whose: `OWN` gives a server of this block alone, for migrations that change roles and what else all databases
            of a server share. A server that was named by its address stays that one: see `Shadow.whose`.
        idle: How long a shared server stays up without users.
        warn: Is told that the server's version is another one than the target's, or that this is not known.

    Raises:
        ServerStartError: It does not start.
        NoServerBinariesError: There are no programs to run one.
        ConnectionFailedError: A named server does not answer.
        ShadowError: A named server does not let this role create databases.
    """
    choice = find_choice(config)
    if isinstance(choice, Target):
        with _shadow_on(choice.parameters, Whose.NAMED) as shadow:
            _compare(shadow.major, major, warn)
            yield shadow
        return
    binaries = find_programs(config, choice, major)
    _compare(binaries.major, major, warn)
    settings = {**_SETTINGS, **(_SETTINGS_SINCE_18 if binaries.major >= 18 else {})}  # noqa: PLR2004
    if whose is Whose.OWN:
        running = private_server(binaries, settings)
    else:
        running = warm_server(choice.folder, binaries, settings, idle)
    with running as server, _shadow_on(_parameters(server), whose) as shadow:
        yield shadow


def find_choice(config: Config) -> Target | Embedded | Local:
    """What the setting `shadow` says.

    Raises:
        InvalidDatabaseError: It cannot be read.
        ServerStartError: The cache of who has no home would be in a temporary folder that somebody else made.
    """
    choice = find_shadow(config, os.environ)
    place = Path(tempfile.gettempdir()) / f"seltzer-{os.geteuid()}"
    if not isinstance(choice, Target) and place in choice.folder.parents:
        account = server_account()
        if not own_folder(place, place_mode(account)):
            raise ServerStartError(
                f"the cache for throw-away databases cannot be in {place}: it belongs to another user",
                hint="Set XDG_CACHE_HOME to a folder of this user's.",
            )
    return choice


def find_programs(config: Config, choice: Embedded | Local, major: int | None) -> Binaries:
    """The programs for a private server: the target's version where there are any, else that of `server-version`.

    Raises:
        NoServerBinariesError: There are none of either.
    """
    if major is not None and major != config.server_version:
        with suppress(NoServerBinariesError):
            return programs_of(config, choice, major)
    return programs_of(config, choice, config.server_version)


def programs_of(config: Config, choice: Embedded | Local, major: int) -> Binaries:
    """The programs of one version.

    Raises:
        NoServerBinariesError: There are none.
    """
    if isinstance(choice, Local) and config.server_binaries is None:
        return find_installed(major)
    return find_binaries(major, config.server_binaries)


def _compare(found: int, major: int | None, warn: Callable[[str], object]) -> None:
    if major is None:
        warn(f"the version of the target is not known: the shadow is PostgreSQL {found}")
    elif major != found:
        warn(f"the target is PostgreSQL {major}, which is not here for a shadow: that is PostgreSQL {found}")


def _parameters(server: Server) -> dict[str, str]:
    """How a server of ours is reached; an empty word keeps libpq's variable of that name out."""
    return {
        "host": str(server.socket_folder),
        "hostaddr": "",
        "port": str(server.port),
        "user": server.user,
        "dbname": "postgres",
    }


@contextmanager
def _shadow_on(parameters: Mapping[str, str], whose: Whose) -> Generator[Shadow]:
    shadow = Shadow(Databases(parameters), whose)
    try:
        shadow.later(drop_leftovers)
        yield shadow
    finally:
        shadow.close()
