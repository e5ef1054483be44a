"""A migration that did not get its lock is tried again as a whole, with growing pauses between the tries.

A statement that waits for a lock holds up everybody who comes after it, so it gives up soon (`lock-timeout`); the
pauses let the queue behind it through.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, TypeVar

from seltzer.db.lock import pause
from seltzer.errors import LockTimeoutError, SeltzerError
from seltzer.events import StepRetried
from seltzer.execute.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from seltzer.execute.context import Run
    from seltzer.model import Step

ResultT = TypeVar("ResultT")

LOCK_NOT_AVAILABLE = "55P03"

# A lock that did not come, a deadlock, a serialization failure: nothing is wrong with the migration itself.
_PASSING = frozenset((LOCK_NOT_AVAILABLE, "40P01", "40001"))
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 10.0


def with_retries(run: Run, step: Step, attempt: Callable[[], ResultT]) -> ResultT:
    """Call `attempt` until it succeeds, fails for good, or `lock-retry-for` is over.

    Raises:
        LockTimeoutError: It never got its locks.
        SeltzerError: It failed, and another try would not help.
    """
    outer, run.waiting = run.waiting, (waiting := Waiting(run))
    failed_first: float | None = None
    tries = 1
    try:
        while True:
            try:
                return attempt()
            except SeltzerError as error:
                # What was not rolled back whole cannot be done again whole; a unit of a file was tried often enough.
                if (
                    isinstance(error, LockTimeoutError)
                    or error.sqlstate not in _PASSING
                    or error.rolled_back is not True
                ):
                    raise
                now = time.monotonic()
                failed_first = failed_first or now
                left = run.lock_retry_for.total_seconds() - (now - failed_first)
                if left <= 0:
                    raise _given_up(error, tries, now - failed_first, waiting) from None
                length = min(_pause_after(tries), left)  # the last try is at the end, not a pause before it
                tries += 1
                run.say(
                    StepRetried(error.migration or step.migration.id, tries, length, error.recorded or error.message)
                )
            pause(length, run.stop)
    finally:
        run.waiting = outer
        waiting.close()


def _pause_after(tries: int) -> float:
    """Seconds; random, so that several that were in each other's way do not meet again."""
    longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** (tries - 1))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311  # no secret


def _given_up(error: SeltzerError, tries: int, seconds: float, waiting: Waiting) -> SeltzerError:
    times = f"; tried {tries} times in {seconds:.0f} s" if tries > 1 else ""
    if error.sqlstate != LOCK_NOT_AVAILABLE:
        error.message += times
        return error
    held = ", ".join(
        f"backend {item.pid}" if item.pid else f"prepared transaction '{item.gid}'"
        for item in waiting.blockers
        if item.pid or item.gid
    )
    made = LockTimeoutError(
        f"{error.message}{times}{f'; held by {held}' if held else ''}",
        hint="Apply again when the sessions that hold the lock have ended, or raise lock-timeout or lock-retry-for.",
        place=error.place,
        migration=error.migration,
        sqlstate=error.sqlstate,
        detail=error.detail,
        rolled_back=True,
    )
    made.reverting = error.reverting
    made.recorded = error.recorded
    return made
