"""Temporary places for the servers of the tests, and people who start servers in them."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from database.server.server_people import THIS_USER, Person, is_alive, ordinary_person, this_person
from seltzer.server import Binaries, find_binaries

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator


@contextmanager
def temporary_place() -> Generator[Path]:
    """A place like the system's, that everybody can write to; pytest's own has too long a path for a socket."""
    path = Path(tempfile.mkdtemp(prefix="st-", dir="/tmp"))
    path.chmod(0o1777)
    try:
        yield path
    finally:
        shutil.rmtree(path)


def assert_no_server(place: Path) -> None:
    """Nothing runs that has its data below; what does is killed."""
    left = [int(file.read_text().split()[0]) for file in place.glob("**/postmaster.pid")]
    left = [pid for pid in left if is_alive(pid)]
    for pid in left:
        os.kill(pid, signal.SIGQUIT)
    assert not left, "a server was left behind"


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The system's temporary place of this process, for one test."""
    with temporary_place() as path:
        monkeypatch.setattr(tempfile, "tempdir", str(path))
        yield path
        assert_no_server(path)


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """The system's temporary place of the processes that the tests start; what a test makes there stays."""
    with temporary_place() as path:
        yield path


@pytest.fixture
def person(request: pytest.FixtureRequest, place: Path) -> Iterator[Person]:
    """Who uses the server: the user of the tests, or whom the test is parametrised with (`BOTH`)."""
    wanted = getattr(request, "param", THIS_USER)
    person = this_person(place) if wanted == THIS_USER else ordinary_person(place)
    if person is None:
        pytest.skip("only root can be somebody else, with a Python that they can use")
    yield person
    for process in person.started:
        process.kill()
        process.communicate()
    assert_no_server(place)


@pytest.fixture
def folder(person: Person, place: Path) -> Path:
    """The folder that a project keeps its server in; an earlier test may have made its data."""
    return person.folder(place / f"project-{person.account.name if person.account else ''}") / ".seltzer"


@pytest.fixture
def new_folder(person: Person, place: Path) -> Path:
    """The folder of a project that never had a server."""
    return person.folder(Path(tempfile.mkdtemp(prefix="new-", dir=place))) / ".seltzer"


@pytest.fixture(params=[18, 16])
def binaries(request: pytest.FixtureRequest) -> Binaries:
    """Each PostgreSQL of the wheel."""
    return find_binaries(request.param)
