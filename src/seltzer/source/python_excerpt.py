"""The line of a Python file that an error points at, fit to be shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.errors import FilesError, Place
from seltzer.source.heads import read_text
from seltzer.sql.redact import Values, safe_excerpt, without_passwords

if TYPE_CHECKING:
    from pathlib import Path

_LITERAL = r"""(?sx)
    (?P<comment> \#[^\n]* )
  | (?P<quote> [\"]{3} | [\']{3} ) (?P<long> (?: \\. | (?! (?P=quote) ) . )* ) (?: (?P=quote) | \Z )
  | (?P<mark> [\"\'] ) (?P<text> (?: \\. | (?! (?P=mark) ) [^\\\n] )* ) (?P=mark)?
  | (?P<open> [(\[{] )
  | (?P<close> [)\]}] )
  | (?<! [\w.] ) \d [\w.]*"""
# Texts that begin so are SQL: its words are worth showing. Any other text may be a value or a password.
_SQL = (
    r"(?i)\s*(?:(?:create|alter|drop)\s+(?:or|table|unique|index|view|materialized|type|schema|sequence|function"
    r"|procedure|trigger|extension|domain|role|user|policy|database)|select|truncate|comment\s+on|insert\s+into"
    r"|update\s+\S+\s+set|delete\s+from|grant|revoke)\b"
)


def python_place(path: Path, line: int | None, values: Values = Values.HIDDEN) -> Place:
    """File, line and excerpt; arguments, comments and texts are masked in it, of SQL only texts and rows."""
    if line is None:
        return Place(path)
    try:
        text = read_text(path)
    except (FilesError, OSError, UnicodeError):
        return Place(path, line)
    return Place(path, line, None, safe_line_of(text, line, values))


def safe_line_of(text: str, line: int, values: Values) -> str:
    """One line of a Python text; literals that began in lines above are known."""
    shown = text if values is Values.SHOWN else _masked_text(text)
    return without_passwords("".join(shown.split("\n")[line - 1 : line]).rstrip())


def _masked_text(text: str) -> str:
    depth = 0

    def masked(match: re.Match[str]) -> str:
        nonlocal depth
        if match["open"] or match["close"]:
            depth = max(depth + (1 if match["open"] else -1), 0)
            return match[0]
        # In brackets it may be a parameter, part of a row.
        return match[0] if match[0][0].isdigit() and not depth else _masked(match)

    return re.sub(_LITERAL, masked, text)


def _masked(match: re.Match[str]) -> str:
    inside = match["long"] if match["long"] is not None else match["text"]
    # Behind a backslash SQL and Python do not agree where a literal ends.
    if inside is None or "\\" in inside or not re.match(_SQL, inside):
        return re.sub(r"[^\n\"'#]", "*", match[0])
    before, after = match[0].split(inside, 1)
    return before + safe_excerpt(inside, 0, len(inside), Values.NUMBERS) + after
