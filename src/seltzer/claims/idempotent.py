"""Claim: a second run succeeds, and leaves catalog and rows as the first one did."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seltzer.claims.finding import Finding, judged
from seltzer.claims.own_failure import is_own_failure, said_by
from seltzer.claims.rerun import rerunnable
from seltzer.claims.second_run import (
    changed_columns,
    changing_statements,
    differences,
    refused_statements,
    state_of,
)
from seltzer.errors import Place, SeltzerError
from seltzer.model import Kind, Severity
from seltzer.sql.redact import safe_head

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seltzer.catalog.snapshot import Attributes, ObjectName
    from seltzer.claims.finding import Judgement
    from seltzer.claims.second_run import Differences
    from seltzer.claims.trial import Trial, TrialDatabase
    from seltzer.errors import StatementError
    from seltzer.model import Statement

CLAIM = "idempotent"
_PROVEN = "run twice: the second run succeeded, and catalog and rows are the same after it"
_MOST_LINES = 8

_WHY = {
    Kind.REPEATABLE: "It runs again whenever its content changes, on databases that have what it made before: "
    "the deploy of the next change stops here.",
    Kind.RUNNER: "A runner runs again whenever a file of its module changes, and whenever somebody calls it: "
    "the next deploy stops here, or does its work twice.",
    Kind.VERSIONED: "It runs once a database; it meets its own work again where a history was lost or stamped wrongly, "
    "or a restored database is older than the files.",
}


def judge(trial: Trial) -> Judgement:
    """Apply the migration once more to a database that has it.

    Raises:
        SeltzerError: The trial came to nothing.
    """
    with trial.applied_database() as database:
        before = state_of(database)
        error = _second_run(database)
        if error is not None:
            return judged(CLAIM, trial.id, _refused(trial, database, error), "")
        seen = differences(before, state_of(database))
    # One database after the other: of roles and the like a server has one set.
    return judged(CLAIM, trial.id, _changed(trial, seen, before.catalog.objects) if seen else (), _PROVEN)


def _second_run(database: TrialDatabase) -> SeltzerError | None:
    """Apply it again; what it fails for, if that is its own failure."""
    try:
        database.apply()
    except SeltzerError as error:
        if not is_own_failure(error):
            raise
        return error
    return None


def _refused(trial: Trial, database: TrialDatabase, error: SeltzerError) -> tuple[Finding, ...]:
    """A finding for each statement that cannot run again; for what has no statements, one."""
    migration = trial.step.migration
    statements = refused_statements(database, migration)  # the refused run was rolled back: it is as after the first
    if statements:
        return tuple(_refused_statement(trial, statement, refusal) for statement, refusal in statements)
    place = error.place or Place(migration.path)
    known = [item for path, items in migration.sources if path == place.file for item in items]
    statement = next((item for item in known if item.line == place.line), None)
    finding = _finding(
        trial,
        place.line,
        f"a second run fails: {error.message}",
        ["applied once: it succeeded", "applied again: it failed", *said_by(error)],
        rerunnable(statement, error.sqlstate) if statement is not None else None,
    )
    return (replace(finding, file=place.file),)


def _refused_statement(trial: Trial, statement: Statement, error: StatementError) -> Finding:
    evidence = ["applied once: it succeeded", "applied again: PostgreSQL refused it", *said_by(error)]
    message = f"a second run fails: {error.message}"
    return _finding(trial, statement.line, message, evidence, rerunnable(statement, error.sqlstate))


def _changed(trial: Trial, seen: Differences, before: Mapping[ObjectName, Attributes]) -> tuple[Finding, ...]:
    """A finding for each statement that does something again, and one for what nobody knows the statement of."""
    with trial.applied_database() as database:
        blamed = changing_statements(database, trial.step.migration, seen)
        columns = changed_columns(database, trial.step.migration, seen.revalued)
    findings: list[Finding] = []
    for statement in sorted(set(blamed.values()), key=lambda item: item.line):
        part = seen.of({name for name, item in blamed.items() if item == statement})
        made = _first_name(part, before)
        values = [
            f"{table}: other values in {', '.join(columns[table])}" for table in part.revalued if table in columns
        ]
        evidence = f"by the statement at line {statement.line}: {safe_head(statement.text)}"
        fix = rerunnable(statement, None, made) if made else None
        findings.append(_differs(trial, part, statement.line, [*values, evidence], fix))
    rest = seen.of(seen.objects - blamed.keys())
    if rest:
        findings.append(_differs(trial, rest, None, [], None))
    return tuple(findings)


def _differs(trial: Trial, seen: Differences, line: int | None, more: list[str], fix: str | None) -> Finding:
    evidence = ["applied once, and applied again: both succeeded", *seen.lines[:_MOST_LINES]]
    if len(seen.lines) > _MOST_LINES:
        evidence.append(f"and {len(seen.lines) - _MOST_LINES} more")
    message = f"a second run changes the database again: {seen.lines[0]}"
    return _finding(trial, line, message, [*evidence, *more], fix)


def _first_name(seen: Differences, before: Mapping[ObjectName, Attributes]) -> str | None:
    """The name that PostgreSQL gave to what the file does not name: the second one has a number more."""
    for change in seen.changes:
        first = change.object._replace(name=change.object.name.rstrip("0123456789"))
        if change.before is None and first != change.object and first in before:
            return first.name if first.of else first.name.rpartition(".")[2]
    return None


def _finding(trial: Trial, line: int | None, message: str, evidence: list[str], fix: str | None) -> Finding:
    kind = trial.step.migration.file.kind
    return Finding(
        claim=CLAIM,
        rule=CLAIM,
        severity=Severity.WARNING if kind is Kind.VERSIONED else Severity.ERROR,
        id=trial.id,
        file=trial.step.migration.path,
        line=line,
        message=message,
        evidence="\n".join(evidence),
        why=_WHY[kind],
        fix=fix,
    )
