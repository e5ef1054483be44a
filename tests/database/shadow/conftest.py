"""A warm server for the tests of the shadow, in a place of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from database.shadow.shadows import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.server import Binaries


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, binaries: Binaries) -> Iterator[Place]:
    """A folder for warm servers, empty at first; the tests of a file share it."""
    found = Place(tmp_path_factory.mktemp("shadow"), binaries)
    yield found
    found.remove()
