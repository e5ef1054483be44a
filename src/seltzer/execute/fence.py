"""The words around every migration: what opens its transaction, and what closes it with a history row.

The fence: a lock on the id that lasts as long as the transaction, then a second look at the id's newest generation.
Even if two runs believed they hold the migration lock, only one of them could commit an application.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from seltzer.db.history import Entry, insert_statement
from seltzer.db.text import Sql, compose, identifier, joined, literal, raw
from seltzer.execute.failure import Frame
from seltzer.sql.shape import PLAIN_BEGIN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from seltzer.execute.context import Run
    from seltzer.model import Step


class Opening(NamedTuple):
    """What is sent before a migration's own text.

    Attributes:
        text: It, ending in a line break.
        statements: How many it has.
    """

    text: str
    statements: int

    def frame(self) -> Frame:
        """Where text right after it stands in the message."""
        return Frame(self.statements, len(self.text))


def milliseconds(duration: timedelta | None) -> str:
    """A timeout as PostgreSQL takes it; none is 0."""
    return str(round(duration.total_seconds() * 1000)) if duration is not None else "0"


def opening(run: Run, step: Step, begin: Sequence[str] = PLAIN_BEGIN, *, last: bool) -> Opening:
    """Begin the transaction, set it up, lock the id and look again.

    Args:
        run: The run.
        step: What it is about to apply.
        begin: The commands that open the transaction.
        last: Whether this is the run's last commit, which has to reach the disk before anyone sees it.
    """
    directives = step.migration.directives
    settings = run.session.unlimited | {"application_name": f"seltzer {step.migration.id}"[:63]}
    statement_timeout = directives.statement_timeout or run.statement_timeout
    if statement_timeout is not None:
        settings["statement_timeout"] = milliseconds(statement_timeout)
    waits: dict[str, str] = {}
    lock_timeout = directives.lock_timeout if directives.lock_timeout is not None else run.lock_timeout
    if lock_timeout is not None:
        waits["lock_timeout"] = milliseconds(lock_timeout)
    if not last:
        # WAL is in order: the last, synchronous commit brings these to disk with it.
        settings["synchronous_commit"] = "off"
    search_path = run.quoted_search_path()
    if search_path is not None:
        settings["search_path"] = search_path
    locking = compose("pg_catalog.pg_advisory_xact_lock({key})", key=literal(run.table.id_key(step.migration.id)))
    text = compose(
        "{begin};\nSELECT {settings};\n{look};\n{role}",
        begin=Sql(";\n".join(begin)),  # our own words, or the file's own BEGIN, which it would run anyway
        # The lock on the id is waited for without our lock timeout: a killed run's last statement may still hold it.
        settings=joined(", ", [*_set(settings), locking, *_set(waits)]),
        look=_second_look(run, step),
        role=compose("SET LOCAL ROLE {role};\n", role=identifier(run.role)) if run.role else raw(""),
    )
    return Opening(text, len(begin) + (3 if run.role else 2))


def _set(settings: dict[str, str]) -> list[Sql]:
    return [
        compose("pg_catalog.set_config({name}, {value}, true)", name=literal(name), value=literal(value))
        for name, value in settings.items()
    ]


def _second_look(run: Run, step: Step) -> Sql:
    """A statement that fails if the history has this step's generation of the id, or a later one."""
    return compose(
        "SELECT CAST({complaint} || h.generation::pg_catalog.text AS pg_catalog.int4) FROM {history} AS h "
        "WHERE h.id = {id} AND h.generation >= {generation} LIMIT 1",
        generation=literal(step.generation),
        complaint=literal(f"seltzer: {step.migration.id} was applied by another run, generation "),
        history=run.table.history,
        id=literal(step.migration.id),
    )


# What a migration may have switched must not decide about the history row.
_BACK_TO_ITSELF = "RESET SESSION AUTHORIZATION;\nRESET ROLE;\n"

MADE_DURABLE = (
    "SELECT pg_catalog.set_config('synchronous_commit', CASE pg_catalog.current_setting('synchronous_commit') "
    "WHEN 'off' THEN 'on' ELSE pg_catalog.current_setting('synchronous_commit') END, true);\n"
)


def entry_of(step: Step, state: str | None = None) -> Entry:
    """The history row of a step; `state` is by default what the step's direction makes of it."""
    migration = step.migration
    known = [item.fingerprint for _, statements in migration.sources for item in statements]
    # A changed first day provides only what is new in it: the next plan has to know what was there.
    provides = tuple(sorted(migration.provided)) if migration.provided is not None else None
    return Entry(
        id=migration.id,
        generation=step.generation,
        kind=str(migration.file.kind),
        state=state or step.direction,
        checksum=migration.file.checksum,
        token_checksum=migration.token_checksum,
        fingerprints=tuple(known) if migration.sources else None,
        provides=provides,
    )


def closing(run: Run, entry: Entry, *, last: bool, touched: bool, before_commit: str = "") -> str:
    """Write the history row and commit.

    Args:
        run: The run.
        entry: The row.
        last: See `opening`.
        touched: Whether the migration could have changed role or settings.
        before_commit: One more statement to run after the row is written.
    """
    back = _BACK_TO_ITSELF if touched or run.role else ""
    durable = MADE_DURABLE if last else ""
    more = f"{before_commit};\n" if before_commit else ""
    return f"{back}{durable}{insert_statement(run.writer, entry)};\n{more}COMMIT"
