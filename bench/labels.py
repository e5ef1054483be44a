"""What PostgreSQL does with a labelled file: each oracle runs it on a database with rows, and looks; no tool is asked.

`rules.py` compares the labels in `rules/` with what is measured here, and counts nothing where they differ.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from seltzer.sql.statements import read_statements

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from seltzer.server import Server

FOLDER = Path(__file__).parent / "rules"
# These keep writers out, or readers too.
_STRONG = ("ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock")
_NOT_IN_TRANSACTION, _NAME_TOO_LONG = "25001", "42622"
_INSIDE, _OUTSIDE = "25001", "25P01"  # warnings: BEGIN in a transaction, COMMIT outside of one
_IDLE, _IN_TRANSACTION = psycopg.pq.TransactionStatus.IDLE, psycopg.pq.TransactionStatus.INTRANS
_FILES = """
    SELECT c.oid, c.relkind, pg_relation_filenode(c.oid), coalesce(i.indrelid, c.oid)
    FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
    WHERE c.relkind IN ('r', 'i', 'm') AND c.relnamespace::regnamespace::text !~ '^pg_|^information_schema$'
"""
_WAITS = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
_HELD = "SELECT DISTINCT relation FROM pg_locks WHERE pid = %s AND relation IS NOT NULL AND mode = ANY (%s)"


@dataclass(frozen=True, slots=True)
class Base:
    """A server with the database that the files are run on copies of."""

    server: Server

    def make(self) -> None:
        """Make it."""
        self._create("base", "template1")
        with self.connect("base") as conn:
            conn.execute((FOLDER / "base.sql").read_bytes())

    def copy(self) -> None:
        """A fresh copy, named `one`."""
        self._create("one", "base")

    def connect(self, name: str = "one") -> psycopg.Connection[Any]:
        """A connection in autocommit mode."""
        return psycopg.connect(self.server.url(name), autocommit=True)

    def _create(self, name: str, template: str) -> None:
        with self.connect("postgres") as conn:
            conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            conn.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
            )


def blocks(base: Base, text: str) -> bool:
    """Whether a table that was there is rewritten, scanned or indexed under a lock that keeps others out."""
    base.copy()
    with base.connect() as conn:
        before, rows = _files(conn), _rows(conn)
    try:
        with base.connect() as conn:
            conn.execute("BEGIN")
            conn.execute(text.encode())
            held = _held(conn, conn.info.backend_pid)
            return bool(held & _worked_on(conn, before, rows))
    except psycopg.Error as error:
        if error.sqlstate != _NOT_IN_TRANSACTION:
            raise
        return _blocks_alone(base, text, before)


def _blocks_alone(base: Base, text: str, before: Mapping[int, tuple[str, int | None, int]]) -> bool:
    """The same of what runs outside of a transaction: beside a writer, what it holds or waits for is looked at."""
    held: set[int] = set()
    with base.connect() as writer, base.connect() as monitor, base.connect() as conn:
        tables = ", ".join(f"{oid}::regclass" for oid, (kind, _, _) in before.items() if kind == "r")
        names = monitor.execute(f"SELECT unnest(ARRAY[{tables}])::text".encode()).fetchall()
        writer.execute("BEGIN")
        writer.execute(f"LOCK TABLE {', '.join(name for (name,) in names)} IN ROW EXCLUSIVE MODE".encode())

        def run() -> None:
            for statement in read_statements(text):
                conn.execute(statement.text.encode())

        work = threading.Thread(target=run)
        work.start()
        while work.is_alive() and not monitor.execute(_WAITS, [conn.info.backend_pid]).fetchone():
            work.join(0.01)
        held |= _held(monitor, conn.info.backend_pid)
        writer.execute("COMMIT")
        while work.is_alive():
            held |= _held(monitor, conn.info.backend_pid)
            work.join(0.01)
        return bool(held & _worked_on(monitor, before, {}))


def _files(conn: psycopg.Connection[Any]) -> dict[int, tuple[str, int | None, int]]:
    return {oid: (kind, file, table) for oid, kind, file, table in conn.execute(_FILES.encode()).fetchall()}


def _rows(conn: psycopg.Connection[Any]) -> dict[int, int]:
    found: dict[int, int] = {}
    for oid, name in conn.execute("SELECT oid, oid::regclass::text FROM pg_class WHERE relkind = 'r' AND oid > 16384"):
        one = conn.execute(f"SELECT count(*) FROM {name}".encode()).fetchone()
        found[oid] = one[0] if one else 0
    return found


def _held(conn: psycopg.Connection[Any], pid: int) -> set[int]:
    return {oid for (oid,) in conn.execute(_HELD, [pid, list(_STRONG)]).fetchall()}


def _worked_on(
    conn: psycopg.Connection[Any], before: Mapping[int, tuple[str, int | None, int]], rows: Mapping[int, int]
) -> set[int]:
    """The tables that were there and have another file, or an index with one, or whose rows were all read."""
    files = {file for _, file, _ in before.values()}
    changed = {table for _, file, table in _files(conn).values() if file not in files and table in before}
    counted = conn.execute("SELECT oid, pg_stat_get_xact_tuples_returned(oid) FROM pg_class WHERE relkind = 'r'")
    read = {oid for oid, count in counted.fetchall() if 0 < rows.get(oid, 0) <= count}
    return changed | read


def fails_again(base: Base, text: str) -> bool:
    """Whether a run from the beginning fails after any number of its statements were done, each in autocommit."""
    statements = [item.text for item in read_statements(text)]
    return any(_fails_after(base, statements[:count], statements) for count in range(1, len(statements) + 1))


def _fails_after(base: Base, done: Collection[str], statements: Collection[str]) -> bool:
    base.copy()
    with base.connect() as conn:
        for statement in done:
            conn.execute(statement.encode())
    try:
        with base.connect() as conn:
            for statement in statements:
                conn.execute(statement.encode())
    except psycopg.Error:
        return True
    return False


def breaks_clients(base: Base, text: str) -> bool:
    """Whether the file is refused on a database with rows, or what the running release sends is refused after it."""
    probes = [item.text for item in read_statements((FOLDER / "probes.sql").read_text(encoding="utf-8"))]
    base.copy()
    with base.connect() as conn:
        try:
            conn.execute(text.encode())
        except psycopg.Error:
            return True
        return any(_is_refused(conn, probe) for probe in probes)


def _is_refused(conn: psycopg.Connection[Any], probe: str) -> bool:
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(probe.encode())
    except psycopg.Error:
        return True
    return False


def cuts_names(base: Base, text: str) -> bool:
    """Whether the server says that it cut a name off."""
    return _NAME_TOO_LONG in _said(base, text, begin=False)


def leaves_transaction(base: Base, text: str) -> bool:
    """Whether a transaction around the file is ended by it, or begun again."""
    said = _said(base, text, begin=True)
    return bool({_INSIDE, _OUTSIDE, "ended"} & said)


def _said(base: Base, text: str, *, begin: bool) -> set[str]:
    """The conditions of notices and warnings, and whether the transaction that was begun is another one or none."""
    base.copy()
    said: set[str] = set()
    with base.connect() as conn:
        conn.add_notice_handler(lambda notice: said.add(notice.sqlstate or ""))
        first = _begun(conn) if begin else None
        for statement in read_statements(text):
            conn.execute(statement.text.encode())
        if begin and (conn.info.transaction_status != _IN_TRANSACTION or _transaction(conn) != first):
            said.add("ended")
    return said


def _begun(conn: psycopg.Connection[Any]) -> Any:  # noqa: ANN401  # a number of the server's
    conn.execute("BEGIN")
    return _transaction(conn)


def _transaction(conn: psycopg.Connection[Any]) -> Any:  # noqa: ANN401  # a number of the server's
    return conn.execute("SELECT pg_current_xact_id()").fetchall()


def is_rolled_back(base: Base, text: str) -> bool:
    """Whether a transaction is open when psql would come to the end of the file."""
    base.copy()
    with base.connect() as conn:
        for statement in read_statements(text):
            conn.execute(statement.text.encode())
        return conn.info.transaction_status != _IDLE


def is_refused(base: Base, text: str) -> bool:
    """Whether the server refuses a statement of it, as psql would send them."""
    base.copy()
    try:
        with base.connect() as conn:
            for statement in read_statements(text):
                conn.execute(statement.text.encode())
    except psycopg.Error:
        return True
    return False


def loses_rows(base: Base, text: str) -> bool:
    """Whether rows are gone from a table that no statement of it names."""
    base.copy()
    with base.connect() as conn:
        before = _rows(conn)
        names = dict(conn.execute("SELECT oid, relname FROM pg_class WHERE relkind = 'r'").fetchall())
        conn.execute(text.encode())
        after = _rows(conn)
    return any(after.get(oid, 0) < count and names[oid] not in text for oid, count in before.items())


ORACLES: dict[str, Callable[[Base, str], bool]] = defaultdict(lambda: blocks)
ORACLES.update(
    {
        "adding-required-field": breaks_clients,
        "ban-concurrent-index-creation-in-transaction": is_refused,
        "ban-drop-column": breaks_clients,
        "ban-drop-table": breaks_clients,
        "ban-duplicate-column-assignments": is_refused,
        "ban-truncate-cascade": loses_rows,
        "ban-uncommitted-transaction": is_rolled_back,
        "identifier-too-long": cuts_names,
        "prefer-robust-stmts": fails_again,
        "renaming-column": breaks_clients,
        "renaming-table": breaks_clients,
        "transaction-nesting": leaves_transaction,
    }
)
