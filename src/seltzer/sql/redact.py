"""Text without the values that are nobody's business: passwords, and the rows of data statements."""

from __future__ import annotations

import re

_LITERAL = re.compile(r"(?i)(e|b|x|n|u&)?'(?:[^']|'')*'")
_PASSWORD = re.compile(r"(?i)(password\s+)(e|u&)?'(?:[^']|'')*'")
_DATA = re.compile(r"(?i)\b(insert|update|values|merge|copy)\b")

# DETAIL of integrity errors, as every translation of PostgreSQL writes it: Key (email)=(a@b.c) is …
_KEY_VALUES = re.compile(r"\)=\(.*?\)(?=[ .]|$)", re.DOTALL)
_FAILING_ROW = re.compile(r"(Failing row contains) \(.*\)", re.DOTALL)
_QUOTED = re.compile(r'"[^"]*"')


def safe_line(line: str) -> str:
    """A line of SQL fit to be shown: literals after PASSWORD and in data statements are masked, its length kept."""
    if _DATA.search(line):
        return _LITERAL.sub(_mask, line)
    return _PASSWORD.sub(lambda match: match[1] + _mask(match, len(match[1])), line)


def _mask(match: re.Match[str], skipped: int = 0) -> str:
    # The same width, so that a caret under the line still points at the right place.
    return "'" + "*" * (len(match[0]) - skipped - 2) + "'"


def safe_server_text(sqlstate: str | None, text: str) -> str:
    """A message, detail or context of the server fit to be shown: no value of a row.

    Values stand in the messages of class 22 (data exceptions), always in double quotes, and in the details of class
    23 (integrity), as `(column)=(value)` or as a whole row; names of constraints and columns stay.
    """
    code = (sqlstate or "")[:2]
    if code == "22":
        return _LITERAL.sub("'…'", _QUOTED.sub('"…"', text))
    if code == "23":
        return _FAILING_ROW.sub(r"\1 (…)", _KEY_VALUES.sub(")=(…)", text))
    return text
