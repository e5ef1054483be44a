"""The foot of the terminal while a run goes."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from seltzer.events import LockWaited, RunFinished, StatementStarted, StepFailed, StepStarted, TrialStarted
from seltzer.report.screens_paint import clean, folded, painted
from seltzer.sql.redact import safe_head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, ConsoleOptions, RenderableType

    from seltzer.events import Event

# What a terminal writes for Ctrl-C must fit behind the last line, or it would break into one that nobody clears.
_SPARE = 4
_SHORTEST, _LONGEST = 5, 40


class Bar:
    """What runs now and how far the run is, drawn again eight times a second; it leaves nothing behind."""

    def __init__(self, console: Console, word: str) -> None:
        """Show nothing yet.

        Args:
            console: A terminal that can move its cursor.
            word: What the run does: `applying`, `reverting` or `checking`.
        """
        self._console = console
        self._word = word
        self._waits: LockWaited | None = None
        self._step: StepStarted | TrialStarted | None = None
        self._statement: StatementStarted | None = None
        self._since = time.monotonic()
        # What migrations print comes out above the bar; where stdout goes to a file it is left alone.
        to_terminal = sys.stdout.isatty()
        self._live = Live(self, console=console, refresh_per_second=8, transient=True, redirect_stdout=to_terminal)

    def hear(self, event: Event, line: str | None) -> None:
        """Draw what an event says, its line above the bar; the end of a run ends the bar.

        Args:
            event: The event.
            line: Its plain line; None when it is worth none.
        """
        if line is not None and not isinstance(event, LockWaited):
            self._console.print(painted(line))
        match event:
            case LockWaited():
                self._waits, self._since = event, time.monotonic() - event.waited_s
            case StepStarted() | TrialStarted():
                self._waits, self._step, self._statement, self._since = None, event, None, time.monotonic()
            case StatementStarted():
                self._statement = event
            case StepFailed() | RunFinished():
                self.close()
                return
            case _:
                return
        self._live.start()

    def close(self) -> None:
        """Take the bar away; more than once does no harm."""
        self._live.stop()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Draw it; ids fold, a statement is cut where the line ends."""
        width = max(options.max_width - _SPARE, 1)
        spent = _spent(time.monotonic() - self._since)
        if self._waits is not None:
            yield folded(clean(f"waiting for the migration lock, held by {self._waits.holder}{spent}"), width)
        if self._step is None:
            return
        if self._waits is None:
            yield folded(clean(f"{self._word} {self._step.id}{spent}"), width)
        said = _statement_line(self._step, self._statement) if isinstance(self._step, StepStarted) else ""
        if said:
            line = clean(said, "dim")
            line.truncate(width, overflow="ellipsis")
            yield line
        yield _progress(self._step, width)


def _statement_line(step: StepStarted, sent: StatementStarted | None) -> str:
    """The statement that runs; of several that were sent as one message nobody hears which it is."""
    if sent is not None:
        return f"  line {sent.line}: {sent.head}"
    if not step.statements:
        return ""
    first, count = step.statements[0], len(step.statements)
    several = f"{count} statements in one message, from " if count > 1 else ""
    return f"  {several}line {first.line}: {safe_head(first.text)}"


def _progress(step: StepStarted | TrialStarted, width: int) -> Table | Text:
    label = f"{step.index} of {step.total}"
    room = min(width - len(label) - 2, _LONGEST)
    if room < _SHORTEST:
        return folded(Text(label), width)
    grid = Table.grid(padding=(0, 2, 0, 0))
    bar = ProgressBar(step.total, step.index - 1, room, complete_style="green", finished_style="green")
    grid.add_row(bar, label)
    return grid


def _spent(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    if minutes:
        return f" ({minutes} min {rest} s)"
    return f" ({rest} s)" if rest else ""
