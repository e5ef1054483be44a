"""What a run will do, and why in that order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.model.files import Migration


class Reason(StrEnum):
    """Why a step is in a plan."""

    NEW = "new"
    CHANGED = "changed"
    FAILED = "failed"
    NEEDED = "needed"
    LATE = "late"


class Direction(StrEnum):
    """What a step does with its migration; the value is the state that its history row says."""

    APPLY = "applied"
    REVERT = "reverted"

    @property
    def verb(self) -> str:
        """What a person types to do it."""
        return "apply" if self is Direction.APPLY else "revert"


@dataclass(frozen=True, slots=True)
class Edge:
    """One migration runs before another.

    Attributes:
        before: Id of the one that runs first.
        after: Id of the one that waits.
        because: `table public.users`, `declared`, `order in the module`, `removes table public.x`.
        soft: Dropped where it would close a ring.
        weak: A soft edge that gives way to other soft ones: a habit, not a name.
        place: File and line of the word that makes the edge; None for an order by name.
    """

    before: str
    after: str
    because: str
    soft: bool = False
    weak: bool = False
    place: tuple[Path, int] | None = None


def down_id(migration: str) -> str:
    """What the records of a migration's way back are kept under: they are no steps of the migration itself."""
    return f"{migration}.down"


@dataclass(frozen=True, slots=True)
class Step:
    """One migration that a run will apply or revert.

    Attributes:
        migration: What runs; to revert, the text and statements of its way back.
        reason: Why.
        generation: The generation its history row will have.
        depends_on: The edges that put other steps of this plan before it.
        direction: Whether it is applied or reverted.
        former: The id under which it was last applied, with other content; None when it never was.
    """

    migration: Migration
    reason: Reason
    generation: int
    depends_on: tuple[Edge, ...] = ()
    direction: Direction = Direction.APPLY
    former: str | None = None

    @property
    def progress_id(self) -> str:
        """What the records of a step that runs unit by unit are kept under: a way back has its own."""
        return self.migration.id if self.direction is Direction.APPLY else down_id(self.migration.id)

    def is_unfinished(self, begun: frozenset[str]) -> bool:
        """Whether an earlier run has begun it unit by unit, perhaps under a former id.

        Args:
            begun: What records are kept under.
        """
        former = self.migration.directives.was if self.direction is Direction.APPLY else ()
        return not begun.isdisjoint((self.progress_id, *former))


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do, in order."""

    steps: tuple[Step, ...]
