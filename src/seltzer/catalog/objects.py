"""Which of some named things exist in a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import tuple_row

from seltzer.model import Name, NameKind

if TYPE_CHECKING:
    from collections.abc import Collection

    import psycopg

RELATIONS = frozenset(
    {
        NameKind.TABLE,
        NameKind.VIEW,
        NameKind.MATERIALIZED_VIEW,
        NameKind.FOREIGN_TABLE,
        NameKind.SEQUENCE,
        NameKind.INDEX,
    }
)

_RELATIONS = """
SELECT n.nspname, c.relname, ''
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN ROWS FROM (pg_catalog.unnest(%s::pg_catalog.text[]), pg_catalog.unnest(%s::pg_catalog.text[])) AS w (schema, name)
  ON w.schema = n.nspname AND w.name = c.relname
"""
_TYPES = """
SELECT n.nspname, t.typname, ''
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
JOIN ROWS FROM (pg_catalog.unnest(%s::pg_catalog.text[]), pg_catalog.unnest(%s::pg_catalog.text[])) AS w (schema, name)
  ON w.schema = n.nspname AND w.name = t.typname
"""
_COLUMNS = """
SELECT n.nspname, c.relname, a.attname
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN ROWS FROM (pg_catalog.unnest(%s::pg_catalog.text[]), pg_catalog.unnest(%s::pg_catalog.text[]),
  pg_catalog.unnest(%s::pg_catalog.text[])) AS w (schema, name, part)
  ON w.schema = n.nspname AND w.name = c.relname AND w.part = a.attname
WHERE NOT a.attisdropped
"""


def is_checkable(name: Name) -> bool:
    """Whether `existing` can tell: relations, types and columns."""
    return name.kind in RELATIONS or name.kind is NameKind.COLUMN or (name.kind is NameKind.TYPE and not name.part)


def existing(conn: psycopg.Connection[Any], names: Collection[Name]) -> set[Name]:
    """Those of `names` that exist; of other kinds than relations, types and columns nothing is said."""
    relations = [name for name in names if name.kind in RELATIONS]
    types = [name for name in names if name.kind is NameKind.TYPE and not name.part]
    columns = [name for name in names if name.kind is NameKind.COLUMN]
    found: set[Name] = set()
    for query, group in ((_RELATIONS, relations), (_TYPES, types), (_COLUMNS, columns)):
        if group:
            wanted = {(name.schema, name.name, name.part): name for name in group}
            lists = [list(part) for part in zip(*wanted, strict=True)][: query.count("%s")]
            with conn.cursor(row_factory=tuple_row) as cursor:
                found.update(wanted[row] for row in cursor.execute(query.encode(), lists) if row in wanted)
    return found
