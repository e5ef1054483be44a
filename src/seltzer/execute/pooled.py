"""What is different behind a pooler: what cannot run there, what a migration finds in a session, and gives back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from seltzer.db.message import Refusal
from seltzer.db.pooler import LEFT, SET_ASIDE, TEMPORARY, drop_temporary, put_back
from seltzer.db.text import compose, joined, literal
from seltzer.errors import Place, UnsupportedStatementError
from seltzer.execute.failure import ALONE, Frame, refused_statement
from seltzer.execute.fence import commit, milliseconds
from seltzer.model import Language
from seltzer.sql.shape import Stepwise, shape_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.db.message import Wire
    from seltzer.execute.context import Run
    from seltzer.execute.healing import Scene
    from seltzer.model import Migration, Plan, Statement, Step
    from seltzer.sql.shape import Unit

Rows = list[tuple[str | None, ...]]

# Not part of any transaction: they stay in whichever of the server's sessions they ran in.
_STAYS = {
    "prepare_stmt": "PREPARE",
    "deallocate_stmt": "DEALLOCATE",
    "listen_stmt": "LISTEN",
    "unlisten_stmt": "UNLISTEN",
    "load_stmt": "LOAD",
    "discard_stmt": "DISCARD",
}
_SESSION_LOCK = re.compile(r"\bpg_(?:try_)?advisory_(?:un)?lock(?:_shared|_all)?\s*\(", re.IGNORECASE)
_CALLING = frozenset(("select_stmt", "do_stmt", "call_stmt", "insert_stmt", "update_stmt", "delete_stmt"))
_WITH_HOLD = re.compile(r"\bwith\s+hold\b", re.IGNORECASE)
_AROUND = "Give the database itself beside the pooler, for migrations only: direct-database."


def refuse_sessions(run: Run, plan: Plan) -> None:
    """Behind a pooler, refuse a plan with a file that needs a session of its own; nothing has run yet.

    Raises:
        UnsupportedStatementError: There is one; its file and line are named.
    """
    if run.lease is None:
        return
    try:
        for step in plan.steps:
            _refuse_step(run, step)
    except BaseException:
        run.session.close()
        raise


def _refuse_step(run: Run, step: Step) -> None:
    migration = step.migration
    for path, statements in migration.sources:
        for statement in statements:
            if why := _what_stays(statement):
                raise _needs_session(migration, Place(path, statement.line), why)
    if migration.statements is None or migration.file.language is Language.PYTHON:
        return
    whole = migration.directives.transaction and not step.is_unfinished(run.unfinished)
    shape = shape_of(migration.text, migration.statements, transaction=whole)
    apart = [unit.statements[0] for unit in shape.units if not unit.begin] if isinstance(shape, Stepwise) else []
    for statement in apart:
        if why := _what_reaches_on(statement):
            raise _needs_session(migration, Place(migration.path, statement.line), why)
        if not statement.transactional:
            _refuse_wishes(run, migration, statement)
    alone = next((item for item in apart if not item.transactional), None)
    if alone is not None:
        refuse_limits(run, step, alone)


def _what_stays(statement: Statement) -> str:
    """What of a statement no rollback and no word of ours takes out of a session again; empty when nothing."""
    if statement.kind in _STAYS:
        return _STAYS[statement.kind]
    if statement.kind in _CALLING and (found := _SESSION_LOCK.search(statement.text)):
        return f"{found[0].rstrip('( ')} locks until the session ends"
    if statement.kind == "declare_cursor_stmt" and _WITH_HOLD.search(statement.text):
        return "a cursor WITH HOLD"
    return ""


_SET_CONFIG = re.compile(r"\bset_config\s*\(", re.IGNORECASE)
_TEMPORARY = re.compile(r"\b(?:temp|temporary)\b|\bpg_temp\b", re.IGNORECASE)


def _what_reaches_on(statement: Statement) -> str:
    """What a statement by itself means for those after it, which run in other sessions; empty when nothing."""
    if statement.kind == "variable_set_stmt" or (statement.touches_session and _SET_CONFIG.search(statement.text)):
        return "a setting for the statements after it, in a file that cannot be one transaction"
    if statement.touches_session and statement.kind.startswith("create") and _TEMPORARY.search(statement.text[:200]):
        return "a temporary table for the statements after it, in a file that cannot be one transaction"
    return ""


def _refuse_wishes(run: Run, migration: Migration, statement: Statement) -> None:
    """A statement that runs alone has nothing around it that could set anything."""
    directives = migration.directives
    wishes = {
        "role": run.role,
        "search-path": run.search_path,
        "statement-timeout": directives.statement_timeout or run.statement_timeout,
        "lock-timeout in the file": directives.lock_timeout,
    }
    wish = next((name for name, value in wishes.items() if value), None)
    if wish is not None:
        raise _refused(
            migration,
            Place(migration.path, statement.line),
            f"has to run outside a transaction, where {wish} has no effect through a pooler",
        )


def refuse_limits(run: Run, step: Step, statement: Statement) -> None:
    """Behind a pooler, refuse a statement that runs alone where the server's own limits would cut it off.

    Raises:
        UnsupportedStatementError: `lock_timeout` or `statement_timeout` is not 0 there.
    """
    if run.lease is None:
        return
    found = run.session.wire().ask(_LIMITS)[0]
    if found:
        limits = " and ".join(f"{name} = {value}" for name, value in found)
        raise _refused(
            step.migration,
            Place(step.migration.path, statement.line),
            f"has to run outside a transaction, where nothing lifts the server's {limits} through a pooler",
        )


_LIMITS = (
    "SELECT s.name, pg_catalog.current_setting(s.name) FROM pg_catalog.pg_settings AS s "
    "WHERE s.setting <> '0' AND s.name IN ('lock_timeout', 'statement_timeout') ORDER BY s.name"
)


def _needs_session(migration: Migration, place: Place, why: str) -> UnsupportedStatementError:
    return _refused(migration, place, f"needs a session of its own, which a pooler does not give: {why}")


def _refused(migration: Migration, place: Place, why: str) -> UnsupportedStatementError:
    return UnsupportedStatementError(f"{migration.id} {why}", hint=_AROUND, place=place, migration=migration.id)


class Found(NamedTuple):
    """What a transaction found in the session that it was given.

    Attributes:
        settings: Names and values that others had left.
        temporary: Temporary objects, as `db.pooler.TEMPORARY` returns them.
    """

    settings: Rows
    temporary: Rows


def look_around(run: Run) -> str:
    """What to ask right after the opening words of a transaction, for `found_in`; empty with a direct connection."""
    return f"{TEMPORARY};\n" if run.lease is not None else ""


def found_in(run: Run, begin: Sequence[str], answers: list[Rows]) -> Found | None:
    """What the answers to the opening words, and to `look_around`, say of the session; None with a direct connection.

    Args:
        run: The run.
        begin: The commands that opened the transaction.
        answers: All answers; the last one is to a question that came after `look_around`.
    """
    if run.lease is None:
        return None
    return Found(answers[len(begin) + 2], answers[-2])


def first_look(run: Run, wire: Wire) -> Found | None:
    """What a transaction that has just begun finds in the session; None with a direct connection."""
    return find(wire) if run.lease is not None else None


def find(wire: Wire) -> Found:
    """What a transaction that has just begun finds in the session."""
    return Found(wire.ask(LEFT)[0], wire.ask(TEMPORARY)[0])


def drop_made(run: Run, wire: Wire) -> str:
    """Drop the temporary objects of a migration that shares its transaction, at its end."""
    if run.found is None:
        return ""
    return "".join(f"{drop};\n" for drop in drop_temporary(run.found.temporary, wire.ask(TEMPORARY)[0]))


def give_back(wire: Wire, found: Found) -> str:
    """The statements that leave the session as it was found, for the end of a transaction."""
    drops = drop_temporary(found.temporary, wire.ask(TEMPORARY)[0])
    return "".join(f"{drop};\n" for drop in drops) + put_back(found.settings) + ";\n"


def recorded(run: Run, record: str) -> str:
    """A record of a unit that runs by itself; behind a pooler, only while the lease is held."""
    return f"{record};\n{run.lease.check()}" if run.lease is not None else record


def tag(run: Run) -> str:
    """What stands before a statement that runs alone: behind a pooler, a comment by which others see whose it is."""
    return run.lease.tag() if run.lease is not None else ""


def run_unit(scene: Scene, unit: Unit, record: str, limits: Sequence[str]) -> None:
    """Behind a pooler, run a unit of a stepwise file that can share a transaction with its record.

    Raises:
        StatementError: PostgreSQL refused a statement of it.
        LeaseLostError: Another run has taken over.
    """
    wire, first, final = scene.wire, unit.statements[0], unit.statements[-1]
    body = scene.step.migration.text[first.offset : final.offset + len(final.text)]
    frame, statements = ALONE, unit.statements[:0]
    scene.run.attend(wire, scene.id, unit.statements)
    try:
        wire.send(unit.begin or "BEGIN")
        # An isolation level has to be set before any query: such a unit meets the session as it is.
        found = None if first.control == "set" else find(wire)
        if found is not None:
            wire.send("".join([SET_ASIDE + ";\n", _unit_settings(scene), *limits, scene.role.taken()]))
        frame, statements = Frame(0, -first.offset), unit.statements
        wire.send(body)
        frame, statements = ALONE, unit.statements[:0]
        if not unit.keeps:
            wire.send("ROLLBACK")
            scene.record(record)
            return
        back = give_back(wire, found) if found is not None else ""
        left = scene.role.left() if scene.role.count or any(item.touches_session for item in unit.statements) else ""
        wire.send(f"{left}{back}{record};\n{commit(scene.run)}")
    except Refusal as refusal:
        wire.roll_back()
        raise refused_statement(scene.step, refusal, frame, statements) from None


def _unit_settings(scene: Scene) -> str:
    run, lease, migration = scene.run, scene.run.lease, scene.step.migration
    limit = migration.directives.statement_timeout or run.statement_timeout
    settings = run.session.unlimited | {
        "statement_timeout": milliseconds(limit),
        "application_name": f"seltzer {migration.id}"[:63],
    }
    search_path = run.quoted_search_path()
    if search_path is not None:
        settings["search_path"] = search_path
    parts = [
        compose("pg_catalog.set_config({name}, {value}, true)", name=literal(name), value=literal(value))
        for name, value in settings.items()
    ]
    shared = [lease.share()] if lease is not None else []
    return compose("SELECT {parts};\n", parts=joined(", ", parts + shared))
