"""`rules`: what a check looks for, and why; needs no project and no database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seltzer.claims.names import CLAIMS
from seltzer.claims.rules import all_rules, nearest_rules
from seltzer.errors import UnknownRuleError
from seltzer.sql.redact import without_passwords

if TYPE_CHECKING:
    from seltzer.claims.rules import Rule


@dataclass(frozen=True, slots=True)
class RulesResult:
    """The rules that were asked for, in the order of their claims; `whole` when one was asked for by its name."""

    rules: tuple[Rule, ...]
    whole: bool


def rules(name: str | None = None) -> RulesResult:
    """All rules, those of a claim, or one.

    Args:
        name: A rule or a claim; None for all.

    Raises:
        UnknownRuleError: It is neither; the hint has the nearest three rules.
    """
    known = all_rules()
    if name is None:
        return RulesResult(tuple(known.values()), whole=False)
    if name in known:
        return RulesResult((known[name],), whole=True)
    if name in CLAIMS:
        return RulesResult(tuple(item for item in known.values() if item.claim == name), whole=False)
    raise UnknownRuleError(
        f"there is no rule {without_passwords(name)!r}", hint=f"Nearest: {', '.join(nearest_rules(name))}."
    )
