"""Token texts of SQL, and the digests made of them."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import postgast
from postgast.pg_query_pb2 import C_COMMENT, NO_KEYWORD, SQL_COMMENT

from seltzer.sql.digests import digest_of_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMENTS = frozenset((SQL_COMMENT, C_COMMENT))

# A scan of more text than this costs more memory than it is worth: such text is digested as it stands.
SCAN_LIMIT_BYTES = 1 << 20


class Tokens:
    """The tokens of a text without its comments, in order.

    Attributes:
        starts: The first byte of each.
        ends: The byte after the last of each.
        texts: The text of each, keywords in lower case.
    """

    __slots__ = ("ends", "starts", "texts")

    def __init__(self, data: bytes) -> None:
        """Scan UTF-8 text.

        Raises:
            postgast.PgQueryError: A string, quoted name or comment does not end.
        """
        tokens = [item for item in postgast.scan(data.decode()).tokens if item.token not in _COMMENTS]
        self.starts = [item.start for item in tokens]
        self.ends = [item.end for item in tokens]
        keywords = [item.keyword_kind != NO_KEYWORD for item in tokens]
        self.texts = [
            data[start:end].lower() if keyword else data[start:end]
            for start, end, keyword in zip(self.starts, self.ends, keywords, strict=True)
        ]

    def between(self, start: int, end: int) -> slice:
        """Which of them begin in a span of bytes."""
        return slice(bisect_left(self.starts, start), bisect_left(self.starts, end))


def scan(text: str) -> Tokens | None:
    """The tokens of a text; None when it is over a MiB or cannot be scanned."""
    data = text.encode()
    if len(data) > SCAN_LIMIT_BYTES:
        return None
    try:
        return Tokens(data)
    except postgast.PgQueryError:
        return None


def token_checksum(text: str, tokens: Tokens | None = None) -> str:
    """`tokens-1:…` over a file's tokens: equal when only comments, white space or the case of keywords differ.

    Args:
        text: The file; digested as it stands where it cannot be scanned or is over a MiB.
        tokens: Its tokens, if somebody has scanned it already.
    """
    found = tokens or scan(text)
    texts: Sequence[bytes] = found.texts if found is not None else [text.encode()]
    return f"tokens-1:{digest_of_texts(texts)}"
