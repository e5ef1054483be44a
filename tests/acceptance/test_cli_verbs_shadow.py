"""`shadow start|stop|status`, and the setting `shadow` as people meet it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from acceptance.test_bad_input_form import call, refused
from seltzer.server import find_binaries, server_status, stop_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support import Project

# Of the version that is asked for there is a server, whichever the database of the test has.
pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])


@pytest.fixture
def cache(project: Project, tmp_path: Path) -> Iterator[Path]:
    """The user's cache of the processes that the test starts; its servers are gone after it."""
    folder = tmp_path / "cache"
    project.environment["XDG_CACHE_HOME"] = str(folder)
    yield folder
    for major in (16, 18):
        home, binaries = folder / "seltzer" / "shadow" / "embedded", find_binaries(major)
        stop_server(home, binaries)
        shutil.rmtree(server_status(home, binaries).data.parent, ignore_errors=True)


def test_the_servers_for_shadows(project: Project, cache: Path) -> None:
    """One a version, in the user's cache; started they stay up, stopped they are down, all of them."""
    assert call(project, "shadow", "status", "--json").json()["servers"] == []
    assert not cache.exists()

    call(project, "shadow", "start", "--json", "--server-version", "16")
    started = call(project, "shadow", "start", "--json").json()["servers"]
    assert [(server["version"], server["running"], server["in_use"]) for server in started] == [
        (16, True, False),
        (18, True, False),
    ]
    assert started == call(project, "shadow", "status", "--json").json()["servers"]

    stopped = call(project, "shadow", "stop", "--json").json()["servers"]
    assert [server["running"] for server in stopped] == [False, False]
    assert call(project, "shadow", "start").out.splitlines() == [
        f"PostgreSQL 16: not running, data: {started[0]['data']}",
        f"PostgreSQL 18: running, data: {started[1]['data']}",
    ]


def test_before_any_was_needed_there_is_none(project: Project, cache: Path) -> None:
    """Nothing is made to look for them."""
    assert call(project, "shadow", "status").out == "none was needed so far\n"
    assert call(project, "shadow", "stop").out == "none was needed so far\n"
    assert not cache.exists()


@pytest.mark.parametrize("action", ["start", "stop", "status"])
def test_a_named_server_is_somebody_elses(project: Project, action: str) -> None:
    """It is not ours to start and stop; no part of its address is repeated."""
    refusal = refused(project, action, "--shadow", "postgresql://app:secret@db.example/shop", verb="shadow")

    assert (refusal.code, refusal.type) == (2, "not-embedded")
    assert "--shadow embedded" in refusal.hint
    assert "secret" not in str(refusal.document)
    assert refusal.document["servers"] == []


def test_a_shadow_that_cannot_be_read_is_refused(project: Project) -> None:
    """Its text could hold a password, and is not repeated."""
    refusal = refused(project, "status", "--shadow", "postgresql://app:se/cr@et@db/shop", verb="shadow")

    assert (refusal.code, refusal.type) == (2, "invalid-database")
    assert "cr@et" not in str(refusal.document)


def test_settings_show_the_shadow_without_its_password(project: Project) -> None:
    """The two words as they stand, an address by who connects where."""

    def shown(*flags: str) -> str:
        settings = call(project, "settings", "--json", *flags).json()["settings"]
        return next(setting["value"] for setting in settings if setting["name"] == "shadow")

    assert shown() == "embedded"
    assert shown("--shadow", "local") == "local"
    assert shown("--shadow", "embedded:here") == f"embedded:{project.root / 'here'}"
    assert shown("--shadow", "postgresql://app:secret@db.example/shop") == "app@db.example:5432/shop"
