"""A small chart of what each statement of a migration locks, and what it does under the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.catalog.lock_modes import blocked_by
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
    """A row for each statement, a column for each relation that was there before."""
    relations = sorted({name for effect in effects for name in (*(effect.locks or {}), *effect.hazards)})
    head = node(
        "tr",
        node("th", "line", scope="col"),
        node("th", "statement", scope="col"),
        [node("th", name, scope="col") for name in relations],
        node("th", "under the lock", scope="col"),
        node("th", "here", scope="col"),
    )
    rows = [_row(effect, relations) for effect in effects]
    table = node("table", node("thead", head), node("tbody", rows), class_="locks")
    region = node("div", table, class_="scrolling", role="region", aria_label="Locks", tabindex="0")
    return node("figure", region, _legend())


def _row(effect: Effect, relations: Sequence[str]) -> Element:
    cells = [_lock(effect, name) for name in relations]
    works = [node("li", text) for text in _works(effect)]
    return node(
        "tr",
        node("td", str(effect.line), class_="number"),
        node("td", node("code", " ".join(effect.text.split()))),
        cells,
        node("td", node("ul", works) if works else ""),
        node("td", f"{effect.duration_ms:.0f} ms", class_="number"),
        class_="hazard" if effect.hazard else "",
    )


def _lock(effect: Effect, relation: str) -> Element:
    """The lock that it takes, or one from before that makes others wait while it works."""
    if effect.locks is None:
        return node("td", "not seen", class_="dim")
    taken, held = effect.locks.get(relation), effect.hazards.get(relation)
    mode = taken or held
    if mode is None:
        return node("td")
    words = mode if taken else f"still {mode}"
    bar = node("span", words, class_=f"lock {_KINDS.get(blocked_by(mode), 'none')}")
    return node("td", bar, class_="waited-for" if held else "")


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


def _legend() -> Element:
    items = [node("span", words, class_=f"lock {name}") for name, words in _WAITERS]
    return node("figcaption", items, " A lock lasts until its transaction ends.")
