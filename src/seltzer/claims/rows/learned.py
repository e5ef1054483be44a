"""What an expression lets guess about the values that satisfy it: its numbers, texts and patterns."""

from __future__ import annotations

import re
from dataclasses import dataclass

from seltzer.claims.rows.patterns import samples

# A text as PostgreSQL writes it back, with the operator before it.
_TEXT = re.compile(r"(!?~~?\*?|=|<>|<|>|>=|<=|,|\(|\[|^|\s)\s*E?'((?:[^']|'')*)'")
_SIMILAR = re.compile(r"~\s*(?:pg_catalog\.)?similar_to_escape\('")
_NUMBER = re.compile(r"(?<![\w.'$])'?(-?\d+(?:\.\d+)?)'?(?![\w.])")
_MOST = 24


# What a migration says of rows that are there: where they belong to, and which it means.
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_BOUNDS = re.compile(r"\bfor\s+values\s+(.*?)(?=;|\bpartition\b|\bfor\s+values\b|$)", re.IGNORECASE | re.DOTALL)
# `data ->> 'amount'`: a document may have anything under a key that the migration reads.
_KEY = re.compile(r"(\w+|\"[^\"]+\")\s*->>?\s*('(?:[^']|'')+')")
_CONDITION = re.compile(r"\b(?:check|where)\b(.*?)(?=;|\bcheck\b|\bwhere\b|\breturning\b|$)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Hints:
    """What the text of a migration lets guess about rows that it will meet.

    Attributes:
        bounds: Of partitions.
        conditions: Each CHECK and WHERE, and the keys that it reads in documents.
    """

    bounds: str = ""
    conditions: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is a value in them."""
        return any(character in "'0123456789" for character in "".join((self.bounds, *self.conditions)))

    def of(self, column: str, *, partition: bool) -> str:
        """What is said that can be of a column: bounds are those of partitions, a condition names it."""
        named = re.compile(rf"\b{re.escape(column)}\b", re.IGNORECASE)
        found = [condition for condition in self.conditions if named.search(condition)]
        return " ".join([self.bounds, *found] if partition else found)


def hints_in(text: str) -> Hints:
    """What the SQL of a migration says of rows; values that it writes itself are none of it."""
    bare = _COMMENT.sub(" ", text)
    keys = (f"{column} -> {key}" for column, key in dict.fromkeys(_KEY.findall(bare)))
    return Hints(" ".join(_BOUNDS.findall(bare)), (*_CONDITION.findall(bare), *keys))


NO_HINTS = Hints()


@dataclass(frozen=True, slots=True)
class Learned:
    """Constants of expressions.

    Attributes:
        numbers: As they are written.
        texts: What stands in quotes and is no pattern.
        samples: Texts that match its patterns.
    """

    numbers: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()

    @property
    def lengths(self) -> tuple[int, ...]:
        """Its numbers as far as they can be lengths."""
        return tuple(int(number) for number in self.numbers if number.isdigit() and int(number) <= _LONGEST)


_LONGEST = 10000
NOTHING = Learned()


def learn(expressions: str) -> Learned:
    """What there is to be learned from expressions, or the body of a function."""
    # SIMILAR TO becomes a regular expression only when it is evaluated.
    expressions = _SIMILAR.sub(" ~ '", expressions)
    texts: dict[str, None] = {}
    matching: dict[str, None] = {}
    for operator, quoted in _TEXT.findall(expressions):
        text = quoted.replace("''", "'")
        if operator in {"~", "~*"}:
            matching.update(dict.fromkeys(samples(_unescaped(text))))
        elif operator in {"~~", "~~*"}:
            matching.update(dict.fromkeys(_like(text)))
        else:
            texts[text] = None
    # The text of a pattern or a string has numbers that say nothing.
    bare = re.sub(r"~~?\*?\s*E?'(?:[^']|'')*'", " ", expressions)
    numbers = dict.fromkeys(_NUMBER.findall(bare))
    return Learned(tuple(numbers)[:_MOST], tuple(texts)[: 2 * _MOST], tuple(matching)[:_MOST])


def _unescaped(text: str) -> str:
    return text.replace("\\\\", "\\")


def _like(pattern: str) -> tuple[str, ...]:
    return tuple(pattern.replace("%", rest).replace("_", "x").replace("\\", "") for rest in ("", "abc", "Z 9"))
