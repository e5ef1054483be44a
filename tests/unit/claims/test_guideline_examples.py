"""Every guideline's manual page is its test: what stands under Bad is found, what stands under Good is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.claims.guidelines.judging import judge_files
from seltzer.claims.guidelines.rules import RULES
from seltzer.claims.guidelines.settings import GuidelineSettings
from seltzer.source.discover import discover

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.claims.finding import Finding
    from seltzer.claims.guidelines.rule import Guideline

EVERY_RULE = pytest.mark.parametrize("rule", RULES.values(), ids=str)


def findings_in(folder: Path, sql: str) -> list[Finding]:
    """What is found in a module whose first day is this SQL."""
    (folder / "m").mkdir()
    (folder / "m" / "create_tables.sql").write_text(sql)
    return [
        item
        for judgement in judge_files(discover(folder), GuidelineSettings()).judgements
        for item in judgement.findings
    ]


@EVERY_RULE
def test_the_bad_example_is_found(rule: Guideline, tmp_path: Path) -> None:
    """What a page shows as wrong is what its rule finds, with all that a reader needs to know."""
    found = [item for item in findings_in(tmp_path, rule.page.bad) if item.rule == rule.name]

    assert [item.claim for item in found] == [rule.claim]
    assert found[0].severity is rule.severity
    assert found[0].line
    assert found[0].message
    assert found[0].evidence
    assert found[0].fix


@EVERY_RULE
def test_the_good_example_is_not(rule: Guideline, tmp_path: Path) -> None:
    """What a page shows instead has nothing wrong with it, by any rule of the same claim."""
    assert rule.page.good
    assert [item for item in findings_in(tmp_path, rule.page.good) if item.claim == rule.claim] == []


@EVERY_RULE
def test_a_page_says_what_and_why(rule: Guideline) -> None:
    """Each page has a sentence that names the mistake, and a reason that is more than the sentence again."""
    assert rule.page.summary.endswith(".")
    assert len(rule.page.why) > len(rule.page.summary)


# What these rules propose stands beside what they speak of; the others write a statement again.
BESIDE = frozenset(name for name in RULES if name.startswith(("undocumented", "unindexed")))


@pytest.mark.parametrize("rule", [item for item in RULES.values() if item.name != "transaction-command"], ids=str)
def test_the_fix_of_a_bad_example_heals_it(rule: Guideline, tmp_path: Path) -> None:
    """What a finding proposes can be taken as it stands: with it the rule is silent."""
    found = next(item for item in findings_in(tmp_path, rule.page.bad) if item.rule == rule.name)
    lines = rule.page.bad.splitlines()
    fix = (found.fix or "").replace("'…'", "'What it is for.'")
    healed = [*lines, fix] if rule.name in BESIDE else [*lines[: (found.line or 1) - 1], fix, *lines[found.line :]]
    (tmp_path / "healed").mkdir()

    again = findings_in(tmp_path / "healed", "\n".join(healed))

    assert [item for item in again if item.rule == rule.name] == []
