"""How a line folds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from seltzer.report.screens_paint import folded, painted

ALWAYS_THE_SAME = settings(derandomize=True, deadline=None)


def test_an_id_folds_after_an_underscore_and_goes_on_indented() -> None:
    """As a person would write it on two lines."""
    assert folded(Text("users/0001_add_the_email"), 14).plain == "users/0001_\n  add_the_\n  email"


def test_what_has_no_place_to_fold_folds_where_the_line_is_full() -> None:
    """Nothing is cut."""
    assert folded(Text("abcdefghij"), 4).plain == "abcd\n efg\n hij"


def test_lines_below_the_first_are_left_alone() -> None:
    """They are sentences, and break at blanks."""
    assert folded(Text("a/b_c\nafter x: a long story"), 5).plain == "a/b_c\nafter x: a long story"


@ALWAYS_THE_SAME
@given(text=st.text(st.characters(min_codepoint=32, max_codepoint=0x9FFF), max_size=80), width=st.integers(8, 60))
def test_a_fold_loses_nothing_and_fits(text: str, width: int) -> None:
    """Without the line ends and the indents it is the text again."""
    text = "".join(sign for sign in text if sign.isprintable() and not sign.isspace())

    lines = folded(Text(text), width).plain.split("\n")

    assert (
        "".join(line.removeprefix(" " * min(2, width // 4)) if index else line for index, line in enumerate(lines))
        == text
    )
    assert all(cell_len(line) <= width for line in lines)


def test_only_a_first_word_that_is_known_gets_a_colour() -> None:
    """The words say what the colour says."""
    assert [str(span.style) for span in painted("applied users/0001_a (3 ms)").spans] == ["green"]
    assert [str(span.style) for span in painted("error: no").spans] == ["bold red"]
    assert [span for span in painted("nothing to do").spans if str(span.style)] == []
