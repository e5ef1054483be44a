"""A statement written again: words put in behind others, names replaced; comments and layout stay."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache
from typing import TYPE_CHECKING

from seltzer.claims.guidelines.schema import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from seltzer.claims.guidelines.files import ReadStatement

MOST_BYTES = 63


def with_words(statement: ReadStatement, insertions: Iterable[tuple[int, str]]) -> str:
    """The statement with texts put in at bytes that count from its beginning, and its semicolon."""
    data = statement.text.encode()
    for at, text in sorted(insertions, reverse=True):
        data = data[:at] + text.encode() + data[at:]
    return data.decode() + ";"


def after_phrase(statement: ReadStatement, phrases: Sequence[Sequence[str]]) -> int | None:
    """The byte behind the phrase of keywords that begins first in the statement, the longest of those."""
    tokens = statement.tokens()
    if tokens is None:
        return None
    texts = [text.decode().lower() for text in tokens.texts[:12]]
    for at in range(len(texts)):
        lengths = [len(phrase) for phrase in phrases if texts[at : at + len(phrase)] == list(phrase)]
        if lengths:
            return tokens.ends[at + max(lengths) - 1]
    return None


def with_name(statement: ReadStatement, old: str, new: str) -> str | None:
    """The statement with a name replaced where it stands first; None where it is not found."""
    tokens = statement.tokens()
    for start, end in zip(tokens.starts, tokens.ends, strict=True) if tokens is not None else ():
        data = statement.text.encode()
        if _name_of(data[start:end].decode()) == old:
            return (data[:start] + quoted(new).encode() + data[end:]).decode() + ";"
    return None


def with_column_words(statement: ReadStatement, column: int, words: str) -> str | None:
    """The statement with words put in at the end of a column's definition, which begins at a byte of the file."""
    tokens = statement.tokens()
    if tokens is None:
        return None
    depth = 0
    first = bisect_left(tokens.starts, column - statement.start)
    for at in range(first, len(tokens.texts)):
        depth += {b"(": 1, b")": -1}.get(tokens.texts[at], 0)
        if depth < 0 or (not depth and tokens.texts[at] == b","):
            return with_words(statement, [(tokens.ends[at - 1], words)])
    return None


def _name_of(token: str) -> str:
    return token[1:-1].replace('""', '"') if token.startswith('"') else token.lower()


@cache  # the columns of a thousand tables have a few names between them
def snake_case(name: str) -> str:
    """A name in lower case with underscores: `UserAccounts` and `user-accounts` become `user_accounts`."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"_+", "_", re.sub(r"\W", "_", apart)).strip("_").lower()


def plain_name(name: str) -> str:
    """A name that needs no quotes: as it is, or in lower case with underscores."""
    return name if name == name.lower() and re.search(r"\W", name) is None else snake_case(name)


def cut(name: str) -> str:
    """What PostgreSQL keeps of a name: 63 bytes, no half letter."""
    return name.encode()[:MOST_BYTES].decode(errors="ignore")


def index_name(template: str, table: str, columns: Sequence[str]) -> str:
    """The name that an index should have: short enough for PostgreSQL, and without a need for quotes."""
    names = dict.fromkeys(plain_name(column) for column in columns)
    name = template.format(table=plain_name(table), columns="_".join(names) or "expression")
    return cut(name).rstrip("_")
