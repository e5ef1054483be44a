"""Statements that name relations and columns as a release knows them: read, write, compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.claims.compatible import fixes
from seltzer.claims.compatible.breaks import ERROR, EVERY, SPEAKS, WARNING, Break, seen, sql_name
from seltzer.claims.fixes.writing import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.claims.compatible.breaks import Known, Sides
    from seltzer.claims.compatible.facts import Column

_KINDS = {"r": "table", "p": "table", "v": "view", "m": "materialized view", "f": "foreign table"}
_WRITTEN = frozenset({"r", "p", "v"})
# Texts are read alike by every driver, whatever their length is said to be.
_TEXTS = frozenset({25, 1043})


def lost_names(sides: Sides, known: Known) -> Iterator[Break]:
    """Whether a relation, and each of its columns, is still read and written by its name."""
    reading = f"SELECT FROM {known.name}"
    before, after = sides.analysed(reading)
    if not before.accepted:
        return
    if not after.accepted:
        yield _relation_lost(known, seen(reading, after))
        return
    for column in known.before.columns:
        yield from _column(sides, known, column)
    yield from _order(known)
    if known.before.kind in _WRITTEN:
        yield from _whole(sides, known)


def same_to_drivers(before: int, after: int) -> bool:
    """Whether values of two types, by OID, are read alike."""
    return before == after or {before, after} <= _TEXTS


def _relation_lost(known: Known, evidence: tuple[str, ...]) -> Break:
    kind, old = _KINDS[known.before.kind], known.name
    if known.same is None:
        words = (known.before.name, "drop")
        message = f"{kind} {known.before} is gone: statements of the running release that name it fail"
        return Break(
            "dropped", ERROR, words, message, evidence, EVERY, fixes.drop_later(f"{kind.upper()} IF EXISTS {old}")
        )
    new = sql_name(known.same)
    message = f"{kind} {known.before} is called {known.same} now: statements of the running release that name it fail"
    words = (known.before.name, known.same.name)
    if known.same.schema != known.before.schema:
        words = (known.same.schema, *words[:1])
    return Break("renamed", ERROR, words, message, evidence, EVERY, fixes.view_for_table(kind, known, new))


def _column(sides: Sides, known: Known, column: Column) -> Iterator[Break]:
    now = known.now.column(column.name) if known.now is not None else None
    if now is not None and known.now is not None and known.now.oid == known.before.oid and _alike(column, now):
        return
    name = quoted(column.name)
    reading = f"SELECT {name} FROM {known.name}"
    before, after = sides.analysed(reading)
    if not before.accepted:
        return
    if not after.accepted:
        yield _column_lost(known, column, seen(reading, after))
        return
    yield from _column_writing(sides, known, column)
    if not same_to_drivers(before.columns[0][1], after.columns[0][1]) and now is not None and now.type != column.type:
        yield _retyped(sides, known, column, now)


def _alike(before: Column, now: Column) -> bool:
    return (before.type_oid, before.identity, before.generated) == (now.type_oid, now.identity, now.generated)


def _column_lost(known: Known, column: Column, evidence: tuple[str, ...]) -> Break:
    same = known.same.numbered(column.number) if known.same is not None else None
    what = f"column {known.before}.{column.name}"
    if same is None or same.name == column.name:
        message = f"{what} is gone: statements of the running release that name it fail"
        fix = fixes.drop_column_later(known, column) if known.before.is_table else None
        return Break("dropped", ERROR, (column.name, known.before.name), message, evidence, EVERY, fix)
    message = f"{what} is called {same.name} now: statements of the running release that name it fail"
    fix = fixes.view_for_column(known, column, same) if known.before.is_table else None
    return Break("renamed", ERROR, (column.name, same.name), message, evidence, EVERY, fix)


def _column_writing(sides: Sides, known: Known, column: Column) -> Iterator[Break]:
    if known.before.kind not in _WRITTEN or not column.writable:
        return
    name = quoted(column.name)
    writing = f"INSERT INTO {known.name} ({name}) VALUES ($1)"
    before, after = sides.analysed(writing)
    if before.accepted and not after.accepted:
        message = f"column {known.before}.{column.name} takes no value from the running release any more"
        fix = fixes.identity_by_default(known, column) if after.state == "428C9" else None
        yield Break("refused", ERROR, (column.name, known.before.name), message, seen(writing, after), EVERY, fix)


def _retyped(sides: Sides, known: Known, column: Column, now: Column) -> Break:
    comparing = f"SELECT FROM {known.name} WHERE {quoted(column.name)} = $1::{column.type}"
    before, after = sides.analysed(comparing)
    message = f"column {known.before}.{column.name} is {now.type} now, and {column.type} to the running release"
    words = (column.name, known.before.name, "type")
    fix = fixes.column_beside(known, column, now)
    if before.accepted and not after.accepted:
        return Break("retyped", ERROR, words, message, seen(comparing, after), EVERY, fix)
    evidence = (f"SELECT {quoted(column.name)} FROM {known.name}: {column.type} before, {now.type} after",)
    why = f"{SPEAKS}: a driver that decodes by type, or a variable that is too small, fails on the values."
    return Break("retyped", WARNING, words, message, evidence, why, fix)


def _order(known: Known) -> Iterator[Break]:
    """Columns that stand in another order: whoever reads SELECT * by place, or writes without a list, is wrong."""
    then = [item.name for item in known.before.columns]
    now = [item.name for item in known.now.columns] if known.now is not None else []
    common = [name for name in then if name in now]
    if sorted(common, key=now.index) == common:
        return
    message = f"the columns of {known.before} stand in another order: SELECT * that is read by place gets others"
    evidence = (f"before: {', '.join(then)}", f"after: {', '.join(now)}")
    why = f"{SPEAKS}: what reads its answers by place, or inserts without a list of columns, meets other columns."
    yield Break("retyped", WARNING, (known.before.name, "view"), message, evidence, why)


def _whole(sides: Sides, known: Known) -> Iterator[Break]:
    """What a view that took writes takes no more; of tables the rows are tried."""
    if known.now is None or (known.now.is_table and known.before.is_table):
        return
    common = [quoted(item.name) for item in known.before.columns if known.now.column(item.name) is not None]
    if not common:
        return
    columns = ", ".join(common)
    for writing in (
        f"INSERT INTO {known.name} ({columns}) SELECT {columns} FROM {known.name}",
        f"UPDATE {known.name} SET {common[0]} = {common[0]}",
        f"DELETE FROM {known.name}",
    ):
        before, after = sides.planned(writing)
        if before.accepted and not after.accepted:
            verb = writing.partition(" ")[0]
            message = f"{known.before} takes no {verb} any more, which the running release may send"
            yield Break("refused", ERROR, (known.before.name,), message, seen(writing, after), EVERY)
            return
