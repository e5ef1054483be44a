"""From a file on disk to a migration: its directives, its statements, and what is wrong with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.errors import (
    CopyFromStdinError,
    ParseError,
    Place,
    PsqlCommandError,
    PythonMigrationError,
)
from seltzer.model import FIRST_DAY, Directives, Kind, Language, Migration, Statement
from seltzer.source.heads import file_directives, merged, python_directives, python_text, read_text, sql_directives
from seltzer.source.python_file import python_token_checksum
from seltzer.sql.blanks import words_only
from seltzer.sql.digests import digest_of_texts
from seltzer.sql.names import Parsed, read_file_names
from seltzer.sql.parse import ParsedStatement, SqlSyntaxError, parse_statements
from seltzer.sql.redact import Values, safe_excerpt, safe_near, safe_server_text
from seltzer.sql.statements import find_stdin_copies, statements_of
from seltzer.sql.tokens import scan, token_checksum

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from seltzer.model import MigrationFile, Names


def read_migration(file: MigrationFile, search_path: Sequence[str] = ("public",)) -> Migration:
    """Read and parse one migration.

    Args:
        file: The file.
        search_path: Where names without a schema are looked for.

    Raises:
        FilesError: It does not parse, has a directive that is not legal, or cannot be a migration.
    """
    if file.kind is Kind.RUNNER:
        return _read_runner(file, search_path)
    text = read_text(file.path)
    if file.language is Language.PYTHON:
        return _read_python(file, text)
    directives = sql_directives(file.path, text)
    if not directives.parse:
        return Migration(file, text, token_checksum(text), directives, None)
    parsed, tokens = _parse(file.path, text), scan(text)
    statements = statements_of(text, parsed, tokens)
    names = read_file_names(_for_names(parsed), search_path)
    sources = ((file.path, statements),)
    return Migration(
        file, text, token_checksum(text, tokens), directives, statements, sources, names, _provided(file, names)
    )


def read_script(path: Path) -> tuple[str, tuple[Statement, ...]]:
    """A SQL file that is no migration of its own: its text and statements.

    Raises:
        FilesError: It cannot be read or does not parse.
    """
    text = read_text(path)
    return text, parse_script(path, text)


def parse_script(path: Path, text: str) -> tuple[Statement, ...]:
    """The statements of a text that stands for a file.

    Raises:
        FilesError: It does not parse.
    """
    return statements_of(text, _parse(path, text))


def read_down(file: MigrationFile) -> Migration | None:
    """The way back of a migration, in the shape of one: its down file, or its own file with `revert(conn)`.

    Returns:
        None where there is none.

    Raises:
        FilesError: The way back is wrong.
    """
    if file.down is not None:
        text = read_text(file.down)
        directives = sql_directives(file.down, text)
        if not directives.parse:
            return Migration(file, text, None, directives, None, ((file.down, ()),))
        statements = statements_of(text, _parse(file.down, text))
        return Migration(file, text, None, directives, statements, ((file.down, statements),))
    if file.kind is Kind.VERSIONED and file.language is Language.PYTHON:
        text = read_text(file.path)
        if "revert" in python_text(file.path, text).functions:
            return _read_python(file, text)
    return None


def token_checksum_of(file: MigrationFile) -> str:
    """The second checksum of a migration, which comments and white space do not change."""
    if file.kind is not Kind.RUNNER:
        return _member_token_checksum(file.members[0], way_back=True)
    parts = [_member_token_checksum(path, way_back=False) for path in file.members]
    names = [path.name for path in file.members]
    return f"tokens-1:{digest_of_texts(f'{name}={part}'.encode() for name, part in zip(names, parts, strict=True))}"


def _member_token_checksum(path: Path, *, way_back: bool) -> str:
    text = read_text(path)
    return token_checksum(text) if path.suffix == ".sql" else python_token_checksum(text, way_back=way_back)


def _read_runner(file: MigrationFile, search_path: Sequence[str]) -> Migration:
    sources: list[tuple[Path, tuple[Statement, ...]]] = []
    directives: list[Directives] = []
    parsed: list[ParsedStatement] = []
    for path in file.members:
        found = file_directives(path)
        directives.append(found)
        if path.suffix == ".sql" and found.parse:
            text = read_text(path)
            parsed += (more := _parse(path, text))
            sources.append((path, statements_of(text, more)))
    names = read_file_names(_for_names(parsed), search_path)
    checksum = token_checksum_of(file)
    return Migration(file, "", checksum, merged(directives), None, tuple(sources), names, _provided(file, names))


def _provided(file: MigrationFile, names: Names) -> frozenset[str] | None:
    """What a module's first day provides, for the history."""
    if file.name not in FIRST_DAY:
        return None
    return frozenset(str(name) for name in names.provides if not name.part)


def _read_python(file: MigrationFile, text: str) -> Migration:
    found = python_text(file.path, text)
    directives = python_directives(file.path, found)
    apply = found.functions.get("apply")
    if apply is None:
        raise PythonMigrationError(
            "has no function apply(conn)",
            hint="Write def apply(conn): …, at the top level of the file.",
            place=Place(file.path, 1),
            migration=file.id,
        )
    for name in ("apply", "revert"):
        line, deferred = found.functions.get(name, (0, ""))
        if deferred:
            raise PythonMigrationError(
                f"{name}(conn) is {deferred}, and a call of it would run nothing",
                hint=f"Write def {name}(conn), without async and without yield: conn is a psycopg.Connection.",
                place=Place(file.path, line),
                migration=file.id,
            )
    if not directives.transaction:
        raise PythonMigrationError(
            "transaction = off is for SQL files: a Python migration always runs inside its transaction",
            hint="Put the statements that need no transaction into a .sql file.",
            place=Place(file.path, directives.lines["transaction"]),
            migration=file.id,
        )
    return Migration(file, "", python_token_checksum(text, way_back=True), directives, None)


def _for_names(parsed: list[ParsedStatement]) -> Iterator[Parsed]:
    return (Parsed(item.tree, item.text.decode(), item.start - item.base) for item in parsed)


def _parse(path: Path, text: str) -> list[ParsedStatement]:
    try:
        parsed = parse_statements(text)
    except SqlSyntaxError as error:
        raise _parse_error(path, text, error) from None
    for item in find_stdin_copies(parsed):
        raise _copy_error(path, text, len(text.encode()[: item.start].decode()))
    return parsed


_COPY_STDIN = re.compile(r"^[ \t]*copy\b[^;]*\b(?:from\s+stdin|to\s+stdout)\b", re.IGNORECASE | re.MULTILINE)


def _parse_error(path: Path, text: str, error: SqlSyntaxError) -> ParseError | PsqlCommandError | CopyFromStdinError:
    position = error.position if error.position is not None else len(text)
    copies = [match.start() for match in _COPY_STDIN.finditer(words_only(text[:position]))]
    if copies:
        # The rows after it are what the grammar stumbled over.
        return _copy_error(path, text, copies[-1])
    place = place_of(path, text, position)
    if text[position : position + 1] == "\\":
        return PsqlCommandError(
            f"{_psql_command(text[position:])} is a command of psql, which the server does not know",
            hint="Remove the line; what it does to psql has no meaning here.",
            place=place,
        )
    return ParseError(
        f"does not parse: {safe_near(safe_server_text('42601', error.message), place.excerpt, place.column)}",
        hint="Correct it; if it is grammar newer than PostgreSQL 18's, add: -- seltzer: parse = off",
        place=place,
    )


def _psql_command(text: str) -> str:
    """The name of a command of psql without what follows, which may be a value."""
    match = re.match(r"\\(?:[A-Za-z_]+|[!?])?", text)
    return match[0] if match else ""


def _copy_error(path: Path, text: str, position: int) -> CopyFromStdinError:
    statement = words_only(text[position:]).partition(";")[0]
    if re.search(r"(?i)\bto\s+stdout\b", statement):
        return CopyFromStdinError(
            "COPY … TO stdout works in psql only: here nobody takes the rows",
            hint="Take it out, or use cursor.copy() in a Python migration.",
            place=place_of(path, text, position),
        )
    return CopyFromStdinError(
        "COPY … FROM stdin with rows in the file works in psql only",
        hint="Write the rows as INSERT, or use cursor.copy() in a Python migration.",
        place=place_of(path, text, position),
    )


def place_of(path: Path, text: str, position: int, values: Values = Values.HIDDEN) -> Place:
    """Line, column and excerpt of the character at `position` (counted from 0) of a file's text."""
    before = text[:position]
    line = before.count("\n") + 1
    start = before.rfind("\n") + 1
    end = text.find("\n", start)
    excerpt = safe_excerpt(text, start, end if end >= 0 else len(text), values)
    return Place(path, line, position - start + 1, excerpt)
