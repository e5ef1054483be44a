"""The line of a file that an error points at: coloured, and cut to the terminal around its column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.syntax import Syntax
from rich.text import Text

from seltzer.report.screens_paint import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.errors import Place

_LANGUAGES = {".sql": "postgresql", ".py": "python", ".toml": "toml"}

# One line of a dump can have megabytes: only so many characters around the column are coloured.
_NEAR = 2000
_BLANKS = str.maketrans("\t\n", "  ")
_LEAST = 12


def excerpt(place: Place, width: int) -> Iterator[Text]:
    """The line with its number, and a caret under the column; nothing where there is no text to show.

    Args:
        place: What the error points at.
        width: Of the terminal, in cells; what does not fit is cut, and `…` stands for it.
    """
    if place.excerpt is None or place.line is None or not place.excerpt.strip():
        return
    gutter = f"{place.line:>5} | "
    at = (place.column or 1) - 1
    first = max(at - _NEAR, 0)
    # A tab is one blank, as in plain lines: the caret stands where it should on every terminal.
    near = clean(place.excerpt[first : at + _NEAR].translate(_BLANKS)).plain
    line, before = _window(_colored(near, place.file.suffix), at - first, max(width - len(gutter), _LEAST))
    yield Text.assemble((gutter, "dim"), line)
    if place.column:
        yield Text.assemble((f"{'':>5} | ", "dim"), (" " * before + "^", "bold red"))


def _colored(line: str, suffix: str) -> Text:
    # The theme takes the terminal's own sixteen colours: it is readable on a dark ground and on a light one.
    syntax = Syntax("", _LANGUAGES.get(suffix, "text"), theme="ansi_dark", background_color="default")
    return syntax.highlight(line)[: len(line)]


def _window(line: Text, at: int, width: int) -> tuple[Text, int]:
    """The part of a line that fits, and how many cells it has before the character `at`."""
    cells = [cell_len(sign) for sign in line.plain]
    at = min(at, len(cells))
    if sum(cells) < width:
        return line, sum(cells[:at])
    start = end = at
    before, room = 0, width * 2 // 3
    while start > 0 and before + cells[start - 1] <= room:
        start -= 1
        before += cells[start]
    before += bool(start)
    room = width - before - 2
    while end < len(cells) and cells[end] <= room:
        room -= cells[end]
        end += 1
    cut = Text("…", "dim")
    return Text.assemble(cut if start else "", line[start:end], cut if end < len(cells) else ""), before
