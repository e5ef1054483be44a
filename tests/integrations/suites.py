"""Somebody's project with tests, run by a pytest of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

USERS = "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, name text NOT NULL);\n"
EMAIL = "ALTER TABLE users ADD COLUMN IF NOT EXISTS email text;\n"
# A file keeps count of how often it was applied, wherever that was.
COUNTED = """from pathlib import Path


def apply(conn):
    with Path({path!r}).open("a") as log:
        log.write("applied\\n")
    conn.execute("UPDATE users SET email = name || '@db.example'")
"""
_PIPELINES = ("CI", "BUILD_", "CONTINUOUS_", "GITHUB_", "GITLAB_", "JENKINS_", "TEAMCITY_", "TRAVIS")


class Session(NamedTuple):
    """What a run of pytest left: exit code, and what it printed."""

    code: int
    printed: str

    @property
    def outcomes(self) -> dict[str, int]:
        """`{"passed": 2, "errors": 1}`, from its last line."""
        last = self.printed.rstrip().splitlines()[-1]
        return {word.rstrip("s"): int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", last)}


@dataclass
class Suite:
    """A project with an empty `migrations/` folder.

    Attributes:
        root: Its folder.
        shadow: The setting of that name.
        version: The server's version, where it is a private one.
    """

    root: Path
    shadow: str
    version: int
    environment: dict[str, str] = field(default_factory=dict[str, str])

    def write(self, files: Mapping[str, str]) -> Suite:
        """Write files below its folder."""
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        return self

    def counted(self) -> str:
        """A migration in Python whose applications are counted."""
        return COUNTED.format(path=str(self.root / "log"))

    @property
    def applications(self) -> int:
        """How often that migration was applied."""
        log = self.root / "log"
        return len(log.read_text(encoding="utf-8").splitlines()) if log.exists() else 0

    def run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Session:
        """Run its tests; warnings are errors, as in a careful project."""
        here = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_", *_PIPELINES))
        }
        own = {"SELTZER_SHADOW": self.shadow, "SELTZER_SERVER_VERSION": str(self.version)}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", *arguments],
            cwd=self.root,
            env={**here, **own, **self.environment, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Session(done.returncode, done.stdout)
