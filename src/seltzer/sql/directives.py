"""The `-- seltzer: name = value` lines at the head of a file, and the same as constants in Python."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from seltzer.model import Directives, Ignore
from seltzer.sql.blanks import blank_end

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NAMES = (
    "depends-on",
    "independent-of",
    "was",
    "accepts",
    "transaction",
    "parse",
    "lock-timeout",
    "statement-timeout",
    "ignore",
)
_RESERVED = {"phase": "reserved for changes in several phases, which this release does not have yet"}

_DIRECTIVE = re.compile(r"^[ \t]*--[ \t]*seltzer[ \t]*:(?P<rest>.*)$", re.IGNORECASE)
_WITHOUT_COLON = re.compile(r"^[ \t]*--[ \t]*seltzer[ \t]+(?P<name>[\w-]+)[ \t]*=[ \t]*(?P<value>.*)$", re.IGNORECASE)
_BEHIND = re.compile(r";[ \t]*--[ \t]*seltzer[ \t]*:[ \t]*(?P<name>[\w-]+)[ \t]*=[ \t]*(?P<value>.*)$", re.IGNORECASE)
# What a person takes for a directive: how it looks, what is wrong with it, where it belongs.
_HIDDEN = (
    (_WITHOUT_COLON, "without its colon", ""),
    (_BEHIND, "behind a statement", "on a line of its own, directly above: "),
)
# Shorter names are as near to other words: a slip is looked for in longer ones, by how many letters it may be.
_SLIPS = ((10, 2), (7, 1), (0, 0))
_UNITS_MS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


class DirectiveMistake(Exception):  # noqa: N818  # carries a mistake to `source`, which makes the error of it
    """A directive that cannot be taken.

    Attributes:
        message: What is wrong with it.
        hint: What to write instead.
        line: The line it stands on, counted from 1.
    """

    def __init__(self, message: str, hint: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.line = line


@dataclass(frozen=True, slots=True)
class RawDirective:
    """A directive as it was written: its name in lower case, its value, its line, and whether it is at the head."""

    name: str
    value: str
    line: int
    at_head: bool


def read_directives(text: str) -> Directives:
    """The directives of a SQL file.

    Raises:
        DirectiveMistake: One is unknown, reserved, in the wrong place or has a value that is not legal.
    """
    if "seltzer" not in text and "SELTZER" not in text.upper():
        return Directives()
    return directives_of(_raw_directives(text))


def _raw_directives(text: str) -> list[RawDirective]:
    head_end = blank_end(text)
    found: list[RawDirective] = []
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        at_head = start < head_end
        start += len(line) + 1
        match = _DIRECTIVE.match(line)
        if match is None:
            _refuse_hidden(line, number)
            continue
        name, equals, value = match["rest"].partition("=")
        name = name.strip().lower().replace("_", "-")
        if not equals:
            if not at_head:
                continue  # a comment that speaks of the product, deep in the file
            raise DirectiveMistake(
                f"a directive without a value: {name!r}", "Write one a line: -- seltzer: name = value", number
            )
        found.append(RawDirective(name, value.strip(), number, at_head))
    return found


def _refuse_hidden(line: str, number: int) -> None:
    for pattern, what, place in _HIDDEN:
        match = pattern.search(line)
        if match is None:
            continue
        name = match["name"].lower().replace("_", "-")
        meant = name if name in NAMES else slip_of(name)
        if meant is not None:
            advice = f"Write {place}-- seltzer: {meant} = {match['value'].strip()}"
            raise DirectiveMistake(f"a directive {what}, which would be a comment", advice, number)


def slip_of(name: str) -> str | None:
    """The directive that a name was meant to be; None where it is one, or none comes near enough."""
    if name in NAMES:
        return None
    near = (known for known in NAMES if _distance(name, known) <= next(n for size, n in _SLIPS if len(known) >= size))
    return next(near, None)


def _distance(one: str, other: str) -> int:
    """How many letters have to be put in, left out or replaced to make one word of the other."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        last, row[0] = row[0], number
        for at, wanted in enumerate(other, 1):
            last, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, last + (letter != wanted))
    return row[-1]


def directives_of(raw: Iterable[RawDirective]) -> Directives:
    """Directives from what was written, in SQL or as Python constants.

    Raises:
        DirectiveMistake: One is unknown, reserved, in the wrong place or has a value that is not legal.
    """
    values: dict[str, object] = {}
    ignores: list[Ignore] = []
    lines: dict[str, int] = {}
    for item in raw:
        _check_name(item)
        if item.name == "ignore":
            ignores.append(_ignore(item))
            continue
        value = _READERS[item.name](item)
        key = item.name.replace("-", "_")
        if isinstance(value, tuple):
            value = (*values.get(key, ()), *value)  # type: ignore[misc]  # the same reader made both
        elif key in values:
            raise DirectiveMistake(f"the directive {item.name!r} stands twice", "Keep one of them.", item.line)
        values[key] = value
        lines.setdefault(item.name, item.line)
    return Directives(**values, ignores=tuple(ignores), lines=lines)  # type: ignore[arg-type]


def _check_name(item: RawDirective) -> None:
    if item.name in _RESERVED:
        raise DirectiveMistake(f"the directive {item.name!r} is {_RESERVED[item.name]}", "Leave it out.", item.line)
    if item.name not in NAMES:
        nearest = difflib.get_close_matches(item.name, NAMES, n=1, cutoff=0.0)
        raise DirectiveMistake(
            f"unknown directive {item.name!r}",
            f"Did you mean {nearest[0]!r}? Known: {', '.join(NAMES)}.",
            item.line,
        )
    if not item.at_head and item.name != "ignore":
        raise DirectiveMistake(
            f"the directive {item.name!r} stands after the first statement, where it has no effect",
            "Move it to the comments at the top of the file.",
            item.line,
        )


def _words(item: RawDirective) -> tuple[str, ...]:
    words = tuple(word for word in re.split(r"[,\s]+", item.value) if word)
    if not words:
        raise DirectiveMistake(f"the directive {item.name!r} has no value", "Name at least one.", item.line)
    return words


def _ids(item: RawDirective) -> tuple[str, ...]:
    for word in _words(item):
        if not re.fullmatch(r"[a-z][a-z0-9_]*(/[a-z0-9_]+)?", word):
            raise DirectiveMistake(
                f"{word!r} is no id of a migration or module", "Write module/name, module/0002 or module.", item.line
            )
    return _words(item)


def _switch(item: RawDirective) -> bool:
    word = item.value.lower()
    if word not in {"on", "off"}:
        raise DirectiveMistake(f"{item.name} = {item.value!r} is neither on nor off", "Write on or off.", item.line)
    return word == "on"


def _duration(item: RawDirective) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,15})?)\s*(ms|s|min|h|d)?", item.value.strip().strip("'\""))
    milliseconds = float(match[1]) * _UNITS_MS[match[2] or "ms"] if match is not None else -1
    if match is None or (match[2] is None and milliseconds) or not _holds(milliseconds):
        raise DirectiveMistake(
            f"{item.name} = {item.value!r} is no duration",
            "Write a number with a unit, 1ms to 24d: 250ms, 2s, 10min, 1h; or 0 for no limit.",
            item.line,
        )
    return timedelta(milliseconds=milliseconds)


def _holds(milliseconds: float) -> bool:
    """Whether PostgreSQL's timeouts can hold it: whole milliseconds in 31 bits, which is under 25 days."""
    return milliseconds == 0 or 1 <= milliseconds <= 24 * _UNITS_MS["d"]


def _ignore(item: RawDirective) -> Ignore:
    rule, colon, reason = item.value.partition(":")
    if not colon or not reason.strip() or not rule.strip():
        raise DirectiveMistake(
            "ignore needs a rule and a reason", "Write -- seltzer: ignore = rule: why it is right here", item.line
        )
    return Ignore(rule.strip(), reason.strip(), item.line)


_READERS: dict[str, Callable[[RawDirective], object]] = {
    "depends-on": _ids,
    "independent-of": _ids,
    "was": _ids,
    "accepts": _words,
    "transaction": _switch,
    "parse": _switch,
    "lock-timeout": _duration,
    "statement-timeout": _duration,
}
