"""What stops a run before anything happens: disagreements that only a person can settle (exit code 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.errors import (
    DivergedError,
    ForeignHistoryError,
    ForgottenRenameError,
    LateMigrationError,
    MigrationsFolderError,
    NoMigrationsError,
    Place,
)
from seltzer.model import FileState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from seltzer.model import HistoryRow
    from seltzer.planning.states import FileFacts, FileStatus, Survey


def refuse_stops(folder: Path, rows: Mapping[str, HistoryRow], found: Survey, facts: FileFacts) -> None:
    """Raise the error of the first thing that stops a run; return when nothing does.

    Raises:
        NoMigrationsError: The files hold nothing while the history knows some.
        MigrationsFolderError: Neither holds anything.
        ForeignHistoryError: The history is another service's.
        DivergedError: An applied versioned file was edited.
        ForgottenRenameError: A pending file has the content of a missing one.
    """
    if not found.files:
        raise _nothing(folder, rows)
    _refuse_foreign(rows, found, facts)
    edited = [item for item in found.files if item.state is FileState.EDITED]
    if edited:
        raise _diverged(edited)
    _refuse_renames(found)


def refuse_late(found: Survey) -> None:
    """With `late = refuse`, stop at the first late file.

    Raises:
        LateMigrationError: A pending file's number is below an applied one of its module.
    """
    for item in found.files:
        if item.late:
            raise LateMigrationError(
                f"{item.file.id} is late: a later number of module {item.file.module!r} is applied",
                hint='Give it the next free number, or allow it: late = "apply".',
                place=Place(item.file.path),
                migration=item.file.id,
            )


def _nothing(folder: Path, rows: Mapping[str, HistoryRow]) -> NoMigrationsError | MigrationsFolderError:
    if rows:
        return NoMigrationsError(
            f"no migration at all in the folder, while the history knows {len(rows)}",
            hint="Were the .sql files left out of the package? Check the build's list of files.",
            place=Place(folder),
        )
    return MigrationsFolderError(
        "the migrations folder has no module",
        hint=f"Make the first one: {folder.name}/users/create_tables.sql",
        place=Place(folder),
    )


def _refuse_foreign(rows: Mapping[str, HistoryRow], found: Survey, facts: FileFacts) -> None:
    if not found.missing:
        return
    remembered = {row.checksum for row in rows.values()}.union(*(row.older for row in rows.values()))
    if any(item.file.checksum in remembered for item in found.files):
        return
    remembered |= {row.token_checksum for row in rows.values()}
    if any(facts.token_checksum(item.file) in remembered for item in found.files):
        return
    names = ", ".join(row.id for row in found.missing[:3])
    noun = "migration" if len(found.missing) == 1 else "migrations"
    raise ForeignHistoryError(
        f"the history knows {len(found.missing)} {noun} that these files lack ({names}) and shares no checksum "
        "with them: it is another service's",
        hint='Give this service a history of its own, history = "seltzer_NAME.history", or check the database\'s name.',
    )


def _diverged(edited: list[FileStatus]) -> DivergedError:
    first = edited[0]
    more = f", and {len(edited) - 1} more" if len(edited) > 1 else ""
    checksum = first.row.checksum if first.row else ""
    line = f'ACCEPTS = "{checksum}"' if first.file.path.suffix == ".py" else f"-- seltzer: accepts = {checksum}"
    return DivergedError(
        f"{first.file.id} was edited after it was applied{more}; nothing runs",
        hint=(
            "One of three: put the file back and write a new numbered file with the change; on a database of your "
            "own, revert or reset it; or, if the content means the same, add the line\n"
            f"  {line}"
        ),
        place=Place(first.file.path),
        migration=first.file.id,
    )


def _refuse_renames(found: Survey) -> None:
    by_checksum: dict[str, list[str]] = {}
    for row in found.missing:
        by_checksum.setdefault(row.checksum, []).append(row.id)
    for item in found.files:
        former = by_checksum.get(item.file.checksum, [])
        if item.state is FileState.PENDING and len(former) == 1:
            line = f"-- seltzer: was = {former[0]}"
            if item.file.path.suffix == ".py":
                line = f'WAS = "{former[0]}"'
            raise ForgottenRenameError(
                f"{item.file.id} has the content of {former[0]}, which is applied and has no file any more",
                hint=f"If it was renamed, add this line at its top:\n  {line}",
                place=Place(item.file.path),
                migration=item.file.id,
            )
