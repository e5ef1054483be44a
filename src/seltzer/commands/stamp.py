"""`stamp` and `forget`: history without running, for a database that has the objects, or has lost the files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seltzer.catalog.objects import existing, is_checkable
from seltzer.commands.planning import Planner, state_after
from seltzer.commands.results import ForgetResult, StampResult
from seltzer.commands.running import interruptible, locked, new_run, refuse_read_only
from seltzer.commands.start import Call, Look, OpenTarget, compare, open_target
from seltzer.db.history import Entry, insert_statement
from seltzer.db.message import Refusal, Wire
from seltzer.db.tables import ensure_tables
from seltzer.errors import (
    AlreadyAppliedError,
    AppliedMeanwhileError,
    MissingObjectsError,
    NotAppliedError,
    NotMissingError,
    Place,
)
from seltzer.execute.fence import entry_of
from seltzer.model import Direction, FileState, Reason, Step
from seltzer.planning.plan import order_of
from seltzer.planning.selection import resolve
from seltzer.planning.states import DONE, PENDING, FileStatus
from seltzer.source.discover import discover

if TYPE_CHECKING:
    from seltzer.db.history import Writer

_APPLIED = frozenset({FileState.APPLIED, FileState.STAMPED})


@dataclass(frozen=True, slots=True)
class StampChoice:
    """What to stamp: ids, everything pending, or everything up to an id.

    Attributes:
        ids: These, in the forms of `planning.selection`.
        everything: All that is pending.
        through: All that is pending up to this id, in the order of the plan.
        reverted: Write `reverted` for what is applied, instead of `stamped` for what is not.
        force: Stamp an id although its objects are not in the database.
    """

    ids: tuple[str, ...] = ()
    everything: bool = False
    through: str | None = None
    reverted: bool = False
    force: bool = False


def preview_stamp(call: Call, choice: StampChoice) -> StampResult:
    """What `stamp` would write; nothing is written.

    Raises:
        SeltzerError: As `stamp` raises.
    """
    with open_target(call) as target:
        looked = compare(target, discover(call.config.migrations), always_rows=True)
        steps = _steps(call, looked, target, choice)
    return StampResult(looked.state, tuple(step.migration.id for step in steps))


def stamp(call: Call, choice: StampChoice) -> StampResult:
    """Write history rows without running anything, all of them in one transaction.

    Raises:
        AlreadyAppliedError: An id is applied.
        NotAppliedError: With `reverted`, an id is not applied.
        MissingObjectsError: An id's objects are not in the database.
    """
    files = discover(call.config.migrations)
    with open_target(call) as target:
        looked = compare(target, files, always_rows=True)
        refuse_read_only(looked)
        _steps(call, looked, target, choice)
        with interruptible(), locked(call, target):
            if not looked.reading.exists:
                ensure_tables(target.conn, target.table)
            looked = compare(target, files, always_rows=True)
            steps = _steps(call, looked, target, choice)
            state = "reverted" if choice.reverted else "stamped"
            _write(target, new_run(call, target).writer, [entry_of(step, state) for step in steps])
    ids = tuple(step.migration.id for step in steps)
    return StampResult(looked.state if choice.reverted else state_after(looked, set(ids)), ids)


def forget(call: Call, references: tuple[str, ...]) -> ForgetResult:
    """Record that missing ids are gone for good: they are no longer missing, and the database no longer ahead.

    Raises:
        NotMissingError: An id has a file.
        UnknownMigrationError: The history knows no such id.
    """
    files = discover(call.config.migrations)
    with open_target(call) as target, interruptible(), locked(call, target):
        looked = compare(target, files, always_rows=True)
        refuse_read_only(looked)
        rows = looked.reading.rows
        missing = {row.id: row for row in (looked.found.missing if looked.found else ())}
        wanted = [id_ for reference in references for id_ in resolve(reference, sorted(rows))]
        for id_ in wanted:
            if id_ not in missing:
                raise NotMissingError(
                    f"{id_} is not missing", hint="Only an id without a file can be forgotten.", migration=id_
                )
        entries = [
            Entry(id_, rows[id_].generation + 1, rows[id_].kind, "reverted", rows[id_].checksum, None)
            for id_ in dict.fromkeys(wanted)
        ]
        _write(target, new_run(call, target).writer, entries)
    return ForgetResult(tuple(entry.id for entry in entries))


def _write(target: OpenTarget, writer: Writer, entries: list[Entry]) -> None:
    if not entries:
        return
    text = ";\n".join(insert_statement(writer, entry) for entry in entries)
    wire = Wire(target.conn)
    try:
        wire.send(f"BEGIN;\n{text};\nCOMMIT")
    except Refusal as refusal:
        wire.roll_back()
        raise AppliedMeanwhileError(
            f"the history could not be written: {refusal.error.diag.message_primary}",
            hint="Look at `seltzer status`; nothing was written.",
            sqlstate=refusal.error.sqlstate,
        ) from None


def _steps(call: Call, looked: Look, target: OpenTarget, choice: StampChoice) -> list[Step]:
    """The rows to write, in the order of the plan; everything is refused here."""
    files = {item.file.id: item for item in (looked.found.files if looked.found else ())}
    planner = Planner(call)
    if choice.reverted:
        return [_reverted_step(files[id_], planner) for id_ in _named(files, choice)]
    pending = [item for item in files.values() if item.state in PENDING]
    order = order_of([planner.read(item) for item in pending], {id_: item.file.path for id_, item in files.items()})
    wanted = order if choice.everything else _named(files, choice)
    if choice.through is not None:
        last = max((order.index(id_) for id_ in resolve(choice.through, list(files)) if id_ in order), default=-1)
        wanted = order[: last + 1]
    chosen = sorted(dict.fromkeys(wanted), key=lambda id_: order.index(id_) if id_ in order else -1)
    steps = [_stamped_step(files[id_], planner) for id_ in chosen]
    if not choice.force:
        _refuse_missing_objects(target, steps)
    return steps


def _named(files: dict[str, FileStatus], choice: StampChoice) -> list[str]:
    return [id_ for reference in choice.ids for id_ in resolve(reference, list(files))]


def _stamped_step(item: FileStatus, planner: Planner) -> Step:
    if item.state in _APPLIED:
        raise AlreadyAppliedError(
            f"{item.file.id} is {item.state} already", hint="Take it out of the list.", migration=item.file.id
        )
    return Step(planner.read(item), Reason.NEW, item.generation + 1)


def _reverted_step(item: FileStatus, planner: Planner) -> Step:
    if item.row is None or item.row.state not in DONE:
        raise NotAppliedError(
            f"{item.file.id} is not applied",
            hint="Only what is applied can be stamped as reverted.",
            migration=item.file.id,
        )
    return replace(Step(planner.read(item), Reason.NEW, item.generation + 1), direction=Direction.REVERT)


def _refuse_missing_objects(target: OpenTarget, steps: list[Step]) -> None:
    removed = {name for step in steps if step.migration.names for name in step.migration.names.removes}
    for step in steps:
        names = step.migration.names
        provided = {name for name in (names.provides if names else ()) if name not in removed}
        lost = sorted({name for name in provided if is_checkable(name)} - existing(target.conn, provided))
        if lost:
            raise MissingObjectsError(
                f"{lost[0]}, which {step.migration.id} provides, is not in the database",
                hint="Apply it instead, or stamp it all the same with --force.",
                place=Place(step.migration.path),
                migration=step.migration.id,
            )
