"""The lines `-- seltzer: name = value`: which are read, what they may say, and what is wrong with the others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seltzer.model import Directives, Ignore
from seltzer.sql.directives import NAMES, DirectiveMistake, RawDirective, directives_of, read_directives

ALWAYS_THE_SAME = settings(derandomize=True, deadline=None)
CHECKSUM = "sha256-1:" + "0" * 64


def mistake(text: str) -> DirectiveMistake:
    """What is wrong with the directives of `text`."""
    with pytest.raises(DirectiveMistake) as caught:
        read_directives(text)
    return caught.value


def test_a_file_without_directives_asks_for_nothing() -> None:
    """What it does is decided by its statements alone."""
    assert read_directives("-- a comment\nSELECT 1;") == Directives()


def test_every_directive_is_read() -> None:
    """With its line."""
    found = read_directives(
        "-- seltzer: depends-on = users/0002_add_email, billing\n"
        "-- seltzer: independent-of = audit_log\n"
        "-- seltzer: was = users/0003_old_name\n"
        f"-- seltzer: accepts = {CHECKSUM}\n"
        "-- seltzer: transaction = off\n"
        "-- seltzer: parse = off\n"
        "-- seltzer: lock-timeout = 2s\n"
        "-- seltzer: statement-timeout = 1.5h\n"
        "-- seltzer: ignore = missing-comment: a partition has its parent's\n"
        "SELECT 1;\n"
    )

    assert found == Directives(
        depends_on=("users/0002_add_email", "billing"),
        independent_of=("audit_log",),
        was=("users/0003_old_name",),
        accepts=(CHECKSUM,),
        transaction=False,
        parse=False,
        lock_timeout=timedelta(seconds=2),
        statement_timeout=timedelta(minutes=90),
        ignores=(Ignore("missing-comment", "a partition has its parent's", 9),),
        lines={name: number for number, name in enumerate(NAMES, 1) if name != "ignore"},
    )


@pytest.mark.parametrize(
    "line",
    [
        "--seltzer:transaction=off",
        "  -- SELTZER: Transaction = OFF  ",
        "\t--\tseltzer :\ttransaction\t=\toff",
    ],
)
def test_blanks_and_case_of_a_directive_do_not_matter(line: str) -> None:
    """It is written by hand."""
    assert read_directives(f"{line}\nSELECT 1;").transaction is False


@pytest.mark.parametrize(
    "before",
    [
        "",
        "\n\n",
        "-- Adds an index.\n",
        "/* Adds\nan index. */\n",
        "/* a /* nested */ comment */\n",
        "/* ; */ -- ;\n",
    ],
)
def test_a_directive_stands_in_the_comments_before_the_first_statement(before: str) -> None:
    """Comments of both kinds may come first."""
    assert read_directives(f"{before}-- seltzer: transaction = off\nSELECT 1;").transaction is False


def test_lists_may_be_several_lines() -> None:
    """Each adds to the ones before it; the first line counts for errors."""
    found = read_directives("-- seltzer: depends-on = a b\n\n-- seltzer: depends-on = c/0001\n")

    assert found.depends_on == ("a", "b", "c/0001")
    assert found.lines == {"depends-on": 1}


def test_ignore_may_stand_above_its_statement() -> None:
    """It speaks of that one; every other directive speaks of the file."""
    found = read_directives("SELECT 1;\n-- seltzer: ignore = no-index: six rows\nSELECT 2;")

    assert found.ignores == (Ignore("no-index", "six rows", 2),)


def test_a_comment_that_speaks_of_the_product_is_no_directive() -> None:
    """Without a value, below the first statement."""
    assert read_directives("SELECT 1;\n-- seltzer: applies this at night\n") == Directives()


@pytest.mark.parametrize("line", ["seltzer depends-on = teams", "SELTZER  Depend_on=teams"])
@pytest.mark.parametrize("before", ["", "SELECT 1;\n"], ids=["head", "below"])
def test_a_directive_without_its_colon_is_refused(before: str, line: str) -> None:
    """It would be a comment, and nobody would notice; the hint is the line to write."""
    found = mistake(f"{before}-- {line}\nSELECT 1;")

    assert found.line == before.count("\n") + 1
    assert found.hint == "Write -- seltzer: depends-on = teams"


@pytest.mark.parametrize("comment", ["seltzer status = behind", "seltzer runs where was = none", "seltzer was here"])
def test_a_comment_without_a_colon_that_is_no_directive_stays_one(comment: str) -> None:
    """It needs a name that is one, or nearly, and a value."""
    assert read_directives(f"-- {comment}\nSELECT 1;") == Directives()


@pytest.mark.parametrize("name", ["depend-on", "dependson", "depends_onn", "depents-on"])
def test_an_unknown_directive_gets_the_nearest_word(name: str) -> None:
    """And the line that it stands on."""
    found = mistake(f"-- head\n-- seltzer: {name} = users\nSELECT 1;")

    assert found.line == 2
    assert "unknown directive" in found.message
    assert "'depends-on'" in found.hint


def test_an_underscore_is_as_good_as_a_hyphen() -> None:
    """As it is in Python's constants."""
    assert read_directives("-- seltzer: depends_on = users").depends_on == ("users",)


@pytest.mark.parametrize("phase", ["expand", "backfill", "contract"])
def test_phase_is_reserved(phase: str) -> None:
    """Until changes in several phases exist, it is refused with a clear word."""
    found = mistake(f"-- seltzer: phase = {phase}")

    assert "reserved" in found.message
    assert found.hint


@pytest.mark.parametrize("name", [name for name in NAMES if name != "ignore"])
def test_a_directive_after_the_first_statement_is_refused(name: str) -> None:
    """It would have no effect there, and nobody would notice."""
    found = mistake(f"SELECT 1;\n-- seltzer: {name} = off\n")

    assert found.line == 2
    assert "after the first statement" in found.message
    assert "top" in found.hint


@pytest.mark.parametrize(
    "line",
    [
        "transaction",
        "transaction = no",
        "transaction =",
        "parse = maybe",
        "depends-on =",
        "depends-on = Users",
        "depends-on = users/0001_a.sql",
        "depends-on = users/0001/x",
        "was = ,",
        "accepts = ",
        "ignore = no-index",
        "ignore = no-index:",
        "ignore = : six rows",
        "lock-timeout = soon",
        "lock-timeout = 5",
        "lock-timeout = -1s",
        "lock-timeout = ٣s",
    ],
)
def test_a_value_that_is_not_legal_is_refused(line: str) -> None:
    """With its line and what to write instead."""
    found = mistake(f"\n-- seltzer: {line}\nSELECT 1;")

    assert found.line == 2
    assert found.hint


@pytest.mark.parametrize("value", ["0.1ms", "25d", "99999999999999d", "9" * 400 + "s"])
def test_a_duration_that_postgresql_cannot_hold_is_refused(value: str) -> None:
    """It would be rounded to no limit at all, refused when everything before it has run, or crash."""
    assert mistake(f"-- seltzer: lock-timeout = {value}").line == 1


@pytest.mark.parametrize(
    ("value", "duration"),
    [
        ("250ms", timedelta(milliseconds=250)),
        ("'2s'", timedelta(seconds=2)),
        ("10 min", timedelta(minutes=10)),
        ("1d", timedelta(days=1)),
        ("0", timedelta(0)),
    ],
)
def test_a_duration_has_a_unit(value: str, duration: timedelta) -> None:
    """Quoted as SET would have it, or not; 0 is no limit, whatever its unit."""
    assert read_directives(f"-- seltzer: lock-timeout = {value}").lock_timeout == duration


@pytest.mark.parametrize("name", ["transaction", "parse", "lock-timeout", "statement-timeout"])
def test_a_single_value_stands_once(name: str) -> None:
    """Two of them could contradict each other."""
    value = "1s" if "timeout" in name else "off"

    found = mistake(f"-- seltzer: {name} = {value}\n-- seltzer: {name} = {value}\n")

    assert found.line == 2
    assert "twice" in found.message


def test_constants_of_python_are_the_same_directives() -> None:
    """They come as names and texts too, and a place further down is none of them."""
    found = directives_of([RawDirective("depends-on", "users, teams", 3, at_head=True)])

    assert found == Directives(depends_on=("users", "teams"), lines={"depends-on": 3})


@ALWAYS_THE_SAME
@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=20))
def test_every_unknown_name_gets_a_known_word(name: str) -> None:
    """However far it is from all of them."""
    if name in {"phase", *NAMES}:
        name += "-"  # what is known is tested above

    found = mistake(f"-- seltzer: {name} = users")

    assert any(f"Did you mean {known!r}" in found.hint for known in NAMES)


def test_one_behind_a_statement_is_refused() -> None:
    """It would be a comment like any other, and nobody would know."""
    found = mistake("SELECT 1;\nDROP TABLE t; -- seltzer: ignore = missing-if-exists: once only\n")

    assert found.line == 2
    assert found.hint.endswith("-- seltzer: ignore = missing-if-exists: once only")


@pytest.mark.parametrize("text", ["-- Above it: -- seltzer: ignore = rule: why", "SELECT 1; -- seltzer: nothing = 1"])
def test_a_comment_that_only_speaks_of_one_is_a_comment(text: str) -> None:
    """Behind other words, or of a name that is none."""
    assert read_directives(text) == Directives()
