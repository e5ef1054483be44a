"""What a disturbed run left of a database, compared with what it was before and with what an undisturbed run makes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from seltzer.catalog.rows import Rows, TableRows, read_rows, rows_difference
from seltzer.catalog.snapshot import difference, read_snapshot
from seltzer.db.connect import fetch
from seltzer.db.text import compose, literal
from seltzer.errors import SeltzerError, TrialError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import psycopg

    from seltzer.catalog.snapshot import Change, Snapshot
    from seltzer.claims.trial import Trial, TrialDatabase
    from seltzer.db.history_sql import HistoryTable
    from seltzer.model import Step

ATOMIC = "atomic"
MOST_POINTS = 50
PATIENCE = timedelta(seconds=20)  # what has not been disturbed by then is counted as not tried
_MOST_LINES = 6


@dataclass(frozen=True, slots=True)
class Picture:
    """What is compared.

    Attributes:
        snapshot: The catalog.
        rows: What the tables hold.
        recorded: How many applications the history has, and how many records of steps there are.
    """

    snapshot: Snapshot
    rows: Rows
    recorded: tuple[int, int]

    def without_values(self, volatile: Collection[str]) -> Picture:
        """The same with the rows of these tables only counted."""
        tables = {
            name: TableRows(rows.number, 0) if name in volatile else rows for name, rows in self.rows.tables.items()
        }
        return Picture(self.snapshot, Rows(tables), self.recorded)


def picture_of(database: TrialDatabase, without: str | None = None) -> Picture:
    """A database as it is now, but for the history's schema and this one."""
    schemas = [database.conditions.table.schema, *([without] if without else [])]
    conn = database.conn
    return Picture(read_snapshot(conn, schemas), read_rows(conn, schemas), _recorded(conn, database.conditions.table))


def changes(before: Picture, after: Picture) -> list[str]:
    """What is not the same, a line each; empty when nothing differs."""
    lines = _objects(difference(before.snapshot, after.snapshot))
    lines += rows_difference(before.rows, after.rows)
    applied = after.recorded[0] - before.recorded[0]
    if applied > 0:
        lines.append("the history says that it was applied")
    return lines


def _objects(found: Sequence[Change]) -> list[str]:
    """Objects first that stand alone; of what is new or gone as a whole, no part is named."""
    whole = {change.object.name for change in found if not change.object.of and not change.attributes}
    named = [change for change in found if change.attributes or change.object.of not in whole]
    return [str(change) for change in sorted(named, key=lambda change: bool(change.object.of))]


def few(lines: list[str]) -> list[str]:
    """Not more lines than a person reads, and how many there are besides."""
    rest = len(lines) - _MOST_LINES
    return lines if rest <= 1 else [*lines[:_MOST_LINES], f"and {rest} more"]


def failure_of(database: TrialDatabase, step: Step | None = None) -> SeltzerError | None:
    """Apply a step; what it failed with, None when it did not.

    Raises:
        TrialError: It could not be tried.
    """
    try:
        database.apply(step)
    except TrialError:
        raise
    except SeltzerError as error:
        return error
    return None


class Undisturbed:
    """What a run makes of the database that nobody disturbs.

    Attributes:
        picture: What one made.
    """

    def __init__(self, trial: Trial, picture: Picture | None = None) -> None:
        self._trial = trial
        self._volatile: frozenset[str] | None = None
        self.picture = picture or _picture_after(trial)

    def changes(self, other: Picture) -> list[str]:
        """What is different after another run, a line each; values that every run makes anew are not."""
        found = changes(self.picture, other)
        if not found or self.picture.rows == other.rows:
            return found
        if self._volatile is None:
            again = _applied(self._trial).rows.tables
            tables = self.picture.rows.tables
            self._volatile = frozenset(name for name, rows in tables.items() if again.get(name) != rows)
        return changes(self.picture.without_values(self._volatile), other.without_values(self._volatile))


def _picture_after(trial: Trial) -> Picture:
    with trial.applied_database() as database:
        return picture_of(database)


def _applied(trial: Trial) -> Picture:
    with trial.database() as database:
        database.apply()
        return picture_of(database)


def spread(number: int) -> list[int]:
    """Which of so many points are tried, from 0: all, or evenly spread ones; those far from each other come first."""
    count = min(number, MOST_POINTS)
    chosen = [index * (number - 1) // (count - 1) for index in range(count)] if count > 1 else list(range(count))
    bits = max(1, (count - 1).bit_length())
    order = sorted(range(count), key=lambda index: int(f"{index:0{bits}b}"[::-1], 2))
    return [chosen[index] for index in order]


def tried_of(tried: int, number: int, noun: str) -> str:
    """`each of its 3 statements`, or how many of them."""
    if tried < number:
        return f"{tried} of its {number} {noun}s, evenly spread"
    return f"its only {noun}" if number == 1 else f"each of its {number} {noun}s"


def _recorded(conn: psycopg.Connection[Any], table: HistoryTable) -> tuple[int, int]:
    if fetch(conn, compose("SELECT pg_catalog.to_regclass({name})", name=literal(table.history))) == [(None,)]:
        return 0, 0
    query = compose(
        "SELECT (SELECT pg_catalog.count(*) FROM {history} AS h WHERE h.state <> 'failed'), "
        "(SELECT pg_catalog.count(*) FROM {progress})",
        history=table.history,
        progress=table.progress,
    )
    (applied, begun), *_ = fetch(conn, query)
    return int(applied), int(begun)
