"""What a rule is: a function, its manual page, and the two examples in it that are its tests."""

from __future__ import annotations

import inspect
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seltzer.claims.guidelines.files import ReadStatement, Source
    from seltzer.claims.guidelines.schema import Schema
    from seltzer.claims.guidelines.settings import GuidelineSettings
    from seltzer.model import Severity

GUIDELINES = "guidelines"
DOCUMENTED = "documented"


class Page(NamedTuple):
    """The manual page of a rule.

    Attributes:
        summary: One sentence: what is wrong.
        why: What follows from it in production.
        bad: SQL that the rule finds; empty for a rule that no text shows.
        good: SQL to write instead.
    """

    summary: str
    why: str
    bad: str = ""
    good: str = ""


class Found(NamedTuple):
    """What a rule saw.

    Attributes:
        source: In which file.
        byte: The byte of that file where it begins.
        message: What is wrong, with the reader's own names.
        evidence: What was read.
        fix: The SQL to write instead.
        severity: Where it differs from the rule's own.
    """

    source: Source
    byte: int
    message: str
    evidence: str
    fix: str | None = None
    severity: Severity | None = None


LooksAtStatement: TypeAlias = "Callable[[ReadStatement, GuidelineSettings], Iterator[Found]]"
LooksAtSource: TypeAlias = "Callable[[Source, GuidelineSettings], Iterator[Found]]"
LooksAtSchema: TypeAlias = "Callable[[Schema, GuidelineSettings], Iterator[Found]]"


@dataclass(frozen=True, slots=True)
class Guideline:
    """A rule that only text can show.

    Attributes:
        name: What a silence says.
        claim: The claim that it refutes.
        severity: How much it matters where the finding does not say.
        page: Its manual page.
        statement: What looks at one statement at a time; None for a rule that looks at more.
        kinds: The statements that it looks at.
        source: What looks at one file at a time; None for the others.
        schema: What looks at all files together; None for the others.
    """

    name: str
    claim: str
    severity: Severity
    page: Page
    statement: LooksAtStatement | None = None
    kinds: frozenset[str] = frozenset()
    source: LooksAtSource | None = None
    schema: LooksAtSchema | None = None

    def __str__(self) -> str:
        """Its name."""
        return self.name


RULES: dict[str, Guideline] = {}


def rule(name: str, severity: Severity, kinds: str) -> Callable[[LooksAtStatement], LooksAtStatement]:
    """Make a rule of a function that looks at one statement at a time.

    Args:
        name: Its name.
        severity: How much it matters.
        kinds: The parser's names of the statements it looks at, blanks between them.
    """

    def register(function: LooksAtStatement) -> LooksAtStatement:
        RULES[name] = Guideline(name, GUIDELINES, severity, _page(function.__doc__), function, frozenset(kinds.split()))
        return function

    return register


def source_rule(name: str, severity: Severity) -> Callable[[LooksAtSource], LooksAtSource]:
    """Make a rule of a function that looks at one file at a time."""

    def register(function: LooksAtSource) -> LooksAtSource:
        RULES[name] = Guideline(name, GUIDELINES, severity, _page(function.__doc__), source=function)
        return function

    return register


def schema_rule(name: str, severity: Severity, claim: str = GUIDELINES) -> Callable[[LooksAtSchema], LooksAtSchema]:
    """Make a rule of a function that looks at what all files make together."""

    def register(function: LooksAtSchema) -> LooksAtSchema:
        RULES[name] = Guideline(name, claim, severity, _page(function.__doc__), schema=function)
        return function

    return register


def _page(docstring: str | None) -> Page:
    text = inspect.cleandoc(docstring or "")
    head, _, examples = text.partition("\nBad:\n")
    bad, _, good = examples.partition("\nGood:\n")
    summary, _, why = head.partition("\n\n")
    return Page(
        _line(summary), "\n\n".join(_line(part) for part in why.split("\n\n")).strip(), _block(bad), _block(good)
    )


def _line(text: str) -> str:
    return " ".join(text.split())


def _block(text: str) -> str:
    return textwrap.dedent(text).strip("\n")
