"""Where libpq would connect to, worked out from keywords, services, variables and defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.claims.destinations import Destination, destination_of

if TYPE_CHECKING:
    from pathlib import Path

HOME = {"host": "/run/trials", "port": "5432", "user": "me", "dbname": "clone"}


@pytest.fixture(autouse=True)
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """A process whose variables lead home."""
    for name, value in {"PGHOST": "/run/trials", "PGPORT": "5432", "PGUSER": "me", "PGDATABASE": "clone"}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({}, "me@/run/trials:5432/clone"),
        ({"dbname": "other"}, "me@/run/trials:5432/other"),
        ({"host": "prod"}, "me@prod:5432/clone"),
        ({"host": "prod", "hostaddr": "10.0.0.1"}, "me@10.0.0.1:5432/clone"),
        ({"host": "a,b", "port": "1,2"}, "me@a:1,b:2/clone"),
        ({"host": "a,b", "port": "1"}, "me@a:1,b:1/clone"),
        ({"host": "a,", "port": "1,2"}, "me@a:1,local:2/clone"),
        ({"host": ""}, "me@local:5432/clone"),
        ({"dbname": "", "user": "her"}, "her@/run/trials:5432/her"),
    ],
)
def test_what_is_left_out_comes_from_the_variables(keywords: dict[str, str], said: str) -> None:
    """What is given and empty does not: libpq has defaults of its own for that."""
    assert str(destination_of(keywords)) == said


def test_a_service_comes_before_the_variables_and_behind_what_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its keyword or by its variable."""
    (tmp_path / "services").write_text("[shop]\nhost=prod\ndbname=shop\n", encoding="utf-8")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))

    assert str(destination_of({"service": "shop"})) == "me@prod:5432/shop"
    assert str(destination_of({"service": "shop", "dbname": "clone"})) == "me@prod:5432/clone"
    monkeypatch.setenv("PGSERVICE", "shop")
    assert str(destination_of({})) == "me@prod:5432/shop"


@pytest.mark.parametrize(
    "keywords",
    [{}, HOME, {"host": "/run/../run/trials/"}, {"user": "app"}, {"host": "/run/trials,/run/trials"}],
)
def test_what_leads_home_is_let_through(keywords: dict[str, str]) -> None:
    """Whatever it is called there, and whoever asks."""
    assert destination_of(HOME).includes(destination_of(keywords))


@pytest.mark.parametrize(
    "keywords",
    [
        {"host": "localhost"},
        {"host": ""},
        {"host": "/run/trials,prod"},
        {"port": "5433"},
        {"dbname": "postgres"},
        {"dbname": ""},
        {"hostaddr": "127.0.0.1"},
    ],
)
def test_what_leads_elsewhere_is_not(keywords: dict[str, str]) -> None:
    """One of several servers is enough."""
    assert not destination_of(HOME).includes(destination_of(keywords))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "LOCALHOST"])
def test_a_server_that_listens_is_known_by_its_address(host: str) -> None:
    """By name or number, at its port."""
    home = destination_of({"host": "localhost", "port": "5433"}).with_addresses()

    assert home.includes(destination_of({"host": host, "port": "5433"}))
    assert home.includes_address("127.0.0.1", 5433)
    assert not home.includes_address("127.0.0.1", 5432)
    assert not home.includes_address("10.0.0.1", 5433)
    assert not home.includes(destination_of({"host": "10.0.0.1", "port": "5433"}))


def test_a_socket_is_known_by_its_file() -> None:
    """Folder and port; another socket of the same folder is none."""
    home = destination_of(HOME)

    assert home.includes_socket("/run/trials/.s.PGSQL.5432")
    assert not home.includes_socket("/run/trials/.s.PGSQL.6432")
    assert not home.includes_socket("/run/.s.PGSQL.5432")
    assert not home.includes_socket("/run/trials/docker.sock")


def test_nobody_is_at_home_nowhere() -> None:
    """Before there is a throw-away database."""
    assert not Destination().includes_name("localhost")
