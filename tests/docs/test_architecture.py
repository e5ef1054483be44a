"""ARCHITECTURE.md names every module and layer, and nothing that is not there."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support import Project

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "seltzer"
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
EVERY_FILE = PAGE[PAGE.index("## Every file") :]


def described() -> dict[str, str]:
    """The sentence beside each file of the tables at the end, by its path in the package."""
    return dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", EVERY_FILE, re.MULTILINE))


def modules() -> list[str]:
    """Every module of the package by its path; those that only name their room are left out."""
    paths = [path for path in PACKAGE.rglob("*.py") if len(path.read_text(encoding="utf-8").splitlines()) > 1]
    return sorted(str(path.relative_to(PACKAGE)) for path in paths)


def test_every_module_is_described() -> None:
    """A new file gets a line in the table of its room: its docstring's first sentence will do."""
    assert [path for path in modules() if path not in described()] == []


def test_every_described_file_exists() -> None:
    """A removed file leaves the tables, too."""
    assert [path for path in described() if not any(PACKAGE.glob(path))] == []


def test_the_layers_are_those_that_are_checked() -> None:
    """The table of layers has those of import-linter in their order; a room that does not exist yet is left out."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = next(item["layers"] for item in settings["tool"]["importlinter"]["contracts"] if item["type"] == "layers")
    rooms = [[name.strip(" ()") for name in layer.split("|")] for layer in layers]
    there = [" | ".join(name for name in layer if _exists(name)) for layer in rooms]

    shown = re.findall(r"^\| `([^`]+)` \|", PAGE[PAGE.index("| layer |") : PAGE.index("## A start")], re.MULTILINE)
    assert [name.replace("\\|", "|") for name in shown] == [layer for layer in there if layer]


def _exists(room: str) -> bool:
    return (PACKAGE / room).is_dir() or (PACKAGE / f"{room}.py").is_file()


# A path with a folder in it; `frob` is the page's own example of what is not there yet.
PATHS = {path for path in re.findall(r"`([\w.*]+/[\w./*]*)`", PAGE) if "frob" not in path and path[:7] != "module/"}


@pytest.mark.parametrize("path", sorted(PATHS))
def test_every_path_exists(path: str) -> None:
    """Paths start at the top of the repository or in the package."""
    assert any(any(base.glob(path)) for base in (ROOT, PACKAGE))


CHECKLISTS = [
    item for item in re.findall(r"^- \[ \] (.+)$", PAGE, re.MULTILINE) if "`src/" in item and "frob.py" not in item
]


@pytest.mark.parametrize("item", CHECKLISTS)
def test_the_names_in_a_checklist_are_in_its_files(item: str) -> None:
    """A table, tuple or function that a newcomer is sent to is found in a file of the same line."""
    words = set(re.findall(r"`(\w+)`", item))
    names = {word for word in words if re.fullmatch(r"_[a-z]+|_?[A-Z_]{3,}|[A-Z][a-z]+s", word)}
    texts = [(ROOT / path).read_text(encoding="utf-8") for path in re.findall(r"`(src/\S+\.py)`", item)]

    assert [name for name in names if not any(re.search(rf"\b{name}\b", text) for text in texts)] == []


def test_a_view_is_applied_again_when_it_changes(project: Project) -> None:
    """A repeatable runs once for each content."""
    project.write({"users/names.sql": "CREATE OR REPLACE VIEW names AS SELECT 'a' AS name;"}).migrations().run_all()
    project.write({"users/names.sql": "CREATE OR REPLACE VIEW names AS SELECT 'b' AS name;"}).migrations().run_all()

    assert project.database.query("SELECT name FROM names") == [("b",)]


def test_the_example_of_a_test_is_the_one_above() -> None:
    """The page shows a test that runs: this file's."""
    assert inspect.getsource(test_a_view_is_applied_again_when_it_changes) in PAGE
