"""Claim: a database that has the old files and takes the new ones ends as an empty one that takes the new ones."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from seltzer.catalog.snapshot import Snapshot, difference
from seltzer.claims.finding import Finding, judged, not_applicable, unproven
from seltzer.claims.own_failure import is_own_failure, said_by
from seltzer.claims.trial import TrialDatabase
from seltzer.errors import SeltzerError
from seltzer.model import Kind, Reason, Severity, Step
from seltzer.planning.plan import order_of

if TYPE_CHECKING:
    from collections.abc import Generator

    from seltzer.claims.finding import Judgement
    from seltzer.claims.lab import Case
    from seltzer.claims.trial import Trial
    from seltzer.model import Migration

CLAIM = "converges"
_MOST_LINES = 8
_WHY = (
    "Two databases that both say that they are current are not alike: the next migration works on the one and fails on "
    "the other, and tests on a new database say nothing about production."
)


def judge(trial: Trial) -> Judgement:
    """Reach the state after the migration on both ways, and compare the catalogs, the order of columns apart.

    Raises:
        SeltzerError: The trial came to nothing.
    """
    case = trial.lab.cases[trial.index]
    changed = case.step.former is not None or case.former is not None
    if changed and case.former is None:
        return unproven(CLAIM, trial.id, _unknown(case))
    if not changed and not _is_late(trial):
        return not_applicable(CLAIM, trial.id, "it is neither a changed repeatable nor late")
    way = "on top of its former content" if changed else "after what was applied before it"
    try:
        upgraded = _upgraded(trial, case.former)
    except SeltzerError as error:
        if not is_own_failure(error) or error.migration != trial.id:
            raise
        return judged(CLAIM, trial.id, (_fails(trial, error, way),), "")
    changes = [str(item) for item in difference(_fresh(trial, _fresh_order(trial)), upgraded)]
    findings = (_differs(trial, changes, way),) if changes else ()
    return judged(CLAIM, trial.id, findings, f"the same catalog, {way} and on an empty database")


def _unknown(case: Case) -> str:
    if case.step.migration.file.kind is Kind.RUNNER:
        return "what the files of a runner were cannot be put back one by one"
    return "the content that the database has of it is in no commit that Git has here"


def _is_late(trial: Trial) -> bool:
    """Whether a file of its module with a higher number was there before it."""
    file = trial.step.migration.file
    before = (case.step.migration.file for case in trial.lab.cases[: trial.index])
    numbers = [item.number for item in before if item.module == file.module and item.number is not None]
    return file.number is not None and any(number > file.number for number in numbers)


def _fresh_order(trial: Trial) -> list[str]:
    """The ids up to the migration in the order of an empty database."""
    found = {case.step.migration.id: case.step.migration for case in trial.lab.cases[: trial.index + 1]}
    return order_of(list(found.values()), {id_: item.path for id_, item in found.items()})


def _upgraded(trial: Trial, former: Migration | None) -> Snapshot:
    """The catalog of a database that had the old files."""
    before = [case.step.migration.id for case in trial.lab.cases[: trial.index]]
    if former is None or trial.id in before:
        return trial.after().without_column_order()
    with trial.database() as database:
        step = trial.step
        old = Step(former, Reason.NEW, 1)
        with _blamed_on_former(trial.id):
            trial.lab.apply(database.parameters, [old])
        trial.lab.apply(database.parameters, [replace(step, generation=2, former=trial.id)])
        return database.snapshot().without_column_order()


@contextmanager
def _blamed_on_former(migration: str) -> Generator[None]:
    """What goes wrong with the former content says nothing about the new one."""
    try:
        yield
    except SeltzerError as error:
        error.message = f"the former content of {migration} cannot be applied: {error.message}"
        error.migration = None
        raise


def _fresh(trial: Trial, order: list[str]) -> Snapshot:
    """The catalog of an empty database that takes the new files; what both ways have in common is not run again."""
    cases = trial.lab.cases[: trial.index + 1]
    if order == [case.step.migration.id for case in cases]:
        return trial.after().without_column_order()
    steps = {case.step.migration.id: case.step for case in cases}
    shared = 0
    for id_, case in zip(order, cases, strict=False):
        if id_ != case.step.migration.id or case.step is not steps[id_]:
            break
        shared += 1
    rest = [replace(steps[id_], generation=1, former=None) for id_ in order[shared:]]
    with trial.lab.database(shared) as made:
        trial.lab.apply(made.parameters, rest)
        with closing(TrialDatabase(trial.lab, trial.step, made.parameters)) as database:
            return database.snapshot().without_column_order()


def _fails(trial: Trial, error: SeltzerError, way: str) -> Finding:
    evidence = [f"applied {way}: it failed", *said_by(error), "applied on an empty database: it succeeded"]
    found = _finding(trial, f"it fails {way}: {error.message}", evidence, error.hint)
    return replace(found, file=error.place.file, line=error.place.line) if error.place is not None else found


def _differs(trial: Trial, changes: list[str], way: str) -> Finding:
    more = len(changes) - _MOST_LINES
    evidence = [
        f"applied {way}, and on an empty database; against the empty one:",
        *changes[:_MOST_LINES],
        *([f"and {more} more"] if more > 0 else []),
    ]
    return _finding(trial, f"{way} it ends with another catalog than on an empty database: {changes[0]}", evidence)


def _finding(trial: Trial, message: str, evidence: list[str], fix: str | None = None) -> Finding:
    return Finding(
        claim=CLAIM,
        rule=CLAIM,
        severity=Severity.ERROR,
        id=trial.id,
        file=trial.step.migration.path,
        line=None,
        message=message,
        evidence="\n".join(evidence),
        why=_WHY,
        fix=fix,
    )
