"""A second run of a file looked at statement by statement, in a transaction that is rolled back."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from seltzer.catalog.rows import Rows, read_rows, rows_difference
from seltzer.catalog.snapshot import Change, Snapshot, difference, read_snapshot
from seltzer.db.text import compose, identifier, literal
from seltzer.execute.failure import statement_error
from seltzer.source.read import place_of
from seltzer.sql.shape import OneTransaction, shape_of

if TYPE_CHECKING:
    from collections.abc import Collection, Generator

    from seltzer.claims.trial import TrialDatabase
    from seltzer.errors import StatementError
    from seltzer.model import Migration, Statement

_COLUMNS = (
    "SELECT a.attname, pg_catalog.format('pg_catalog.sum(pg_catalog.hashtextextended(t.%%I::pg_catalog.text, 0)"
    "::pg_catalog.numeric)', a.attname) FROM pg_catalog.pg_attribute AS a WHERE a.attnum > 0 AND NOT a.attisdropped "
    "AND a.attgenerated <> 'v' AND a.attrelid = pg_catalog.to_regclass(%s) ORDER BY a.attnum"
)
_WITH_A_VIEW = 200  # statements; a file of more is not looked at one by one


class State(NamedTuple):
    """Catalog and rows of a database."""

    catalog: Snapshot
    rows: Rows


class Differences(NamedTuple):
    """What is not the same in two states."""

    changes: tuple[Change, ...]
    rows: tuple[str, ...]

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.changes or self.rows)

    @property
    def lines(self) -> list[str]:
        """One for each."""
        return [*map(str, self.changes), *self.rows]

    def of(self, objects: Collection[str]) -> Differences:
        """Those of some objects."""
        changes = tuple(change for change in self.changes if str(change.object) in objects)
        return Differences(changes, tuple(line for line in self.rows if line.partition(": ")[0] in objects))

    @property
    def revalued(self) -> list[str]:
        """The tables with as many rows as before, and other values in them."""
        return [line.partition(": ")[0] for line in self.rows if "→" not in line]

    @property
    def objects(self) -> set[str]:
        """The names of what differs; of rows their tables."""
        return {str(change.object) for change in self.changes} | {line.partition(": ")[0] for line in self.rows}


def state_of(database: TrialDatabase) -> State:
    """What a database holds."""
    return State(database.snapshot(), database.rows())


def differences(before: State, after: State) -> Differences:
    """What changed."""
    changes = difference(before.catalog, after.catalog)
    altered = {change.object.of for change in changes if change.object.kind == "column"}
    lines = ((line, *line.split(": ", 1)) for line in rows_difference(before.rows, after.rows))
    # A table whose columns are others has other values in them: only how many rows is news.
    return Differences(changes, tuple(line for line, table, said in lines if table not in altered or "→" in said))


def statements_in_one_transaction(migration: Migration) -> tuple[Statement, ...]:
    """The statements of a file that runs as one transaction; none for one that does not, or that is very long."""
    if migration.statements is None:
        return ()
    shape = shape_of(migration.text, migration.statements, transaction=migration.directives.transaction)
    if not isinstance(shape, OneTransaction) or len(shape.statements) > _WITH_A_VIEW:
        return ()
    return shape.statements


def refused_statements(database: TrialDatabase, migration: Migration) -> list[tuple[Statement, StatementError]]:
    """Every statement that PostgreSQL refuses when the file runs again, not only the first.

    What a statement is refused for may be that one before it was, and did not do its work.
    """
    found: list[tuple[Statement, StatementError]] = []
    with _transaction(database) as conn:
        for statement in statements_in_one_transaction(migration):
            try:
                _run(conn, statement)
            except psycopg.Error as error:
                if conn.closed:
                    break
                _run_text(conn, b"ROLLBACK TO SAVEPOINT seltzer_statement")
                place = place_of(migration.path, migration.text, statement.offset)
                found.append((statement, statement_error(migration.id, error, place)))
    return found


def changing_statements(database: TrialDatabase, migration: Migration, seen: Differences) -> dict[str, Statement]:
    """Of each object that a second run leaves otherwise the last statement that changes it, where that can be told."""
    found: dict[str, Statement] = {}
    wanted, without = seen.objects, (database.conditions.table.schema,)
    with _transaction(database) as conn:
        before = _look(conn, without)
        for statement in statements_in_one_transaction(migration):
            try:
                _run(conn, statement)
            except psycopg.Error:
                break
            after = _look(conn, without)
            found |= dict.fromkeys(differences(before, after).objects & wanted, statement)
            before = after
    return found


def changed_columns(database: TrialDatabase, migration: Migration, tables: Collection[str]) -> dict[str, list[str]]:
    """The columns of tables that have other values after a second run; no table where that cannot be told."""
    statements = statements_in_one_transaction(migration) if tables else ()
    if not statements:
        return {}
    with _transaction(database) as conn:
        try:
            before = {table: _digests(conn, table) for table in tables}
            for statement in statements:
                _run(conn, statement)
            after = {table: _digests(conn, table) for table in tables}
        except psycopg.Error:
            return {}
    found = {
        table: [name for name, digest in after[table].items() if before[table].get(name) != digest] for table in tables
    }
    return {table: names for table, names in found.items() if names}


def _digests(conn: psycopg.Connection[Any], table: str) -> dict[str, int | None]:
    """Of each column the sum of its values' digests: no value comes to the client."""
    columns = conn.execute(_COLUMNS, [table]).fetchall()
    sums = ", ".join(text for _, text in columns)
    (row,) = conn.execute(f"SELECT {sums} FROM ONLY {table} AS t".encode(), prepare=False)
    return {name: value for (name, _), value in zip(columns, row, strict=True)}


def _look(conn: psycopg.Connection[Any], without: Collection[str]) -> State:
    """The state inside a transaction, whose settings stay as the file has them."""
    _run_text(conn, b"SAVEPOINT seltzer_look")
    found = State(read_snapshot(conn, without), read_rows(conn, without))
    _run_text(conn, b"ROLLBACK TO SAVEPOINT seltzer_look")
    return found


@contextmanager
def _transaction(database: TrialDatabase) -> Generator[psycopg.Connection[Any]]:
    """A transaction like that of a run, to be rolled back."""
    conditions = database.conditions
    with database.connect() as conn:
        _run_text(conn, b"BEGIN")
        if conditions.search_path is not None:
            path = ", ".join(identifier(name) for name in conditions.search_path)
            setting = compose("SELECT pg_catalog.set_config('search_path', {path}, true)", path=literal(path))
            _run_text(conn, setting.encode())
        if conditions.role:
            _run_text(conn, compose("SET LOCAL ROLE {role}", role=identifier(conditions.role)).encode())
        try:
            yield conn
        finally:
            if not conn.closed:
                _run_text(conn, b"ROLLBACK")


def _run(conn: psycopg.Connection[Any], statement: Statement) -> None:
    if statement.control:
        return
    _run_text(conn, b"SAVEPOINT seltzer_statement")
    _run_text(conn, statement.text.encode())


def _run_text(conn: psycopg.Connection[Any], text: bytes) -> None:
    conn.execute(text, prepare=False)
