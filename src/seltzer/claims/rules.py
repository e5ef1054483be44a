"""Every rule there is, with its manual page: those that text shows, and those that a trial shows."""

from __future__ import annotations

import difflib
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from seltzer.claims.compatible_rules import COMPATIBLE_RULES
from seltzer.claims.fixes.guarded import FIXED_RULES
from seltzer.claims.fixes.rewriting import WRITTEN_RULES
from seltzer.claims.guidelines.rule import GUIDELINES, Page
from seltzer.claims.guidelines.rules import RULES
from seltzer.claims.names import CLAIMS
from seltzer.claims.silences import UNUSED
from seltzer.claims.trial_rules import TRIAL_RULES
from seltzer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping


_WITH_RECIPES = "effects"


class Rule(NamedTuple):
    """A rule.

    Attributes:
        name: What a silence says.
        claim: The claim that a finding of it refutes.
        severity: How much one matters, unless the finding says otherwise.
        page: Its manual page.
    """

    name: str
    claim: str
    severity: Severity
    page: Page

    @property
    def fixable(self) -> bool:
        """Whether `check --fix` writes what is to be written instead, where that is safe."""
        return self.name in {*FIXED_RULES, *WRITTEN_RULES} or self.claim == _WITH_RECIPES


_UNUSED = Rule(
    UNUSED,
    GUIDELINES,
    Severity.WARNING,
    Page(
        "A silence silences nothing.",
        "What it was written for is gone, or its rule was never there. It would hide the next mistake of its kind, and "
        "nobody would know what it was for.",
        "-- seltzer: ignore = missing-if-not-exists: copied from another file\n\n"
        "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);",
        "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);",
    ),
)


@cache
def all_rules() -> Mapping[str, Rule]:
    """All rules by name: in the order of the claims, then of their names."""
    tried = [Rule(*item) for item in (*TRIAL_RULES, *COMPATIBLE_RULES)]
    text = [Rule(item.name, item.claim, item.severity, item.page) for item in RULES.values()]
    ordered = sorted([*tried, *text, _UNUSED], key=lambda item: (CLAIMS.index(item.claim), item.name))
    return {item.name: item for item in ordered}


def claim_of_rules() -> dict[str, str]:
    """The claim of each rule, by name."""
    return {item.name: item.claim for item in all_rules().values()}


def nearest_rules(name: str) -> list[str]:
    """The three rules that come nearest to a name that is none."""
    return difflib.get_close_matches(name, list(all_rules()), n=3, cutoff=0.0)
