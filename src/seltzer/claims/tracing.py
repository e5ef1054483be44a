"""What each statement of a file does: run one by one on a database that may be thrown away, and watched."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg

from seltzer.catalog.effects import Look, Observed, observe
from seltzer.catalog.relations import take_picture, take_picture_of_rows
from seltzer.claims.tracing_alone import run_alone
from seltzer.claims.tracing_keys import short_scans
from seltzer.sql.redact import safe_excerpt, safe_server_text
from seltzer.sql.shape import OneTransaction, shape_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from seltzer.catalog.relations import Picture
    from seltzer.model import Statement
    from seltzer.sql.shape import Stepwise, Unit

    Connect: TypeAlias = Callable[[], psycopg.Connection[Any]]

# Statements that read or change rows; every other reads rows only for the schema's sake.
_READS_ROWS = frozenset(
    {"select_stmt", "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt", "copy_stmt", "do_stmt", "call_stmt"}
    | {"create_table_as_stmt", "refresh_mat_view_stmt", "explain_stmt", "execute_stmt", "opaque"}
)
_ROWS_ONLY = frozenset({"select_stmt", "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"})
_WRITTEN_TO = "RowExclusiveLock"
_LONGEST = 2000
_Status = psycopg.pq.TransactionStatus
_NOTHING = Observed({})
_ABORTED = "not run: the transaction is aborted until its end"

_WITHOUT_PAGES = (
    "SELECT c.oid::pg_catalog.int8 FROM pg_catalog.pg_class AS c "
    "WHERE c.oid = ANY(%s::pg_catalog.oid[]) AND pg_catalog.pg_relation_size(c.oid) = 0"
)
_SPEAK = "SELECT pg_catalog.set_config('client_min_messages', 'debug1', false)"
_IN_ENGLISH = "SELECT pg_catalog.set_config('lc_messages', 'C', false)"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a statement did.

    Attributes:
        line: Where it begins in its file.
        text: The statement, without row values and passwords.
        transactional: Whether PostgreSQL takes it inside a transaction block.
        locks: The strongest mode newly taken on each relation that was there before; None when it was not observed.
        rewritten: Tables and sequences whose rows were all written anew.
        scanned: Tables that were read from beginning to end; None when it was not observed.
        indexes_built: Indexes that were built or rebuilt.
        constraints_validated: Constraints that every row was checked for, `schema.table.constraint`.
        hazards: The tables that others wait for while long work is done, with the mode that is held on each.
        worked_on: The tables with that work.
        duration: How long it took here, in milliseconds.
        error: What the server refused; None when it did not.
    """

    line: int
    text: str = field(repr=False)
    transactional: bool
    locks: Mapping[str, str] | None
    rewritten: tuple[str, ...] = ()
    scanned: tuple[str, ...] | None = ()
    indexes_built: tuple[str, ...] = ()
    constraints_validated: tuple[str, ...] = ()
    hazards: Mapping[str, str] = field(default_factory=dict[str, str])
    worked_on: tuple[str, ...] = ()
    duration_ms: float = 0.0
    error: str | None = None

    @property
    def hazard(self) -> bool:
        """Whether others cannot read or write a table while something is done that takes long on a large one."""
        return bool(self.hazards)


def trace_statements(  # noqa: PLR0913  # a file, and what it meets
    connect: Connect,
    text: str,
    statements: Sequence[Statement],
    *,
    transaction: bool = True,
    made: Collection[str] = (),
    counts_own: bool = False,
    prepare: Callable[[psycopg.Connection[Any]], object] = bool,
) -> Iterator[Effect]:
    """Run a file's statements one by one and say what each did.

    A file that fits one transaction is rolled back at the end. Of any other the units are committed one by one, all
    but a last one that can be rolled back: what comes later needs what came before.

    Args:
        connect: Opens an autocommit connection to a database that may be thrown away.
        text: The file.
        statements: Its statements.
        transaction: False when the file asks for `transaction = off`.
        made: Relations that count as made by the file: nobody uses them yet.
        counts_own: Whether what an earlier statement of the file made is there as well; once it has rows, work on it is
            a hazard like any other.
        prepare: Gives the session that runs the statements its settings.

    Raises:
        ConnectionFailedError: The database cannot be reached.
    """
    shape = shape_of(text, statements, transaction=transaction)
    with connect() as conn:
        relations = take_picture(conn).relations
        watch = Watch(conn, frozenset(oid for oid, relation in relations.items() if relation.name not in made))
        watch.counts_own = counts_own
        prepare(conn)
        if isinstance(shape, OneTransaction):
            yield from watch.in_transaction(shape.begin, shape.statements)
            watch.end("ROLLBACK")
        else:
            yield from _unit_by_unit(connect, watch, shape)


def _unit_by_unit(connect: Connect, watch: Watch, shape: Stepwise) -> Iterator[Effect]:
    for unit in shape.units:
        if not unit.transactional:
            yield from _alone(connect, watch, unit)
            continue
        yield from watch.in_transaction((unit.begin or "BEGIN",), unit.statements)
        last = unit is shape.units[-1]
        watch.end("COMMIT" if unit.keeps and not last else "ROLLBACK")


def _alone(connect: Connect, watch: Watch, unit: Unit) -> Iterator[Effect]:
    for statement in unit.statements:
        seen = run_alone(connect, watch.conn, statement.text, watch.known)
        yield Effect(
            line=statement.line,
            text=shown_text(statement.text),
            transactional=statement.transactional,
            locks=seen.observed.locks if seen.complete else None,
            rewritten=seen.observed.rewritten,
            scanned=None,
            indexes_built=seen.observed.indexes_built,
            constraints_validated=seen.observed.constraints_validated,
            hazards=seen.observed.hazards,
            worked_on=seen.observed.worked_on,
            duration_ms=seen.duration_ms,
            error=error_text(seen.error),
        )


class Watch:
    """A connection whose statements are watched.

    Attributes:
        conn: An autocommit connection.
        known: OIDs of the relations that count.
        counts_own: Whether what a statement makes counts for those after it.
    """

    counts_own = False

    def __init__(self, conn: psycopg.Connection[Any], known: Collection[int]) -> None:
        self.conn = conn
        self.known = frozenset(known)
        self._own: frozenset[int] = frozenset()
        self._truncated: frozenset[int] = frozenset()  # in this transaction
        self._said: list[str] = []
        self._last: Picture | None = None  # how things stand since the statement before
        conn.add_notice_handler(lambda diagnostic: self._said.append(diagnostic.message_primary or ""))
        with suppress(psycopg.Error):  # who may not set it reads no messages: files and counters tell most of it
            conn.execute(_IN_ENGLISH)

    def in_transaction(self, begin: Sequence[str], statements: Sequence[Statement]) -> Iterator[Effect]:
        """Run statements in a transaction that is opened for them and left open."""
        self._last = None
        self._truncated = frozenset()
        for command in begin:
            self.conn.execute(command.encode())
        for statement in statements:
            yield self.run(statement)

    def end(self, command: str) -> None:
        """End the transaction; one that a statement of the file has ended already is left alone."""
        if self._status() is not _Status.IDLE:
            # A deferred constraint may refuse the commit: the statements before it were told of.
            with suppress(psycopg.Error):
                self.conn.execute(command.encode())
        if self._status() is not _Status.IDLE:
            self.conn.execute("ROLLBACK")

    def run(self, statement: Statement) -> Effect:
        """Run one statement in the open transaction; what it did is undone when it fails."""
        if self._status() is _Status.INERROR:
            if statement.control != "savepoint":
                return _effect(statement, _NOTHING, 0.0, _ABORTED)
            return self._guarded(statement)
        if self._status() is _Status.IDLE:
            self.conn.execute("BEGIN")
        self.listen()
        before = self._last or take_picture(self.conn)
        self._last = None
        # A savepoint of the file's own would go with ours.
        own = statement.control != "savepoint"
        if own:
            self.conn.execute("SAVEPOINT seltzer")
        effect = self._guarded(statement, before)
        if own and self._status() is not _Status.IDLE:
            if effect.error is not None:
                self.conn.execute("ROLLBACK TO SAVEPOINT seltzer")
            self.conn.execute("RELEASE SAVEPOINT seltzer")
        return effect

    def _guarded(self, statement: Statement, before: Picture | None = None) -> Effect:
        empty = self._empty()
        self._said.clear()
        started = time.perf_counter()
        try:
            self.conn.execute(statement.text.encode())
        except psycopg.Error as refused:
            duration_ms = (time.perf_counter() - started) * 1000
            return _effect(statement, _NOTHING, duration_ms, error_text(refused))
        duration_ms = (time.perf_counter() - started) * 1000
        said = tuple(self._said)
        after = self._after(statement, before)
        self._last = after if statement.control != "savepoint" else None
        reads_rows = statement.kind in _READS_ROWS
        # A trial may have no rows to fill a table with again: who could have written to it has.
        empty |= {oid for oid in self._truncated if _WRITTEN_TO not in after.locks.get(oid, ())}
        look = Look(
            before or after, after, said, self.known | self._own, reads_rows=reads_rows, own=self._own, empty=empty
        )
        observed = observe(look)
        if observed.hazards and observed.scanned and statement.kind in _ROWS_ONLY:
            observed = observe(replace(look, by_key=short_scans(self.conn, statement.text, look.before, after)))
        self._own = self._own | (after.relations.keys() - (before or after).relations.keys())
        if statement.kind == "truncate_stmt":
            self._truncated |= look.replaced
        elif statement.control == "savepoint":
            self._truncated = frozenset()  # a way back to one brings the rows back
        return _effect(statement, observed, duration_ms, None)

    def _empty(self) -> frozenset[int]:
        """What the file itself made and has no rows: nothing takes long there."""
        if not self.counts_own:
            self._own = frozenset()
        if not self._own:
            return frozenset()
        rows = self.conn.execute(_WITHOUT_PAGES, [list(self._own)]).fetchall()
        return frozenset(oid for (oid,) in rows)

    def _after(self, statement: Statement, before: Picture | None) -> Picture:
        quick = take_picture_of_rows(self.conn, before) if before is not None and statement.kind in _ROWS_ONLY else None
        return quick or take_picture(self.conn)

    def _status(self) -> psycopg.pq.TransactionStatus:
        return self.conn.info.transaction_status

    def listen(self) -> None:
        """Have the server say what it does, in English; before every statement, for a file may have changed that."""
        self.conn.execute(_SPEAK)


def _effect(statement: Statement, seen: Observed, duration_ms: float, error: str | None) -> Effect:
    return Effect(
        line=statement.line,
        text=shown_text(statement.text),
        transactional=statement.transactional,
        locks=seen.locks,
        rewritten=seen.rewritten,
        scanned=seen.scanned,
        indexes_built=seen.indexes_built,
        constraints_validated=seen.constraints_validated,
        hazards=seen.hazards,
        worked_on=seen.worked_on,
        duration_ms=duration_ms,
        error=error,
    )


def shown_text(text: str) -> str:
    """A statement as it may be shown: no row values, no passwords, not longer than anybody reads."""
    shown = safe_excerpt(text, 0, min(len(text), _LONGEST))
    return shown if len(text) <= _LONGEST else f"{shown}…"


def error_text(error: psycopg.Error | None) -> str | None:
    """What the server refused, with its SQLSTATE and without row values."""
    if error is None:
        return None
    text = error.diag.message_primary or str(error)
    return f"{safe_server_text(error.sqlstate, text)} (SQLSTATE {error.sqlstate})"
