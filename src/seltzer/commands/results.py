"""What the verbs return: frozen, with everything that `report` prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seltzer.commands.run_result import RunResult

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from seltzer.db.history import HistoryLine
    from seltzer.db.lock import Holder
    from seltzer.errors import SeltzerError
    from seltzer.model import DatabaseState, FileState, Kind, Language, Reason

__all__ = [
    "ForgetResult",
    "HistoryResult",
    "InitResult",
    "MigrationStatus",
    "NewResult",
    "PlanResult",
    "PlanStep",
    "RevertResult",
    "RunResult",
    "StampResult",
    "StatusResult",
]


@dataclass(frozen=True, slots=True)
class NewResult:
    """What was written.

    Attributes:
        files: The files that were written or renamed, and those whose directives follow.
        edited: Those of them that kept their name.
    """

    files: tuple[Path, ...]
    edited: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class RevertResult:
    """What a revert did; `reverted` has the ids in the order in which they were reverted."""

    state: DatabaseState
    reverted: tuple[str, ...]
    duration_ms: int


@dataclass(frozen=True, slots=True)
class StampResult:
    """What a stamp wrote, or would write; `recorded` is the state that its rows say."""

    state: DatabaseState
    stamped: tuple[str, ...]
    recorded: FileState


@dataclass(frozen=True, slots=True)
class ForgetResult:
    """The ids that the history was told are gone for good."""

    forgotten: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MigrationStatus:
    """One line of `status`."""

    id: str
    module: str
    name: str
    kind: Kind | str
    language: Language
    state: FileState
    late: bool
    applied_at: datetime | None


@dataclass(frozen=True, slots=True)
class StatusResult:
    """What `status` found.

    Attributes:
        state: The database's state.
        database: `user@host:port/name`.
        migrations: All files in the order of their ids, then what is missing; or the named ones of them.
        run: The session that holds the migration lock; None when nobody does.
        stop: What would stop a run before anything happens; None when nothing does.
    """

    state: DatabaseState
    database: str
    migrations: tuple[MigrationStatus, ...]
    run: Holder | None
    stop: SeltzerError | None


@dataclass(frozen=True, slots=True)
class HistoryResult:
    """What `history` found, oldest first; the history itself has `total` rows."""

    rows: tuple[HistoryLine, ...]
    total: int = 0


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step of a plan.

    Attributes:
        id: Of the migration.
        file: Where it lies.
        reason: Why it runs.
        transactional: Whether it runs in one transaction; None for a runner with a connection of its own.
        statements: How many it has; None where only running it would tell.
        depends_on: Ids that run before it in this plan, each with the reason.
        text: Its SQL; Python as comments.
    """

    id: str
    file: Path
    reason: Reason
    transactional: bool | None
    statements: int | None
    depends_on: tuple[tuple[str, str], ...]
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PlanResult:
    """What an apply would do.

    Attributes:
        state: The database's state now.
        database: `user@host:port/name`; None for a plan from nothing.
        steps: In order.
    """

    state: DatabaseState
    database: str | None
    steps: tuple[PlanStep, ...]


@dataclass(frozen=True, slots=True)
class InitResult:
    """What `init` wrote, and what was there already."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]
