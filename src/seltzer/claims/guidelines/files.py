"""The files as the guidelines read them: parsed once, and nothing inferred that no rule asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from seltzer.model import Kind
from seltzer.source.heads import file_directives, read_text, sql_directives
from seltzer.sql.parse import SqlSyntaxError, parse_statements
from seltzer.sql.tokens import Tokens, scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from postgast.pg_query_pb2 import Node

    from seltzer.claims.guidelines.earlier import Deeds
    from seltzer.model import Ignore, MigrationFile

_SQL = ".sql"
_PYTHON_IGNORES = "IGNORE"


class ReadStatement(NamedTuple):
    """One statement with its tree.

    Attributes:
        source: The file it stands in.
        number: Its place among the statements of that file, counted from 0.
        kind: The parser's name of it; empty for one that has no tree.
        node: What is in its tree, of that kind.
        tree: Its tree; None where it has none.
        start: The first byte of it in the file.
        end: The byte after it; comments may stand before that where no semicolon ends it.
        base: Byte of the file that the tree's own locations count from.
    """

    source: Source
    number: int
    kind: str
    node: Any
    tree: Node | None
    start: int
    end: int
    base: int

    @property
    def text(self) -> str:
        """The statement without what stands behind its last token."""
        found = scan(self.source.data[self.start : self.end].decode())
        end = self.start + found.ends[-1] if found is not None and found.ends else self.end
        return self.source.data[self.start : end].decode().rstrip()

    @property
    def runs_again(self) -> bool:
        """Whether its file runs more than once in the life of a database."""
        return self.source.file.kind is not Kind.VERSIONED

    def byte_of(self, location: int | None) -> int:
        """The byte of the file that a place of the tree is at; None stands for the first token."""
        return self.start if location is None or location < 0 else self.base + location

    def tokens(self) -> Tokens | None:
        """Its tokens, with places counted from its own beginning."""
        return scan(self.text)


@dataclass(slots=True)
class Source:
    """One SQL file of a migration.

    Attributes:
        file: The migration that it belongs to.
        path: Where it lies.
        data: Its text in UTF-8.
        transaction: False where its head asks for `transaction = off`.
        statements: What was parsed of it; empty with `parse = off`.
        unread: Whether nothing is known of what it does.
        ignores: What it silences.
        deeds: What it creates and drops, once a rule has asked.
    """

    file: MigrationFile
    path: Path
    data: bytes = field(repr=False)
    transaction: bool = True
    statements: list[ReadStatement] = field(default_factory=list[ReadStatement])
    unread: bool = False
    ignores: tuple[Ignore, ...] = ()
    deeds: Deeds | None = field(default=None, repr=False, compare=False)

    def line_of(self, byte: int) -> int:
        """The line of a byte, counted from 1."""
        return self.data.count(b"\n", 0, byte) + 1


def read_sources(files: Iterable[MigrationFile]) -> list[Source]:
    """Every file that the migrations consist of, Python and down files included, which have no statements here.

    Raises:
        FilesError: One does not parse, or a directive is not legal.
    """
    return [source for file in files for source in (*(_read(file, path) for path in _members(file)), *_way_back(file))]


def _members(file: MigrationFile) -> tuple[Path, ...]:
    return file.members if file.kind is Kind.RUNNER else (file.path,)


def _read(file: MigrationFile, path: Path) -> Source:
    return source_of(file, path, read_text(path))


def _way_back(file: MigrationFile) -> Iterator[Source]:
    """A down file as a text: what is done on the way back is tried, and its conventions are its own."""
    if file.down is not None:
        text = read_text(file.down)
        yield Source(file, file.down, text.encode(), ignores=sql_directives(file.down, text).ignores)


def source_of(file: MigrationFile, path: Path, text: str) -> Source:
    """A file as the rules read it, with the text that it has, or is about to have.

    Raises:
        FilesError: It does not parse, or a directive is not legal.
    """
    source = Source(file, path, text.encode())
    if path.suffix != _SQL:
        source.unread = True
        source.ignores = file_directives(path).ignores if _PYTHON_IGNORES in text else ()
        return source
    directives = sql_directives(path, text)
    source.transaction, source.ignores = directives.transaction, directives.ignores
    if not directives.parse:
        source.unread = True
        return source
    try:
        parsed = parse_statements(text)
    except SqlSyntaxError:
        from seltzer.source.read import read_migration  # noqa: PLC0415  # what a plan needs, and no text that parses

        read_migration(file)  # which says where, and what to do
        raise
    for number, item in enumerate(parsed):
        kind = item.tree.WhichOneof("node") or "" if item.tree is not None else ""
        node = getattr(item.tree, kind) if kind else None
        source.statements.append(ReadStatement(source, number, kind, node, item.tree, item.start, item.end, item.base))
    return source
