"""The words around every migration: what opens its transaction, and what closes it with a history row.

The fence: a lock on the id that lasts as long as the transaction, then a second look at the id's newest generation.
Even if two runs believed they hold the migration lock, only one of them could commit an application.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from seltzer.db.history_rows import (
    PREPARED,
    Entry,
    insert_statement,
    look_statement,
    prepare_statements,
    prepared_look,
    prepared_row,
)
from seltzer.db.pooler import SET_ASIDE, SET_ASIDE_STATEMENTS
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


def opening(run: Run, step: Step, begin: Sequence[str] = PLAIN_BEGIN, *, last: bool, prepared: bool = False) -> Opening:
    """Begin the transaction, set it up, lock the id and look again.

    Args:
        run: The run.
        step: What it is about to apply.
        begin: The commands that open the transaction.
        last: Whether this is the run's last commit, which has to reach the disk before anyone sees it.
        prepared: Whether the connection may keep statements of ours prepared, and nothing has dropped them.
    """
    looks = _looks(run, step, prepared=prepared)
    aside = SET_ASIDE + ";\n" if run.lease is not None else ""
    text = compose(
        "{begin};\n{aside}SELECT {settings};\n{looks};\n{role}",
        aside=Sql(aside),
        begin=Sql(";\n".join(begin)),  # our own words, or the file's own BEGIN, which it would run anyway
        settings=_settings(run, step, last=last),
        looks=joined(";\n", looks),
        role=compose("SET LOCAL ROLE {role};\n", role=identifier(run.role)) if run.role else raw(""),
    )
    before = len(begin) + 1 + (PREPARED + 1 if prepared and len(looks) > 1 else len(looks))
    before += SET_ASIDE_STATEMENTS if aside else 0
    return Opening(text, before + (1 if run.role else 0))


def _looks(run: Run, step: Step, *, prepared: bool) -> list[Sql]:
    migration = step.migration.id
    if run.lease is not None:
        # A holder that has lost the lease learns it here, and not after an hour of work.
        return [run.lease.look(), look_statement(run.table, migration, step.generation)]
    if not prepared:
        return [look_statement(run.table, migration, step.generation)]
    look = prepared_look(migration, step.generation)
    return [look] if run.session.prepared else [prepare_statements(run.writer), look]


def _settings(run: Run, step: Step, *, last: bool) -> Sql:
    directives = step.migration.directives
    before, after = _common_settings(
        tuple(run.session.unlimited.items()),
        directives.statement_timeout or run.statement_timeout,
        directives.lock_timeout if directives.lock_timeout is not None else run.lock_timeout,
        run.quoted_search_path(),
        # Behind a pooler nobody would hear of a crash of the server between two commits.
        last=last or run.lease is not None,
    )
    name = _set(raw("application_name"), f"seltzer {step.migration.id}"[:63])
    share = f", {run.lease.share()}" if run.lease is not None else ""
    key = literal(run.table.id_key(step.migration.id))
    return Sql(f"{name}{before}{share}, pg_catalog.pg_advisory_xact_lock({key}){after}")


@lru_cache(maxsize=32)  # hardly ever more than two of a run
def _common_settings(
    unlimited: tuple[tuple[str, str], ...],
    statement_timeout: timedelta | None,
    lock_timeout: timedelta | None,
    search_path: str | None,
    *,
    last: bool,
) -> tuple[Sql, Sql]:
    """What the migrations of a run have in common, before the lock on the id and after it."""
    before = [_set(Sql(name), value) for name, value in unlimited]
    if statement_timeout is not None:
        before.append(_set(raw("statement_timeout"), milliseconds(statement_timeout)))
    if not last:
        # WAL is in order: the last, synchronous commit brings these to disk with it.
        before.append(raw("pg_catalog.set_config('synchronous_commit', 'off', true)"))
    if search_path is not None:
        before.append(_set(raw("search_path"), search_path))
    # The lock on the id is waited for without our lock timeout: a killed run's last statement may still hold it.
    after = [_set(raw("lock_timeout"), milliseconds(lock_timeout))] if lock_timeout is not None else []
    return Sql("".join(f", {part}" for part in before)), Sql("".join(f", {part}" for part in after))


def _set(name: Sql, value: str) -> Sql:
    return Sql(f"pg_catalog.set_config('{name}', {literal(value)}, true)")


# What a migration may have switched must not decide about the history row.
_BACK_TO_ITSELF = "RESET SESSION AUTHORIZATION;\nRESET ROLE;\n"
_BACK_IN_TRANSACTION = "SET LOCAL SESSION AUTHORIZATION DEFAULT;\nSET LOCAL ROLE NONE;\n"

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


def closing(  # noqa: PLR0913  # one sentence of SQL, each part by its name
    run: Run, entry: Entry, *, last: bool, touched: bool, prepared: bool = False, before_commit: str = ""
) -> str:
    """Write the history row and commit.

    Args:
        run: The run.
        entry: The row.
        last: See `opening`.
        touched: Whether the migration could have changed role or settings.
        prepared: See `opening`.
        before_commit: One more statement to run after the row is written.
    """
    back = _BACK_TO_ITSELF if touched else ""
    if run.role and not touched:
        back = _BACK_TO_ITSELF if run.lease is None else _BACK_IN_TRANSACTION
    durable = MADE_DURABLE if last else ""
    more = f"{before_commit};\n" if before_commit else ""
    row = prepared_row(entry) if prepared else insert_statement(run.writer, entry)
    return f"{back}{durable}{row};\n{more}{commit(run)}"


def commit(run: Run) -> str:
    """The end of a transaction; behind a pooler it only comes to it if the run still holds its lease."""
    return f"{run.lease.check()};\nCOMMIT" if run.lease is not None else "COMMIT"
