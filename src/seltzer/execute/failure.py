"""From PostgreSQL's refusal to an error that names file, line and column, and says what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from seltzer.errors import AppliedMeanwhileError, Place, PrivilegeError, SeltzerError, StatementError
from seltzer.source.read import place_of
from seltzer.sql.redact import safe_server_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import psycopg

    from seltzer.db.message import Refusal
    from seltzer.model import Statement, Step


def facts_of(error: psycopg.Error) -> tuple[str, str | None, str | None]:
    """Message, detail with context, and hint of a server's error, without row values."""
    diagnostic = error.diag
    state = error.sqlstate
    message = safe_server_text(state, diagnostic.message_primary or str(error).strip())
    parts = [diagnostic.message_detail, diagnostic.context]
    detail = "\n".join(safe_server_text(state, part) for part in parts if part) or None
    return message, detail, diagnostic.message_hint


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
    return statement_error(step.migration.id, refusal.error, _place(source, refusal, frame, statements[index]))


def refused_script(
    refusal: Refusal, frame: Frame, statements: Sequence[Statement], source: tuple[Path, str]
) -> StatementError:
    """The error for a file that was run outside of any run."""
    index = refusal.index - frame.statements
    inside = 0 <= index < len(statements)
    place = _place(source, refusal, frame, statements[index]) if inside else Place(source[0])
    return statement_error(None, refusal.error, place)


def _place(source: tuple[Path, str], refusal: Refusal, frame: Frame, failing: Statement) -> Place:
    """Line and column where PostgreSQL gives a position, else the line of the statement."""
    path, text = source
    position = refusal.error.diag.statement_position
    at = int(position) - 1 - frame.shift if position else -1
    if failing.offset <= at <= failing.offset + len(failing.text):
        return place_of(path, text, at)
    place = place_of(path, text, failing.offset)
    return Place(place.file, place.line, None, place.excerpt)


def statement_error(migration: str | None, error: psycopg.Error, place: Place) -> StatementError:
    """The error for a statement of a migration that PostgreSQL refused."""
    message, detail, hint = facts_of(error)
    return StatementError(
        message,
        hint=hint or _next_step(error.sqlstate),
        place=place,
        migration=migration,
        sqlstate=error.sqlstate,
        detail=detail,
        rolled_back=True,
    )


def _next_step(sqlstate: str | None) -> str:
    if sqlstate == "42501":
        return "Grant the privilege, or apply with the role that has it."
    if sqlstate in {"55P03", "57014"}:
        return "Something held a lock for too long; apply again, or raise the timeout for this file."
    return "Correct the file and apply again."


def _refused_frame(step: Step, refusal: Refusal, *, after: bool) -> SeltzerError:
    """The error when our own words around the migration failed, or its COMMIT did (a deferred constraint)."""
    error = refusal.error
    message, detail, hint = facts_of(error)
    state = error.sqlstate
    fenced = state == "22P02" if not after else "_id_generation_key" in (error.diag.constraint_name or "")
    if fenced:
        return AppliedMeanwhileError(
            "another run applied it at the same moment",
            hint="Look at `seltzer status`; this run changed nothing.",
            migration=step.migration.id,
            sqlstate=state,
            rolled_back=True,
        )
    if state == "42501":
        return PrivilegeError(
            f"the history row could not be written: {message}",
            hint="Apply with the role that owns the history, or: GRANT INSERT, SELECT, UPDATE on it.",
            migration=step.migration.id,
            sqlstate=state,
            rolled_back=True,
        )
    return StatementError(
        f"{message} (at the commit)" if after else message,
        hint=hint or _next_step(state),
        place=Place(step.migration.path),
        migration=step.migration.id,
        sqlstate=state,
        detail=detail,
        rolled_back=True,
    )
