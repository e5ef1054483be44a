"""A throw-away server: made, used, removed; what a killed process left is removed by the next."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from seltzer.errors import ServerStartError
from seltzer.server.account import owner_account, server_account
from seltzer.server.cluster import Cluster, Shutdown, ensure_running, stop
from seltzer.server.copies import usable_binaries
from seltzer.server.locks import exclusive, hold_alone, let_go
from seltzer.server.places import own_folder, place_mode, temporary_place
from seltzer.server.sharing import NO_SETTINGS, THROW_AWAY_SETTINGS, usable

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from seltzer.server.binaries import Binaries
    from seltzer.server.postmaster import Server

_PREFIX = "private-"


@contextmanager
def private_server(binaries: Binaries, settings: Mapping[str, str] = NO_SETTINGS) -> Generator[Server]:
    """Run a server of one's own while the block runs; it and its data are gone afterwards.

    Args:
        binaries: The programs to run.
        settings: Of `postgresql.conf`, on top of `THROW_AWAY_SETTINGS`.

    Raises:
        ServerStartError: It does not start.
    """
    account = server_account()
    pid = os.getpid()
    with usable(Path(tempfile.gettempdir())):
        cluster, lock = _new_cluster(usable_binaries(binaries, account))
    try:
        with usable(cluster.home):
            server = ensure_running(cluster, {**THROW_AWAY_SETTINGS, **settings})
        yield server
    finally:
        if pid == os.getpid():  # a forked child that leaves the block must not take its parent's server away
            _remove(cluster, lock)


def _new_cluster(binaries: Binaries) -> tuple[Cluster, int]:
    """A cluster in a new folder, and the lock that says it is in use."""
    account = server_account()
    place = temporary_place(account)
    with exclusive(_lock(place)):
        for home in place.glob(f"{_PREFIX}*"):
            _sweep(home, binaries)
        home = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
        own_folder(home, place_mode(account))
        lock = hold_alone(_users_lock(home))
    if lock is None:
        raise ServerStartError(f"another process took {home}", hint="Try again.")
    return Cluster(home, binaries, account), lock


def _sweep(home: Path, binaries: Binaries) -> None:
    """Remove the server of a process that was killed; one whose lock is held is in use."""
    lock = hold_alone(_users_lock(home))
    if lock is None:
        return
    with suppress(ServerStartError):  # one that cannot be ended now is left to the next sweep
        stop(Cluster(home, binaries, owner_account(home / "data", server_account())), Shutdown.IMMEDIATE)
        shutil.rmtree(home)
    let_go(lock)


def _remove(cluster: Cluster, lock: int) -> None:
    try:
        stop(cluster, Shutdown.IMMEDIATE)
        with exclusive(_lock(cluster.home.parent)):
            shutil.rmtree(cluster.home)
    finally:
        let_go(lock)


def _lock(place: Path) -> Path:
    return place / "private.lock"


def _users_lock(home: Path) -> Path:
    return home / "users.lock"
