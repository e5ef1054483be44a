"""`history`: what was applied, reverted, stamped and failed, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.commands.results import HistoryResult
from seltzer.commands.start import Call, compare, open_target
from seltzer.db.history import read_lines
from seltzer.planning.selection import resolve

if TYPE_CHECKING:
    from collections.abc import Sequence


def history(call: Call, ids: Sequence[str] = ()) -> HistoryResult:
    """The rows of the history, newest last; none where there is no history yet.

    Args:
        call: The settings.
        ids: Only these, in the forms of `planning.selection`.

    Raises:
        UnknownMigrationError: The history knows no such id.
        SeltzerError: The database cannot be reached or read.
    """
    with open_target(call) as target:
        # The careful look first: it says why the table cannot be read.
        if not compare(target, ()).reading.exists:
            return HistoryResult(())
        rows = read_lines(target.conn, target.table)
    if ids:
        known = dict.fromkeys(row.id for row in rows)
        wanted = {id_ for reference in ids for id_ in resolve(reference, list(known))}
        rows = [row for row in rows if row.id in wanted]
    return HistoryResult(tuple(rows))
