"""What the things that a file makes stand on, of those that it made before: a view on a table of the same file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seltzer.model import Name


class Grounds:
    """Which names a statement made, and which of the file's own it used; statement by statement."""

    __slots__ = ("_made", "_number", "_used", "cascades", "frees")

    def __init__(self) -> None:
        self._number = 0
        self._made: dict[int, list[Name]] = {}
        self._used: dict[int, set[Name]] = {}
        self.cascades: set[Name] = set()
        self.frees: set[Name] = set()

    def begin(self, number: int) -> None:
        """Turn to the next statement."""
        self._number = number

    def make(self, name: Name) -> None:
        """Note what the statement makes."""
        self._made.setdefault(self._number, []).append(name)

    def use(self, name: Name) -> None:
        """Note what it uses of what the file made."""
        self._used.setdefault(self._number, set()).add(name)

    def found(self) -> dict[Name, frozenset[Name]]:
        """What each of the file's names stands on, of its own."""
        found: dict[Name, frozenset[Name]] = {}
        for number, used in self._used.items():
            for name in self._made.get(number, ()):
                if under := used.difference(self._made[number]):
                    found[name] = found.get(name, frozenset()) | under
        return found
