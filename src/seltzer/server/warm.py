"""A server that stays up for a while after its last user: for what is needed now and then, many times a day.

Its data is worth nothing: nothing waits for the disk, and what a crash of the machine may have damaged is made anew.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from seltzer.errors import ServerStartError
from seltzer.server.cluster import find_server
from seltzer.server.keeper import keeper_lock, start_keeper
from seltzer.server.locks import exclusive, hold_alone, is_held
from seltzer.server.programs import output_of
from seltzer.server.sharing import (
    NO_SETTINGS,
    THROW_AWAY_SETTINGS,
    Use,
    join,
    keep_path,
    leave,
    shared_cluster,
    start_lock,
    this_start,
    usable,
    users_lock,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from seltzer.server.binaries import Binaries
    from seltzer.server.cluster import Cluster
    from seltzer.server.postmaster import Server

IDLE = timedelta(minutes=15)
"""How long a warm server stays up without users."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_SYSCTL = Path("/usr/sbin/sysctl")


@contextmanager
def warm_server(
    folder: Path, binaries: Binaries, settings: Mapping[str, str] = NO_SETTINGS, idle: timedelta = IDLE
) -> Generator[Server]:
    """Use the server of a folder while the block runs; it stays up for `idle` after the last who did.

    Args:
        folder: See `shared_server`.
        binaries: The programs to run.
        settings: Of `postgresql.conf`, on top of `THROW_AWAY_SETTINGS`; they count only for who starts the server.
        idle: It counts only for who starts the server.

    Raises:
        ServerStartError: It does not start, or the folder cannot be used.
    """
    cluster = shared_cluster(folder, binaries)
    use = _join(cluster, {**THROW_AWAY_SETTINGS, **settings})
    try:
        with usable(cluster.home):
            _keep(cluster, idle)
        yield use.server
    finally:
        leave(use)


def _join(cluster: Cluster, settings: Mapping[str, str]) -> Use:
    """Become a user; data on which no server starts is made anew."""
    with usable(cluster.home), exclusive(start_lock(cluster)):
        _forget_other_boot(cluster)
    try:
        return join(cluster, settings)
    except ServerStartError:
        with usable(cluster.home), exclusive(start_lock(cluster)):
            if is_held(cluster.work_lock) or not cluster.data.is_dir():
                raise
            shutil.rmtree(cluster.data)
        return join(cluster, settings)


def _forget_other_boot(cluster: Cluster) -> None:
    """Remove data that was written before the machine was last started: without fsync it may be damaged anywhere."""
    marker, boot = cluster.home / "boot", _boot_id()
    if marker.exists() and marker.read_text(encoding="utf-8") == boot:
        return
    if find_server(cluster) is None:
        shutil.rmtree(cluster.data, ignore_errors=True)
    marker.write_text(boot, encoding="utf-8")


def _boot_id() -> str:
    """What tells this start of the machine from every other."""
    if _BOOT_ID.exists():
        return _BOOT_ID.read_text(encoding="utf-8")
    return output_of(_SYSCTL, "-n", "kern.bootsessionuuid")


def _keep(cluster: Cluster, idle: timedelta) -> None:
    """Have the server stay up without users, and a keeper that ends it in time; never two for one server."""
    with exclusive(start_lock(cluster)):
        os.utime(users_lock(cluster))  # a use that begins and ends between two looks of the keeper counts too
        lock = hold_alone(keeper_lock(cluster))
        if lock is not None:
            try:
                if not sys.executable or not start_keeper(cluster, idle, lock):
                    return  # nobody would ever end it: the last user does, as with any other server
            finally:
                os.close(lock)
        keep_path(cluster).write_text(this_start(cluster), encoding="utf-8")
