"""A workload's queries, prepared on both schemas: what they need, what they return, which indexes they can use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seltzer.claims.compatible.breaks import ERROR, EVERY, SPEAKS, WARNING, Break, seen
from seltzer.claims.compatible.names import same_to_drivers
from seltzer.claims.compatible.plans import Unplanned, generic_plans, lost_indexes, prefer_indexes
from seltzer.db.connect import execute, fetch
from seltzer.db.text import compose, identifier, joined, literal, raw
from seltzer.sql.redact import safe_head

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg

    from seltzer.claims.applying import Conditions
    from seltzer.claims.compatible.breaks import Sides
    from seltzer.claims.compatible.plans import Lost
    from seltzer.claims.compatible.sending import Analysed
    from seltzer.claims.workload import Query

_SLOWER = f"{SPEAKS}: on a large table this query reads every row, where an index led to a few."
_OTHER = f"{SPEAKS}: what reads its answers by name, place or type meets something else."


@dataclass(slots=True)
class Compared:
    """What came of a workload.

    Attributes:
        breaks: Queries that are refused, answer with something else, or have lost an index.
        same: How many are as they were.
        needing: Places of queries that only the new schema takes: the release that sends them comes after.
        untried: Places of queries that neither takes.
        others: Places of statements that cannot be prepared.
    """

    breaks: list[Break] = field(default_factory=list["Break"])
    same: int = 0
    needing: list[str] = field(default_factory=list[str])
    untried: list[str] = field(default_factory=list[str])
    others: list[str] = field(default_factory=list[str])

    @property
    def says_nothing(self) -> bool:
        """Whether there are queries, and none of them could be compared."""
        return bool(self.untried) and not self.same and not self.breaks

    def __str__(self) -> str:
        """What is to be said where all is well; empty without queries."""
        parts: list[str] = []
        if self.same:
            parts.append(f"{self.same} queries of the workload are taken and answered as before")
        if self.needing:
            parts.append(f"{len(self.needing)} need the migration first ({', '.join(self.needing[:3])})")
        if self.untried:
            parts.append(f"{len(self.untried)} are refused before and after ({', '.join(self.untried[:3])})")
        if self.others:
            parts.append(f"{len(self.others)} statements are none that can be compared ({', '.join(self.others[:3])})")
        return "; ".join(parts)


def compare_workload(sides: Sides, queries: Sequence[Query]) -> Compared:
    """Prepare every query on both schemas."""
    compared = Compared()
    if not queries:
        return compared
    for conn in (sides.before, sides.after):
        _set_path(conn, sides.conditions)
        prefer_indexes(conn)
    for query in queries:
        if not query.text:
            compared.others.append(query.place)
            continue
        before, after = sides.analysed_alone(query.text)
        if not before.accepted:
            (compared.needing if after.accepted else compared.untried).append(query.place)
            continue
        found = list(_compared(sides, query, before, after))
        compared.breaks += found
        compared.same += not found
    return compared


def _compared(sides: Sides, query: Query, before: Analysed, after: Analysed) -> Iterator[Break]:
    shown = f"{query.place}: {safe_head(query.text)}"
    if not after.accepted:
        message = f"a query of the workload is refused: {after.said}"
        yield Break("refused", ERROR, _words(after.said), message, seen(shown, after), EVERY)
        return
    yield from _answered(sides, shown, before, after)
    yield from _planned(sides, query, shown)


def _answered(sides: Sides, shown: str, before: Analysed, after: Analysed) -> Iterator[Break]:
    rest = iter(after.columns)
    for name, type_ in before.columns:
        # Columns that are new among those of SELECT * are read by nobody who does not know them.
        now = next((found for found in rest if found[0] == name), None)
        if now is None:
            message = f"a query of the workload answers without column {name}, or has it in another place"
            yield Break("retyped", ERROR, (name,), message, (shown,), _OTHER)
            return
        if not same_to_drivers(type_, now[1]):
            types = _type(sides.before, type_), _type(sides.after, now[1])
            message = (
                f"a query of the workload answers with another type of {name}: {types[0]} before, {types[1]} after"
            )
            yield Break("retyped", WARNING, (name, "type"), message, (shown,), _OTHER)
    for at, (old, new) in enumerate(zip(before.parameters, after.parameters, strict=False), 1):
        if not same_to_drivers(old, new):
            types = _type(sides.before, old), _type(sides.after, new)
            message = f"parameter ${at} of a query of the workload is {types[1]} now, and was {types[0]}"
            yield Break("retyped", WARNING, ("type",), message, (shown,), _OTHER)


def _planned(sides: Sides, query: Query, shown: str) -> Iterator[Break]:
    before, after = (generic_plans(conn, query.text) for conn in (sides.before, sides.after))
    if isinstance(before, Unplanned):
        return
    if isinstance(after, Unplanned):
        message = f"a query of the workload is refused: {after.said}"
        evidence = (f"accepted before: {shown}", f"refused after: {after.said} (SQLSTATE {after.state})")
        yield Break("refused", ERROR, _words(after.said), message, evidence, EVERY)
        return
    for lost in lost_indexes(before, after):
        all_there = _definitions(sides.before, lost) <= _definitions(sides.after, lost)
        if lost.others and all_there:
            continue  # the plan has only found something better
        used = ", ".join(lost.indexes)
        message = f"a query of the workload finds no index of {lost.table} any more: it used {used}"
        if lost.others:
            message = f"a query of the workload used {used} of {lost.table}, and is left with {', '.join(lost.others)}"
        evidence = (
            shown,
            f"generic plan before: {used}",
            f"generic plan after: {', '.join(lost.others) or 'none of an index condition'}",
        )
        words = (*lost.indexes, lost.table)
        fix = None if all_there else _index(sides.before, lost.indexes)
        yield Break("lost-index", WARNING, words, message, evidence, _SLOWER, fix)


def _definitions(conn: psycopg.Connection[Any], lost: Lost) -> set[str]:
    query = compose(
        "SELECT c.relname || pg_catalog.substring(pg_catalog.pg_get_indexdef(c.oid), ' USING .*') "
        "FROM pg_catalog.pg_class AS c WHERE c.relkind IN ('i', 'I') AND c.relname IN ({names})",
        names=joined(", ", [literal(name) for name in lost.indexes]),
    )
    return {str(text) for (text,) in fetch(conn, query)}


def _index(conn: psycopg.Connection[Any], indexes: Sequence[str]) -> str | None:
    """The index as it was, to be kept; quoted from the catalog."""
    query = compose(
        "SELECT pg_catalog.pg_get_indexdef(c.oid) FROM pg_catalog.pg_class AS c WHERE c.relkind IN ('i', 'I') "
        "AND c.relname = {name} LIMIT 1",
        name=literal(indexes[0]),
    )
    rows = fetch(conn, query)
    return f"-- keep it, or make another that leads with the same columns\n{rows[0][0]};" if rows else None


def _type(conn: psycopg.Connection[Any], oid: int) -> str:
    return str(
        fetch(conn, compose("SELECT pg_catalog.format_type({oid}::pg_catalog.oid, NULL)", oid=literal(oid)))[0][0]
    )


def _words(said: str) -> tuple[str, ...]:
    """The names in a message of the server."""
    return tuple(said.replace('"', " ").replace(".", " ").split()[1:6:1])


def _set_path(conn: psycopg.Connection[Any], conditions: Conditions) -> None:
    """The search path that the migrations have: the workload's names are looked up with it."""
    if conditions.search_path is not None:
        names = [identifier(name) for name in conditions.search_path] or [raw("''")]
        execute(conn, compose("SET search_path TO {names}", names=joined(", ", names)))
