"""The page of a check: one file, nothing but text in it, everything within reach."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from seltzer.claims.finding import judged, proven
from seltzer.claims.tracing import Effect
from seltzer.model import Severity
from seltzer.report.formats import Format, rendered
from unit.report.checked import HOSTILE, blocking, checked, hostile, result_of, wrote

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.commands.check_result import CheckResult

VOID = {"meta", "wbr"}


class Document(HTMLParser):
    """A page as a browser's parser sees it: its elements, and the text of each kind."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """An element ends, and it is the one that began last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text in an element."""
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)

    def all(self, attribute: str) -> list[str]:
        """The values of an attribute."""
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]


def page_of(result: CheckResult) -> Document:
    """The page of a result."""
    return Document("\n".join(rendered(result, Format.HTML)))


@pytest.fixture
def page(tmp_path: Path) -> Document:
    """The page of a result with every severity and verdict."""
    return page_of(checked(tmp_path))


def test_the_page_needs_nothing_else(page: Document) -> None:
    """No script, no picture, no address: links lead to places of the page itself, and the browser is told so."""
    policy = next(facts["content"] for _, facts in page.elements if "http-equiv" in facts)

    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "link", "img", "iframe", "form", "base"})
    assert page.all("src") == page.all("style") == []
    assert policy.startswith("default-src 'none'")
    assert "url(" not in page.texts["style"][0]
    assert "@import" not in page.texts["style"][0]


def test_every_link_leads_somewhere(page: Document) -> None:
    """Each cell of the table leads to its claim; no place has two names."""
    ids = page.all("id")

    assert len(ids) == len(set(ids))
    assert len(page.all("href")) == 1 + 2 + 16
    assert {link.removeprefix("#") for link in page.all("href")} <= set(ids)


def test_the_page_is_in_order(page: Document) -> None:
    """Every element that began has ended; a heading is never more than one step below the last."""
    levels = [int(tag[1]) for tag, _ in page.elements if tag in {"h1", "h2", "h3", "h4"}]

    assert page.open == []
    assert levels[0] == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))


def test_what_scrolls_is_within_reach_of_the_keyboard(page: Document) -> None:
    """Tables and code that are wider than the screen; the tables have a name for whoever hears the page."""
    regions = [facts for _, facts in page.elements if facts.get("class") == "scrolling"]
    code = [facts for tag, facts in page.elements if tag == "pre" and facts.get("class") in {"fix", "excerpt"}]

    assert [facts.get("aria-label") for facts in regions] == ["Claims by migration", "Locks"]
    assert all(facts.get("tabindex") == "0" for facts in [*regions, *code])


def test_everything_about_a_finding_is_there(tmp_path: Path) -> None:
    """What was tried and seen, what it means, what to write instead."""
    result = checked(tmp_path)
    shown = " ".join(text for tag, texts in page_of(result).texts.items() if tag != "style" for text in texts)

    for finding in result.findings:
        assert finding.message in shown
        assert finding.evidence in shown
        assert finding.why in shown
        assert (finding.fix or "") in shown
    for judgement in result.judgements:
        assert judgement.evidence in shown


def test_the_chart_has_a_bar_for_each_lock(page: Document) -> None:
    """Its colour and its word say who waits; what is waited for comes first, and one from before is still there."""
    bars = [
        facts["class"] for tag, facts in page.elements if tag == "li" and facts.get("class", "").startswith("lock ")
    ]

    assert bars == ["lock writes waited-for", "lock all", "lock writes", "lock all waited-for"]
    assert [word for word in page.texts["span"] if "EXCLUSIVE" in word or word == "SHARE"] == [
        "SHARE",
        "ACCESS EXCLUSIVE",
        "SHARE ROW EXCLUSIVE",
        "still ACCESS EXCLUSIVE",
    ]
    assert [word.strip() for word in page.texts["li"] if word.startswith(" public")] == [
        "public.users",
        "public.users",
        "public.accounts",
        "public.users",
    ]
    assert "refused: out of <memory>" in page.texts["li"]
    assert page.texts["td"].count("not seen") == 1


def test_a_chart_without_a_lock_says_so() -> None:
    """On new tables nobody waits: there is nothing to explain."""
    made = Effect(1, "CREATE TABLE a (id int)", transactional=True, locks={})
    page = page_of(result_of(replace(proven("effects", "a/b", "x"), effects=(made,))))

    assert page.texts["figcaption"] == ["No table that was there before is locked."]
    assert not any(facts.get("class", "").startswith("lock ") for _, facts in page.elements)


def test_a_cell_says_how_bad_it_is(page: Document) -> None:
    """A remark does not look like an error, by its colour and by its word."""
    cells = [facts["class"] for tag, facts in page.elements if tag == "td" and "refuted" in facts.get("class", "")]
    words = [word for word in page.texts["span"] if word in set(Severity)]

    assert [name for name in cells if name != "verdict refuted"] == [
        "verdict refuted info",
        "verdict refuted warning",
        "verdict refuted error",
    ]
    assert words[:3] == ["info", "warning", "error"]


def test_words_between_backticks_are_code(tmp_path: Path) -> None:
    """In sentences of ours; what the reader wrote stands as it is."""
    finding = replace(
        blocking(wrote(tmp_path)), why="The setting `index-name-pattern` says it.", evidence="`a` and `b`"
    )
    page = page_of(result_of(judged("effects", "a/b", (finding,), "")))

    assert "index-name-pattern" in page.texts["code"]
    assert "`a` and `b`" in page.texts["p"]


def test_no_text_is_more_than_text(tmp_path: Path) -> None:
    """What a file says stands on the page as it is, and makes no element."""
    shown = HOSTILE.replace("\x1b", "\ufffd").replace("\x00", "\ufffd")
    finding = hostile(wrote(tmp_path))
    plain = replace(finding, rule="x", message="x", evidence="x", why="y", fix="x")
    page, harmless = (page_of(result_of(judged("guidelines", "a/b", (item,), ""))) for item in (finding, plain))

    assert shown in page.texts["h3"][-1]
    assert shown in page.texts["code"]
    assert "script" not in {tag for tag, _ in page.elements}
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in harmless.elements]
    assert [facts.keys() for _, facts in page.elements] == [facts.keys() for _, facts in harmless.elements]


def test_a_page_without_a_finding_says_so() -> None:
    """All is proven; nothing is to be accepted."""
    page = page_of(result_of(proven("atomic", "a/b", "x")))

    assert page.texts["h1"] == ["Migrations: nothing found"]
    assert not any("accept" in text for text in page.texts["p"])
