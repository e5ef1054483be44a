"""What goes in, one parsed statement at a time, and what comes out: the names of a statement or of a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from seltzer.model import Name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postgast.pg_query_pb2 import Node

# The names that one word of SQL can stand for, the likeliest first.
Options = tuple[Name, ...]


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


class Spot(NamedTuple):
    """Where a name stands: in which statement, counted from 0, and after how many characters of its text."""

    statement: int
    offset: int


@dataclass(frozen=True, slots=True)
class Names:
    """What a statement, or a file as a whole, does to names.

    Attributes:
        provides: What exists after it. A function stands there twice, by name and with its argument types.
        needs: What must exist before it.
        choices: Needs that one of several names meets, the first that anyone provides. Choices of columns are
            guesses (a column without its table's name in a join) and deserve no more than a soft edge.
        wants: What it may need and may not: a soft edge.
        removes: What is gone after it. Whoever else needs one of these runs before it.
        recreates: What it takes away and provides again; these are in `provides`, not in `removes`.
        alters: Tables that it changes.
        listed: Columns that its CREATE TABLE lists for a table, labels that its CREATE TYPE lists for an enum.
        parents: Tables that a table takes columns from, as a partition or by inheritance.
        places: Where each need, want and first name of a choice stands; 0 where the tree does not say.
    """

    provides: frozenset[Name]
    needs: frozenset[Name]
    choices: frozenset[Options]
    wants: frozenset[Name]
    removes: frozenset[Name]
    recreates: frozenset[Name]
    alters: frozenset[Name]
    listed: Mapping[Name, frozenset[str]]
    parents: Mapping[Name, frozenset[Name]]
    places: Mapping[Name, Spot]
