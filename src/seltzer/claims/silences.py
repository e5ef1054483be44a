"""Silences: what `ignore = rule: reason` takes out of the findings, and which of them silence nothing."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from seltzer.claims.finding import Finding, Judgement, Verdict
from seltzer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from seltzer.claims.guidelines.files import ReadStatement, Source
    from seltzer.model import Ignore

UNUSED = "unused-silence"
_HOLDER = "guidelines"
_BLOCK = re.compile(r"(?s)/\*.*?\*/")
_TRIED = frozenset({Verdict.PROVEN, Verdict.REFUTED})
_WHY = "A silence that is left behind hides the next mistake of its kind, and nobody knows any more what it was for."


class Silence(NamedTuple):
    """An ignore and how far it reaches.

    Attributes:
        rule: The rule, or the claim, that it silences.
        reason: Why.
        id: The migration.
        file: The file that it stands in.
        line: Its own line there.
        lines: The lines that it speaks of; None for the whole file.
    """

    rule: str
    reason: str
    id: str
    file: Path
    line: int
    lines: range | None

    def reaches(self, finding: Finding) -> bool:
        """Whether a finding is where the silence stands."""
        if (finding.id, finding.file) != (self.id, self.file):
            return False
        return self.lines is None or (finding.line is not None and finding.line in self.lines)

    def names(self, finding: Finding) -> bool:
        """Whether a finding is what the silence names."""
        return self.rule in {finding.rule, finding.claim}


def silences_of(source: Source) -> Iterator[Silence]:
    """The silences of a file.

    One directly above a statement, with nothing but comments between, speaks of that statement; of the whole file when
    it stands at the head with a blank line below, when the file has one statement only, and in Python.
    """
    for ignore in source.ignores:
        lines = _reach(ignore, source)
        yield Silence(ignore.rule, ignore.reason, source.file.id, source.path, ignore.line, lines)


def _reach(ignore: Ignore, source: Source) -> range | None:
    """The lines that a silence speaks of; an empty range when it stands above nothing."""
    statements = source.statements
    if len(statements) < 2:  # noqa: PLR2004  # one statement is the whole of its file
        return None
    below = next((item for item in statements if source.line_of(item.start) > ignore.line), None)
    if below is None:
        return range(0)
    first = source.line_of(below.start)
    if _is_directly_above(ignore.line, first, below, source):
        return range(first, first + below.text.count("\n") + 1)
    return None if below is statements[0] else range(0)


def _is_directly_above(line: int, first: int, below: ReadStatement, source: Source) -> bool:
    """Whether nothing but comments is between a line and a statement: neither the rest of another, nor a blank line."""
    if below.number and source.line_of(source.statements[below.number - 1].end) > line:
        return False
    between = "\n".join(source.data.decode().split("\n")[line : first - 1])
    return all(part.strip() for part in _BLOCK.sub("/**/", between).split("\n")) if between else first == line + 1


def silenced(
    judgements: Sequence[Judgement], silences: Sequence[Silence], claim_of: Mapping[str, str]
) -> list[Judgement]:
    """The judgements without what is silenced; a claim that nothing else refutes is proven.

    What silences nothing is a finding of `guidelines` itself, where that was judged, and only when the claim of the
    silenced rule was tried to its end: what is unproven says nothing about it.

    Args:
        judgements: All of a check.
        silences: All of the judged migrations.
        claim_of: The claim of each rule that there is.
    """
    used: set[Silence] = set()
    kept = [_without_silenced(item, silences, used) for item in judgements]
    left = [item for item in silences if item not in used]
    unused: dict[str, list[Finding]] = defaultdict(list)
    for finding in _unused(left, judgements, claim_of):
        unused[finding.id].append(finding)
    return [_with(item, unused.get(item.id, ())) if item.claim == _HOLDER else item for item in kept]


def _without_silenced(judgement: Judgement, silences: Iterable[Silence], used: set[Silence]) -> Judgement:
    findings: list[Finding] = []
    reasons: list[str] = []
    for finding in judgement.findings:
        matching = [item for item in silences if item.names(finding) and item.reaches(finding)]
        used.update(matching)
        if matching:
            reasons.append(matching[0].reason)
        else:
            findings.append(finding)
    if not reasons:
        return judgement
    if findings:
        return replace(judgement, evidence=findings[0].message, findings=tuple(findings))
    said = "; ".join(dict.fromkeys(reasons))
    return replace(judgement, verdict=Verdict.PROVEN, evidence=f"All that was found is silenced: {said}", findings=())


def _with(judgement: Judgement, more: Collection[Finding]) -> Judgement:
    if not more:
        return judgement
    findings = tuple(sorted((*judgement.findings, *more), key=lambda item: (str(item.file), item.line or 0)))
    return replace(judgement, verdict=Verdict.REFUTED, evidence=findings[0].message, findings=findings)


def _unused(
    silences: Iterable[Silence], judgements: Iterable[Judgement], claim_of: Mapping[str, str]
) -> Iterator[Finding]:
    tried = {(item.id, item.claim) for item in judgements if item.verdict in _TRIED}
    claims = set(claim_of.values())
    for item in silences:
        claim = item.rule if item.rule in claims else claim_of.get(item.rule)
        if claim is None:
            yield _unknown(item, sorted({*claim_of, *claims}))
        elif (item.id, claim) in tried:
            where = "the file" if item.lines is None else "the statement below it" if item.lines else "a statement"
            fix = "Take the line out; or put it directly above the statement that it speaks of."
            yield _finding(item, f"ignore = {item.rule} silences nothing", f"No finding of it is in {where}.", fix)


def _unknown(silence: Silence, known: Sequence[str]) -> Finding:
    near = difflib.get_close_matches(silence.rule, known, n=3, cutoff=0.0)
    return _finding(silence, f"ignore = {silence.rule} names no rule", "", f"The nearest are {', '.join(near)}.")


def _finding(silence: Silence, message: str, evidence: str, fix: str) -> Finding:
    known = evidence or "There is no rule and no claim of that name; `seltzer rules` has them all."
    return Finding(_HOLDER, UNUSED, Severity.WARNING, silence.id, silence.file, silence.line, message, known, _WHY, fix)
