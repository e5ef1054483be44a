"""Types, sequences, schemas, extensions and constraints: what the catalog tells, tried where that goes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.claims.compatible import fixes
from seltzer.claims.compatible.breaks import ERROR, EVERY, SOME, WARNING, Break, seen
from seltzer.claims.compatible.names import same_to_drivers
from seltzer.claims.compatible.touched import RELATIONS, last_name
from seltzer.claims.rows.facts import mentioned_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seltzer.catalog.snapshot import Attribute, Attributes, Change
    from seltzer.claims.compatible.breaks import Known, Sides

_LABEL = re.compile(r"'(?:[^']|'')*'")
_NOT_NULL = re.compile(r"CHECK \(\((\S+) IS NOT NULL\)\)")
# What is no relation, type or function, with the type that finds it by its name.
_NAMED_BY = {
    "aggregate": "regprocedure",
    "operator": "regoperator",
    "collation": "regcollation",
    "text search configuration": "regconfig",
    "text search dictionary": "regdictionary",
}
_CHECKED = "check_option"
_NUMBER = re.compile(r"\d+")


def lost_objects(sides: Sides, changes: Sequence[Change], explained: Sequence[Break]) -> Iterator[Break]:
    """What is gone besides relations, columns and functions.

    Args:
        sides: The old and the new schema.
        changes: The difference.
        explained: What is known already: a sequence goes with its table.
    """
    for change in changes:
        kind = change.object.kind
        if kind in {"type", "domain"}:
            yield from _type(sides, change)
        elif kind == "column" and change.object.of and change.after is None:
            yield from _attribute(sides, change)
        elif kind == "sequence" and change.after is None:
            yield from _sequence(sides, change, explained)
        elif kind == "extension":
            yield from _extension(change)
        elif kind in _NAMED_BY and change.after is None:
            yield from _named(sides, change)
        elif kind in RELATIONS and _CHECKED in _options(change.after) and _CHECKED not in _options(change.before):
            name = change.object.name
            message = f"{name} has a CHECK OPTION now: rows that it does not show are refused"
            yield Break("narrowed", WARNING, (last_name(name), "check"), message, (str(change),), SOME)


def _options(attributes: Attributes | None) -> str:
    # Of a view that has just taken a table's place nothing is known of before.
    return str((attributes or {}).get("options") or "")


def _extension(change: Change) -> Iterator[Break]:
    name, words = change.object.name, (last_name(change.object.name), "extension")
    if change.after is None:
        message = f"extension {name} is gone with its types, functions and operators"
        fix = fixes.drop_later(f"EXTENSION IF EXISTS {name}")
        yield Break("dropped", ERROR, words, message, (str(change),), EVERY, fix)
    elif "schema" in change.attributes:
        schemas = [str((each or {}).get("schema")) for each in (change.before, change.after)]
        message = f"extension {name} is in schema {schemas[1]} now, and was in {schemas[0]}: who names it there fails"
        yield Break("renamed", ERROR, words, message, (str(change),), EVERY)


def _named(sides: Sides, change: Change) -> Iterator[Break]:
    kind, name = change.object.kind, change.object.name
    using = "SELECT '{}'::pg_catalog.{}".format(name.replace("'", "''"), _NAMED_BY[kind])
    before, after = sides.analysed(using)
    if before.accepted and not after.accepted:
        message = f"{kind} {name} is gone: statements of the running release that use it fail"
        fix = fixes.drop_later(f"{kind.upper()} IF EXISTS {name}")
        yield Break("dropped", ERROR, (last_name(name), kind), message, seen(using, after), EVERY, fix)


def _type(sides: Sides, change: Change) -> Iterator[Break]:
    name = change.object.name
    using = f"SELECT NULL::{name}"
    before, after = sides.analysed(using)
    if change.after is None:
        if before.accepted and not after.accepted:
            message = f"type {name} is gone: statements of the running release that name it fail"
            fix = fixes.drop_later(f"TYPE IF EXISTS {name}")
            yield Break("dropped", ERROR, (last_name(name), "type"), message, seen(using, after), EVERY, fix)
        return
    old, new = (_labels(each or {}) for each in (change.before, change.after))
    for at, label in enumerate(old):
        if label in new:
            continue
        using = f"SELECT {label}::{name}"
        before, after = sides.analysed(using)
        if before.accepted and not after.accepted:
            yield _label(name, label, new[at] if len(old) == len(new) else None, seen(using, after))


def _labels(attributes: Attributes) -> list[str]:
    return _LABEL.findall(str(attributes.get("labels") or ""))


def _label(name: str, label: str, now: str | None, evidence: tuple[str, ...]) -> Break:
    rule, words = ("dropped", "gone") if now is None else ("renamed", f"called {now} now")
    message = f"value {label} of {name} is {words}: the running release that writes or compares it fails"
    fix = None if now is None else fixes.value_beside(name, now)
    return Break(rule, ERROR, (label.strip("'"), last_name(name)), message, evidence, EVERY, fix)


def _attribute(sides: Sides, change: Change) -> Iterator[Break]:
    """An attribute of a composite type; columns of relations are tried by themselves."""
    using = f"SELECT (NULL::{change.object.of}).{change.object.name}"
    before, after = sides.analysed(using)
    if not before.accepted or after.accepted:
        return
    table, _ = sides.analysed(f"SELECT FROM {change.object.of}")
    if table.accepted:
        return
    message = f"attribute {change.object.of}.{change.object.name} is gone, or has another name"
    words = (last_name(change.object.name), last_name(change.object.of))
    yield Break("dropped", ERROR, words, message, seen(using, after), EVERY)


def _sequence(sides: Sides, change: Change, explained: Sequence[Break]) -> Iterator[Break]:
    name = change.object.name
    owner = str((change.before or {}).get("owned by") or "")
    told = {word for item in explained for word in item.words}
    if owner and {last_name(owner), last_name(owner.rpartition(".")[0])} & told:
        return
    using = "SELECT pg_catalog.nextval('{}'::pg_catalog.regclass)".format(name.replace("'", "''"))
    before, after = sides.analysed(using)
    if before.accepted and not after.accepted:
        message = f"sequence {name} is gone: nextval of the running release fails"
        fix = fixes.drop_later(f"SEQUENCE IF EXISTS {name}")
        yield Break("dropped", ERROR, (last_name(name), last_name(owner)), message, seen(using, after), EVERY, fix)


def tightened(known: Known, changes: Sequence[Change], told: Sequence[Break]) -> Iterator[Break]:
    """Constraints that are new on a table, of which the rows that were tried showed nothing."""
    table, shown = known.before, {word for item in told for word in item.words}
    names = [column.name for column in table.columns]
    for change in changes:
        name = last_name(change.object.name)
        if change.object.kind != "constraint" or name in shown or not _is_of(change, known):
            continue
        after = change.after or {}
        definition = str(after.get("definition") or "")
        if after.get("type") != "check" or not after.get("enforced") or definition in _definitions(change, changes):
            continue
        columns = set(mentioned_names(definition, names))
        if columns and not _says_not_null(known, definition) and not columns & _checked_before(known, changes, names):
            message = f"constraint {name} may refuse values in {table} that the running release writes"
            words = (name, table.name)
            yield Break("narrowed", WARNING, words, message, (f"{change}: {definition}",), SOME)


def _checked_before(known: Known, changes: Sequence[Change], names: Sequence[str]) -> set[str]:
    """The columns of checks that were replaced: the rows that were tried are made for what those say."""
    gone = [change.before for change in changes if change.object.kind == "constraint" and _is_of(change, known)]
    checks = [str(each.get("definition") or "") for each in gone if each is not None and each.get("type") == "check"]
    return {name for check in checks for name in mentioned_names(check, names)}


def _says_not_null(known: Known, definition: str) -> bool:
    """Whether a check says of a column what the column says itself."""
    match = _NOT_NULL.fullmatch(definition)
    column = known.before.column(last_name(match[1])) if match is not None else None
    return column is not None and column.not_null


def _is_of(change: Change, known: Known) -> bool:
    return change.object.of in {str(known.before), known.name}


def _definitions(new: Change, changes: Sequence[Change]) -> set[Attribute]:
    """What went away at the same time: who gives a constraint another name adds none."""
    old = [new.before] if new.before is not None else []
    gone = [item.before for item in changes if item.object.of == new.object.of and item.after is None and item.before]
    return {each.get("definition") for each in (*old, *gone)}


def shorter(known: Known, told: Sequence[Break]) -> Iterator[Break]:
    """Columns whose type keeps less: what is written is rounded or cut, and nothing is refused."""
    shown = {word for item in told for word in item.words}
    for column in known.before.columns:
        now = known.now.column(column.name) if known.now is not None else None
        alike = now is not None and same_to_drivers(now.type_oid, column.type_oid)
        if now is None or not alike or column.name in shown or not _less(column.type, now.type):
            continue
        message = f"column {known.before}.{column.name} is {now.type} now and keeps less than {column.type} did"
        yield Break("narrowed", WARNING, (column.name, known.before.name, "type"), message, (message,), SOME)


def _less(before: str, after: str) -> bool:
    old, new = ([int(each) for each in _NUMBER.findall(text.partition("(")[2])] for text in (before, after))
    if before.startswith("numeric") and old and new:  # the digits before the point are what the scale leaves
        old, new = ([total - scale, scale] for total, scale in (old, new))
    return bool(new) and (not old or any(now < was for was, now in zip(old, new, strict=False)))


def unlike(known: Known, told: Sequence[Break]) -> Iterator[Break]:
    """Unique keys that are new over columns which a release writes, and that no row showed."""
    shown = {word for item in told for word in item.words}
    now = known.table_now.keys if known.table_now is not None else ()
    old = [set(key.columns) for key in known.before.keys if key.plain]
    every = {key.keeps for key in known.before.keys}
    # Of what was partial, or over expressions of the same columns, the rows show what it keeps now.
    parts = {frozenset(key.columns) for key in known.before.keys if key.unique and not key.plain}
    names = {column.name for column in known.before.columns}
    for key in now:
        columns = set(key.columns)
        if (
            key.name in shown
            or key.keeps in every
            or not columns <= names
            or (not key.plain and frozenset(columns) in parts)
        ):
            continue
        if key.unique and not key.nulls_alike and any(each <= columns for each in old):
            continue
        listed = ", ".join(key.columns)
        message = f"{known.before} takes no two rows alike in {listed} any more ({key.name})"
        words = (key.name, *key.columns[:1], known.before.name)
        yield Break("unique-added", WARNING, words, message, (f"index {key.name} is new",), SOME)
