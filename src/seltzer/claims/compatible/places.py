"""Which statement of a migration did something: the one that names what it was done to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from seltzer.model import Migration

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_CHANGES = re.compile(r"(?i)\s*(alter|drop|create|revoke|do|truncate|grant|select|call)\b")
_MAKES = re.compile(r"(?i)\s*create\s+(?:table|schema|extension|type|sequence)\b")


def place_of_break(migration: Migration, words: Sequence[str]) -> tuple[Path, int | None]:
    """The file, and the line of the statement that has the most of some names in it, the first before the others."""
    best: tuple[tuple[int, ...], Path, int] | None = None
    for path, statements in migration.sources:
        for statement in statements:
            text = _COMMENT.sub(" ", statement.text)
            if not _CHANGES.match(text):
                continue
            score = tuple(int(_names(text, word)) for word in words)
            # A file that says what there is, and then what is to be otherwise, does it in the latter.
            rank = (*score, int(not _MAKES.match(text)))
            if any(score) and (best is None or rank > best[0]):
                best = rank, path, statement.line
    return (best[1], best[2]) if best is not None else (migration.path, _only_line(migration))


def _only_line(migration: Migration) -> int | None:
    """The line of the one statement that there is."""
    statements = [item for _, items in migration.sources for item in items]
    return statements[0].line if len(statements) == 1 else None


def _names(text: str, word: str) -> bool:
    return bool(word) and re.search(rf"(?<![\w$]){re.escape(word)}(?![\w$])", text, re.IGNORECASE) is not None
