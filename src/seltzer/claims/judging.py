"""Trying the claims of migrations, side by side where cores allow."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seltzer.claims.finding import Finding, Judgement, Severity, Verdict, unproven
from seltzer.claims.lacking import what_lacks
from seltzer.claims.trial import Trial
from seltzer.errors import SeltzerError, TrialError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from seltzer.claims.lab import Lab

    Judge = Callable[[Trial], Judgement]


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a migration's claims cannot be tried: the migration itself, or what comes before it, fails."""

    error: SeltzerError
    before: bool


def judge_all(lab: Lab, judges: Mapping[str, Judge]) -> Iterator[Sequence[Judgement]]:
    """The judgements of each judged migration in turn, in the order of `judges`.

    Args:
        lab: Where they are tried.
        judges: The claims to try, by name.
    """
    with ThreadPoolExecutor(lab.workers or os.cpu_count() or 1) as pool:
        waiting: deque[tuple[int, list[Future[Judgement]] | list[Judgement]]] = deque()
        failed: _Failure | None = None
        for index, case in enumerate(lab.cases):
            if not case.judged:
                continue
            trial = Trial(lab, index)
            failed = _failure(lab, index) if failed is None else _Failure(failed.error, before=True)
            if failed is None:
                lab.look(index)
                waiting.append((index, [pool.submit(_judge, name, judge, trial) for name, judge in judges.items()]))
            else:
                waiting.append((index, _not_tried(trial, failed, list(judges))))
            while len(waiting) > lab.ahead:
                yield _results(lab, *waiting.popleft())
        while waiting:
            yield _results(lab, *waiting.popleft())


def _results(lab: Lab, index: int, waiting: list[Future[Judgement]] | list[Judgement]) -> list[Judgement]:
    results = [item.result() if isinstance(item, Future) else item for item in waiting]
    lab.forget(index)
    return results


def _failure(lab: Lab, index: int) -> _Failure | None:
    """Why the state before or after a step cannot be made; None when both can."""
    try:
        lab.reach(index)
    except SeltzerError as error:
        return _Failure(error, before=True)
    try:
        lab.attempt(index)
    except SeltzerError as error:
        return _Failure(error, before=False)
    return None


def _judge(name: str, judge: Judge, trial: Trial) -> Judgement:
    try:
        return judge(trial)
    except SeltzerError as error:
        # What a claim foresees it judges itself; what is left says something about the trial, not the migration.
        return unproven(name, trial.id, _reason(error))


def _reason(error: SeltzerError) -> str:
    lacking = what_lacks(error)
    return f"the shadow lacks {lacking}" if lacking else error.message


def _not_tried(trial: Trial, failed: _Failure, names: Sequence[str]) -> list[Judgement]:
    error = failed.error
    lacking = what_lacks(error)
    if failed.before or lacking or isinstance(error, TrialError):
        who = f"{error.migration} failed there: " if failed.before and error.migration != trial.id else ""
        reason = f"the state before it could not be made; {who}{_reason(error)}" if failed.before else _reason(error)
        return [unproven(name, trial.id, reason) for name in names]
    finding = _does_not_apply(trial, error, names[0])
    first = Judgement(names[0], trial.id, Verdict.REFUTED, finding.message, (finding,))
    return [first, *(unproven(name, trial.id, f"it fails: {error.message}") for name in names[1:])]


def _does_not_apply(trial: Trial, error: SeltzerError, claim: str) -> Finding:
    place = error.place
    evidence = ["applied once, after everything that precedes it in the plan", error.message]
    evidence += [line for line in (error.detail or "").splitlines() if line]
    return Finding(
        claim=claim,
        rule="applies",
        severity=Severity.ERROR,
        id=trial.id,
        file=place.file if place is not None else trial.step.migration.path,
        line=place.line if place is not None else None,
        message=f"it fails: {error.message}",
        evidence="\n".join(evidence),
        why="A deploy stops at it, and so does every start of the application.",
        fix=error.hint,
    )
