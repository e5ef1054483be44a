"""The bar at the foot of the terminal: what it shows of a run."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from rich.console import Console

from seltzer.events import (
    LockWaited,
    NoticeReceived,
    RunFinished,
    RunStarted,
    StatementStarted,
    StepFailed,
    StepFinished,
    StepStarted,
    Warned,
)
from seltzer.model import Statement
from seltzer.report.screens_bar import Bar
from seltzer.report.text_events import event_line
from unit.report.test_screens_tables import shown

if TYPE_CHECKING:
    from seltzer.events import Event

LONG = f"{'zone_' * 12}/0001_{'a_very_long_name_' * 12}end"


def after(*events: Event, width: int = 80, word: str = "applying") -> list[str]:
    """What the bar shows after some events; no line is as wide as the terminal."""
    bar = Bar(Console(file=StringIO(), width=width), word)
    for event in events:
        bar.hear(event, None)
    lines = shown([bar], width)
    bar.close()
    assert [line for line in lines if cell_len(line) > width - 2] == []
    return lines


def test_it_names_the_migration_and_how_far_the_run_is() -> None:
    """The third of four: two are done."""
    assert after(StepStarted("users/0001_a", 3, 4)) == [
        "applying users/0001_a",
        f"{'━' * 20}{' ' * 20}  3 of 4",
    ]


def test_it_says_what_a_revert_does() -> None:
    """In its own word."""
    assert after(StepStarted("users/0001_a", 1, 1), word="reverting")[0] == "reverting users/0001_a"


def test_it_names_the_statement_that_runs() -> None:
    """Until the next migration begins."""
    started = (StepStarted("users/0001_a", 1, 2), StatementStarted("users/0001_a", 4, "CREATE INDEX CONCURRENTLY i"))

    assert after(*started)[1] == "  line 4: CREATE INDEX CONCURRENTLY i"
    assert len(after(*started, StepStarted("users/0002_b", 2, 2))) == 2


def test_a_migration_of_one_statement_shows_it() -> None:
    """Without its literals; of several in one message nobody hears which one runs: it says how many, and the first."""
    one = Statement("SELECT pg_sleep(60), 'secret'", 0, 3, "", "SelectStmt")

    assert after(StepStarted("a/0001_a", 1, 1, statements=(one,)))[1] == "  line 3: SELECT pg_sleep(**), '******'"
    assert after(StepStarted("a/0001_a", 1, 1, statements=(one, one)))[1] == (
        "  2 statements in one message, from line 3: SELECT pg_sleep(**), '******'"
    )


def test_it_says_whom_it_waits_for_and_for_how_long() -> None:
    """Before a run, there is nothing else to show."""
    assert after(LockWaited(63.2, "backend 17")) == ["waiting for the migration lock, held by backend 17 (1 min 3 s)"]


@pytest.mark.parametrize("width", [8, 20, 40, 80, 160])
def test_a_long_id_folds_and_a_long_statement_is_cut(width: int) -> None:
    """The id is what people look for; of a statement the beginning will do."""
    lines = after(StepStarted(LONG, 7, 1000), StatementStarted(LONG, 12, "SELECT " + "x" * 73), width=width)

    assert LONG in "".join(line.strip() for line in lines)
    assert any(line.endswith("…") for line in lines) == (width < 100)


@pytest.mark.parametrize("end", [RunFinished(("a/0001_a",), 5), StepFailed("a/0001_a", "no")])
def test_a_run_leaves_a_line_for_each_step_and_no_bar(end: Event) -> None:
    """The cursor is shown again; closing once more does no harm."""
    file = StringIO()
    console = Console(file=file, force_terminal=True, width=80, color_system=None)
    bar = Bar(console, "applying")
    for event in (
        Warned("take care"),
        RunStarted(("a/0001_a",)),
        StepStarted("a/0001_a", 1, 1),
        NoticeReceived("a/0001_a", "NOTICE", "hello"),
        StepFinished("a/0001_a", 5),
        end,
    ):
        bar.hear(event, event_line(event, verbose=False))
    bar.close()

    text = file.getvalue()
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
    left = text[text.rindex("1 of 1") :]
    assert "\x1b[2K" in left
    for line in ("warning: take care", "notice: hello (a/0001_a)", "applied a/0001_a (5 ms)"):
        assert text.count(line) == 1


def test_a_warning_alone_shows_no_bar() -> None:
    """A status can warn, too."""
    file = StringIO()
    Bar(Console(file=file, force_terminal=True, width=80, color_system=None), "applying").hear(
        Warned("x"), "warning: x"
    )

    assert file.getvalue() == "warning: x\n"
