"""CHANGELOG.md has the shape that its readers, and their tools, expect."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_sections_are_those_of_keep_a_changelog() -> None:
    """Under each release only the six kinds of changes."""
    assert set(re.findall(r"^### (.+)$", PAGE, re.MULTILINE)) <= KINDS


def test_the_present_version_is_spoken_of() -> None:
    """The version that would be built now is a release of the page, or the one that is coming."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

    assert f"## [{version}]" in PAGE or version in PAGE[PAGE.index("## [Unreleased]") :]
