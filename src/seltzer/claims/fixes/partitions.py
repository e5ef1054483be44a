"""Partitions: what would be read or built when one is attached is proven and built before."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.claims.fixes.constraints import constraint_files
from seltzer.claims.fixes.facts import attaching
from seltzer.claims.fixes.indexes import OUTSIDE
from seltzer.claims.fixes.recipe import File, Recipe
from seltzer.claims.fixes.writing import made_name

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import AlterTableCmd, RangeVar

    from seltzer.claims.fixes.facts import Facts, Index
    from seltzer.claims.fixes.writing import Written

_BOUND = "partition_bound"
_SHORT = "a default partition rules CONCURRENTLY out: a short lock, waited for no longer than lock-timeout"


def make_partition(written: Written, facts: Facts) -> Recipe | None:
    """CREATE TABLE … PARTITION OF: the default partition is known to have none of its rows."""
    names = attaching(written)
    if names is None or facts.attached is None or not facts.attached.has_default:
        return None
    checks, drops = _default(names[0], facts)
    text = written.between(0).rstrip("; \n")
    if not written.tree.create_stmt.if_not_exists:
        text = re.sub(r"(?is)^(create\s+(?:unlogged\s+)?table)\b", r"\1 IF NOT EXISTS", text, count=1)
    return Recipe((*checks, File((text, *drops), "no scan: the check proves it", "partition")))


def attach_partition(written: Written, relation: RangeVar, facts: Facts) -> Recipe | None:
    """ATTACH PARTITION: a check says what the bound says, and the indexes are there."""
    names = attaching(written)
    if names is None or facts.attached is None or any(item.kind == "x" for item in facts.attached.indexes):
        return None
    child = written.relation(names[1])
    name = made_name([names[1].relname, _BOUND])
    checks = constraint_files(child, name, f"CHECK ({facts.attached.bound})")
    drops = [f"ALTER TABLE {child} DROP CONSTRAINT IF EXISTS {name}"]
    if facts.attached.has_default:
        more, dropped = _default(relation, facts)
        checks, drops = (*checks, *more), [*drops, *dropped]
    built = [file for index in facts.attached.indexes for file in _index_files(child, index)]
    last = (written.between(0).rstrip("; \n"), *drops)
    return Recipe((*checks, *built, File(last, "no scan: the checks prove it", "attach")))


def detach_partition(written: Written, relation: RangeVar, command: AlterTableCmd, facts: Facts) -> Recipe | None:
    """DETACH PARTITION becomes DETACH PARTITION … CONCURRENTLY, which a default partition rules out."""
    table = facts.table(relation)
    if table is None or getattr(command, "def").partition_cmd.concurrent:
        return None
    text = written.between(0).rstrip("; \n")
    if any(item.is_default for item in table.partitions):
        return Recipe((File((text,), _SHORT, "detach"),))
    return Recipe((File((f"{text} CONCURRENTLY",), f"{OUTSIDE}, and leaves a check that says the bound", "detach"),))


def _default(parent: RangeVar, facts: Facts) -> tuple[tuple[File, ...], list[str]]:
    """That the default partition has no row of the new one."""
    table = facts.table(parent)
    default = next((item for item in table.partitions if item.is_default), None) if table is not None else None
    if default is None or facts.attached is None:
        return (), []
    name = made_name([default.bare, _BOUND])
    files = constraint_files(default.name, name, f"CHECK (NOT ({facts.attached.bound}))")
    return files, [f"ALTER TABLE {default.name} DROP CONSTRAINT IF EXISTS {name}"]


def _index_files(table: str, index: Index) -> list[File]:
    words = index.definition.replace(" INDEX ", " INDEX CONCURRENTLY IF NOT EXISTS ", 1)
    files = [File((words,), OUTSIDE, "index")]
    if index.kind is not None:
        kind = "PRIMARY KEY" if index.kind == "p" else "UNIQUE"
        name = made_name([index.name])
        files.append(File((f"ALTER TABLE {table} ADD CONSTRAINT {name} {kind} USING INDEX {name}",), suffix="key"))
    return files
