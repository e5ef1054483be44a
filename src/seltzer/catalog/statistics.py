"""How large the tables of a database are, and which queries it is asked; read, nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from seltzer.catalog.indexes import rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping

# What VACUUM and ANALYZE counted last; -1 of a table that neither has seen. The sizes are those of the files.
_TABLES = """
SELECT c.oid::pg_catalog.int8, pg_catalog.format('%%I.%%I', n.nspname, c.relname),
  CASE WHEN c.reltuples < 0 THEN NULL ELSE c.reltuples::pg_catalog.int8 END, pg_catalog.pg_table_size(c.oid)
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't' AND n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_'
ORDER BY n.nspname, c.relname
"""
_INDEXES = """
SELECT i.indrelid::pg_catalog.int8, pg_catalog.format('%%I.%%I', n.nspname, c.relname),
  pg_catalog.pg_relation_size(c.oid)
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
ORDER BY n.nspname, c.relname
"""


_EXTENSION = """
SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_extension AS e
JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'
"""
# Its texts have no constants; those of other roles are hidden from who may not read them.
_QUERIES = """
SELECT s.query, pg_catalog.sum(s.calls)::pg_catalog.int8
FROM {schema}.pg_stat_statements AS s JOIN pg_catalog.pg_database AS d ON d.oid = s.dbid
WHERE d.datname = pg_catalog.current_database() AND s.query <> '<insufficient privilege>'
GROUP BY s.query ORDER BY 2 DESC, 1 LIMIT 1000
"""


@dataclass(frozen=True, slots=True)
class QueryStatistics:
    """A query, and how often it was called."""

    text: str
    calls: int


@dataclass(frozen=True, slots=True)
class TableSize:
    """How large a table is.

    Attributes:
        rows: About how many, as ANALYZE or VACUUM counted them; None when neither has seen it.
        size_bytes: Without its indexes, with what is stored outside of its rows.
        indexes: The bytes of each index.
    """

    rows: int | None
    size_bytes: int
    indexes: Mapping[str, int]

    @property
    def total_bytes(self) -> int:
        """With its indexes."""
        return self.size_bytes + sum(self.indexes.values())


def read_table_sizes(conn: psycopg.Connection[Any]) -> dict[str, TableSize]:
    """Every table, partition and materialized view by its qualified name, quoted where SQL needs it."""
    indexes: dict[int, dict[str, int]] = {}
    for table, name, size in rows_of(conn, _INDEXES, {}):
        indexes.setdefault(table, {})[name] = size
    return {name: TableSize(rows, size, indexes.get(oid, {})) for oid, name, rows, size in rows_of(conn, _TABLES, {})}


def read_queries(conn: psycopg.Connection[Any]) -> list[QueryStatistics] | None:
    """The queries of a database, most called first; None where pg_stat_statements is not there or not loaded."""
    try:
        with conn.transaction():
            schemas = rows_of(conn, _EXTENSION, {})
            if not schemas:
                return None
            query = _QUERIES.replace("{schema}", schemas[0][0].replace("%", "%%"))
            return [QueryStatistics(text, calls) for text, calls in rows_of(conn, query, {})]
    except (psycopg.errors.ObjectNotInPrerequisiteState, psycopg.errors.InsufficientPrivilege):
        return None
