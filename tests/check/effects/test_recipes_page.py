"""The manual's table of recipes says what `check` says, line by line."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psycopg
import pytest

from check.effects.recipe_trials import TABLES
from seltzer.claims.effects import is_hazard
from seltzer.claims.fixes.facts import read_facts
from seltzer.claims.fixes.offline import alone
from seltzer.claims.fixes.recipes import find_recipe
from seltzer.claims.fixes.replacing import Earlier, replacement
from seltzer.claims.fixes.writing import read_written
from seltzer.claims.production import Production
from seltzer.claims.tracing import trace_statements
from seltzer.sql.statements import read_statements

if TYPE_CHECKING:
    from check.trials import Checked
    from seltzer.claims.fixes.recipe import Recipe
    from seltzer.server import Binaries
    from support import Database

PAGE = Path(__file__).parents[3] / "docs/reference/recipes.md"
SINCE = 18  # the version that the table speaks of where it makes a difference


class Row(NamedTuple):
    """A line of the table."""

    number: int
    change: str
    waits: str
    files: str


ROWS = [
    Row(int(cells[0]), cells[1].strip("`"), *cells[2:])
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if (cells := [cell.strip() for cell in line.strip("|").split("|")])[0].strip().isdigit()
]
LATER = [row for row in ROWS if row.files.startswith(("`dropped`", "`renamed`"))]
TRIED = [row for row in ROWS if row.waits and row not in LATER]


def test_the_table_is_whole() -> None:
    """Forty changes, each once and in order."""
    assert [row.number for row in ROWS] == list(range(1, 41))
    assert {row.waits for row in ROWS} == {"long", "moment", ""}


@pytest.mark.parametrize("row", TRIED, ids=lambda row: f"{row.number} {row.change}")
def test_a_line_of_the_table_is_so(row: Row, database: Database, binaries: Binaries) -> None:
    """Whether others wait for long, which files there are, and whether a program writes them."""
    database.query(TABLES)
    effects = list(
        trace_statements(
            partial(psycopg.connect, database.url, autocommit=True), row.change, read_statements(row.change)
        )
    )
    recipe = recipe_of(database, row)

    assert [effect.error for effect in effects if effect.error] == []
    assert is_hazard(effects[-1], Production()) == (row.waits == "long")
    if row.files.startswith("none"):
        assert recipe is None
    else:
        assert recipe is not None
        assert [file.suffix for file in recipe.files] == wanted(row, binaries.major)
        assert bool(recipe.by_hand) == ("; shown:" in row.files)


def test_what_is_for_a_later_release_is_a_finding_of_backward_compatible(checked: Checked, database: Database) -> None:
    """With the rule that the table names, and the SQL that lets both releases work, which makes nobody wait."""
    connect = partial(psycopg.connect, database.url, autocommit=True)
    database.query(TABLES)
    names = {f"shop/{number:04d}_change": row for number, row in enumerate(LATER, 1)}
    files = {f"{id_}.sql": f"{row.change};" for id_, row in names.items()}
    checked.write({"shop/create_tables.sql": TABLES, **files})

    found = checked.check(*names, only="backward-compatible").findings

    for id_, row in names.items():
        mine = [finding for finding in found if finding.id == id_]
        assert {finding.rule for finding in mine} == {row.files.split("`")[1]}, row
        for finding in mine:
            assert finding.fix
            effects = list(trace_statements(connect, finding.fix, read_statements(finding.fix)))
            assert [effect.error for effect in effects if effect.error] == []
            assert [effect.hazards for effect in effects if effect.hazard] == []


def recipe_of(database: Database, row: Row) -> Recipe | None:
    """What a check would show; of what is no hazard only what is written for it."""
    *before, text = row.change.split("; ")
    written = read_written(text)
    earlier = [Earlier(1, 0, item) for each in before if (item := read_written(each)) is not None]
    assert written is not None
    with database.connect() as conn:
        facts = read_facts(conn, written)
    found = replacement(written, earlier, facts) or find_recipe(text, facts)
    return found or (alone(written) if row.waits == "long" else None)


def wanted(row: Row, major: int) -> list[str]:
    """The files that the table names for a version: up to the first word that is no name of one."""
    text = row.files
    if "; before 18 " in text:
        now, _, before = text.partition("; before 18 ")
        text = now if major >= SINCE else before
    match = re.match(r"`\w+`(?:, `\w+`)*", text)
    assert match is not None
    return re.findall(r"\w+", match[0])
