"""`status`: what is applied, what is pending, and who is applying right now."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from seltzer.commands.adopted import refuse_built_without_history
from seltzer.commands.planning import Planner
from seltzer.commands.results import MigrationStatus, StatusResult
from seltzer.commands.start import FileLooks, Look, OpenTarget, compare, open_target
from seltzer.config import Late
from seltzer.db.connect import describe
from seltzer.db.lease_row import find_lease_holder
from seltzer.db.lock import Holder, find_holder
from seltzer.errors import FilesError, StopError
from seltzer.model import FileState, Kind, Language
from seltzer.planning.selection import resolve
from seltzer.planning.stops import refuse_late, refuse_stops
from seltzer.source.discover import discover

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seltzer.commands.call import Call
    from seltzer.model import HistoryRow
    from seltzer.planning.states import FileStatus

_HAS_A_TIME = frozenset(
    {FileState.APPLIED, FileState.STAMPED, FileState.SUPERSEDED, FileState.CHANGED, FileState.EDITED}
)


def status(call: Call, ids: Sequence[str] = ()) -> StatusResult:
    """Compare the files with the history; changes nothing.

    Args:
        call: The settings.
        ids: Only these, in the forms of `planning.selection`.

    Raises:
        UnknownMigrationError: Neither the files nor the history know such an id.
        SeltzerError: The files are wrong, or the database cannot be reached or read.
    """
    files = discover(call.config.migrations)
    with open_target(call) as target:
        looked = compare(target, files, always_rows=True)
        lines = tuple(_lines(looked))
        known = [item.id for item in lines]
        named = {id_ for reference in ids for id_ in resolve(reference, known)} if ids else known
        return StatusResult(
            state=looked.state,
            database=describe(target.conn),
            migrations=tuple(item for item in lines if item.id in named),
            run=find_holder(target.conn, target.table.lock_key()) or _behind_a_pooler(target),
            stop=_stop(call, target, looked),
        )


def _behind_a_pooler(target: OpenTarget) -> Holder | None:
    found = find_lease_holder(target.conn, target.table)
    if found is None:
        return None
    return Holder(found.pid, f"{found.application} of {found.client}", found.since, found.migration)


def _stop(call: Call, target: OpenTarget, looked: Look) -> StopError | None:
    if looked.found is None:
        return None
    try:
        refuse_stops(call.config.migrations, looked.reading.rows, looked.found, FileLooks())
        if call.config.late is Late.REFUSE:
            refuse_late(looked.found)
        if not looked.reading.rows:
            _refuse_built(call, target, looked)
    except StopError as error:
        return error
    return None


def _refuse_built(call: Call, target: OpenTarget, looked: Look) -> None:
    with suppress(FilesError):  # files that cannot be read say nothing of the database; the run will tell
        pending = [step.migration for step in Planner(call).plan(looked, target).steps]
        refuse_built_without_history(target.conn, pending)


def _lines(looked: Look) -> Iterator[MigrationStatus]:
    found = looked.found
    if found is None:
        return
    for item in found.files:
        yield _line(item)
    for row in found.missing:
        yield _missing(row)


def _line(item: FileStatus) -> MigrationStatus:
    file, row = item.file, item.row
    return MigrationStatus(
        id=file.id,
        module=file.module,
        name=file.name,
        kind=file.kind,
        language=file.language,
        state=item.state,
        late=item.late,
        applied_at=row.finished_at if row is not None and item.state in _HAS_A_TIME else None,
    )


def _missing(row: HistoryRow) -> MigrationStatus:
    module, _, name = row.id.partition("/")
    kind = Kind(row.kind)
    return MigrationStatus(
        id=row.id,
        module=module,
        name=name,
        kind=kind,
        language=Language.PYTHON if kind is Kind.RUNNER else Language.SQL,
        state=FileState.MISSING,
        late=False,
        applied_at=row.finished_at,
    )
