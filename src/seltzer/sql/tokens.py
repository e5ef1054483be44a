"""Token texts of SQL, and the digests made of them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import postgast
from postgast.pg_query_pb2 import C_COMMENT, NO_KEYWORD, SQL_COMMENT

if TYPE_CHECKING:
    from collections.abc import Iterable

# A scan of more text than this costs more memory than it is worth: such text is digested as it stands.
SCAN_LIMIT_BYTES = 1 << 20

_COMMENTS = frozenset((SQL_COMMENT, C_COMMENT))


class Token(NamedTuple):
    """One token: its first byte, the byte after its last, and its text with keywords in lower case."""

    start: int
    end: int
    text: bytes


def scan_tokens(data: bytes) -> list[Token]:
    """The tokens of SQL text without its comments, in order.

    Args:
        data: UTF-8 text.

    Raises:
        postgast.PgQueryError: A string, quoted name or comment does not end.
    """
    tokens: list[Token] = []
    for token in postgast.scan(data.decode()).tokens:
        if token.token in _COMMENTS:
            continue
        start, end = token.start, token.end
        text = data[start:end]
        tokens.append(Token(start, end, text if token.keyword_kind == NO_KEYWORD else text.lower()))
    return tokens


def digest_of_texts(texts: Iterable[bytes]) -> str:
    """A digest of token texts: 32 hexadecimal digits, equal only for equal texts in equal order."""
    return hashlib.sha256(b"\x00".join(texts)).hexdigest()[:32]


def token_checksum(text: str) -> str:
    """`tokens-1:…` over a file's tokens: equal when only comments, white space or the case of keywords differ.

    Text that cannot be scanned, or is over a MiB, is digested as it stands.
    """
    data = text.encode()
    if len(data) > SCAN_LIMIT_BYTES:
        return f"tokens-1:{digest_of_texts([data])}"
    try:
        return f"tokens-1:{digest_of_texts(token.text for token in scan_tokens(data))}"
    except postgast.PgQueryError:
        return f"tokens-1:{digest_of_texts([data])}"
