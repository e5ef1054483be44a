"""Bodies of blocks and procedures."""

from __future__ import annotations

import re

from seltzer.sql.blanks import words_only

_COMMIT = re.compile(r"(?i)\bcommit\b(?:\s+and\s+(?:no\s+)?chain\b)?(?=\s*;)")


def without_commits(body: str) -> str:
    """PL/pgSQL whose COMMITs do nothing, every other character in its place."""
    inside = re.search(r"(\$(?:[A-Za-z_]\w*)?\$)(.*)\1", body, re.DOTALL)
    start, end = inside.span(2) if inside is not None else (0, len(body))
    part = body[start:end]
    for found in reversed(list(_COMMIT.finditer(words_only(part)))):
        part = part[: found.start()] + "NULL".ljust(found.end() - found.start()) + part[found.end() :]
    return body[:start] + part + body[end:]
