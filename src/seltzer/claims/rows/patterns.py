"""Texts that match a regular expression: PostgreSQL's own, as far as CHECKs commonly have them."""

from __future__ import annotations

import random
from string import ascii_lowercase, ascii_uppercase, digits

_CLASSES = {
    "alpha": ascii_lowercase + ascii_uppercase,
    "lower": ascii_lowercase,
    "upper": ascii_uppercase,
    "digit": digits,
    "alnum": ascii_lowercase + digits + ascii_uppercase,
    "xdigit": digits + "abcdef",
    "space": " ",
    "punct": "-.!",
    "word": ascii_lowercase + digits + "_",
}
_ESCAPES = {"d": digits, "w": _CLASSES["word"], "s": " ", "D": ascii_lowercase, "W": "-", "S": ascii_lowercase}
_ANY = "abxyz019"
_PRINTABLE = "".join(map(chr, range(32, 127)))
_NO_WIDTH = "mMyYAZ"
_MANY = 3


def samples(pattern: str, count: int = 16) -> tuple[str, ...]:
    """Some texts that should match; none where the pattern is not understood.

    Whether they do is for PostgreSQL to say.
    """
    found: dict[str, None] = {}
    for seed in range(count):
        try:
            found[_Sampler(pattern, random.Random(f"{pattern}{seed}")).text()] = None  # noqa: S311  # no secret
        except (IndexError, ValueError):
            return ()
    return tuple(found)


class _Sampler:
    """Reads a pattern once, and writes a text that matches while it goes."""

    def __init__(self, pattern: str, chance: random.Random) -> None:
        self._pattern = pattern
        self._at = 0
        self._chance = chance

    def text(self) -> str:
        if self._pattern.startswith("(?"):
            self._at = self._pattern.index(")") + 1
        made = self._alternatives()
        if self._at < len(self._pattern):
            raise ValueError("a bracket that nothing opens")
        return made

    def _peek(self) -> str:
        return self._pattern[self._at] if self._at < len(self._pattern) else ""

    def _next(self) -> str:
        self._at += 1
        return self._pattern[self._at - 1]

    def _alternatives(self) -> str:
        ways = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            ways.append(self._sequence())
        return self._chance.choice(ways)

    def _sequence(self) -> str:
        made = ""
        while self._peek() not in {"", "|", ")"}:
            start = self._at
            piece = self._atom()
            least, most = self._times()
            made += piece if most else ""
            after = self._at
            # The atom is read again for each repetition: other letters come of it.
            wanted = self._chance.randint(least, most) if most else 0
            made = made[: len(made) - len(piece)] if not wanted else made
            for _ in range(wanted - 1):
                self._at = start
                made += self._atom()
            self._at = after
        return made

    def _atom(self) -> str:  # noqa: PLR0911  # one sign after the other
        letter = self._next()
        if letter in "^$":
            return ""
        if letter == ".":
            return self._chance.choice(_ANY)
        if letter == "[":
            return self._chance.choice(self._set())
        if letter == "(":
            return self._group()
        if letter == "\\":
            escaped = self._next()
            if escaped in _NO_WIDTH:
                return ""
            return self._chance.choice(_ESCAPES.get(escaped, escaped))
        return letter

    def _group(self) -> str:
        silent = False
        if self._peek() == "?":
            self._at += 1
            silent = self._next() in "=!<"
        made = self._alternatives()
        if self._next() != ")":
            raise ValueError("a bracket that nothing closes")
        return "" if silent else made

    def _set(self) -> str:
        negated = self._peek() == "^"
        self._at += negated
        found = ""
        first = True
        while first or self._peek() != "]":
            first = False
            found += self._member()
        self._at += 1
        if negated:
            found = "".join(letter for letter in _ANY + _PRINTABLE if letter not in found)[: len(_ANY)]
        return found

    def _member(self) -> str:
        letter = self._next()
        if letter == "[" and self._peek() == ":":
            end = self._pattern.index(":]", self._at)
            name, self._at = self._pattern[self._at + 1 : end], end + 2
            return _CLASSES.get(name, "a")
        if letter == "\\":
            escaped = self._next()
            return _ESCAPES.get(escaped, escaped)
        if self._peek() == "-" and self._pattern[self._at + 1] != "]":
            self._at += 1
            last = self._next()
            return "".join(map(chr, range(ord(letter), ord(last) + 1)))
        return letter

    def _times(self) -> tuple[int, int]:
        sign = self._peek()
        least, most = 1, 1
        if sign in {"*", "+", "?"} and sign:
            self._at += 1
            least, most = {"*": (0, _MANY), "+": (1, _MANY), "?": (0, 1)}[sign]
        elif sign == "{":
            end = self._pattern.index("}", self._at)
            low, comma, high = self._pattern[self._at + 1 : end].partition(",")
            self._at = end + 1
            least = int(low)
            most = int(high) if high else least + _MANY * bool(comma)
            most = min(most, least + 2 * _MANY)
        if self._peek() == "?":
            self._at += 1
        return least, most
