"""From a file to a migration, and the error for a file that cannot be one: with its line, its column and a hint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.errors import (
    CopyFromStdinError,
    DirectiveError,
    ParseError,
    PsqlCommandError,
    PythonMigrationError,
    SeltzerError,
)
from seltzer.source.discover import discover
from seltzer.source.heads import read_head
from seltzer.source.read import place_of, read_migration, read_script, token_checksum_of

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.model import Migration, MigrationFile


def written(tmp_path: Path, name: str, text: str | bytes) -> MigrationFile:
    """A migration of the module `users` on disk."""
    path = tmp_path / "users" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return next(file for file in discover(tmp_path) if path in file.members)


def read(tmp_path: Path, text: str | bytes, name: str = "0001_a.sql") -> Migration:
    """The same, read."""
    return read_migration(written(tmp_path, name, text))


def refused(
    tmp_path: Path, kind: type[SeltzerError], text: str, name: str = "0001_a.sql"
) -> tuple[SeltzerError, int | None, int | None]:
    """The error of a file, its line and its column."""
    with pytest.raises(kind) as caught:
        read(tmp_path, text, name)
    place = caught.value.place
    assert place is not None
    assert place.file == tmp_path / "users" / name
    assert caught.value.hint
    return caught.value, place.line, place.column


def test_a_sql_file_is_its_text_its_directives_and_its_statements(tmp_path: Path) -> None:
    """And the statements are what it provides and needs."""
    text = "-- seltzer: depends-on = teams\nCREATE TABLE t ();\nDROP TABLE t;\n"

    found = read(tmp_path, text)

    assert (found.text, found.directives.depends_on) == (text, ("teams",))
    assert [item.line for item in found.statements or ()] == [2, 3]
    assert found.sources == ((found.file.path, found.statements),)


def test_windows_text_is_the_same_migration(tmp_path: Path) -> None:
    """Line endings and a BOM are left out before anything is sent or counted."""
    unix = read(tmp_path, "-- seltzer: parse = on\nSELECT 'ä';\n")
    windows = read(tmp_path, b"\xef\xbb\xbf-- seltzer: parse = on\r\nSELECT '\xc3\xa4';\r\n")

    assert windows == unix


@pytest.mark.parametrize("text", ["", "\n", "-- nothing yet", "/* nothing */"])
def test_a_file_with_nothing_to_run_is_legal(tmp_path: Path, text: str) -> None:
    """It has no statement, which is different from not knowing any."""
    assert read(tmp_path, text).statements == ()


def test_parse_off_reads_no_statement(tmp_path: Path) -> None:
    """Grammar that is newer than ours goes to the server as it stands."""
    found = read(tmp_path, "-- seltzer: parse = off\nSELECT FROM THE FUTURE WITH LOVE;\n")

    assert (found.statements, found.sources) == (None, ())


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("SELECT 1;\n\n  SELEC 2;\n", 3, 3),
        ("SELECT 'ä', ä ä ä;", 1, 17),
        ("CREATE TABLE t (\n  id bigint,,\n);", 2, 13),
        ("SELECT (1", 1, 10),
        ("SELECT 1;\nSELECT 'open;\n", 2, 8),
    ],
)
def test_what_does_not_parse_has_line_and_column(tmp_path: Path, text: str, line: int, column: int) -> None:
    """Columns count characters from 1."""
    error, *where = refused(tmp_path, ParseError, text)

    assert where == [line, column]
    assert "does not parse" in error.message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\\set ON_ERROR_STOP 1\nSELECT 1;\n", 1),
        ("-- dumped\n\n\\restrict abc\n\nSELECT 1;\n", 3),
        ("SELECT 1;\n\\connect other\n", 2),
        ("SELECT 1 \\gset\n", 1),
        ("SELECT 1;\n\\unrestrict abc\n", 2),
    ],
)
def test_a_command_of_psql_has_its_line(tmp_path: Path, text: str, line: int) -> None:
    """And its name: the server would only say that it does not like the backslash."""
    error, found, _ = refused(tmp_path, PsqlCommandError, text)

    assert found == line
    assert "psql" in error.message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("SELECT 1;\nCOPY t FROM stdin;\n1\tAda\n2\tIt's\n\\.\n\nSELECT 2;\n", 2),
        ("COPY public.t (a, b) FROM STDIN WITH (FORMAT csv);\n1,2\n\\.\n", 1),
        ("\n copy t from\n  stdin;\n1\n\\.\n", 2),
        ("COPY t FROM stdin;\n", 1),
        ("COPY a FROM stdin;\n\\.\nSELECT 1;\nCOPY t FROM stdin;\n1\n\\.\n", 1),
    ],
    ids=["rows", "csv", "lines", "no rows", "two"],
)
def test_rows_in_the_file_have_the_line_of_their_copy(tmp_path: Path, text: str, line: int) -> None:
    """Only psql can send them."""
    error, found, _ = refused(tmp_path, CopyFromStdinError, text)

    assert found == line
    assert "stdin" in error.message


@pytest.mark.parametrize(
    "before",
    ["/*\nCOPY t FROM stdin;\n*/\n", "SELECT '\nCOPY t FROM stdin;\n';\n", "-- COPY t FROM stdin;\n"],
    ids=["block comment", "literal", "comment"],
)
def test_a_copy_that_is_none_is_not_blamed(tmp_path: Path, before: str) -> None:
    """A mistake further down keeps its own place."""
    text = f"{before}SELEC 1;\n"

    _, line, column = refused(tmp_path, ParseError, text)

    assert (line, column) == (text.count("\n"), 1)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("def apply(conn)\n    pass\n", 1, None),
        ("def apply(conn):\n    x = = 1\n", 2, None),
        ("def apply(conn):\npass\n", 2, None),
    ],
)
def test_python_that_does_not_parse_has_its_line(tmp_path: Path, text: str, line: int, column: int | None) -> None:
    """In Python's own words; where it points to differs between its versions."""
    _, found, at = refused(tmp_path, ParseError, text, "0001_a.py")

    assert found == line
    assert at != column


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("x = 1\n", 1, "apply(conn)"),
        ("class A:\n    def apply(self, conn): pass\n", 1, "apply(conn)"),
        ("x = 1\nasync def apply(conn): pass\n", 2, "coroutine"),
        ("def apply(conn): pass\nasync def revert(conn): pass\n", 2, "coroutine"),
        ("def apply(conn):\n    for x in []:\n        yield x\n", 1, "a generator"),
        ("def apply(conn): pass\ndef revert(conn):\n    x = yield from []\n", 2, "a generator"),
        ("async def apply(conn):\n    yield\n", 1, "an asynchronous generator"),
        ("TRANSACTION = False\ndef apply(conn): pass\n", 1, "transaction = off"),
    ],
)
def test_python_that_is_no_migration_is_refused(tmp_path: Path, text: str, line: int, word: str) -> None:
    """Before anything runs."""
    error, found, _ = refused(tmp_path, PythonMigrationError, text, "0001_a.py")

    assert found == line
    assert word in error.message


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        ("\n-- seltzer: depend-on = teams\n", "0001_a.sql", 2),
        ("SELECT 1;\n-- seltzer: depends-on = teams\n", "0001_a.sql", 2),
        ("DEPENDS_ON = 1\ndef apply(conn): pass\n", "0001_a.py", 1),
        ("\nLOCK_TIMEOUT = 'soon'\ndef apply(conn): pass\n", "0001_a.py", 2),
        ("PHASE = 'expand'\ndef apply(conn): pass\n", "0001_a.py", 1),
        ("DEPEND_ON = ['zz']\ndef apply(conn): pass\n", "0001_a.py", 1),
        ("\nINDEPENDANT_OF: list[str] = some()\ndef apply(conn): pass\n", "0001_a.py", 2),
        ("\n-- seltzer depends-on = teams\n", "0001_a.sql", 2),
    ],
)
def test_a_directive_that_is_wrong_has_its_line(tmp_path: Path, text: str, name: str, line: int) -> None:
    """In SQL and as a constant of Python."""
    _, found, _ = refused(tmp_path, DirectiveError, text, name)

    assert found == line


def test_a_runner_has_the_directives_of_all_its_files(tmp_path: Path) -> None:
    """And the statements of its SQL; nothing of it is imported."""
    written(tmp_path, "__init__.py", "from .run_migration import run_migration\n")
    written(tmp_path, "create_tables.sql", "-- seltzer: depends-on = teams\nCREATE TABLE t ();\n")
    file = written(tmp_path, "run_migration.py", 'DEPENDS_ON = ["orders"]\nraise SystemExit(1)\n')

    found = read_migration(file)

    assert sorted(found.directives.depends_on) == ["orders", "teams"]
    assert read_head(file) == found.directives
    assert [(path.name, len(statements)) for path, statements in found.sources] == [("create_tables.sql", 1)]
    assert (found.text, found.statements) == ("", None)


def test_a_runners_file_that_does_not_parse_is_the_one_named(tmp_path: Path) -> None:
    """Not its `__init__.py`."""
    written(tmp_path, "__init__.py", "def run_migration(): pass\n")

    _, line, _ = refused(tmp_path, ParseError, "SELECT 1;\nSELEC 2;\n", "create_tables.sql")

    assert line == 2


def test_the_second_checksum_of_a_runner_looks_past_comments(tmp_path: Path) -> None:
    """In each of its files."""
    written(tmp_path, "create_tables.sql", "CREATE TABLE t ();\n")
    before = token_checksum_of(written(tmp_path, "__init__.py", "def run_migration(): pass\n"))

    written(tmp_path, "create_tables.sql", "-- the first day\nCREATE TABLE t();\n")
    file = written(tmp_path, "__init__.py", "# runs\ndef run_migration(): pass\n")

    assert token_checksum_of(file) == before
    assert token_checksum_of(written(tmp_path, "create_tables.sql", "CREATE TABLE u ();")) != before


def test_a_script_is_read_like_a_migration(tmp_path: Path) -> None:
    """It has a text and statements, and the same errors."""
    path = tmp_path / "rows.sql"
    path.write_bytes(b"\xef\xbb\xbfSELECT 1;\r\nSELECT 2;\r\n")

    text, statements = read_script(path)

    assert text == "SELECT 1;\nSELECT 2;\n"
    assert len(statements) == 2


def test_a_place_is_line_column_and_the_text_of_the_line(tmp_path: Path) -> None:
    """Counted from 1, in characters."""
    text = "SELECT 'ä';\n  DROP TABLE ö;\n"

    place = place_of(tmp_path / "a.sql", text, text.index("ö"))

    assert (place.line, place.column, place.excerpt) == (2, 14, "  DROP TABLE ö;")
    end = place_of(tmp_path / "a.sql", text, len(text))
    assert (end.line, end.column, end.excerpt) == (3, 1, "")


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO users (name) VALUES ('canary', nosuch);",
        "INSERT INTO users (name)\nVALUES\n  ('Ada'),\n  ('canary', nosuch);",
        "INSERT INTO users (name) SELECT\n  'Ada\n  canary', nosuch;",
        "ALTER ROLE app\n  PASSWORD\n  'canary' nosuch;",
    ],
    ids=["a line", "rows", "text of several lines", "password"],
)
def test_a_line_is_shown_without_the_values_in_it(tmp_path: Path, text: str) -> None:
    """Also where the word that says so stands on a line before it."""
    place = place_of(tmp_path / "a.sql", text, text.index("nosuch"))

    assert "canary" not in (place.excerpt or "")
