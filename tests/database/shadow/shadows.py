"""What the tests of the shadow share: where it is, what its states are made of, and other processes that use it."""

from __future__ import annotations

import select
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg

from seltzer.config import Source, read_config
from seltzer.server import server_status, stop_server
from seltzer.shadow import ensure_template, open_shadow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from seltzer.config import Config
    from seltzer.server import Binaries
    from seltzer.shadow import Shadow

PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Place:
    """Where the warm servers of a test are.

    Attributes:
        folder: Their folder.
        binaries: The programs of the version that the test is about.
    """

    folder: Path
    binaries: Binaries

    def config(self, **settings: object) -> Config:
        """The settings of a project with its shadow here."""
        given = {"shadow": f"embedded:{self.folder}", "server_version": self.binaries.major, **settings}
        return read_config(given, given_as=Source.ARGUMENT, environ={}, working_folder=self.folder)

    def open(self, **keywords: Any) -> AbstractContextManager[Shadow]:
        """The shadow of this version."""
        return open_shadow(self.config(), self.binaries.major, **keywords)

    def remove(self) -> None:
        """Stop the server and remove its data."""
        data = server_status(self.folder, self.binaries).data
        stop_server(self.folder, self.binaries)
        shutil.rmtree(data.parent, ignore_errors=True)

    def starts(self, script: str) -> Process:
        """Start a process that has `place` and everything of this file at hand."""
        head = (
            "import os, sys; from pathlib import Path; from seltzer.server import find_binaries\n"
            "from seltzer.shadow import *; from database.shadow.shadows import *\n"
            "place = Place(Path(sys.argv[1]), find_binaries(int(sys.argv[2])))\n"
        )
        tests = [path for path in sys.path if path.endswith("tests")]
        head = f"import sys; sys.path[:0] = {tests!r}\n{head}"
        command = [sys.executable, "-c", head + script, str(self.folder), str(self.binaries.major)]
        return Process(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        )


@dataclass
class Process:
    """A process that uses a shadow."""

    process: subprocess.Popen[str]

    def line(self) -> str:
        """The next line it says; waits for it."""
        assert self.process.stdout
        assert select.select([self.process.stdout], [], [], PATIENCE_SECONDS)[0], "it says nothing"
        return self.process.stdout.readline().strip()

    def end(self) -> str:
        """Let it go on to its end; returns what else it says."""
        said, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        assert self.process.returncode == 0
        return said

    def kill(self) -> None:
        """End it so that nothing in it runs any more."""
        self.process.kill()
        self.process.communicate(timeout=PATIENCE_SECONDS)


@dataclass
class Tables:
    """Steps that make a table each, and what was built of them.

    Attributes:
        names: The tables.
        built: From which step each build went on.
    """

    names: Sequence[str]
    built: list[int] = field(default_factory=list[int])

    @property
    def keys(self) -> list[str]:
        """A key for each step."""
        return [" ".join(self.names[: index + 1]) for index in range(len(self.names))]

    def build(self, parameters: Mapping[str, str], first: int) -> None:
        """Make the tables from a step on."""
        self.built.append(first)
        for name in self.names[first:]:
            run(parameters, f"CREATE TABLE {name} AS SELECT {len(name)} AS n")  # pyright: ignore[reportArgumentType]  # names of the tests' own

    def template(self, shadow: Shadow) -> str:
        """The template with all of them."""
        return ensure_template(shadow, self.keys, self.build)


def run(parameters: Mapping[str, str], query: LiteralString) -> list[tuple[Any, ...]]:
    """The rows of one query in a database."""
    with psycopg.connect(**parameters, autocommit=True) as conn:  # type: ignore[arg-type]
        cursor = conn.execute(query)
        return cursor.fetchall() if cursor.description else []


def tables_of(parameters: Mapping[str, str]) -> set[str]:
    """The tables in a database."""
    query = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    return {name for (name,) in run(parameters, query)}


def databases_of(shadow: Shadow, prefix: str = "seltzer_shadow_") -> set[str]:
    """The databases on the server of a shadow that have a prefix."""
    shadow.settle()
    query = "SELECT datname FROM pg_database"
    return {name for (name,) in run(shadow.parameters_of("postgres"), query) if name.startswith(prefix)}
