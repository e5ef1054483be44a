"""Verdicts from text are remembered, and made again when anything changes that they depend on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from seltzer.commands.guidelines import TEXT_CLAIMS, judge_text
from seltzer.config import Source, read_config
from seltzer.source.discover import discover

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.claims.finding import Judgement


class World:
    """A project of one module and a cache."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = folder / "cache"

    def write(self, name: str, text: str) -> None:
        """Write a migration."""
        path = self.folder / "migrations" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def judge(self, *claims: str, **settings: str) -> list[Judgement]:
        """Judge all of it, by these claims or by both."""
        config = read_config(settings, given_as=Source.ARGUMENT, environ={}, working_folder=self.folder, file=None)
        files = discover(config.migrations)
        ids = [file.id for file in files]
        environ = {"XDG_CACHE_HOME": str(self.cache)}
        return judge_text(config, files, ids, claims or TEXT_CLAIMS, environ).judgements

    def kept(self) -> list[Path]:
        """What the cache has, oldest first."""
        return sorted((self.cache / "seltzer" / "guidelines").glob("*"), key=os.path.getmtime)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """With one mistake in it."""
    found = World(tmp_path)
    found.write("m/create_tables.sql", "-- seltzer: ignore = documented: small\nCREATE TABLE a (id bigint);\n")
    return found


def test_the_second_time_is_the_first_time(world: World) -> None:
    """With every finding, and its file and line."""
    first = world.judge()

    assert any(item.findings for item in first)
    assert len(world.kept()) == 1
    assert world.judge() == first
    assert len(world.kept()) == 1


def test_the_second_time_nothing_is_parsed(world: World) -> None:
    """What is kept is what is said: a word put there is repeated."""
    world.judge()
    (kept,) = world.kept()
    kept.write_text(kept.read_text().replace("has no IF NOT EXISTS", "was remembered"))

    assert any("was remembered" in one.message for item in world.judge() for one in item.findings)


def test_another_content_is_judged_anew(world: World) -> None:
    """Of any file: its tables are what the others stand on."""
    world.judge()
    world.write("m/create_tables.sql", "CREATE TABLE IF NOT EXISTS a (id bigint);\n")

    assert not any(one.rule == "missing-if-not-exists" for item in world.judge() for one in item.findings)


def test_another_setting_is_judged_anew(world: World) -> None:
    """Each setting that a rule reads is part of the key."""
    world.judge()

    assert any(one.rule == "table-name" for item in world.judge(table_name_pattern="b") for one in item.findings)


def test_only_what_was_asked_for_is_judged(world: World) -> None:
    """And what is remembered of one claim is not taken for another."""
    assert {item.claim for item in world.judge("guidelines", "effects")} == {"guidelines"}
    assert {item.claim for item in world.judge("documented")} == {"documented"}
    assert world.judge("effects") == []
    assert {item.claim for item in world.judge()} == {"guidelines", "documented"}


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"shared": [], "judgements": [1], "silences": []}'])
def test_what_cannot_be_read_is_made_again(world: World, text: str) -> None:
    """And kept again."""
    first = world.judge()
    (kept,) = world.kept()
    kept.write_text(text)

    assert world.judge() == first
    assert kept.read_text() != text


def test_a_cache_that_cannot_be_written_is_none(world: World) -> None:
    """The verdicts are the same."""
    world.cache.write_text("a file where a folder should be")

    assert any(item.findings for item in world.judge())


def test_old_verdicts_go(world: World) -> None:
    """The cache keeps the last twenty, and what was asked for last stays."""
    for number in range(25):
        world.write("m/create_tables.sql", f"CREATE TABLE a{number} (id bigint);\n")
        world.judge()

    assert len(world.kept()) == 20
    assert "a24" in world.kept()[-1].read_text()


def test_a_down_file_that_changes_is_read_again(world: World) -> None:
    """It is in no checksum of its migration, and may have a secret in it."""
    world.write("m/0001_it.sql", "ALTER ROLE app PASSWORD NULL;")
    world.write("m/0001_it.down.sql", "SELECT 1;")
    before = world.judge("guidelines")

    world.write("m/0001_it.down.sql", "ALTER ROLE app PASSWORD 'tr0ub4dor';")

    assert {item.rule for judgement in before for item in judgement.findings} == {"missing-if-not-exists"}
    assert "secret-in-sql" in {item.rule for judgement in world.judge("guidelines") for item in judgement.findings}
