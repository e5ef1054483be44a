"""`history`: what was applied, reverted, stamped and failed, in order."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from seltzer.commands.results import HistoryResult
from seltzer.commands.start import compare, open_target
from seltzer.db.history import HistoryLine, read_lines
from seltzer.errors import FilesError
from seltzer.planning.selection import resolve
from seltzer.source.discover import discover

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seltzer.commands.call import Call


def history(call: Call, ids: Sequence[str] = (), since: datetime | None = None) -> HistoryResult:
    """The rows of the history, newest last; none where there is no history yet.

    Args:
        call: The settings.
        ids: Only these, in the forms of `planning.selection`.
        since: Only what ended at this moment or later; aware.

    Raises:
        UnknownMigrationError: Neither the history nor the files know such an id.
        SeltzerError: The database cannot be reached or read.
    """
    with open_target(call) as target:
        # The careful look first: it says why the table cannot be read.
        exists = compare(target, ()).reading.exists
        rows = [_in_utc(row) for row in read_lines(target.conn, target.table)] if exists else []
    wanted = set(_named(call, ids, rows)) if ids else {row.id for row in rows}
    chosen = (row for row in rows if row.id in wanted and (since is None or row.finished_at >= since))
    return HistoryResult(tuple(chosen), len(rows))


def _named(call: Call, ids: Sequence[str], rows: Sequence[HistoryLine]) -> Iterator[str]:
    """What ids stand for; a file that has no row yet is no mistake."""
    known = dict.fromkeys(row.id for row in rows)
    with suppress(FilesError):  # wrong files have nothing to do with what was applied
        known |= dict.fromkeys(file.id for file in discover(call.config.migrations))
    for reference in ids:
        yield from resolve(reference, list(known))


def moment_of(given: str | date) -> datetime:
    """The moment that a date or a time stands for; without a zone it is in UTC, as all times are shown.

    Raises:
        ValueError: It is no date and no time of ISO 8601.
    """
    if isinstance(given, str):
        given = datetime.fromisoformat(given.strip())
    if not isinstance(given, datetime):
        given = datetime.combine(given, time())
    return given if given.tzinfo is not None else given.replace(tzinfo=UTC)


def _in_utc(row: HistoryLine) -> HistoryLine:
    """A row whose times are in UTC, whatever zone the server's session has."""
    return row._replace(started_at=row.started_at.astimezone(UTC), finished_at=row.finished_at.astimezone(UTC))
