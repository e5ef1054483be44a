"""Locks on files: the kernel drops them with the processes that hold them, however these end.

A lock belongs to the opening of a file, not to a process: two threads that open it are strangers, and a forked
child, or a program that was given the descriptor, holds it together with its parent.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


@contextmanager
def exclusive(path: Path) -> Generator[None]:
    """Hold a file's lock alone while the block runs; waits for it."""
    lock = _open(path)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        let_go(lock)


def hold_shared(path: Path) -> int:
    """Hold a file's lock together with others; returns the descriptor that holds it."""
    lock = _open(path)
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


def hold_alone(path: Path) -> int | None:
    """Hold a file's lock alone, if nobody else holds it; returns the descriptor, or None."""
    lock = _open(path)
    if becomes_alone(lock):
        return lock
    os.close(lock)
    return None


def becomes_alone(lock: int) -> bool:
    """Whether nobody else holds this lock; it is then held alone, otherwise maybe no longer at all."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(path: Path) -> bool:
    """Whether anyone holds a file's lock; without the file nobody does."""
    if not path.exists():
        return False
    lock = hold_alone(path)
    if lock is None:
        return True
    let_go(lock)
    return False


def is_current(lock: int, path: Path) -> bool:
    """Whether a descriptor still holds the file that others find under this path: it may have been removed."""
    try:
        return os.path.samestat(os.fstat(lock), path.lstat())
    except FileNotFoundError:
        return False


def let_go(lock: int) -> None:
    """Drop a lock, for forked children that inherited it too."""
    fcntl.flock(lock, fcntl.LOCK_UN)
    os.close(lock)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
