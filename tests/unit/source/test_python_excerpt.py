"""The line of a Python file that an error points at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.source.python_excerpt import python_place, safe_line_of
from seltzer.sql.redact import Values

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("    rows = read(path)", "    rows = read(path)"),
        ("    conn.execute('DROP TABLE users')", "    conn.execute('DROP TABLE users')"),
        (
            '    conn.execute("ALTER TABLE users ADD COLUMN a text")',
            '    conn.execute("ALTER TABLE users ADD COLUMN a text")',
        ),
        ("    raise KeyError('a@b.example')", "    raise KeyError('***********')"),
        ("    login('me', password=\"hunter2\")", "    login('**', password=\"***\")"),
        ("    save(4711, 0x2F)  # of a@b.example", "    save(****, ****)  #***************"),
        ("    return 1000 / 0", "    return 1000 / 0"),
        ("    rows[4711], [47]; a = {4: 11}; b = 3", "    rows[****], [**]; a = {*: **}; b = 3"),
        (
            '    conn.execute("SELECT 1 FROM nope LIMIT 10", [4711])',
            '    conn.execute("SELECT 1 FROM nope LIMIT 10", [****])',
        ),
        ("    conn.execute(\"SELECT 'x', 10 FROM nope\")", "    conn.execute(\"SELECT '*', 10 FROM nope\")"),
        ('    sql = "INSERT INTO users VALUES (\'" + name', '    sql = "INSERT INTO users VALUES (\'" + name'),
    ],
)
def test_what_is_shown_of_a_line(line: str, shown: str) -> None:
    """Code, its own numbers and the words of SQL; no text, argument or comment."""
    assert safe_line_of(f"def apply(conn):\n{line}\n", 2, Values.HIDDEN) == shown


def test_literals_inside_sql_are_masked() -> None:
    """Whatever the statement: the server may have refused the value."""
    line = """conn.execute("UPDATE users SET email = 'a@b.example' WHERE id = 4711")"""

    shown = safe_line_of(line, 1, Values.HIDDEN)

    assert shown.startswith('conn.execute("UPDATE users SET email = ')
    assert len(shown) == len(line)
    assert "a@b" not in shown
    assert "4711" not in shown


def test_what_has_a_backslash_is_hidden() -> None:
    """SQL and Python do not agree where its literals end."""
    line = r"""conn.execute("INSERT INTO texts VALUES (E'it\\'s canary')")"""

    assert "canary" not in safe_line_of(line, 1, Values.HIDDEN)


def test_a_text_that_began_in_a_line_above_is_known() -> None:
    """Its later lines are no code."""
    text = 'note = """first\nhunter2 is the password\n"""\n'

    assert safe_line_of(text, 2, Values.HIDDEN).strip("*") == ""


def test_values_are_shown_when_they_are_asked_for() -> None:
    """All but passwords."""
    assert safe_line_of("connect('postgresql://me:hunter2@db/x', 4711)", 1, Values.SHOWN).count("hunter2") == 0
    assert "4711" in safe_line_of("connect(4711)", 1, Values.SHOWN)


def test_a_file_that_is_gone_has_no_excerpt(tmp_path: Path) -> None:
    """The line is told all the same."""
    place = python_place(tmp_path / "0001_x.py", 3)

    assert (place.line, place.excerpt) == (3, None)
