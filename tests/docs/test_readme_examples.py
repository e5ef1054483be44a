"""What README.md shows is run: its project is built file by file, its commands are typed, their words compared."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docs.manual_pages import Block, Command, blocks_of, commands_of, matches, reader_environment
from seltzer.config.cache import cache_folder
from seltzer.server import find_binaries, server_status, shared_server, stop_server

if TYPE_CHECKING:
    from collections.abc import Iterator

README = Path(__file__).parents[2] / "README.md"

# What sets up a machine, or does more than a page of documentation may.
SKIPPED = ("$ make demo", "$ make test", "$ pip install 'seltzer[embedded]'")
# A tree of folders has no language.
LANGUAGES = {"", "console", "python", "sql", "toml"}


def read_examples() -> list[Block]:
    """README's fenced blocks in order."""
    return blocks_of(README.read_text(encoding="utf-8"))


def tried_commands_of(example: Block) -> list[Command]:
    """The commands of a block, but those that are not run here."""
    return [command for command in commands_of(example) if f"$ {command.line}" not in SKIPPED]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder with the name of README's project; the private servers it gets are gone after the test."""
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield folder
    binaries = find_binaries()
    for home in (folder / ".seltzer", cache_folder(os.environ) / "shadow"):
        stop_server(home, binaries)
        shutil.rmtree(server_status(home, binaries).data.parent, ignore_errors=True)


def run(line: list[str], folder: Path, **variables: str) -> tuple[int, str]:
    """A command's exit code, and what it printed to stdout and stderr."""
    done = subprocess.run(
        line,
        cwd=folder,
        env={**reader_environment(), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def type_in(example: Block, folder: Path) -> None:
    """Type the commands of a block and compare what they print."""
    for command in tried_commands_of(example):
        code, printed = run(["bash", "-c", command.line], folder)
        failing = any(line.startswith("error: ") for line in (command.output or "").splitlines())

        assert (code != 0) == failing, f"$ {command.line}\n{printed}"
        if command.output is not None:
            assert matches(command.output, printed), f"$ {command.line}\n{printed}\nREADME shows:\n{command.output}"


def test_the_project_of_the_readme_is_built_and_does_what_is_shown(shop: Path) -> None:
    """Files are written and commands run in the order of the page, in one folder, on the embedded server."""
    with ExitStack() as stack:
        held = False
        for example in read_examples():
            if example.file:
                path = shop / example.file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(example.text, encoding="utf-8")
            elif example.language == "console":
                type_in(example, shop)
            elif example.language == "python":
                code, printed = run([sys.executable, "-c", example.text], shop, SELTZER_DATABASE="embedded")
                assert code == 0, printed
            if not held and (shop / ".seltzer").is_dir():
                # The first commands started and stopped the server themselves; the others need not.
                stack.enter_context(shared_server(shop / ".seltzer", find_binaries()))
                held = True

    assert held


def test_every_example_is_run() -> None:
    """A block is a file of the project, a console session or Python; nothing stands there untried."""
    examples = read_examples()

    assert {example.language for example in examples} <= LANGUAGES
    assert [example for example in examples if example.language in {"sql", "toml"} and not example.file] == []
    assert sum(len(tried_commands_of(example)) for example in examples if example.language == "console") >= 8


def test_what_is_skipped_is_shown() -> None:
    """The list of commands that are not run names only commands of the page."""
    lines = README.read_text(encoding="utf-8").splitlines()

    assert [command for command in SKIPPED if command not in lines] == []


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("applied users/create_tables (6 ms)\n", "applied users/create_tables (143 ms)\n"),
        ("postgres@…:5432/shop: current\n", "postgres@/tmp/seltzer-0/s-abc:5432/shop: current\n"),
    ],
)
def test_what_differs_from_run_to_run_may_differ(shown: str, printed: str) -> None:
    """Durations and socket folders do not count."""
    assert matches(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("now current\n", "now behind\n"),
        ("now current\n", "now current\nand more\n"),
        ("a …: b\n", "a c\n d: b\n"),
    ],
)
def test_other_words_count(shown: str, printed: str) -> None:
    """A word or a line that differs is found."""
    assert not matches(shown, printed)
