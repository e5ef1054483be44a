"""SIGTERM while a run is going: the running statement is cancelled and rolled back instead of cut off."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType


class Terminated(KeyboardInterrupt):
    """SIGTERM, raised in the main thread; psycopg cancels its statement for it as for a Ctrl-C."""


@contextmanager
def termination_raises() -> Generator[None]:
    """Let SIGTERM raise `Terminated` while the block runs.

    Only the main thread hears signals: elsewhere the block runs as it is, and a run is ended by its `stop` event.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.signal(signal.SIGTERM, _raise)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


def _raise(_number: int, _frame: FrameType | None) -> None:
    raise Terminated
