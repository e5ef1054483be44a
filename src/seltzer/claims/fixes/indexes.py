"""Indexes, and what is made of them: built beside the traffic, attached in a moment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.claims.fixes.recipe import File, Recipe
from seltzer.claims.fixes.writing import made_name, quoted

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Constraint, RangeVar

    from seltzer.claims.fixes.writing import Written

_OUTSIDE = "CONCURRENTLY runs outside of a transaction"


def create_index(written: Written) -> Recipe | None:
    """CREATE INDEX becomes CREATE INDEX CONCURRENTLY."""
    statement = written.tree.index_stmt
    if statement.concurrent:
        return None
    words = " CONCURRENTLY"
    if not statement.if_not_exists:
        words += " IF NOT EXISTS"
    if not statement.idxname:
        columns = [item.index_elem.name for item in statement.index_params if item.index_elem.name]
        words += f" {made_name(['idx', statement.relation.relname, *(columns or ['expression'])])}"
    text = re.sub(
        r"(?is)^(create\s+(?:unique\s+)?index)\b", lambda found: found[1] + words, written.between(0), count=1
    )
    return Recipe((File((text,), _OUTSIDE, "index"),))


def reindex(written: Written) -> Recipe | None:
    """REINDEX becomes REINDEX … CONCURRENTLY."""
    pattern = r"(?is)^(reindex\s+(?:\([^)]*\)\s*)?(?:index|table|schema|database))\b(?!\s+concurrently)"
    text, count = re.subn(pattern, r"\1 CONCURRENTLY", written.between(0), count=1)
    return Recipe((File((text,), _OUTSIDE, "index"),)) if count else None


def add_unique(written: Written, relation: RangeVar, constraint: Constraint) -> Recipe | None:
    """A unique constraint is made of an index that was built concurrently."""
    return _using_index(written, relation, constraint, "UNIQUE", "key")


def add_primary_key(written: Written, relation: RangeVar, constraint: Constraint) -> Recipe | None:
    """The same for a primary key, whose columns are NOT NULL already, or are made so first."""
    return _using_index(written, relation, constraint, "PRIMARY KEY", "pkey")


def _using_index(
    written: Written, relation: RangeVar, constraint: Constraint, words: str, suffix: str
) -> Recipe | None:
    columns = [key.string.sval for key in constraint.keys]
    if not columns or constraint.including or constraint.options or constraint.deferrable or constraint.indexname:
        return None
    table = written.relation(relation)
    parts = [relation.relname, suffix] if suffix == "pkey" else [relation.relname, *columns, suffix]
    name = quoted(constraint.conname) if constraint.conname else made_name(parts)
    nulls = " NULLS NOT DISTINCT" if constraint.nulls_not_distinct else ""
    listed = ", ".join(quoted(column) for column in columns)
    build = f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} ({listed}){nulls}"
    attach = f"ALTER TABLE {table} ADD CONSTRAINT {name} {words} USING INDEX {name}"
    by_hand = f"{listed} must be NOT NULL before" if suffix == "pkey" else ""
    first = f"{by_hand}; {_OUTSIDE}" if by_hand else _OUTSIDE
    return Recipe((File((build,), first, "index"), File((attach,), suffix="constraint")), by_hand)
