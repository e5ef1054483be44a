"""An ALTER TABLE with several commands, taken apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.sql.tokens import scan

if TYPE_CHECKING:
    from seltzer.claims.fixes.writing import Written


def commands_of(written: Written) -> list[str]:
    """A statement for each of its commands, in their order."""
    tokens = scan(written.data.decode())
    relation = written.tree.alter_table_stmt.relation
    name = written.relation(relation).encode()
    begin = relation.location + len(name)
    if tokens is None:
        return []
    head = written.data[:begin].decode()
    depth, parts, start = 0, list[str](), begin
    for text, at in zip(tokens.texts, tokens.starts, strict=True):
        if at < begin:
            continue
        depth += {b"(": 1, b"[": 1, b")": -1, b"]": -1}.get(text, 0)
        if text == b"," and not depth:
            parts.append(written.data[start:at].decode().strip())
            start = at + 1
    parts.append(written.data[start:].decode().strip().rstrip("; \n"))
    return [f"{head} {part}" for part in parts]
