"""`atomic` of what cannot be read: Python, runners and unparsed files, disturbed by triggers of the server."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from seltzer.catalog.snapshot import difference
from seltzer.claims.fault import Faults
from seltzer.claims.finding import Finding, Severity, judged, not_applicable, proven, unproven
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
from seltzer.model import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.claims.fault import Tick
    from seltzer.claims.finding import Judgement
    from seltzer.claims.outcomes import Picture
    from seltzer.claims.trial import Trial, TrialDatabase
    from seltzer.errors import SeltzerError

_RAISED_AND_KILLED = (False, True)
_MOST_CLONES = 40


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
    told = f"an error after {tried_of(tried, len(ticks), 'change')}, and the connection ended there" if ticks else ""
    if not clean:
        findings = _findings(trial, quiet)
        if findings:
            return judged(ATOMIC, trial.id, findings, told)
    if quiet.unseen or not ticks:
        also = ", ".join(quiet.unseen) or "; ".join(few(did))
        before = f"{told}: nothing stayed; but " if told else ""
        return unproven(ATOMIC, trial.id, f"{before}no fault can be injected behind what it does with: {also}")
    if not clean:
        return unproven(ATOMIC, trial.id, f"{told}: not the same every time")
    return proven(ATOMIC, trial.id, f"{told}: catalog and rows as before")


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
    clean, tried = True, 0
    with trial.database() as database:
        faults = Faults(database)
        faults.install()
        for index in spread(len(quiet.ticks)):
            clean = all(
                _stops(database, faults, quiet.ticks[index].number, kills=kills) for kills in _RAISED_AND_KILLED
            )
            tried += 1
            if not clean or time.monotonic() > deadline:
                break
        faults.remove()
        return tried, clean and not changes(quiet.before, picture_of(database))


def _stops(database: TrialDatabase, faults: Faults, at: int, *, kills: bool) -> bool:
    faults.arm(at, kills=kills)
    return failure_of(database) is not None and faults.counted() >= at


def _findings(trial: Trial, quiet: _Quiet) -> tuple[Finding, ...]:
    """What stays after each fault when it comes alone: the first of each sort, for they have one cause."""
    found: dict[str, Finding] = {}
    final = Undisturbed(trial, quiet.after)
    numbers = sorted(spread(len(quiet.ticks)))[: _MOST_CLONES // 2]
    for tick in (quiet.ticks[number] for number in numbers):
        for kills in _RAISED_AND_KILLED:
            finding = _finding(trial, quiet, final, tick, kills=kills)
            if finding is not None:
                found.setdefault(finding.rule, finding)
        if "partly-applied" in found:
            break
    return tuple(found.values())


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
        return _partly(trial, quiet, tick, error, (stays, _next_run(database, final))) if stays else None


def _next_run(database: TrialDatabase, final: Undisturbed) -> str:
    error = failure_of(database)
    if error is not None:
        return f"the next run fails: {error.message}"
    twice = final.changes(picture_of(database))
    return f"the next run ends with something else: {'; '.join(few(twice))}" if twice else "the next run completes it"


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
        message=f"a failure after {tick.what} leaves what it did before that",
        evidence="\n".join(
            [
                f"a fault right after {tick.what}, change {tick.number} of {len(quiet.ticks)}; then:",
                *few(stays),
                following,
            ]
        ),
        why="It commits as it goes. A deploy that is killed or fails there leaves the database between two states; "
        f"{following}.",
        fix=_runner_fix(trial) if migration.file.kind is Kind.RUNNER else _OWN_FIX,
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


_OWN_FIX = (
    "Do all of it on the connection that it is given, and commit nothing: the run commits it with its history row."
)


def _runner_fix(trial: Trial) -> str:
    file = trial.step.migration.file
    names = [path.name for path in file.members if path.suffix == ".sql"] or ["create_tables.sql"]
    calls = "\n".join(f'    execute_sql_file(Path(__file__).with_name("{name}"))' for name in names)
    return (
        "Hand the SQL to the run's transaction:\n"
        "from pathlib import Path\nfrom seltzer import execute_sql_file\n\n"
        f"def run_migration():\n{calls}"
    )
