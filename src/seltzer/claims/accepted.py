"""Accepted findings: an old project starts clean, and only what is new is said."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from seltzer.claims.finding import Finding, Judgement, Verdict
from seltzer.errors import InvalidSettingError, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from seltzer.model import Migration

ACCEPTED_FILE = ".seltzer-accepted.json"
_FORMAT = 1


class Identity(NamedTuple):
    """What a finding is known by when lines have moved: its rule, its migration and what its statement does.

    Attributes:
        rule: Its rule.
        id: Its migration.
        statement: The fingerprint of its statement, which comments and white space do not change; empty where it
            speaks of the whole file.
    """

    rule: str
    id: str
    statement: str


class Statements:
    """The fingerprints of the statements of migrations, by file and line."""

    def __init__(self, migrations: Iterable[Migration]) -> None:
        self._spans: dict[Path, list[tuple[int, int, str]]] = {}
        for migration in migrations:
            for path, statements in migration.sources:
                self._spans[path] = [
                    (item.line, item.line + item.text.count("\n"), item.fingerprint) for item in statements
                ]

    def identity_of(self, finding: Finding) -> Identity:
        """What a finding is known by."""
        spans = self._spans.get(finding.file, ()) if finding.line is not None else ()
        line = finding.line or 0
        # Several statements can stand on one line: the last that begins there is as good as the first.
        here = [fingerprint for first, last, fingerprint in spans if first <= line <= last]
        return Identity(finding.rule, finding.id, here[-1] if here else "")


def accepted_text(findings: Iterable[Finding], statements: Statements) -> str:
    """The file that accepts these findings: in an order that does not depend on the run."""
    return text_of(Counter(statements.identity_of(item) for item in findings))


def text_of(counted: Mapping[Identity, int]) -> str:
    """The file that accepts so many findings of each identity."""
    items = [{**item._asdict(), "count": count} for item, count in sorted(counted.items())]
    return json.dumps({"format": _FORMAT, "accepted": items}, indent=2) + "\n"


def read_accepted(path: Path) -> Counter[Identity]:
    """The findings that a file accepts, with how many of each.

    Raises:
        InvalidSettingError: It is none that `check --accept` writes, or cannot be read.
    """
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        items = cast("list[dict[str, Any]]", content["accepted"] if content["format"] == _FORMAT else None)
        counts = {_identity(item): int(item["count"]) for item in items}
    except OSError as error:
        hint = "Give the right to read it."
        raise InvalidSettingError(f"cannot be read: {error.strerror}", hint=hint, place=Place(path)) from None
    except (ValueError, KeyError, TypeError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise InvalidSettingError(
            "is no file of accepted findings of this release's format",
            hint="Write it again with seltzer check --accept, or take it away.",
            place=Place(path, line),
        ) from None
    return Counter(counts)


def _identity(item: dict[str, Any]) -> Identity:
    return Identity(str(item["rule"]), str(item["id"]), str(item["statement"]))


class Accepted(NamedTuple):
    """What is left to be said, and what is accepted and was not found."""

    judgements: list[Judgement]
    unused: dict[Identity, int]


def without_accepted(
    judgements: Sequence[Judgement], accepted: Mapping[Identity, int], statements: Statements
) -> Accepted:
    """The judgements without what was accepted; a claim that nothing else refutes is proven.

    Args:
        judgements: All of a check.
        accepted: How many findings of each identity are accepted.
        statements: The statements of the judged migrations.

    Returns:
        What is left; and what is accepted and was not found this time.
    """
    budget = dict(accepted)
    kept = [_without(item, budget, statements) for item in judgements]
    return Accepted(kept, {item: count for item, count in budget.items() if count > 0})


def _without(judgement: Judgement, budget: dict[Identity, int], statements: Statements) -> Judgement:
    left: list[Finding] = []
    for finding in judgement.findings:
        identity = statements.identity_of(finding)
        if budget.get(identity, 0) > 0:
            budget[identity] -= 1
        else:
            left.append(finding)
    if len(left) == len(judgement.findings):
        return judgement
    if left:
        return replace(judgement, evidence=left[0].message, findings=tuple(left))
    return replace(judgement, verdict=Verdict.PROVEN, evidence="All that was found is accepted.", findings=())
