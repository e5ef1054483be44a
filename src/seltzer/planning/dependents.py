"""Which applied migrations need what others provide: they have to be reverted first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.planning.graph import base_key, declared_edges
from seltzer.planning.inferred import inferred_edges

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from seltzer.model import Edge, Migration


def dependents(
    chosen: Collection[str], applied: Sequence[Migration], known: Mapping[str, Path]
) -> list[tuple[str, Edge]]:
    """The applied migrations, chosen ones left out, that need a chosen one, directly or not.

    Args:
        chosen: Ids that are to be reverted.
        applied: All applied migrations.
        known: Every id, with its file.

    Returns:
        Each id once, with the edge that makes it one.
    """
    ordered = sorted(applied, key=base_key)
    inferred = inferred_edges(ordered, list(known))
    edges = [*inferred.edges, *(edge for ways in inferred.choices for edge in ways[0]), *declared_edges(ordered, known)]
    needed = _needs(edges)
    found: dict[str, Edge] = {}
    waiting = list(chosen)
    while waiting:
        for edge in needed.get(waiting.pop(), ()):
            if edge.after not in chosen and edge.after not in found:
                found[edge.after] = edge
                waiting.append(edge.after)
    return sorted(found.items())


def _needs(edges: Iterable[Edge]) -> dict[str, list[Edge]]:
    """Edges that say one needs what another provides; an order of removals is none of these."""
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        if not edge.soft and not edge.because.startswith("removes "):
            found.setdefault(edge.before, []).append(edge)
    return found
