"""A migration meets tables that have rows: it must not fail on them, and lose none that it does not speak of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from seltzer.claims.contents import read_contents
from seltzer.claims.finding import Finding, Verdict, judged, not_applicable, unproven
from seltzer.claims.lacking import what_lacks
from seltzer.claims.loose_rows import repaired_on_the_way
from seltzer.claims.on_rows import stage_of
from seltzer.claims.own_failure import is_own_failure
from seltzer.claims.row_failures import explain, explain_words
from seltzer.claims.row_losses import losses
from seltzer.claims.rows.learned import NO_HINTS, hints_in
from seltzer.claims.said import read_said
from seltzer.claims.touching import run_statements, shape_in_one
from seltzer.claims.with_rows import set_scene
from seltzer.errors import PythonError, RunnerError, SeltzerError
from seltzer.model import Severity

if TYPE_CHECKING:
    import psycopg

    from seltzer.claims.finding import Judgement
    from seltzer.claims.row_failures import Explained
    from seltzer.claims.rows import Filled
    from seltzer.claims.rows.learned import Hints
    from seltzer.claims.trial import Trial, TrialDatabase
    from seltzer.claims.with_rows import Scene
    from seltzer.model import Statement

CLAIM = "survives-rows"
_ROWS = "NULLs, duplicates, orphans and edge values where the constraints allow them"
_PASSING = frozenset({"55P03", "40P01", "40001", "57014", "53300"})
_NAMED = (
    "tried on rows with the values that its own bounds, CHECKs and WHEREs name, those beside them, "
    "and the keys that it reads in documents"
)
_SHOWN = 5
_IDLE = "it touches no table that was there before it"


def judge(trial: Trial) -> Judgement:
    """Fill the tables that a migration touches, apply it, and look what became of the rows."""
    found = _judge(trial, frozenset())
    hints = hints_in(trial.step.migration.text or "")
    if found.verdict is not Verdict.PROVEN or not hints:
        return found
    with trial.database() as db, db.connect() as conn:
        scene = set_scene(conn, trial, hints=hints)
        if not any(scene.filled.rows.values()):
            return found
        named = _tried(Attempt(trial, db, conn, scene.filled, scene.wanted, frozenset(), hints))
    if named.verdict is not Verdict.REFUTED:
        return found
    # Whether such rows are there, only production knows.
    findings = [
        replace(item, severity=Severity.WARNING, evidence=f"{_NAMED}\n{item.evidence}") for item in named.findings
    ]
    return replace(named, findings=tuple(findings))


def _judge(trial: Trial, spared: frozenset[str]) -> Judgement:
    if not spared and not trial.lab.alone:
        stage = stage_of(trial)
        if stage.scene is not None and stage.scene.is_idle:
            return not_applicable(CLAIM, trial.id, _IDLE)
        with (stage.filled or trial).database() as db, db.connect() as conn:
            return _judged(trial, db, conn, stage.scene or set_scene(conn, trial), spared)
    with trial.database() as db, db.connect() as conn:
        return _judged(trial, db, conn, set_scene(conn, trial, spared), spared)


def _judged(
    trial: Trial, db: TrialDatabase, conn: psycopg.Connection[Any], scene: Scene, spared: frozenset[str]
) -> Judgement:
    if scene.is_idle:
        return not_applicable(CLAIM, trial.id, _IDLE)
    if not any(scene.filled.rows.values()):
        return unproven(CLAIM, trial.id, _empty(scene.filled, scene.wanted))
    return _tried(Attempt(trial, db, conn, scene.filled, scene.wanted, spared))


@dataclass(frozen=True, slots=True)
class Attempt:
    """A trial on rows.

    Attributes:
        trial: The migration.
        db: A database whose tables are filled.
        conn: A connection to it.
        filled: What it is filled with.
        wanted: OIDs of the tables that the migration touches; None when that is not known.
        spared: Constraints that are NOT VALID, and that no row breaks.
        hints: What the migration says of the rows that it will meet.
    """

    trial: Trial
    db: TrialDatabase
    conn: psycopg.Connection[Any]
    filled: Filled
    wanted: frozenset[int] | None
    spared: frozenset[str]
    hints: Hints = NO_HINTS


def _tried(attempt: Attempt) -> Judgement:
    trial, filled = attempt.trial, attempt.filled
    before = read_contents(attempt.conn, filled.rows)
    try:
        attempt.db.apply()
    except SeltzerError as error:
        return _failed(attempt, error)
    after = read_contents(attempt.conn, filled.rows)
    found = losses(attempt.conn, trial, before, after, read_said(attempt.conn, trial.step.migration))
    if not found and _empty(filled, attempt.wanted):
        return unproven(CLAIM, trial.id, _empty(filled, attempt.wanted))
    lines = _lines(attempt, frozenset(oid for oid, _ in found))
    findings = tuple(replace(item, line=lines.get(oid)) for oid, item in found)
    return judged(CLAIM, trial.id, findings, f"{_filled(filled)}; it ran, and no row is lost or changed unsaid")


def _lines(attempt: Attempt, tables: frozenset[int]) -> dict[int, int]:
    """The line of the statement that changes each of some tables first: run once more, one by one, on the same rows."""
    shape = shape_in_one(attempt.trial.step.migration)
    if shape is None or not tables:
        return {}
    found: dict[int, int] = {}
    with attempt.trial.database() as db, db.connect() as conn:
        set_scene(conn, attempt.trial, attempt.spared, attempt.hints)
        before = read_contents(conn, tables)

        def look(statement: Statement) -> None:
            now = read_contents(conn, tables - found.keys())
            found.update((oid, statement.line) for oid in tables - found.keys() if now.get(oid) != before[oid])

        run_statements(conn, db.conditions, shape, look)
    return found


def _filled(filled: Filled) -> str:
    names = [filled.names[oid] for oid, count in sorted(filled.rows.items()) if count]
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    return f"{shown} filled with {sum(filled.rows.values())} rows ({_ROWS})"


def _empty(filled: Filled, wanted: frozenset[int] | None) -> str:
    """The tables that could not be filled, of those that the migration touches; empty when there is none."""
    missing = [oid for oid in sorted(filled.empty) if wanted is None or oid in wanted]
    if not missing:
        return ""
    reasons = [f"{filled.names[oid]} ({filled.empty[oid]})" for oid in missing[:_SHOWN]]
    more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    return f"could not be filled with rows: {'; '.join(reasons)}{more}"


def _failed(attempt: Attempt, error: SeltzerError) -> Judgement:
    trial = attempt.trial
    if not _is_about_rows(error):
        lacking = what_lacks(error)
        reason = f"the shadow lacks {lacking}" if lacking else f"the trial itself failed: {error.message}"
        return unproven(CLAIM, trial.id, reason)
    explained = _explained(attempt) or explain_words(error.sqlstate or "", error.message)
    place = error.place
    loose = [name for names in attempt.filled.loose.values() for name in names if f'"{name}"' in error.message]
    if loose and repaired_on_the_way(trial, loose[0]):
        return _judge(trial, frozenset([*attempt.spared, *loose]))
    message = explained.message
    if loose:
        message += f" ({loose[0]} was added NOT VALID: rows from before it may break it)"
    finding = Finding(
        claim=CLAIM,
        rule="fails-on-rows",
        severity=Severity.WARNING if loose else Severity.ERROR,
        id=trial.id,
        file=place.file if place is not None else trial.step.migration.path,
        line=place.line if place is not None else None,
        message=message,
        evidence="\n".join([f"{_filled(attempt.filled)}, then applied", *_said(error)]),
        why=explained.why,
        fix=explained.fix,
    )
    return judged(CLAIM, trial.id, (finding,), "")


def _is_about_rows(error: SeltzerError) -> bool:
    """Whether PostgreSQL refused rows, or the migration's own code did, and not the trial failed."""
    if error.sqlstate is None:
        return isinstance(error, (PythonError, RunnerError)) and is_own_failure(error)
    return error.sqlstate not in _PASSING and what_lacks(error) is None


def _said(error: SeltzerError) -> list[str]:
    if error.sqlstate is None:
        return ["on the same tables without rows it ran", error.message]
    return [f"{error.message} (SQLSTATE {error.sqlstate})"]


def _explained(attempt: Attempt) -> Explained | None:
    """The failure once more, statement by statement, for what PostgreSQL says of tables and columns."""
    shape = shape_in_one(attempt.trial.step.migration)
    if shape is None:
        return None
    try:
        refused = run_statements(attempt.conn, attempt.db.conditions, shape)
        return explain(refused) if refused is not None else None
    finally:
        attempt.conn.execute("ROLLBACK")
