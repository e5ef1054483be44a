"""What Git remembers of the files: which differ from a commit, and what they said before. Nothing is ever changed."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from seltzer.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Neither hooks nor a monitor of the repository's own are run, and no lock is taken.
_COMMAND = ("git", "--no-pager", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false")
_VERSIONS = 200


class GitAnswers:
    """The repository around a folder.

    Attributes:
        folder: The migrations folder.
    """

    def __init__(self, folder: Path) -> None:
        """Look at `folder`, which may be in no repository at all."""
        self.folder = folder.resolve()

    def changed_since(self, revision: str) -> set[Path]:
        """The files of the folder that are not as they were in a commit, new and untracked ones among them.

        Raises:
            UsageError: There is no Git, no repository, or no such commit.
        """
        commit = self.commit_of(revision)
        changed = self._paths("diff", "--name-only", "--no-renames", "--relative", "-z", commit, "--", ".")
        return changed | self._paths("ls-files", "--others", "--exclude-standard", "-z", "--", ".")

    def commit_of(self, revision: str) -> str:
        """The commit that a branch, tag or other name stands for; before the first one HEAD is an empty tree.

        Raises:
            UsageError: There is no Git, no repository, or no such commit.
        """
        found = self._answer("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if not found and revision == "HEAD" and self._answer("symbolic-ref", "--quiet", "HEAD"):
            found = self._answer("hash-object", "-t", "tree", "--stdin")
        if not found:
            raise UsageError(
                f"Git knows no commit {revision!r} at {self.folder}",
                hint="Name a branch, tag or commit; where only the newest one was fetched: git fetch --unshallow",
            )
        return found.decode().strip()

    def content_at(self, commit: str, path: Path) -> bytes | None:
        """A file as it was in a commit; None where it was not."""
        return self._answer("show", f"{commit}:./{self._relative(path)}")

    def contents(self, path: Path) -> Iterator[bytes]:
        """What a file said in the commits that changed it, newest first."""
        relative = self._relative(path)
        commits = self._answer("log", "--format=%H", f"--max-count={_VERSIONS}", "--", relative) or b""
        for commit in commits.decode().split():
            found = self.content_at(commit, path)
            if found is not None:
                yield found

    def _relative(self, path: Path) -> str:
        return os.path.relpath(path.resolve(), self.folder)

    def _paths(self, *arguments: str) -> set[Path]:
        found = self._answer(*arguments) or b""
        return {self.folder / os.fsdecode(name) for name in found.split(b"\0") if name}

    def _answer(self, *arguments: str) -> bytes | None:
        """What Git prints; None when it refuses, or there is none."""
        try:
            done = subprocess.run(  # noqa: S603  # no shell; what a person names is behind --end-of-options or a commit's hash
                [*_COMMAND, *arguments], cwd=self.folder, capture_output=True, stdin=subprocess.DEVNULL, check=False
            )
        except OSError:
            return None
        return done.stdout if done.returncode == 0 else None
