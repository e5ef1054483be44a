"""What a migration left undone because others were in its way, and kept to itself: it counts as applied."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.catalog.rows import Rows, rows_difference
from seltzer.catalog.snapshot import difference
from seltzer.claims.with_rows import set_scene
from seltzer.db.connect import fetch
from seltzer.db.text import raw
from seltzer.source.heads import read_text

if TYPE_CHECKING:
    from typing import Any

    import psycopg

    from seltzer.catalog.snapshot import Change, Snapshot
    from seltzer.claims.trial import Trial, TrialDatabase

_NOT_VALID = raw("SELECT DISTINCT o.conname FROM pg_catalog.pg_constraint AS o WHERE NOT o.convalidated")
# A trial sets one for its database.
_SETTINGS = frozenset({"database", "settings"})
_SKIPS = re.compile(r"(?i)\bskip\s+locked\b")


def not_valid(conn: psycopg.Connection[Any]) -> frozenset[str]:
    """The constraints that are NOT VALID: whether rows break them is for `survives-rows`."""
    return frozenset(name for (name,) in fetch(conn, _NOT_VALID))


def undone(trial: Trial, disturbed: TrialDatabase) -> list[str]:
    """What an undisturbed run makes and this one did not, a line each; of rows only where it passes by locked ones.

    Args:
        trial: The migration.
        disturbed: The database to which it was applied while others were at work; it did not fail.
    """
    skips = any(_SKIPS.search(read_text(path)) for path in trial.step.migration.file.members)
    found = disturbed.snapshot()
    if not skips and not _changes(trial.after(), found):
        return []
    # What it makes may depend on rows, which the state after it does not have.
    catalog, rows = _undisturbed(trial)
    lines = [str(change) for change in _changes(catalog, found)]
    if skips and rows == _undisturbed(trial)[1]:  # or they are others in every run
        lines += rows_difference(rows, disturbed.rows())
    return lines


def _changes(wanted: Snapshot, found: Snapshot) -> list[Change]:
    return [change for change in difference(wanted, found) if change.object.kind not in _SETTINGS]


def _undisturbed(trial: Trial) -> tuple[Snapshot, Rows]:
    with trial.database() as database:
        with database.connect() as conn:
            set_scene(conn, trial, not_valid(conn))
        database.apply()
        return database.snapshot(), database.rows()
