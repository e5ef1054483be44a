"""A migration beside an application that goes on: nobody is thrown out, nobody waits long, and it gets through."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from seltzer.catalog.lock_modes import in_words, strongest
from seltzer.claims.at_once import called_at_once
from seltzer.claims.crossing import Pace, Seen, Wait, cross
from seltzer.claims.finding import Finding, Verdict, judged, not_applicable, proven, unproven
from seltzer.claims.lacking import what_lacks
from seltzer.claims.undone import not_valid, undone
from seltzer.claims.with_rows import Scene, set_scene
from seltzer.db.connect import execute
from seltzer.db.text import Sql, compose, identifier, literal
from seltzer.model import Kind, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from seltzer.claims.finding import Judgement
    from seltzer.claims.trial import Trial, TrialDatabase
    from seltzer.errors import SeltzerError

CLAIM = "traffic"
# What no setting says: the defaults of lock-timeout and of the server's deadlock_timeout.
_LOCK_TIMEOUT_S, _DEADLOCK_TIMEOUT_S = 2.0, 1.0
_MARGIN_S = 1.0
# A trial goes faster than life; what it finds is tried again at full length before it is told.
_SHORT_S, _SHORT_MARGIN_S, _SHORTEST_S = 0.4, 0.3, 0.05
_RETRY_FOR = timedelta(seconds=20)
_QUIET = frozenset({"AccessShareLock", "RowShareLock"})
_HOLD, _DEADLOCK = "long-hold", "deadlock"
_EARLY = "-- seltzer: lock-timeout = 500ms"
_MANY, _SHOWN = 200, 4


def judge(trial: Trial) -> Judgement:
    """Apply a migration while other sessions use the tables that it locks; a runner twice at once, too."""
    found = _judge(trial)
    if trial.step.migration.file.kind is not Kind.RUNNER or found.verdict is Verdict.UNPROVEN:
        return found
    finding = called_at_once(trial, CLAIM)
    return found if finding is None else judged(CLAIM, trial.id, (*found.findings, finding), "")


def _judge(trial: Trial) -> Judgement:
    limit_s = _limit_s(trial)
    life = Pace(limit_s, _DEADLOCK_TIMEOUT_S, _MARGIN_S)
    quick = Pace(_SHORT_S, max(_SHORTEST_S, _DEADLOCK_TIMEOUT_S * _SHORT_S / limit_s), _SHORT_MARGIN_S)
    result = _tried(trial, quick)
    if isinstance(result, _Result) and not result.is_sure(trial, life, quick):
        result, quick = _tried(trial, life), life
    return result.judgement(trial, result.findings(trial, life, quick)) if isinstance(result, _Result) else result


def _limit_s(trial: Trial) -> float:
    """The lock timeout that counts for a migration, in seconds."""
    own = trial.step.migration.directives.lock_timeout
    found = own if own is not None else trial.lab.conditions.lock_timeout
    return (found.total_seconds() if found is not None else 0.0) or _LOCK_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class _Result:
    """What was seen, and of which tables; what was not done all the same."""

    seen: Seen
    names: Mapping[Sql, str]
    modes: Mapping[Sql, str]
    lines: Mapping[Sql, int]
    undone: tuple[str, ...] = ()

    def judgement(self, trial: Trial, findings: tuple[Finding, ...]) -> Judgement:
        """The verdict on what was seen."""
        error = self.seen.error
        if error is not None and not _for_locks(error):
            lacking = what_lacks(error)
            reason = (
                f"the shadow lacks {lacking}" if lacking else f"it fails when its tables have rows: {error.message}"
            )
            return unproven(CLAIM, trial.id, reason)
        tables = _listed(self.names.values())
        met = "it met nobody"
        if self.seen.met:
            met = "it waited for one that stayed in its transaction, kept nobody else waiting long"
        return judged(
            CLAIM,
            trial.id,
            findings,
            f"{tables}: written to by other sessions meanwhile; {met} and got through; how long its work takes on "
            "large tables, effects says",
        )

    def is_sure(self, trial: Trial, life: Pace, pace: Pace) -> bool:
        """Whether nothing was found, or only what took as long as it takes in production."""
        return {item.rule for item in self.findings(trial, life, pace)} <= {_HOLD}

    def findings(self, trial: Trial, life: Pace, pace: Pace) -> tuple[Finding, ...]:
        """What should not be so.

        Args:
            trial: The migration.
            life: How long things take in production: what the migration holds is held for as long there.
            pace: How long they took in the trial.
        """
        seen = self.seen
        found: list[Finding] = []
        if seen.victim is not None and seen.victim_table is not None:
            found.append(self._victim(trial, seen.victim_table))
        late = [wait for wait in seen.waits if wait.seconds > pace.longest_s]
        held = [wait for wait in seen.holds if wait.seconds > life.longest_s]
        if late:
            found.append(self._queue(trial, max(late, key=lambda wait: wait.seconds), life))
        if held:
            found.append(self._hold(trial, max(held, key=lambda wait: wait.seconds), life))
        if seen.error is not None and _for_locks(seen.error):
            found.append(self._stuck(trial, seen.error))
        if self.undone:
            found.append(self._undone(trial))
        return tuple(found)

    def _mode(self, table: Sql) -> str:
        mode = self.modes.get(table)
        return f" ({in_words(mode)})" if mode else ""

    def _victim(self, trial: Trial, table: Sql) -> Finding:
        others = _listed(name for key, name in self.names.items() if key != table)
        return _finding(
            trial,
            _DEADLOCK,
            f"a session of the application that uses {others} and then {self.names[table]} is ended by a deadlock",
            f"a session wrote to {others} and stayed in its transaction; the migration locked {self.names[table]}"
            f"{self._mode(table)} and waited for the other; the session asked for {self.names[table]}: "
            "SQLSTATE 40P01, deadlock detected",
            line=self.lines.get(table),
            why="Whoever used the application at that moment gets an error.",
            fix=f"{_gives_up_first(trial)}\nOr put what locks {self.names[table]} into a file of its own.",
        )

    def _queue(self, trial: Trial, wait: Wait, life: Pace) -> Finding:
        return _finding(
            trial,
            "long-queue",
            f"whoever uses {self.names[wait.table]} waits behind it for as long as any older transaction lasts",
            f"one session stayed in a transaction on {_listed(self.names.values())}; the migration waited for it, and "
            f"another session that wrote to {self.names[wait.table]} waited {wait.seconds:.1f} s; "
            f"lock-timeout is {life.lock_timeout_s:g} s",
            line=self.lines.get(wait.table),
            why="A lock that is waited for is a queue: one forgotten transaction and everybody waits.",
            fix="Leave lock_timeout to Seltzer, or:  SET LOCAL lock_timeout = '2s';\n"
            "In a runner: seltzer.execute_sql_file(path), which gives up in time and tries again.",
        )

    def _hold(self, trial: Trial, wait: Wait, life: Pace) -> Finding:
        table = self.names[wait.table]
        what, held = (f"rows of {table}", "them locked") if wait.rows else (table, f"it{self._mode(wait.table)}")
        return _finding(
            trial,
            _HOLD,
            f"it keeps others from {what} for {wait.seconds:.1f} s",
            f"a session that writes to {what} waited {wait.seconds:.1f} s while the migration held {held}; "
            f"lock-timeout is {life.lock_timeout_s:g} s",
            line=self.lines.get(wait.table),
            why="Requests pile up behind the lock until the connections of the application run out.",
            fix=f"Do what takes long before {table} is locked, or in a file of its own.",
        )

    def _stuck(self, trial: Trial, error: SeltzerError) -> Finding:
        return _finding(
            trial,
            "does-not-get-through",
            "it does not get through while others use its tables, and is not tried again",
            f"one session stayed in a transaction on {_listed(self.names.values())} for a while\n{error.message}",
            why="A deploy fails by chance: whenever a transaction of the application is in the way.",
            fix="In the runner: seltzer.execute_sql_file(path); or a .sql file: Seltzer gives up and tries again.",
        )

    def _undone(self, trial: Trial) -> Finding:
        return _finding(
            trial,
            "does-not-get-through",
            f"beside other sessions it leaves work undone, and counts as applied: {self.undone[0]}",
            f"one session stayed in a transaction on {_listed(self.names.values())} for a while; no error came out, "
            "and beside an undisturbed run:\n" + "\n".join(self.undone[:_SHOWN]),
            why="The history says that it was applied, and no run will do what it left out.",
            fix="Let the error out (no EXCEPTION that takes a lock timeout for an answer): Seltzer tries again.\n"
            "With SKIP LOCKED: once more without it at the end, for what was locked.",
        )


_SETS = re.compile(r"(?i)\block_timeout\b")


def _gives_up_first(trial: Trial) -> str:
    """How a migration gives up its wait before the server ends a session for it."""
    migration = trial.step.migration
    if migration.file.kind is Kind.RUNNER:
        return "In the runner: seltzer.execute_sql_file(path), with this line in the .sql file:\n" + _EARLY
    if _SETS.search(migration.text or ""):
        return "Leave lock_timeout to Seltzer, and say in the file when it gives up:\n" + _EARLY
    return _EARLY + "\nSeltzer gives up before the server looks for a deadlock (after 1 s), and tries again."


def _finding(  # noqa: PLR0913  # what a finding is made of
    trial: Trial, rule: str, message: str, evidence: str, *, line: int | None = None, why: str, fix: str
) -> Finding:
    path = trial.step.migration.path
    # A session that is ended tries again; who waits, and a deploy that fails, are felt by everybody.
    severity = Severity.WARNING if rule == _DEADLOCK else Severity.ERROR
    return Finding(CLAIM, rule, severity, trial.id, path, line, message, evidence, why, fix)


def _for_locks(error: SeltzerError) -> bool:
    words = ("deadlock detected", "lock timeout", "could not obtain lock")
    return error.sqlstate in {"55P03", "40P01"} or any(word in f"{error.message} {error.detail}" for word in words)


def _tried(trial: Trial, pace: Pace) -> _Result | Judgement:
    """Apply it with a session in the way of what it asks for late; where it meets nobody there, in the way of all."""
    found = _crossed(trial, pace, asks=True)
    if isinstance(found, _Result) and not found.seen.met and found.seen.error is None and len(found.names) > 1:
        return _crossed(trial, pace, asks=False)
    return found


def _crossed(trial: Trial, pace: Pace, *, asks: bool) -> _Result | Judgement:
    with trial.database() as db:
        with db.connect() as conn:
            scene = set_scene(conn, trial, not_valid(conn))
            _hurry(conn, pace)
        if scene.is_idle:
            return not_applicable(CLAIM, trial.id, "it touches no table that was there before it")
        existing = scene.existing
        touched = scene.touched.modes if scene.touched is not None and scene.wanted is not None else None
        order = list(existing) if touched is None else [oid for oid in touched if oid in existing]
        if touched is not None and all(touched[oid] <= _QUIET for oid in order):
            names = _listed(str(existing[oid]) for oid in order)
            return proven(CLAIM, trial.id, f"it only reads {names}: its locks keep nobody from reading or writing")
        loud = [oid for oid in order if touched is None or not touched[oid] <= _QUIET][:_MANY]
        names = {identifier(*existing[oid]): str(existing[oid]) for oid in loud}
        modes = {identifier(*existing[oid]): strongest(touched[oid]) or "" for oid in loud} if touched else {}
        tables = list(names)
        first = tables[0] if asks and len(tables) > 1 and touched is not None else None
        lines = {identifier(*existing[oid]): line for oid, line in _lines(scene).items() if oid in loud}
        seen = cross(db.parameters, lambda: _apply(trial, db, pace), tables, first, pace)
        return _Result(seen, names, modes, lines, () if seen.error else tuple(undone(trial, db)))


def _lines(scene: Scene) -> Mapping[int, int]:
    return scene.touched.lines if scene.touched is not None else {}


def _apply(trial: Trial, db: TrialDatabase, pace: Pace) -> None:
    """Apply the migration with timeouts as they are in the trial; what the file sets itself stays."""
    short = timedelta(seconds=pace.lock_timeout_s)
    conditions = replace(db.conditions, lock_retry_for=_RETRY_FOR, lock_timeout=db.conditions.lock_timeout and short)
    migration = trial.step.migration
    directives = replace(migration.directives, lock_timeout=migration.directives.lock_timeout and short)
    db.apply(replace(trial.step, migration=replace(migration, directives=directives)), conditions=conditions)


def _hurry(conn: psycopg.Connection[Any], pace: Pace) -> None:
    """Have the server look for deadlocks as early as the pace has it; where that is not allowed, it keeps its own."""
    with suppress(psycopg.errors.InsufficientPrivilege):
        execute(
            conn,
            compose(
                "ALTER DATABASE {name} SET deadlock_timeout = {time}",
                name=identifier(conn.info.dbname),
                time=literal(round(pace.deadlock_timeout_s * 1000)),
            ),
        )


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more
