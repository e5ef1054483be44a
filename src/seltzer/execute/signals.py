"""Signals while a run is going: the running statement is cancelled and rolled back instead of cut off."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType


class Interrupted(KeyboardInterrupt):
    """SIGINT to a command.

    A class of its own, because CPython ends `python -m …` by SIGINT, whatever exit code it asks for, once a plain
    KeyboardInterrupt has passed through the `exec` of a string: the making of a dataclass is one.
    """


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


@contextmanager
def interruption_raises() -> Generator[None]:
    """Let SIGINT raise `Interrupted` while the block runs, where Python would raise its own KeyboardInterrupt."""
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield  # a thread hears none; others ignore it, as after nohup, or hear it themselves
        return
    signal.signal(signal.SIGINT, _raise_interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def ends_the_run(number: int) -> bool:
    """Whether a signal raises in the main thread: the application's own handlers may do anything else."""
    return signal.getsignal(number) in {signal.default_int_handler, _raise_interrupted, _raise}


def _raise(_number: int, _frame: FrameType | None) -> None:
    raise Terminated


def _raise_interrupted(_number: int, _frame: FrameType | None) -> None:
    raise Interrupted
