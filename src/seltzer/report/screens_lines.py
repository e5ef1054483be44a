"""Plain lines that keep the facts they say; without rich, for a pipe has no use for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Lines:
    """Plain lines, and what they were made of: a terminal gets a table of that.

    Attributes:
        plain: What a pipe gets.
        facts: The arguments of the function that made them.
        options: Its keywords.
    """

    plain: Iterator[str]
    facts: tuple[object, ...]
    options: Mapping[str, object]

    def __iter__(self) -> Iterator[str]:
        """The plain lines, once."""
        return self.plain


def with_facts(make: Callable[P, Iterator[str]]) -> Callable[P, Lines]:
    """Let the lines of a function keep what it was called with."""

    @wraps(make)
    def lines(*facts: P.args, **options: P.kwargs) -> Lines:
        return Lines(make(*facts, **options), facts, options)

    return lines
