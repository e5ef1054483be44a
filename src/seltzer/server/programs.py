"""Running the server's programs: as whom, in which environment, where their output goes."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.server.account import Account

# What a program needs to be found and loaded. The rest (PGDATA, PGOPTIONS, an application's secrets) is not theirs.
_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def run_program(program: Path, arguments: list[str], account: Account | None, log: Path, lock: int | None) -> int:
    """Run a program of the server to its end; returns its exit code.

    Its output goes to `log` alone, which only this user can read: a server that it starts must not hold this
    process's output open. It has a session of its own, out of reach of the terminal's Ctrl-C, and time zone and
    messages are the same everywhere.

    Args:
        program: Its path.
        arguments: What follows its name.
        account: Whom it runs as; None for this process's user.
        log: The file that its output is appended to.
        lock: A descriptor that it, and what it starts, shall hold until they end.
    """
    environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600), "ab") as output:
        return subprocess.run(  # noqa: S603  # a program of ours with arguments of ours, no shell
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",  # the account may be unable to enter the working directory
            env={**environment, "LC_ALL": "C", "TZ": "UTC"},
            pass_fds=() if lock is None else (lock,),
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            check=False,
        ).returncode


def output_of(program: Path, *arguments: str) -> str:
    """What a program prints; empty when it does not run here."""
    try:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)  # noqa: S603  # a found path
    except OSError:  # another processor's program, or a script without its interpreter
        return ""
    return done.stdout.strip()
