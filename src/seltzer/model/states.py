"""States, and the rows of the history that they come from."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime


class FileState(StrEnum):
    """What the history says of one migration (see `planning.states`)."""

    APPLIED = "applied"
    PENDING = "pending"
    CHANGED = "changed"
    EDITED = "edited"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    REVERTED = "reverted"
    STAMPED = "stamped"
    MISSING = "missing"


class DatabaseState(StrEnum):
    """What the history says of a database, worst first."""

    DIVERGED = "diverged"
    BEHIND = "behind"
    AHEAD = "ahead"
    CURRENT = "current"


class HistoryRow(NamedTuple):
    """The newest word of the history about one id, with the older ones as far as a comparison needs them.

    Attributes:
        id: `module/name`.
        state: `applied`, `reverted` or `stamped`; empty when only failures are known.
        generation: How many times it was applied, reverted or stamped.
        checksum: Of the newest row that is not a failure.
        token_checksum: Of that row; empty where there is none.
        older: Checksums of all earlier rows of the id that are no failures.
        finished_at: When that row was written.
        failed: Whether a failure was noted after it.
        kind: What kind it had.
        position: Of the newest row; says in which order ids were applied.
    """

    id: str
    state: str
    generation: int
    checksum: str
    token_checksum: str
    older: frozenset[str]
    finished_at: datetime | None
    failed: bool
    kind: str
    position: int
