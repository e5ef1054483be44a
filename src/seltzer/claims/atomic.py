"""The claim `atomic`: a fault anywhere in a migration leaves the database as it was, or as the next run can go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.claims.applying import brings_code
from seltzer.claims.atomic_code import judge_by_ticks
from seltzer.claims.atomic_steps import judge_stepwise
from seltzer.claims.atomic_transaction import judge_transaction
from seltzer.claims.finding import not_applicable
from seltzer.claims.outcomes import ATOMIC
from seltzer.sql.shape import OneTransaction, shape_of

if TYPE_CHECKING:
    from seltzer.claims.finding import Judgement
    from seltzer.claims.trial import Trial


CLAIM = ATOMIC


def judge(trial: Trial) -> Judgement:
    """Inject faults after every statement, and end the connection there.

    Raises:
        SeltzerError: It could not be tried.
    """
    migration = trial.step.migration
    if brings_code(migration) or migration.statements is None:
        return judge_by_ticks(trial)
    if not migration.statements:
        return not_applicable(CLAIM, trial.id, "it has no statement")
    shape = shape_of(migration.text, migration.statements, transaction=migration.directives.transaction)
    if isinstance(shape, OneTransaction):
        return judge_transaction(trial, shape)
    return judge_stepwise(trial, shape)
