"""What is true of every plan and every graph."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seltzer.errors import RingError
from seltzer.model import Edge
from seltzer.planning.order import in_order
from unit.planning.planned import ids, plan, write

if TYPE_CHECKING:
    import random

NAMES = [f"m{number % 4}/{name}" for number in range(4) for name in ("create_tables", "0001_a", "0002_b", "view")]


@st.composite
def projects(draw: st.DrawFn) -> dict[str, str]:
    """Files of a few modules whose dependencies point backwards in some order, so that there is no ring."""
    order = draw(st.permutations(["m0", "m1", "m2", "m3"]))
    chosen = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=10, unique=True))
    files: dict[str, str] = {}
    for name in chosen:
        earlier = [item for item in chosen if order.index(item[:2]) < order.index(name[:2])]
        wanted = draw(st.lists(st.sampled_from(earlier), max_size=2)) if earlier else []
        files[f"{name}.sql"] = f"-- seltzer: depends-on = {', '.join(wanted)}\n" if wanted else ""
    return files


@given(files=projects(), shuffled=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_a_plan_is_one_order_of_everything_whatever_the_order_of_the_input(
    files: dict[str, str], shuffled: random.Random
) -> None:
    """A permutation that respects every edge it has; shuffled input gives the same plan."""
    with tempfile.TemporaryDirectory() as name:
        folder = write(Path(name), files)
        pending = [file.removesuffix(".sql") for file in files]
        made = plan(folder, pending=pending)
        shuffled.shuffle(pending)
        again = plan(folder, pending=pending)

    order = ids(made)
    assert sorted(order) == sorted(pending)
    assert ids(again) == order
    for step in made.steps:
        for edge in step.depends_on:
            assert order.index(edge.before) < order.index(edge.after) == order.index(step.migration.id)
        for reference in step.migration.directives.depends_on:
            assert order.index(reference) < order.index(step.migration.id)


KEYS = {f"m{number}/x": (1, f"m{number}", 0, "x") for number in range(10)}


@st.composite
def graphs(draw: st.DrawFn) -> list[Edge]:
    """Edges between ten ids, hard and soft, rings among them."""
    ends = st.sampled_from(list(KEYS))
    pairs = draw(st.lists(st.tuples(ends, ends, st.booleans()), max_size=25))
    return [Edge(before, later, "test", soft=soft) for before, later, soft in pairs if before != later]


def has_ring(edges: list[Edge]) -> bool:
    """Whether edges close a ring, found the slow way: taking away what waits for nobody until nothing is left."""
    left = list(edges)
    while left:
        waiting = {edge.after for edge in left}
        rest = [edge for edge in left if edge.before in waiting]
        if len(rest) == len(left):
            return True
        left = rest
    return False


@given(edges=graphs(), shuffled=st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_any_graph_is_ordered_or_refused(edges: list[Edge], shuffled: random.Random) -> None:
    """Hard edges are respected, soft ones given up; only where hard ones close a ring there is an error."""
    hard = [edge for edge in edges if not edge.soft]
    if has_ring(hard):
        with pytest.raises(RingError):
            in_order(KEYS, edges)
        return

    order, kept = in_order(KEYS, edges)

    assert sorted(order) == sorted(KEYS)
    assert all(order.index(edge.before) < order.index(edge.after) for edge in kept)
    assert all(edge in kept for edge in hard)
    assert has_ring(edges) or len(kept) == len(edges)
    shuffled.shuffle(edges)
    assert in_order(KEYS, edges)[0] == order


def test_ten_thousand_in_a_chain_are_ordered() -> None:
    """The graph is walked without recursion."""
    names = [f"m/{number:05d}" for number in range(10_000)]
    keys = {name: (1, "m", -number, name) for number, name in enumerate(names)}
    edges = [Edge(before, later, "chain") for before, later in pairwise(names)]

    assert in_order(keys, edges)[0] == names
