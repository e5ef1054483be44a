"""What these tests share: the catalog that an undisturbed run of the mixed plan leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from faults.mixed import FILES, IDS
from support import Database, Project

if TYPE_CHECKING:
    from seltzer.server import Binaries, Server


@pytest.fixture(scope="module")
def catalog(server: Server, binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pg_dump writes after one run of the mixed plan that nobody disturbed."""
    name = "undisturbed"
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        conn.execute("DROP DATABASE IF EXISTS undisturbed")
        conn.execute("CREATE DATABASE undisturbed")
    project = Project(tmp_path_factory.mktemp(name), Database(server, binaries, name))
    project.folder.mkdir()
    assert sorted(project.write(FILES).migrations().run_all().applied) == IDS
    return project.database.schema()
