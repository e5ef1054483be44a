"""What `check` returns; by itself, because a terminal knows it and needs nothing of what a check does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seltzer.claims.finding import Severity

if TYPE_CHECKING:
    from seltzer.claims.finding import Finding, Judgement


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What was tried and seen.

    Attributes:
        judgements: One for each judged migration and claim, in the order of the plan.
        shadow: What it was tried on, in words.
        duration_ms: How long it took.
    """

    judgements: tuple[Judgement, ...]
    shadow: str
    duration_ms: int

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Those of all judgements."""
        return tuple(finding for item in self.judgements for finding in item.findings)

    @property
    def failed(self) -> bool:
        """Whether a claim is refuted by an error."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)
