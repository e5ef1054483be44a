"""What a person sees on a terminal: tables, errors with the line that failed, a bar while a run goes.

The files `screens*` alone know rich, and only a stream that is a terminal loads them: it costs 60 ms. Every screen says
in words what its colours say.
"""

from __future__ import annotations

import itertools
import shutil
from io import TextIOWrapper
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.text import Text

from seltzer.commands.check_result import CheckResult
from seltzer.commands.results import PlanResult, StatusResult
from seltzer.report.screens_bar import Bar
from seltzer.report.screens_checks import check_screen
from seltzer.report.screens_excerpt import excerpt
from seltzer.report.screens_paint import STYLES, clean, painted
from seltzer.report.screens_tables import table_of
from seltzer.report.text import error_head, error_rest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from seltzer.errors import SeltzerError
    from seltzer.report.screens_lines import Lines


class Screen:
    """A stream that is a terminal."""

    def __init__(self, file: TextIO, *, color: bool, moves: bool) -> None:
        """Find out how wide it is and what it can do.

        Args:
            file: The stream.
            color: Whether it may be coloured.
            moves: Whether its cursor can be moved; rich takes a terminal that cannot for 80 wide.
        """
        self._console = Console(
            file=file,
            color_system="auto" if color else None,
            force_terminal=True,
            force_jupyter=False,
            width=None if moves else shutil.get_terminal_size().columns,
            markup=False,
            emoji=False,
            highlight=False,
        )
        if isinstance(file, TextIOWrapper):
            # A sign that the terminal's encoding lacks is no reason to fail.
            file.reconfigure(errors="replace")

    def show(self, lines: Lines) -> None:
        """Print a verb's result."""
        for item in result_screen(lines, self._console.width):
            self._print(item)

    def tell(self, line: str) -> None:
        """Print one line."""
        self._print(painted(line))

    def fail(self, error: SeltzerError) -> None:
        """Print an error."""
        for item in error_screen(error, self._console.width):
            self._print(item)

    def bar(self, word: str) -> Bar:
        """A bar at the foot of it; what is printed meanwhile comes out above."""
        return Bar(self._console, word)

    def _print(self, item: RenderableType) -> None:
        self._console.print(item, soft_wrap=isinstance(item, Text) and bool(item.no_wrap))


def result_screen(lines: Lines, width: int) -> Iterator[RenderableType]:
    """A verb's result: what stands above the table, the table, and the error that a status reports."""
    if isinstance(lines.facts[0], CheckResult):
        yield from check_screen(lines.facts[0], width, verbose=bool(lines.options.get("verbose")))
        return
    table = table_of(lines, width)
    if table is None:
        yield from (painted(line) for line in lines)
        return
    first, *_ = lines.facts
    head = _above(lines)
    yield from head
    if head:
        yield Text()
    yield table
    if isinstance(first, StatusResult) and first.stop is not None:
        yield Text()
        yield from error_screen(first.stop, width)


def _above(lines: Lines) -> list[Text]:
    """The lines above a table: those of the plain text that are not indented."""
    result = lines.facts[0]
    if not isinstance(result, StatusResult | PlanResult):
        return []
    head = [clean(line) for line in itertools.takewhile(lambda line: line[:1] not in {" ", ""}, lines)]
    if isinstance(result, StatusResult):
        start = head[0].plain.rfind(f": {result.state}") + 2
        head[0].stylize(f"bold {STYLES[result.state]}", start, start + len(result.state))
    return head


def error_screen(error: SeltzerError, width: int) -> Iterator[Text]:
    """An error: the words of the plain lines, the line that failed in colours."""
    yield painted(error_head(error))
    if error.place is not None:
        yield from excerpt(error.place, width)
    more = (error.hint or "").splitlines()[1:]
    for line in error_rest(error):
        text = painted(line)
        # The terminal itself breaks these: what is copied from them, a command or SQL, stays one line.
        text.no_wrap = line in more or any(mark in line for mark in ("`", "-- seltzer:", ": seltzer "))
        yield text
