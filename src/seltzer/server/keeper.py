"""The keeper of a warm server: a small process of its own that stops the server once nobody has used it for a while.

It holds a lock that says there is one, and none of the server's while it sleeps. It ends with the server, whoever
stopped that; it is no child of who started it, and closing that one's terminal does not reach it.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from seltzer.server.account import owner_account, server_account
from seltzer.server.binaries import Binaries
from seltzer.server.cluster import Cluster, Shutdown, stop
from seltzer.server.locks import exclusive, is_current, is_held, let_go
from seltzer.server.programs import run_program
from seltzer.server.sharing import keep_path, start_lock, users_lock

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOOK_EVERY = timedelta(seconds=10)
_ENTRY = "from seltzer.server.keeper import main; main()"


def keeper_lock(cluster: Cluster) -> Path:
    """Held by the keeper as long as it lives."""
    return cluster.home / "keeper.lock"


def start_keeper(cluster: Cluster, idle: timedelta, lock: int) -> bool:
    """Start the keeper of a cluster's server; returns whether it could be started.

    Args:
        cluster: The server's.
        idle: How long the server stays up without users.
        lock: A descriptor that holds `keeper_lock`; the keeper inherits it.
    """
    path = os.pathsep.join(part for part in sys.path if part)
    words = (cluster.home, cluster.binaries.folder, cluster.binaries.major, idle // timedelta(milliseconds=1), lock)
    python = ["env", f"PYTHONPATH={path}", sys.executable, "-P", "-c", _ENTRY, *map(str, words)]
    # The shell ends at once, so that the keeper is the child of nobody who would have to wait for its end.
    return run_program(Path("/bin/sh"), ["-c", '"$@" &', "sh", *python], None, cluster.log, lock) == 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Keep the server that the command line names."""
    home, folder, major, idle_ms, lock = sys.argv[1:] if arguments is None else arguments
    account = owner_account(Path(home) / "data", server_account())
    cluster = Cluster(Path(home), Binaries(Path(folder), int(major)), account)
    keep(cluster, timedelta(milliseconds=int(idle_ms)), int(lock))


def keep(cluster: Cluster, idle: timedelta, lock: int) -> None:
    """Wait until the server is gone, or stop it when it has had no user for `idle`."""
    pause = min(_LOOK_EVERY, idle / 4)
    last_seen = time.time()
    while True:
        time.sleep(pause.total_seconds())
        if not is_current(lock, keeper_lock(cluster)):
            return  # the folder was removed: its server ends by itself, and what is there now is not ours
        with exclusive(start_lock(cluster)):
            if is_held(users_lock(cluster)):
                last_seen = time.time()
                continue
            last_used = max(last_seen, users_lock(cluster).stat().st_mtime)
            if is_held(cluster.work_lock) and time.time() - last_used < idle.total_seconds():
                continue
            keep_path(cluster).unlink(missing_ok=True)
            stop(cluster, Shutdown.FAST)
            # Under the start lock: who starts the server next finds either this keeper at work or none.
            let_go(lock)
            return
