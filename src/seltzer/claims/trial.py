"""What every claim is given: one migration, and databases of its own as they are before and after it."""

from __future__ import annotations

import threading
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from seltzer.catalog.rows import read_rows
from seltzer.catalog.snapshot import read_snapshot
from seltzer.db.connect import connect, fetch
from seltzer.db.text import compose, literal

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    import psycopg

    from seltzer.catalog.rows import Rows
    from seltzer.catalog.snapshot import Snapshot
    from seltzer.claims.applying import Conditions
    from seltzer.claims.lab import Lab
    from seltzer.claims.on_rows import Stage
    from seltzer.events import Listener
    from seltzer.model import Step


class TrialDatabase:
    """A database that one trial has for itself.

    Attributes:
        parameters: libpq's keywords.
        conditions: How migrations are applied to it.
    """

    def __init__(self, lab: Lab, step: Step, parameters: Mapping[str, str]) -> None:
        self._lab = lab
        self._step = step
        self.parameters = parameters
        self.conditions = lab.conditions
        self._own: psycopg.Connection[Any] | None = None

    @property
    def conn(self) -> psycopg.Connection[Any]:
        """A connection in autocommit mode that stays open between two uses: a new backend has to learn the catalog."""
        if self._own is None or self._own.closed or self._own.broken:
            self._own = connect(self.parameters)
        return self._own

    def close(self) -> None:
        """Close it."""
        if self._own is not None:
            self._own.close()

    def connect(self) -> psycopg.Connection[Any]:
        """A connection in autocommit mode, which the caller closes."""
        return connect(self.parameters)

    def apply(
        self, step: Step | None = None, *, conditions: Conditions | None = None, listener: Listener | None = None
    ) -> None:
        """Apply the migration, or another step, as a run would; a second time as if it had changed.

        Raises:
            SeltzerError: It failed.
        """
        chosen = step or self._step
        again = replace(chosen, generation=self._generation(chosen.migration.id) + 1, former=None)
        self._lab.apply(self.parameters, [again], conn=self.conn, conditions=conditions, listener=listener)

    def _generation(self, migration: str) -> int:
        table = self.conditions.table
        exists = compose("SELECT pg_catalog.to_regclass({name})", name=literal(str(table.history)))
        if fetch(self.conn, exists) == [(None,)]:
            return 0
        query = compose(
            "SELECT coalesce(pg_catalog.max(h.generation), 0) FROM {history} AS h WHERE h.id = {id}",
            history=table.history,
            id=literal(migration),
        )
        return int(fetch(self.conn, query)[0][0])

    def snapshot(self) -> Snapshot:
        """The catalog, Seltzer's own tables left out."""
        return read_snapshot(self.conn, without=(self.conditions.table.schema,))

    def rows(self) -> Rows:
        """The rows of every table, Seltzer's own left out."""
        return read_rows(self.conn, without=(self.conditions.table.schema,))


class Trial:
    """One migration, and what its claims need to be tried.

    Attributes:
        lab: Where.
        index: Its place among the lab's steps.
        step: The migration.
        stage: Its tables with rows, once they are made; see `on_rows`.
        staging: Held while they are made.
    """

    stage: Stage | None = None

    def __init__(self, lab: Lab, index: int) -> None:
        self.lab = lab
        self.index = index
        self.step = lab.cases[index].step
        self.staging = threading.Lock()

    @property
    def id(self) -> str:
        """`module/name`."""
        return self.step.migration.id

    @contextmanager
    def database(self) -> Generator[TrialDatabase]:
        """A database as it is before the migration."""
        with self._database(self.index) as made:
            yield made

    @contextmanager
    def applied_database(self) -> Generator[TrialDatabase]:
        """A database as it is after the migration was applied once."""
        with self._database(self.index + 1) as made:
            yield made

    @contextmanager
    def both_databases(self) -> Generator[tuple[TrialDatabase, TrialDatabase]]:
        """A database as it is before the migration, and one as it is after it was applied once."""
        with self.lab.both(self.index) as made:
            before, after = (TrialDatabase(self.lab, self.step, each.parameters) for each in made)
            with closing(before), closing(after):
                yield before, after

    def before(self) -> Snapshot:
        """The catalog before the migration."""
        return self.lab.snapshot(self.index)

    def after(self) -> Snapshot:
        """The catalog after the migration was applied once."""
        return self.lab.snapshot(self.index + 1)

    @property
    def made_in_plan(self) -> frozenset[str]:
        """The relations (`schema.name`) that are there before the migration and were made by what is judged too."""
        return _relations(self.before()) - _relations(self.lab.snapshot_before_plan())

    @contextmanager
    def _database(self, count: int) -> Generator[TrialDatabase]:
        with (
            self.lab.database(count) as made,
            closing(TrialDatabase(self.lab, self.step, made.parameters)) as database,
        ):
            yield database


_RELATIONS = ("table", "partitioned table", "foreign table", "view", "materialized view", "index", "sequence")


def _relations(snapshot: Snapshot) -> frozenset[str]:
    return frozenset(name.name for kind in _RELATIONS for name in snapshot.of_kind(kind))
