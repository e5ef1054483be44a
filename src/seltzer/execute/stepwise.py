"""Files that cannot be one transaction: unit by unit, each recorded, resumed at the one that failed."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from seltzer.db.message import Refusal
from seltzer.db.progress import Progress
from seltzer.db.text import compose, joined, literal
from seltzer.errors import LockTimeoutError, SeltzerError, StatementError, UnsupportedStatementError
from seltzer.events import StatementStarted, Warned
from seltzer.execute.failure import Frame, refused_statement
from seltzer.execute.fence import closing, entry_of, milliseconds, opening
from seltzer.execute.healing import Scene, settle, work_alone
from seltzer.execute.pooled import run_unit
from seltzer.execute.retry import with_retries
from seltzer.execute.role import TakenRole
from seltzer.execute.unprotected import run_unprotected
from seltzer.model import Direction
from seltzer.source.read import place_of
from seltzer.sql.redact import Values, safe_excerpt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seltzer.db.progress import Record
    from seltzer.execute.context import Run
    from seltzer.model import Step
    from seltzer.sql.shape import Stepwise, Unit


def apply_stepwise(run: Run, step: Step, shape: Stepwise, *, last: bool) -> None:
    """Apply a migration unit by unit.

    Raises:
        StatementError: PostgreSQL refused a statement; what ran before it stays, and the next run resumes there.
        LeftBehindError: A cut-off statement left something that a person has to look at.
        UnsupportedStatementError: The file was changed before the place where it has to resume.
        AppliedMeanwhileError: Another run was faster.
    """
    wire = run.session.wire()
    run.session.listen(run.notices_of(step.migration.id))
    run.session.mark()
    progress = Progress(run.table, step.progress_id, run.writer.run)
    scene = Scene(run, step, TakenRole(run), progress)
    if run.lease is None:
        work_alone(scene)
    if step.direction is Direction.APPLY:
        progress.adopt(wire.conn, step.migration.directives.was)
    records = progress.read(wire.conn)
    done = _done_units(step, shape, records)
    if run.lease is None:
        wire.send(_session_settings(run, step))
        _repeat_settings(scene, shape.units[:done])
    if done in records and _resumes_after(scene, shape, done, records[done]):
        scene.record(progress.done(done, records[done].fingerprint))
        done += 1
    for index in range(done, len(shape.units)):
        _run_unit(scene, index, shape.units[index])
    try:
        _finish(scene, last=last)
    except SeltzerError as error:
        error.rolled_back = False  # every unit is committed; only the history row is not
        raise


_SETS = frozenset({"variable_set_stmt", "prepare_stmt", "deallocate_stmt", "load_stmt", "discard_stmt"})
_LOCAL = re.compile(r"(?i)\s*set\s+(?:local|transaction)\b")
# As every pg_dump has it; what has to be worked out first is not worked out again.
_SET_CONFIG = re.compile(
    r"(?is)\s*select\s+(?:pg_catalog\s*\.\s*)?set_config\s*\(\s*'[^']*'\s*,\s*'[^']*'\s*,\s*false\s*\)"
)


def _repeat_settings(scene: Scene, units: Sequence[Unit]) -> None:
    """Make again what statements that are done left in the session: it is gone with the session they ran in."""
    for item in (item for unit in units if unit.keeps for item in unit.statements):
        if scene.role.takes(item):
            continue
        sets = item.kind in _SETS and not _LOCAL.match(item.text)
        if sets or (item.kind == "select_stmt" and _SET_CONFIG.fullmatch(item.text)):
            scene.wire.send(item.text)


def _session_settings(run: Run, step: Step) -> str:
    """Timeouts for a session in autocommit mode, where SET LOCAL has no effect.

    No lock timeout: a concurrent index build waits for old snapshots, which counts as waiting for a lock, and would be
    left INVALID. What shares a transaction with its record may have one, see `_limits`.
    """
    settings = run.session.unlimited | {
        "statement_timeout": milliseconds(step.migration.directives.statement_timeout or run.statement_timeout),
        "lock_timeout": "0",
        "idle_in_transaction_session_timeout": "0",
        "application_name": f"seltzer {step.migration.id}"[:63],
    }
    search_path = run.quoted_search_path()
    if search_path is not None:
        settings["search_path"] = search_path
    parts = joined(
        ", ",
        [
            compose("pg_catalog.set_config({name}, {value}, false)", name=literal(name), value=literal(value))
            for name, value in settings.items()
        ],
    )
    return compose("SELECT {parts}", parts=parts)


def _done_units(step: Step, shape: Stepwise, records: Mapping[int, Record]) -> int:
    """How many units an earlier run has done: the longest equal prefix of what is recorded.

    Raises:
        UnsupportedStatementError: Something that is done is not in the file any more.
    """
    count = 0
    while count < len(shape.units) and (record := records.get(count)) is not None:
        if not record.done or record.fingerprint != shape.units[count].fingerprint:
            break
        count += 1
    changed = [index for index, record in records.items() if index >= count and record.done]
    if changed:
        raise _cannot_resume(step, shape, min(changed))
    return count


def _resumes_after(scene: Scene, shape: Stepwise, index: int, record: Record) -> bool:
    """Whether a unit that was started took effect after all; if not, it has left nothing now.

    Raises:
        UnsupportedStatementError: It took effect, and is not in the file any more.
    """
    if not settle(scene, record):
        return False
    if index >= len(shape.units) or record.fingerprint != shape.units[index].fingerprint:
        raise _cannot_resume(scene.step, shape, index)
    line = shape.units[index].statements[0].line
    scene.run.say(Warned(f"{scene.id}, line {line}, was cut off but has taken effect: it does not run again"))
    return True


def _cannot_resume(step: Step, shape: Stepwise, index: int) -> UnsupportedStatementError:
    migration = step.migration
    place = None
    if index < len(shape.units):
        place = place_of(migration.path, migration.text, shape.units[index].statements[0].offset)
    return UnsupportedStatementError(
        f"statement {index + 1} had already run when the migration failed, and the file now says something else there",
        hint="Put it back as it was and repair only what comes after it.",
        place=place,
        migration=migration.id,
        rolled_back=False,
    )


def _run_unit(scene: Scene, index: int, unit: Unit) -> None:
    first, run = unit.statements[0], scene.run
    # Before anybody knows what the server thinks of it: no literal at all.
    hidden = Values.SHOWN if run.values is Values.SHOWN else Values.REFUSED
    head = safe_excerpt(first.text, 0, len(first.text), hidden)
    run.say(StatementStarted(scene.id, first.line, " ".join(head.split())[:80]))
    try:
        if unit.transactional:
            record = scene.progress.done(index, unit.fingerprint)
            with_retries(run, scene.step, partial(_run_with_record, scene, unit, record))
        else:
            run_unprotected(scene, index, unit)
    except (StatementError, LockTimeoutError) as error:
        error.rolled_back = unit.transactional and index == 0
        if index:
            before = "The one before it is done and stays" if index == 1 else f"The {index} before it are done and stay"
            error.hint = f"{error.hint} {before}; the next run resumes here."
        raise
    # Behind a pooler each unit has given back what it took.
    for item in unit.statements if unit.keeps and run.lease is None else ():
        scene.role.takes(item)


def _run_with_record(scene: Scene, unit: Unit, record: str) -> None:
    """A transactional unit and its record commit together; a block that the file rolls back leaves only the record."""
    first, final, role = unit.statements[0], unit.statements[-1], scene.role
    body = scene.step.migration.text[first.offset : final.offset + len(final.text)]
    end = f"\n;\n{role.left()}{record};\nCOMMIT" if unit.keeps else f"\n;\nROLLBACK;\n{role.left()}{record}"
    limits = _limits(scene, unit)
    if scene.run.lease is not None:
        run_unit(scene, unit, record, limits)
        return
    begin = f"{unit.begin or 'BEGIN'};\n{''.join(limits)}{role.taken()}"
    scene.run.attend(scene.wire, scene.id, unit.statements)
    try:
        scene.wire.send(begin + body + end)
    except Refusal as refusal:
        scene.wire.roll_back()
        frame = Frame(1 + len(limits) + role.count, len(begin) - first.offset)
        raise refused_statement(scene.step, refusal, frame, unit.statements) from None


_LOCK_TIMEOUT = re.compile(r"(?i)\block_timeout\b")
_SETTING = frozenset({"variable_set_stmt", "select_stmt"})


def _limits(scene: Scene, unit: Unit) -> list[str]:
    """The lock timeout, where giving up rolls back; what the file has set for its session before this unit wins."""
    migration = scene.step.migration
    asked = (
        migration.directives.lock_timeout if migration.directives.lock_timeout is not None else scene.run.lock_timeout
    )
    own = any(
        item.kind in _SETTING
        and item.offset < unit.statements[0].offset
        and _LOCK_TIMEOUT.search(item.text)
        and not _LOCAL.match(item.text)
        and (item.kind == "variable_set_stmt" or _SET_CONFIG.fullmatch(item.text))
        for item in migration.statements or ()
    )
    return [f"SET LOCAL lock_timeout = {milliseconds(asked)};\n"] if asked is not None and not own else []


def _finish(scene: Scene, *, last: bool) -> None:
    """The history row; the records of the steps leave in its transaction."""
    run, step, wire, progress = scene.run, scene.step, scene.wire, scene.progress
    entry = entry_of(step)._replace(started=progress.began())
    opened = opening(run, step, last=last)
    # Behind a pooler this is not the session in which the units ran.
    text = closing(run, entry, last=last, touched=run.lease is None, before_commit=progress.forget())
    try:
        wire.send(opened.text + text)
    except Refusal as refusal:
        wire.roll_back()
        raise refused_statement(step, refusal, opened.frame(), ()) from None
