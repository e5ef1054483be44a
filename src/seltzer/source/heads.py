"""The heads of files: what their directives ask for, read without the parser.

A start that finds unknown ids in the history asks for them, and must not pay for more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.errors import DirectiveError, ParseError, Place
from seltzer.model import Directives
from seltzer.source.checksum import with_unix_lines
from seltzer.source.folder import read_bytes
from seltzer.source.python_file import PythonText, read_python, safe_python_line
from seltzer.sql.directives import DirectiveMistake, directives_of, read_directives
from seltzer.sql.redact import without_passwords

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.model import MigrationFile


def read_text(path: Path) -> str:
    r"""A file's text without BOM and with `\n` as line end."""
    return with_unix_lines(read_bytes(str(path))).decode()


def read_head(file: MigrationFile) -> Directives:
    """Only the directives of a migration, for a comparison with the history; a runner's are those of all its files.

    Raises:
        FilesError: One of them is not legal, or Python text does not parse.
    """
    found = [file_directives(path) for path in file.members]
    return found[0] if len(found) == 1 else merged(found)


def file_directives(path: Path) -> Directives:
    """The directives of one file, SQL or Python.

    Raises:
        FilesError: One is not legal, or Python text does not parse.
    """
    text = read_text(path)
    return sql_directives(path, text) if path.suffix == ".sql" else python_directives(path, python_text(path, text))


def merged(parts: list[Directives]) -> Directives:
    """The directives of a runner's files together; the first that sets a single value wins."""
    lines: dict[str, int] = {}
    for part in reversed(parts):
        lines |= part.lines
    return Directives(
        depends_on=tuple(item for part in parts for item in part.depends_on),
        independent_of=tuple(item for part in parts for item in part.independent_of),
        was=tuple(item for part in parts for item in part.was),
        accepts=tuple(item for part in parts for item in part.accepts),
        transaction=all(part.transaction for part in parts),
        parse=all(part.parse for part in parts),
        lock_timeout=next((part.lock_timeout for part in parts if part.lock_timeout is not None), None),
        statement_timeout=next((part.statement_timeout for part in parts if part.statement_timeout is not None), None),
        ignores=tuple(item for part in parts for item in part.ignores),
        lines=lines,
    )


def python_text(path: Path, text: str) -> PythonText:
    """What a Python migration says of itself.

    Raises:
        FilesError: It does not parse, or a directive is no literal.
    """
    try:
        return read_python(text)
    except SyntaxError as error:
        excerpt = safe_python_line(text, error.lineno) if error.lineno else None
        raise ParseError(
            f"does not parse: {error.msg}",
            hint="Correct the Python text.",
            place=Place(path, error.lineno, error.offset, excerpt),
        ) from None
    except ValueError as error:
        message, line = (*error.args, None)[:2]
        raise DirectiveError(
            str(message), hint="Write a text or a list of texts, as they stand.", place=Place(path, line)
        ) from None


def python_directives(path: Path, found: PythonText) -> Directives:
    """The directives of a Python file.

    Raises:
        DirectiveError: One is not legal.
    """
    try:
        return directives_of(found.directives)
    except DirectiveMistake as mistake:
        message = without_passwords(mistake.message)
        raise DirectiveError(message, hint=mistake.hint, place=Place(path, mistake.line)) from None


def sql_directives(path: Path, text: str) -> Directives:
    """The directives of a SQL file.

    Raises:
        DirectiveError: One is not legal.
    """
    try:
        return read_directives(text)
    except DirectiveMistake as mistake:
        excerpt = without_passwords(text.split("\n")[mistake.line - 1])
        place = Place(path, mistake.line, None, excerpt)
        raise DirectiveError(without_passwords(mistake.message), hint=mistake.hint, place=place) from None
