"""From PostgreSQL's refusal to an error that names file, line and column, and says what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from seltzer.db.lease import LOST
from seltzer.errors import (
    AppliedMeanwhileError,
    InvalidSettingError,
    LeaseLostError,
    Place,
    PrivilegeError,
    SeltzerError,
    StatementError,
)
from seltzer.execute.privileges import missing_privilege
from seltzer.execute.words import facts_of
from seltzer.model import Direction
from seltzer.source.read import place_of
from seltzer.sql.redact import Values, safe_near, values_in_excerpt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import psycopg

    from seltzer.db.message import Refusal
    from seltzer.model import Statement, Step


class Frame(NamedTuple):
    """Where a file's text stands in a message.

    Attributes:
        statements: How many statements stand before it.
        shift: Characters to take from a position in the message to get one in the file.
    """

    statements: int
    shift: int


ALONE = Frame(0, 0)


def refused_statement(
    step: Step,
    refusal: Refusal,
    frame: Frame,
    statements: Sequence[Statement],
    source: tuple[Path, str] | None = None,
) -> SeltzerError:
    """The error for a refused message.

    Args:
        step: What was being applied.
        refusal: Which statement of the message failed, and how.
        frame: Where the file's text stood in it.
        statements: The file's statements in the message, in order.
        source: The file and its text; by default the step's own.
    """
    index = refusal.index - frame.statements
    if index < 0 or index >= len(statements):
        return _refused_frame(step, refusal, after=index >= 0)
    source = source or (step.migration.path, step.migration.text)
    place = _place(source, refusal, frame, statements[index])
    return statement_error(step.migration.id, refusal.error, place, refusal.values, step.direction)


def refused_script(
    refusal: Refusal, frame: Frame, statements: Sequence[Statement], source: tuple[Path, str]
) -> StatementError:
    """The error for a file that was run outside of any run."""
    index = refusal.index - frame.statements
    inside = 0 <= index < len(statements)
    place = _place(source, refusal, frame, statements[index]) if inside else Place(source[0])
    return statement_error(None, refusal.error, place, refusal.values)


def _place(source: tuple[Path, str], refusal: Refusal, frame: Frame, failing: Statement) -> Place:
    """Line and column where PostgreSQL gives a position, else the line of the statement."""
    path, text = source
    values = values_in_excerpt(refusal.error.sqlstate, refusal.values)
    position = refusal.error.diag.statement_position
    at = int(position) - 1 - frame.shift if position else -1
    if failing.offset <= at <= failing.offset + len(failing.text):
        return place_of(path, text, at, values)
    place = place_of(path, text, failing.offset, values)
    return Place(place.file, place.line, None, place.excerpt)


def statement_error(
    migration: str | None,
    error: psycopg.Error,
    place: Place,
    values: Values = Values.HIDDEN,
    direction: Direction = Direction.APPLY,
) -> StatementError:
    """The error for a statement of a migration that PostgreSQL refused."""
    message, detail, hint = facts_of(error, values)
    made = StatementError(
        safe_near(message, place.excerpt, place.column) if error.sqlstate == "42601" else message,
        hint=_by_itself(error) or hint or _next_step(error.sqlstate, direction, message),
        place=place,
        migration=migration,
        sqlstate=error.sqlstate,
        detail=detail,
        rolled_back=True,
    )
    if values is Values.SHOWN:
        made.recorded = facts_of(error).message
    return made


_BY_ITSELF = {
    "25001": "No transaction, block or function can have it: write it as a statement of its own; if it is one, add  "
    "-- seltzer: transaction = off",
    "2D000": "What commits or rolls back inside has to run by itself, outside of any BEGIN … COMMIT: "
    "add  -- seltzer: transaction = off",
    "55P04": "A new value of an enum has to be committed first: use it in a later file, or outside of any "
    "BEGIN … COMMIT and add  -- seltzer: transaction = off",
}
_PARTITIONED = (
    "On a partitioned table: CREATE INDEX … ON ONLY the table, CREATE INDEX CONCURRENTLY on each partition, then "
    "ALTER INDEX … ATTACH PARTITION each; or without CONCURRENTLY, which blocks writes meanwhile."
)


def _by_itself(error: psycopg.Error) -> str | None:
    """What to do about a statement that cannot share a transaction, or be concurrent; PostgreSQL's hints do not say."""
    refused_by = error.diag.source_function
    if error.sqlstate == "0A000" and refused_by == "DefineIndex":
        return _PARTITIONED if "concurrently" in (error.diag.message_primary or "") else None
    if error.sqlstate == "25001" and refused_by != "PreventInTransactionBlock":
        return None  # SET TRANSACTION after a query
    return _BY_ITSELF.get(error.sqlstate or "")


def _next_step(sqlstate: str | None, direction: Direction, message: str) -> str:
    if sqlstate == "42501":
        return missing_privilege(message) or f"Grant the privilege, or {direction.verb} with the role that has it."
    if sqlstate == "57014":
        return _cancelled(direction, message)
    if sqlstate == "55P03":
        return f"Something held a lock for too long; {direction.verb} again, or raise the timeout for this file."
    return f"Correct the file and {direction.verb} again."


def _cancelled(direction: Direction, message: str) -> str:
    if "user request" in message:
        return f"Somebody cancelled it, with pg_cancel_backend or the like; {direction.verb} again."
    return f"It took longer than statement_timeout allows: raise statement-timeout, then {direction.verb} again."


def _refused_frame(step: Step, refusal: Refusal, *, after: bool) -> SeltzerError:
    """The error when our own words around the migration failed, or its COMMIT did (a deferred constraint)."""
    error = refusal.error
    message, detail, hint = facts_of(error, refusal.values)
    state = error.sqlstate
    if state == "22P02" and LOST in (error.diag.message_primary or ""):
        return _lease_lost(step)
    if not after and error.diag.source_function == "call_string_check_hook":
        return _role_refused(step, error)
    fenced = state == "22P02" if not after else "_id_generation_key" in (error.diag.constraint_name or "")
    if fenced:
        return AppliedMeanwhileError(
            f"another run {step.direction} it at the same moment",
            hint="Look at `seltzer status`; this run changed nothing.",
            migration=step.migration.id,
            sqlstate=state,
            rolled_back=True,
        )
    if state == "42501":
        return PrivilegeError(
            f"the history row could not be written: {message}",
            hint=f"{step.direction.verb.capitalize()} with the role that owns the history, "
            "or: GRANT INSERT, SELECT, UPDATE on it.",
            migration=step.migration.id,
            sqlstate=state,
            rolled_back=True,
        )
    where = " (at the commit)" if after else ""
    made = StatementError(
        f"{message}{where}",
        hint=hint or _next_step(state, step.direction, message),
        place=Place(step.migration.path),
        migration=step.migration.id,
        sqlstate=state,
        detail=detail,
        rolled_back=True,
    )
    if refusal.values is Values.SHOWN:
        made.recorded = f"{facts_of(error).message}{where}"
    return made


def _role_refused(step: Step, error: psycopg.Error) -> InvalidSettingError:
    """The one setting of a session that is checked by the server and comes from the settings."""
    return InvalidSettingError(
        f"the setting role cannot be taken: {facts_of(error, Values.SHOWN).message}",
        hint="Correct the setting, or: CREATE ROLE it and GRANT it TO the role that connects.",
        migration=step.migration.id,
        sqlstate=error.sqlstate,
        rolled_back=True,
    )


def _lease_lost(step: Step) -> LeaseLostError:
    return LeaseLostError(
        "another run has taken over: this one had not renewed its lease for too long",
        hint="Look at `seltzer status`; what this run committed before that is recorded.",
        migration=step.migration.id,
        sqlstate="22P02",
        rolled_back=True,
    )
