"""What tables have, as far as a file says: the columns that it lists, the tables that they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seltzer.model import Name, Options


class Shapes:
    """The tables that one file makes, and the enums.

    Attributes:
        listed: The columns that its CREATE TABLE lists for a table, the labels that its CREATE TYPE lists for an enum.
        parents: The tables that a table has columns from.
        former: What a table that another file made was called before this file renamed it.
        widths: How many values a row has that is put into another file's table without a list of columns.
    """

    __slots__ = ("former", "listed", "parents", "widths")

    def __init__(self) -> None:
        self.listed: dict[Name, set[str]] = {}
        self.parents: dict[Name, set[Name]] = {}
        self.former: dict[Name, Options] = {}
        self.widths: dict[Name, int] = {}

    def list_parts(self, whole: Name, parts: Iterable[str]) -> None:
        """Note that a table is created with columns, or an enum with labels."""
        self.listed.setdefault(whole, set()).update(parts)

    def unlist_part(self, whole: Options, part: str) -> bool:
        """Take back a column that the file's own CREATE TABLE listed; False when it listed none of that name."""
        for name in whole:
            if part in self.listed.get(name, ()):
                self.listed[name].discard(part)
                return True
        return False

    def inherit(self, child: Name, parents: Options) -> None:
        """Note that a table has the columns of others."""
        self.parents.setdefault(child, set()).update(parents)

    def fill(self, table: Name, width: int) -> None:
        """Note that rows of so many values are put into a table."""
        self.widths[table] = max(width, self.widths.get(table, 0))

    def has(self, table: Name, column: str) -> bool:
        """Whether a table that the file made has all its columns from the file, or at least this one."""
        heirs = [table]
        for name in heirs:
            if column in self.listed.get(name, ()):
                return True
            heirs += [parent for parent in self.parents.get(name, ()) if parent not in heirs]
        return len(heirs) == 1 and table not in self.former

    def rename(self, old: Name, new: Name) -> None:
        """Note that a table has another name from here on."""
        for found in (self.listed, self.parents, self.former):
            if old in found:
                found[new] = found.pop(old)  # pyright: ignore[reportArgumentType]  # of one kind each

    def forget(self, table: Name) -> None:
        """Note that a table is gone."""
        for found in (self.listed, self.parents, self.former):
            found.pop(table, None)
