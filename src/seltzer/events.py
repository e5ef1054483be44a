"""What a run says while it goes: plain facts, handed to `on_event` and to the logger `seltzer`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from seltzer.model import Statement


class RunStarted(NamedTuple):
    """A run holds the lock and is about to apply `ids`."""

    ids: tuple[str, ...]


class LockWaited(NamedTuple):
    """Another run holds the migration lock; `holder` describes it as far as the server says."""

    waited_s: float
    holder: str


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A migration is about to run.

    Attributes:
        id: Of the migration.
        index: It is the `index`-th of `total`, counted from 1.
        total: How many the run has.
        state: What it will be when it has run.
        statements: What it is made of, where that is known before it runs.
    """

    id: str
    index: int
    total: int
    state: str = "applied"
    statements: tuple[Statement, ...] = field(default=(), repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class TrialStarted:
    """A check waits for what is tried of a migration.

    Attributes:
        id: Of the migration.
        index: It is the `index`-th of `total`, counted from 1.
        total: How many are tried.
    """

    id: str
    index: int
    total: int


class StatementStarted(NamedTuple):
    """A statement that is sent alone is about to run."""

    id: str
    line: int
    head: str


class Blocker(NamedTuple):
    """A session that others wait for.

    Attributes:
        pid: Its backend; 0 for a transaction that was prepared and not yet committed.
        user: Its role.
        application: Its application name; empty without one.
        state: What the server calls its state; empty when this role may not see it.
        transaction_s: The age of its transaction; None outside of one, and when it cannot be seen.
        query: The beginning of its last statement, without literals; empty when it cannot be seen.
        gid: The name of a prepared transaction; empty for a session.
    """

    pid: int
    user: str
    application: str
    state: str
    transaction_s: float | None
    query: str
    gid: str = ""


class StatementBlocked(NamedTuple):
    """A statement waits for other sessions; `waited_s` counts from its start."""

    id: str
    waited_s: float
    blockers: tuple[Blocker, ...]


class BlockersTerminated(NamedTuple):
    """Sessions that a migration had waited for were ended, as `terminate-blockers` asks."""

    id: str
    waited_s: float
    blockers: tuple[Blocker, ...]


class IndexBuilding(NamedTuple):
    """An index build goes on: its phase, how much of that is done, and the seconds it may still take."""

    id: str
    name: str
    phase: str
    percent: int | None
    left_s: float | None


class StatementRunning(NamedTuple):
    """A statement has run for long, nobody is in its way, and the server has no word for how far it is.

    `line` and `head` are of the statement; of several that are sent together, `last_line` is the last one's, and which
    of them is at work nobody knows. `table` is the largest that it has locked, `table_bytes` about its size.
    """

    id: str
    line: int | None
    last_line: int | None
    head: str
    running_s: float
    table: str
    table_bytes: int | None


class StepRetried(NamedTuple):
    """A migration was rolled back for want of a lock and is tried again after a pause; `reason` is the server's."""

    id: str
    attempt: int
    pause_s: float
    reason: str


class StepFinished(NamedTuple):
    """A migration and its history row, which says `state`, are committed."""

    id: str
    duration_ms: int
    state: str = "applied"


class StepFailed(NamedTuple):
    """A migration failed; the error follows as an exception."""

    id: str
    message: str


class NoticeReceived(NamedTuple):
    """The server said something while a migration ran (`NOTICE`, `WARNING`)."""

    id: str
    severity: str
    message: str


class Warned(NamedTuple):
    """Something a person should know that stops nothing."""

    message: str


class RunFinished(NamedTuple):
    """The run is over and durable."""

    applied: tuple[str, ...]
    duration_ms: int


Event: TypeAlias = (
    RunStarted
    | LockWaited
    | StepStarted
    | TrialStarted
    | StatementStarted
    | StatementBlocked
    | BlockersTerminated
    | IndexBuilding
    | StatementRunning
    | StepRetried
    | StepFinished
    | StepFailed
    | NoticeReceived
    | Warned
    | RunFinished
)
Listener: TypeAlias = Callable[[Event], None]
