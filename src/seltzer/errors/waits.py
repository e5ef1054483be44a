"""A wait ran out (exit code 5), something is pending (3), or a signal ended the run (130, 143)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.errors.base import SeltzerError

if TYPE_CHECKING:
    from datetime import timedelta


class LockHeldError(SeltzerError):
    """Another run holds the migration lock.

    Attributes:
        waited: How long this run waited for the lock.
        holder_pid: The backend that holds it; None if it let go meanwhile.
    """

    exit_code = 5

    def __init__(self, waited: timedelta, holder_pid: int | None, who: str) -> None:
        super().__init__(
            f"{who} still holds the migration lock after {waited.total_seconds():g} s",
            hint="Wait for that run to end, or raise --lock-wait.",
        )
        self.waited = waited
        self.holder_pid = holder_pid


class LockTimeoutError(SeltzerError):
    """A migration did not get its locks within `lock-timeout`, however often it was tried."""

    exit_code = 5


class StillBehindError(SeltzerError):
    """With `policy = wait`, nobody made the database current in time."""

    exit_code = 5


class BehindError(SeltzerError):
    """With `policy = verify`, migrations are pending."""

    exit_code = 3


class InterruptedRunError(SeltzerError):
    """A signal or the caller stopped the run; the running statement was cancelled and rolled back."""

    exit_code = 130


class TerminatedRunError(InterruptedRunError):
    """SIGTERM stopped the run."""

    exit_code = 143
