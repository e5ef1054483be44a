"""Markdown for a comment on a pull request or a job's summary: a table, and under it what is wrong, folded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.claims.finding import Verdict
from seltzer.model import Severity
from seltzer.report.checks import (
    FIX,
    NOTHING,
    SILENCE,
    by_migration,
    cell_word,
    counted,
    named,
    of,
    parts_of,
    seconds,
    untried,
    verdict_sum,
    where,
    worst_first,
    worst_of,
)
from seltzer.report.text import error_lines
from seltzer.sql.passwords import without_passwords

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from seltzer.claims.finding import Finding, Judgement
    from seltzer.commands.check_result import CheckResult
    from seltzer.errors import SeltzerError

_CELLS = {Verdict.PROVEN: "✅", Verdict.UNPROVEN: "❔ unproven", Verdict.NOT_APPLICABLE: "·"}
_REFUTED = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.INFO: "ℹ️"}  # noqa: RUF001  # an emoji, no letter
# A comment on GitHub may have 65,536 characters.
_TABLE, _FINDINGS, _REST = 15_000, 40_000, 8_000
# GitHub calls whoever is named, unless a sign that has no width stands between.
_NOBODY = "@\N{ZERO WIDTH SPACE}"
_QUIET = frozenset({Verdict.PROVEN, Verdict.NOT_APPLICABLE})


def markdown(result: CheckResult) -> Iterator[str]:
    """A heading, a table of claims and migrations, then each finding and each claim that could not be tried."""
    if not result.judgements:
        yield "### Migrations: nothing to check"
        yield f"\n{prose(NOTHING)}"
        return
    yield f"### Migrations: {_outcome(result)}"
    yield ""
    yield from _table(by_migration(result.judgements))
    findings = ["\n" + "\n".join(_finding(item)) for item in worst_first(result.findings)]
    yield from _fitting(findings, _FINDINGS, "finding")
    yield from _unproven(of(result.judgements, Verdict.UNPROVEN))
    yield f"\n{prose(verdict_sum(result))} ({seconds(result)} on {prose(result.shadow)})."
    if result.findings:
        yield f"\n{prose(SILENCE[0].upper() + SILENCE[1:])}."


def failure_markdown(error: SeltzerError) -> Iterator[str]:
    """What kept a check from being made, as the terminal shows it."""
    yield "### Migrations: not checked"
    yield ""
    yield block(without_passwords("\n".join(error_lines(error))).splitlines())


def _outcome(result: CheckResult) -> str:
    for severity in Severity:
        number = sum(item.severity is severity for item in result.findings)
        if number:
            return counted(number, f"{severity}" if severity is not Severity.INFO else "remark")
    return "not everything could be tried" if of(result.judgements, Verdict.UNPROVEN) else "nothing found"


def _table(groups: dict[str, list[Judgement]]) -> Iterator[str]:
    """A row for each migration that has something to say; the others are one line."""
    claims = list(dict.fromkeys(item.claim for items in groups.values() for item in items))
    told = {id_: items for id_, items in groups.items() if any(item.verdict not in _QUIET for item in items)}
    if told:
        yield f"| migration | {' | '.join(claims)} |"
        yield f"|---|{':-:|' * len(claims)}"
    yield from _fitting([_row(id_, items, claims) for id_, items in told.items()], _TABLE, "migration")
    rest = len(groups) - len(told)
    if rest:
        also = "more " if told else ""
        yield f"\n✅ {rest} {also}migration{'' if rest == 1 else 's'}: every claim is proven or does not apply."


def _row(id_: str, items: Sequence[Judgement], claims: Sequence[str]) -> str:
    cells = {item.claim: _cell(item) for item in items}
    return f"| {_code(id_)} | {' | '.join(cells.get(claim, '') for claim in claims)} |"


def _cell(item: Judgement) -> str:
    worst = worst_of(item)
    return f"{_REFUTED[worst]} {cell_word(item)}" if worst else _CELLS[item.verdict]


def _fitting(blocks: Sequence[str], room: int, noun: str) -> Iterator[str]:
    """As many as there is room for, and how many are left out."""
    for number, text in enumerate(blocks):
        room -= len(text) + 1
        if room < 0:
            yield f"\nand {counted(len(blocks) - number, noun)} more: there is no room for all of them here."
            return
        yield text


def _finding(finding: Finding) -> Iterator[str]:
    yield "<details>"
    message = _html(finding.message).replace("@", _NOBODY)
    yield f"<summary>{finding.severity}: {_code(where(finding))}: {message}</summary>"
    yield ""
    yield f"Rule {_code(named(finding))} of {_code(finding.id)}."
    for part in parts_of(finding):
        yield ""
        if part.title == FIX:
            yield f"**{part.title}**"
            yield block(part.lines, "sql")
        elif len(part.lines) == 1:
            yield f"**{part.title}** {prose(part.lines[0])}"
        else:
            yield f"**{part.title}**"
            yield block(part.lines)
    yield ""
    yield "</details>"


def _unproven(judgements: Sequence[Judgement]) -> Iterator[str]:
    if not judgements:
        return
    yield f"\n<details>\n<summary>{counted(len(judgements), 'claim')} not tried to the end</summary>\n"
    lines = [
        f"- {_code(id_)} {', '.join(names)}: {prose(' '.join(why.split()))}"
        for id_, items in by_migration(judgements).items()
        for why, names in untried(items).items()
    ]
    yield from _fitting(lines, _REST, "reason")
    yield "\n</details>"


def block(lines: Iterable[str], language: str = "") -> str:
    """Lines as they are; the fence is longer than any in them."""
    body = "\n".join(lines)
    longest = max((len(run) for run in re.findall(r"`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{body}\n{fence}"


def prose(text: str) -> str:
    """Words that mean nothing to Markdown: no link, no mark-up, nobody is called by name."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&])", r"\\\1", text).replace("@", _NOBODY)


def _code(text: str) -> str:
    return f"<code>{_html(text)}</code>"


def _html(text: str) -> str:
    shown = "".join(f"&#{ord(sign)};" if sign in "&<>\"'`*_|[]\\~" else sign for sign in text)
    return " ".join(shown.split())
