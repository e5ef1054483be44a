"""Whether a scan that was counted is short on a large table too: its statement finds its rows by a unique key.

The planner reads a table of few pages from beginning to end whatever indexes it has. On a large one it takes the index,
and the time does not depend on the size.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from seltzer.catalog.relations import Picture

_SAVEPOINT = "SAVEPOINT seltzer_plan"
_BACK = "ROLLBACK TO SAVEPOINT seltzer_plan; RELEASE SAVEPOINT seltzer_plan"
_BY_INDEX = "SELECT pg_catalog.set_config('enable_seqscan', 'off', true)"
_KEYS = (
    "SELECT i.indrelid::pg_catalog.int8, i.indnkeyatts FROM pg_catalog.pg_index AS i "
    "JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid "
    "WHERE c.relname = %s AND i.indrelid = ANY(%s::pg_catalog.oid[]) "
    "AND i.indisunique AND i.indisvalid AND i.indpred IS NULL"
)
# A column equals something, or one of a list.
_EQUALITY = re.compile(r'^\(+(?:\w+|"[^"]+")\)?(?:::[\w ]+(?:\(\d+\))?)? = ')
_LOOPS = frozenset({"Nested Loop", "Recursive Union"})


class _Node(NamedTuple):
    kind: str
    used: str | None
    condition: str
    parent: str


def short_scans(conn: psycopg.Connection[Any], text: str, before: Picture, after: Picture) -> frozenset[int]:
    """The tables that a statement on rows read as a whole, and for which nobody waits long all the same.

    Beside those that it finds by a key they are materialized views that a trigger refreshed CONCURRENTLY: they can be
    read meanwhile, and nobody writes to them.

    Args:
        conn: In the transaction in which the statement has just run.
        text: The statement.
        before: How things stood before it.
        after: How they stand now.
    """
    counts = {oid: count - before.scans.get(oid, 0) for oid, count in after.scans.items()}
    scans = {oid: count for oid, count in counts.items() if count > 0 and oid in before.relations}
    views = {
        oid
        for oid in scans
        if before.relations[oid].kind == "m" and "AccessExclusiveLock" not in after.locks.get(oid, ())
    }
    return frozenset(views) or _found_by_key(conn, text, scans)


def _found_by_key(conn: psycopg.Connection[Any], text: str, scans: Mapping[int, int]) -> frozenset[int]:
    """The table that it read as a whole only because that is small.

    What is not plain counts as read: loops over other tables, and scans that no plan shows, such as a foreign key's.
    """
    conn.execute(_SAVEPOINT)
    try:
        as_it_ran = list(_plan(conn, text))
        conn.execute(_BY_INDEX)
        by_index = list(_plan(conn, text))
        read = sum(node.kind == "Seq Scan" for node in as_it_ran)
        if len(scans) != 1 or read != sum(scans.values()) or not _is_plain(by_index):
            return frozenset()
        keys = [_table_of_key(conn, node, scans) for node in by_index if node.used is not None]
        return frozenset(scans) if keys and all(key in scans for key in keys) else frozenset()
    except psycopg.Error:
        return frozenset()  # it cannot be planned once more, now that it has run
    finally:
        conn.execute(_BACK)


def _plan(conn: psycopg.Connection[Any], text: str) -> Iterator[_Node]:
    ((found,), *_) = conn.execute(b"EXPLAIN (FORMAT JSON) " + text.encode(), prepare=False).fetchall()
    waiting = [found[0]["Plan"]]
    while waiting:
        node = waiting.pop()
        condition = node.get("Index Cond", "")
        yield _Node(node["Node Type"], node.get("Index Name"), condition, node.get("Parent Relationship", ""))
        waiting += node.get("Plans", [])


def _is_plain(nodes: list[_Node]) -> bool:
    return not any(node.kind == "Seq Scan" or node.kind in _LOOPS or node.parent == "SubPlan" for node in nodes)


def _table_of_key(conn: psycopg.Connection[Any], node: _Node, scans: Mapping[int, int]) -> int | None:
    """The table whose unique index a node looks up whole keys in; None when it does anything else."""
    terms = node.condition.split(" AND ")
    if not all(_EQUALITY.match(term) for term in terms):
        return None
    found = conn.execute(_KEYS, [node.used, list(scans)]).fetchall()
    return next((table for table, columns in found if columns == len(terms)), None)
