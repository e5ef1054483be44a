"""Rings in a graph: which ids wait for each other, found in linear time and without recursion."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from seltzer.model import Edge


def components(ids: Sequence[str], edges: Iterable[Edge]) -> list[list[str]]:
    """The strongly connected components of more than one id (Tarjan 1972), in the order of `ids`."""
    walk = _Walk(edges)
    for item in ids:
        if item not in walk.index:
            walk.start(item)
    return walk.found


class _Walk:
    """One depth-first walk over a graph, its stack kept by hand: ten thousand migrations may form one chain."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        self._followers: dict[str, list[str]] = defaultdict(list)
        for edge in edges:
            self._followers[edge.before].append(edge.after)
        self.index: dict[str, int] = {}
        self._low: dict[str, int] = {}
        self._open: list[str] = []
        self._is_open: set[str] = set()
        self.found: list[list[str]] = []

    def start(self, root: str) -> None:
        """Visit everything that can be reached from `root`."""
        work = [self._enter(root)]
        while work:
            item, rest = work[-1]
            fresh = self._next_fresh(item, rest)
            if fresh is not None:
                work.append(self._enter(fresh))
                continue
            work.pop()
            if work:
                above = work[-1][0]
                self._low[above] = min(self._low[above], self._low[item])
            if self._low[item] == self.index[item]:
                self._close(item)

    def _enter(self, item: str) -> tuple[str, Iterator[str]]:
        self.index[item] = self._low[item] = len(self.index)
        self._open.append(item)
        self._is_open.add(item)
        return item, iter(self._followers.get(item, ()))

    def _next_fresh(self, item: str, rest: Iterator[str]) -> str | None:
        for follower in rest:
            if follower not in self.index:
                return follower
            if follower in self._is_open:
                self._low[item] = min(self._low[item], self.index[follower])
        return None

    def _close(self, item: str) -> None:
        ring: list[str] = []
        while not ring or ring[-1] != item:
            ring.append(self._open.pop())
        self._is_open.difference_update(ring)
        if len(ring) > 1:
            self.found.append(ring)
