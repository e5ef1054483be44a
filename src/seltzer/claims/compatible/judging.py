"""Claim: the release that runs while a migration is deployed keeps working on the new schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.catalog.snapshot import difference
from seltzer.claims.compatible.breaks import Known, Sides
from seltzer.claims.compatible.earlier import known_earlier
from seltzer.claims.compatible.facts import read_functions, read_relations
from seltzer.claims.compatible.names import lost_names
from seltzer.claims.compatible.objects import lost_objects, shorter, tightened, unlike
from seltzer.claims.compatible.places import place_of_break
from seltzer.claims.compatible.privileges import lost_rights
from seltzer.claims.compatible.queries import compare_workload
from seltzer.claims.compatible.references import weaker_references
from seltzer.claims.compatible.routines import try_routines
from seltzer.claims.compatible.rows import Tried, try_rows
from seltzer.claims.compatible.running import run_relations
from seltzer.claims.compatible.touched import RELATIONS, ROUTINES, Touched, touched_by
from seltzer.claims.finding import Finding, judged, not_applicable, unproven

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.claims.compatible.breaks import Break
    from seltzer.claims.compatible.queries import Compared
    from seltzer.claims.finding import Judgement
    from seltzer.claims.trial import Trial

CLAIM = "backward-compatible"
_OTHERS = ("type", "domain", "sequence")
_NO_RELEASE = (
    "nothing is there before what is checked: no release runs on an empty database; check --since REVISION, "
    "or the ids of what is new, have one"
)


def judge(trial: Trial) -> Judgement:
    """Send what a release of the old schema could send to both schemas.

    Raises:
        SeltzerError: The trial came to nothing.
    """
    before, after = trial.before(), trial.after()
    earlier, behind = known_earlier(trial, before)
    if not any(earlier.of_kind(kind) for kind in (*RELATIONS, *ROUTINES, *_OTHERS)):
        return not_applicable(CLAIM, trial.id, _NO_RELEASE)
    touched = touched_by(difference(before, after), before, earlier)
    if not (touched.changes or touched.routines or touched.relations) and not trial.lab.production.workload:
        return not_applicable(CLAIM, trial.id, "it changes nothing that a running release knows")
    with trial.both_databases() as (old, new), old.connect() as first, new.connect() as second:
        sides = Sides(first, second, old.conditions)
        breaks, tried = _compared(sides, touched, behind)
        named = [change for change in touched.changes if behind.isdisjoint((change.object.name, change.object.of))]
        breaks += lost_rights(sides, named, after)
        breaks += lost_objects(sides, touched.changes, breaks)
        breaks += weaker_references(touched.changes)
        compared = compare_workload(sides, trial.lab.production.workload)
    breaks += _untold(breaks, compared.breaks)
    findings = tuple(sorted((_finding(trial, found) for found in breaks), key=lambda item: item.line or 0))
    if not findings and tried.untried:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in sorted(tried.untried.items()))
        return unproven(CLAIM, trial.id, f"no INSERT was tried on {reasons}")
    if not findings and compared.says_nothing:
        reason = f"of the workload {compared}: what its names need is not there before the migration (--search-path)"
        return unproven(CLAIM, trial.id, reason)
    return judged(CLAIM, trial.id, findings, _said(touched, tried, compared))


def _said(touched: Touched, tried: Tried, compared: Compared) -> str:
    said = (
        f"{len(touched.changes)} changes of what was there: every name still works, "
        f"and {tried.rows} statements with rows are taken as before"
    )
    return f"{said}; {compared}" if str(compared) else said


def _untold(known: Sequence[Break], queries: Sequence[Break]) -> list[Break]:
    """What queries show; each reason once."""
    told = {(item.rule, item.message) for item in known}
    found = {(item.rule, item.message): item for item in queries}
    return [item for key, item in found.items() if key not in told]


def _compared(sides: Sides, touched: Touched, behind: frozenset[str]) -> tuple[list[Break], Tried]:
    relations = read_relations(sides.before, touched.relations)
    there = read_relations(sides.after, [str(item.quoted) for item in relations], [item.oid for item in relations])
    named = {(item.schema, item.name): item for item in there}
    by_oid = {item.oid: item for item in there}
    every = [Known(item, named.get((item.schema, item.name)), by_oid.get(item.oid)) for item in relations]
    named_by_it = [known for known in every if known.name not in behind]
    breaks = [found for known in named_by_it for found in lost_names(sides, known)]
    tables = [known for known in every if known.before.is_table and known.now is not None and _takes_rows(known)]
    tried = try_rows(sides, tables)
    breaks += [*tried.breaks, *run_relations(sides, every)]
    for known in tables:
        breaks += [*tightened(known, touched.changes, breaks), *shorter(known, breaks), *unlike(known, breaks)]
    functions = read_functions(sides.before, touched.routines)
    same = read_functions(sides.after, [item.signature for item in functions], [item.oid for item in functions])
    breaks += try_routines(sides, functions, same, touched.mentioning)
    return breaks, tried


def _takes_rows(known: Known) -> bool:
    return known.table_now is not None and known.table_now.is_table


def _finding(trial: Trial, found: Break) -> Finding:
    file, line = place_of_break(trial.step.migration, found.words)
    return Finding(
        claim=CLAIM,
        rule=found.rule,
        severity=found.severity,
        id=trial.id,
        file=file,
        line=line,
        message=found.message,
        evidence="\n".join(found.evidence),
        why=found.why,
        fix=found.fix,
    )
