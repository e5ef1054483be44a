"""Text without the values that are nobody's business: passwords, and the rows of data statements."""

from __future__ import annotations

import re

from seltzer.sql.literals import Values, hidden_spans
from seltzer.sql.passwords import without_passwords

__all__ = [
    "Values",
    "safe_context",
    "safe_excerpt",
    "safe_head",
    "safe_line",
    "safe_near",
    "safe_server_text",
    "values_in_excerpt",
    "without_passwords",
    "without_quoted",
]

_CUT = "…"
_HEAD = 80
# Every translation of PostgreSQL has its own quotes. A value may have quotes too: from the first to the last.
_QUOTES = "\"'»«„“”‘’‚‹›「」『』"  # noqa: RUF001  # they are meant
_QUOTED = rf"(?s)([{_QUOTES}]).*([{_QUOTES}])"
# What stands behind the number of a line, quoted or not: JSON data, line 1: {"a": …
_BEHIND_NUMBER = r"(?s)(?<=\d)(\s*:\s).+"
_LONG_NUMBER = r"(?<![\w(.^])\d{4,}(?:\.\d+)?"
_BYTES = r"(?:0x[0-9a-fA-F]{2}\s?)+"
# DETAIL of keys, in every translation: Key (email)=(a@b.c) is …; or the whole row: Failing row contains (…)
_KEY_VALUES = r"(?s)\)\s*=\s*\(.*\)"
_ROW = r"(?s)\(.*\)"
_HAS_KEY = frozenset({"23503", "23505", "23P01"})
_WORD_AT_END = r"""(?s)(?P<before>.*\b at \s or \s near \s ") (?: [^\W\d]\w* | [^\w\s"']{1,3} ) (?P<after>"\s*)"""
_KNOWN_OF_CONNECTION = rf"((?:\b(?:at|socket|user|role|database|server|name) )?)([{_QUOTES}])[^{_QUOTES}]*([{_QUOTES}])"
# PL/pgSQL function add(text) line 3 at SQL statement: a name and a place, no value.
_FRAME = rf"""PL/[^:{_QUOTES}]*|SQL\ function\ "[^:{_QUOTES}]*"\ (?:statement\ \d+|during\ \w+)"""


def safe_line(line: str) -> str:
    """A line of SQL that stands alone; see `safe_excerpt`."""
    return safe_excerpt(line, 0, len(line))


def safe_excerpt(text: str, start: int, end: int, values: Values = Values.HIDDEN) -> str:
    """A part of a SQL text fit to be shown, its length kept so that a caret below points at the right place.

    Literals are masked after PASSWORD and in statements that carry rows, also where these began before the part.
    """
    shown = list(text[start:end])
    for first, last in hidden_spans(text, start, end, values):
        for index in range(max(first - start, 0), min(last - start, len(shown))):
            if shown[index] not in "\r\n":
                shown[index] = "*"
    return "".join(shown)


def safe_head(text: str, values: Values = Values.HIDDEN) -> str:
    """The beginning of a statement on one line, before the server has said what it thinks of it: without literals."""
    shown = Values.SHOWN if values is Values.SHOWN else Values.REFUSED
    head = safe_excerpt(text, 0, min(len(text), _HEAD * 4), shown)
    return " ".join(head.split())[:_HEAD]


def values_in_excerpt(sqlstate: str | None, values: Values) -> Values:
    """What an excerpt may show when the server refused it: where it refused a value, no text."""
    # 42601 is also what the inner grammar of a text says: of tsquery, of jsonpath.
    code = sqlstate or ""
    refused = values is Values.HIDDEN and (code[:2] in {"22", "23", "44"} or code == "42601")
    return Values.NUMBERS if refused else values


def safe_near(message: str, excerpt: str | None, column: int | None) -> str:
    """A syntax error's message without the word that it names, where that is masked in the excerpt."""
    if excerpt is not None and column is not None and "*" in excerpt[column - 1 : column + 1]:
        return re.sub(_QUOTED, rf"\1{_CUT}\2", message)
    return message


def safe_server_text(sqlstate: str | None, text: str, values: Values = Values.HIDDEN) -> str:
    """A message or detail of the server fit to be shown: no value of a row, no password.

    Values stand in quotes in class 22 (data exceptions) and 38 (what a function raised), and in the details of class
    23 (integrity) and 44 (views), as `(column)=(value)` or as a whole row; names of constraints and columns stay.
    """
    if values is Values.SHOWN:
        return without_passwords(text)
    code = sqlstate or ""
    if code[:2] in {"22", "38"}:
        text = _without_data(text)
    elif code[:2] in {"23", "44"}:
        key = code in _HAS_KEY and re.search(_KEY_VALUES, text)
        text = re.sub(_KEY_VALUES, f")=({_CUT})", text) if key else re.sub(_ROW, f"({_CUT})", text)
    elif code == "42601" and not re.fullmatch(_WORD_AT_END, text, re.VERBOSE):
        text = without_quoted(text)
    elif code[:2] in {"08", "HV"}:
        text = re.sub(_KNOWN_OF_CONNECTION, _unless_known, text)
    return without_passwords(text)


def _without_data(text: str) -> str:
    text = re.sub(_BEHIND_NUMBER, rf"\1{_CUT}", without_quoted(text)).split("\n")[0]
    return re.sub(_BYTES, _CUT, re.sub(_LONG_NUMBER, _CUT, text))


def _unless_known(match: re.Match[str]) -> str:
    """Host, user and database are shown; what a connection string was misread as is not."""
    return match[0] if match[1] else f"{match[2]}{_CUT}{match[3]}"


def without_quoted(text: str) -> str:
    """Text without what is quoted in it, whatever the quotes."""
    return re.sub(_QUOTED, rf"\1{_CUT}\2", text)


def safe_context(text: str, values: Values = Values.HIDDEN) -> str:
    """The CONTEXT of a server's error: functions and lines, no statement and no value.

    Whatever the SQLSTATE: it quotes statements that functions made, parameters, and columns of COPY.
    """
    if values is Values.SHOWN:
        return without_passwords(text)
    parts: list[list[str]] = [[]]
    for line in text.split("\n"):
        if re.fullmatch(_FRAME, line):
            parts += [[line], []]
        else:
            parts[-1].append(line)
    return without_passwords("\n".join(_without_values("\n".join(part)) for part in parts if part))


def _without_values(text: str) -> str:
    if re.fullmatch(_FRAME, text):
        return text
    return re.sub(r"(?s)(:\s).+", rf"\1{_CUT}", without_quoted(text))
