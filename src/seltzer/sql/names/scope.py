"""What the names inside one level of a query can stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seltzer.model import Options


class Scope:
    """One level of a query: its FROM items, and the level around it.

    Attributes:
        outer: The level around it; None at the top.
        ctes: Names of WITH queries that hide tables here.
        items: What each FROM item is called, with the table it is; None for one whose columns are not known.
        tables: The tables among them.
        unknown: Whether a column without a table's name could belong to an item that is no table.
        own: Names without a table that are no columns: a function's parameters.
    """

    __slots__ = ("ctes", "items", "outer", "own", "tables", "unknown")

    def __init__(self, outer: Scope | None = None) -> None:
        self.outer = outer
        self.ctes: frozenset[str] = outer.ctes if outer else frozenset()
        self.items: dict[str, Options | None] = {}
        self.tables: list[Options] = []
        self.unknown = False
        self.own: frozenset[str] = frozenset()

    def add_table(self, called: str, table: Options) -> None:
        """Note a table among the FROM items; one without a name that could matter is unknown."""
        if not table:
            self.add_unknown(called)
            return
        self.items[called] = table
        self.tables.append(table)

    def add_unknown(self, called: str) -> None:
        """Note a FROM item of unknown columns: a sub-select, a function, a WITH query."""
        self.unknown = True
        if called:
            self.items[called] = None

    def find(self, called: str) -> Options | None:
        """The table that a FROM item of this name is, here or further out."""
        scope: Scope | None = self
        while scope is not None:
            if called in scope.items:
                return scope.items[called]
            scope = scope.outer
        return None

    def owners_of(self, column: str) -> tuple[list[Options], bool]:
        """The tables that a bare column can belong to, nearest first, and whether that is a guess.

        Nobody owns a parameter. A name of a FROM item is probably its whole row.
        """
        owners: list[Options] = []
        unknown = False
        scope: Scope | None = self
        while scope is not None:
            if column in scope.own:
                return [], True
            owners += scope.tables
            unknown = unknown or scope.unknown or column in scope.items
            scope = scope.outer
        return owners, unknown or len(owners) != 1


def scope_of_table(called: str, table: Options) -> Scope:
    """The scope of an expression about one table: a check, a default, an index, a policy."""
    scope = Scope()
    scope.add_table(called, table)
    return scope
