"""`stamp` and `forget`: history without running, for a database that has the objects, or has lost the files."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seltzer.commands.planning import Planner
from seltzer.commands.presence import refuse_missing_objects
from seltzer.commands.results import ForgetResult, StampResult
from seltzer.commands.revert import state_without
from seltzer.commands.running import interruptible, locked, new_run, refuse_read_only
from seltzer.commands.start import FileLooks, Look, OpenTarget, compare, knowing, open_target
from seltzer.db.history_rows import Entry, insert_statement
from seltzer.db.message import Refusal
from seltzer.db.progress import Progress
from seltzer.db.tables import ensure_tables, grant_readers
from seltzer.errors import (
    AlreadyAppliedError,
    AppliedMeanwhileError,
    DivergedError,
    NotAppliedError,
    NotMissingError,
    PrivilegeError,
)
from seltzer.execute.active import refuse_nested
from seltzer.execute.fence import commit, entry_of
from seltzer.model import Direction, FileState, Reason, Step, down_id
from seltzer.planning.plan import order_of
from seltzer.planning.selection import resolve
from seltzer.planning.states import DONE, PENDING, FileStatus
from seltzer.planning.stops import refuse_stops
from seltzer.source.discover import discover

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.commands.call import Call

_APPLIED = frozenset({FileState.APPLIED, FileState.STAMPED})


@dataclass(frozen=True, slots=True)
class StampChoice:
    """What to stamp: ids, everything pending, or everything up to an id.

    Attributes:
        ids: These, in the forms of `planning.selection`.
        everything: All that is pending.
        through: All that is pending up to this id, in the order of the plan.
        reverted: Write `reverted` for ids that are applied, instead of `stamped` for what is not.
        force: Stamp an id although its objects are not in the database.
    """

    ids: tuple[str, ...] = ()
    everything: bool = False
    through: str | None = None
    reverted: bool = False
    force: bool = False

    def __post_init__(self) -> None:
        """Refuse none of the first three, several, and `reverted` without ids.

        Raises:
            ValueError: It does not say what to stamp, or says it twice.
        """
        if sum((bool(self.ids), self.everything, self.through is not None)) != 1:
            raise ValueError("say what to stamp: ids, everything or through, and one of them only")
        if self.reverted and not self.ids:
            raise ValueError("what to record as reverted is named by its ids")


def preview_stamp(call: Call, choice: StampChoice) -> StampResult:
    """What `stamp` would write; nothing is written.

    Raises:
        SeltzerError: As `stamp` raises.
    """
    with open_target(call) as target:
        looked = compare(target, discover(call.config.migrations), always_rows=True)
        with knowing(looked.state):
            steps = _steps(call, looked, target, choice)
    return StampResult(looked.state, tuple(step.migration.id for step in steps), _recorded(choice))


def stamp(call: Call, choice: StampChoice) -> StampResult:
    """Write history rows without running anything, all of them in one transaction.

    Raises:
        AlreadyAppliedError: An id is applied.
        NotAppliedError: With `reverted`, an id is not applied.
        MissingObjectsError: An id's objects are not in the database.
    """
    refuse_nested()
    files = discover(call.config.migrations)
    with open_target(call) as target:
        looked = compare(target, files, always_rows=True)
        with knowing(looked.state):
            if not _steps(call, looked, target, choice):
                return StampResult(looked.state, (), _recorded(choice))
            refuse_read_only(looked)
            with interruptible("stamp"), locked(call, target) as changed:
                if not looked.reading.exists:
                    ensure_tables(changed.conn, changed.table, call.config.history_readers)
                grant_readers(changed.conn, changed.table, call.config.history_readers)
                looked = compare(changed, files, always_rows=True)
                steps = _steps(call, looked, changed, choice)
                _write(call, changed, [_entry(step) for step in steps])
    ids = tuple(step.migration.id for step in steps)
    return StampResult(state_without(looked, set(ids)), ids, _recorded(choice))


def _recorded(choice: StampChoice) -> FileState:
    return FileState.REVERTED if choice.reverted else FileState.STAMPED


def forget(call: Call, references: Sequence[str]) -> ForgetResult:
    """Record that missing ids are gone for good: they are no longer missing, and the database no longer ahead.

    Args:
        call: The settings.
        references: In the forms of `planning.selection`; of a module or a range, those that are missing.

    Raises:
        NotMissingError: An id has a file.
        UnknownMigrationError: Neither the history nor the files know such an id.
        StopError: The history is another service's, or the files are not there at all.
    """
    refuse_nested()
    files = discover(call.config.migrations)
    with open_target(call) as target:
        looked = compare(target, files, always_rows=True)
        with knowing(looked.state):
            _gone(call, looked, references)
            refuse_read_only(looked)
            with interruptible("forget"), locked(call, target) as changed:
                entries = _gone(call, compare(changed, files, always_rows=True), references)
                _write(call, changed, entries)
    return ForgetResult(tuple(entry.id for entry in entries))


def _gone(call: Call, looked: Look, references: Sequence[str]) -> list[Entry]:
    """The rows that forget missing ids; everything is refused here."""
    rows = looked.reading.rows
    missing = {row.id for row in (looked.found.missing if looked.found else ())}
    if looked.found is not None and rows:
        with suppress(DivergedError):  # an edited file has nothing to do with what is missing
            refuse_stops(call.config.migrations, rows, looked.found, FileLooks())
    known = sorted({*rows, *(file.id for file in looked.files)}, key=lambda id_: (id_ not in missing, id_))
    wanted: list[str] = []
    for reference in references:
        found = resolve(reference, known)
        lost = [id_ for id_ in found if id_ in missing]
        if not lost:
            said = f"{found[0]} is not missing" if len(found) == 1 else f"nothing of {reference} is missing"
            raise NotMissingError(said, hint="Only an applied id without a file can be forgotten.", migration=found[0])
        wanted += lost
    return [
        Entry(id_, rows[id_].generation + 1, rows[id_].kind, "reverted", rows[id_].checksum, None)
        for id_ in dict.fromkeys(wanted)
    ]


def _entry(step: Step) -> Entry:
    if step.direction is Direction.APPLY:
        return entry_of(step, "stamped")
    # Without its content: it would say of what is brought back later that it is there.
    return entry_of(step)._replace(fingerprints=None, provides=None)


def _write(call: Call, target: OpenTarget, entries: list[Entry]) -> None:
    run = new_run(call, target)
    # What was begun step by step is settled by a person's word: a later apply begins anew.
    begun = [Progress(target.table, id_, run.writer.run) for entry in entries for id_ in (entry.id, down_id(entry.id))]
    text = ";\n".join(
        [*(insert_statement(run.writer, entry) for entry in entries), *(progress.forget() for progress in begun)]
    )
    try:
        run.session.wire().send(f"BEGIN;\n{text};\n{commit(run)}")
    except Refusal as refusal:
        said = f"the history could not be written: {refusal.error.diag.message_primary}"
        if refusal.error.sqlstate == "42501":
            hint = "Stamp with the role that owns the history, or: GRANT INSERT, SELECT on it."
            raise PrivilegeError(said, hint=hint, sqlstate="42501") from None
        raise AppliedMeanwhileError(
            said,
            hint="Look at `seltzer status`; nothing was written.",
            sqlstate=refusal.error.sqlstate,
            rolled_back=True,
        ) from None
    finally:
        run.session.close()


def _steps(call: Call, looked: Look, target: OpenTarget, choice: StampChoice) -> list[Step]:
    """What to write, in the order of the plan; everything is refused here."""
    files = {item.file.id: item for item in (looked.found.files if looked.found else ())}
    planner = Planner(call)
    if choice.reverted:
        return [_reverted_step(files[id_], planner) for id_ in _named(files, choice)]
    pending = [item for item in files.values() if item.state in PENDING]
    known = {id_: item.file.path for id_, item in files.items()}
    known |= {row.id: call.config.migrations for row in (looked.found.missing if looked.found else ())}
    order = order_of([planner.read(item) for item in pending], known)
    chosen = sorted(_wanted(files, choice, order), key=lambda id_: order.index(id_) if id_ in order else -1)
    migrations = [planner.read(files[id_]) for id_ in chosen]
    if not choice.force:
        refuse_missing_objects(target, migrations)
    return [Step(item, Reason.NEW, files[item.id].generation + 1) for item in migrations]


def _wanted(files: dict[str, FileStatus], choice: StampChoice, order: list[str]) -> list[str]:
    if choice.everything:
        return order
    if choice.through is None:
        return _named(files, choice)
    found = resolve(choice.through, list(files))
    if not any(id_ in order for id_ in found):
        raise _already_applied(files[found[0]])
    return order[: max(order.index(id_) for id_ in found if id_ in order) + 1]


def _named(files: dict[str, FileStatus], choice: StampChoice) -> list[str]:
    """The ids that are meant; of a module or a range, those that can be recorded so."""
    named: list[str] = []
    for reference in choice.ids:
        found = resolve(reference, list(files))
        fit = [id_ for id_ in found if _is_fit(files[id_], choice)]
        if not fit:
            raise (_not_applied if choice.reverted else _already_applied)(files[found[0]])
        named += fit
    return list(dict.fromkeys(named))


def _is_fit(item: FileStatus, choice: StampChoice) -> bool:
    if choice.reverted:
        return item.row is not None and item.row.state in DONE
    return item.state not in _APPLIED


def _reverted_step(item: FileStatus, planner: Planner) -> Step:
    return Step(planner.read(item), Reason.NEW, item.generation + 1, direction=Direction.REVERT)


def _already_applied(item: FileStatus) -> AlreadyAppliedError:
    return AlreadyAppliedError(
        f"{item.file.id} is {item.state} already",
        hint="See `seltzer status` for what is pending.",
        migration=item.file.id,
    )


def _not_applied(item: FileStatus) -> NotAppliedError:
    return NotAppliedError(
        f"{item.file.id} is not applied",
        hint="Only what is applied can be recorded as reverted: see `seltzer status --all`.",
        migration=item.file.id,
    )
