"""A private PostgreSQL: found, started by the first process that needs it, stopped after the last.

`shared_server` and `hold_server` give the server of a folder, `private_server` one that is thrown away, `warm_server`
one that stays up for a while after its last user. Its only way in is a socket in a folder that nobody else can enter;
its superuser `postgres` needs no password.
"""

from seltzer.server.binaries import Binaries, find_binaries, find_installed
from seltzer.server.databases import ensure_database
from seltzer.server.postmaster import Server
from seltzer.server.private import private_server
from seltzer.server.sharing import (
    THROW_AWAY_SETTINGS,
    ServerStatus,
    hold_server,
    release_server,
    server_status,
    shared_server,
    start_server,
    stop_server,
)
from seltzer.server.warm import IDLE, warm_server

__all__ = [
    "IDLE",
    "THROW_AWAY_SETTINGS",
    "Binaries",
    "Server",
    "ServerStatus",
    "ensure_database",
    "find_binaries",
    "find_installed",
    "hold_server",
    "private_server",
    "release_server",
    "server_status",
    "shared_server",
    "start_server",
    "stop_server",
    "warm_server",
]
