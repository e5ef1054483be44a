"""A file with recipes in the place of statements: pieces, each a file of its own; what is not replaced stays."""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

import postgast
from postgast.pg_query_pb2 import C_COMMENT, SQL_COMMENT

from seltzer.claims.fixes.facts import relations_of
from seltzer.claims.guidelines.files import source_of
from seltzer.claims.silences import silences_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from seltzer.claims.fixes.recipe import File, Recipe
    from seltzer.claims.guidelines.files import ReadStatement, Source

_SEMICOLON = re.compile(rb"\s*;[ \t]*")
_OF_EACH = re.compile(
    rb"(?im)^[ \t]*--[ \t]*seltzer[ \t]*:[ \t]*(?:lock-timeout|statement-timeout|independent-of)\b.*$"
)
_OUTSIDE = re.compile(rb"\bCONCURRENTLY\b|\bDO \$fill\$|\bVALIDATE CONSTRAINT\b")
_REST_OF_LINE = re.compile(rb"\s*;[ \t]*(?:--[^\n]*|/\*[^\n*]*\*/[ \t]*(?=\n))?\n?|[ \t]*\n?")
_BATCHES = b"DO $fill$"
# What they do ends with the session or the transaction, or begins one: the pieces would have to do it again.
_OF_A_SESSION = frozenset(
    {
        "transaction_stmt",
        "variable_set_stmt",
        "prepare_stmt",
        "declare_cursor_stmt",
        "lock_stmt",
        "constraints_set_stmt",
    }
)
_OF_ROWS = frozenset({"update_stmt", "delete_stmt", "insert_stmt", "merge_stmt", "select_stmt", "create_table_as_stmt"})
_OF_SHAPE = frozenset({"alter_table_stmt", "drop_stmt", "rename_stmt", "truncate_stmt"})
_TEMPORARY = "t"
_COMMENTS = frozenset({SQL_COMMENT, C_COMMENT})
_MADE = {
    "create_stmt": "relation",
    "create_table_as_stmt": "into.rel",
    "view_stmt": "view",
    "create_seq_stmt": "sequence",
}


class CannotSplit(Exception):  # noqa: N818  # carries a reason to whoever tells it
    """Why a file is left as it is, in words that follow `not fixed:`."""


class Piece(NamedTuple):
    """What becomes a file.

    Attributes:
        suffix: What its name ends with; empty for the first.
        data: Its text.
    """

    suffix: str
    data: bytes


def pieces_of(source: Source, recipes: Mapping[int, Recipe]) -> list[Piece]:
    """A file cut at the statements that have recipes.

    Args:
        source: The file.
        recipes: What replaces a statement, by its place.

    Raises:
        CannotSplit: It cannot be done without a person.
    """
    ends = _ends(source)
    pieces: list[Piece] = []
    kept = begin = 0
    for number, end in enumerate(ends):
        recipe = recipes.get(number)
        if recipe is not None:
            statement = source.statements[number]
            if source.data[kept:begin].strip():
                kept_data = source.data[kept:begin]
                pieces.append(Piece("rest", kept_data.lstrip(b"\n")) if pieces else Piece("", kept_data))
            before, after = source.data[begin : statement.start], source.data[statement.end : end]
            pieces += _replaced(recipe, before, after.strip().removeprefix(b";").strip(), first=not pieces)
            kept = end
        begin = end
    if ends and kept < ends[-1]:
        pieces.append(Piece("rest", source.data[kept:].lstrip(b"\n")))
    elif pieces and source.data[kept:].strip():
        pieces[-1] = Piece(pieces[-1].suffix, pieces[-1].data.rstrip() + b"\n" + source.data[kept:])
    pieces = _together(pieces)
    if len(pieces) > 1:
        _refuse_state(source, recipes)
        repeated = _repeated(source)
        heads = [b"", *(_head(item, repeated) for item in pieces[1:])]
        pieces = [
            Piece(item.suffix, head + item.data.rstrip() + b"\n") for item, head in zip(pieces, heads, strict=True)
        ]
    return pieces


def _together(pieces: Sequence[Piece]) -> list[Piece]:
    """Batches that follow one another in one file: each of its statements is recorded by itself."""
    found: list[Piece] = []
    for piece in pieces:
        before = found[-1] if found else Piece("", b"")
        if _BATCHES in before.data and _BATCHES in piece.data and before.suffix in {"", piece.suffix}:
            found[-1] = Piece(before.suffix, before.data.rstrip() + b"\n\n" + piece.data)
        else:
            found.append(piece)
    return found


def without(source: Source, numbers: Collection[int]) -> Source:
    """A file without some of its statements; comments around them stay."""
    data = source.data
    for number in sorted(numbers, reverse=True):
        statement = source.statements[number]
        start, end = statement.start, statement.start + len(statement.text.encode())
        match = _SEMICOLON.match(data, end)
        end = match.end() if match else end
        begins_line = data[:start].rpartition(b"\n")[2].strip() == b""
        end += begins_line and data[end : end + 1] == b"\n"
        data = data[:start] + data[end:]
    return source_of(source.file, source.path, data.decode())


def _repeated(source: Source) -> list[bytes]:
    """The directives of the head that speak of each piece."""
    head = source.data[: source.statements[0].start]
    return [match[0].strip() for match in _OF_EACH.finditer(head)]


def _head(piece: Piece, repeated: Sequence[bytes]) -> bytes:
    # A build waits for old snapshots: a short timeout would end it.
    is_build = _OUTSIDE.search(piece.data) is not None
    return b"".join(line + b"\n" for line in repeated if not (is_build and b"timeout" in line.partition(b"=")[0]))


def _replaced(recipe: Recipe, before: bytes, after: bytes, *, first: bool) -> list[Piece]:
    """The files of a recipe; comments around the statement go with the first of them."""
    found: list[Piece] = []
    for file in recipe.files:
        text = _text(file)
        if not found:
            ending = b" " + after if after else b""
            text = before.lstrip(b"\n") + text.rstrip(b"\n") + ending + b"\n"
        suffix = "" if first and not found else file.suffix or f"part_{len(found) + 1}"
        found.append(Piece(suffix, text))
    return found


def _text(file: File) -> bytes:
    return "".join(f"{statement};\n" for statement in file.statements).encode()


def _ends(source: Source) -> list[int]:
    """The byte behind each statement, its semicolon, and what stands behind that on its line."""
    ends: list[int] = []
    starts = [item.start for item in source.statements] + [len(source.data)]
    for number, statement in enumerate(source.statements):
        match = _REST_OF_LINE.match(source.data, statement.end, starts[number + 1])
        ends.append(match.end() if match else statement.end)
    return ends


def reason_not(statement: ReadStatement, recipe: Recipe) -> str | None:
    """Why a recipe is left to a person; None where it may be written."""
    if recipe.by_hand:
        return recipe.by_hand
    if statement.kind in _OF_ROWS and _is_needed_later(statement):
        return "rows that are written between its files would be missed by the statements that follow"
    data = statement.text.encode()
    said = [data[item.start : item.end] for item in postgast.scan(statement.text).tokens if item.token in _COMMENTS]
    written = b"\n".join(_text(file) for file in recipe.files)
    if any(comment not in written for comment in said):
        return "a comment inside of the statement would be lost"
    return None


def _is_needed_later(statement: ReadStatement) -> bool:
    """Whether a later statement of the file changes a table that it names."""
    later = statement.source.statements[statement.number + 1 :]
    names = _tables_of(statement)
    return any(not names.isdisjoint(_tables_of(item)) for item in later if item.kind in _OF_SHAPE)


def _tables_of(statement: ReadStatement) -> set[str]:
    if statement.tree is None:
        return set()
    return {item.relname for item in relations_of(statement.tree)}


def _refuse_state(source: Source, replaced: Collection[int]) -> None:
    """Refuse a file whose pieces would not be what it is."""
    if not source.transaction:
        raise CannotSplit("its transaction = off would have to be said of each of several files")
    lines = {source.line_of(source.statements[number].start) for number in replaced}
    if any(item.lines is None or not lines.isdisjoint(item.lines) for item in silences_of(source)):
        raise CannotSplit("its silences would have to be said of each of several files")
    if source.file.down is not None:
        raise CannotSplit(f"it becomes several files, and {source.file.down.name} takes back all of them")
    for statement in source.statements:
        if statement.kind in _OF_A_SESSION or _is_temporary(statement):
            line = source.line_of(statement.start)
            raise CannotSplit(f"it becomes several files, and line {line} would have to be in each of them")


def _is_temporary(statement: ReadStatement) -> bool:
    path = _MADE.get(statement.kind)
    return path is not None and attrgetter(path)(statement.node).relpersistence == _TEMPORARY


def in_place(source: Source, statements: Sequence[tuple[ReadStatement, str]]) -> bytes:
    """A file with statements written again; every other byte stays.

    Args:
        source: The file.
        statements: Each with its new text, a semicolon at the end.
    """
    data = source.data
    for statement, text in sorted(statements, key=lambda item: -item[0].start):
        end = statement.start + len(statement.text.encode())
        data = data[: statement.start] + text.removesuffix(";").encode() + data[end:]
    return data
