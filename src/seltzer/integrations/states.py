"""States for tests: made as a check makes them, and nothing is tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.claims.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.model import Step


class StateLab(Lab):
    """A lab that makes states and tries nothing."""

    def refuse(self, steps: Sequence[Step]) -> None:
        """Nothing is refused, roles neither: the server is there for tests."""
