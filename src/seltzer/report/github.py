"""Annotations of GitHub Actions: a line for each finding, which the runner puts beside the line that it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.model import Severity
from seltzer.report.checks import NOTHING, named, parts_of, verdict_sum
from seltzer.report.places import located, path_in_repository
from seltzer.report.text import error_rest
from seltzer.sql.passwords import without_passwords

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from seltzer.commands.check_result import CheckResult
    from seltzer.errors import SeltzerError
    from seltzer.report.places import Located

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def workflow_commands(result: CheckResult) -> Iterator[str]:
    """A workflow command for each finding, the worst first, then the sum.

    GitHub shows ten of each kind a step; the others stand in the log.
    """
    places = sorted(located(result.findings), key=lambda place: list(Severity).index(place.finding.severity))
    yield from (_annotation(place) for place in places)
    yield verdict_sum(result) if result.judgements else NOTHING


def failure_command(error: SeltzerError) -> str:
    """A workflow command for what kept a check from being made: beside its line, where a file is to blame."""
    facts = {"title": f"seltzer: {error.type}"}
    if error.place is not None:
        numbers = {"line": error.place.line or 1, "col": error.place.column}
        where = {name: str(number) for name, number in numbers.items() if number is not None}
        facts = {"file": path_in_repository(error.place.file), **where, **facts}
    return _command("error", facts, without_passwords("\n".join((error.message, *error_rest(error)))))


def _annotation(place: Located) -> str:
    finding = place.finding
    facts = {"file": place.path, "line": str(finding.line or 1), "title": f"{finding.id}: {named(finding)}"}
    texts = (finding.message, *("\n".join((f"{part.title}:", *part.lines)) for part in parts_of(finding)))
    return _command(_COMMANDS[finding.severity], facts, "\n\n".join(texts))


def _command(name: str, facts: Mapping[str, str], text: str) -> str:
    shown = ",".join(f"{fact}={_property(value)}" for fact, value in facts.items())
    return f"::{name} {shown}::{_data(text)}"


def _data(text: str) -> str:
    """A message on one line, as the runner reads it back; without this a text could give commands of its own."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
