"""What the verbs return: frozen, with everything that `report` prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from seltzer.db.history import HistoryLine
    from seltzer.db.lock import Holder
    from seltzer.errors import SeltzerError
    from seltzer.model import DatabaseState, FileState, Kind, Language


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a start or an apply did.

    Attributes:
        state: The database's state afterwards; None with `policy = off`, when nobody looked.
        applied: The ids that were applied, in order.
        duration_ms: From the first look to the last commit.
    """

    state: DatabaseState | None
    applied: tuple[str, ...]
    duration_ms: int


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
        migrations: All files in the order of their ids, then what is missing.
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
    """What `history` found, oldest first."""

    rows: tuple[HistoryLine, ...]


@dataclass(frozen=True, slots=True)
class InitResult:
    """What `init` wrote, and what was there already."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]
