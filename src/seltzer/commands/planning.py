"""From what is pending to a plan: every pending file is read once, and ordered with what only a database can add."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seltzer.commands.collection import without_collection
from seltzer.config import Late
from seltzer.db.history import read_recorded
from seltzer.db.history_sql import HistoryTable
from seltzer.model import FIRST_DAY, DatabaseState, FileState, Plan
from seltzer.planning.blocks import refuse_loose_blocks
from seltzer.planning.losses import may_lose, refuse_losses
from seltzer.planning.needed import needed_again, only_new
from seltzer.planning.own_tables import refuse_own_tables
from seltzer.planning.plan import make_plan
from seltzer.planning.selection import resolve
from seltzer.planning.states import PENDING, FileStatus, Survey
from seltzer.planning.stops import refuse_late
from seltzer.source.code import code_of
from seltzer.source.read import read_migration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.commands.call import Call
    from seltzer.commands.start import Look, OpenTarget
    from seltzer.model import Migration

_DONE = frozenset({FileState.APPLIED, FileState.STAMPED})


class Planner:
    """Makes the plans of one call; a file is read once however often a plan is made."""

    def __init__(self, call: Call, ids: Sequence[str] = ()) -> None:
        self._call = call
        self._ids = ids
        self._search_path = call.config.search_path if call.config.search_path is not None else ("public",)
        self._read: dict[str, Migration] = {}
        self._last: tuple[Survey, Plan] | None = None

    def plan(self, looked: Look, target: OpenTarget | None) -> Plan:
        """Order what is pending, or the named migrations with what they need.

        Args:
            looked: Files and history.
            target: The database; None plans from nothing.

        Raises:
            FilesError: A file is wrong, or migrations wait for each other.
            LateMigrationError: A file is late, and late files are refused.
            UnsupportedStatementError: A file changes the history, or does not pair BEGIN and its end.
            StillNeededError: A CASCADE would take along what an applied numbered file made.
        """
        found = looked.found
        if self._last is not None and self._last[0] == found:
            return self._last[1]  # nobody changed anything between the first look and the one under the lock
        known = {file.id: file.path for file in looked.files}
        only = {id_ for reference in self._ids for id_ in resolve(reference, list(known))} if self._ids else None
        if found is None:
            return Plan(())
        if self._call.config.late is Late.REFUSE:
            refuse_late(found)
        chosen = [item for item in found.files if item.state in PENDING or _brought_back(item, only)]
        known |= {row.id: self._call.config.migrations for row in found.missing}
        with without_collection():
            pending = [(item, self._migration(item, target)) for item in chosen]
            pending += self._needed(found, pending)
            made = make_plan(pending, known, only)
            refuse_loose_blocks(step.migration for step in made.steps)
            self._refuse_own_tables(made)
            self._refuse_losses(found, made)
        self._last = (found, made)
        return made

    def _refuse_own_tables(self, plan: Plan) -> None:
        table = HistoryTable(self._call.config.history.schema, self._call.config.history.table)
        migrations = [step.migration for step in plan.steps]
        refuse_own_tables(migrations, table.schema, table.names, self._search_path, code_of)

    def _refuse_losses(self, found: Survey, plan: Plan) -> None:
        """A CASCADE takes along what applied numbered files made on what it drops; they would not run again."""
        planned = [step.migration for step in plan.steps]
        if may_lose(planned):
            ids = {item.id for item in planned}
            rows = [(item.row, item) for item in found.files if item.state in _DONE and item.file.id not in ids]
            rows.sort(key=lambda pair: pair[0].position if pair[0] is not None else 0)
            refuse_losses(planned, [self._migration(item, None) for _, item in rows], self._search_path)

    def read(self, status: FileStatus) -> Migration:
        """The migration of a status as it lies on disk, read once."""
        return self._migration(status, None)

    def _migration(self, status: FileStatus, target: OpenTarget | None) -> Migration:
        id_ = status.file.id
        if id_ not in self._read:
            self._read[id_] = self._in_context(status, read_migration(status.file, self._search_path), target)
        return self._read[id_]

    def _in_context(self, status: FileStatus, migration: Migration, target: OpenTarget | None) -> Migration:
        """A changed first day provides only what is new in it: the rest exists, and nobody has to wait for it."""
        row = status.row
        if target is None or row is None or not row.state or status.file.name not in FIRST_DAY:
            return migration
        before = read_recorded(target.conn, target.table, row.id).provides
        if before is None or migration.names is None:
            return migration
        return replace(migration, names=only_new(migration.names, before))

    def _needed(
        self, found: Survey, pending: Sequence[tuple[FileStatus, Migration]]
    ) -> list[tuple[FileStatus, Migration]]:
        """Applied repeatables that a pending one takes away, by dropping them or what they read."""
        migrations = [migration for _, migration in pending]
        if not any(item.names is not None and (item.names.recreates or item.names.removes) for item in migrations):
            return []
        applied = {item.file.id: item for item in found.files if item.state in _DONE and item.file.number is None}
        read = [self._migration(item, None) for item in applied.values()]
        return [(applied[item.id], item) for item in needed_again(migrations, read)]


def _brought_back(item: FileStatus, only: set[str] | None) -> bool:
    """Whether a person's choice of ids brings back what no start would: what they named, and what that needs."""
    if only is None:
        return False
    return item.state is FileState.REVERTED or (item.file.id in only and item.state is FileState.SUPERSEDED)


def state_after(looked: Look, applied: set[str]) -> DatabaseState:
    """The database's state once `applied` are applied."""
    found = looked.found
    if found is None:
        return DatabaseState.CURRENT
    left = [item for item in found.files if item.file.id not in applied]
    if any(item.state in PENDING for item in left):
        return DatabaseState.BEHIND
    ahead = found.missing or any(item.state is FileState.SUPERSEDED for item in left)
    return DatabaseState.AHEAD if ahead else DatabaseState.CURRENT
