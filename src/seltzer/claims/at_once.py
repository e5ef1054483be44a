"""A runner that is called by two processes at the same moment, past the lock that keeps two runs apart.

Luck has no part in it: whoever is first with a command on the schema waits at its end, before it commits, until the
other has come to the same place.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg

from seltzer.claims.finding import Finding
from seltzer.claims.lacking import what_lacks
from seltzer.db.connect import fetch
from seltzer.db.history_sql import HistoryTable
from seltzer.db.tables import ensure_tables
from seltzer.db.text import raw
from seltzer.errors import SeltzerError
from seltzer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seltzer.claims.trial import Trial, TrialDatabase

_PATIENCE_S, _LOOK_EVERY_S = 20.0, 0.01
# Each run has a history of its own: their locks are two, and neither knows of the other.
_HISTORIES = ("seltzer_first", "seltzer_second")
_GATE = """
CREATE SCHEMA seltzer_gate;
CREATE FUNCTION seltzer_gate.wait() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_catalog.pg_try_advisory_xact_lock(7263, 1) THEN
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(7263, 2);
  END IF;
END $$;
CREATE EVENT TRIGGER seltzer_gate ON ddl_command_end EXECUTE FUNCTION seltzer_gate.wait();
ALTER EVENT TRIGGER seltzer_gate ENABLE ALWAYS
"""
_WAITING = (
    "SELECT count(*) FROM pg_catalog.pg_stat_activity AS a WHERE a.datname = pg_catalog.current_database() "
    "AND pg_catalog.cardinality(pg_catalog.pg_blocking_pids(a.pid)) > 0"
)


def called_at_once(trial: Trial, claim: str) -> Finding | None:
    """What becomes of a runner that two processes call at once; None when both of them end well.

    Nothing is said where the shadow's role may not make event triggers.

    Args:
        trial: A runner.
        claim: The claim that the finding belongs to.
    """
    with trial.database() as db, db.connect() as gate:
        tables = [HistoryTable(schema, "history") for schema in _HISTORIES]
        for table in tables:
            ensure_tables(gate, table)
        try:
            gate.execute(_GATE)
        except psycopg.errors.InsufficientPrivilege:
            return None
        gate.execute("SELECT pg_catalog.pg_advisory_lock(7263, 2)")
        runs = [_Called(trial, db, table) for table in tables]
        _let_through(gate, runs)
    errors = [run.error for run in runs if run.error is not None]
    if not errors or any(what_lacks(error) for error in errors):
        return None
    return _finding(trial, claim, errors[0])


class _Called(threading.Thread):
    """One of the processes."""

    def __init__(self, trial: Trial, db: TrialDatabase, table: HistoryTable) -> None:
        super().__init__(name="seltzer-at-once", daemon=True)
        self._trial = trial
        self._parameters: Mapping[str, str] = db.parameters
        self._conditions = replace(db.conditions, table=table)
        self.error: SeltzerError | None = None

    def run(self) -> None:
        step = replace(self._trial.step, generation=1, former=None)
        try:
            self._trial.lab.apply(self._parameters, [step], conditions=self._conditions)
        except SeltzerError as error:
            self.error = error


def _let_through(gate: psycopg.Connection[Any], runs: list[_Called]) -> None:
    """Open the gate when one waits there and the other behind it, or when one of them has ended without."""
    for run in runs:
        run.start()
    until = time.monotonic() + _PATIENCE_S
    while all(run.is_alive() for run in runs) and time.monotonic() < until:
        if fetch(gate, raw(_WAITING))[0][0] >= len(runs):
            break
        time.sleep(_LOOK_EVERY_S)
    gate.execute("SELECT pg_catalog.pg_advisory_unlock(7263, 2)")
    for run in runs:
        run.join()


def _finding(trial: Trial, claim: str, error: SeltzerError) -> Finding:
    place = error.place
    return Finding(
        claim=claim,
        rule="called-at-once",
        severity=Severity.INFO,
        id=trial.id,
        file=place.file if place is not None else trial.step.migration.path,
        line=place.line if place is not None else None,
        message="called by two processes at once, past Seltzer's lock, one of them fails",
        evidence=f"called twice: the second came while the first had not committed\n{error.message}",
        why="Seltzer's own runs wait for each other. Whoever calls run_migration() directly is not kept apart: "
        "IF NOT EXISTS does not see what another transaction has not committed.",
        fix="Start it by run_all_migrations() or `seltzer apply`, never directly.",
    )
