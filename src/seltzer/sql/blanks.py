"""White space and comments, as PostgreSQL reads them: block comments nest."""

from __future__ import annotations

import re
from functools import cache

_SIMPLE = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z))+")
_EDGE = re.compile(r"/\*|\*/")

# Comments, strings, quoted names and dollar-quoted texts: nothing in them is a word of SQL.
_COMMENT_OR_NAME = r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\""
_DOLLARS = r"(\$(?:[A-Za-z_\x80-\U0010ffff][\w\x80-\U0010ffff]*)?\$).*?\1"


@cache
def _quoted() -> re.Pattern[str]:
    """Compiled when it is first needed: a start with nothing to do has no SQL to look at."""
    return re.compile(f"{_COMMENT_OR_NAME}|{_DOLLARS}", re.DOTALL)


def blank_end(text: str, start: int = 0) -> int:
    """Where the white space and comments that begin at `start` end."""
    at = start
    while True:
        simple = _SIMPLE.match(text, at)
        if simple is not None:
            at = simple.end()
        if not text.startswith("/*", at):
            return at
        at = _comment_end(text, at)


def _comment_end(text: str, start: int) -> int:
    depth = 0
    for edge in _EDGE.finditer(text, start):
        depth += 1 if edge[0] == "/*" else -1
        if not depth:
            return edge.end()
    return len(text)


def words_only(text: str) -> str:
    """The text with comments and everything quoted blanked out, each other character in its place."""
    return _quoted().sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
