"""Unique constraints and primary keys: made in a moment of an index that was built beside the traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.claims.fixes.constraints import not_null_files
from seltzer.claims.fixes.indexes import OUTSIDE
from seltzer.claims.fixes.recipe import File, Recipe
from seltzer.claims.fixes.writing import made_name, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postgast.pg_query_pb2 import Constraint, RangeVar

    from seltzer.claims.fixes.facts import Facts
    from seltzer.claims.fixes.writing import Written

_PARTITIONED = "p"


def add_unique(written: Written, relation: RangeVar, constraint: Constraint, facts: Facts) -> Recipe | None:
    """A unique constraint is made of an index that was built concurrently."""
    return _using_index(written, relation, constraint, facts, "UNIQUE")


def add_primary_key(written: Written, relation: RangeVar, constraint: Constraint, facts: Facts) -> Recipe | None:
    """The same for a primary key, whose columns are NOT NULL already, or are made so first."""
    found = _using_index(written, relation, constraint, facts, "PRIMARY KEY")
    known = facts.table(relation)
    if found is None or known is None:
        return None
    columns = [key.string.sval for key in constraint.keys]
    nullable = [name for name in columns if (item := known.column(name)) is None or not item.not_null]
    table = written.relation(relation)
    proven = [file for name in nullable for file in not_null_files(table, relation.relname, name, facts.major)]
    return Recipe((*proven, *found.files))


def _using_index(
    written: Written, relation: RangeVar, constraint: Constraint, facts: Facts, words: str
) -> Recipe | None:
    columns = [key.string.sval for key in constraint.keys]
    if not columns or constraint.options or constraint.indexname or constraint.indexspace:
        return None
    table, known = written.relation(relation), facts.table(relation)
    own = quoted(constraint.conname) if constraint.conname else _made(relation.relname, columns, words)
    if known is None or known.kind != _PARTITIONED:
        return Recipe(key_files(table, own, words, columns, like=constraint))
    if any(item.is_partitioned for item in known.partitions):
        return None
    files: list[File] = []
    for item in known.partitions:
        files += key_files(item.name, _made(item.bare, columns, words), words, columns, like=constraint)
    text = f"ALTER TABLE {table} ADD CONSTRAINT {own} {written.definition(constraint.location)}"
    files.append(File((text,), "it adopts those of the partitions: nothing is built", "parent"))
    return Recipe(tuple(files))


def _made(table: str, columns: Sequence[str], words: str) -> str:
    return made_name([table, "pkey"] if words == "PRIMARY KEY" else [table, *columns, "key"])


def key_files(table: str, name: str, words: str, columns: Sequence[str], like: Constraint) -> tuple[File, ...]:
    """The files that build a unique index beside the traffic, and make a constraint of it.

    Args:
        table: The table as it is written.
        name: The constraint, as it is written.
        words: `UNIQUE` or `PRIMARY KEY`.
        columns: Its columns.
        like: What else is asked of it: more columns, NULLs that are alike, when it is checked.
    """
    listed = ", ".join(quoted(column) for column in columns)
    more = ", ".join(quoted(item.string.sval) for item in like.including)
    included = f" INCLUDE ({more})" if more else ""
    nulls = " NULLS NOT DISTINCT" if like.nulls_not_distinct else ""
    build = f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} ({listed}){included}{nulls}"
    later = " INITIALLY DEFERRED" if like.initdeferred else ""
    timing = f" DEFERRABLE{later}" if like.deferrable else ""
    attach = f"ALTER TABLE {table} ADD CONSTRAINT {name} {words} USING INDEX {name}{timing}"
    return File((build,), OUTSIDE, "index"), File((attach,), suffix="key")
