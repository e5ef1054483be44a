"""Plain lines for what a run says while it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.events import (
    LockWaited,
    NoticeReceived,
    StatementBlocked,
    StatementStarted,
    StepFinished,
    StepStarted,
    Warned,
)
from seltzer.model import Direction

if TYPE_CHECKING:
    from seltzer.events import Blocker, Event


def event_line(event: Event, *, verbose: bool) -> str | None:
    """What a run says while it goes; None for what is not worth a line."""
    line: str | None = None
    match event:
        case StepFinished():
            line = f"{event.state} {event.id} ({event.duration_ms} ms)"
        case LockWaited():
            line = f"waiting for the migration lock, held by {event.holder} ({event.waited_s:.0f} s)"
        case StatementBlocked():
            blockers = "; ".join(_blocker(item) for item in event.blockers)
            line = f"{event.id} waits for {blockers} ({event.waited_s:.0f} s)"
        case Warned():
            line = f"warning: {event.message}"
        case NoticeReceived():
            line = f"{event.severity.lower()}: {event.message} ({event.id})"
        case StepStarted() if verbose:
            doing = "reverting" if event.state == Direction.REVERT else "applying"
            line = f"{doing} {event.id} ({event.index} of {event.total})"
        case StatementStarted() if verbose:
            line = f"  line {event.line}: {event.head}"
        case _:
            pass
    return line


def _blocker(item: Blocker) -> str:
    """`backend 12 (app, psql, idle in transaction for 63 s): SELECT …`."""
    age = f" for {item.transaction_s:.0f} s" if item.transaction_s is not None else ""
    facts = [item.user, item.application, f"{item.state}{age}"]
    about = ", ".join(fact for fact in facts if fact)
    query = f": {item.query}" if item.query else ""
    return f"backend {item.pid} ({about}){query}"
