"""SARIF 2.1.0, the OASIS standard for what static analysis finds: GitHub code scanning and editors read it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from seltzer.claims.finding import Verdict
from seltzer.claims.guidelines.rule import Page
from seltzer.model import Severity
from seltzer.report.checks import FIX, of, parts_of
from seltzer.report.markdown import block, prose
from seltzer.report.places import located
from seltzer.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from seltzer.claims.finding import Finding, Judgement
    from seltzer.claims.rules import Rule
    from seltzer.commands.check_result import CheckResult
    from seltzer.report.places import Located

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
# GitHub sorts its alerts by these words.
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}


def sarif(result: CheckResult) -> str:
    """A log with one run: a result for each finding, a notification for each claim that could not be tried.

    What was proven is no result: readers show every result as something to be mended.
    """
    places = list(located(result.findings))
    from seltzer.claims.rules import all_rules  # noqa: PLC0415  # brings the parser, and no other format asks for it

    known = all_rules()
    rules = list(dict.fromkeys(place.finding.rule for place in places))
    run = {
        "tool": {
            "driver": {
                "name": "Seltzer",
                "semanticVersion": __version__,
                "rules": [_rule(rule, result.findings, known) for rule in rules],
            }
        },
        "invocations": [
            {"executionSuccessful": True, "toolExecutionNotifications": list(_notifications(result.judgements))}
        ],
        "automationDetails": {"id": "seltzer/check/"},
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(place, rules.index(place.finding.rule)) for place in places],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=True)


def _rule(rule: str, findings: Sequence[Finding], known: Mapping[str, Rule]) -> dict[str, Any]:
    of_rule = [item for item in findings if item.rule == rule]
    worst = min((item.severity for item in of_rule), key=list(Severity).index)
    found = known.get(rule)
    page = found.page if found is not None else Page(f"A finding of the claim {of_rule[0].claim}.", "")
    severity = found.severity if found is not None else worst
    return {
        "id": rule,
        "shortDescription": {"text": page.summary},
        "fullDescription": {"text": page.why or page.summary},
        "help": {"text": "\n\n".join(_help(page)), "markdown": "\n\n".join(_help_markdown(page))},
        "defaultConfiguration": {"level": _LEVELS[severity]},
        "properties": {"tags": sorted({item.claim for item in of_rule}), "problem.severity": _PROBLEMS[worst]},
    }


def _help(page: Page) -> Iterator[str]:
    yield from (text for text in (page.summary, page.why) if text)
    yield from (f"{title}:\n{text}" for title, text in _examples(page))


def _help_markdown(page: Page) -> Iterator[str]:
    yield from (prose(text) for text in (page.summary, page.why) if text)
    for title, text in _examples(page):
        yield f"**{title}**"
        yield block(text.splitlines(), "sql")


def _examples(page: Page) -> Iterator[tuple[str, str]]:
    yield from ((title, text) for title, text in (("instead of", page.bad), ("write", page.good)) if text)


def _result(place: Located, rule_index: int) -> dict[str, Any]:
    finding = place.finding
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": "\n\n".join(_texts(finding)), "markdown": "\n\n".join(_markdown(finding))},
        "locations": [_location(place)],
        "partialFingerprints": {"seltzerFinding/v1": place.fingerprint},
        "properties": {"claim": finding.claim, "fix": finding.fix},
    }


def _location(place: Located) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(place.path), "uriBaseId": _ROOT},
            # A finding about the whole file stands at its top: GitHub takes none without a line.
            "region": {"startLine": place.finding.line or 1},
        },
        "logicalLocations": [{"fullyQualifiedName": place.finding.id, "kind": "module"}],
    }


def _texts(finding: Finding) -> Iterator[str]:
    yield finding.message
    for part in parts_of(finding):
        yield "\n".join((f"{part.title}:", *part.lines))


def _markdown(finding: Finding) -> Iterator[str]:
    yield prose(finding.message)
    for part in parts_of(finding):
        yield f"**{part.title}**"
        yield block(part.lines, "sql") if part.title == FIX else block(part.lines)


def _notifications(judgements: Sequence[Judgement]) -> Iterator[dict[str, Any]]:
    for item in of(judgements, Verdict.UNPROVEN):
        yield {
            "level": "warning",
            "message": {"text": f"{item.id}: {item.claim} is unproven: {item.evidence}"},
            "descriptor": {"id": f"unproven/{item.claim}"},
        }
