"""`atomic` of a SQL file that goes unit by unit: wherever it is disturbed, the next run ends as it would have."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from seltzer.claims.atomic_ends import needless_ends
from seltzer.claims.fault import Faults
from seltzer.claims.faulted_text import Fault, with_fault
from seltzer.claims.finding import Finding, judged, unproven
from seltzer.claims.outcomes import ATOMIC, PATIENCE, Undisturbed, failure_of, few, picture_of, spread, tried_of
from seltzer.events import StatementStarted
from seltzer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from seltzer.claims.fault import Tick
    from seltzer.claims.finding import Judgement
    from seltzer.claims.trial import Trial, TrialDatabase
    from seltzer.errors import SeltzerError
    from seltzer.events import Event
    from seltzer.sql.shape import Stepwise


@dataclass(frozen=True, slots=True)
class _Disturbance:
    """One way to disturb it.

    Attributes:
        words: What happens, and where.
        line: Where in the file.
        disturb: Applies it with the disturbance; returns the failure.
    """

    words: str
    line: int
    disturb: Callable[[TrialDatabase], SeltzerError | None]


def judge_stepwise(trial: Trial, shape: Stepwise) -> Judgement:
    """Try it: each disturbance on a clone, and the next run after it.

    Raises:
        SeltzerError: It could not be tried.
    """
    final = Undisturbed(trial)
    findings = list(needless_ends(trial, shape, final))
    try:
        inside = _inside_statements(trial, shape)
    except psycopg.errors.InsufficientPrivilege:
        inside = None  # what comes after statements is tried all the same
    ways = [*_after_statements(trial), *(inside or ())]
    deadline = time.monotonic() + PATIENCE.total_seconds()
    tried = 0
    for index in spread(len(ways)):
        finding = _resumed(trial, final, ways[index])
        tried += 1
        if finding is not None:
            findings.append(finding)
            break  # the others would have the same cause
        if time.monotonic() > deadline:
            break
    told = (
        f"disturbed at {tried_of(tried, len(ways), 'point')} (the connection ended, an error raised) and applied again"
    )
    if not findings and inside is None:
        return unproven(
            ATOMIC, trial.id, f"{told}; inside of a statement only a superuser of the shadow can disturb it"
        )
    return judged(ATOMIC, trial.id, tuple(findings), f"{told}: every time the catalog and rows of an undisturbed run")


def _after_statements(trial: Trial) -> list[_Disturbance]:
    """The connection ends after each statement of the file."""
    statements = trial.step.migration.statements or ()
    return [
        _Disturbance(
            f"its connection was ended right after the statement of line {item.line}",
            item.line,
            lambda database, index=index: failure_of(database, with_fault(trial.step, index, Fault.KILL)),
        )
        for index, item in enumerate(statements)
        if not item.control
    ]


def _inside_statements(trial: Trial, shape: Stepwise) -> list[_Disturbance]:
    """An error, and the end of the connection, behind each change inside of a statement that runs by itself.

    In a unit that shares its transaction with its record nothing could be half done.
    """
    alone = {unit.statements[0].line for unit in shape.units if not unit.transactional}
    ticks = [(line, tick) for line, tick in _ticks(trial) if line in alone] if alone else []
    return [
        _Disturbance(
            f"{'its connection was ended' if kills else 'an error was raised'} in line {line}, behind {tick.what}",
            line,
            lambda database, tick=tick, kills=kills: _faulted(database, tick, kills=kills),
        )
        for line, tick in ticks
        for kills in (False, True)
    ]


def _ticks(trial: Trial) -> list[tuple[int, Tick]]:
    """What is counted while nobody disturbs it, with the line of the unit that did it."""
    begins: list[tuple[int, int]] = []
    with trial.database() as database:
        faults = Faults(database)
        faults.install()

        def heard(event: Event) -> None:
            if isinstance(event, StatementStarted):
                begins.append((faults.counted(), event.line))

        database.apply(listener=heard)
        return [(_line_at(begins, tick.number), tick) for tick in faults.ticks()]


def _line_at(begins: list[tuple[int, int]], number: int) -> int:
    """The line of the last unit that began before a tick."""
    return next((line for counted, line in reversed(begins) if counted < number), 1)


def _faulted(database: TrialDatabase, tick: Tick, *, kills: bool) -> SeltzerError | None:
    faults = Faults(database)
    faults.install()
    faults.arm(tick.number, kills=kills)
    try:
        return failure_of(database)
    finally:
        faults.remove()


def _resumed(trial: Trial, final: Undisturbed, way: _Disturbance) -> Finding | None:
    with trial.database() as database:
        if way.disturb(database) is None:
            return None  # it did not come that far this time
        error = failure_of(database)
        if error is not None:
            seen = f"the next run failed: {error.message}"
            return _finding(trial, way, "the next run fails", seen, "cannot go on, and neither can the application")
        different = final.changes(picture_of(database))
    if not different:
        return None
    seen = "\n".join(["the next run went through; beside an undisturbed one:", *few(different)])
    return _finding(trial, way, "the next run makes another database of it", seen, "makes another database of it")


def _finding(trial: Trial, way: _Disturbance, what: str, seen: str, following: str) -> Finding:
    return Finding(
        claim=ATOMIC,
        rule="does-not-resume",
        severity=Severity.ERROR,
        id=trial.id,
        file=trial.step.migration.path,
        line=way.line,
        message=f"when it is cut off in line {way.line}, {what}",
        evidence=f"{way.words}\n{seen}",
        why="It runs statement by statement, so a deploy that is killed there leaves what ran before; the next start "
        f"{following}.",
        fix="Write the statement so that it can be run again (IF NOT EXISTS, WHERE what is not done yet), or move what "
        "PostgreSQL takes in one transaction into a file of its own.",
    )
