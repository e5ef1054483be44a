"""Digests of token texts."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def digest_of_texts(texts: Iterable[bytes]) -> str:
    """A digest of token texts: 32 hexadecimal digits, equal only for equal texts in equal order."""
    return hashlib.sha256(b"\x00".join(texts)).hexdigest()[:32]
