"""The records of migrations that run unit by unit: what was started, how things stood then, and what is done."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from seltzer.db.connect import execute, fetch
from seltzer.db.text import Sql, compose, literal, raw

if TYPE_CHECKING:
    from collections.abc import Collection

    import psycopg

    from seltzer.db.history_sql import HistoryTable


class Owner(NamedTuple):
    """The session that started a unit: its backend, and when that began, as text of the server's."""

    pid: int
    since: str


class Record(NamedTuple):
    """A recorded unit.

    Attributes:
        fingerprint: Digest of its statements.
        done: Whether it is.
        owner: Who started it; None when it shared a transaction with its record.
        trace: How things stood before it started; None when nothing was looked at.
    """

    fingerprint: str
    done: bool
    owner: Owner | None = None
    trace: dict[str, Any] | None = None


THIS_SESSION = raw(
    "'pid', pg_catalog.pg_backend_pid(), 'since', (SELECT a.backend_start "
    "FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) AS a)"
)
"""The session that a record is sent in."""

SOME_SESSION = raw("'pid', NULL")
"""Behind a pooler: another one than that of the record."""


class Progress:
    """The records of one migration.

    Attributes:
        table: The history that they belong to.
        id: Its id, or that of its way back.
        run: The run that writes.
    """

    def __init__(self, table: HistoryTable, id_: str, run: str) -> None:
        self.table = table
        self.id = id_
        self.run = run

    def adopt(self, conn: psycopg.Connection[Any], former: Collection[str]) -> None:
        """Take over what was begun under a former id, unless something was begun under this one."""
        for id_ in former:
            move = compose(
                "UPDATE {progress} SET id = {id} WHERE id = {former} "
                "AND NOT EXISTS (SELECT 1 FROM {progress} AS p WHERE p.id = {id})",
                progress=self.table.progress,
                id=literal(self.id),
                former=literal(id_),
            )
            execute(conn, move)

    def read(self, conn: psycopg.Connection[Any]) -> dict[int, Record]:
        """The records of earlier runs, by the unit's place in the file."""
        _ensure_column(conn, self.table)
        query = compose(
            "SELECT step, fingerprint, done IS NOT NULL, (before ->> 'pid')::pg_catalog.int4, before ->> 'since', "
            "before -> 'trace' FROM {progress} WHERE id = {id} ORDER BY step",
            progress=self.table.progress,
            id=literal(self.id),
        )
        return {
            step: Record(fingerprint, done, Owner(pid, since) if pid is not None else None, trace)
            for step, fingerprint, done, pid, since, trace in fetch(conn, query)
        }

    def started(self, step: int, fingerprint: str, trace: dict[str, Any] | None, owner: Sql = THIS_SESSION) -> Sql:
        """Record that a unit is about to start.

        Args:
            step: The unit's place in the file.
            fingerprint: Digest of its statements.
            trace: How things stand.
            owner: Where it will run.
        """
        before = compose(
            "pg_catalog.jsonb_build_object({owner}, 'trace', {trace}::pg_catalog.jsonb)",
            owner=owner,
            trace=literal(json.dumps(trace)),
        )
        return self._record(step, fingerprint, before, raw("NULL"))

    def done(self, step: int, fingerprint: str) -> Sql:
        """Record that a unit is done."""
        return self._record(step, fingerprint, raw("NULL"), raw("pg_catalog.clock_timestamp()"))

    def _record(self, step: int, fingerprint: str, before: Sql, done: Sql) -> Sql:
        return compose(
            "INSERT INTO {progress} AS p (id, step, fingerprint, run, started, done, before) "
            "VALUES ({id}, {step}, {fingerprint}, {run}, pg_catalog.clock_timestamp(), {done}, {before}) "
            "ON CONFLICT (id, step) DO UPDATE SET fingerprint = excluded.fingerprint, run = excluded.run, "
            "started = CASE WHEN excluded.done IS NULL THEN excluded.started ELSE p.started END, "
            "done = excluded.done, before = excluded.before",
            progress=self.table.progress,
            id=literal(self.id),
            step=literal(step),
            fingerprint=literal(fingerprint),
            run=literal(self.run),
            done=done,
            before=before,
        )

    def began(self) -> Sql:
        """When the first unit was started, as an expression."""
        return compose(
            "(SELECT coalesce(pg_catalog.min(p.started), pg_catalog.now()) FROM {progress} AS p WHERE p.id = {id})",
            progress=self.table.progress,
            id=literal(self.id),
        )

    def forget(self) -> Sql:
        """Remove the records, in the transaction that writes the history row."""
        return compose("DELETE FROM {progress} WHERE id = {id}", progress=self.table.progress, id=literal(self.id))


def _ensure_column(conn: psycopg.Connection[Any], table: HistoryTable) -> None:
    """Add the column `before` where an older release made the table."""
    lacking = compose(
        "SELECT 1 FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = {progress}::pg_catalog.regclass "
        "AND a.attname = 'before' AND NOT a.attisdropped",
        progress=literal(table.progress),
    )
    if not fetch(conn, lacking):
        execute(conn, compose("ALTER TABLE {progress} ADD COLUMN IF NOT EXISTS before jsonb", progress=table.progress))
