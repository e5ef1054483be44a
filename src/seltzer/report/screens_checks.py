"""A check's result on a terminal: verdicts in colours, and each finding as something to read and to copy from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from seltzer.claims.finding import Verdict
from seltzer.errors import Place
from seltzer.model import Severity
from seltzer.report.checks import (
    FIX,
    NOTHING,
    by_migration,
    condensed,
    named,
    parts_of,
    sum_lines,
    untried,
    verdict_words,
    where,
)
from seltzer.report.places import excerpt_of
from seltzer.report.screens_excerpt import excerpt
from seltzer.report.screens_paint import clean, folded, painted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from seltzer.claims.finding import Finding, Judgement
    from seltzer.commands.check_result import CheckResult
    from seltzer.report.checks import Said

_VERDICTS = {
    Verdict.PROVEN: "green",
    Verdict.REFUTED: "bold red",
    Verdict.UNPROVEN: "yellow",
    Verdict.NOT_APPLICABLE: "dim",
}
_SEVERITIES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold blue"}
_INDENT = 4
_GAP = 2

# Sentences longer than this are hard to read, however wide the terminal is.
_WIDEST = 110


def check_screen(result: CheckResult, width: int, *, verbose: bool) -> Iterator[RenderableType]:
    """The verdicts of each migration, the findings, the sum.

    Args:
        result: What was found.
        width: Of the terminal, in cells.
        verbose: Every claim with its evidence.
    """
    if not result.judgements:
        yield clean(NOTHING)
        return
    groups = by_migration(result.judgements)
    if verbose:
        for id_, items in groups.items():
            yield folded(clean(id_, "bold"), width)
            yield _claims(items)
    else:
        yield from _verdicts(groups, width)
    said: set[Said] = set()
    for finding in condensed(result.findings):
        yield Text()
        yield from finding_screen(finding, width, said)
    yield Text()
    first, *hints = sum_lines(result)
    yield clean(first, "bold")
    yield from (painted(line) for line in hints)


def _verdicts(groups: dict[str, list[Judgement]], width: int) -> Iterator[RenderableType]:
    """A line a migration; below it what could not be tried, and why."""
    room = max(width // 2, 1)
    ids = min(max(len(id_) for id_ in groups), room)
    for id_, items in groups.items():
        table = Table.grid(padding=(0, _GAP, 0, 0))
        table.add_column(width=ids)
        table.add_column()
        table.add_row(folded(clean(id_), ids), _words(items))
        yield table
        for why, names in untried(items).items():
            yield Padding(Text.assemble(("unproven", "yellow"), clean(f": {', '.join(names)}: {why}")), (0, 0, 0, 2))


def _words(items: Sequence[Judgement]) -> Text:
    return Text("; ").join(clean(words, _style(words)) for words in verdict_words(items))


def _style(words: str) -> str:
    """That of the verdict that the words are about: `refuted: atomic`, `5 proven`."""
    said = words.partition(":")[0].rpartition(" ")[2]
    return _VERDICTS[Verdict(said)]


def _claims(items: Sequence[Judgement]) -> RenderableType:
    table = Table.grid(padding=(0, _GAP, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(max_width=_WIDEST)
    for item in items:
        table.add_row(clean(item.claim), Text(item.verdict, _VERDICTS[item.verdict]), clean(item.evidence))
    return Padding(table, (0, 0, 0, 2))


def finding_screen(finding: Finding, width: int, said: set[Said]) -> Iterator[RenderableType]:
    """A finding, top to bottom; see `report.checks.finding_lines`."""
    head = Text.assemble((f"{finding.severity}:", _SEVERITIES[finding.severity]), " ", clean(where(finding), "bold"))
    yield folded(head, width)
    message = Text.assemble(clean(finding.message), " ", clean(f"[{named(finding)}]", "dim"))
    yield Padding(message, (0, 0, 0, 2), expand=False)
    yield from excerpt(Place(finding.file, finding.line, None, excerpt_of(finding)), width)
    for part in parts_of(finding, said):
        yield Padding(Text(part.title, "bold cyan"), (0, 0, 0, 2), expand=False)
        if part.title == FIX:
            yield from (_copied(line) for line in part.lines)
        else:
            room = min(_WIDEST, width)
            yield from (Padding(_wrapped(line, room), (0, 0, 0, _INDENT), expand=False) for line in part.lines)


def _wrapped(line: str, room: int) -> RenderableType:
    table = Table.grid()
    table.add_column(max_width=max(room - _INDENT, 1))
    table.add_row(clean(line))
    return table


def _copied(line: str) -> Text:
    """A line of SQL, which the terminal itself breaks: what is copied from it stays one line."""
    syntax = Syntax("", "postgresql", theme="ansi_dark", background_color="default")
    shown = clean(line).plain
    text = Text.assemble(" " * _INDENT, syntax.highlight(shown)[: len(shown)])
    text.no_wrap = True
    return text
