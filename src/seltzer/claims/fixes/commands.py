"""An ALTER TABLE with several commands, taken apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pg

from seltzer.sql.tokens import scan

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import AlterTableCmd

    from seltzer.claims.fixes.writing import Written

_WORDS = {
    pg.AT_AddColumn: ("add", "ADD COLUMN IF NOT EXISTS "),
    pg.AT_DropColumn: ("drop", "DROP COLUMN IF EXISTS "),
}


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
    commands = (item.alter_table_cmd for item in written.tree.alter_table_stmt.cmds)
    return [f"{head} {_guarded(part, command)}" for part, command in zip(parts, commands, strict=True)]


def _guarded(part: str, command: AlterTableCmd) -> str:
    """A column that is added or dropped, with the words that let it be so already."""
    if command.missing_ok or command.subtype not in _WORDS:
        return part
    verb, words = _WORDS[command.subtype]
    return re.sub(rf"(?is)^{verb}\s+(?:column\s+)?", words, part, count=1)
