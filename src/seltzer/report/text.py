"""Plain lines for people: readable without colour, made in one place."""

from __future__ import annotations

import os
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from seltzer.model import DatabaseState, Direction, FileState
from seltzer.report.screens_lines import with_facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seltzer.commands.results import (
        ForgetResult,
        HistoryResult,
        InitResult,
        MigrationStatus,
        NewResult,
        PlanResult,
        PlanStep,
        RevertResult,
        RunResult,
        StampResult,
        StatusResult,
    )
    from seltzer.commands.server import ServerResult
    from seltzer.commands.shadow import ShadowResult
    from seltzer.config import Config, Setting
    from seltzer.errors import Place, SeltzerError

DONE = frozenset({FileState.APPLIED, FileState.STAMPED})


def run_lines(result: RunResult) -> Iterator[str]:
    """What an apply did."""
    if result.state is None:
        yield "nothing done: policy is off"
    elif not result.applied:
        yield f"nothing to do: the database is {result.state}"
    else:
        yield f"{_count(len(result.applied), 'migration')} applied in {result.duration_ms} ms: now {result.state}"


def revert_lines(result: RevertResult) -> Iterator[str]:
    """What a revert did."""
    if not result.reverted:
        yield "nothing to revert"
    else:
        yield f"{_count(len(result.reverted), 'migration')} reverted in {result.duration_ms} ms"


def stamp_lines(result: StampResult) -> Iterator[str]:
    """What a stamp wrote."""
    if not result.stamped:
        yield f"nothing to stamp: the database is {result.state}"
        return
    words = "stamped" if result.recorded == FileState.STAMPED else f"recorded as {result.recorded}"
    for id_ in result.stamped:
        yield f"{id_} {words}" if result.recorded != FileState.STAMPED else f"{words} {id_}"
    yield f"{_count(len(result.stamped), 'migration')} {words}: now {result.state}"


def forget_lines(result: ForgetResult) -> Iterator[str]:
    """What the history was told is gone."""
    for id_ in result.forgotten:
        yield f"forgot {id_}"


@with_facts
def status_lines(result: StatusResult, *, everything: bool, named: bool = False) -> Iterator[str]:
    """A line a module and what is not applied, or everything; of `named` ones alone no sum is one of the database."""
    yield f"{result.database}: {result.state}{'' if named else _summary(result)}"
    if result.run is not None:
        doing = f", applying {result.run.migration}" if result.run.migration else ""
        backend = f"backend {result.run.pid}" if result.run.pid else "no backend at the moment"
        yield f"a run is going: {backend} ({result.run.application or 'no name'}){doing}"
    width = max((len(item.id) for item in result.migrations), default=0)
    modules: dict[str, list[MigrationStatus]] = {}
    for item in result.migrations:
        modules.setdefault(item.module, []).append(item)
    for module, items in modules.items():
        done = [item for item in items if item.state in DONE]
        if not everything:
            yield f"  {module:{width}}  {len(done)} of {len(items)} applied"
        for item in items:
            if everything or item.state not in DONE:
                yield f"  {item.id:{width}}  {_state_words(item)}"
    if result.stop is not None:
        yield ""
        yield from error_lines(result.stop)


def _summary(result: StatusResult) -> str:
    pending = sum(item.state in {FileState.PENDING, FileState.CHANGED, FileState.FAILED} for item in result.migrations)
    if result.state is DatabaseState.BEHIND:
        return f", {pending} pending"
    return ""


def _state_words(item: MigrationStatus) -> str:
    late = ", late" if item.late else ""
    when = f" {item.applied_at:%Y-%m-%d %H:%M:%S}Z" if item.applied_at is not None else ""
    return f"{item.state}{late}{when}"


@with_facts
def plan_lines(result: PlanResult) -> Iterator[str]:
    """The steps in order, and under each why it comes after others."""
    where = result.database or "an empty database"
    if not result.steps:
        yield f"{where}: {result.state}, nothing to do"
        return
    yield f"{where}: {_count(len(result.steps), 'migration')} to apply"
    width = max(len(step.id) for step in result.steps)
    for number, step in enumerate(result.steps, 1):
        yield f"{number:>4}  {step.id:{width}}  {step.reason:7}  {how(step)}"
        yield from (f"      after {reason}" for reason in befores(step))


def befores(step: PlanStep) -> Iterator[str]:
    """What runs before a step, each with its reasons."""
    reasons: dict[str, list[str]] = {}
    for before, because in step.depends_on:
        reasons.setdefault(before, []).append(because)
    for before, because in reasons.items():
        yield f"{before}: {', '.join(because)}"


def how(step: PlanStep) -> str:
    """How many statements a step has, and what is special about it."""
    parts: list[str] = []
    if step.statements is not None:
        parts.append(_count(step.statements, "statement"))
    if step.transactional is False:
        parts.append("statement by statement")
    if step.transactional is None:
        parts.append("its own connection")
    return ", ".join(parts)


def plan_sql_lines(result: PlanResult) -> Iterator[str]:
    """The SQL of all steps in order, each under its id."""
    for step in result.steps:
        yield f"-- {step.id} ({step.reason})"
        yield from step.text.rstrip("\n").split("\n")
        yield ""


def server_lines(result: ServerResult) -> Iterator[str]:
    """Whether the private server runs, and where."""
    yield f"running: {result.url}" if result.running else "not running"
    yield f"data: {shown_path(result.data)}"


def shadow_lines(result: ShadowResult) -> Iterator[str]:
    """The servers for throw-away databases, and whether they run."""
    for server in result.servers:
        state = "in use" if server.in_use else "running" if server.running else "not running"
        yield f"PostgreSQL {server.version}: {state}, data: {shown_path(server.data)}"
    if not result.servers:
        yield "none was needed so far"


def files_lines(word: str, result: NewResult) -> Iterator[str]:
    """Files that were written or renamed, and those whose directives follow."""
    for path in result.files:
        yield f"{'edited' if path in result.edited else word} {shown_path(path)}"


@with_facts
def settings_lines(settings: Sequence[Setting], config: Config) -> Iterator[str]:
    """Every setting, its value and where that is from."""
    width = max(len(setting.name) for setting in settings)
    values = max(len(config.origins[setting.name].text) for setting in settings)
    for setting in settings:
        origin = config.origins[setting.name]
        yield f"{setting.name:{width}}  {origin.text or '-':{max(values, 1)}}  {origin.where}"


@with_facts
def history_lines(result: HistoryResult) -> Iterator[str]:
    """The history, a line a row."""
    if not result.rows:
        yield f"none of the {_count(result.total, 'row')} of the history" if result.total else "the history is empty"
    width = max((len(row.id) for row in result.rows), default=0)
    for row in result.rows:
        said = f"  {row.message}" if row.message else ""
        when = f"{row.finished_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
        yield f"{when}  {row.state:8}  {row.id:{width}}  {row.duration_ms:>6} ms  {row.user}{said}"


def init_lines(result: InitResult) -> Iterator[str]:
    """What `init` wrote."""
    for path in result.written:
        yield f"wrote {shown_path(path)}"
    for path in result.kept:
        yield f"kept {shown_path(path)}"
    folder = next(path.parent for path in (*result.written, *result.kept) if path.name == "__init__.py")
    yield f"next: make a module, such as {shown_path(folder)}/users/create_tables.sql, then run seltzer apply"


def error_lines(error: SeltzerError) -> Iterator[str]:
    """An error as people see it: what, where, the line with a caret, what is left, and the next step."""
    yield error_head(error)
    if error.place is not None:
        yield from _excerpt(error.place)
    yield from error_rest(error)


def error_head(error: SeltzerError) -> str:
    """What and where."""
    where = f"{_place_words(error.place)}: " if error.place is not None else ""
    migration = f" [{error.migration}]" if error.migration and error.migration not in error.message else ""
    state = f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""
    return f"error: {where}{error.message}{state}{migration}"


def error_rest(error: SeltzerError) -> Iterator[str]:
    """What PostgreSQL adds, what is left, and the next step."""
    if error.detail:
        yield from (f"detail: {line}" for line in error.detail.splitlines())
    if error.applied:
        done = Direction.REVERT if error.reverting else Direction.APPLY
        yield f"{done} before it: {_list(error.applied)}"
    if error.rolled_back is not None:
        yield (
            "this one was rolled back: it left nothing behind"
            if error.rolled_back
            else "this one was not rolled back as a whole: what it had committed stays"
        )
    if error.hint:
        first, *more = error.hint.splitlines()
        yield f"hint: {first}"
        yield from more


def _place_words(place: Place) -> str:
    numbers = [str(number) for number in (place.line, place.column) if number is not None]
    return ":".join([shown_path(place.file), *numbers])


def _excerpt(place: Place) -> Iterator[str]:
    if place.excerpt is None or place.line is None or not place.excerpt.strip():
        return
    gutter = f"{place.line:>5} | "
    # Tabs become single blanks, so that the caret stands where it should on every terminal.
    line = place.excerpt.replace("\t", " ")
    column = place.column or 0
    start = max(column - 80, 0)
    yield gutter + line[start : start + 110]
    if column:
        yield " " * (len(gutter) - 2) + "| " + " " * (column - 1 - start) + "^"


def shown_path(path: Path) -> str:
    """A path relative to the working directory when it lies below it."""
    try:
        here = Path.cwd()
    except FileNotFoundError:  # it was deleted
        return str(path)
    for base in (here, Path(os.path.realpath(here))):
        if path.is_relative_to(base):
            return str(path.relative_to(base))
    return str(path)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _list(ids: Sequence[str]) -> str:
    if len(ids) <= 5:  # noqa: PLR2004  # as many as fit a line
        return ", ".join(ids)
    return f"{', '.join(ids[:4])} and {len(ids) - 4} more"
