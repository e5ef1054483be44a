"""`revert`: down files and `revert(conn)`, in the reverse of the applied order."""

from __future__ import annotations

import time
from dataclasses import dataclass

from seltzer.commands.planning import Planner
from seltzer.commands.results import RevertResult
from seltzer.commands.running import interruptible, locked, new_run, refuse_read_only
from seltzer.commands.start import Call, Look, compare, open_target
from seltzer.errors import NotAppliedError, NoWayBackError, Place, StillNeededError
from seltzer.execute.active import refuse_nested
from seltzer.execute.apply import apply_plan
from seltzer.model import DatabaseState, Direction, FileState, Language, Plan, Reason, Step
from seltzer.planning.dependents import dependents
from seltzer.planning.selection import resolve
from seltzer.planning.states import DONE, FileStatus
from seltzer.source.discover import discover
from seltzer.source.read import read_down


@dataclass(frozen=True, slots=True)
class Choice:
    """What to revert: exactly one of the first three.

    Attributes:
        ids: These, in the forms of `planning.selection`.
        last: The newest so many.
        to: Everything that was applied after this id.
        with_dependents: Revert what needs them too, instead of refusing.
    """

    ids: tuple[str, ...] = ()
    last: int | None = None
    to: str | None = None
    with_dependents: bool = False


def revert(call: Call, choice: Choice) -> RevertResult:
    """Revert applied migrations; they stay reverted until somebody applies them by name.

    Raises:
        NoWayBackError: One has no down file, or no `revert(conn)`; nothing was touched.
        StillNeededError: An applied migration needs one of them; nothing was touched.
        NotAppliedError: One is not applied.
        SeltzerError: A way back failed, and was rolled back; those before it are reverted.
    """
    refuse_nested()
    started = time.monotonic()
    files = discover(call.config.migrations)
    with open_target(call) as target:
        looked = compare(target, files, always_rows=True)
        refuse_read_only(looked)
        _plan(call, looked, choice)
        with interruptible(), locked(call, target):
            looked = compare(target, files, always_rows=True)
            plan = _plan(call, looked, choice)
            run = new_run(call, target)
            apply_plan(run, plan)
    state = looked.state if looked.state in {DatabaseState.DIVERGED, DatabaseState.BEHIND} else DatabaseState.CURRENT
    return RevertResult(state, tuple(run.applied), round((time.monotonic() - started) * 1000))


def _plan(call: Call, looked: Look, choice: Choice) -> Plan:
    """The steps, newest first; everything is read and refused here, before anything is touched."""
    applied = {item.file.id: item for item in _applied(looked)}
    chosen = _chosen(looked, applied, choice)
    known = {file.id: file.path for file in looked.files}
    planner = Planner(call)
    others = dependents(chosen, [planner.read(item) for item in applied.values()], known)
    if others and not choice.with_dependents:
        raise _still_needed(others[0][0], others[0][1].because, others[0][1].before, len(others))
    chosen |= {id_ for id_, _ in others}
    statuses = sorted((applied[id_] for id_ in chosen), key=_position, reverse=True)
    return Plan(tuple(_step(item) for item in statuses))


def _applied(looked: Look) -> list[FileStatus]:
    files = looked.found.files if looked.found is not None else ()
    return [
        item
        for item in files
        if item.row is not None and item.row.state in DONE and item.state is not FileState.REVERTED
    ]


def _position(item: FileStatus) -> int:
    return item.row.position if item.row is not None else 0


def _chosen(looked: Look, applied: dict[str, FileStatus], choice: Choice) -> set[str]:
    newest_first = sorted(applied.values(), key=_position, reverse=True)
    if choice.last is not None:
        return {item.file.id for item in newest_first[: choice.last]}
    if choice.to is not None:
        stays = [applied[id_] for id_ in _resolved(looked, applied, choice.to)]
        newest = max(_position(item) for item in stays)
        return {item.file.id for item in newest_first if _position(item) > newest}
    return {id_ for reference in choice.ids for id_ in _resolved(looked, applied, reference)}


def _resolved(looked: Look, applied: dict[str, FileStatus], reference: str) -> list[str]:
    found = resolve(reference, [file.id for file in looked.files])
    there = [id_ for id_ in found if id_ in applied]
    if not there:
        raise NotAppliedError(
            f"{found[0]} is not applied", hint="See `seltzer status --all` for what is.", migration=found[0]
        )
    return there


def _step(item: FileStatus) -> Step:
    back = read_down(item.file)
    if back is None:
        raise _no_way_back(item)
    generation = (item.row.generation if item.row is not None and item.row.id == item.file.id else 0) + 1
    return Step(back, Reason.NEW, generation, direction=Direction.REVERT)


def _no_way_back(item: FileStatus) -> NoWayBackError:
    file = item.file
    hint = f"Write the way back: {file.module}/{file.name}.down.sql"
    if file.language is Language.PYTHON and file.number is not None:
        hint = "Write def revert(conn): … beside its apply(conn)."
    elif file.number is None and file.down is None and file.name not in {"create_tables", "run_migration"}:
        hint = "A view or function is changed by changing its file; take it out of the list."
    return NoWayBackError(
        f"{file.id} has no way back; nothing was reverted", hint=hint, place=Place(file.path), migration=file.id
    )


def _still_needed(who: str, because: str, what: str, count: int) -> StillNeededError:
    more = f", and {count - 1} more do too" if count > 1 else ""
    return StillNeededError(
        f"{who} is applied and needs {what} ({because}){more}; nothing was reverted",
        hint="Revert it first, or both together: --with-dependents",
        migration=what,
    )
