"""The migrations of the service: applied while it starts, stopped when it is told to end meanwhile."""

import asyncio
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from migrations import run_all_migrations

from seltzer import Migrations, SeltzerError

MIGRATIONS = Migrations(Path(__file__).parent / "migrations")


async def apply_migrations() -> str:
    """Bring the database up to date in a thread and return the state it is in then.

    Raises:
        SeltzerError: A migration failed, or the run was stopped; the service must not start.
    """
    stop = threading.Event()
    with set_on_signals(stop):
        try:
            result = await asyncio.to_thread(run_all_migrations, stop=stop)
        finally:
            stop.set()  # a cancelled start leaves the thread behind: it must not go on migrating
    return str(result.state)


def migration_state() -> str:
    """Return `current`, `behind`, `ahead` or `diverged`; `unknown` when the database cannot be asked."""
    try:
        return str(MIGRATIONS.status().state)
    except SeltzerError:
        return "unknown"


@contextmanager
def set_on_signals(stop: threading.Event) -> Generator[None]:
    """Set `stop` on SIGINT and SIGTERM while the block runs, then do what the server does on them.

    uvicorn notes a signal and waits for the start to end before it looks: without this, a long migration would hold
    up the shutdown. Only the main thread may listen to signals; elsewhere this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    servers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop_and_forward(number: int, frame: FrameType | None) -> None:
        stop.set()
        handler = servers[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in servers:
        signal.signal(number, stop_and_forward)
    try:
        yield
    finally:
        for number, handler in servers.items():
            signal.signal(number, handler)
