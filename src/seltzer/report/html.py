"""A page of its own for what a check found: one file without script or network, to keep, to send and to print."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

from seltzer.claims.finding import Verdict
from seltzer.model import Severity
from seltzer.report.checks import (
    FIX,
    NOTHING,
    SILENCE,
    WHY,
    by_migration,
    cell_word,
    counted,
    named,
    of,
    parts_of,
    seconds,
    verdict_sum,
    verdict_words,
    where,
    worst_first,
    worst_of,
)
from seltzer.report.html_locks import locks
from seltzer.report.html_nodes import document, node
from seltzer.report.places import excerpt_of
from seltzer.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from seltzer.claims.finding import Finding, Judgement
    from seltzer.commands.check_result import CheckResult

# Nothing is fetched and nothing runs, whatever a migration's text may say.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_CODE = re.compile("`([^`]+)`")
_SIGNS = {Verdict.PROVEN: "✓", Verdict.REFUTED: "✗", Verdict.UNPROVEN: "?", Verdict.NOT_APPLICABLE: "·"}


def page(result: CheckResult) -> str:
    """The whole page."""
    groups = by_migration(result.judgements)
    title = f"Migrations: {_headline(result)}"
    style = files("seltzer.report").joinpath("page.css").read_text(encoding="utf-8")
    head = node(
        "head",
        node("meta", charset="utf-8"),
        node("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        node("meta", name="viewport", content="width=device-width, initial-scale=1"),
        node("meta", name="color-scheme", content="light dark"),
        node("title", title),
        node("style", style),
    )
    main = node(
        "main",
        _matrix(groups) if groups else node("p", NOTHING),
        [_migration(number, id_, items) for number, (id_, items) in enumerate(groups.items(), 1)],
        id="main",
    )
    skip = node("a", "To the migrations", class_="skip", href="#main")
    return document(node("html", head, node("body", skip, _header(result, title), main, _footer(result)), lang="en"))


def _header(result: CheckResult, title: str) -> Element:
    said = [node("p", verdict_sum(result)), node("p", _tried_on(result), class_="dim")] if result.judgements else []
    return node("header", node("h1", title), said)


def _footer(result: CheckResult) -> Element:
    hint = [node("p", f"{SILENCE[0].upper()}{SILENCE[1:]}.")] if result.findings else []
    return node("footer", hint, node("p", f"seltzer {__version__}", class_="dim"))


def _tried_on(result: CheckResult) -> str:
    return f"Tried in {seconds(result)} on {result.shadow}." if result.shadow else f"Tried in {seconds(result)}."


def _headline(result: CheckResult) -> str:
    for severity in Severity:
        number = sum(item.severity is severity for item in result.findings)
        if number:
            return counted(number, "remark" if severity is Severity.INFO else str(severity))
    if not result.judgements:
        return "nothing to check"
    return "not everything could be tried" if of(result.judgements, Verdict.UNPROVEN) else "nothing found"


def _matrix(groups: Mapping[str, Sequence[Judgement]]) -> Element:
    """Claims by migration; a cell leads to the claim."""
    claims = list(dict.fromkeys(item.claim for items in groups.values() for item in items))
    head = node("tr", node("th", "migration", scope="col"), [node("th", claim, scope="col") for claim in claims])
    rows: list[Element] = []
    for number, (id_, items) in enumerate(groups.items(), 1):
        by_claim = {item.claim: item for item in items}
        cells = [_cell(number, by_claim.get(claim)) for claim in claims]
        name = node("th", node("a", _breakable(id_), href=f"#m{number}"), scope="row")
        rows.append(node("tr", name, cells))
    table = node("table", node("thead", head), node("tbody", rows), class_="matrix")
    return _scrolling(table, "Claims by migration")


def _cell(number: int, item: Judgement | None) -> Element:
    if item is None:
        return node("td")
    sign = node("span", _SIGNS[item.verdict], class_="sign", aria_hidden="true")
    # What needs no look is a sign for the eye, and a word for whoever hears the page.
    unseen = "unseen" if item.verdict in {Verdict.PROVEN, Verdict.NOT_APPLICABLE} else ""
    link = node("a", sign, node("span", cell_word(item), class_=unseen), href=f"#m{number}-{item.claim}")
    return node("td", link, class_=f"verdict {item.verdict} {worst_of(item) or ''}".rstrip())


def _migration(number: int, id_: str, items: Sequence[Judgement]) -> Element:
    findings = worst_first(finding for item in items for finding in item.findings)
    effects = [effect for item in items for effect in item.effects]
    return node(
        "section",
        node("h2", _breakable(id_), id=f"m{number}-title"),
        node("p", "; ".join(verdict_words(items)), class_="dim"),
        [_finding(finding) for finding in findings],
        locks(effects) if effects else [],
        _claims(number, items),
        id=f"m{number}",
        aria_labelledby=f"m{number}-title",
    )


def _finding(finding: Finding) -> Element:
    excerpt = excerpt_of(finding)
    code = [node("pre", node("code", excerpt.strip()), class_="excerpt", tabindex="0")] if excerpt else []
    place = node("p", node("code", where(finding)), " · ", node("code", named(finding)), class_="dim")
    head = node("h3", node("span", str(finding.severity), class_="severity"), " ", finding.message)
    return node("article", head, place, code, list(_parts(finding)), class_=f"finding {finding.severity}")


def _parts(finding: Finding) -> Iterator[Element]:
    for part in parts_of(finding):
        yield node("h4", part.title)
        if part.title == FIX:
            yield node("pre", node("code", "\n".join(part.lines)), class_="fix", tabindex="0")
        elif len(part.lines) == 1:
            yield node("p", _prose(part.lines[0]) if part.title == WHY else part.lines[0])
        else:
            yield node("pre", "\n".join(part.lines), class_="evidence", tabindex="0")


def _prose(text: str) -> list[Element | str]:
    """A sentence of ours, whose words between backticks are code."""
    return [node("code", part) if place % 2 else part for place, part in enumerate(_CODE.split(text))]


def _claims(number: int, items: Sequence[Judgement]) -> Element:
    """Every claim with its evidence; open where there is something to look at."""
    rows = [
        node(
            "tr",
            node("th", item.claim, scope="row"),
            node("td", f"{_SIGNS[item.verdict]} {item.verdict}", class_=f"verdict {item.verdict}"),
            node("td", item.evidence, class_="evidence"),
            id=f"m{number}-{item.claim}",
        )
        for item in items
    ]
    table = node("table", node("tbody", rows), class_="claims")
    details = node("details", node("summary", counted(len(items), "claim"), " with evidence"), table)
    if any(item.verdict in {Verdict.REFUTED, Verdict.UNPROVEN} for item in items):
        details.set("open", "open")
    return details


def _scrolling(table: Element, label: str) -> Element:
    """A table that is wider than a narrow screen, within reach of the keyboard."""
    return node("div", table, class_="scrolling", role="region", aria_label=label, tabindex="0")


def _breakable(id_: str) -> list[Element | str]:
    """An id that may break after the signs that part its words."""
    parts: list[Element | str] = []
    for sign in id_:
        parts.append(sign)
        if sign in "/_":
            parts.append(node("wbr"))
    return parts
