"""Files that cannot be one transaction: unit by unit, each recorded, resumed at the one that failed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from seltzer.db.message import Refusal
from seltzer.db.text import Sql, compose, identifier, joined, literal, raw
from seltzer.errors import SeltzerError, StatementError, UnsupportedStatementError
from seltzer.events import StatementStarted
from seltzer.execute.failure import Frame, refused_statement
from seltzer.execute.fence import closing, entry_of, milliseconds, opening
from seltzer.model import Direction
from seltzer.source.read import place_of
from seltzer.sql.digests import digest_of_texts
from seltzer.sql.redact import Values, safe_excerpt

if TYPE_CHECKING:
    from seltzer.db.message import Wire
    from seltzer.execute.context import Run
    from seltzer.model import Step
    from seltzer.sql.shape import Stepwise, Unit


class _Record(NamedTuple):
    """A recorded step: its fingerprint, and whether it is done."""

    fingerprint: str
    done: bool


def apply_stepwise(run: Run, step: Step, shape: Stepwise, *, last: bool) -> None:
    """Apply a migration unit by unit.

    Raises:
        StatementError: PostgreSQL refused a statement; what ran before it stays, and the next run resumes there.
        UnsupportedStatementError: The file was changed before the place where it has to resume.
        AppliedMeanwhileError: Another run was faster.
    """
    wire = run.session.wire()
    run.session.listen(run.notices_of(step.migration.id))
    run.session.mark()
    wire.send(_session_settings(run, step))
    done = _done_units(run, step, shape, wire)
    role = _Role(run)
    for index, unit in enumerate(shape.units):
        if index >= done:
            _run_unit(run, step, role, index, unit)
        elif _sets_session(unit) and not role.takes(unit):
            # What a statement left in the session is gone with the session it ran in.
            wire.send(unit.statements[0].text)
    try:
        _finish(run, step, wire, last=last)
    except SeltzerError as error:
        error.rolled_back = False  # every unit is committed; only the history row is not
        raise


_ROLE = re.compile(r"(?i)\s*(set|reset)\s+(session\s+|local\s+)?(role|session\s+authorization)\b")


class _Role:
    """The role that a stepwise file runs as: it must not decide about the records between its units.

    Attributes:
        run: The run.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self._taken = [compose("SET ROLE {role}", role=identifier(run.role))] if run.role else []

    def takes(self, unit: Unit) -> bool:
        """Whether a unit is nothing but a change of role, which is repeated before each later unit."""
        text = unit.statements[0].text
        if unit.begin or not _ROLE.match(text):
            return False
        self._taken.append(Sql(text))
        return True

    def taken(self) -> str:
        """What brings the role back; empty when nobody has taken any."""
        return "".join(f"{text};\n" for text in self._taken)

    def left(self) -> str:
        """What leaves it again."""
        return "RESET SESSION AUTHORIZATION;\nRESET ROLE;\n"

    @property
    def count(self) -> int:
        """How many statements `taken` has."""
        return len(self._taken)


def _progress_id(step: Step) -> str:
    """The steps of a way back are no steps of the migration itself."""
    return step.migration.id if step.direction is Direction.APPLY else f"{step.migration.id}.down"


def _sets_session(unit: Unit) -> bool:
    return not unit.begin and unit.statements[0].kind in {"variable_set_stmt", "prepare_stmt", "load_stmt"}


def _session_settings(run: Run, step: Step) -> str:
    """Timeouts for a session in autocommit mode, where SET LOCAL has no effect.

    A lock timeout only where the file asks for one: a concurrent index build waits for old snapshots, which counts as
    waiting for a lock, and would be left INVALID.
    """
    directives = step.migration.directives
    settings = {
        "statement_timeout": milliseconds(directives.statement_timeout or run.statement_timeout),
        "lock_timeout": milliseconds(directives.lock_timeout),
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


def fingerprint_of(unit: Unit) -> str:
    """A digest of what a unit does; equal when only comments and white space differ."""
    texts = [unit.begin and "block", *(item.fingerprint for item in unit.statements)]
    return digest_of_texts(text.encode() for text in texts)


def _done_units(run: Run, step: Step, shape: Stepwise, wire: Wire) -> int:
    """How many units an earlier run has done: the longest equal prefix of what is recorded.

    Raises:
        UnsupportedStatementError: Something that is done is not in the file any more.
    """
    query = compose(
        "SELECT step, fingerprint, done IS NOT NULL FROM {progress} WHERE id = {id} ORDER BY step",
        progress=run.table.progress,
        id=literal(_progress_id(step)),
    )
    records = {int(row[0] or 0): _Record(row[1] or "", row[2] == "t") for row in wire.ask(query)[0]}
    count = 0
    while count < len(shape.units) and (record := records.get(count)) is not None:
        if not record.done or record.fingerprint != fingerprint_of(shape.units[count]):
            break
        count += 1
    changed = [index for index, record in records.items() if index >= count and record.done]
    if changed:
        raise _cannot_resume(step, shape, min(changed))
    return count


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


def _run_unit(run: Run, step: Step, role: _Role, index: int, unit: Unit) -> None:
    first = unit.statements[0]
    # Before anybody knows what the server thinks of it: no literal at all.
    hidden = Values.SHOWN if run.values is Values.SHOWN else Values.REFUSED
    head = safe_excerpt(first.text, 0, len(first.text), hidden)
    run.say(StatementStarted(step.migration.id, first.line, " ".join(head.split())[:80]))
    wire = run.session.wire_at_work()
    try:
        if unit.transactional:
            _run_with_record(step, wire, role, unit, _record(run, step, index, unit, done=True))
        else:
            wire.send(_record(run, step, index, unit, done=False) + ";\n" + role.taken())
            _send(step, wire, first.text, unit, Frame(0, -first.offset))
            wire.send(role.left() + _record(run, step, index, unit, done=True))
    except StatementError as error:
        error.rolled_back = unit.transactional and index == 0
        error.hint = f"{error.hint} The {index} before it are done and stay; the next run resumes here."
        raise
    role.takes(unit)


def _run_with_record(step: Step, wire: Wire, role: _Role, unit: Unit, record: str) -> None:
    """A transactional unit and its record commit together; a block that the file rolls back leaves only the record."""
    first, final = unit.statements[0], unit.statements[-1]
    body = step.migration.text[first.offset : final.offset + len(final.text)]
    end = f"\n;\n{role.left()}{record};\nCOMMIT" if unit.keeps else f"\n;\nROLLBACK;\n{role.left()}{record}"
    begin = f"{unit.begin or 'BEGIN'};\n{role.taken()}"
    _send(step, wire, begin + body + end, unit, Frame(1 + role.count, len(begin) - first.offset))


def _send(step: Step, wire: Wire, text: str, unit: Unit, frame: Frame) -> None:
    try:
        wire.send(text)
    except Refusal as refusal:
        wire.roll_back()
        raise refused_statement(step, refusal, frame, unit.statements) from None


def _record(run: Run, step: Step, index: int, unit: Unit, *, done: bool) -> str:
    return compose(
        "INSERT INTO {progress} AS p (id, step, fingerprint, run, started, done) "
        "VALUES ({id}, {step}, {fingerprint}, {run}, pg_catalog.clock_timestamp(), {done}) "
        "ON CONFLICT (id, step) DO UPDATE SET fingerprint = excluded.fingerprint, run = excluded.run, "
        "started = CASE WHEN excluded.done IS NULL THEN excluded.started ELSE p.started END, done = excluded.done",
        progress=run.table.progress,
        id=literal(_progress_id(step)),
        step=literal(index),
        fingerprint=literal(fingerprint_of(unit)),
        run=literal(run.writer.run),
        done=raw("pg_catalog.clock_timestamp()") if done else literal(None),
    )


def _finish(run: Run, step: Step, wire: Wire, *, last: bool) -> None:
    """The history row; the records of the steps leave in its transaction."""
    began = compose(
        "(SELECT coalesce(pg_catalog.min(p.started), pg_catalog.now()) FROM {progress} AS p WHERE p.id = {id})",
        progress=run.table.progress,
        id=literal(_progress_id(step)),
    )
    entry = entry_of(step)._replace(started=began)
    forget = compose(
        "DELETE FROM {progress} WHERE id = {id}", progress=run.table.progress, id=literal(_progress_id(step))
    )
    opened = opening(run, step, last=last)
    text = closing(run, entry, last=last, touched=True, before_commit=forget)
    try:
        wire.send(opened.text + text)
    except Refusal as refusal:
        wire.roll_back()
        raise refused_statement(step, refusal, opened.frame(), ()) from None
