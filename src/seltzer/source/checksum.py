"""Checksums of files: equal for equal content, whatever editor or system wrote it."""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_BOM = b"\xef\xbb\xbf"
_TRAILING_BLANKS = re.compile(rb"[ \t]+\n")


def normalised(data: bytes) -> bytes:
    r"""A file's content without BOM, with `\n` as line end, without blanks before line ends and at its end."""
    data = with_unix_lines(data)
    if b" \n" in data or b"\t\n" in data:
        data = _TRAILING_BLANKS.sub(b"\n", data)
    return data.rstrip()


def with_unix_lines(data: bytes) -> bytes:
    r"""A file's content without BOM and with `\n` as line end: what is parsed and sent."""
    data = data.removeprefix(_BOM)
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data


def checksum(data: bytes) -> str:
    """`sha256-1:…` over one file's normalised content."""
    return f"sha256-1:{hashlib.sha256(normalised(data)).hexdigest()}"


def checksum_of_many(contents: Iterable[tuple[str, bytes]]) -> str:
    """`sha256-1:…` over several files, each with its name: a renamed one changes it."""
    digest = hashlib.sha256()
    for name, data in contents:
        digest.update(b"%s\x00%s\x00" % (os.fsencode(name), hashlib.sha256(normalised(data)).digest()))
    return f"sha256-1:{digest.hexdigest()}"
