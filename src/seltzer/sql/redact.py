"""Text without the values that are nobody's business: passwords, and the rows of data statements."""

from __future__ import annotations

import re

_LITERAL = re.compile(r"(?i)(e|b|x|n|u&)?'(?:[^']|'')*'")
_PASSWORD = re.compile(r"(?i)(password\s+)(e|u&)?'(?:[^']|'')*'")
_DATA = re.compile(r"(?i)\b(insert|update|values|merge|copy)\b")


def safe_line(line: str) -> str:
    """A line of SQL fit to be shown: literals after PASSWORD and in data statements are masked, its length kept."""
    if _DATA.search(line):
        return _LITERAL.sub(_mask, line)
    return _PASSWORD.sub(lambda match: match[1] + _mask(match, len(match[1])), line)


def _mask(match: re.Match[str], skipped: int = 0) -> str:
    # The same width, so that a caret under the line still points at the right place.
    return "'" + "*" * (len(match[0]) - skipped - 2) + "'"
