"""What goes in, one parsed statement at a time; what comes out is `seltzer.model.Names`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node


class Parsed(NamedTuple):
    """One statement as it comes from the parser.

    Attributes:
        tree: Its node (`RawStmt.stmt`); None when it has no tree, and then no names are read.
        text: Its own text.
        base: Where that text begins, in bytes, in what the parser was given: its locations count from there.
    """

    tree: Node | None
    text: str
    base: int = 0
