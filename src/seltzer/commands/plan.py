"""`plan`: what an apply would do, in which order, and why; nothing is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.commands.collection import without_collection
from seltzer.commands.planning import Planner
from seltzer.commands.results import PlanResult, PlanStep
from seltzer.commands.start import FileLooks, Look, look, open_target
from seltzer.db.connect import describe
from seltzer.db.history import Reading
from seltzer.model import DatabaseState, Kind, Language
from seltzer.planning.states import survey
from seltzer.planning.stops import refuse_stops
from seltzer.source.discover import discover
from seltzer.source.heads import read_text
from seltzer.sql.shape import OneTransaction, shape_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.commands.call import Call
    from seltzer.model import Migration, Plan, Step


def plan(call: Call, ids: Sequence[str] = ()) -> PlanResult:
    """The plan of what is pending on the database.

    Args:
        call: The settings.
        ids: Only these with what they need, in the forms of `planning.selection`.

    Raises:
        SeltzerError: The files are wrong, or the database cannot be reached or read.
    """
    files = discover(call.config.migrations)
    with open_target(call) as target, without_collection():
        looked = look(call, target, files)
        return _result(looked.state, describe(target.conn), Planner(call, ids).plan(looked, target))


def plan_from_nothing(call: Call, ids: Sequence[str] = ()) -> PlanResult:
    """The plan for an empty database; none is needed for it.

    Raises:
        FilesError: The files are wrong.
    """
    files = discover(call.config.migrations)
    reading = Reading(exists=False, same=False, rows={}, read_only="")
    looked = Look(files, reading, survey(files, {}, FileLooks()))
    if looked.found is not None:
        refuse_stops(call.config.migrations, {}, looked.found, FileLooks())
    with without_collection():
        return _result(DatabaseState.BEHIND, None, Planner(call, ids).plan(looked, None))


def _result(state: DatabaseState, database: str | None, made: Plan) -> PlanResult:
    return PlanResult(state, database, tuple(_step(step) for step in made.steps))


def _step(step: Step) -> PlanStep:
    transactional, statements = _how(step.migration)
    edges = sorted({(edge.before, edge.because) for edge in step.depends_on})
    return PlanStep(
        id=step.migration.id,
        file=step.migration.file.path,
        reason=step.reason,
        transactional=transactional,
        statements=statements,
        depends_on=tuple(edges),
        text=_text(step.migration),
    )


def _how(migration: Migration) -> tuple[bool | None, int | None]:
    """Whether it runs in one transaction, and how many statements it has; None where only running it would tell."""
    if migration.file.kind is Kind.RUNNER:
        joins = any("execute_sql_file" in read_text(path) for path in migration.file.members if path.suffix == ".py")
        return (True, sum(len(statements) for _, statements in migration.sources)) if joins else (None, None)
    if migration.statements is None:
        return migration.directives.transaction, None
    shape = shape_of(migration.text, migration.statements, transaction=migration.directives.transaction)
    return isinstance(shape, OneTransaction), len(migration.statements)


def _text(migration: Migration) -> str:
    """What a person wants to read of it: the SQL, or the Python."""
    if migration.file.language is Language.SQL:
        return migration.text
    return "\n".join(f"-- {line}".rstrip() for line in read_text(migration.file.path).splitlines())
