"""JUnit's XML, which every pipeline reads: a suite for each migration, a case for each claim."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from seltzer.claims.finding import Verdict
from seltzer.model import Severity
from seltzer.report.checks import by_migration, finding_lines
from seltzer.report.places import path_in_repository
from seltzer.report.text import error_lines
from seltzer.sql.passwords import without_passwords

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.claims.finding import Judgement
    from seltzer.commands.check_result import CheckResult
    from seltzer.errors import SeltzerError
    from seltzer.report.checks import Said

# Only what Jenkins' schema knows (junit-10.xsd of its xUnit plugin, which refuses a report with anything else): no
# skipped in the root, no file or line in a case.
_COUNTED = ("failures", "errors")
_ELEMENTS = {"failures": "failure", "errors": "error", "skipped": "skipped"}

# XML 1.0 has no way to write these, not even escaped.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(result: CheckResult) -> str:
    """A report in which exactly those cases fail that make the command fail; other findings are a case's output."""
    order = list(Severity)
    failing = frozenset(order[: order.index(result.fail_on) + 1])
    suites = [_suite(id_, items, failing) for id_, items in by_migration(result.judgements).items()]
    return _document(suites, time=f"{result.duration_ms / 1000:.3f}")


def failure_junit(error: SeltzerError) -> str:
    """A report whose only case could not be run: what kept a check from being made."""
    suite = Element("testsuite", {"name": "seltzer check"})
    case = SubElement(suite, "testcase", {"name": error.type, "classname": "seltzer check", "time": "0"})
    text = without_passwords("\n".join(error_lines(error)))
    facts = {"message": _text(text.splitlines()[0]), "type": error.type}
    SubElement(case, "error", facts).text = _text(text)
    return _document([suite], time="0")


def _document(suites: Sequence[Element], *, time: str) -> str:
    root = Element("testsuites", {"name": "seltzer check", "time": time})
    for suite in suites:
        _count(suite, suite.findall("testcase"), (*_COUNTED, "skipped"))
        root.append(suite)
    _count(root, root.findall("testsuite/testcase"), _COUNTED)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}'


def _count(element: Element, cases: Sequence[Element], outcomes: Sequence[str]) -> None:
    element.set("tests", str(len(cases)))
    for name in outcomes:
        element.set(name, str(sum(case.find(_ELEMENTS[name]) is not None for case in cases)))


def _suite(id_: str, judgements: Sequence[Judgement], failing: frozenset[Severity]) -> Element:
    suite = Element("testsuite", {"name": _text(id_)})
    files = [path_in_repository(finding.file) for item in judgements for finding in item.findings]
    if files:
        suite.set("file", _text(files[0]))
    for item in judgements:
        _case(suite, item, failing)
    return suite


def _case(suite: Element, item: Judgement, failing: frozenset[Severity]) -> None:
    case = SubElement(suite, "testcase", {"name": _text(item.claim), "classname": _text(item.id), "time": "0"})
    said: set[Said] = set()
    worse = [finding for finding in item.findings if finding.severity in failing]
    if worse:
        facts = {"message": _text(worse[0].message), "type": _text(worse[0].rule)}
        lines = [line for finding in item.findings for line in ("", *finding_lines(finding, said))]
        SubElement(case, "failure", facts).text = _text("\n".join(lines[1:]))
    elif item.verdict is Verdict.UNPROVEN or item.verdict is Verdict.NOT_APPLICABLE:
        SubElement(case, "skipped", {"message": _text(f"{item.verdict}: {item.evidence}")})
    else:
        lines = [line for finding in item.findings for line in ("", *finding_lines(finding, said))]
        SubElement(case, "system-out").text = _text("\n".join(lines[1:]) or item.evidence)


def _text(text: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
