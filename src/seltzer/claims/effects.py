"""Nobody waits for a migration: no table that was there is rewritten, scanned or indexed while others cannot use it."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg

from seltzer.claims.effect_words import evidence_of, message_of, rule_of, why_of
from seltzer.claims.finding import Finding, Judgement, judged, not_applicable, unproven
from seltzer.claims.fixes.facts import added_column, read_facts
from seltzer.claims.fixes.offline import alone
from seltzer.claims.fixes.recipe import File, Recipe
from seltzer.claims.fixes.recipes import find_recipe
from seltzer.claims.fixes.replacing import Earlier, replacement
from seltzer.claims.fixes.rows_first import repairing
from seltzer.claims.fixes.writing import read_written
from seltzer.claims.tracing import shown_text, trace_statements
from seltzer.claims.tracing_code import trace_code
from seltzer.db.connect import execute
from seltzer.db.text import compose, identifier, joined, raw
from seltzer.model import Severity
from seltzer.sql.passwords import without_passwords

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.claims.applying import Conditions
    from seltzer.claims.production import Production
    from seltzer.claims.tracing import Effect
    from seltzer.claims.trial import Trial, TrialDatabase
    from seltzer.model import Statement

CLAIM = "effects"
_DROPS = frozenset({"drop_stmt", "alter_table_stmt"})

# A file that is replaced by an empty one is no long work, and nobody but REFRESH writes to a materialized view.
_QUICK = re.compile(
    r"(?is)\s*(truncate\b|refresh\s+materialized\s+view\s+(concurrently\b|.*\bwith\s+no\s+data\s*;?\s*$))"
)


def judge(trial: Trial) -> Judgement:
    """Run a migration statement by statement where everything before it is applied, and look what each does."""
    migration = trial.step.migration
    if migration.statements is None:
        return _judge_code(trial)
    with trial.database() as db:
        major, effects = _traced(trial, db)
    refused = next((effect for effect in effects if effect.error is not None), None)
    if refused is not None:
        reason = f"line {refused.line} was refused when its statements ran one by one: {refused.error}"
        return replace(unproven(CLAIM, trial.id, reason), effects=effects)
    hazards = [effect for effect in effects if is_hazard(effect, trial.lab.production)]
    recipes = _recipes(trial, hazards)
    findings = tuple(_finding(trial, effect, major, recipe) for effect, recipe in zip(hazards, recipes, strict=True))
    if not findings and not any(effect.locks or effect.worked_on for effect in effects):
        return replace(not_applicable(CLAIM, trial.id, "it locks no table that was there before it"), effects=effects)
    tried = "each statement was run and watched: nothing that takes long while others cannot read or write a table"
    return replace(judged(CLAIM, trial.id, findings, tried), effects=effects)


def _judge_code(trial: Trial) -> Judgement:
    """Apply what nobody can read, and look what its commands do."""
    try:
        with trial.database() as db:
            with db.connect() as conn:
                major = conn.info.server_version // 10000
            effects = trace_code(db, trial.made_in_plan)
    except psycopg.errors.InsufficientPrivilege:
        return unproven(CLAIM, trial.id, "only a superuser of the shadow can watch what it sends")
    hazards = [effect for effect in effects if is_hazard(effect, trial.lab.production)]
    if not effects:
        return not_applicable(CLAIM, trial.id, "it locks no table that was there before it")
    tried = "its commands were watched while it ran: nothing that takes long while others cannot read or write a table"
    return judged(CLAIM, trial.id, tuple(_finding(trial, effect, major, None) for effect in hazards), tried)


def is_hazard(effect: Effect, production: Production) -> bool:
    """Whether somebody would have to wait for work that takes the longer the larger a table is, and not a small one."""
    if not effect.hazard or _QUICK.match(effect.text) is not None:
        return False
    sizes = [production.sizes.get(name) for name in effect.worked_on]
    return any(size is None or size.total_bytes >= production.small_table_bytes for size in sizes)


def _traced(trial: Trial, db: TrialDatabase) -> tuple[int, tuple[Effect, ...]]:
    migration = trial.step.migration
    with db.connect() as conn:
        major = conn.info.server_version // 10000
    traced = trace_statements(
        db.connect,
        migration.text,
        migration.statements or (),
        transaction=migration.directives.transaction,
        made=trial.made_in_plan,
        prepare=partial(_prepare, db.conditions),
    )
    return major, tuple(traced)


def _prepare(conditions: Conditions, conn: psycopg.Connection[Any]) -> None:
    """The settings that a migration meets, for the session: some files are more than one transaction."""
    if conditions.search_path is not None:
        names = [identifier(name) for name in conditions.search_path] or [raw("''")]
        execute(conn, compose("SET search_path TO {names}", names=joined(", ", names)))
    if conditions.role is not None:
        execute(conn, compose("SET ROLE {role}", role=identifier(conditions.role)))


def _finding(trial: Trial, effect: Effect, major: int, recipe: Recipe | None) -> Finding:
    return Finding(
        claim=CLAIM,
        rule=rule_of(effect),
        severity=Severity.ERROR,
        id=trial.id,
        file=trial.step.migration.path,
        line=effect.line or None,
        message=message_of(effect),
        evidence=evidence_of(effect, major) if effect.line else f"seen at {effect.text}\n{evidence_of(effect, major)}",
        why=why_of(effect, trial.lab.production.sizes),
        fix=without_passwords(str(recipe)) if recipe is not None else None,
        recipe=recipe,
    )


def _recipes(trial: Trial, hazards: Sequence[Effect]) -> list[Recipe | None]:
    """What to write instead of each, with what the catalog says before it."""
    if not hazards:
        return []
    statements = trial.step.migration.statements or ()
    drops = [(item, read_written(item.text)) for item in statements if item.kind in _DROPS]
    earlier = [Earlier(item.line, item.offset, written) for item, written in drops if written is not None]
    found: list[Recipe | None] = []
    with trial.database() as db, db.connect() as conn:
        _prepare(db.conditions, conn)
        wanted = [(effect, _statement(statements, effect)) for effect in hazards]
        units = [_replaced(conn, item, earlier) for _, item in wanted]
        at = 0
        for (effect, statement), unit in zip(wanted, units, strict=True):
            until = statement.offset if statement is not None else at
            _run(conn, [item for item in statements if at <= item.offset < until])
            at = max(at, until)
            recipe = unit or _recipe(conn, statement, rule_of(effect))
            found.append(replace(recipe, of=statement.text) if recipe is not None and statement is not None else None)
    return found


def _statement(statements: Sequence[Statement], effect: Effect) -> Statement | None:
    """The statement as the file has it: an effect has none of its values."""
    found = (item for item in statements if item.line == effect.line and shown_text(item.text) == effect.text)
    return next(found, None)


def _run(conn: psycopg.Connection[Any], statements: Sequence[Statement]) -> None:
    """Run statements one by one; what needs what was not done is not done either."""
    for item in statements:
        if not item.control:
            with suppress(psycopg.Error):
                conn.execute(item.text.encode(), prepare=False)


def _replaced(conn: psycopg.Connection[Any], statement: Statement | None, earlier: Sequence[Earlier]) -> Recipe | None:
    """What is dropped before, where the file begins, and made anew."""
    before = [item for item in earlier if statement is not None and item.offset < statement.offset]
    written = read_written(statement.text) if statement is not None and before else None
    return replacement(written, before, read_facts(conn, written)) if written is not None else None


def _recipe(conn: psycopg.Connection[Any], statement: Statement | None, rule: str) -> Recipe | None:
    written = read_written(statement.text) if statement is not None else None
    if statement is None or written is None:
        return None
    recipe = find_recipe(statement.text, read_facts(conn, written))
    if recipe is None and rule == "long-lock":
        return Recipe((File((statement.text,), "its transaction begins without the locks of the statements before"),))
    if recipe is None and added_column(written) is not None:
        recipe = repairing(written)
    return recipe or alone(written)
