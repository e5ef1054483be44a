"""From edges to one order: the same files always give the same plan."""

from __future__ import annotations

import heapq
from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from seltzer.errors import Place, RingError
from seltzer.planning.rings import components

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from seltzer.model import Edge

    Key: TypeAlias = tuple[int, str, int, str]


def in_order(keys: Mapping[str, Key], edges: Iterable[Edge]) -> tuple[list[str], list[Edge]]:
    """Order ids so that every edge points forward; among what is ready the lowest key runs first.

    Soft edges that lie on a ring are dropped.

    Args:
        keys: The sort key of each id; only edges between these ids count.
        edges: Who runs before whom.

    Returns:
        The ids in order, and the edges that were kept.

    Raises:
        RingError: Edges that are not soft close a ring.
    """
    kept = [edge for edge in edges if edge.before in keys and edge.after in keys and edge.before != edge.after]
    ids = sorted(keys, key=lambda item: keys[item])
    while True:
        rings = components(ids, kept)
        if not rings:
            return _ready_first(keys, kept), kept
        inside = {item: index for index, ring in enumerate(rings) for item in ring}
        softened = [edge for edge in kept if not (edge.soft and _within(edge, inside))]
        if len(softened) == len(kept):
            raise _ring_error(rings[0], kept)
        kept = softened


def _within(edge: Edge, inside: dict[str, int]) -> bool:
    return edge.before in inside and inside[edge.before] == inside.get(edge.after)


def _ready_first(keys: Mapping[str, Key], edges: Sequence[Edge]) -> list[str]:
    followers: dict[str, list[str]] = defaultdict(list)
    waiting = dict.fromkeys(keys, 0)
    for edge in edges:
        followers[edge.before].append(edge.after)
        waiting[edge.after] += 1
    ready = [(keys[item], item) for item, count in waiting.items() if not count]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        _, item = heapq.heappop(ready)
        order.append(item)
        for follower in followers[item]:
            waiting[follower] -= 1
            if not waiting[follower]:
                heapq.heappush(ready, (keys[follower], follower))
    return order


def _ring_error(component: list[str], edges: Iterable[Edge]) -> RingError:
    """The shortest ring through the lowest id of a component, edge by edge."""
    members = set(component)
    outgoing: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        if edge.before in members and edge.after in members:
            outgoing[edge.before].append(edge)
    ring = _shortest_ring(min(component), outgoing)
    lines = [f"  {edge.after} needs {edge.before} first: {edge.because}{_where(edge)}" for edge in ring]
    place = next((Place(*edge.place) for edge in ring if edge.place), None)
    return RingError(
        f"{len(ring)} migrations wait for each other:\n" + "\n".join(lines),
        hint="Cut one: remove a depends-on, move one statement into a numbered file of its own, or say\n"
        "  -- seltzer: independent-of = ID",
        place=place,
    )


def _shortest_ring(start: str, outgoing: dict[str, list[Edge]]) -> list[Edge]:
    came: dict[str, Edge] = {}
    queue = [start]
    for item in queue:
        for edge in outgoing[item]:
            if edge.after == start:
                ring = [edge]
                while ring[-1].before != start:
                    ring.append(came[ring[-1].before])
                return ring
            if edge.after not in came:
                came[edge.after] = edge
                queue.append(edge.after)
    return []


def _where(edge: Edge) -> str:
    return f" ({edge.place[0]}:{edge.place[1]})" if edge.place else ""
