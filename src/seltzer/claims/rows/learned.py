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
