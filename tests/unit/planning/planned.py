"""Plans of small projects: files in a folder, read and ordered, without a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.model import FileState, HistoryRow
from seltzer.planning.plan import make_plan
from seltzer.planning.states import FileStatus
from seltzer.source.discover import discover
from seltzer.source.read import read_migration

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from seltzer.model import MigrationFile, Plan


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files by their path in the migrations folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def plan(
    folder: Path,
    *,
    pending: Sequence[str] | None = None,
    changed: Collection[str] = (),
    only: Collection[str] | None = None,
) -> Plan:
    """The plan of a folder.

    Args:
        folder: The migrations folder.
        pending: The ids that are pending, in the order in which they are handed over; None for all.
        changed: Those of them that were applied with other content.
        only: The ids that were asked for.
    """
    files = {file.id: file for file in discover(folder)}
    statuses = [_status(files[id_], changed) for id_ in (list(files) if pending is None else pending)]
    known = {id_: file.path for id_, file in files.items()}
    return make_plan([(status, read_migration(status.file)) for status in statuses], known, only)


def ids(made: Plan) -> list[str]:
    """The steps of a plan, by id."""
    return [step.migration.id for step in made.steps]


def _status(file: MigrationFile, changed: Collection[str]) -> FileStatus:
    if file.id not in changed:
        return FileStatus(file, FileState.PENDING, None)
    row = HistoryRow(file.id, "applied", 1, "sha256-1:0", "", frozenset(), None, failed=False, kind="", position=1)
    return FileStatus(file, FileState.CHANGED, row, generation=1)
