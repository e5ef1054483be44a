"""Generic plans: which indexes a query can use, whatever its parameters are and however few rows there are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from seltzer.db.text import Sql
from seltzer.sql.redact import safe_server_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_GENERIC = 160000  # EXPLAIN (GENERIC_PLAN) is there from 16 on
# A throw-away table has no rows, and reading all of it costs nothing: what is asked is what could be used.
_SETTINGS = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
_NAME = "seltzer_query"
_SORTS = frozenset({"Sort", "Incremental Sort"})
_AND = " AND "


class Plans(NamedTuple):
    """Two plans of a query: one that may sort, for what it looks up, and one that avoids it, for the order."""

    looked_up: Mapping[str, Any]
    in_order: Mapping[str, Any]


class Unplanned(NamedTuple):
    """Why a query has no plan: its SQLSTATE, and PostgreSQL's words without values."""

    state: str
    said: str


@dataclass(frozen=True, slots=True)
class Lost:
    """A table that a query found by indexes.

    Attributes:
        table: The table.
        indexes: Those that it used.
        others: What it looks it up by now; empty for nothing.
    """

    table: str
    indexes: tuple[str, ...]
    others: tuple[str, ...] = ()


def prefer_indexes(conn: psycopg.Connection[Any]) -> None:
    """Make everything else dear in this session."""
    for name in _SETTINGS:
        conn.execute(f"SET {name} = off".encode())
    if conn.info.server_version < _GENERIC:
        conn.execute(b"SET plan_cache_mode = force_generic_plan")


def generic_plans(conn: psycopg.Connection[Any], text: str) -> Plans | Unplanned:
    """The plans of a query for any parameters.

    Args:
        conn: An idle connection in autocommit mode, see `prefer_indexes`.
        text: The query.
    """
    try:
        looked_up = _explained(conn, text)
        if looked_up is None:
            return Unplanned("", "")
        if not _sorts(looked_up):
            return Plans(looked_up, looked_up)
        conn.execute(b"SET enable_sort = off")
        try:
            return Plans(looked_up, _explained(conn, text) or looked_up)
        finally:
            conn.execute(b"SET enable_sort = on")
    except psycopg.Error as error:
        return Unplanned(error.sqlstate or "", safe_server_text(error.sqlstate, error.diag.message_primary or ""))


def _explained(conn: psycopg.Connection[Any], text: str) -> Mapping[str, Any] | None:
    if conn.info.server_version >= _GENERIC:
        return _plan(conn, Sql(f"EXPLAIN (GENERIC_PLAN, COSTS OFF, FORMAT JSON) {text}"))
    conn.execute(f"PREPARE {_NAME} AS {text}".encode())
    try:
        query = b"SELECT pg_catalog.cardinality(parameter_types) FROM pg_catalog.pg_prepared_statements WHERE name = %s"
        row = conn.execute(query, [_NAME]).fetchone()
        values = ", ".join(["NULL"] * int(row[0] if row is not None else 0))
        called = f"{_NAME} ({values})" if values else _NAME
        return _plan(conn, Sql(f"EXPLAIN (COSTS OFF, FORMAT JSON) EXECUTE {called}"))
    finally:
        conn.execute(f"DEALLOCATE {_NAME}".encode())


def _plan(conn: psycopg.Connection[Any], command: Sql) -> Mapping[str, Any] | None:
    row = conn.execute(command.encode(), prepare=False).fetchone()
    found: Any = row[0] if row is not None else None
    if isinstance(found, str):
        found = json.loads(found)
    return found[0]["Plan"] if found else None


class _Scan:
    """A table as a query meets it: under its alias, once for each time that it is named."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.conditions: dict[str, set[str]] = {}
        self.used: set[str] = set()

    def take(self, node: Mapping[str, Any]) -> None:
        """A node that reads it by an index."""
        index = str(node["Index Name"])
        self.used.add(index)
        if "Index Cond" in node:
            self.conditions.setdefault(index, set()).update(_terms(str(node["Index Cond"])))


def _terms(condition: str) -> list[str]:
    text = condition[1:-1] if _AND in condition else condition
    return [part.strip() for part in text.split(_AND)]


def lost_indexes(before: Plans, after: Plans) -> Iterator[Lost]:
    """Tables that were found by an index's condition, or read in its order, and are no more."""
    told: set[str] = set()
    for then, now in _pairs(_scans(before.looked_up), _scans(after.looked_up)):
        gone = {index for index, terms in then.conditions.items() if not terms <= _all_terms(now)}
        if gone and not (gone & now.conditions.keys()):
            told.add(then.table)
            yield Lost(then.table, tuple(sorted(gone)), tuple(sorted(now.conditions)))
    if not _sorts(before.in_order) and _sorts(after.in_order):
        for then, now in _pairs(_scans(before.in_order), _scans(after.in_order)):
            if then.used - now.used and then.table not in told and not then.conditions:
                yield Lost(then.table, tuple(sorted(then.used)))


def _all_terms(scan: _Scan) -> set[str]:
    return {term for terms in scan.conditions.values() for term in terms}


def _pairs(before: Mapping[str, _Scan], after: Mapping[str, _Scan]) -> Iterator[tuple[_Scan, _Scan]]:
    """The same table on both sides, by its alias; what a view of its name is made of has another."""
    yield from ((scan, after[alias]) for alias, scan in before.items() if alias in after)
    gone, new = ([name for name in one if name not in other] for one, other in ((before, after), (after, before)))
    if len(gone) == len(new) == 1:
        yield before[gone[0]], after[new[0]]


def _scans(plan: Mapping[str, Any]) -> dict[str, _Scan]:
    found: dict[str, _Scan] = {}
    for alias, table, node in _nodes(plan):
        scan = found.setdefault(alias, _Scan(table))
        if "Index Name" in node:
            scan.take(node)
    return found


def _nodes(plan: Mapping[str, Any], alias: str = "", table: str = "") -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Every node that reads a table, with its alias; parts of a bitmap scan stand under their table."""
    table = str(plan.get("Relation Name") or table)
    alias = str(plan.get("Alias") or alias)
    if table:
        yield alias, table, plan
    inside = plan["Node Type"].startswith("Bitmap")
    for part in plan.get("Plans") or ():
        yield from _nodes(part, alias if inside else "", table if inside else "")


def _sorts(plan: Mapping[str, Any]) -> bool:
    if plan["Node Type"] in _SORTS:
        return True
    return any(_sorts(part) for part in plan.get("Plans") or ())
