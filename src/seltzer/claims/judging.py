"""Trying the claims of migrations, side by side where cores allow."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from seltzer.claims.finding import APPLIES, Finding, Judgement, Verdict, unproven
from seltzer.claims.lacking import what_lacks
from seltzer.claims.own_failure import is_gone
from seltzer.claims.trial import Trial
from seltzer.claims.watchdog import PATIENCE
from seltzer.errors import InterruptedRunError, SeltzerError, TrialError
from seltzer.execute.context import log
from seltzer.model import Severity
from seltzer.sql.redact import safe_server_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from seltzer.claims.lab import Lab

    Judge = Callable[[Trial], Judgement]


# Those that wait for others go first: the rest is done meanwhile.
_PATIENT = ("traffic", "atomic")
_WAITING_FOR_OTHERS = 2
# Said where a plain apply of it came to an end.
_WHY_LONG = "a loop of it may have no end on rows that were made up, or it has very many statements"


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
    pool = ThreadPoolExecutor(lab.workers or (os.cpu_count() or 1) + _WAITING_FOR_OTHERS)
    try:
        waiting: deque[tuple[int, Mapping[str, Future[Judgement]] | list[Judgement]]] = deque()
        failed: _Failure | None = None
        for index, case in enumerate(lab.cases):
            if not case.judged:
                continue
            trial = Trial(lab, index)
            tried: Mapping[str, Future[Judgement]] = {}
            if failed is None:
                failed, tried = _begin(pool, trial, judges)
            else:
                failed = _Failure(failed.error, before=True)
            waiting.append((index, tried if failed is None else _not_tried(trial, failed, list(judges))))
            while len(waiting) > lab.ahead:
                yield _results(lab, judges, *waiting.popleft())
        while waiting:
            yield _results(lab, judges, *waiting.popleft())
    except BaseException:  # an interrupt must not wait for what a migration is doing
        lab.end()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(
    pool: ThreadPoolExecutor, trial: Trial, judges: Mapping[str, Judge]
) -> tuple[_Failure | None, Mapping[str, Future[Judgement]]]:
    """Begin to try a migration, beside a first apply of it; where that fails, nothing else is worth a word."""
    lab, index = trial.lab, trial.index
    before, tried = True, dict[str, Future[Judgement]]()
    try:
        lab.reach(index)
        before = False
        if not lab.alone:
            tried = _submit(pool, trial, judges)
        with lab.watchdog.watching(index) as watched:
            try:
                lab.attempt(index)
            except InterruptedRunError:
                raise
            except SeltzerError:
                if watched.expired:
                    raise _endless() from None
                raise
    except InterruptedRunError as stopped:
        # A signal that came while a migration was applied: it is the check that it ends.
        raise type(stopped)("the check was stopped", hint="Nothing of it stays; check again.") from None
    except SeltzerError as error:
        for future in tried.values():
            future.cancel()
        lab.watchdog.end(index)
        wait(tried.values())
        return _Failure(error, before), {}
    return None, tried or _submit(pool, trial, judges)


def _submit(pool: ThreadPoolExecutor, trial: Trial, judges: Mapping[str, Judge]) -> dict[str, Future[Judgement]]:
    names = sorted(judges, key=lambda name: name not in _PATIENT)
    return {name: pool.submit(_judge, name, judges[name], trial) for name in names}


def _results(
    lab: Lab, names: Iterable[str], index: int, tried: Mapping[str, Future[Judgement]] | list[Judgement]
) -> list[Judgement]:
    results = tried if isinstance(tried, list) else [tried[name].result() for name in names]
    lab.forget(index)
    return results


def _judge(name: str, judge: Judge, trial: Trial) -> Judgement:
    with trial.lab.watchdog.watching(trial.index) as watched:
        try:
            found = judge(trial)
        except SeltzerError as error:
            # What a claim foresees it judges itself; what is left says something about the trial, not the migration.
            found = unproven(name, trial.id, _reason(error))
        except psycopg.Error as error:
            said = safe_server_text(error.sqlstate, error.diag.message_primary or type(error).__name__)
            found = unproven(name, trial.id, f"the shadow did not go along: {said}")
        except Exception as error:  # noqa: BLE001  # a mistake of ours in one claim must not take the others along
            log.exception("%s of %s", name, trial.id)
            found = unproven(name, trial.id, f"a mistake of Seltzer's own, please report it: {type(error).__name__}")
    return unproven(name, trial.id, f"{_endless().message}; {_WHY_LONG}") if watched.expired else found


def _endless() -> TrialError:
    return TrialError(f"it was still at work after {PATIENCE.total_seconds():g} s, and was ended", hint=None)


def _reason(error: SeltzerError) -> str:
    lacking = what_lacks(error)
    return f"the shadow lacks {lacking}" if lacking else error.message


def _not_tried(trial: Trial, failed: _Failure, names: Sequence[str]) -> list[Judgement]:
    error = failed.error
    lacking = what_lacks(error)
    if failed.before or lacking or isinstance(error, TrialError) or is_gone(error):
        who = f"{error.migration} failed there: " if failed.before and error.migration not in {None, trial.id} else ""
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
        rule=APPLIES,
        severity=Severity.ERROR,
        id=trial.id,
        file=place.file if place is not None else trial.step.migration.path,
        line=place.line if place is not None else None,
        message=f"it fails: {error.message}",
        evidence="\n".join(evidence),
        why="A deploy stops at it, and so does every start of the application.",
        fix=error.hint,
    )
