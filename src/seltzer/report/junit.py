"""JUnit's XML, which every pipeline reads: a suite for each migration, a case for each claim."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from seltzer.claims.finding import Verdict
from seltzer.model import Severity
from seltzer.report.checks import by_migration, finding_lines
from seltzer.report.places import path_in_repository

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seltzer.claims.finding import Judgement
    from seltzer.commands.check_result import CheckResult
    from seltzer.report.checks import Said

# XML 1.0 has no way to write these, not even escaped.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(result: CheckResult) -> str:
    """A report in which exactly those cases fail that make the command fail; other findings are a case's output."""
    order = list(Severity)
    failing = frozenset(order[: order.index(result.fail_on) + 1])
    groups = by_migration(result.judgements)
    root = Element("testsuites", {"name": "seltzer check", "time": f"{result.duration_ms / 1000:.3f}"})
    for id_, judgements in groups.items():
        suite = SubElement(root, "testsuite", {"name": _text(id_)})
        for item in judgements:
            _case(suite, item, failing)
        _count(suite, suite.findall("testcase"))
    _count(root, root.findall("testsuite/testcase"))
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=False).join(
        ('<?xml version="1.0" encoding="UTF-8"?>\n', "")
    )


def _count(element: Element, cases: Sequence[Element]) -> None:
    counts: Mapping[str, int] = {
        "tests": len(cases),
        "failures": sum(case.find("failure") is not None for case in cases),
        "errors": 0,
        "skipped": sum(case.find("skipped") is not None for case in cases),
    }
    for name, number in counts.items():
        element.set(name, str(number))


def _case(suite: Element, item: Judgement, failing: frozenset[Severity]) -> None:
    case = SubElement(suite, "testcase", {"name": _text(item.claim), "classname": _text(item.id), "time": "0"})
    if item.findings:
        case.set("file", _text(path_in_repository(item.findings[0].file)))
        case.set("line", str(item.findings[0].line or 1))
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
