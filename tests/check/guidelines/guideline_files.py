"""What tests of guidelines share: a module as files, and what is found in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.claims.guidelines.judging import judge_files
from seltzer.claims.guidelines.settings import GuidelineSettings
from seltzer.source.discover import discover

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.claims.finding import Finding


def found_in(folder: Path, files: dict[str, str] | str, settings: GuidelineSettings | None = None) -> list[Finding]:
    """What both claims find in files; a text alone is the first day of a module."""
    given = {"shop/create_tables.sql": files} if isinstance(files, str) else files
    for name, text in given.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    judgements = judge_files(discover(folder), settings or GuidelineSettings()).judgements
    return [finding for item in judgements for finding in item.findings]


def rules_in(folder: Path, files: dict[str, str] | str, *rules: str) -> list[tuple[str, int | None]]:
    """What some rules find, with the lines."""
    return [(item.rule, item.line) for item in found_in(folder, files) if item.rule in rules]
