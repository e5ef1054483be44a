"""Trying things on the database: many at once, each in a subtransaction of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.rows import tuple_row

from seltzer.claims.rows.facts import statement_file

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import psycopg

    from seltzer.db.text import Sql


class Answer(NamedTuple):
    """What PostgreSQL said to a statement.

    Attributes:
        made: How many rows it made.
        state: SQLSTATE of its refusal; empty when it was not refused.
        constraint: The constraint that refused it, if one did.
        said: Why it was refused.
    """

    made: int
    state: str
    constraint: str
    said: str

    @property
    def reason(self) -> str:
        """Why it was refused, for a person."""
        return self.said or "a rule or trigger kept every row out"


class Asking:
    """A connection of which nothing can be broken."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self._conn = conn
        conn.execute(statement_file("trying.sql").encode())

    def ask(self, queries: Sequence[Sql]) -> list[Any]:
        """The one value of each query; None of one that was refused."""
        return [row[0] for row in self._call("SELECT answer FROM pg_temp.seltzer_ask(%s)", list(queries))]

    def send(self, statements: Sequence[Sql]) -> list[Answer]:
        """What becomes of each statement."""
        query = "SELECT made, state, broken, said FROM pg_temp.seltzer_try(%s)"
        return [Answer(*row) for row in self._call(query, list(statements))]

    def valid(self, values: Mapping[str, Collection[str]]) -> dict[str, frozenset[str]]:
        """Those values that PostgreSQL reads, by the type that they are to be of."""
        return {
            text: frozenset(
                self._call("SELECT pg_temp.seltzer_valid(%s, %s)", text, list(tried))[0][0] if tried else ()
            )
            for text, tried in values.items()
        }

    def _call(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        if not values[-1]:
            return []
        with self._conn.cursor(row_factory=tuple_row) as cursor:
            return cursor.execute(query.encode(), values).fetchall()
