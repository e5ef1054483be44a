"""Calls of functions and procedures as a release makes them: by name and argument types."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg

from seltzer.claims.compatible import fixes
from seltzer.claims.compatible.breaks import ERROR, EVERY, SOME, WARNING, Break, seen
from seltzer.claims.compatible.names import same_to_drivers
from seltzer.claims.compatible.sending import refuses_trials, run_each, undone
from seltzer.claims.fixes.writing import quoted
from seltzer.db.text import Sql

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from seltzer.claims.compatible.breaks import Sides
    from seltzer.claims.compatible.facts import Function
    from seltzer.claims.compatible.sending import Analysed, Answer

_NAMED = re.compile(r'(?:column|relation|function|type|schema) ("[^"]+"|[\w.]+)')
_NULLS: Mapping[str, str] = {}
# A function that is STRICT does not run for NULL.
_VALUES = {
    **dict.fromkeys(("smallint", "integer", "bigint", "numeric", "real", "double precision"), "1"),
    **dict.fromkeys(("text", "character varying", "character", "name"), "'a'"),
    **dict.fromkeys(("date", "timestamp without time zone", "timestamp with time zone"), "'2024-02-29'"),
    **dict.fromkeys(("json", "jsonb"), "'{}'"),
    "boolean": "true",
    "uuid": "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
    "interval": "'1 day'",
}
_AMBIGUOUS = "42725"
_ROWS = {False: "one row", True: "any number of rows"}
_UNDEFINED = frozenset({"42P01", "42703", "42883", "42704", "3F000"})


def try_routines(
    sides: Sides, before: Sequence[Function], after: Sequence[Function], mentioning: Collection[str]
) -> Iterator[Break]:
    """Call each function by the number of arguments that it can be called with.

    Args:
        sides: The old and the new schema.
        before: The functions.
        after: What has their signatures, or their OIDs, now.
        mentioning: Those whose bodies mention a name that is gone: they are run.
    """
    same = {function.oid: function for function in after}
    named = {function.signature: function for function in after}
    for function in before:
        found = _called(sides, function, same.get(function.oid), named.get(function.signature))
        if found is None and function.signature in mentioning:
            found = _run(sides, function)
        if found is not None:
            yield found


def _called(sides: Sides, function: Function, same: Function | None, now: Function | None) -> Break | None:
    kind = "procedure" if function.is_procedure else "function"
    for left_out in range(function.defaults + 1):
        call = call_of(function, left_out)
        before, after = sides.analysed(call)
        if not before.accepted:
            continue
        if after.state == _AMBIGUOUS:
            return _ambiguous(kind, function, seen(call, after))
        if not after.accepted:
            return _lost(kind, function, same, seen(call, after))
        if _changed(before, after):
            message = f"{kind} {function.signature} returns something else to the running release"
            evidence = (f"accepted before and after, with another result: {call}",)
            return Break("retyped", ERROR, (function.name, "returns"), message, evidence, EVERY)
    if now is not None and now.returns_set != function.returns_set:
        message = f"{kind} {function.signature} returns {_ROWS[now.returns_set]} now, and {_ROWS[function.returns_set]}"
        return Break("retyped", WARNING, (function.name, "returns"), f"{message} before", (message,), EVERY)
    return _called_otherwise(sides, kind, function)


def _called_otherwise(sides: Sides, kind: str, function: Function) -> Break | None:
    """Calls with the names of its arguments, and with arguments of no type."""
    name = f"{quoted(function.schema)}.{quoted(function.name)}"
    verb = "CALL" if function.is_procedure else "SELECT * FROM"
    if all(function.names) and function.names and not function.variadic:
        pairs = zip(function.names, function.arguments, strict=True)
        call = f"{verb} {name}({', '.join(f'{quoted(each)} => NULL::{type_}' for each, type_ in pairs)})"
        before, after = sides.analysed(call)
        if before.accepted and not after.accepted:
            message = f"{kind} {function.signature} has other names for its arguments: calls that name them fail"
            return Break("renamed", WARNING, (function.name,), message, seen(call, after), SOME)
    call = f"{verb} {name}({', '.join('NULL' for _ in function.arguments)})"
    before, after = sides.analysed(call)
    if before.accepted and after.state == _AMBIGUOUS:
        return replace(_ambiguous(kind, function, seen(call, after)), severity=WARNING, why=SOME)
    return None


def _ambiguous(kind: str, function: Function, evidence: tuple[str, ...]) -> Break:
    message = f"calls of {kind} {function.signature} are ambiguous: another of its name takes the same arguments"
    fix = f"-- before the CREATE, where the new one is to take its place\n{_drop(kind, function)};"
    return Break("refused", ERROR, (function.name, "create"), message, evidence, EVERY, fix)


def _drop(kind: str, function: Function) -> str:
    name = f"{quoted(function.schema)}.{quoted(function.name)}({', '.join(function.arguments)})"
    return f"DROP {kind.upper()} IF EXISTS {name}"


def _lost(kind: str, function: Function, same: Function | None, evidence: tuple[str, ...]) -> Break:
    signature = function.signature
    if same is not None and (same.schema, same.name) != (function.schema, function.name):
        message = f"{kind} {signature} is called {same.signature} now: calls of the running release fail"
        return Break("renamed", ERROR, (function.name, same.name), message, evidence, EVERY)
    message = f"{kind} {signature} is gone, or has other arguments: calls of the running release fail"
    fix = fixes.drop_later(_drop(kind, function).removeprefix("DROP "))
    return Break("dropped", ERROR, (function.name,), message, evidence, EVERY, fix)


def _changed(before: Analysed, after: Analysed) -> bool:
    """Whether a result is no longer what it was; columns that come after the others are no change."""
    pairs = zip(before.columns, after.columns, strict=False)
    return len(after.columns) < len(before.columns) or any(
        old[0] != new[0] or not same_to_drivers(old[1], new[1]) for old, new in pairs
    )


def _run(sides: Sides, function: Function) -> Break | None:
    """A function that is there, and whose body may name what is not."""
    for call in (call_of(function, 0), call_of(function, 0, _VALUES)):
        try:
            before, after = (_answer(sides, conn, call) for conn in (sides.before, sides.after))
        except psycopg.Error as error:
            if not refuses_trials(error):
                raise
            return None
        if before.accepted and after.state in _UNDEFINED:
            return _fails(function, call, after)
    return None


def _fails(function: Function, call: str, after: Answer) -> Break:
    message = f"{function.signature} fails in its body: {after.said}"
    return Break("dropped", ERROR, (_named(after.said) or function.name,), message, seen(call, after), EVERY)


def _answer(sides: Sides, conn: psycopg.Connection[object], call: str) -> Answer:
    with undone(conn, sides.conditions):
        return run_each(conn, [Sql(call)])[0]


def _named(said: str) -> str:
    """What a message of the server names."""
    match = _NAMED.search(said)
    return match[1].strip('"').rpartition(".")[2] if match is not None else ""


def call_of(function: Function, left_out: int, values: Mapping[str, str] = _NULLS) -> str:
    """A call with arguments of the right types, the last ones left out; NULL where there is no value for a type."""
    types = function.arguments[: len(function.arguments) - left_out]
    last = len(function.arguments) - 1
    arguments = [
        f"{'VARIADIC ' if function.variadic and at == last else ''}{values.get(type_, 'NULL')}::{type_}"
        for at, type_ in enumerate(types)
    ]
    name = f"{quoted(function.schema)}.{quoted(function.name)}({', '.join(arguments)})"
    return f"CALL {name}" if function.is_procedure else f"SELECT * FROM {name}"
