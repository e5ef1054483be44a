"""Indexes, and what is made of them: built beside the traffic, attached in a moment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.claims.fixes.recipe import File, Recipe
from seltzer.claims.fixes.writing import made_name, quoted, schema_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postgast.pg_query_pb2 import Constraint, RangeVar

    from seltzer.claims.fixes.facts import Facts, Table
    from seltzer.claims.fixes.writing import Written

_OUTSIDE = "CONCURRENTLY runs outside of a transaction"
_CREATE = re.compile(r"(?is)^(create\s+(?:unique\s+)?index)\b(?:\s+if\s+not\s+exists\b)?")


def create_index(written: Written, facts: Facts) -> Recipe | None:
    """CREATE INDEX becomes CREATE INDEX CONCURRENTLY."""
    statement = written.tree.index_stmt
    if statement.concurrent:
        return None
    columns = [item.index_elem.name for item in statement.index_params if item.index_elem.name]
    name = statement.idxname or "_".join(["idx", statement.relation.relname, *(columns or ["expression"])])
    table = facts.table(statement.relation)
    if table is not None and table.kind == "p":
        return _of_partitions(written, table, name)
    said = "" if statement.idxname else f" {made_name([name])}"
    text = _CREATE.sub(rf"\1 CONCURRENTLY IF NOT EXISTS{said}", written.between(0), count=1)
    return Recipe((File((text,), _OUTSIDE, "index"),))


def _of_partitions(written: Written, table: Table, name: str) -> Recipe | None:
    """The index of the whole is there first, without those of its parts; each is built and attached."""
    statement = written.tree.index_stmt
    if not statement.relation.inh or not table.partitions or any(item.is_partitioned for item in table.partitions):
        return None
    at = statement.relation.location
    relation = written.relation(statement.relation)
    rest = written.between(at).removeprefix(relation)
    unique = "UNIQUE " if statement.unique else ""
    own = f"{schema_of(statement.relation)}{made_name([name])}"
    parts = [(partition, made_name([partition.bare, name])) for partition in table.partitions]
    first = f"CREATE {unique}INDEX IF NOT EXISTS {made_name([name])} ON ONLY {relation}{_apart(rest)}"
    build = tuple(
        f"CREATE {unique}INDEX CONCURRENTLY IF NOT EXISTS {made} ON {partition.name}{_apart(rest)}"
        for partition, made in parts
    )
    attach = tuple(f"ALTER INDEX {own} ATTACH PARTITION {partition.schema}.{made}" for partition, made in parts)
    return Recipe(
        (
            File((first,), "of the partitioned table alone, which has no rows", "index"),
            File(build, _OUTSIDE, "build"),
            File(attach, suffix="attach"),
        )
    )


def _apart(rest: str) -> str:
    return rest if rest[:1].isspace() else f" {rest}"


def reindex(written: Written, facts: Facts) -> Recipe | None:
    """REINDEX becomes REINDEX … CONCURRENTLY."""
    del facts
    pattern = r"(?is)^(reindex\s+(?:\([^)]*\)\s*)?(?:index|table|schema|database))\b(?!\s+concurrently)"
    text, count = re.subn(pattern, r"\1 CONCURRENTLY", written.between(0), count=1)
    return Recipe((File((text,), _OUTSIDE, "index"),)) if count else None


def add_unique(written: Written, relation: RangeVar, constraint: Constraint, facts: Facts) -> Recipe | None:
    """A unique constraint is made of an index that was built concurrently."""
    return _using_index(written, relation, constraint, facts)


def add_primary_key(written: Written, relation: RangeVar, constraint: Constraint, facts: Facts) -> Recipe | None:
    """The same for a primary key, whose columns are NOT NULL already, or are made so first."""
    return _using_index(written, relation, constraint, facts)


def _using_index(written: Written, relation: RangeVar, constraint: Constraint, facts: Facts) -> Recipe | None:
    columns = [key.string.sval for key in constraint.keys]
    if not columns or constraint.including or constraint.options or constraint.deferrable or constraint.indexname:
        return None
    is_key = written.definition(constraint.location)[:7].upper() == "PRIMARY"
    words, nulls_alike = "PRIMARY KEY" if is_key else "UNIQUE", constraint.nulls_not_distinct
    table, known = written.relation(relation), facts.table(relation)
    name = quoted(constraint.conname) if constraint.conname else _made(relation.relname, columns, is_key=is_key)
    unproven = known is None or any(not (item := known.column(each)) or not item.not_null for each in columns)
    by_hand = f"{', '.join(map(quoted, columns))} must be NOT NULL before" if is_key and unproven else ""
    files: list[File] = []
    if known is not None and known.kind == "p":
        if any(item.is_partitioned for item in known.partitions):
            return None
        for item in known.partitions:
            made = _made(item.bare, columns, is_key=is_key)
            files += key_files(item.name, made, words, columns, nulls_alike=nulls_alike)
        text = f"ALTER TABLE {table} ADD CONSTRAINT {name} {written.definition(constraint.location)}"
        files.append(File((text,), "it adopts those of the partitions: nothing is built", "parent"))
    else:
        files += key_files(table, name, words, columns, nulls_alike=nulls_alike, note=by_hand)
    return Recipe(tuple(files), by_hand)


def _made(table: str, columns: Sequence[str], *, is_key: bool) -> str:
    return made_name([table, "pkey"] if is_key else [table, *columns, "key"])


def key_files(  # noqa: PLR0913  # a key, by keyword
    table: str, name: str, words: str, columns: Sequence[str], *, nulls_alike: bool = False, note: str = ""
) -> tuple[File, ...]:
    """The files that build a unique index beside the traffic, and make a constraint of it."""
    nulls = " NULLS NOT DISTINCT" if nulls_alike else ""
    listed = ", ".join(quoted(column) for column in columns)
    build = f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} ({listed}){nulls}"
    attach = f"ALTER TABLE {table} ADD CONSTRAINT {name} {words} USING INDEX {name}"
    first = f"{note}; {_OUTSIDE}" if note else _OUTSIDE
    return File((build,), first, "index"), File((attach,), suffix="key")
