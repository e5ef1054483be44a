"""Statements without a tree, too large for the parser: the head of an INSERT says which table it fills."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import postgast
from google.protobuf.message import DecodeError

from seltzer.sql.names.queries import read_query

if TYPE_CHECKING:
    from seltzer.sql.names.reading import Reading

# A head that is longer than this is none.
_LONGEST_HEAD = 65_536
_HEAD = re.compile(r"\s*INSERT\s+INTO\s.*?\bVALUES\b", re.IGNORECASE | re.DOTALL)


def read_opaque(reading: Reading, text: str) -> None:
    """Read the table and the columns of `INSERT INTO t (a, b) VALUES …`; of its rows nothing."""
    head = _HEAD.match(text[:_LONGEST_HEAD])
    if head is None:
        return
    try:
        tree = postgast.parse(f"{head[0]} (NULL)")
    except (postgast.PgQueryError, DecodeError):
        return
    reading.fix_places()
    for raw in tree.stmts:
        raw.stmt.insert_stmt.ClearField("select_stmt")
        read_query(reading, raw.stmt)
    reading.free_places()
