"""Which schemas, functions, extensions, constraints and triggers exist: what `objects` says nothing of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import tuple_row

from seltzer.model import Name, NameKind

if TYPE_CHECKING:
    from collections.abc import Collection

    import psycopg

_SCHEMAS = "SELECT '', n.nspname, '' FROM pg_catalog.pg_namespace AS n WHERE n.nspname = ANY (%s)"
_EXTENSIONS = "SELECT '', e.extname, '' FROM pg_catalog.pg_extension AS e WHERE e.extname = ANY (%s)"
_FUNCTIONS = """
SELECT n.nspname, p.proname, ''
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.proname = ANY (%s)
"""
_CONSTRAINTS = """
SELECT n.nspname, coalesce(c.relname, t.typname), o.conname
FROM pg_catalog.pg_constraint AS o
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = o.conrelid
LEFT JOIN pg_catalog.pg_type AS t ON t.oid = o.contypid
JOIN pg_catalog.pg_namespace AS n ON n.oid = coalesce(c.relnamespace, t.typnamespace)
WHERE coalesce(c.relname, t.typname) = ANY (%s)
"""
_TRIGGERS = """
SELECT n.nspname, c.relname, t.tgname
FROM pg_catalog.pg_trigger AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relname = ANY (%s)
"""
_QUERIES = {
    NameKind.SCHEMA: _SCHEMAS,
    NameKind.EXTENSION: _EXTENSIONS,
    NameKind.FUNCTION: _FUNCTIONS,
    NameKind.CONSTRAINT: _CONSTRAINTS,
    NameKind.TRIGGER: _TRIGGERS,
}


def is_other(name: Name) -> bool:
    """Whether `existing_others` can tell: a function only by its name, overloads share it."""
    return name.kind in _QUERIES and not (name.kind is NameKind.FUNCTION and name.part)


def existing_others(conn: psycopg.Connection[Any], names: Collection[Name]) -> set[Name]:
    """Those of `names` that exist; of kinds that `is_other` does not know nothing is said."""
    found: set[Name] = set()
    for kind, query in _QUERIES.items():
        wanted = {(name.schema, name.name, name.part): name for name in names if name.kind is kind and is_other(name)}
        if wanted:
            with conn.cursor(row_factory=tuple_row) as cursor:
                rows = cursor.execute(query.encode(), [[name for _, name, _ in wanted]]).fetchall()
            found.update(wanted[row] for row in rows if row in wanted)
    return found
