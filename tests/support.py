"""What the tests share: a database of one's own, a project on disk, the command line as a user calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import tuple_row

from seltzer import Migrations

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from seltzer.server import Binaries, Server


@dataclass(frozen=True)
class Database:
    """An empty database of one test.

    Attributes:
        server: The server it is on.
        binaries: That server's programs.
        name: Its name.
    """

    server: Server
    binaries: Binaries
    name: str

    @property
    def url(self) -> str:
        """A libpq URL."""
        return self.server.url(self.name)

    def connect(self, **keywords: Any) -> psycopg.Connection[tuple[Any, ...]]:
        """An autocommit connection, which the caller closes."""
        return psycopg.connect(self.url, autocommit=True, row_factory=tuple_row, **keywords)

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """The rows of one query."""
        with self.connect() as conn:
            cursor = conn.execute(text.encode())
            return cursor.fetchall() if cursor.description else []

    def schema(self) -> str:
        """The whole schema as pg_dump writes it, Seltzer's own tables left out."""
        command = [
            self.binaries.program("pg_dump"),
            "--schema-only",
            "--no-owner",
            "--exclude-schema=seltzer*",
            "--dbname",
            self.url,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        # Since 2025 pg_dump writes a random key into every dump.
        lines = [line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]
        return "\n".join(lines)


@dataclass(frozen=True)
class Outcome:
    """What a command left: exit code, and what it printed."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        """The one document on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass
class Project:
    """A project folder with `migrations/` in it.

    Attributes:
        root: The folder.
        database: Where its migrations go.
    """

    root: Path
    database: Database
    environment: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def folder(self) -> Path:
        """Its migrations folder."""
        return self.root / "migrations"

    def write(self, files: Mapping[str, str | bytes]) -> Project:
        """Write files below `migrations/`, by their path there."""
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self

    def remove(self, *names: str) -> Project:
        """Remove files below `migrations/`."""
        for name in names:
            (self.folder / name).unlink()
        return self

    def migrations(self, **settings: Any) -> Migrations:
        """The project from Python."""
        return Migrations(self.folder, database=self.database.url, **settings)

    def states(self) -> dict[str, str]:
        """The state of every migration, by id."""
        return {item.id: str(item.state) for item in self.migrations().status().migrations}

    def run(self, *arguments: str, environment: Mapping[str, str] | None = None, stdin: str | None = None) -> Outcome:
        """Call `seltzer` as a user does, in the project's folder, in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "seltzer", *arguments],
            cwd=self.root,
            env=self.variables(environment),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start `seltzer` and leave it running; the caller waits for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "seltzer", *arguments],
            cwd=self.root,
            env=self.variables(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def variables(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a command: this process's, the project's database, and `more`."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SELTZER_", "PG", "DB_"))}
        kept.pop("DATABASE_URL", None)
        return {**kept, "SELTZER_DATABASE": self.database.url, **self.environment, **(more or {})}
