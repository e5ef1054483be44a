"""What the tests of claims share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from check.trials import Checked

if TYPE_CHECKING:
    from seltzer.server import Server


HERE = Path(__file__).parent
# Planted defects, twins and recipes are tried on PostgreSQL 18 by `make test`, on 16 too by `make test-all`. These
# run on both: what a claim refutes, what statements do, and how a check ends.
_ON_BOTH_VERSIONS = frozenset({"test_switched_off.py", "test_forms.py", "test_trace.py", "test_endless.py"})


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what is tried on both versions elsewhere to the long run."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.path.name not in _ON_BOTH_VERSIONS and "pg16" in item.name:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def checked(tmp_path: Path, server: Server) -> Checked:
    """A project with an empty `migrations/` folder, and nothing but a shadow."""
    (tmp_path / "migrations").mkdir()
    return Checked(tmp_path, server)
