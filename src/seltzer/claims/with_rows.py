"""The tables that a migration touches, with rows; and what it touches besides, now that there are rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seltzer.claims.rows import Filled, Wanted, fill_tables
from seltzer.claims.rows.learned import NO_HINTS
from seltzer.claims.touching import existing_tables, has_materialized_view, touched_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

    from seltzer.claims.rows.learned import Hints
    from seltzer.claims.touching import TableName, Touched
    from seltzer.claims.trial import Trial

WRITES = "RowExclusiveLock"
"""The mode in which a statement locks a table whose rows it changes, in pg_locks' words."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A database before a migration, with rows.

    Attributes:
        existing: The tables that there are, by OID.
        touched: What the migration locks; None when only running it for good would tell.
        wanted: OIDs of the tables that it touches; None when that is not known.
        filled: What came of filling them.
    """

    existing: Mapping[int, TableName]
    touched: Touched | None
    wanted: frozenset[int] | None
    filled: Filled

    @classmethod
    def of_nothing(cls, existing: Mapping[int, TableName]) -> Scene:
        """Tables that nobody filled, of a migration that was not looked at."""
        return cls(existing, None, None, Filled())

    @property
    def is_idle(self) -> bool:
        """Whether the migration touches no table that was there before it."""
        return not self.existing or self.wanted == frozenset()


def set_scene(
    conn: psycopg.Connection[Any], trial: Trial, spared: frozenset[str] = frozenset(), hints: Hints = NO_HINTS
) -> Scene:
    """Fill the tables that a migration touches.

    Args:
        conn: An autocommit connection to a database as it is before the migration.
        trial: The migration.
        spared: Constraints that are NOT VALID, and that no row is to break.
        hints: What the migration says of the rows that it will meet.
    """
    conditions = trial.lab.conditions
    schemas = (conditions.table.schema,)
    existing = existing_tables(conn, conditions)
    touched = touched_tables(conn, conditions, trial.step)
    if touched is None or has_materialized_view(conn, touched.modes):
        # The rows of a materialized view are those of tables that are not locked.
        return Scene(existing, touched, None, fill_tables(conn, schemas, None, spared, hints) if existing else Filled())
    wanted = _wanted(touched.modes, existing)
    if not wanted.tables:
        return Scene(existing, touched, frozenset(), Filled())
    filled = fill_tables(conn, schemas, wanted, spared, hints)
    # A loop over rows, a trigger: some statements do nothing where there are none.
    again = touched_tables(conn, conditions, trial.step) or touched
    more = _wanted({oid: modes for oid, modes in again.modes.items() if modes != touched.modes.get(oid)}, existing)
    if not set(more.tables) <= set(filled.rows):
        filled.add(fill_tables(conn, schemas, more, spared, hints))
    return Scene(existing, again, frozenset(_wanted(again.modes, existing).tables), filled)


def _wanted(touched: Mapping[int, frozenset[str]], existing: Mapping[int, TableName]) -> Wanted:
    found = {oid: modes for oid, modes in touched.items() if oid in existing}
    return Wanted(frozenset(found), frozenset(oid for oid, modes in found.items() if WRITES in modes))
