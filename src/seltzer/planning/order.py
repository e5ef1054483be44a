"""From edges to one order: the same files always give the same plan."""

from __future__ import annotations

import heapq
from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from seltzer.errors import Place, RingError
from seltzer.planning.acyclic import Acyclic
from seltzer.planning.rings import components

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from seltzer.model import Edge
    from seltzer.planning.inferred import Alternative

    Key: TypeAlias = tuple[int, str, int, str]


def in_order(
    keys: Mapping[str, Key], edges: Iterable[Edge], choices: Sequence[tuple[Alternative, ...]] = ()
) -> tuple[list[str], list[Edge]]:
    """Order ids so that every edge points forward; among what is ready the lowest key runs first.

    Of the ways to meet a need the first is taken that makes no ring. Soft edges are taken where they close no ring,
    the weak ones last.

    Args:
        keys: The sort key of each id; only edges between these ids count.
        edges: Who runs before whom.
        choices: For each need that can be met in several ways, the ways.

    Returns:
        The ids in order, and the edges that were kept.

    Raises:
        RingError: Edges that are not soft close a ring, whatever is chosen.
    """
    inside = [edge for edge in edges if edge.before in keys and edge.after in keys and edge.before != edge.after]
    hard = [edge for edge in inside if not edge.soft]
    ids = sorted(keys, key=lambda item: keys[item])
    if rings := components(ids, hard):
        raise _ring_error(rings[0], hard)
    graph, kept = _choose(ids, _ready_first(keys, hard), hard, choices)
    soft = sorted((edge for edge in inside if edge.soft), key=lambda edge: _strength(keys, edge))
    kept += [edge for edge in soft if graph.take([edge])]
    return _ready_first(keys, kept), kept


def _choose(
    ids: Sequence[str], order: Sequence[str], hard: Sequence[Edge], choices: Sequence[tuple[Alternative, ...]]
) -> tuple[Acyclic, list[Edge]]:
    """The graph of the hard edges and of the ways that are taken, and these edges.

    A need that no way meets any more, because others came first, is asked first next time.

    Raises:
        RingError: There is a ring, whatever is chosen.
    """
    waiting = list(range(len(choices)))
    preferred: set[int] = set()
    while True:
        graph, taken = Acyclic(order, hard), list(hard)
        for number in waiting:
            way = next((way for way in choices[number] if graph.take(way)), None)
            if way is None:
                break
            taken += way
        else:
            return graph, taken
        if number in preferred:
            edges = [*taken, *choices[number][0]]
            raise _ring_error(components(ids, edges)[0], edges)
        preferred.add(number)
        waiting = [number, *(other for other in waiting if other != number)]


def _strength(keys: Mapping[str, Key], edge: Edge) -> tuple[bool, Key, Key, str]:
    return edge.weak, keys[edge.after], keys[edge.before], edge.because


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


def _ring_error(component: Sequence[str], edges: Iterable[Edge]) -> RingError:
    ring = _one_ring(component, edges)
    lines = [f"  {edge.after} runs after {edge.before}: {edge.because}{_where(edge)}" for edge in ring]
    place = next((Place(*edge.place) for edge in ring if edge.place), None)
    return RingError(
        f"{len(ring)} migrations wait for each other:\n" + "\n".join(lines),
        hint="Cut one: move a statement into a numbered file of its own, remove a depends-on, or say in one of them\n"
        "  -- seltzer: independent-of = ID",
        place=place,
        migration=ring[0].after if ring else None,
    )


def _one_ring(component: Sequence[str], edges: Iterable[Edge]) -> list[Edge]:
    """The shortest ring through the lowest id of a component, edge by edge."""
    members = set(component)
    outgoing: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        if edge.before in members and edge.after in members:
            outgoing[edge.before].append(edge)
    return _shortest_ring(min(component), outgoing)


def _shortest_ring(start: str, outgoing: Mapping[str, Sequence[Edge]]) -> list[Edge]:
    came: dict[str, Edge] = {}
    queue = [start]
    for item in queue:
        for edge in outgoing.get(item, ()):
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
    if edge.place is None:
        return ""
    path, line = edge.place
    return f" ({path.parent.name}/{path.name}:{line})"
