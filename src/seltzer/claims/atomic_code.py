"""`atomic` of what cannot be read: Python, runners and unparsed files, disturbed by triggers of the server."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from seltzer.catalog.snapshot import difference
from seltzer.claims.applying import brings_code
from seltzer.claims.fault import FAULTS, Faults, Tick
from seltzer.claims.finding import Finding, judged, not_applicable, proven, unproven
from seltzer.claims.outcomes import (
    ATOMIC,
    PATIENCE,
    Undisturbed,
    changes,
    failure_of,
    few,
    picture_of,
    spread,
    tried_of,
)
from seltzer.claims.unseen import read_unseen, unseen_of
from seltzer.model import Kind, Language, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.claims.finding import Judgement
    from seltzer.claims.outcomes import Picture
    from seltzer.claims.trial import Trial, TrialDatabase
    from seltzer.errors import SeltzerError

_RAISED_AND_KILLED = (False, True)
_COMPLETES = "the next run completes it"


@dataclass(frozen=True, slots=True)
class _Quiet:
    """A run that nobody disturbed, and what was counted meanwhile."""

    before: Picture
    after: Picture
    ticks: Sequence[Tick]
    unseen: Sequence[str]


def judge_by_ticks(trial: Trial) -> Judgement:
    """Try it: first only count, then disturb it at each count.

    Raises:
        SeltzerError: It could not be tried.
    """
    try:
        quiet = _count(trial)
    except psycopg.errors.InsufficientPrivilege:
        return unproven(ATOMIC, trial.id, "only a superuser of the shadow can inject faults into what cannot be read")
    ticks, did = quiet.ticks, changes(quiet.before, quiet.after)[:-1]  # the last is what the history says
    if not ticks and not did and not quiet.unseen:
        return not_applicable(ATOMIC, trial.id, "it changes nothing on the shadow")
    tried, clean = _disturb(trial, quiet)
    findings: tuple[Finding, ...] = ()
    if not clean:
        tried, findings = _findings(trial, quiet)
    told = f"an error after {tried_of(tried, len(ticks), 'change')}, and the connection ended there" if ticks else ""
    if not findings and brings_code(trial.step.migration):
        findings = _at_end(trial, quiet)
    if findings:
        return judged(ATOMIC, trial.id, findings, told)
    if quiet.unseen or not ticks:
        also = ", ".join(quiet.unseen) or "; ".join(few(did))
        before = f"{told}: nothing stayed; but " if told else ""
        return unproven(ATOMIC, trial.id, f"{before}no fault can be injected behind what it does with: {also}")
    as_what = "as before" if clean else "as before, or in the end as without the fault"
    return proven(ATOMIC, trial.id, f"{told}: catalog and rows {as_what}")


def _count(trial: Trial) -> _Quiet:
    with trial.database() as database:
        before, counters, faults = picture_of(database), read_unseen(database), Faults(database)
        faults.install()
        database.apply()
        ticks = faults.ticks()
        faults.remove()
        after = picture_of(database)
        changed = difference(before.snapshot, after.snapshot)
        unseen = unseen_of(trial.step.migration, counters, read_unseen(database), changed)
    return _Quiet(before, after, ticks, unseen)


def _disturb(trial: Trial, quiet: _Quiet) -> tuple[int, bool]:
    """Disturb it on one database; how many points were tried, and whether each stopped it and left nothing."""
    if not quiet.ticks:
        return 0, True
    deadline = time.monotonic() + PATIENCE.total_seconds()
    tried = 0
    with trial.database() as database:
        faults = Faults(database)
        faults.install()
        before = picture_of(database, FAULTS)
        for index in spread(len(quiet.ticks)):
            for kills in _RAISED_AND_KILLED:
                faults.arm(quiet.ticks[index].number, kills=kills)
                stopped = failure_of(database) is not None and faults.counted() >= quiet.ticks[index].number
                # Each by itself: a run that makes anew what it finds would take away what the one before it left.
                if not stopped or changes(before, picture_of(database, FAULTS)):
                    return tried, False
            tried += 1
            if time.monotonic() > deadline:
                break
    return tried, True


def _findings(trial: Trial, quiet: _Quiet) -> tuple[int, tuple[Finding, ...]]:
    """How many points were tried alone, and what was found: the first of each sort, for they have one cause."""
    found: dict[str, Finding] = {}
    final = Undisturbed(trial, quiet.after)
    deadline = time.monotonic() + PATIENCE.total_seconds()
    numbers = sorted(spread(len(quiet.ticks)))
    for tried, number in enumerate(numbers):
        for kills in _RAISED_AND_KILLED:
            finding = _finding(trial, quiet, final, quiet.ticks[number], kills=kills)
            if finding is not None:
                found.setdefault(finding.rule, finding)
        if "partly-applied" in found or time.monotonic() > deadline:
            return tried + 1, tuple(found.values())
    return len(numbers), tuple(found.values())


def _finding(trial: Trial, quiet: _Quiet, final: Undisturbed, tick: Tick, *, kills: bool) -> Finding | None:
    with trial.database() as database:
        faults = Faults(database)
        faults.install()
        faults.arm(tick.number, kills=kills)
        error, reached = failure_of(database), faults.counted() >= tick.number
        faults.remove()
        now = picture_of(database)
        if not reached:
            return None
        if error is None:
            missing = final.changes(now)
            return _swallowed(trial, quiet, tick, missing) if missing else None
        stays = changes(quiet.before, now)
        if not stays:
            return None
        following = _next_run(database, final)
        if following == _COMPLETES and _goes_alone(trial):
            return None
        return _partly(trial, quiet, tick, error, (stays, following))


def _at_end(trial: Trial, quiet: _Quiet) -> tuple[Finding, ...]:
    """What stays when only its history row fails: what it committed on a connection of its own.

    A runner that has done all of it by then, and all at once, is called again: it says itself that it can be.
    """
    if not quiet.ticks:
        return ()
    with trial.database() as database:
        faults = Faults(database)
        faults.install()
        faults.arm_end()
        error = failure_of(database)
        faults.remove()
        now = picture_of(database)
        stays = changes(quiet.before, now)
        if error is None or not stays:
            return ()
        final = Undisturbed(trial, quiet.after)
        if trial.step.migration.file.kind is Kind.RUNNER and not final.changes(now):
            return ()
        following = _next_run(database, final)
    last = Tick(len(quiet.ticks), "its last change")
    return (_partly(trial, quiet, last, error, (stays, following)),)


def _next_run(database: TrialDatabase, final: Undisturbed) -> str:
    error = failure_of(database)
    if error is not None:
        return f"the next run fails: {error.message}"
    twice = final.changes(picture_of(database))
    return f"the next run ends with something else: {'; '.join(few(twice))}" if twice else _COMPLETES


def _goes_alone(trial: Trial) -> bool:
    """Whether it is a file that asks for no transaction: for that the next run has to do."""
    migration = trial.step.migration
    return migration.file.language is Language.SQL and not migration.directives.transaction


def _partly(trial: Trial, quiet: _Quiet, tick: Tick, error: SeltzerError, seen: tuple[list[str], str]) -> Finding:
    stays, following = seen
    place = error.place
    migration = trial.step.migration
    return Finding(
        claim=ATOMIC,
        rule="partly-applied",
        severity=Severity.ERROR,
        id=trial.id,
        file=place.file if place is not None else migration.path,
        line=place.line if place is not None else None,
        message=f"a failure after {tick.what} leaves something behind: {stays[0]}",
        evidence="\n".join(
            [
                f"a fault right after {tick.what}, change {tick.number} of {len(quiet.ticks)}; then:",
                *few(stays),
                following,
            ]
        ),
        why="It commits as it goes. A deploy that is killed or fails there leaves the database between two states; "
        f"{following}.",
        fix=_fix(trial),
    )


def _swallowed(trial: Trial, quiet: _Quiet, tick: Tick, missing: list[str]) -> Finding:
    return Finding(
        claim=ATOMIC,
        rule="swallowed-failure",
        severity=Severity.ERROR,
        id=trial.id,
        file=trial.step.migration.path,
        line=None,
        message=f"it goes on after {tick.what} failed, and counts as applied",
        evidence="\n".join(
            [
                f"a fault right after {tick.what}, change {tick.number} of {len(quiet.ticks)}",
                "no error came out, and beside an undisturbed run:",
                *few(missing),
            ]
        ),
        why="The history will say that it was applied, and no run will do again what failed.",
        fix="Let the error out: take the except away, or end it with raise.",
    )


_PYTHON_FIX = (
    "Do all of it on the connection that it is given, and commit nothing: the run commits it with its history row."
)


_TEXT_FIX = "Take COMMIT out, or write each transaction into a file of its own."


def _fix(trial: Trial) -> str:
    file = trial.step.migration.file
    if file.kind is not Kind.RUNNER:
        return _PYTHON_FIX if file.language is Language.PYTHON else _TEXT_FIX
    names = [path.name for path in file.members if path.suffix == ".sql"]
    calls = "\n".join(
        f'    execute_sql_file(Path(__file__).with_name("{name}"))' for name in names or ["create_tables.sql"]
    )
    first = "Hand the SQL" if names else f"Write the SQL into {file.module}/create_tables.sql and hand it"
    return (
        f"{first} to the run's transaction:\n"
        "from pathlib import Path\nfrom seltzer import execute_sql_file\n\n"
        f"def run_migration():\n{calls}\n"
        "Or keep its own connection in one transaction: no autocommit, and one commit at the end."
    )
