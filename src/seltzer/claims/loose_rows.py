"""Constraints that are NOT VALID: were the rows that break them repaired on the way from where they were added?

VALIDATE fails on rows from before the constraint. A plan that adds the constraint, repairs the rows and validates it in
three migrations does right, and a trial of the last one alone does not see it. So the way is gone again, with rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.claims.rows import fill_tables
from seltzer.db.connect import connect, fetch
from seltzer.db.text import compose, literal
from seltzer.errors import SeltzerError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seltzer.claims.lab import Lab
    from seltzer.claims.trial import Trial
    from seltzer.model import Step

_THERE = "SELECT 1 FROM pg_catalog.pg_constraint AS o WHERE o.conname = {name} AND NOT o.convalidated"


def repaired_on_the_way(trial: Trial, constraint: str) -> bool:
    """Whether a migration succeeds on rows from before a constraint, when those between the two are applied to them.

    False when the constraint was there before the plan: what became of the rows since, only production knows.

    Args:
        trial: A migration that fails on rows that break the constraint.
        constraint: Its name; it is NOT VALID.
    """
    lab = trial.lab
    first = next(index for index, case in enumerate(lab.cases) if case.judged)
    steps = [case.step for case in lab.cases[first : trial.index + 1]]
    added = _added_by(lab, first, steps, constraint)
    if added is None:
        return False
    with lab.database(first) as made:
        try:
            lab.apply(made.parameters, steps[:added])
            with connect(made.parameters) as conn:
                fill_tables(conn, (lab.conditions.table.schema,))
            lab.apply(made.parameters, steps[added:])
        except SeltzerError:
            return False
    return True


def _added_by(lab: Lab, first: int, steps: Sequence[Step], constraint: str) -> int | None:
    """The step of the plan that adds a constraint; None when it was there before."""
    with lab.database(first) as made:
        if _is_there(made.parameters, constraint):
            return None
        for index, step in enumerate(steps):
            lab.apply(made.parameters, [step])
            if _is_there(made.parameters, constraint):
                return index
    return None


def _is_there(parameters: Mapping[str, str], constraint: str) -> bool:
    with connect(parameters) as conn:
        return bool(fetch(conn, compose(_THERE, name=literal(constraint))))
