"""Generic plans: which indexes a query can use, whatever its parameters are and however few rows there are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psycopg

from seltzer.db.text import Sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_GENERIC = 160000  # EXPLAIN (GENERIC_PLAN) is there from 16 on
# A throw-away table has no rows, and reading all of it costs nothing: what is asked is what could be used.
_SETTINGS = ("enable_seqscan", "enable_sort", "enable_hashjoin", "enable_mergejoin")
_NAME = "seltzer_query"
_SORTS = frozenset({"Sort", "Incremental Sort"})


def generic_plan(conn: psycopg.Connection[Any], text: str) -> Mapping[str, Any] | None:
    """The plan of a query for any parameters; None when there is none.

    Args:
        conn: An idle connection in autocommit mode.
        text: The query.
    """
    conn.execute("BEGIN")
    try:
        for name in _SETTINGS:
            conn.execute(f"SET LOCAL {name} = off".encode())
        return _explained(conn, text)
    except psycopg.Error:
        return None
    finally:
        if not conn.closed:
            conn.execute("ROLLBACK")


def _explained(conn: psycopg.Connection[Any], text: str) -> Mapping[str, Any] | None:
    if conn.info.server_version >= _GENERIC:
        return _plan(conn, Sql(f"EXPLAIN (GENERIC_PLAN, COSTS OFF, FORMAT JSON) {text}"))
    conn.execute(b"SET LOCAL plan_cache_mode = force_generic_plan")
    conn.execute(f"PREPARE {_NAME} AS {text}".encode())
    try:
        query = b"SELECT pg_catalog.cardinality(parameter_types) FROM pg_catalog.pg_prepared_statements WHERE name = %s"
        row = conn.execute(query, [_NAME]).fetchone()
        values = ", ".join(["NULL"] * int(row[0] if row is not None else 0))
        called = f"{_NAME} ({values})" if values else _NAME
        return _plan(conn, Sql(f"EXPLAIN (COSTS OFF, FORMAT JSON) EXECUTE {called}"))
    finally:
        if conn.info.transaction_status is psycopg.pq.TransactionStatus.INTRANS:
            conn.execute(f"DEALLOCATE {_NAME}".encode())


def _plan(conn: psycopg.Connection[Any], command: Sql) -> Mapping[str, Any] | None:
    row = conn.execute(command.encode(), prepare=False).fetchone()
    found: Any = row[0] if row is not None else None
    if isinstance(found, str):
        found = json.loads(found)
    return found[0]["Plan"] if found else None


def lost_indexes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Tables that were found by an index's condition, or read in its order, and are no more; with those indexes."""
    found, left = _conditions(before), _conditions(after)
    for table, indexes in found.items():
        if table not in left and table in _tables(after):
            yield table, sorted(indexes)
    if not _sorts(before) and _sorts(after):
        ordered = {table: names for table, names in _used(before).items() if table in _tables(after)}
        for table, indexes in ordered.items():
            if indexes - _used(after).get(table, set()) and table not in found:
                yield table, sorted(indexes)


def _nodes(plan: Mapping[str, Any], table: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every node with the table that it reads; parts of a bitmap scan stand under its table."""
    table = str(plan.get("Relation Name") or table)
    yield table, plan
    for part in plan.get("Plans") or ():
        yield from _nodes(part, table if plan["Node Type"].startswith("Bitmap") else "")


def _conditions(plan: Mapping[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for table, node in _nodes(plan):
        if "Index Cond" in node and "Index Name" in node:
            found.setdefault(table, set()).add(str(node["Index Name"]))
    return found


def _used(plan: Mapping[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for table, node in _nodes(plan):
        if "Index Name" in node:
            found.setdefault(table, set()).add(str(node["Index Name"]))
    return found


def _tables(plan: Mapping[str, Any]) -> set[str]:
    return {table for table, _ in _nodes(plan)}


def _sorts(plan: Mapping[str, Any]) -> bool:
    return any(node["Node Type"] in _SORTS for _, node in _nodes(plan))
