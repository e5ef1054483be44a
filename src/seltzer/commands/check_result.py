"""What `check` returns; by itself, because a terminal knows it and needs nothing of what a check does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seltzer.model import Severity

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.claims.finding import Finding, Judgement

_SEVERITIES = (Severity.ERROR, Severity.WARNING, Severity.INFO)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A finding that was settled by writing files.

    Attributes:
        rule: Its rule.
        id: The migration that had it.
        file: Where it stood.
        message: What was wrong.
        written: The files that its migration is now.
    """

    rule: str
    id: str
    file: Path
    message: str
    written: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What was tried and seen.

    Attributes:
        judgements: One for each judged migration and claim, in the order of the plan.
        shadow: What it was tried on, in words.
        duration_ms: How long it took.
        fail_on: The least severity that makes it fail.
        fixed: What was found before, and is not any more because `--fix` wrote files.
        diff: What `--fix` would write, as the lines of a unified diff; None when that was not asked.
    """

    judgements: tuple[Judgement, ...]
    shadow: str
    duration_ms: int
    fail_on: Severity = Severity.ERROR
    fixed: tuple[Fixed, ...] = ()
    diff: tuple[str, ...] | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Those of all judgements."""
        return tuple(finding for item in self.judgements for finding in item.findings)

    @property
    def failed(self) -> bool:
        """Whether a claim is refuted by a finding that matters so much."""
        failing = _SEVERITIES[: _SEVERITIES.index(self.fail_on) + 1]
        return any(finding.severity in failing for finding in self.findings)
