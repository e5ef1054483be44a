"""Who has to be reverted before whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from seltzer.model import Edge
from seltzer.planning.dependents import dependents, needs_of, newest_first
from seltzer.source.discover import discover
from seltzer.source.read import read_migration
from unit.planning.planned import write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

IDS = [f"m/{letter}" for letter in "abcdef"]


def needs(folder: Path, files: Mapping[str, str]) -> list[tuple[str, str]]:
    """Who needs whom among some files, each pair once."""
    write(folder, files)
    found = discover(folder)
    edges = needs_of([read_migration(file) for file in found], {file.id: file.path for file in found})
    return sorted({(edge.after, edge.before) for edge in edges})


def edges(*pairs: tuple[str, str]) -> list[Edge]:
    """Edges from pairs of who needs whom."""
    return [Edge(before, after, "declared") for after, before in pairs]


def test_a_need_is_a_name_or_a_directive(tmp_path: Path) -> None:
    """A table, a column, a `depends-on`; that two files only follow each other in a module is none."""
    found = needs(
        tmp_path,
        {
            "a/create_tables.sql": "CREATE TABLE a (id int PRIMARY KEY);",
            "a/0001_x.sql": "ALTER TABLE a ADD COLUMN x int;",
            "a/0002_y.sql": "CREATE TABLE y (id int);",
            "b/0001_z.sql": "-- seltzer: depends-on = a/0002_y\nSELECT 1;",
            "b/v.sql": "CREATE VIEW v AS SELECT x FROM a;",
        },
    )

    assert found == [
        ("a/0001_x", "a/create_tables"),
        ("b/0001_z", "a/0002_y"),
        ("b/v", "a/0001_x"),
        ("b/v", "a/create_tables"),
    ]


def test_who_takes_a_thing_away_needs_that_it_was_there(tmp_path: Path) -> None:
    """And nobody needs that it is gone."""
    found = needs(
        tmp_path, {"a/0001_x.sql": "CREATE TABLE x (id int);", "b/0001_drop.sql": "DROP TABLE x;", "c/0001_x.sql": ""}
    )

    assert found == [("b/0001_drop", "a/0001_x")]


def test_dependents_are_found_through_others() -> None:
    """Each once; what is chosen already is none."""
    chain = edges(("m/b", "m/a"), ("m/c", "m/b"), ("m/d", "m/c"), ("m/f", "m/e"))

    assert [(edge.after, edge.before) for edge in dependents({"m/a", "m/c"}, chain)] == [
        ("m/b", "m/a"),
        ("m/d", "m/c"),
    ]


@given(st.permutations(range(6)), st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS))))
def test_nothing_goes_before_what_needs_it(positions: list[int], pairs: list[tuple[str, str]]) -> None:
    """Where the needs make no ring, whoever needs something goes first; all go, each once."""
    one_way = [(after, before) for after, before in pairs if after > before]

    order = newest_first(dict(zip(IDS, positions, strict=True)), edges(*one_way))

    assert sorted(order) == IDS
    assert all(order.index(after) < order.index(before) for after, before in one_way)


@given(st.permutations(range(6)), st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS))))
def test_all_go_whatever_the_needs(positions: list[int], pairs: list[tuple[str, str]]) -> None:
    """A ring among them keeps nothing back."""
    assert sorted(newest_first(dict(zip(IDS, positions, strict=True)), edges(*pairs))) == IDS


@given(st.permutations(range(6)))
def test_without_needs_the_newest_goes_first(positions: list[int]) -> None:
    """The reverse of the order in which they were applied."""
    order = newest_first(dict(zip(IDS, positions, strict=True)), [])

    assert [positions[IDS.index(id_)] for id_ in order] == [5, 4, 3, 2, 1, 0]
