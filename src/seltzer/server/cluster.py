"""One data folder and the server on it: make it, start it, stop it, find it again after a crash.

Who calls these functions holds the cluster's start lock (see `sharing`). The server and every program that works on
the data hold `server.lock` besides, by a descriptor that they inherit: when that lock is free, nothing of a former
server is left alive, whatever number its pid file names. (Process numbers come back, at once in a container.)
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from seltzer.errors import ServerStartError
from seltzer.server.locks import hold_alone, is_held
from seltzer.server.places import SOCKET_NAME, discard_socket_folder, new_folder, new_socket_folder
from seltzer.server.postmaster import PORT, SUPERUSER, Server, pid_file_path, read_pid_file, running_server
from seltzer.server.programs import run_program

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from seltzer.server.account import Account
    from seltzer.server.binaries import Binaries

_PATIENCE = timedelta(seconds=60)  # for recovery after a crash, or a last checkpoint
_PAUSE = timedelta(milliseconds=10)
_LOG_TAIL_BYTES = 2000
# Records of sessions, which have statements and rows in them; a start fails for reasons of the server's own.
_OF_SESSIONS = re.compile(
    r"(?:ERROR|STATEMENT|QUERY|CONTEXT|NOTICE):|LOG:  (?:statement|execute|duration|parse|bind)|Failed process was"
)
_DRAFT = "data.new-"
# C.UTF-8 knows letters beyond ASCII; macOS has it from version 15 on only.
_LOCALES = ("C.UTF-8", "C")


class Shutdown(StrEnum):
    """How a server ends: its sessions closed and all of it written, or at once, for data that nobody needs."""

    FAST = "fast"
    IMMEDIATE = "immediate"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A data folder with what is needed to run a server on it.

    Attributes:
        home: The folder of ours that holds the data, the locks and the log.
        binaries: The programs, where `account` can use them.
        account: Whom they run as; None for this process's user.
    """

    home: Path
    binaries: Binaries
    account: Account | None

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder; there only when it is complete."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """What the programs say."""
        return self.home / "server.log"

    @property
    def work_lock(self) -> Path:
        """Held by every program that works on the data."""
        return self.home / "server.lock"


def ensure_running(cluster: Cluster, settings: Mapping[str, str]) -> Server:
    """The running server of a cluster: the one that is there, or one that is started now, with these settings.

    Raises:
        ServerStartError: It does not start; the detail has the end of its log.
        OSError: The home cannot be written.
    """
    return find_server(cluster) or _start(cluster, settings)


def find_server(cluster: Cluster) -> Server | None:
    """The running server of a cluster, after waiting for one that is just starting or ending.

    Raises:
        ServerStartError: Programs of a former server do not end.
    """
    deadline = time.monotonic() + _PATIENCE.total_seconds()
    while (server := running_server(cluster.data, cluster.binaries.major)) is None:
        if not is_held(cluster.work_lock):
            return None
        if time.monotonic() > deadline:
            raise ServerStartError(
                f"the server in {cluster.home} neither answers nor ends",
                hint=f"See {cluster.log}; its processes have the folder in their command line.",
            )
        if _lost_socket(cluster):
            _run(cluster, "pg_ctl", ["stop", "--silent", "--no-wait", "--mode=immediate"])
        time.sleep(_PAUSE.total_seconds())
    return server


def stop(cluster: Cluster, how: Shutdown) -> None:
    """Stop the server of a cluster, if it runs, and wait until its last process has ended.

    Raises:
        ServerStartError: It is neither running nor gone.
    """
    server = find_server(cluster)
    if server is None:
        return
    for mode in (how, Shutdown.IMMEDIATE):
        _run(cluster, "pg_ctl", ["stop", "--silent", "--no-wait", f"--mode={mode}"])
        if _ended(cluster):
            break
    discard_socket_folder(server.socket_folder)


def _ended(cluster: Cluster) -> bool:
    """Whether the last process of a server ended while we waited."""
    deadline = time.monotonic() + _PATIENCE.total_seconds()
    while held := is_held(cluster.work_lock):
        if time.monotonic() > deadline:
            break
        time.sleep(_PAUSE.total_seconds())
    return not held


def _lost_socket(cluster: Cluster) -> bool:
    """Whether a server lives that nobody can reach any more, its socket gone with the temporary files."""
    found = read_pid_file(cluster.data)
    return bool(found and found.ready and found.socket_folder and not (found.socket_folder / SOCKET_NAME).exists())


def _start(cluster: Cluster, settings: Mapping[str, str]) -> Server:
    _clear_leftovers(cluster)
    with _at_work(cluster) as lock:
        if not (cluster.data / "global" / "pg_control").is_file():
            _initialise(cluster, lock)
        folder = new_socket_folder(cluster.account)
        options = " ".join(
            f"-c {shlex.quote(f'{name}={value}')}" for name, value in {**settings, **_fixed_settings(folder)}.items()
        )
        _run(cluster, "pg_ctl", ["start", "--silent", "--no-wait", f"--options={options}"], lock)
    server = find_server(cluster)
    if server is None:
        discard_socket_folder(folder)
        raise ServerStartError(
            f"the private PostgreSQL {cluster.binaries.major} in {cluster.home} did not start",
            hint=f"See {cluster.log}; a database that is not needed any more starts afresh without {cluster.data}.",
            detail=_log_tail(cluster),
        )
    return server


def _fixed_settings(socket_folder: Path) -> dict[str, str]:
    """What makes the server ours: one socket in a private folder, no network, nothing of it outside its folders."""
    return {
        "listen_addresses": "",
        "unix_socket_directories": f'"{socket_folder}"',
        "unix_socket_permissions": "0700",
        "port": str(PORT),
        "dynamic_shared_memory_type": "mmap",  # the default leaves files in /dev/shm after a crash
        "logging_collector": "off",
        "log_destination": "stderr",
    }


@contextmanager
def _at_work(cluster: Cluster) -> Generator[int]:
    """Hold the work lock while programs are started that inherit it; closing it here leaves it to them."""
    lock = hold_alone(cluster.work_lock)
    if lock is None:
        raise ServerStartError(f"another program is at work on {cluster.home}", hint="Try again.")
    try:
        yield lock
    finally:
        os.close(lock)


def _clear_leftovers(cluster: Cluster) -> None:
    """Remove what a killed initdb or a crashed server left, once nothing of either is alive."""
    for draft in cluster.home.glob(f"{_DRAFT}*"):
        shutil.rmtree(draft)
    if (found := read_pid_file(cluster.data)) and found.socket_folder:
        discard_socket_folder(found.socket_folder)
    # PostgreSQL would refuse to start while any process of the same user has the number in this file.
    pid_file_path(cluster.data).unlink(missing_ok=True)
    if cluster.log.exists():
        cluster.log.replace(cluster.log.with_suffix(".log.old"))


def _initialise(cluster: Cluster, lock: int) -> None:
    """Make the data folder: whole, by a rename, or not at all. Incomplete data is put aside, never deleted."""
    if cluster.data.exists():
        cluster.data.rename(new_folder(cluster.home, "data.incomplete-", cluster.account) / "data")
    draft = new_folder(cluster.home, _DRAFT, cluster.account)
    flags = ["--auth=trust", "--encoding=UTF8", "--lc-messages=C", "--no-sync", "--no-instructions"]
    for locale in _LOCALES:
        arguments = [f"--pgdata={draft}", f"--username={SUPERUSER}", f"--locale={locale}", *flags]
        program = cluster.binaries.program("initdb")
        if run_program(program, arguments, cluster.account, cluster.log, lock) == 0:
            draft.rename(cluster.data)
            return
    raise ServerStartError(
        f"initdb of PostgreSQL {cluster.binaries.major} failed in {cluster.home}",
        hint=f"See {cluster.log}.",
        detail=_log_tail(cluster),
    )


def _run(cluster: Cluster, program: str, arguments: list[str], lock: int | None = None) -> int:
    path = cluster.binaries.program(program)
    return run_program(path, [*arguments, f"--pgdata={cluster.data}"], cluster.account, cluster.log, lock)


def _log_tail(cluster: Cluster) -> str:
    """The end of the log, without what sessions left there. It begins anew with each start."""
    try:
        data = cluster.log.read_bytes()
    except FileNotFoundError:
        return ""
    lines = data[-_LOG_TAIL_BYTES:].decode(errors="replace").split("\n")
    # A tab goes on with the record of the line before, which may have been cut off.
    text = "\n".join(lines[1:] if len(data) > _LOG_TAIL_BYTES else lines).lstrip("\t")
    kept: list[str] = []
    of_session = False
    for record in re.split(r"\n(?!\t)", text):
        # A detail belongs to the record before it.
        of_session = bool(_OF_SESSIONS.search(record)) or (of_session and "DETAIL:" in record)
        if not of_session:
            kept.append(record)
    return "\n".join(kept).strip()
