"""What a check found: what was tried, what was seen, what it means and what to write instead; and as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from seltzer.claims.finding import Verdict
from seltzer.model import Severity
from seltzer.report.places import excerpt_of
from seltzer.report.screens_lines import with_facts
from seltzer.report.text import shown_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from seltzer.claims.finding import Finding, Judgement
    from seltzer.commands.check_result import CheckResult

Said: TypeAlias = tuple[str, str, str, str]
"""A migration, a rule, a title, and what was said under it: of forty columns without a comment it is said once."""

_INDENT = "    "
NOTHING = "nothing to check: nothing is pending (--all checks every migration)"
SILENCE = (
    "to accept a finding, write -- seltzer: ignore = RULE: REASON above its statement; seltzer rules RULE says more"
)


class Part(NamedTuple):
    """A part of a finding, under its title.

    Attributes:
        title: What it says.
        lines: Its text; SQL under `write instead`, sentences elsewhere.
    """

    title: str
    lines: tuple[str, ...]


WHY, FIX = "in production", "write instead"


def check_content(result: CheckResult) -> dict[str, Any]:
    """What `check --json` prints."""
    return {
        "findings": [_finding(item) for item in result.findings],
        "claims": [
            {"claim": item.claim, "id": item.id, "verdict": item.verdict, "evidence": item.evidence}
            for item in result.judgements
        ],
        "fixed": [
            {
                "rule": item.rule,
                "id": item.id,
                "file": shown_path(item.file),
                "message": item.message,
                "written": [shown_path(path) for path in item.written],
            }
            for item in result.fixed
        ],
        "error": None,
    }


def _finding(item: Finding) -> dict[str, Any]:
    return {
        "rule": item.rule,
        "claim": item.claim,
        "severity": item.severity,
        "id": item.id,
        "file": shown_path(item.file),
        "line": item.line,
        "message": item.message,
        "evidence": item.evidence,
        "why": item.why,
        "fix": item.fix,
    }


@with_facts
def check_lines(result: CheckResult, *, verbose: bool = False) -> Iterator[str]:
    """A line a migration, then each finding at length, then the sum.

    Args:
        result: What was found.
        verbose: A line for every claim, with its evidence.
    """
    if not result.judgements:
        yield NOTHING
        return
    yield from _fixed_lines(result)
    groups = by_migration(result.judgements)
    width = max(len(id_) for id_ in groups)
    for id_, judgements in groups.items():
        if verbose:
            yield id_
            yield from _claim_lines(judgements)
        else:
            yield f"{id_:{width}}  {'; '.join(verdict_words(judgements))}"
            yield from (f"  unproven: {', '.join(names)}: {why}" for why, names in untried(judgements).items())
    said: set[Said] = set()
    for finding in condensed(result.findings):
        yield ""
        yield from finding_lines(finding, said)
    yield ""
    yield from sum_lines(result)


def _fixed_lines(result: CheckResult) -> Iterator[str]:
    """A line for each file that was written anew, and an empty one."""
    counts = Counter((item.file, item.written) for item in result.fixed)
    for (file, written), count in counts.items():
        became = f"; it is now {', '.join(path.name for path in written)}" if len(written) > 1 else ""
        yield f"fixed: {shown_path(file)}: {counted(count, 'finding')}{became}"
    if counts:
        yield ""


def condensed(findings: Iterable[Finding]) -> list[Finding]:
    """Findings as people read them: remarks first, those of a rule and a file as one; the rest in its order.

    What is worst stands last, right above the sum that a terminal shows in the end.
    """
    remarks: dict[tuple[str, str, Path], list[Finding]] = {}
    others: list[Finding] = []
    for finding in findings:
        if finding.severity is Severity.INFO:
            remarks.setdefault((finding.id, finding.rule, finding.file), []).append(finding)
        else:
            others.append(finding)
    return [*(_as_one(group) for group in remarks.values()), *others]


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """The same for a page, which is read from its top."""
    return sorted(condensed(findings), key=lambda item: list(Severity).index(item.severity))


def _as_one(group: Sequence[Finding]) -> Finding:
    first, *more = group
    if not more:
        return first
    lines = [f"line {item.line}: {item.message}" if item.line else item.message for item in group]
    return replace(
        first,
        line=None,
        message=f"{first.message}, and {len(more)} more like it",
        evidence="\n".join(dict.fromkeys((*lines, *(item.evidence for item in group)))),
        why="\n".join(dict.fromkeys(item.why for item in group)),
        fix="\n".join(dict.fromkeys(item.fix for item in group if item.fix)) or None,
    )


def finding_lines(finding: Finding, said: set[Said] | None = None) -> Iterator[str]:
    """A finding as people read it, top to bottom: where, what was tried and seen, what it means, what to write.

    Args:
        finding: The finding.
        said: What was said before of a rule and a migration; it is not said twice, and what is said now is added.
    """
    yield f"{finding.severity}: {where(finding)}: {finding.message} [{named(finding)}]"
    excerpt = excerpt_of(finding)
    if excerpt is not None:
        yield f"{finding.line:>5} | {excerpt.strip()[:110]}"
    for part in parts_of(finding, said):
        if len(part.lines) == 1 and part.title != FIX:
            yield f"  {part.title}: {part.lines[0]}"
        else:
            yield f"  {part.title}:"
            yield from (f"{_INDENT}{line}".rstrip() for line in part.lines)


def parts_of(finding: Finding, said: set[Said] | None = None) -> Iterator[Part]:
    """What there is to say of a finding below its head; see `finding_lines`."""
    known = set[Said]() if said is None else said
    for title, text in (("tried and seen", finding.evidence), (WHY, finding.why), (FIX, finding.fix or "")):
        lines = tuple(text.strip("\n").splitlines())
        words = (finding.id, finding.rule, title, text)
        if lines and (title == FIX or words not in known):
            yield Part(title, lines)
        known.add(words)


def where(finding: Finding) -> str:
    """The file, and the line when there is one."""
    return shown_path(finding.file) + (f":{finding.line}" if finding.line else "")


def named(finding: Finding) -> str:
    """The claim and its rule; one word when both have the same name."""
    return finding.claim if finding.claim == finding.rule else f"{finding.claim}/{finding.rule}"


def _claim_lines(judgements: Sequence[Judgement]) -> Iterator[str]:
    width = max(len(item.claim) for item in judgements)
    for item in judgements:
        yield f"  {item.claim:{width}}  {item.verdict:14}  {item.evidence}"


def by_migration(judgements: Iterable[Judgement]) -> dict[str, list[Judgement]]:
    """The judgements of each migration, both in their order."""
    groups: dict[str, list[Judgement]] = {}
    for item in judgements:
        groups.setdefault(item.id, []).append(item)
    return groups


def of(judgements: Iterable[Judgement], verdict: Verdict) -> list[Judgement]:
    """Those with a verdict."""
    return [item for item in judgements if item.verdict is verdict]


def untried(judgements: Iterable[Judgement]) -> dict[str, list[str]]:
    """The claims that could not be tried, by the reason: it is often one for all of a migration."""
    found: dict[str, list[str]] = {}
    for item in of(judgements, Verdict.UNPROVEN):
        found.setdefault(item.evidence, []).append(item.claim)
    return found


def worst_of(item: Judgement) -> Severity | None:
    """What the worst of its findings is; None without any."""
    return min((finding.severity for finding in item.findings), key=list(Severity).index, default=None)


def cell_word(item: Judgement) -> str:
    """What a table says of a claim in a word: how bad it is, where it is refuted."""
    return str(worst_of(item) or item.verdict)


def verdict_words(judgements: Sequence[Judgement]) -> Iterator[str]:
    """`refuted: idempotent`, `5 proven`, `1 unproven`: refuted claims by their names."""
    counts = Counter(item.verdict for item in judgements)
    if counts[Verdict.REFUTED]:
        yield f"refuted: {', '.join(item.claim for item in of(judgements, Verdict.REFUTED))}"
    yield from (
        f"{counts[verdict]} {verdict}" for verdict in Verdict if verdict is not Verdict.REFUTED and counts[verdict]
    )


def sum_lines(result: CheckResult) -> Iterator[str]:
    """How many migrations and verdicts, how long and where; and the way out of a finding that is none."""
    yield f"{verdict_sum(result)}; {seconds(result)} on {result.shadow}"
    if result.findings:
        yield f"hint: {SILENCE}"


def verdict_sum(result: CheckResult) -> str:
    """`2 migrations: 13 proven, 2 refuted (1 error, 1 warning)`."""
    counts = Counter(item.verdict for item in result.judgements)
    severities = Counter(item.severity for item in result.findings)
    found = ", ".join(counted(severities[severity], severity) for severity in Severity if severities[severity])
    parts = [
        f"{counts[verdict]} {verdict}" + (f" ({found})" if verdict is Verdict.REFUTED and found else "")
        for verdict in Verdict
        if counts[verdict]
    ]
    return f"{counted(len(by_migration(result.judgements)), 'migration')}: {', '.join(parts)}"


def seconds(result: CheckResult) -> str:
    """How long it took."""
    return f"{result.duration_ms / 1000:.1f} s"


def counted(number: int, noun: str) -> str:
    """`1 error`, `2 errors`; `info` has no plural."""
    return f"{number} {noun}{'' if number == 1 or noun == Severity.INFO else 's'}"
