"""Where throw-away databases are: the two words, and every form of a database."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from seltzer.config import Config, Source, read_config
from seltzer.config.cache import cache_folder
from seltzer.config.database import Embedded, Local, Target, find_shadow
from seltzer.errors import InvalidDatabaseError

if TYPE_CHECKING:
    from pathlib import Path


def config(folder: Path, shadow: str | None = None) -> Config:
    """The settings of a project in a folder."""
    return read_config({"shadow": shadow}, given_as=Source.FLAG, environ={}, working_folder=folder)


def test_without_the_setting_it_is_embedded_in_the_users_cache(tmp_path: Path) -> None:
    """Apart from the data of a local installation, which may have been built in another way."""
    environ = {"XDG_CACHE_HOME": str(tmp_path)}
    cache = tmp_path / "seltzer" / "shadow"

    assert find_shadow(config(tmp_path), environ) == Embedded(cache / "embedded", "the default of shadow")
    assert find_shadow(config(tmp_path, "local"), environ) == Local(cache / "local", "--shadow")


def test_a_folder_of_its_own(tmp_path: Path) -> None:
    """A relative one starts from the working directory when it was typed."""
    assert find_shadow(config(tmp_path, "embedded:here"), {}) == Embedded(tmp_path / "here", "--shadow")


@pytest.mark.parametrize("text", ["postgresql://app@db.example/shop", "host=db.example user=app dbname=shop"])
def test_a_server_by_its_address(tmp_path: Path, text: str) -> None:
    """As a database is written."""
    found = find_shadow(config(tmp_path, text), {})

    assert isinstance(found, Target)
    assert found.parameters == {"host": "db.example", "user": "app", "dbname": "shop"}


def test_a_text_that_is_none_is_not_repeated(tmp_path: Path) -> None:
    """It could have a password in it."""
    with pytest.raises(InvalidDatabaseError) as caught:
        find_shadow(config(tmp_path, "postgresql://app:a/b@c@db/shop"), {})

    assert "a/b@c" not in str(caught.value)


def test_the_cache_of_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A relative XDG_CACHE_HOME counts as none, as XDG says."""
    monkeypatch.setenv("HOME", str(tmp_path))
    usual = tmp_path / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "seltzer"

    assert cache_folder({}) == usual
    assert cache_folder({"XDG_CACHE_HOME": "relative"}) == usual


def test_who_has_no_home_has_a_temporary_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An account of a service, in a container say."""
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    assert cache_folder({}) == tmp_path / f"seltzer-{os.geteuid()}" / "cache"
