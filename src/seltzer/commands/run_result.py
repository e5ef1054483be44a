"""What a start returns; a file of its own, because a start with nothing to do needs no other result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seltzer.model import DatabaseState


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
