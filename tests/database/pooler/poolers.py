"""A real PgBouncer before the tests' server."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from support import Database

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from seltzer.server import Server

PATIENCE_S = 60.0


def find_pgbouncer() -> str | None:
    """The program; Debian puts it where only root looks."""
    return shutil.which("pgbouncer", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))


@dataclass(frozen=True)
class Manner:
    """How a PgBouncer works.

    Attributes:
        mode: For how long it lends a session.
        pool_size: How many it has.
        user: Whom it connects as; the server's own user by default.
        upstream: Where it connects to, as keywords; the server's socket by default.
    """

    mode: str = "transaction"
    pool_size: int = 20
    user: str | None = None
    upstream: str | None = None


@contextmanager
def pgbouncer(server: Server, folder: Path, manner: Manner = Manner()) -> Generator[int]:  # frozen
    """Run a PgBouncer before a server while the block runs; the port that it listens on."""
    program = find_pgbouncer()
    assert program is not None
    log = folder / "pgbouncer.log"
    for _ in range(5):
        port = _free_port()
        settings = folder / f"pgbouncer-{port}.ini"
        settings.write_text(_settings(server, port, manner), encoding="utf-8")
        with log.open("w") as out, subprocess.Popen([program, str(settings)], stdout=out, stderr=out) as process:
            try:
                if _listens(process, port):
                    yield port
                    return
            finally:
                process.kill()
    raise AssertionError(log.read_text(encoding="utf-8"))


def _settings(server: Server, port: int, manner: Manner) -> str:
    owner = server.data.stat().st_uid
    # It refuses to be root, and has to be the server's account to enter the folder of its socket.
    account = f"user = {pwd.getpwuid(owner).pw_name}" if os.geteuid() == 0 else ""
    upstream = manner.upstream or f"host={server.socket_folder} port={server.port}"
    return f"""
[databases]
* = {upstream} user={manner.user or server.user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {manner.mode}
default_pool_size = {manner.pool_size}
server_login_retry = 1
max_client_conn = 300
{account}
"""


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        assert time.monotonic() < deadline, "PgBouncer does not listen"
        time.sleep(0.02)
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class PooledDatabase(Database):
    """A database of one test, as a pooler shows it.

    Attributes:
        port: Where the pooler listens.
    """

    port: int

    @property
    def url(self) -> str:
        """A libpq URL that leads through the pooler."""
        return f"postgresql://{self.server.user}@127.0.0.1:{self.port}/{self.name}"

    @property
    def direct(self) -> Database:
        """The same database without the pooler."""
        return Database(self.server, self.binaries, self.name)
