"""Indexes: built, rebuilt and dropped beside the traffic."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as pg

from seltzer.claims.fixes.facts import dropped_relations
from seltzer.claims.fixes.recipe import File, Recipe
from seltzer.claims.fixes.writing import made_name, quoted, schema_of

if TYPE_CHECKING:
    from seltzer.claims.fixes.facts import Facts, Table
    from seltzer.claims.fixes.writing import Written

OUTSIDE = "CONCURRENTLY runs outside of a transaction"
_SHORT = "the index of a partitioned table has no CONCURRENTLY: a short lock, waited for no longer than lock-timeout"
_INDEX, _PARTITIONED_INDEX = "i", "I"
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
    return Recipe((File((text,), OUTSIDE, "index"),))


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
            File(build, OUTSIDE, "build"),
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
    return Recipe((File((text,), OUTSIDE, "index"),)) if count else None


def drop_index(written: Written, facts: Facts) -> Recipe | None:
    """DROP INDEX becomes DROP INDEX CONCURRENTLY, one index a statement."""
    statement = written.tree.drop_stmt
    names = list(dropped_relations(statement))
    known = [facts.table(name) for name in names]
    if statement.remove_type != pg.OBJECT_INDEX or statement.concurrent or statement.behavior == pg.DROP_CASCADE:
        return None
    if any(item is not None and item.kind == _PARTITIONED_INDEX for item in known):
        return Recipe((File((written.between(0).rstrip("; \n"),), _SHORT, "drop"),))
    if any(item is None or item.kind != _INDEX for item in known):
        return None
    texts = (f"DROP INDEX CONCURRENTLY IF EXISTS {schema_of(name)}{quoted(name.relname)}" for name in names)
    return Recipe((File(tuple(texts), OUTSIDE, "drop"),))
