"""A section for each rule of a check, from the rule itself."""

from __future__ import annotations

from generated.markdown import code, section, words
from seltzer.claims.names import CLAIMS
from seltzer.claims.rules import Rule, all_rules


def rule_sections() -> str:
    """All rules under their claims, in the order of the code."""
    known = all_rules().values()
    parts: list[str] = []
    for claim in CLAIMS:
        mine = [item for item in known if item.claim == claim]
        if mine:
            parts += [section(f"claim-{claim}", f"`{claim}`"), *(_section(item) for item in mine)]
    return "\n".join(parts)


def _section(rule: Rule) -> str:
    page = rule.page
    return section(
        f"rule-{rule.name}",
        f"`{rule.name}`",
        f"{words(page.summary)} Severity: {rule.severity}.",
        *(words(part) for part in page.why.split("\n\n")),
        f"Instead of\n\n{code('sql', page.bad)}" if page.bad else "",
        f"write\n\n{code('sql', page.good)}" if page.good else "",
        "`seltzer check --fix` writes it where that is safe." if rule.fixable else "",
        level=3,
    )
