"""`revert`: down files and `revert(conn)`, in the reverse of the applied order."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seltzer.commands.planning import Planner, state_after
from seltzer.commands.results import RevertResult
from seltzer.commands.running import interruptible, locked, new_run, refuse_read_only
from seltzer.commands.start import Look, compare, knowing, open_target
from seltzer.errors import NotAppliedError, NoWayBackError, Place, SeltzerError, StillNeededError
from seltzer.execute.active import refuse_nested
from seltzer.execute.apply import apply_plan
from seltzer.execute.pooled import refuse_sessions
from seltzer.model import (
    FIRST_DAY,
    DatabaseState,
    Direction,
    FileState,
    Kind,
    Language,
    Plan,
    Reason,
    Step,
)
from seltzer.planning.blocks import refuse_loose_blocks
from seltzer.planning.dependents import dependents, needs_of, newest_first
from seltzer.planning.selection import resolve
from seltzer.planning.states import DONE, FileStatus
from seltzer.source.discover import discover
from seltzer.source.read import read_down

if TYPE_CHECKING:
    from collections.abc import Generator

    from seltzer.commands.call import Call


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

    def __post_init__(self) -> None:
        """Refuse none of the three, and several.

        Raises:
            ValueError: It does not say what to revert, or says it twice.
        """
        if sum((bool(self.ids), self.last is not None, self.to is not None)) != 1:
            raise ValueError("say what to revert: ids, last or to, and one of them only")
        if self.last is not None and self.last < 1:
            raise ValueError("last is a number from 1 on")


def revert(call: Call, choice: Choice) -> RevertResult:
    """Revert applied migrations; they stay reverted until somebody applies them by name.

    Raises:
        NoWayBackError: One has no down file, or no `revert(conn)`; nothing was touched.
        StillNeededError: An applied migration needs one of them; nothing was touched.
        NotAppliedError: One is not applied.
        SeltzerError: A way back failed, and was rolled back; `applied` has those before it, which are reverted.
    """
    refuse_nested()
    started = time.monotonic()
    files = discover(call.config.migrations)
    with open_target(call) as target:
        looked = compare(target, files, always_rows=True)
        with knowing(looked.state):
            # Everything is read, parsed and refused before the lock: nobody waits for a run that cannot begin.
            _plan(call, looked, choice)
            refuse_read_only(looked)
            with interruptible("revert"), locked(call, target) as changed:
                looked = compare(changed, files, always_rows=True)
                run, plan = new_run(call, changed), _plan(call, looked, choice)
                refuse_sessions(run, plan)
                with _telling_what_is_left(plan):
                    apply_plan(run, plan)
    state = state_without(looked, set(run.applied))
    return RevertResult(state, tuple(run.applied), round((time.monotonic() - started) * 1000))


@contextmanager
def _telling_what_is_left(plan: Plan) -> Generator[None]:
    """Name what is still to be reverted: the same `--last N` would count anew, and revert more than was meant."""
    try:
        yield
    except SeltzerError as error:
        left = [step.migration.id for step in plan.steps if step.migration.id not in error.applied]
        if error.applied and left:
            error.hint = f"{error.hint or ''} Still to revert: seltzer revert {' '.join(left)}".strip()
        raise


def state_without(looked: Look, reverted: set[str]) -> DatabaseState:
    """The database's state once `reverted` are reverted."""
    left = [item for item in (looked.found.files if looked.found else ()) if item.file.id not in reverted]
    if any(item.state is FileState.EDITED for item in left):
        return DatabaseState.DIVERGED
    return state_after(looked, reverted)


def _plan(call: Call, looked: Look, choice: Choice) -> Plan:
    """The steps, newest first; everything is read and refused here, before anything is touched."""
    applied = {item.file.id: item for item in _applied(looked)}
    chosen = _chosen(looked, applied, choice)
    planner = Planner(call)
    known = {file.id: file.path for file in looked.files}
    known |= {row.id: call.config.migrations for row in (looked.found.missing if looked.found else ())}
    needs = needs_of([planner.read(item) for item in applied.values()], known)
    others = dependents(chosen, needs)
    if not choice.with_dependents:
        # Who needs what was named comes first: that is what the person knows of.
        others = sorted(others, key=lambda edge: edge.before not in chosen)
        _refuse_needed(applied, [(edge.after, edge.before, edge.because) for edge in others])
    chosen |= {edge.after for edge in others}
    order = newest_first({id_: _position(applied[id_]) for id_ in chosen}, needs)
    plan = Plan(tuple(_step(applied[id_]) for id_ in order))
    refuse_loose_blocks(step.migration for step in plan.steps)
    return plan


def _applied(looked: Look) -> list[FileStatus]:
    files = looked.found.files if looked.found is not None else ()
    return [item for item in files if item.row is not None and item.row.state in DONE]


def _position(item: FileStatus) -> int:
    return item.row.position if item.row is not None else 0


def _chosen(looked: Look, applied: dict[str, FileStatus], choice: Choice) -> set[str]:
    newest = sorted(applied.values(), key=_position, reverse=True)
    if choice.last is not None:
        return {item.file.id for item in newest[: choice.last]}
    if choice.to is not None:
        stays = max(_position(applied[id_]) for id_ in _resolved(looked, applied, choice.to))
        return {item.file.id for item in newest if _position(item) > stays}
    return {id_ for reference in choice.ids for id_ in _resolved(looked, applied, reference)}


def _resolved(looked: Look, applied: dict[str, FileStatus], reference: str) -> list[str]:
    """The applied ids that a reference stands for; of a module or a range, those that are not applied are left out."""
    found = resolve(reference, [file.id for file in looked.files])
    there = [id_ for id_ in found if id_ in applied]
    if not there:
        said = f"{found[0]} is not applied" if len(found) == 1 else f"nothing of {reference} is applied"
        raise NotAppliedError(said, hint="See `seltzer status --all` for what is.", migration=found[0])
    return there


def _step(item: FileStatus) -> Step:
    back = read_down(item.file)
    if back is None:
        raise _no_way_back(item)
    if item.file.kind is Kind.RUNNER and item.file.down is not None:
        # A runner's own path is its __init__.py; what runs, and what an error names, is its down file.
        back = replace(back, file=item.file._replace(path=item.file.down))
    return Step(back, Reason.NEW, item.generation + 1, direction=Direction.REVERT)


def _no_way_back(item: FileStatus) -> NoWayBackError:
    file = item.file
    hint = f"Write the way back: {file.module}/{file.name}.down.sql"
    if file.language is Language.PYTHON and file.number is not None:
        hint = "Write def revert(conn): … beside its apply(conn)."
    elif _is_replaced(item):
        hint = "Such a file is changed, never reverted: name what to revert by its ids, without it."
    return NoWayBackError(
        f"{file.id} has no way back; nothing was reverted", hint=hint, place=Place(file.path), migration=file.id
    )


def _is_replaced(item: FileStatus) -> bool:
    """Whether it is a view, function or grant: no file can be its way back, its next content is."""
    return item.file.number is None and item.file.name not in FIRST_DAY


def _refuse_needed(applied: dict[str, FileStatus], needed: list[tuple[str, str, str]]) -> None:
    if not needed:
        return
    who, what, because = needed[0]
    more = f", and {len(needed) - 1} more need what would go" if len(needed) > 1 else ""
    hint = "Revert it first, or both together: --with-dependents"
    if any(_is_replaced(applied[id_]) for id_, _, _ in needed):
        first = next(id_ for id_, _, _ in needed if _is_replaced(applied[id_]))
        hint = f"Change {first} so that it does without, and apply it; then revert."
    raise StillNeededError(
        f"{who} is applied and needs {what} ({because}){more}; nothing was reverted", hint=hint, migration=what
    )
