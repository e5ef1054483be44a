"""What the tests of claims share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from check.trials import Checked

if TYPE_CHECKING:
    from seltzer.server import Server


HERE = Path(__file__).parent
# Their planted defects and twins are tried on PostgreSQL 18 by `make test`, on 16 too by `make test-all`. What a claim
# refutes on either is in test_switched_off.py, and what statements do on either in effects/, which run on both.
_ON_ONE_VERSION = frozenset(
    {
        "test_atomic.py",
        "test_atomic_code.py",
        "test_backward_compatible.py",
        "test_backward_compatible_workload.py",
        "test_child.py",
        "test_converges.py",
        "test_idempotent.py",
        "test_idempotent_kinds.py",
        "test_reversible.py",
        "test_rows.py",
        "test_survives_rows.py",
        "test_traffic.py",
    }
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what is tried on both versions elsewhere to the long run."""
    for item in items:
        if item.path.parent == HERE and item.path.name in _ON_ONE_VERSION and "pg16" in item.name:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def checked(tmp_path: Path, server: Server) -> Checked:
    """A project with an empty `migrations/` folder, and nothing but a shadow."""
    (tmp_path / "migrations").mkdir()
    return Checked(tmp_path, server)
