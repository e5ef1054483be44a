"""Projects whose tests meet the test session's own server, or a private one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from integrations.suites import Suite
from seltzer.server import server_status, stop_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seltzer.server import Binaries, Server


@pytest.fixture
def suite(tmp_path: Path, server: Server, binaries: Binaries) -> Suite:
    """A project whose tests use a server that is there already, as a service container is."""
    return Suite(tmp_path, server.url("postgres"), binaries.major)


@pytest.fixture
def private_suite(tmp_path: Path, binaries: Binaries) -> Iterator[Suite]:
    """A project whose tests use a private server, gone after the test."""
    folder = tmp_path / "shadow"
    yield Suite(tmp_path, f"embedded:{folder}", binaries.major)
    for home in (folder, *folder.glob("roles-*")):
        stop_server(home, binaries)
        shutil.rmtree(server_status(home, binaries).data.parent, ignore_errors=True)
