"""The tutorial and the how-to pages are acted out: files written, commands typed, what they print compared."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from database.pooler.poolers import PooledDatabase, find_pgbouncer, pgbouncer
from docs.manual_pages import MANUAL, Page, blocks_of, commands_of, matches, page_on
from seltzer.config import Policy
from seltzer.model import DatabaseState, FileState
from seltzer.server import find_binaries, server_status, stop_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support import Database

on_18 = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

EMBEDDED = ("tutorial", "how-to/embedded-server", "how-to/shadow")
"""Pages whose project has a server of its own."""
POOLED = "how-to/pgbouncer"
"""The page whose database is behind a pooler."""
ACTED = sorted(
    str(path.relative_to(MANUAL).with_suffix(""))
    for path in [*MANUAL.glob("how-to/*.md"), *MANUAL.glob("concepts/*.md")]
    if any(commands_of(block) for block in blocks_of(path.read_text(encoding="utf-8")))
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Path]:
    """An empty folder with the name of the pages' project; the private servers it gets are gone after the test."""
    folder = tmp_path / "shop"
    folder.mkdir()
    yield folder
    binaries = find_binaries()
    for home in (folder / ".seltzer", folder / ".test-database", folder / ".shadow"):
        stop_server(home, binaries)
        shutil.rmtree(server_status(home, binaries).data.parent, ignore_errors=True)


@pytest.mark.parametrize("name", EMBEDDED)
def test_a_page_on_the_embedded_server_does_what_it_shows(name: str, shop: Path) -> None:
    """The project's own server does for all of the page."""
    page = Page(name, shop)

    page.act()

    assert page.unused() == []


@on_18
@pytest.mark.parametrize("name", [name for name in ACTED if name not in {*EMBEDDED, POOLED}])
def test_a_page_does_what_it_shows(name: str, shop: Path, database: Database) -> None:
    """Every block is a file, a session at the command line, a program, or SQL that somebody types."""
    page = page_on(name, shop, database)

    page.act(database)

    assert page.unused() == []


@on_18
@pytest.mark.pooler
def test_the_page_on_poolers_does_what_it_shows(shop: Path, database: Database, tmp_path: Path) -> None:
    """Its commands go through a PgBouncer, and around it."""
    if find_pgbouncer() is None:
        pytest.skip("PgBouncer is not installed: apt-get install pgbouncer")
    with pgbouncer(database.server, tmp_path) as port:
        behind = PooledDatabase(database.server, database.binaries, database.name, port)
        page = page_on(POOLED, shop, database)
        page.environment |= {"SELTZER_DATABASE": behind.url, "SERVER": database.url}

        page.act(database)

    assert page.unused() == []


def test_every_how_to_page_is_acted_out() -> None:
    """A page without commands would say things that nobody tries."""
    names = {str(path.relative_to(MANUAL).with_suffix("")) for path in MANUAL.glob("how-to/*.md")}

    assert names - {"how-to/index"} <= set(ACTED)


def test_the_concepts_name_every_state_and_policy() -> None:
    """Each has a row in a table, and there is no row for anything else."""
    states = (MANUAL / "concepts/states.md").read_text(encoding="utf-8")
    start = (MANUAL / "concepts/start.md").read_text(encoding="utf-8")

    assert re.findall(r"^\| `(\w+)` \|", states, re.MULTILINE) == [
        *sorted(FileState, key=lambda state: states.index(f"| `{state}` |")),
        *DatabaseState,
    ]
    assert set(re.findall(r"^\| `(\w+)` \|", start, re.MULTILINE)) == set(Policy)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("applied a/b (6 ms)\n", "applied a/b (143 ms)\n"),
        ("x       0 ms  …\n", "x      12 ms  postgres\n"),
        ("missing 2026-03-01 09:30:00Z\n", "missing 2027-12-24 18:00:00Z\n"),
    ],
)
def test_what_differs_from_run_to_run_may_differ(shown: str, printed: str) -> None:
    """Durations and moments do not count."""
    assert matches(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"), [("now current\n", "now behind\n"), ("a\n", "a\nb\n"), ("…\n", "a\nb\n")]
)
def test_other_words_count(shown: str, printed: str) -> None:
    """A word or a line that differs is found."""
    assert not matches(shown, printed)
