"""Files against history: the state of each migration, the state of the database, and what stops a run at once.

Pure: the history's rows and the files' checksums come in, what only a closer look at a file can tell (its second
checksum, its directives) is asked for through `FileFacts`, and only for files that differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from seltzer.model import DatabaseState, FileState, Kind, twin_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from seltzer.model import Directives, HistoryRow, MigrationFile


class FileFacts(Protocol):
    """What a closer look at a file tells."""

    def token_checksum(self, file: MigrationFile, /) -> str:
        """The checksum that comments and white space do not change."""
        ...

    def directives(self, file: MigrationFile, /) -> Directives:
        """What the file's head asks for."""
        ...


class FileStatus(NamedTuple):
    """One migration and what the history says of it.

    Attributes:
        file: The file.
        state: See DESIGN's table of states.
        row: The history's row of its id, of its twin or of a former name; None when there is none.
        late: A pending versioned file whose number is below an applied one of its module.
        generation: How many rows the history has under this very id.
    """

    file: MigrationFile
    state: FileState
    row: HistoryRow | None
    late: bool = False
    generation: int = 0


PENDING = frozenset({FileState.PENDING, FileState.CHANGED, FileState.FAILED})
DONE = frozenset({"applied", "stamped"})


@dataclass(frozen=True, slots=True)
class Survey:
    """All files and the history side by side.

    Attributes:
        files: A status for each file, in the order of ids.
        missing: Rows of ids that only the history knows and that were not reverted.
        state: The state of the database.
    """

    files: tuple[FileStatus, ...]
    missing: tuple[HistoryRow, ...]
    state: DatabaseState

    def pending(self) -> list[FileStatus]:
        """The files that a run would apply."""
        return [item for item in self.files if item.state in PENDING]


def survey(files: Sequence[MigrationFile], rows: Mapping[str, HistoryRow], facts: FileFacts) -> Survey:
    """Compare files with the history."""
    slots = _with_twins(rows)
    known = {file.id for file in files}
    paired = [(file, _row_of(file, slots, known, facts)) for file in files]
    highest = _highest_numbers(paired, rows.values())
    statuses: list[FileStatus] = []
    for file, row in paired:
        state = _state(file, row, facts)
        late = (
            state in {FileState.PENDING, FileState.FAILED}
            and file.number is not None
            and file.number < highest.get(file.module, -1)
        )
        own = rows.get(file.id)
        statuses.append(FileStatus(file, state, row, late, own.generation if own is not None else 0))
    missing = tuple(_missing(files, rows, known, facts))
    return Survey(tuple(statuses), missing, _database_state(statuses, missing))


def _with_twins(rows: Mapping[str, HistoryRow]) -> dict[str, HistoryRow]:
    """The rows, with a module's first day as one slot: the newest row under either name, which has seen both."""
    slots = dict(rows)
    for id_, row in rows.items():
        twin = rows.get(twin_of(id_) or "")
        if twin is not None and row.state:
            newest, other = (row, twin) if row.position > twin.position else (twin, row)
            older = newest.older | other.older | {other.checksum, other.token_checksum}
            slots[id_] = newest._replace(older=older - {"", newest.checksum})
    return slots


def _row_of(
    file: MigrationFile, slots: Mapping[str, HistoryRow], known: set[str], facts: FileFacts
) -> HistoryRow | None:
    row = slots.get(file.id)
    if row is not None and row.state:
        return row
    twin = twin_of(file.id)
    if twin is not None and twin in slots and twin not in known:
        return slots[twin]
    for former in facts.directives(file).was if slots else ():
        if former in slots:
            return slots[former]
    return row


def _missing(
    files: Sequence[MigrationFile], rows: Mapping[str, HistoryRow], known: set[str], facts: FileFacts
) -> list[HistoryRow]:
    """Applied ids that no file has, had, or has under a first day's other name."""
    candidates = [
        row
        for id_, row in sorted(rows.items())
        if row.state in DONE and id_ not in known and (twin_of(id_) or "") not in known
    ]
    if not candidates:
        return []
    former = {id_ for file in files for id_ in facts.directives(file).was}
    return [row for row in candidates if row.id not in former]


def _state(file: MigrationFile, row: HistoryRow | None, facts: FileFacts) -> FileState:
    if row is None or not row.state:
        return FileState.FAILED if row is not None and row.failed else FileState.PENDING
    if row.state == "reverted":
        return FileState.REVERTED
    known = _known_content(file, row, facts)
    if known is not None:
        return known
    if file.kind is Kind.VERSIONED:
        return FileState.EDITED
    return FileState.FAILED if row.failed else FileState.CHANGED


def _known_content(file: MigrationFile, row: HistoryRow, facts: FileFacts) -> FileState | None:
    """The state of a file whose content the history has seen: the newest or an older one; None for a new content."""
    done = FileState.STAMPED if row.state == "stamped" else FileState.APPLIED
    if file.checksum == row.checksum:
        return done
    if file.checksum not in row.older:
        tokens = facts.token_checksum(file)
        if tokens == row.token_checksum or row.checksum in facts.directives(file).accepts:
            return done
        if tokens not in row.older:
            return None
    return FileState.SUPERSEDED


def _highest_numbers(
    paired: Sequence[tuple[MigrationFile, HistoryRow | None]], rows: Iterable[HistoryRow]
) -> dict[str, int]:
    """The highest applied number of each module; a renamed file counts by the number it has now."""
    numbers = [(file.module, file.number) for file, row in paired if row is not None and row.state in DONE]
    taken = {row.id for _, row in paired if row is not None}
    numbers += [_number_in(row.id) for row in rows if row.state in DONE and row.id not in taken]
    highest: dict[str, int] = {}
    for module, number in numbers:
        if number is not None:
            highest[module] = max(highest.get(module, -1), number)
    return highest


def _number_in(id_: str) -> tuple[str, int | None]:
    module, _, name = id_.partition("/")
    digits = name.partition("_")[0]
    return module, int(digits) if digits.isdigit() else None


def _database_state(files: Sequence[FileStatus], missing: Sequence[HistoryRow]) -> DatabaseState:
    states = {item.state for item in files}
    if FileState.EDITED in states:
        return DatabaseState.DIVERGED
    if states & PENDING:
        return DatabaseState.BEHIND
    if missing or FileState.SUPERSEDED in states:
        return DatabaseState.AHEAD
    return DatabaseState.CURRENT
