"""The longer queries of this room, which lie in files of their own."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def query(name: str) -> str:
    """The text of `statements/NAME.sql`; its comments stay at home."""
    text = (Path(__file__).parent / "statements" / f"{name}.sql").read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
