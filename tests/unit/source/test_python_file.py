"""What a Python migration says of itself, read from its text alone."""

from __future__ import annotations

import pytest

from seltzer.source.python_file import python_token_checksum, read_python
from seltzer.sql.directives import NAMES, RawDirective

TEXT = "def apply(conn):\n    conn.execute('SELECT 1')\n"


def test_functions_of_the_top_level_are_seen() -> None:
    """With their line, and what a call would give instead of running them."""
    found = read_python(
        "import psycopg\n\n\ndef apply(conn):\n    def inner(): yield\n    rows = lambda: (yield)\n\n\n"
        "async def revert(conn):\n    pass\n"
        "class Other:\n    def method(self): pass\n"
    )

    assert found.functions == {"apply": (4, ""), "revert": (9, "a coroutine")}


def test_nothing_is_run() -> None:
    """A file that would end the process is only read."""
    assert read_python("raise SystemExit(3)\ndef apply(conn): pass\n").functions == {"apply": (2, "")}


def test_constants_are_directives() -> None:
    """A text, a list or tuple of texts, a boolean; with or without an annotation."""
    found = read_python(
        'DEPENDS_ON = ["users/0001", "teams"]\n'
        'WAS: str = "users/0003_old"\n'
        "ACCEPTS = ('sha256-1:0', 'sha256-1:1')\n"
        "TRANSACTION = True\n"
        'LOCK_TIMEOUT = "2s"\n'
        'IGNORE = ["a: one", "b: two"]\n'
        'PHASE = "expand"\n'
    )

    assert found.directives == (
        RawDirective("depends-on", "users/0001, teams", 1, at_head=True),
        RawDirective("was", "users/0003_old", 2, at_head=True),
        RawDirective("accepts", "sha256-1:0, sha256-1:1", 3, at_head=True),
        RawDirective("transaction", "on", 4, at_head=True),
        RawDirective("lock-timeout", "2s", 5, at_head=True),
        RawDirective("ignore", "a: one", 6, at_head=True),
        RawDirective("ignore", "b: two", 6, at_head=True),
        RawDirective("phase", "expand", 7, at_head=True),
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_directive_has_a_constant(name: str) -> None:
    """Its name in capitals, with underscores."""
    (found,) = read_python(f'{name.upper().replace("-", "_")} = "x"').directives

    assert found.name == name


@pytest.mark.parametrize(
    "text", ["OTHER = 1", "depends_on = ['x']", "def apply(conn):\n    DEPENDS_ON = 'x'", "class A:\n    WAS = 'x'"]
)
def test_other_names_are_none(text: str) -> None:
    """Nor are names in lower case, or in a function or class."""
    assert read_python(text).directives == ()


@pytest.mark.parametrize(
    "value", ["1", "None", "[1]", "['a', 1]", "name", "f'{x}'", "['a'] + ['b']", "{'a': 'b'}", "{[]: 1}", "b'x'"]
)
def test_a_constant_that_is_no_text_is_refused(value: str) -> None:
    """It is read without running anything: only literals can be; the line is named."""
    with pytest.raises(ValueError, match="DEPENDS_ON") as caught:
        read_python(f"\nDEPENDS_ON = {value}\n")

    assert caught.value.args[1] == 2


def test_text_that_is_no_python_is_refused() -> None:
    """In Python's own words."""
    with pytest.raises(SyntaxError) as caught:
        read_python("def apply(conn)\n    pass\n")

    assert caught.value.lineno == 1


@pytest.mark.parametrize(
    "same",
    [
        TEXT.replace("(conn)", "( conn )"),
        TEXT + "\n# the end\n",
        "# the beginning\n\n" + TEXT,
        TEXT.replace("'SELECT 1')", "'SELECT 1'  # one\n    )"),
    ],
)
def test_comments_and_line_breaks_do_not_change_the_second_checksum(same: str) -> None:
    """Such a change counts as applied."""
    assert python_token_checksum(same) == python_token_checksum(TEXT)


@pytest.mark.parametrize(
    "other", [TEXT.replace("1", "2"), TEXT.replace("apply", "Apply"), TEXT.replace("    ", "  "), TEXT + "x = 1\n"]
)
def test_everything_else_changes_it(other: str) -> None:
    """Indents too: they say what belongs to what."""
    assert python_token_checksum(other) != python_token_checksum(TEXT)


def test_text_that_cannot_be_scanned_has_a_second_checksum_too() -> None:
    """Of the text as it stands: a comparison with the history must not fail for it."""
    assert python_token_checksum("def (") == python_token_checksum("def (")
    assert python_token_checksum("def (") != python_token_checksum("def ( ")


BACK = "def revert(conn):\n    conn.execute('SELECT 2')\n"


@pytest.mark.parametrize("same", [f"{TEXT}\n\n{BACK}", f"{BACK}\n\n{TEXT}", f"{TEXT}\n\n{BACK.replace('2', '3')}"])
def test_a_way_back_may_come_and_change_later(same: str) -> None:
    """Before or behind `apply(conn)`: it is no part of what was applied, as a down file is none."""
    assert python_token_checksum(same, way_back=True) == python_token_checksum(TEXT, way_back=True)
    assert python_token_checksum(same) != python_token_checksum(TEXT)


def test_a_revert_that_the_rest_uses_is_part_of_what_runs() -> None:
    """A change of it changes what `apply(conn)` does."""
    uses = f"{TEXT}    revert(conn)\n\n\n{BACK}"

    assert python_token_checksum(uses, way_back=True) != python_token_checksum(uses.replace("2", "3"), way_back=True)


@pytest.mark.parametrize("name", ["MAX", "ROWS", "PAUSE", "IGNORED", "TIMEOUT", "depend_on", "DEPARTMENTS"])
def test_a_constant_of_the_migration_is_no_directive(name: str) -> None:
    """Only what is nearly the name of a directive, and long enough to be no other word, is taken for a slip."""
    assert read_python(f"{name} = ['x']\n{TEXT}").directives == ()
