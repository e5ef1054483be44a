"""Which applied migrations need what others provide: they have to be reverted first."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from seltzer.planning.graph import base_key, declared_edges
from seltzer.planning.inferred import inferred_edges

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from seltzer.model import Edge, Migration


def needs_of(applied: Sequence[Migration], known: Mapping[str, Path]) -> list[Edge]:
    """The edges that say one applied migration needs what another provides; an order of removals is none of these.

    Args:
        applied: All applied migrations.
        known: Every id, with its file.
    """
    return [edge for edge in order_of_needs(applied, known) if not edge.because.startswith("removes ")]


def order_of_needs(migrations: Sequence[Migration], known: Mapping[str, Path]) -> list[Edge]:
    """The edges that hold whatever the files are called: who needs a name, who asks for it, who removes one.

    Args:
        migrations: All migrations.
        known: Every id, with its file.
    """
    ordered = sorted(migrations, key=base_key)
    inferred = inferred_edges(ordered, list(known))
    edges = [*inferred.edges, *(edge for ways in inferred.choices for edge in ways[0]), *declared_edges(ordered, known)]
    return [edge for edge in edges if not edge.soft]


def dependents(chosen: Collection[str], needs: Iterable[Edge]) -> list[Edge]:
    """The edges by which migrations that are not chosen need a chosen one, directly or not; one for each of them."""
    followers = _followers(needs)
    found: dict[str, Edge] = {}
    waiting = list(chosen)
    while waiting:
        for edge in followers.get(waiting.pop(), ()):
            if edge.after not in chosen and edge.after not in found:
                found[edge.after] = edge
                waiting.append(edge.after)
    return [found[id_] for id_ in sorted(found)]


def newest_first(positions: Mapping[str, int], needs: Iterable[Edge]) -> list[str]:
    """The order in which migrations are reverted: the newest first, but nothing before what needs it.

    A first day that was applied again after its numbered files is newer than they are, and still reverted last.

    Args:
        positions: When each was applied, by the history's positions.
        needs: Who needs whom.
    """
    inside = {(edge.before, edge.after) for edge in needs if edge.before in positions and edge.after in positions}
    waiting = dict.fromkeys(positions, 0)
    for before, _ in inside:
        waiting[before] += 1
    ready = [(-positions[id_], id_) for id_, count in waiting.items() if not count]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        _, id_ = heapq.heappop(ready)
        order.append(id_)
        for before in (before for before, after in inside if after == id_):
            waiting[before] -= 1
            if not waiting[before]:
                heapq.heappush(ready, (-positions[before], before))
    # Needs that go round in a ring say nothing: then it is the order of application alone.
    return order + sorted(positions.keys() - set(order), key=lambda id_: -positions[id_])


def _followers(needs: Iterable[Edge]) -> dict[str, list[Edge]]:
    found: dict[str, list[Edge]] = {}
    for edge in needs:
        found.setdefault(edge.before, []).append(edge)
    return found
