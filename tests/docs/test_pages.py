"""What holds for every page: links lead somewhere, decisions are numbered, and the project speaks of itself alone."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
DECISIONS = ROOT / "docs" / "decisions"
PATTERNS = ("*.md", "bench/*.md", "docs/**/*.md", "examples/**/*.md")
RECORDS = sorted(DECISIONS.glob("[0-9]*.md"))


def pages() -> list[str]:
    """Every page of the repository by its path; nothing that was installed is among them."""
    found = [path.relative_to(ROOT) for pattern in PATTERNS for path in ROOT.glob(pattern)]
    return sorted(str(path) for path in found if not any(part.startswith(".") for part in path.parts))


def text_of(page: str) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"(?ms)^```.*?^```$", "", (ROOT / page).read_text(encoding="utf-8"))


def anchor(heading: str) -> str:
    """What a heading is called in a link."""
    words = re.sub(r"[`*]|\[|\]\([^)]*\)", "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


@pytest.mark.parametrize("page", pages())
def test_links_within_the_repository_lead_somewhere(page: str) -> None:
    """A relative link names a file that is there, and a heading that is in it."""
    links = re.findall(r"\]\((?!https?://|mailto:)([^)\s]+)\)", text_of(page))

    assert [link for link in links if not _leads_somewhere(page, unquote(link))] == []


def _leads_somewhere(page: str, link: str) -> bool:
    path, _, heading = link.partition("#")
    target = (ROOT / page).parent / path if path else ROOT / page
    if not target.resolve().is_relative_to(ROOT) or not target.exists():
        return False
    if not heading:
        return True
    headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
    return heading in {anchor(item) for item in headings}


@pytest.mark.parametrize("page", pages())
def test_pages_speak_of_the_project_alone(page: str) -> None:
    """No page names a folder of the machine that it was written on."""
    assert re.findall(r"(?<![\w.~])/(?:work|home|root|Users)/\S*", (ROOT / page).read_text(encoding="utf-8")) == []


def test_decisions_are_numbered_without_a_gap() -> None:
    """Records are counted from 1, in their names and their headings."""
    assert [int(path.name[:4]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))
    assert [int(heading_of(path).partition(".")[0]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_decision_has_its_three_parts(path: Path) -> None:
    """Context, decision and consequence, in this order, once each."""
    parts = re.findall(r"^\*\*(\w+)\.\*\* \S", path.read_text(encoding="utf-8"), re.MULTILINE)

    assert parts == ["Context", "Decision", "Consequence"]


def test_every_decision_is_in_the_list() -> None:
    """The list has a line for each record, with its heading."""
    listed = re.findall(r"^- \[(.+)\]\((\S+)\)$", (DECISIONS / "README.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert listed == [(heading_of(path), path.name) for path in RECORDS]


def heading_of(path: Path) -> str:
    """A record's first line, without its mark."""
    return path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
