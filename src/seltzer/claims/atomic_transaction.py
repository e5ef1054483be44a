"""`atomic` of a SQL file that runs as one transaction: nothing of it stays, wherever it is disturbed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from seltzer.claims.faulted_text import Fault, is_fault, with_fault
from seltzer.claims.finding import Finding, judged, proven, unproven
from seltzer.claims.outcomes import ATOMIC, PATIENCE, changes, failure_of, few, picture_of, spread, tried_of
from seltzer.model import Severity

if TYPE_CHECKING:
    from seltzer.claims.finding import Judgement
    from seltzer.claims.outcomes import Picture
    from seltzer.claims.trial import Trial, TrialDatabase
    from seltzer.sql.shape import OneTransaction

_MOST_FINDINGS = 3


def judge_transaction(trial: Trial, shape: OneTransaction) -> Judgement:
    """Try it: on one clone as long as that stays as it was; what changes it is tried again by itself."""
    points = _points(trial, shape)
    chosen = spread(len(points))
    with trial.database() as database:
        before = picture_of(database)
        tried, unclear = _disturb(trial, database, [points[index] for index in chosen])
        stays = changes(before, picture_of(database))
    if unclear is not None and not stays:
        return unproven(ATOMIC, trial.id, unclear)
    told = f"a fault after {tried_of(tried, len(points), 'statement')}, and the connection ended there"
    if not stays:
        return proven(ATOMIC, trial.id, f"{told}: catalog and rows as before")
    findings = _findings(trial, before, sorted(points[index] for index in chosen))
    if not findings:
        return unproven(ATOMIC, trial.id, f"{told}: {'; '.join(few(stays))}, but not when each fault came alone")
    return judged(ATOMIC, trial.id, findings, told)


def _points(trial: Trial, shape: OneTransaction) -> list[int]:
    """The statements of the file after which a fault is inside its transaction."""
    statements = trial.step.migration.statements or ()
    begins = [index for index, item in enumerate(statements) if item.control in {"begin", "commit"}]
    first, last = (begins[0], begins[-1]) if begins else (-1, len(statements))
    inside = {item.offset for item in shape.statements}
    return [index for index, item in enumerate(statements) if first < index < last and item.offset in inside]


def _disturb(trial: Trial, database: TrialDatabase, points: list[int]) -> tuple[int, str | None]:
    """Apply it with a fault after each of these statements; how many were tried, and what was not as it should be."""
    deadline = time.monotonic() + PATIENCE.total_seconds()
    for tried, after in enumerate(points):
        if time.monotonic() > deadline:
            return tried, None
        for fault in Fault:
            error = failure_of(database, with_fault(trial.step, after, fault))
            line = _line(trial, after)
            if error is None:
                return tried, f"a fault after line {line} did not stop it"
            if fault is Fault.ERROR and not is_fault(error, trial.step, after):
                return tried, f"it failed before the fault after line {line}: {error.message}"
    return len(points), None


def _findings(trial: Trial, before: Picture, points: list[int]) -> tuple[Finding, ...]:
    found: list[Finding] = []
    for after in points:
        for fault in Fault:
            with trial.database() as database:
                failure_of(database, with_fault(trial.step, after, fault))
                stays = changes(before, picture_of(database))
            if stays:
                found.append(_finding(trial, after, fault, stays))
                break
        if len(found) == _MOST_FINDINGS:
            break
    return tuple(found)


def _finding(trial: Trial, after: int, fault: Fault, stays: list[str]) -> Finding:
    what = "an error was raised" if fault is Fault.ERROR else "its connection was ended"
    line = _line(trial, after)
    return Finding(
        claim=ATOMIC,
        rule="partly-applied",
        severity=Severity.ERROR,
        id=trial.id,
        file=trial.step.migration.path,
        line=line,
        message=f"what it does reaches beyond its transaction: after a fault behind line {line} something stays",
        evidence="\n".join([f"{what} right after the statement of line {line}; then:", *few(stays)]),
        why="A deploy that is killed or fails there leaves the database between two states; no history row says so.",
        fix="Give what works through another connection (dblink, a foreign table, a program) a migration of its own.",
    )


def _line(trial: Trial, index: int) -> int:
    return (trial.step.migration.statements or ())[index].line
