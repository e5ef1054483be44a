"""The rules of a check, as a list, as pages and as JSON."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.claims.rules import Rule
    from seltzer.commands.rules import RulesResult

_WIDTH = 100


def rules_content(result: RulesResult) -> dict[str, Any]:
    """What `rules --json` prints."""
    return {
        "rules": [
            {
                "name": item.name,
                "claim": item.claim,
                "severity": item.severity,
                "summary": item.page.summary,
                "why": item.page.why,
                "bad": item.page.bad or None,
                "good": item.page.good or None,
                "fixable": item.fixable,
            }
            for item in result.rules
        ]
    }


def rules_lines(result: RulesResult) -> Iterator[str]:
    """A line a rule, under its claim; or one at length."""
    if result.whole:
        yield from _page(result.rules[0])
        return
    width = max((len(item.name) for item in result.rules), default=0)
    claim = ""
    for item in result.rules:
        if item.claim != claim:
            if claim:
                yield ""
            claim = item.claim
            yield claim
        yield f"  {item.name:{width}}  {item.severity:7}  {item.page.summary}"


def _page(rule: Rule) -> Iterator[str]:
    yield f"{rule.name} ({rule.severity}, refutes {rule.claim})"
    for text in (rule.page.summary, *rule.page.why.split("\n\n")):
        yield ""
        yield from textwrap.wrap(text, _WIDTH, break_on_hyphens=False)
    for title, block in (("Instead of", rule.page.bad), ("write", rule.page.good)):
        if block:
            yield ""
            yield f"{title}:"
            yield ""
            yield from (f"    {line}" for line in block.splitlines())
    if rule.fixable:
        yield ""
        yield "seltzer check --fix writes it where that is safe; seltzer check --diff shows it."
    yield ""
    yield "To accept one, above its statement:"
    yield ""
    yield f"    -- seltzer: ignore = {rule.name}: why it is right here"
