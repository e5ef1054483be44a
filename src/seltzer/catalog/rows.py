"""Which rows the tables of a database hold, as counts and digests: no value of a row comes to the client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg import sql
from psycopg.rows import tuple_row

from seltzer.catalog.queries import query

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import psycopg


class TableRows(NamedTuple):
    """What a table holds.

    Attributes:
        number: How many rows.
        digest: The sum of a 64-bit digest of each: the same in whatever order rows and columns lie.
    """

    number: int
    digest: int


@dataclass(frozen=True, slots=True)
class Rows:
    """What the tables hold.

    Attributes:
        tables: By qualified name: plain ones, partitions and materialized views; foreign tables not. Large objects
            count as rows of `pg_largeobject_metadata`, where there are any.
    """

    tables: Mapping[str, TableRows]


def read_rows(conn: psycopg.Connection[Any], without: Collection[str] = ()) -> Rows:
    """Count and digest the rows of every table, each as the session may see it, in one message.

    Args:
        conn: A connection in autocommit mode, whose settings are left as they are; inside a transaction what it needs
            is set until that ends: take a savepoint before, and go back to it.
        without: Schemas to leave out.

    Raises:
        psycopg.Error: A table cannot be read.
    """
    wanted = sql.SQL(", ").join(map(sql.Literal, ["", *without])).as_string(conn)
    text = query("rows").replace("ALL (%(without)s)", f"ALL (ARRAY[{wanted}])")
    with conn.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(f"{query('settings')};\n{text}".encode(), prepare=False)
        cursor.nextset()
        return Rows({table: TableRows(*map(int, word.split())) for table, word in cursor.fetchall()})


def rows_difference(before: Rows, after: Rows) -> tuple[str, ...]:
    """What is not the same in both, a line for each table; empty when nothing differs.

    A table that only one of them has is a matter of the catalog, and its rows are not spoken of unless it has any.
    """
    none = TableRows(0, 0)
    names = sorted(before.tables.keys() | after.tables.keys())
    pairs = ((name, before.tables.get(name, none), after.tables.get(name, none)) for name in names)
    return tuple(_line(name, old, new) for name, old, new in pairs if old != new)


def _line(table: str, before: TableRows, after: TableRows) -> str:
    if before.number != after.number:
        return f"{table}: {before.number} → {after.number} rows"
    return f"{table}: {after.number} rows, not with the same values"
