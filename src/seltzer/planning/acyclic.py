"""A graph that takes an edge only where it closes no ring (Pearce and Kelly 2006).

Everything has a place in an order that all edges agree with. An edge that agrees too costs nothing; for one that does
not, only what lies between its two ends is looked at and moved.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from seltzer.model import Edge


class Acyclic:
    """Ids and the edges between them that were taken."""

    def __init__(self, order: Iterable[str], edges: Iterable[Edge]) -> None:
        """Begin with edges that close no ring.

        Args:
            order: All ids, in an order that these edges agree with.
            edges: The edges.
        """
        self._place = {item: place for place, item in enumerate(order)}
        self._after: dict[str, list[str]] = defaultdict(list)
        self._before: dict[str, list[str]] = defaultdict(list)
        for edge in edges:
            self._link(edge)

    def take(self, edges: Sequence[Edge]) -> bool:
        """Take all of these edges, or none when they would close a ring; returns which."""
        for number, edge in enumerate(edges):
            if not self._fits(edge):
                for taken in edges[:number]:
                    self._unlink(taken)
                return False
            self._link(edge)
        return True

    def _link(self, edge: Edge) -> None:
        self._after[edge.before].append(edge.after)
        self._before[edge.after].append(edge.before)

    def _unlink(self, edge: Edge) -> None:
        self._after[edge.before].remove(edge.after)
        self._before[edge.after].remove(edge.before)

    def _fits(self, edge: Edge) -> bool:
        """Whether an edge closes no ring; the order agrees with it then."""
        first, last = self._place[edge.after], self._place[edge.before]
        if last < first:
            return True
        ahead = self._reach(edge.after, self._after, lambda place: place <= last)
        if edge.before in ahead:
            return False
        behind = self._reach(edge.before, self._before, lambda place: place >= first)
        moved = [*sorted(behind, key=self._place.__getitem__), *sorted(ahead, key=self._place.__getitem__)]
        places = sorted(self._place[item] for item in moved)
        self._place.update(zip(moved, places, strict=True))
        return True

    def _reach(self, start: str, links: Mapping[str, Sequence[str]], is_near: Callable[[int], bool]) -> set[str]:
        found = {start}
        waiting = [start]
        while waiting:
            for item in links.get(waiting.pop(), ()):
                if item not in found and is_near(self._place[item]):
                    found.add(item)
                    waiting.append(item)
        return found
