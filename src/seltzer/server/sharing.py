"""One server for all processes that use it: started by the first, stopped after the last, adopted after a crash.

Who uses the server holds `users.lock` together with the others; who leaves and gets it alone was the last, and stops
the server. Starting, joining, leaving and stopping happen one at a time, under `start.lock`. The kernel drops the
locks of killed processes: a server that lost all its users that way stays up for the next one.
"""

from __future__ import annotations

import atexit
import os
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from seltzer.errors import ServerStartError
from seltzer.server.account import owner_account, server_account
from seltzer.server.cluster import Cluster, Shutdown, ensure_running, find_server, stop
from seltzer.server.copies import usable_binaries
from seltzer.server.locks import becomes_alone, exclusive, hold_shared, is_current, is_held, let_go
from seltzer.server.places import make_shared_home, shared_home
from seltzer.server.postmaster import Server, read_pid_file

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from seltzer.server.binaries import Binaries

NO_SETTINGS: Mapping[str, str] = MappingProxyType({})
"""The server keeps PostgreSQL's own settings."""

THROW_AWAY_SETTINGS: Mapping[str, str] = MappingProxyType(
    {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
)
"""Settings for a server whose data may be lost with the machine: nothing waits for the disk."""


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What is known of a folder's server.

    Attributes:
        data: Where its data is, or would be.
        server: The running server; None when none runs.
        kept: Whether it was started explicitly, and so stays up without users.
        in_use: Whether any process uses it.
    """

    data: Path
    server: Server | None
    kept: bool
    in_use: bool


@dataclass(frozen=True, slots=True)
class Use:
    """This process's claim on a running server: `leave` ends it."""

    server: Server
    cluster: Cluster
    lock: int
    pid: int


@contextmanager
def shared_server(folder: Path, binaries: Binaries, settings: Mapping[str, str] = NO_SETTINGS) -> Generator[Server]:
    """Use the server of a folder while the block runs; it is started if nobody has it running yet.

    Args:
        folder: Such as `.seltzer` of a project; made if need be, ignored by git. As root the data is elsewhere:
            see `Server.data`.
        binaries: The programs to run.
        settings: Of `postgresql.conf`; they count only for who starts the server.

    Raises:
        ServerStartError: It does not start, or the folder cannot be used.
    """
    use = join(shared_cluster(folder, binaries), settings)
    try:
        yield use.server
    finally:
        leave(use)


_held: dict[tuple[Path, int], Use] = {}


def hold_server(folder: Path, binaries: Binaries, settings: Mapping[str, str] = NO_SETTINGS) -> Server:
    """Use the server of a folder until this process ends or releases it: for an application that stays.

    Calling it again is harmless, from any thread, and starts the server again if it has crashed. A process that is
    killed leaves the server up for the next user.

    Args:
        folder: See `shared_server`.
        binaries: The programs to run.
        settings: See `shared_server`.

    Raises:
        ServerStartError: It does not start, or the folder cannot be used.
    """
    use = join(shared_cluster(folder, binaries), settings)
    # The process's number is in the key: a forked child has a copy of its parent's claims, which are not its own.
    if _held.setdefault((use.cluster.home, os.getpid()), use) is not use:
        leave(use)
    return use.server


def release_server(folder: Path, binaries: Binaries) -> None:
    """End what `hold_server` began; does nothing when this process does not hold the server."""
    use = _held.pop((_cluster(folder, binaries).home, os.getpid()), None)
    if use is not None:
        leave(use)


@atexit.register
def _release_all() -> None:
    for key in [key for key in _held if key[1] == os.getpid()]:
        leave(_held.pop(key))


def start_server(folder: Path, binaries: Binaries, settings: Mapping[str, str] = NO_SETTINGS) -> Server:
    """Start the server of a folder, or find it running, and keep it up until `stop_server`.

    Raises:
        ServerStartError: It does not start, or the folder cannot be used.
    """
    cluster = shared_cluster(folder, binaries)
    with usable(cluster.home), exclusive(start_lock(cluster)):
        server = ensure_running(cluster, settings)
        keep_path(cluster).write_text(this_start(cluster), encoding="utf-8")
        return server


def stop_server(folder: Path, binaries: Binaries) -> bool:
    """Stop the server of a folder, used or not; returns whether there was one to stop."""
    cluster = _cluster(folder, binaries)
    if not cluster.home.is_dir():
        return False
    with usable(cluster.home), exclusive(start_lock(cluster)):
        keep_path(cluster).unlink(missing_ok=True)
        runs = find_server(cluster) is not None
        stop(cluster, Shutdown.FAST)
        return runs


def server_status(folder: Path, binaries: Binaries) -> ServerStatus:
    """Whether the server of a folder runs, and for whom; makes nothing in the folder."""
    cluster = _cluster(folder, binaries)
    if not cluster.home.is_dir():
        return ServerStatus(cluster.data, None, kept=False, in_use=False)
    with usable(cluster.home), exclusive(start_lock(cluster)):
        server = find_server(cluster)
        return ServerStatus(cluster.data, server, kept=_is_kept(cluster), in_use=is_held(users_lock(cluster)))


def join(cluster: Cluster, settings: Mapping[str, str]) -> Use:
    """Become a user of a cluster's server; `leave` ends it.

    Raises:
        ServerStartError: It does not start, or its home cannot be used.
    """
    with usable(cluster.home), exclusive(start_lock(cluster)):
        lock = hold_shared(users_lock(cluster))
        try:
            return Use(ensure_running(cluster, settings), cluster, lock, os.getpid())
        except ServerStartError:
            let_go(lock)
            raise
        except BaseException:  # an interrupt must not leave a server behind that nobody uses
            _give_up(cluster, lock)
            raise


def leave(use: Use) -> None:
    """Stop being a user; the last one stops the server.

    In a forked child it does nothing: the claim is its parent's.
    """
    if use.pid != os.getpid():
        return
    if not is_current(use.lock, users_lock(use.cluster)):
        let_go(use.lock)  # somebody removed the folder; a server that is there now has other users
        return
    with usable(use.cluster.home), exclusive(start_lock(use.cluster)):
        _give_up(use.cluster, use.lock)


def _give_up(cluster: Cluster, lock: int) -> None:
    try:
        if becomes_alone(lock) and not _is_kept(cluster):
            stop(cluster, Shutdown.FAST)
    finally:
        let_go(lock)


def shared_cluster(folder: Path, binaries: Binaries) -> Cluster:
    """The cluster of a folder, its home made and its programs where its account can use them.

    Raises:
        ServerStartError: The folder cannot be used.
    """
    account = server_account()
    with usable(folder):
        make_shared_home(folder, shared_home(folder, binaries.major, account), account)
    return _cluster(folder, binaries)


def _cluster(folder: Path, binaries: Binaries) -> Cluster:
    """The cluster of a folder, whose home may not be there yet."""
    account = server_account()
    with usable(folder):
        home = shared_home(folder, binaries.major, account)
        account = owner_account(home / "data", account)
        return Cluster(home, usable_binaries(binaries, account), account)


@contextmanager
def usable(folder: Path) -> Generator[None]:
    """Turn what the system refuses (a full disk, a read-only folder, another user's files) into an error of ours."""
    try:
        yield
    except OSError as error:
        raise ServerStartError(
            f"no private server can be run in {folder}: {error.strerror}: {error.filename or ''}".rstrip(": "),
            hint="Make the folder writable for this user, or name another one: embedded:DIR.",
        ) from error


def start_lock(cluster: Cluster) -> Path:
    """Held alone while the server is started, joined, left or stopped."""
    return cluster.home / "start.lock"


def users_lock(cluster: Cluster) -> Path:
    """Held by everybody who uses the server."""
    return cluster.home / "users.lock"


def keep_path(cluster: Cluster) -> Path:
    """The file that says which start of the server stays up without users."""
    return cluster.home / "keep"


def _is_kept(cluster: Cluster) -> bool:
    """Whether this very start of the server was asked to stay; after a crash it is another one."""
    try:
        return keep_path(cluster).read_text(encoding="utf-8") == this_start(cluster)
    except FileNotFoundError:
        return False


def this_start(cluster: Cluster) -> str:
    """What tells this start of the server from every other; empty without one."""
    found = read_pid_file(cluster.data)
    return found.start if found else ""
