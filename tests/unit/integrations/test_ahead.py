"""The next database is made while one is used: when, and that none is left."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from seltzer.errors import ShadowError
from seltzer.integrations.ahead import Ahead
from seltzer.shadow import Clone

if TYPE_CHECKING:
    from collections.abc import Generator


class Source:
    """Makes clones that are only names, and knows which of them there are."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.there: set[str] = set()
        self.failing: set[str] = set()

    @contextmanager
    def clone(self) -> Generator[Clone]:
        """One of them."""
        name = f"c_{len(self.made)}"
        self.made.append(name)
        if name in self.failing:
            raise ShadowError("the shadow went away")
        self.there.add(name)
        try:
            yield Clone(name, {})
        finally:
            self.there.remove(name)


def test_who_asks_once_gets_no_second_one() -> None:
    """A session with one test makes one database."""
    source = Source()
    with Ahead(source.clone) as ahead, ahead.clone():
        pass

    assert (source.made, source.there) == (["c_0"], set())


def test_from_the_second_on_the_next_is_made_meanwhile() -> None:
    """Each is used once, and the last, which nobody asked for, is dropped."""
    source, used = Source(), list[str]()
    with Ahead(source.clone) as ahead:
        for _ in range(4):
            with ahead.clone() as made:
                used.append(made.name)

    assert used == ["c_0", "c_1", "c_2", "c_3"]
    assert source.made == [*used, "c_4"]
    assert source.there == set()


def test_without_a_spare_one_none_is_made_meanwhile() -> None:
    """As many as were asked for."""
    source = Source()
    with Ahead(source.clone, spare=0) as ahead:
        for _ in range(3):
            with ahead.clone():
                assert len(source.there) == 1

    assert source.made == ["c_0", "c_1", "c_2"]


def test_a_test_that_fails_leaves_none() -> None:
    """What is raised inside goes on."""
    source = Source()
    with pytest.raises(ZeroDivisionError), Ahead(source.clone) as ahead, ahead.clone():
        raise ZeroDivisionError

    assert source.there == set()


def test_what_fails_meanwhile_is_told_when_it_is_asked_for() -> None:
    """And only if it still fails then."""
    source, used = Source(), list[str]()
    source.failing = {"c_2", "c_4", "c_5"}
    with Ahead(source.clone) as ahead:
        for _ in range(3):
            with ahead.clone() as made:
                used.append(made.name)
        with pytest.raises(ShadowError), ahead.clone():
            pytest.fail("a database of a server that is gone")
        with ahead.clone() as made:
            used.append(made.name)

    assert used == ["c_0", "c_1", "c_3", "c_6"]
    assert source.there == set()
