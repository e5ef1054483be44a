"""What the tests of claims share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from check.trials import Checked

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.server import Server


@pytest.fixture
def checked(tmp_path: Path, server: Server) -> Checked:
    """A project with an empty `migrations/` folder, and nothing but a shadow."""
    (tmp_path / "migrations").mkdir()
    return Checked(tmp_path, server)
