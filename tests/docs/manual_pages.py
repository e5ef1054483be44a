"""Pages of the manual as programs: their files are written, their commands typed, their words compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support import Database

MANUAL = Path(__file__).parents[2] / "docs"
SHOWN_DATABASE = "app@db.example:5432/shop"
"""What the pages call the database of a test."""

# Variables by which programs know that nobody sits before them: plugins of pytest then say so.
_PIPELINES = ("CI", "BUILD_", "CONTINUOUS_", "GITHUB_", "GITLAB_", "JENKINS_", "TEAMCITY_", "TRAVIS")


class Block(NamedTuple):
    """A fenced block: its language, the file that the sentence before it names (or empty), its text."""

    language: str
    file: str
    text: str


class Command(NamedTuple):
    """A command line, and what the page says it prints; None where nothing is shown."""

    line: str
    output: str | None


@dataclass
class Page:
    """A page of the manual and the folder that it is acted out in.

    Attributes:
        name: Its path below `docs/`, without the suffix.
        folder: Where its files go.
        environment: Variables of its commands, on top of those of this process.
        shown: Texts of this machine, each with what the page shows instead.
        programs: The folder with `psql`; empty where no page needs it.
        used: Blocks and commands that were written or typed.
    """

    name: str
    folder: Path
    environment: dict[str, str] = field(default_factory=dict[str, str])
    shown: dict[str, str] = field(default_factory=dict[str, str])
    programs: str = ""
    used: set[Block | Command] = field(default_factory=set["Block | Command"])

    @property
    def blocks(self) -> list[Block]:
        """Its fenced blocks in order."""
        return blocks_of((MANUAL / f"{self.name}.md").read_text(encoding="utf-8"))

    def file(self, name: str) -> str:
        """The text of a file that the page shows."""
        found = next(block for block in self.blocks if block.file == name)
        self.used.add(found)
        return found.text

    def write_files(self, *but: str) -> None:
        """Write all files that the page shows, each once."""
        for block in self.blocks:
            if block.file and block.file not in but:
                self._write(block)

    def _write(self, block: Block) -> None:
        path = self.folder / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
        self.used.add(block)

    def command(self, start: str) -> str:
        """The first command of the page that starts so."""
        found = next(item for block in self.blocks for item in commands_of(block) if item.line.startswith(start))
        self.used.add(found)
        return found.line

    def act(self, database: Database | None = None) -> None:
        """Do all that the page shows, from top to bottom; SQL without a file is typed into the database."""
        for block in self.blocks:
            self.used.add(block)
            if block.file:
                self._write(block)
            elif block.language == "console":
                self.type_in(block)
            elif block.language == "python":
                done = self.run([sys.executable, "-c", block.text])
                assert done.returncode == 0, done.stdout
            elif block.language == "sql":
                assert database is not None
                database.query(block.text)

    def type_in(self, block: Block) -> None:
        """Type the commands of a block and compare what they print."""
        for command in commands_of(block):
            self.used.add(command)
            if command.line.startswith("pip install"):
                continue  # what is needed is installed already
            done = self.run(["bash", "-c", command.line])
            failing = (command.output or "").startswith("error: ")
            printed = self._as_shown(done.stdout)

            assert (done.returncode != 0) == failing, f"$ {command.line}\n{printed}"
            if command.output is not None:
                assert matches(command.output, printed), (
                    f"{self.name}: $ {command.line}\n{printed}\nthe page shows:\n{command.output}"
                )

    def run(self, line: list[str], environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command in the folder; stdout and stderr come back together."""
        return subprocess.run(
            line,
            cwd=self.folder,
            env=self.variables(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def variables(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a command: `seltzer` and `python` are those of the tests, `psql` the server's."""
        return {**reader_environment(self.programs), **self.environment, **(more or {})}

    def _as_shown(self, printed: str) -> str:
        for here, there in self.shown.items():
            printed = printed.replace(here, there)
        return printed

    def unused(self) -> list[str]:
        """What the page shows and nobody tried; texts and trees of folders are only shown."""
        rest: list[str] = []
        for block in self.blocks:
            commands = commands_of(block)
            if commands:
                rest += [command.line for command in commands if command not in self.used]
            elif block.language not in {"", "text"} and block not in self.used:
                rest.append(block.file or block.text)
        return rest


def reader_environment(programs: str = "") -> dict[str, str]:
    """The variables of somebody who reads a page and types its commands.

    Args:
        programs: A folder with more programs; empty for none.
    """
    folders = [str(Path(sys.executable).parent), os.environ["PATH"], programs]
    path = os.pathsep.join(folder for folder in folders if folder)
    # A page's own pytest is nobody's worker, and its reader sits at a desk.
    here = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", *_PIPELINES))}
    return {**here, "PYTHONDONTWRITEBYTECODE": "1", "PATH": path}


def page_on(name: str, folder: Path, database: Database) -> Page:
    """A page whose commands meet the database of a test."""
    server = database.server
    here = f"{server.user}@{server.socket_folder}:{server.port}/{database.name}"
    programs = str(database.binaries.folder)
    environment = {"SELTZER_DATABASE": database.url, "SELTZER_SHADOW": database.url}
    return Page(name, folder, environment, {here: SHOWN_DATABASE}, programs)


def blocks_of(text: str) -> list[Block]:
    """The fenced blocks of a page in order; directives of Sphinx are none."""
    blocks: list[Block] = []
    language, before, body = None, "", list[str]()
    for line in text.splitlines():
        if line.startswith("```"):
            if language is None:
                language, body = line.removeprefix("```"), []
                continue
            named = re.search(r"`([^` ]*[./][^` ]*)`:$", before)
            if not language.startswith("{"):
                blocks.append(Block(language, named[1] if named else "", "\n".join(body) + "\n"))
            language, before = None, ""
        elif language is not None:
            body.append(line)
        elif line.strip():
            before = line.strip()
    return blocks


def commands_of(block: Block) -> list[Command]:
    """The commands of a console block; one begins with a dollar sign, what follows it is its output."""
    commands: list[Command] = []
    if block.language != "console":
        return commands
    for line in block.text.splitlines():
        if line.startswith("$ "):
            commands.append(Command(line.removeprefix("$ "), None))
        else:
            command = commands.pop()
            commands.append(command._replace(output=f"{command.output or ''}{line}\n"))
    return commands


def matches(shown: str, printed: str) -> bool:
    """Whether a command printed what is shown; times differ, and `…` stands for anything within a line."""
    pattern = re.escape(_timeless(shown)).replace("…", "[^\n]*")
    return re.fullmatch(pattern, _timeless(printed)) is not None


def _timeless(text: str) -> str:
    without = re.sub(r" *\d+ ms", " N ms", text)
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", "DATE", without)
