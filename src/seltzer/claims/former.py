"""A repeatable as it was: its former content, found in Git, in the shape of a migration."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from seltzer.errors import FilesError
from seltzer.model import Kind, Language
from seltzer.source.checksum import checksum
from seltzer.source.read import read_migration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.claims.git import GitAnswers
    from seltzer.model import Migration, MigrationFile


def recorded_content(
    git: GitAnswers, file: MigrationFile, recorded: str, search_path: Sequence[str]
) -> Migration | None:
    """What a migration was when it was last applied; None where Git does not have it.

    Args:
        git: The repository.
        file: The file as it is now.
        recorded: The checksum that the history has.
        search_path: Where names without a schema are looked for.
    """
    if not has_former_content(file):
        return None
    found = next((item for item in git.contents(file.path) if checksum(item) == recorded), None)
    return _read(file, found, search_path) if found is not None else None


def content_in(git: GitAnswers, file: MigrationFile, commit: str, search_path: Sequence[str]) -> Migration | None:
    """What a migration was in a commit; None where it was not there, or as it is now."""
    if not has_former_content(file):
        return None
    found = git.content_at(commit, file.path)
    return _read(file, found, search_path) if found is not None and checksum(found) != file.checksum else None


def has_former_content(file: MigrationFile) -> bool:
    """Whether it is one SQL file that runs again when its content changes: that can be put back by itself."""
    return file.kind is Kind.REPEATABLE and file.language is Language.SQL


def _read(file: MigrationFile, content: bytes, search_path: Sequence[str]) -> Migration | None:
    with tempfile.TemporaryDirectory(prefix="seltzer-") as folder:
        path = Path(folder) / file.path.name
        path.write_bytes(content)
        former = file._replace(path=path, members=(path,), checksum=checksum(content), down=None)
        try:
            found = read_migration(former, search_path)
        except FilesError:
            return None
    there = former._replace(path=file.path, members=file.members)
    return replace(found, file=there, sources=tuple((file.path, statements) for _, statements in found.sources))
