"""What the tables of a throw-away database hold, column by column, and what of it is gone or changed later."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seltzer.claims.rows.asking import Asking
from seltzer.db.connect import fetch
from seltzer.db.text import Sql, compose, identifier, joined, literal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import psycopg

_COLUMNS = (
    "SELECT c.oid::pg_catalog.int8, n.nspname, c.relname, a.attnum, a.attname, "
    "pg_catalog.format_type(a.atttypid, a.atttypmod), t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace "
    "FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
    "LEFT JOIN pg_catalog.pg_attribute AS a "
    "ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' "
    "LEFT JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid "
    "WHERE c.oid = ANY ({tables}::pg_catalog.oid[]) ORDER BY c.oid, a.attnum"
)
_CASCADES = (
    "SELECT o.conname, r.relname FROM pg_catalog.pg_constraint AS o "
    "JOIN pg_catalog.pg_class AS r ON r.oid = o.confrelid "
    "WHERE o.contype = 'f' AND o.conrelid = {table} AND o.confdeltype IN ('c', 'n', 'd') ORDER BY o.conname"
)


@dataclass(frozen=True, slots=True)
class Values:
    """A column and its values.

    Attributes:
        name: Its name.
        type: Its type.
        builtin: Whether that is PostgreSQL's own, whose values read the same whatever a migration does to types.
        values: The values as texts, None for NULL, each with how often it is there.
    """

    name: str
    type: str
    builtin: bool
    values: Counter[str | None]

    @property
    def different(self) -> int:
        """How many different values there are, NULL not counted."""
        return len([value for value in self.values if value is not None])

    @property
    def present(self) -> int:
        """How many values are not NULL."""
        return sum(count for value, count in self.values.items() if value is not None)


@dataclass(frozen=True, slots=True)
class Content:
    """A table: its name, its number of rows, its columns by number."""

    schema: str
    name: str
    rows: int
    columns: Mapping[int, Values]

    def __str__(self) -> str:
        """`public.users`."""
        return f"{self.schema}.{self.name}"


def read_contents(conn: psycopg.Connection[Any], tables: Collection[int]) -> dict[int, Content]:
    """What some tables hold, by OID; a table that is not there any more is not among them.

    Args:
        conn: An autocommit connection to a throw-away database.
        tables: OIDs of plain tables.
    """
    columns: dict[int, list[tuple[Any, ...]]] = {}
    numbers = literal("{" + ",".join(map(str, tables)) + "}")
    for oid, *rest in fetch(conn, compose(_COLUMNS, tables=numbers)):
        columns.setdefault(oid, []).append(tuple(rest))
    answers = Asking(conn).ask([_rows(found) for found in columns.values()])
    return {oid: _content(found, answer or []) for (oid, found), answer in zip(columns.items(), answers, strict=True)}


def _rows(columns: list[tuple[Any, ...]]) -> Sql:
    schema, table = columns[0][:2]
    texts = [Sql(f"{identifier(name)}::text") for _, _, number, name, *_ in columns if number is not None]
    return compose(
        "SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array({texts})) FROM ONLY {table}",
        texts=joined(", ", texts),
        table=identifier(schema, table),
    )


def _content(columns: list[tuple[Any, ...]], rows: list[list[str | None]]) -> Content:
    schema, table = columns[0][:2]
    real = [column for column in columns if column[2] is not None]
    found = {
        number: Values(name, kind, builtin, Counter(row[at] for row in rows))
        for at, (_, _, number, name, kind, builtin) in enumerate(real)
    }
    return Content(schema, table, len(rows), found)


def cascades_of(conn: psycopg.Connection[Any], table: int) -> list[tuple[str, str]]:
    """The foreign keys of a table through which a DELETE elsewhere reaches its rows, each with the other table."""
    return [(key, other) for key, other in fetch(conn, compose(_CASCADES, table=literal(table)))]
