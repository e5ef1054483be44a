"""Claim: the way back leaves catalog and rows as they were before, and the migration can be applied again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seltzer.claims.finding import Finding, judged, not_applicable
from seltzer.claims.own_failure import is_own_failure, said_by
from seltzer.claims.second_run import State, differences, state_of
from seltzer.errors import FilesError, SeltzerError
from seltzer.model import Direction, Kind, Reason, Severity, Step
from seltzer.source.read import read_down

if TYPE_CHECKING:
    from seltzer.claims.finding import Judgement
    from seltzer.claims.second_run import Differences
    from seltzer.claims.trial import Trial, TrialDatabase

CLAIM = "reversible"
_PROVEN = "applied, reverted, applied again: catalog and rows are as before each time, column order apart"
_MOST_LINES = 8
_WHY_FAILS = "Whoever needs the way back needs it at once, with a release that does not work: it stops there."
_WHY_DIFFERS = (
    "A database that went back is not the one that was there before: the next migration, or the older release, "
    "meets what nobody tested."
)


def judge(trial: Trial) -> Judgement:
    """Apply, revert and apply again, and compare.

    Raises:
        SeltzerError: The trial came to nothing.
    """
    try:
        back = _way_back(trial)
    except FilesError as error:
        return judged(CLAIM, trial.id, (_fails(trial, error, "its way back cannot be read"),), "")
    if back is None:
        return not_applicable(CLAIM, trial.id, "it has no way back")
    with trial.database() as database:
        return judged(CLAIM, trial.id, _tried(trial, back, database), _PROVEN)


def _way_back(trial: Trial) -> Step | None:
    file = trial.step.migration.file
    found = read_down(file)
    if found is None:
        return None
    if file.kind is Kind.RUNNER and file.down is not None:
        found = replace(found, file=file._replace(path=file.down))
    return Step(found, Reason.NEW, 1, direction=Direction.REVERT)


def _tried(trial: Trial, back: Step, database: TrialDatabase) -> tuple[Finding, ...]:
    before = _state(database)
    database.apply()
    applied = _state(database)
    try:
        database.apply(back)
    except SeltzerError as error:
        return (_fails(trial, error, "its way back fails", back),)
    left = differences(before, _state(database))
    findings = [_differs(trial, left, back)] if left else []
    try:
        database.apply()
    except SeltzerError as error:
        return (*findings, _fails(trial, error, "once reverted, it cannot be applied again", back))
    again = _without_fresh_values(differences(applied, _state(database)))
    if again and not findings:
        message = "once reverted, applying it again does not make what it made at first"
        findings.append(_finding(trial, back, message, ["applied, reverted, applied again", *_lines(again)]))
    return tuple(findings)


def _without_fresh_values(seen: Differences) -> Differences:
    """Without rows of which only the values differ: from the same state again, those are times and numbers of a run."""
    return seen._replace(rows=tuple(line for line in seen.rows if "→" in line))


def _state(database: TrialDatabase) -> State:
    found = state_of(database)
    return State(found.catalog.without_column_order(), found.rows)


def _fails(trial: Trial, error: SeltzerError, what: str, back: Step | None = None) -> Finding:
    if not is_own_failure(error):
        raise error
    tried = "applied: it succeeded" if back is not None else "read, not run"
    found = _finding(trial, back, f"{what}: {error.message}", [tried, f"then: {what}", *said_by(error)], _WHY_FAILS)
    return replace(found, file=error.place.file, line=error.place.line) if error.place is not None else found


def _differs(trial: Trial, left: Differences, back: Step) -> Finding:
    message = f"its way back does not lead back: {left.lines[0]}"
    return _finding(trial, back, message, ["applied, reverted, compared with before", *_lines(left)])


def _lines(seen: Differences) -> list[str]:
    more = len(seen.lines) - _MOST_LINES
    return [*seen.lines[:_MOST_LINES], *([f"and {more} more"] if more > 0 else [])]


def _finding(trial: Trial, back: Step | None, message: str, evidence: list[str], why: str = _WHY_DIFFERS) -> Finding:
    return Finding(
        claim=CLAIM,
        rule=CLAIM,
        severity=Severity.ERROR,
        id=trial.id,
        file=back.migration.path if back is not None else trial.step.migration.path,
        line=None,
        message=message,
        evidence="\n".join(evidence),
        why=why,
    )
