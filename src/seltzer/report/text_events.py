"""Plain lines for what a run says while it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.events import (
    BlockersTerminated,
    IndexBuilding,
    LockWaited,
    NoticeReceived,
    StatementBlocked,
    StatementRunning,
    StatementStarted,
    StepFinished,
    StepRetried,
    StepStarted,
    TrialStarted,
    Warned,
)
from seltzer.model import Direction

if TYPE_CHECKING:
    from seltzer.events import Blocker, Event


_STEP = 1024


def event_line(event: Event, *, verbose: bool) -> str | None:
    """What a run says while it goes; None for what is not worth a line."""
    line = _waiting_line(event)
    match event:
        case StepFinished():
            line = f"{event.state} {event.id} ({event.duration_ms} ms)"
        case Warned():
            line = f"warning: {event.message}"
        case NoticeReceived():
            line = f"{event.severity.lower()}: {event.message} ({event.id})"
        case StepStarted() if verbose:
            doing = "reverting" if event.state == Direction.REVERT else "applying"
            line = f"{doing} {event.id} ({event.index} of {event.total})"
        case TrialStarted() if verbose:
            line = f"checking {event.id} ({event.index} of {event.total})"
        case StatementStarted() if verbose:
            line = f"  line {event.line}: {event.head}"
        case _:
            pass
    return line


def _waiting_line(event: Event) -> str | None:
    """The same for what a run says while it waits."""
    line: str | None = None
    match event:
        case LockWaited():
            line = f"waiting for the migration lock, held by {event.holder} ({event.waited_s:.0f} s)"
        case StatementBlocked():
            line = f"{event.id} waits for {_blockers(event.blockers)} ({event.waited_s:.0f} s)"
        case BlockersTerminated():
            line = f"ended {_blockers(event.blockers)}: {event.id} had waited for {event.waited_s:.0f} s"
        case StepRetried():
            line = f"{event.id}: {event.reason}; rolled back, try {event.attempt} in {event.pause_s:.1f} s"
        case IndexBuilding():
            percent = f", {event.percent} %" if event.percent is not None else ""
            left = f", about {event.left_s:.0f} s left" if event.left_s is not None else ""
            line = f"{event.id}: building {event.name}: {event.phase}{percent}{left}"
        case StatementRunning():
            line = _running(event)
        case _:
            pass
    return line


def _running(event: StatementRunning) -> str:
    """`m/0001: line 3, ALTER TABLE …, has run for 20 s; PostgreSQL does not say how far it is (…)`."""
    if event.line is None:
        what = event.head or "a statement"
    elif event.head:
        what = f"line {event.line}, {event.head},"
    else:
        what = f"one of its statements (lines {event.line} to {event.last_line})"
    size = f", about {_size(event.table_bytes)}" if event.table_bytes is not None else ""
    table = f" (the largest table that it has locked: {event.table}{size})" if event.table else ""
    return f"{event.id}: {what} has run for {event.running_s:.0f} s; PostgreSQL does not say how far it is{table}"


def _size(size: float) -> str:
    """Bytes in the largest unit that leaves a number of one or more."""
    for unit in ("bytes", "kB", "MB"):
        if size < _STEP:
            return f"{size:.0f} {unit}"
        size /= _STEP
    return f"{size:.1f} GB"


def _blockers(items: tuple[Blocker, ...]) -> str:
    return "; ".join(_blocker(item) for item in items)


def _blocker(item: Blocker) -> str:
    """`backend 12 (app, psql, idle in transaction for 63 s): SELECT …`."""
    if not item.pid and item.state == "prepared transaction":
        return _prepared(item)
    age = f" for {item.transaction_s:.0f} s" if item.transaction_s is not None else ""
    facts = [item.user, item.application, f"{item.state}{age}"]
    about = ", ".join(fact for fact in facts if fact)
    query = f": {item.query}" if item.query else ""
    return f"backend {item.pid} ({about}){query}"


def _prepared(item: Blocker) -> str:
    """`prepared transaction 'g' (app, for 63 s), which COMMIT PREPARED 'g' or ROLLBACK PREPARED 'g' ends`."""
    if not item.gid:
        return "a prepared transaction (SELECT gid FROM pg_prepared_xacts), which COMMIT or ROLLBACK PREPARED ends"
    name = "'" + item.gid.replace("'", "''") + "'"
    age = f", for {item.transaction_s:.0f} s" if item.transaction_s is not None else ""
    return (
        f"prepared transaction {name} ({item.user}{age}), which COMMIT PREPARED {name} or ROLLBACK PREPARED {name} ends"
    )
