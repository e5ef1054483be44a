"""From the texts of the code to Markdown."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\*_\[\]<>|#])")
_SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Example):$")
_ITEM = re.compile(r"^(\*{0,2}\w+): (.*)$")


def words(text: str) -> str:
    """A text of the code on one line: what is not between backticks means itself."""
    parts = " ".join(text.split()).split("`")
    return "`".join(part if index % 2 else _SPECIAL.sub(r"\\\1", part) for index, part in enumerate(parts))


def cell(text: str) -> str:
    """Code in a cell of a table; nothing stays nothing."""
    return "`{}`".format(text.replace("|", "\\|")) if text else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def section(target: str, title: str, *parts: str, level: int = 2) -> str:
    """A heading that others can link to, and what stands below it."""
    return "\n".join([f"({target})=", f"{'#' * level} {title}", "", *(f"{part}\n" for part in parts if part)])


def code(language: str, text: str) -> str:
    """A block of code."""
    return f"```{language}\n{text.rstrip()}\n```"


def described(docstring: str | None) -> str:
    """A docstring in Google's style: paragraphs, and a list for each of its sections."""
    parts: list[str] = []
    for paragraph in re.split(r"\n\n(?! )", inspect.cleandoc(docstring or "")):
        head, _, rest = paragraph.partition("\n")
        found = _SECTION.match(head)
        if found is None:
            parts.append(words(paragraph))
        elif found[1] == "Example":
            parts.append(_example(rest))
        else:
            parts.append(f"{found[1]}:\n\n{_items(rest)}")
    return "\n\n".join(part for part in parts if part)


def first_sentence(docstring: str | None) -> str:
    """The first line of a docstring."""
    return words(inspect.cleandoc(docstring or "").partition("\n")[0])


def _items(text: str) -> str:
    lines: list[str] = []
    for line in inspect.cleandoc(text).splitlines():
        item = _ITEM.match(line)
        if item is not None:
            lines.append(f"- `{item[1].strip('*')}`: {words(item[2])}")
        elif lines:
            lines[-1] += f" {words(line)}"
        else:
            lines.append(f"- {words(line)}")
    return "\n".join(lines)


def _example(text: str) -> str:
    before, _, block = inspect.cleandoc(text).partition("::\n")
    return f"{words(before)}:\n\n{code('python', inspect.cleandoc(block))}"
