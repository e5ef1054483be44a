"""A project whose migrations are checked on the test session's own server."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seltzer import Migrations

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from seltzer import CheckResult
    from seltzer.claims.finding import Judgement
    from seltzer.server import Server
    from support import Project


def with_tables(project: Project, tables: str) -> Project:
    """A project whose module `shop` is applied, and whose migrations are tried on the test session's own server."""
    project.write({"shop/create_tables.sql": tables})
    project.environment["SELTZER_SHADOW"] = project.database.server.url("postgres")
    project.migrations().apply()
    return project


@dataclass(frozen=True)
class Checked:
    """A project without a database, and a shadow.

    Attributes:
        root: The project's folder.
        server: Where its shadow is.
    """

    root: Path
    server: Server

    @property
    def folder(self) -> Path:
        """Its migrations folder."""
        return self.root / "migrations"

    def write(self, files: Mapping[str, str]) -> Checked:
        """Write files below `migrations/`, by their path there."""
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        return self

    def commit(self) -> Checked:
        """Commit everything with Git, with nothing of the developer's own settings."""
        settings = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"]
        for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "x"]):
            subprocess.run(["git", *settings, *arguments], cwd=self.root, check=True, capture_output=True)
        return self

    def check(self, *ids: str, only: str | None = None) -> CheckResult:
        """Check these migrations, or all."""
        migrations = Migrations(self.folder, shadow=self.server.url("postgres"))
        return migrations.check(*ids, everything=not ids, only=[only] if only else [])

    def judge(self, id_: str, claim: str) -> Judgement:
        """What one claim of one migration came to."""
        (found,) = [item for item in self.check(id_, only=claim).judgements if (item.id, item.claim) == (id_, claim)]
        return found
