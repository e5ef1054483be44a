"""GitLab's Code Quality report: what its merge requests show beside the lines that changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from seltzer.model import Severity
from seltzer.report.places import located

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.claims.finding import Finding
    from seltzer.commands.check_result import CheckResult

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.INFO: "info"}


def code_quality(result: CheckResult) -> str:
    """A list with an entry for each finding."""
    entries = [
        {
            "description": " ".join(_sentences(place.finding)),
            "check_name": f"{place.finding.claim}/{place.finding.rule}",
            "fingerprint": place.fingerprint,
            "severity": _SEVERITIES[place.finding.severity],
            "location": {"path": place.path, "lines": {"begin": place.finding.line or 1}},
        }
        for place in located(result.findings)
    ]
    return json.dumps(entries, indent=2, ensure_ascii=True)


def _sentences(finding: Finding) -> Iterator[str]:
    """What is wrong, and why that matters: GitLab shows one line, and no SQL."""
    for text in (finding.message, finding.why):
        words = " ".join(text.split())
        if words:
            yield words if words[-1] in ".!?:" else f"{words}."
