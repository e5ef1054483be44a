"""What PostgreSQL says to a statement: to its words alone, or to running it where everything is undone."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.rows import tuple_row

from seltzer.claims.compatible.facts import statement_file
from seltzer.claims.touching import surroundings
from seltzer.db.connect import execute
from seltzer.db.text import compose, identifier
from seltzer.sql.redact import safe_server_text

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Sequence

    from seltzer.claims.applying import Conditions
    from seltzer.claims.compatible.facts import Relation
    from seltzer.db.text import Sql

_LONGEST_TRIAL = "20s"


class Answer(NamedTuple):
    """What became of a statement that ran.

    Attributes:
        state: SQLSTATE of its refusal; empty when it was accepted.
        constraint: The constraint that refused it, if one did.
        column: The column that refused it, if one did.
        said: Why it was refused, without row values.
        rows: How many rows its last command wrote or deleted.
    """

    state: str
    constraint: str
    column: str
    said: str
    rows: int = 0

    @property
    def accepted(self) -> bool:
        """Whether it was accepted."""
        return not self.state


# The class of `no data`: not the server's word but ours, for a statement that is taken and does nothing.
NOTHING = "02000"


def nothing_done(before: Answer, after: Answer) -> Answer:
    """What the second says, or that it did to no row what the first did to some."""
    if after.accepted and before.rows and not after.rows:
        return Answer(NOTHING, "", "", "it is taken, and no row is written or deleted")
    return after


@dataclass(frozen=True, slots=True)
class Analysed:
    """What PostgreSQL knows of a statement that it has parsed and not run.

    Attributes:
        state: SQLSTATE of its refusal; empty when it was accepted.
        said: Why it was refused.
        parameters: The types of its parameters, by OID.
        columns: The names of its result's columns, with their types by OID.
    """

    state: str
    said: str
    parameters: tuple[int, ...] = ()
    columns: tuple[tuple[str, int], ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether it was accepted."""
        return not self.state


def analyse(conn: psycopg.Connection[Any], text: str) -> Analysed:
    """Have a statement parsed: its names are looked up, its types found; nothing of it runs.

    Args:
        conn: An idle connection in autocommit mode.
        text: One statement; parameters are `$1` and so on.
    """
    prepared = conn.pgconn.prepare(b"", text.encode())
    if prepared.status != ExecStatus.COMMAND_OK:
        state = (prepared.error_field(DiagnosticField.SQLSTATE) or b"XX000").decode()
        said = (prepared.error_field(DiagnosticField.MESSAGE_PRIMARY) or b"").decode(errors="replace")
        return Analysed(state, safe_server_text(state, said))
    found = conn.pgconn.describe_prepared(b"")
    parameters = tuple(found.param_type(at) for at in range(found.nparams))
    columns = tuple(((found.fname(at) or b"").decode(), found.ftype(at)) for at in range(found.nfields))
    return Analysed("", "", parameters, columns)


def plan(conn: psycopg.Connection[Any], text: str) -> Analysed:
    """Have a statement without parameters planned and made ready to run; it does not."""
    try:
        conn.execute(f"EXPLAIN (COSTS OFF) {text}".encode(), prepare=False)
    except psycopg.Error as error:
        return Analysed(error.sqlstate or "XX000", safe_server_text(error.sqlstate, error.diag.message_primary or ""))
    return Analysed("", "")


@contextmanager
def undone(conn: psycopg.Connection[Any], conditions: Conditions) -> Generator[None]:
    """A transaction with a migration's settings, of which nothing stays."""
    conn.execute("BEGIN")
    try:
        conn.execute(f"SET LOCAL statement_timeout = '{_LONGEST_TRIAL}'".encode())
        execute(conn, surroundings(conditions))
        yield
    finally:
        if not conn.closed:
            conn.execute("ROLLBACK")


def run_each(conn: psycopg.Connection[Any], statements: Sequence[Sql], firsts: Sequence[Sql] = ()) -> list[Answer]:
    """What becomes of each statement; every one is undone before the next. Inside of `undone`.

    Args:
        conn: Where.
        statements: They.
        firsts: What comes before each of them; empty for nothing.
    """
    if not statements:
        return []
    conn.execute(statement_file("trying.sql").encode())
    query = b"SELECT state, broken, part, said, rows FROM pg_temp.seltzer_undone(%s, %s)"
    with conn.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(query, [list(statements), list(firsts)]).fetchall()
    return [
        Answer(state, broken, part, safe_server_text(state, said), done) for state, broken, part, said, done in rows
    ]


def make_room(conn: psycopg.Connection[Any], table: Relation, kept: Collection[str] = ()) -> None:
    """Take the rows out of a table, and its foreign keys off it but for some: rows are tried without others.

    Inside of `undone`.
    """
    _empty(conn, table)
    for name in table.foreign_keys:
        if name not in kept:
            key = identifier(name)
            execute(conn, compose("ALTER TABLE {table} DROP CONSTRAINT {key}", table=table.quoted, key=key))


def _empty(conn: psycopg.Connection[Any], table: Relation) -> None:
    """Without its triggers, and those of foreign keys: other tables keep their rows."""
    try:
        with conn.transaction():
            conn.execute("SET LOCAL session_replication_role = replica")
            execute(conn, compose("DELETE FROM {table}", table=table.quoted))
            conn.execute("SET LOCAL session_replication_role = origin")
    # On a shadow that was named by its address; of a table that is published and has no identity.
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState):
        execute(conn, compose("TRUNCATE {table} CASCADE", table=table.quoted))


def refuses_trials(error: psycopg.Error) -> bool:
    """Whether it was the trial that was refused, not what was tried: too long, no right to."""
    return isinstance(error, psycopg.errors.QueryCanceled | psycopg.errors.InsufficientPrivilege)
