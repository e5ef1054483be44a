"""Tables fit their terminal, lose no id, and say in words what they say in colours."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from rich.console import Console

from seltzer.commands.results import HistoryResult, MigrationStatus, PlanResult, PlanStep, StatusResult
from seltzer.config import SETTINGS, Source, read_config
from seltzer.db.history import HistoryLine
from seltzer.errors import DivergedError, Place
from seltzer.model import DatabaseState, FileState, Kind, Language, Reason
from seltzer.report.screens import result_screen
from seltzer.report.text import history_lines, plan_lines, settings_lines, status_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from seltzer.report.screens_lines import Lines

LONG = f"{'zone_' * 12}/0001_{'a_very_long_name_' * 12}end"
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def shown(items: Iterable[RenderableType], width: int) -> list[str]:
    """The lines that a terminal of a width shows."""
    with Path("/dev/null").open("w", encoding="utf-8") as nowhere:
        console = Console(file=nowhere, record=True, width=width, markup=False, emoji=False, highlight=False)
        for item in items:
            console.print(item)
    return [line.rstrip() for line in console.export_text().splitlines()]


def table(lines: Lines, width: int) -> list[str]:
    """What a terminal shows of a verb's result; nothing is wider than the terminal."""
    seen = shown(result_screen(lines, width), width)
    assert [line for line in seen if cell_len(line) > width] == []
    return seen


def migration(id_: str, state: FileState = FileState.APPLIED, *, late: bool = False) -> MigrationStatus:
    """A line of `status`."""
    module, _, name = id_.partition("/")
    when = None if state is FileState.PENDING else WHEN
    return MigrationStatus(id_, module, name, Kind.VERSIONED, Language.SQL, state, late, when)


def status_of(*migrations: MigrationStatus, everything: bool = False, stop: DivergedError | None = None) -> Lines:
    """The lines of a status."""
    state = DatabaseState.BEHIND if stop is None else DatabaseState.DIVERGED
    return status_lines(StatusResult(state, "me@host:5432/app", migrations, None, stop), everything=everything)


def step(id_: str, *depends_on: tuple[str, str]) -> PlanStep:
    """A step of a plan."""
    return PlanStep(id_, Path("x.sql"), Reason.NEW, transactional=False, statements=3, depends_on=depends_on, text="")


def row(id_: str, state: str = "applied", *, when: datetime = WHEN, message: str | None = None) -> HistoryLine:
    """A row of the history."""
    return HistoryLine(id_, state, when, when, 1234, "me", "sha256-1:00", "app", None, message)


def test_a_status_has_a_row_for_each_module_and_for_what_is_not_applied() -> None:
    """What is applied is counted; what is not stands below its module."""
    seen = table(
        status_of(
            migration("users/0001_a"),
            migration("users/0002_b", FileState.PENDING, late=True),
            migration("views/0001_c", FileState.STAMPED),
        ),
        80,
    )

    assert seen == [
        "me@host:5432/app: behind, 1 pending",
        "",
        "module          state           kind       language",
        "───────────────────────────────────────────────────",
        "users           1 of 2 applied",
        "  users/0002_b  pending, late   versioned  sql",
        "views           1 of 1 applied",
    ]


def test_a_status_of_everything_has_a_row_for_each_migration() -> None:
    """With the time of the history's row."""
    seen = table(status_of(migration("users/0001_a"), everything=True), 80)

    assert seen[2:] == [
        "migration     state    recorded (UTC)       kind       language",
        "───────────────────────────────────────────────────────────────",
        "users/0001_a  applied  2026-01-02 03:04:05  versioned  sql",
    ]


def test_a_status_shows_what_stops_a_run_below() -> None:
    """The same error that an apply would end with, its line in it."""
    stop = DivergedError("it was edited", hint="Put it back.", place=Place(Path("a.sql"), 3, None, "SELECT 1;"))

    seen = table(status_of(migration("users/0001_a", FileState.EDITED), stop=stop), 80)

    assert seen[0] == "me@host:5432/app: diverged"
    assert seen[-4:] == ["", "error: a.sql:3: it was edited", "    3 | SELECT 1;", "hint: Put it back."]


def test_without_migrations_a_status_is_its_first_line() -> None:
    """An empty table says nothing."""
    assert table(status_of(), 80) == ["me@host:5432/app: behind, 0 pending"]


def test_a_thousand_migrations_are_a_thousand_rows() -> None:
    """All of them, each on one line."""
    seen = table(status_of(*(migration(f"users/{number:04}_a") for number in range(1000)), everything=True), 80)

    assert [line.split()[0] for line in seen[4:]] == [f"users/{number:04}_a" for number in range(1000)]


def test_optional_columns_go_before_an_id_folds_much() -> None:
    """80 columns have no room for the language beside a longer id."""
    lines = [migration("invoices/0001_add_the_number_of_the_invoice", FileState.PENDING)]

    assert table(status_of(*lines), 160)[2].split() == ["module", "state", "kind", "language"]
    assert table(status_of(*lines), 40)[2].split() == ["module", "state"]


@pytest.mark.parametrize("width", [40, 60, 80, 160, 400])
def test_no_id_is_cut(width: int) -> None:
    """A long one folds, after `/` or `_` where it can; nothing of it is lost."""
    for lines in (
        status_of(migration(LONG, FileState.PENDING)),
        status_of(migration(LONG), everything=True),
        plan_lines(PlanResult(DatabaseState.BEHIND, None, (step("a/0001_a"), step(LONG, ("a/0001_a", "table a"))))),
        history_lines(HistoryResult((row(LONG),))),
    ):
        words = " ".join(table(lines, width)).split()
        assert any(_left(LONG, words[start:]) == "" for start in range(len(words)))


def _left(id_: str, words: list[str]) -> str:
    """What is left of an id when its pieces are taken from a screen, whatever other cells stand between them."""
    for word in words:
        id_ = id_.removeprefix(word)
    return id_


@pytest.mark.parametrize("width", range(1, 40))
def test_a_terminal_that_is_too_narrow_for_a_table_gets_plain_lines(width: int) -> None:
    """However narrow it is, there is an answer, and nobody's traceback."""
    seen = "".join(shown(result_screen(history_lines(HistoryResult((row("users/0001_a"),))), width), width))

    assert "users/0001_a" in re.sub(r"\s", "", seen) or width >= 16


def test_wide_characters_count_as_two() -> None:
    """A message in Japanese folds where the terminal would break it."""
    message = "関係が存在しません" * 20

    seen = table(history_lines(HistoryResult((row("users/0001_a", "failed", message=message),))), 80)

    assert message in "".join(line.strip() for line in seen[3:])


def test_a_history_says_when_in_utc_what_and_by_whom() -> None:
    """The session's time zone changes nothing; a failure's message stands below its id."""
    tokyo = WHEN.astimezone(timezone(timedelta(hours=9)))
    rows = (row("users/0001_a", "failed", message='relation "x" does not exist'), row("users/0001_a", when=tokyo))

    assert table(history_lines(HistoryResult(rows)), 160) == [
        "finished (UTC)       state    migration                        took  by  application",
        "────────────────────────────────────────────────────────────────────────────────────",
        "2026-01-02 03:04:05  failed   users/0001_a                 1,234 ms  me  app",
        '                              relation "x" does not exist',
        "2026-01-02 03:04:05  applied  users/0001_a                 1,234 ms  me  app",
    ]


def test_plain_lines_of_a_history_are_in_utc_too() -> None:
    """They end in Z."""
    tokyo = WHEN.astimezone(timezone(timedelta(hours=9)))

    assert next(iter(history_lines(HistoryResult((row("a/0001_a", when=tokyo),))))).startswith("2026-01-02 03:04:05Z")


def test_an_empty_history_is_a_sentence() -> None:
    """No table without rows."""
    assert table(history_lines(HistoryResult(())), 80) == ["the history is empty"]


PLAN = PlanResult(
    DatabaseState.BEHIND,
    None,
    (
        step("users/create_tables"),
        step("users/0001_a", ("users/create_tables", "table users"), ("users/create_tables", "order in the module")),
    ),
)


def test_a_plan_says_below_each_step_why_it_waits() -> None:
    """80 columns have no room for a column of reasons."""
    assert table(plan_lines(PLAN), 80) == [
        "an empty database: 2 migrations to apply",
        "",
        "#  migration                                            reason  runs",
        "────────────────────────────────────────────────────────────────────────────────",
        "1  users/create_tables                                  new     3 statements,",
        "                                                                statement by",
        "                                                                statement",
        "2  users/0001_a                                         new     3 statements,",
        "   after users/create_tables: table users, order in             statement by",
        "   the module                                                   statement",
    ]


def test_a_plan_on_a_wide_terminal_has_the_reasons_beside_the_steps() -> None:
    """160 columns have."""
    seen = table(plan_lines(PLAN), 160)

    assert seen[2].split() == ["#", "migration", "reason", "runs", "after"]
    assert seen[5].endswith("users/create_tables: table users, order in the module")


def test_an_empty_plan_is_a_sentence() -> None:
    """There is nothing to tabulate."""
    assert table(plan_lines(PlanResult(DatabaseState.CURRENT, "me@host/app", ())), 80) == [
        "me@host/app: current, nothing to do"
    ]


def test_settings_have_a_row_each_and_on_a_wide_terminal_their_purpose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The value, where it is from, and what it is for."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "seltzer.toml").write_text('lock-wait = "2s"\n')
    config = read_config({}, given_as=Source.FLAG, environ={}, working_folder=tmp_path, file=tmp_path / "seltzer.toml")

    narrow, wide = (table(settings_lines(SETTINGS, config), width) for width in (80, 200))

    assert {line.split()[0] for line in narrow} >= {setting.name for setting in SETTINGS}
    assert "what for" not in narrow[0]
    line = next(line for line in wide if line.startswith("lock-wait"))
    assert re.split("  +", line)[:3] == ["lock-wait", "2s", "seltzer.toml:1"]
    assert re.split("  +", line)[3].startswith("How long to wait while another run holds")


def test_what_would_steer_the_terminal_is_shown_as_a_sign() -> None:
    """A message of a migration's own cannot move the cursor, change colours, or ring the bell."""
    lines = history_lines(HistoryResult((row("users/0001_a", "failed", message="\x1b[2Jboo\a\u202eback"),)))

    assert "�[2Jboo��back" in "\n".join(table(lines, 80))
