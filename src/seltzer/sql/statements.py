"""The statements of a file: text, place, fingerprint, and how each stands to transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.model import Statement
from seltzer.sql.digests import digest_of_texts
from seltzer.sql.parse import ParsedStatement, parse_statements
from seltzer.sql.tokens import Tokens, scan
from seltzer.sql.transactions import (
    opaque_refuses_transaction,
    refuses_transaction,
    touches_session,
    transaction_control,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def read_statements(text: str) -> tuple[Statement, ...]:
    """Read a file's statements.

    Raises:
        seltzer.sql.parse.SqlSyntaxError: The grammar refuses the text.
    """
    return statements_of(text, parse_statements(text))


def statements_of(text: str, parsed: list[ParsedStatement], tokens: Tokens | None = None) -> tuple[Statement, ...]:
    """What is known of each parsed statement of `text`; `tokens` are its own, if somebody has scanned it already."""
    found = tokens or scan(text)
    places = _Places(text)
    return tuple(_statement(item, found, places) for item in parsed)


def _statement(item: ParsedStatement, tokens: Tokens | None, places: _Places) -> Statement:
    body = item.text
    texts = [body]
    if tokens is not None:
        inside = tokens.between(item.start, item.end)
        # Without a semicolon the parser's statement runs to the end of the file, comments included.
        body = body[: tokens.ends[inside.stop - 1] - item.start]
        texts = tokens.texts[inside]
    offset, line = places.of(item.start)
    tree = item.tree
    return Statement(
        text=body.decode(),
        offset=offset,
        line=line,
        fingerprint=digest_of_texts(texts),
        kind=(tree.WhichOneof("node") or "") if tree is not None else "opaque",
        transactional=not (refuses_transaction(tree) if tree is not None else opaque_refuses_transaction(body)),
        touches_session=tree is None or touches_session(tree) or b"pg_temp" in body.lower(),
        control=transaction_control(tree) if tree is not None else "",
    )


class _Places:
    """Bytes to characters and lines, for ascending places in one text."""

    def __init__(self, text: str) -> None:
        self._data = text.encode()
        self._ascii = text.isascii()
        self._byte = self._character = 0
        self._line = 1

    def of(self, byte: int) -> tuple[int, int]:
        """The characters before a byte, and its line."""
        between = self._data[self._byte : byte]
        self._line += between.count(b"\n")
        self._character += len(between) if self._ascii else len(between.decode())
        self._byte = byte
        return self._character, self._line


def find_stdin_copies(parsed: list[ParsedStatement]) -> Iterator[ParsedStatement]:
    """The COPY commands whose rows or output would have to pass through the client."""
    for item in parsed:
        if item.tree is not None and item.tree.WhichOneof("node") == "copy_stmt":
            statement = item.tree.copy_stmt
            if not statement.filename and not statement.is_program:
                yield item
