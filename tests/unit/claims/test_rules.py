"""Every rule that a check can name has a page, and every page a rule."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import seltzer.claims
from seltzer.claims.guidelines.rules import RULES
from seltzer.claims.names import CLAIMS
from seltzer.claims.rules import all_rules, nearest_rules
from seltzer.commands.rules import rules
from seltzer.errors import UnknownRuleError
from seltzer.report.rules import rules_lines
from seltzer.sql.parse import parse_statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.claims.rules import Rule

ROOM = Path(seltzer.claims.__file__).parent
MAKERS = {"Finding", "_finding", "Break"}
PAGES = {ROOM / name for name in ("rules.py", "trial_rules.py", "compatible_rules.py", "names.py", "guidelines")}
FILES = [path for path in ROOM.rglob("*.py") if PAGES.isdisjoint((path, path.parent))]
TREES = {path: ast.parse(path.read_text("utf-8")) for path in FILES}


def constant(node: ast.expr | None) -> Iterator[str]:
    """A text that stands as it is."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def names_in(tree: ast.Module) -> Iterator[str]:
    """What findings are named by: the keyword `rule`, the second argument, what `rule_of` returns."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
            yield from (name for item in node.keywords if item.arg == "rule" for name in constant(item.value))
            yield from (name for item in node.args[:2] for name in constant(item))
        if isinstance(node, ast.FunctionDef) and node.name == "rule_of":
            returned = (item.value for item in ast.walk(node) if isinstance(item, ast.Return) and item.value)
            yield from (name for value in returned for name in texts_in(value))


def texts_in(tree: ast.AST) -> set[str]:
    """All texts of a file, or of a part of it."""
    return {item for node in ast.walk(tree) if isinstance(node, ast.expr) for item in constant(node)}


def test_every_rule_that_a_finding_names_has_a_page() -> None:
    """What a person reads in the terminal can be looked up."""
    named = {(path.name, name) for path, tree in TREES.items() for name in names_in(tree)}

    assert len(named) > 10
    assert sorted(item for item in named if item[1] not in all_rules()) == []


def test_every_page_of_a_trial_has_its_rule() -> None:
    """No page outlives what it describes."""
    said = set[str]().union(*(texts_in(tree) for tree in TREES.values()))

    assert [name for name in all_rules() if name not in RULES and name not in said] == []


@pytest.mark.parametrize("rule", all_rules().values(), ids=list(all_rules()))
def test_a_page_is_complete(rule: Rule) -> None:
    """A sentence, a reason, and SQL that parses, wrong and right or neither."""
    page = rule.page

    assert rule.claim in CLAIMS
    assert page.summary.endswith(".")
    assert page.why.endswith(".")
    assert bool(page.bad) == bool(page.good)
    assert not page.bad or (parse_statements(page.bad) and parse_statements(page.good))


def test_rules_are_listed_by_claim() -> None:
    """In the order in which claims are reported."""
    listed = [item.claim for item in rules().rules]

    assert listed == sorted(listed, key=CLAIMS.index)
    assert {item.claim for item in rules("documented").rules} == {"documented"}


def test_one_rule_is_shown_at_length() -> None:
    """With both examples, and the line that accepts a finding of it."""
    lines = list(rules_lines(rules("table-name")))

    assert lines[0] == "table-name (warning, refutes guidelines)"
    assert '    CREATE TABLE IF NOT EXISTS "UserAccounts" (id bigint PRIMARY KEY);' in lines
    assert lines[-1] == "    -- seltzer: ignore = table-name: why it is right here"


def test_a_rule_that_is_none_gets_the_nearest_three() -> None:
    """The error is one of usage."""
    with pytest.raises(UnknownRuleError) as caught:
        rules("missing-if-not-exist")

    assert caught.value.exit_code == 2
    assert len(nearest_rules("missing-if-not-exist")) == 3
    assert "missing-if-not-exists" in (caught.value.hint or "")
