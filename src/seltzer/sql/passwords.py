"""Passwords in free text: in URLs, in keyword strings, in clauses, and the ones that are known."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from seltzer.sql.secret_shapes import HINTS, secret_shapes
from seltzer.sql.secret_texts import secret_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A text, compiled when first used: a start with nothing to do says nothing.
_NAMED = r"""(?isx)
    (?: password | passwd | passphrase | pwd | secret | token | api_?key ) ["']?
    (?: \s* (?: = | := | => ) \s* (?! [%$] )
        (?: ' (?P<single> (?: [^'\\] | \\. | '' )* ) | " (?P<double> [^"]* ) | (?P<plain> [^\s&;,'")]+ ) )
      | (?: \s* : \s* | \s+ ) (?: e | u& )? ' (?P<quoted> (?: [^'\\] | \\. | '' )* )
      | \s* : \s* " (?P<json> [^"]* ) )"""
# What is this short is taken for the password only where it stands alone.
_SHORT = 4


def password_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where text has passwords: `scheme://user:…@host`, `user:…@host`, `password=…`, `PASSWORD '…'`, known keys."""
    if "@" in text:
        for match in re.finditer(r"\S+", text):
            yield from _in_url(match[0], match.start())
    for match in re.finditer(_NAMED, text):
        if match.lastgroup is not None:
            yield match.span(match.lastgroup)
    yield from (found.secret for found in secret_texts(text))
    if any(hint in text for hint in HINTS):
        yield from (match.span() for match in secret_shapes().finditer(text))


def _in_url(word: str, start: int) -> Iterator[tuple[int, int]]:
    """Between the first colon behind `scheme://` and the last `@`: passwords have all sorts of characters in them."""
    scheme = re.search(r":/{1,2}", word)
    colon = word.find(":", scheme.end() if scheme else 0)
    at = word.rfind("@")
    if 0 <= colon < at:
        yield start + colon + 1, start + at


def without_passwords(text: str, *known: str) -> str:
    """Free text fit to be shown.

    Args:
        text: What somebody says.
        known: Passwords that are hidden wherever they stand, as they are or escaped for a URL, a text or SQL.
    """
    for password in filter(None, known):
        for form in _forms(password):
            text = re.sub(form, "***", text)
    for start, end in reversed(_apart(password_spans(text))):
        text = f"{text[:start]}***{text[end:]}"
    return text


def _apart(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in their order; those that overlap are one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif end > start:
            found.append((start, end))
    return found


def _forms(password: str) -> list[str]:
    forms = {
        password,
        quote(password),
        quote(password, safe=""),
        quote_plus(password),
        repr(password)[1:-1],
        json.dumps(password)[1:-1],
        password.replace("'", "''"),
        password.replace("\\", "\\\\").replace("'", "\\'"),
    }
    longest_first = sorted(forms, key=len, reverse=True)
    return [re.escape(form) if len(form) >= _SHORT else rf"(?<!\w){re.escape(form)}(?!\w)" for form in longest_first]
