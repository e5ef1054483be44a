"""A small chart of what each statement of a migration locks, and what it does under the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from seltzer.catalog.lock_modes import blocked_by, by_strength
from seltzer.report.html_nodes import node

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from xml.etree.ElementTree import Element

    from seltzer.claims.tracing import Effect

_KINDS = {"reads and writes": "all", "writes": "writes"}
_WAITERS = (
    ("all", "nobody can read or write"),
    ("writes", "nobody can write"),
    ("none", "reading and writing go on"),
)


def locks(effects: Sequence[Effect]) -> Element:
    """A row for each statement, with a bar for each lock that it takes or works under."""
    titles = ("line", "statement", "locks", "under the lock", "here")
    head = node("tr", [node("th", title, scope="col") for title in titles])
    table = node("table", node("thead", head), node("tbody", [_row(effect) for effect in effects]), class_="locks")
    region = node("div", table, class_="scrolling", role="region", aria_label="Locks", tabindex="0")
    return node("figure", region, _legend(effects))


def _row(effect: Effect) -> Element:
    bars = [_bar(lock) for lock in _locks(effect)]
    works = [node("li", text) for text in _works(effect)]
    return node(
        "tr",
        node("td", str(effect.line), class_="number"),
        node("td", node("code", " ".join(effect.text.split()))),
        node("td", node("ul", bars) if bars else "not seen" if effect.locks is None else "", class_="bars dim"),
        node("td", node("ul", works) if works else ""),
        node("td", f"{effect.duration_ms:.0f} ms", class_="number"),
        class_="hazard" if effect.hazard else "",
    )


class _Lock(NamedTuple):
    """Locks of one mode: those that the statement takes, or others from before that are waited for while it works."""

    words: str
    mode: str
    relations: Sequence[str]
    waited_for: bool


def _locks(effect: Effect) -> Iterator[_Lock]:
    """What others meet, first what they wait for, and the strongest first."""
    taken = effect.locks or {}
    waited_for = {name: mode for name, mode in taken.items() if name in effect.hazards}
    passing = {name: mode for name, mode in taken.items() if name not in effect.hazards}
    held = {name: mode for name, mode in effect.hazards.items() if name not in taken}
    for known, still, waits in ((waited_for, "", True), (held, "still ", True), (passing, "", False)):
        for mode, names in by_strength(known):
            yield _Lock(f"{still}{mode}", mode, names, waits)


def _bar(lock: _Lock) -> Element:
    kind = _KINDS.get(blocked_by(lock.mode), "none")
    waited_for = " waited-for" if lock.waited_for else ""
    return node(
        "li", node("span", lock.words, class_="mode"), " ", ", ".join(lock.relations), class_=f"lock {kind}{waited_for}"
    )


def _works(effect: Effect) -> Iterator[str]:
    """What takes long on a large table, and what the server refused."""
    words = (
        ("rewrites", effect.rewritten),
        ("scans", effect.scanned or ()),
        ("builds", effect.indexes_built),
        ("validates", effect.constraints_validated),
    )
    for word, names in words:
        if names:
            yield f"{word} {', '.join(names)}"
    if effect.error is not None:
        yield f"refused: {effect.error}"


def _legend(effects: Sequence[Effect]) -> Element:
    if not any(effect.locks or effect.hazards for effect in effects):
        return node("figcaption", "No table that was there before is locked.")
    items = [node("span", words, class_=f"lock {name}") for name, words in _WAITERS]
    return node("figcaption", items, " A lock lasts until its transaction ends.")
