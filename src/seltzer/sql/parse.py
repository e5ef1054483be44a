"""The only door to the parser: SQL text in, parse trees with their place in the text out.

The parser is PostgreSQL 18's own grammar (libpg_query through postgast). Three of its limits are met here: trees
deeper than protobuf decodes by default, statements too large to be worth a tree, and text that it refuses.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import postgast
from google.protobuf.message import DecodeError

from seltzer.sql.blanks import blank_end
from seltzer.sql.room import with_room

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgast.pg_query_pb2 import Node

try:
    # Lifts the depth limit of the C decoder (48 chained operators otherwise); absent from pure-Python protobuf.
    from google._upb._message import SetAllowOversizeProtos  # type: ignore[import-not-found]

    SetAllowOversizeProtos(True)  # noqa: FBT003  # protobuf's own signature
except ImportError:  # pragma: no cover
    pass

# An 11.7 MB INSERT takes 1.5 s and 347 MiB as a tree; over this size the first words tell what a statement is.
TREE_LIMIT_BYTES = 1 << 20

# What the grammar says of text that it could read, had it more room: no mistake of the writer's.
_NO_ROOM = ("stack depth limit", "memory exhausted", "out of memory")


class ParsedStatement(NamedTuple):
    """One statement's tree and place.

    Attributes:
        tree: Its node; None when it is too large or too deep to have one.
        start: First byte of its first token.
        end: Byte after its last token; trailing comments may be inside when no semicolon ends it.
        text: The bytes between.
        base: Byte of the file that the tree's own locations count from.
    """

    tree: Node | None
    start: int
    end: int
    text: bytes
    base: int = 0


class SqlSyntaxError(Exception):
    """Text that PostgreSQL's grammar refuses.

    Attributes:
        message: The grammar's own words.
        position: Characters before the place it names; None if it names none.
    """

    def __init__(self, message: str, position: int | None) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


# What the grammar stumbles over may be a value, which is nobody's business.
_NEAR_LITERAL = re.compile(r"""at or near "(?:[eEbBxXnN]|[uU]&)?['$].*"$""", re.DOTALL)


def parse_statements(text: str) -> list[ParsedStatement]:
    """The statements of a file, in order.

    Raises:
        SqlSyntaxError: The grammar refuses the text.
    """
    data = text.encode()
    if len(data) > TREE_LIMIT_BYTES:
        return list(_parse_one_by_one(text, _split_by_scanner(text)))
    try:
        tree = with_room(postgast.parse, text)
    except DecodeError:
        return list(_parse_one_by_one(text, _split_by_scanner(text)))
    except postgast.PgQueryError as error:
        if error.message.startswith(_NO_ROOM):
            return list(_parse_one_by_one(text, _split_by_scanner(text)))
        raise _syntax_error(error) from None
    found: list[ParsedStatement] = []
    for raw in tree.stmts:
        end = raw.stmt_location + raw.stmt_len if raw.stmt_len else len(data)
        found.append(ParsedStatement(raw.stmt, raw.stmt_location, end, data[raw.stmt_location : end]))
    return found


def _split_by_scanner(text: str) -> list[str]:
    try:
        return postgast.split(text, method="scanner")
    except postgast.PgQueryError as error:
        raise _syntax_error(error) from None


def _syntax_error(error: postgast.PgQueryError, before: int = 0) -> SqlSyntaxError:
    # postgast documents bytes; the grammar counts characters, as the server does.
    message = _NEAR_LITERAL.sub("at or near a literal", error.message)
    return SqlSyntaxError(message, before + error.cursorpos - 1 if error.cursorpos else None)


def _parse_one_by_one(text: str, pieces: list[str]) -> Iterator[ParsedStatement]:
    """Statements of a text that cannot be one tree: each has its own, or none."""
    at = byte = 0
    for piece in [*pieces, ""]:
        start = text.index(piece, at) if piece else len(text)
        # The scanner passes over what has no keyword in it; so would the mistake in it be.
        for begin, end in (*_statements_between(text, at, start), (blank_end(text, start), start + len(piece))):
            byte += len(text[at:begin].encode())
            at = begin
            if end > begin:
                body = text[begin:end].encode()
                yield ParsedStatement(_tree_of(body, begin), byte, byte + len(body), body, byte)
                byte += len(body)
                at = end


def _statements_between(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    while at < end:
        begin = blank_end(text, at)
        if begin >= end:
            return
        stop = text.find(";", begin, end)
        stop = end if stop < 0 else stop
        if stop > begin:
            yield begin, stop
        at = stop + 1


def _tree_of(body: bytes, before: int) -> Node | None:
    if len(body) > TREE_LIMIT_BYTES:
        return None
    try:
        stmts = with_room(postgast.parse, body.decode()).stmts
    except DecodeError:
        return None
    except postgast.PgQueryError as error:
        if error.message.startswith(_NO_ROOM):
            return None
        raise _syntax_error(error, before) from None
    return stmts[0].stmt if stmts else None
