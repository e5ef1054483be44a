"""The line of a file that an error points at, on terminals of every width."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from seltzer.errors import Place, StatementError
from seltzer.report.screens import error_screen
from seltzer.report.screens_excerpt import excerpt
from unit.report.test_screens_tables import shown

ALWAYS_THE_SAME = settings(derandomize=True, deadline=None)


def lines_of(text: str, column: int | None, width: int, *, file: str = "a.sql") -> list[str]:
    """What a terminal shows of a line."""
    return shown(excerpt(Place(Path(file), 7, column, text), width), width)


def under(lines: list[str]) -> str:
    """The character above the caret."""
    cells = cell_len(lines[1].rstrip("^"))
    for index in range(len(lines[0]) + 1):
        if cell_len(lines[0][:index]) == cells:
            return lines[0][index : index + 1]
    return ""


def test_the_caret_stands_under_the_column() -> None:
    """With the line's number before the line."""
    assert lines_of("SELECT missing;", 8, 80) == ["    7 | SELECT missing;", "      |        ^"]


def test_without_a_column_there_is_no_caret() -> None:
    """PostgreSQL gives no position for some errors."""
    assert lines_of("SELECT missing;", None, 80) == ["    7 | SELECT missing;"]


def test_a_line_without_text_is_not_shown() -> None:
    """Nor one that is not to be shown."""
    assert lines_of("  ", 1, 80) == []
    assert list(excerpt(Place(Path("a.sql"), 7, 1, None), 80)) == []
    assert list(excerpt(Place(Path("a.sql"), None, None, "SELECT 1"), 80)) == []


def test_wide_characters_before_the_column_count_as_two() -> None:
    """The caret stands where the terminal shows the character."""
    lines = lines_of("SELECT '日本語', missing;", 15, 80)

    assert lines == ["    7 | SELECT '日本語', missing;", "      |                  ^"]


def test_a_tab_is_one_blank() -> None:
    """A terminal would make up to eight of it, and the caret would miss."""
    assert under(lines_of("\t\tSELECT\tmissing;", 10, 80)) == "m"


@pytest.mark.parametrize("width", [40, 80, 160])
def test_a_long_line_is_cut_around_the_column(width: int) -> None:
    """Both ends show that there is more."""
    text = f"INSERT INTO {'many, ' * 200}missing, {'many, ' * 200}"

    lines = lines_of(text, text.index("missing") + 1, width)

    assert under(lines) == "m"
    assert lines[0].startswith("    7 | …")
    assert lines[0].endswith("…")
    assert width - 4 <= cell_len(lines[0]) <= width


def test_the_caret_stands_behind_the_end_where_something_is_missing() -> None:
    """A parser's error at the end of a line."""
    assert lines_of("def apply(conn)", 16, 80, file="a.py")[1] == "      |                ^"


def test_a_line_of_a_dump_is_shown_at_once() -> None:
    """Ten megabytes are not coloured for the eighty characters that are seen."""
    text = "INSERT INTO t VALUES " + "(1, 'x'), " * 1_000_000
    started = time.monotonic()

    lines = lines_of(text, 5_000_000, 80)

    assert time.monotonic() - started < 2
    assert cell_len(lines[0]) <= 80


@ALWAYS_THE_SAME
@given(
    text=st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: text.strip() != ""),
    column=st.integers(1, 60),
    width=st.integers(1, 100),
    suffix=st.sampled_from(["sql", "py", "toml", "txt"]),
)
def test_every_line_can_be_shown(text: str, column: int, width: int, suffix: str) -> None:
    """Whatever it holds: one line and a caret that is on the screen, if that has room for anything."""
    items = list(excerpt(Place(Path(f"a.{suffix}"), 7, column, text), width))

    assert [item.plain.count("\n") for item in items] == [0, 0]
    assert all(item.cell_len <= max(width, 20) for item in items)


@pytest.mark.parametrize(("file", "text"), [("a.sql", "SELECT missing;"), ("a.py", "def apply(conn):")])
def test_the_line_is_coloured_by_its_language(file: str, text: str) -> None:
    """The first word is a keyword in both."""
    line = next(iter(excerpt(Place(Path(file), 1, None, text), 80)))

    keyword = text.split(maxsplit=1)[0]
    start = line.plain.index(keyword)
    assert any(span.start <= start < span.end and "blue" in str(span.style) for span in line.spans), line.spans


def test_an_error_says_what_the_plain_lines_say() -> None:
    """What, where, the line, what is left, and the next step."""
    error = StatementError(
        'column "missing" does not exist',
        hint="Perhaps you meant this:\nALTER TABLE users ADD COLUMN missing text;",
        place=Place(Path("a.sql"), 7, 8, "SELECT missing;"),
        migration="users/0001_a",
        sqlstate="42703",
        detail="Something.\nMore.",
        rolled_back=True,
    )
    error.applied = ("users/create_tables",)

    assert shown(error_screen(error, 120), 120) == [
        'error: a.sql:7:8: column "missing" does not exist (SQLSTATE 42703) [users/0001_a]',
        "    7 | SELECT missing;",
        "      |        ^",
        "detail: Something.",
        "detail: More.",
        "applied before it: users/create_tables",
        "this one was rolled back: it left nothing behind",
        "hint: Perhaps you meant this:",
        "ALTER TABLE users ADD COLUMN missing text;",
    ]


def test_what_is_copied_from_a_hint_stays_one_line() -> None:
    """The terminal breaks it, not a line end that would be copied too."""
    command = f"ALTER TABLE users ADD COLUMN {'very_' * 20}long text;"
    error = StatementError("no", hint=f"Run `seltzer apply {'x' * 90}`.\n{command}")

    unbroken = [text.plain for text in error_screen(error, 40) if text.no_wrap]

    assert unbroken == [f"hint: Run `seltzer apply {'x' * 90}`.", command]
