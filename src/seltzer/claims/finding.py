"""What comes out of a check: findings with their evidence, and a verdict for each claim and migration."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.claims.fixes.recipe import Recipe
    from seltzer.claims.tracing import Effect
    from seltzer.model import Severity


APPLIES = "applies"
"""The rule of a migration that fails where everything before it is applied, whichever claim is tried first."""


class Verdict(StrEnum):
    """What is known of a claim after it was tried."""

    PROVEN = "proven"
    REFUTED = "refuted"
    UNPROVEN = "unproven"
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was seen and should not be so.

    Attributes:
        claim: The claim that it refutes.
        rule: Its name: what a silence (`ignore = rule: reason`) says, and what `seltzer rules` explains.
        severity: How much it matters.
        id: The migration.
        file: Where it is to be corrected.
        line: The line there, counted from 1; None when it speaks of the whole file.
        message: What is wrong, in one sentence with the reader's own names.
        evidence: What was tried and what was seen, a fact a line; never a row value of a real database.
        why: What it means in production.
        fix: The SQL to write instead; None when nobody can say it.
        recipe: The files that the fix consists of, where they replace the statement at the line.
    """

    claim: str
    rule: str
    severity: Severity
    id: str
    file: Path
    line: int | None
    message: str
    evidence: str
    why: str = ""
    fix: str | None = None
    recipe: Recipe | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a claim came to for one migration.

    Attributes:
        claim: Its name.
        id: The migration.
        verdict: Proven, refuted, unproven or not applicable.
        evidence: What was tried and seen; why it is unproven or does not apply. One sentence.
        findings: Why it is refuted; without any it is not.
        effects: What each statement did, where the claim looked at that.
    """

    claim: str
    id: str
    verdict: Verdict
    evidence: str
    findings: tuple[Finding, ...] = ()
    effects: tuple[Effect, ...] = ()


def proven(claim: str, migration: str, evidence: str) -> Judgement:
    """The claim was tried and held."""
    return Judgement(claim, migration, Verdict.PROVEN, evidence)


def unproven(claim: str, migration: str, reason: str) -> Judgement:
    """The claim could not be tried to the end, and why."""
    return Judgement(claim, migration, Verdict.UNPROVEN, reason)


def not_applicable(claim: str, migration: str, reason: str) -> Judgement:
    """The claim is none that this migration makes, and why."""
    return Judgement(claim, migration, Verdict.NOT_APPLICABLE, reason)


def judged(claim: str, migration: str, findings: tuple[Finding, ...], evidence: str) -> Judgement:
    """Refuted when there is a finding, else proven.

    Args:
        claim: Its name.
        migration: Its id.
        findings: What was seen and should not be so.
        evidence: What was tried, for the case that there is none.
    """
    if not findings:
        return proven(claim, migration, evidence)
    return Judgement(claim, migration, Verdict.REFUTED, findings[0].message, findings)
