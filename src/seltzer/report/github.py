"""Annotations of GitHub Actions: a line for each finding, which the runner puts beside the line that it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.model import Severity
from seltzer.report.checks import NOTHING, named, parts_of, verdict_sum
from seltzer.report.places import located

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.commands.check_result import CheckResult
    from seltzer.report.places import Located

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def workflow_commands(result: CheckResult) -> Iterator[str]:
    """A workflow command for each finding, the worst first, then the sum.

    GitHub shows ten of each kind a step; the others stand in the log.
    """
    places = sorted(located(result.findings), key=lambda place: list(Severity).index(place.finding.severity))
    yield from (_annotation(place) for place in places)
    yield verdict_sum(result) if result.judgements else NOTHING


def _annotation(place: Located) -> str:
    finding = place.finding
    facts = {"file": place.path, "line": str(finding.line or 1), "title": f"{finding.id}: {named(finding)}"}
    shown = ",".join(f"{name}={_property(value)}" for name, value in facts.items())
    texts = (finding.message, *("\n".join((f"{part.title}:", *part.lines)) for part in parts_of(finding)))
    joined = "\n\n".join(texts)
    return f"::{_COMMANDS[finding.severity]} {shown}::{_data(joined)}"


def _data(text: str) -> str:
    """A message on one line, as the runner reads it back; without this a text could give commands of its own."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
