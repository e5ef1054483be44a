"""Rows, columns and values that are gone after a migration that does not speak of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from seltzer.claims.contents import cascades_of
from seltzer.claims.finding import Finding
from seltzer.db.connect import fetch
from seltzer.db.text import compose, identifier, literal
from seltzer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import psycopg

    from seltzer.claims.contents import Content, Values
    from seltzer.claims.said import Said
    from seltzer.claims.trial import Trial

CLAIM = "survives-rows"
_ABOVE = (
    "WITH RECURSIVE up (oid) AS (SELECT i.inhparent FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = {table} "
    "UNION SELECT i.inhparent FROM pg_catalog.pg_inherits AS i JOIN up ON i.inhrelid = up.oid) "
    "SELECT c.relname FROM pg_catalog.pg_class AS c JOIN up ON up.oid = c.oid"
)

_TABLE = (
    "SELECT 1 FROM pg_catalog.pg_class AS c WHERE c.oid = pg_catalog.to_regclass({name}) AND c.relkind IN ('r', 'p')"
)


def losses(
    conn: psycopg.Connection[Any],
    trial: Trial,
    before: Mapping[int, Content],
    after: Mapping[int, Content],
    said: Said,
) -> list[tuple[int, Finding]]:
    """What is gone or changed, and is not said in the migration's text.

    Args:
        conn: The database after it.
        trial: The migration.
        before: The tables before it, by OID.
        after: The tables after it.
        said: Its text.

    Returns:
        Each finding with the OID of its table.
    """
    found: list[tuple[int, Finding]] = []
    for oid, old in before.items():
        new = after.get(oid)
        above = [name for (name,) in fetch(conn, compose(_ABOVE, table=literal(oid)))]
        names = {old.name, *above, *([new.name] if new is not None else [])}
        if not old.rows:
            continue
        if said.changes_rows(names):
            if new is None:
                found += [(oid, item) for item in _made_again(conn, trial, old)]
            elif (columns := said.sets_only(names)) is not None:
                others = [item for number, item in old.columns.items() if _is_other(item, new.columns.get(number))]
                found += [(oid, _changed(trial, old, item)) for item in others if item.name.lower() not in columns]
            continue
        if new is None:
            found.append((oid, _dropped(trial, old)))
        elif new.rows < old.rows:
            found.append((oid, _fewer(trial, old, new, cascades_of(conn, oid))))
        else:
            found += [(oid, item) for item in _columns(trial, old, new, said, names)]
    return found


def _finding(trial: Trial, rule: str, message: str, evidence: str, texts: tuple[str, str]) -> Finding:
    path = trial.step.migration.path
    return Finding(CLAIM, rule, Severity.ERROR, trial.id, path, None, message, evidence, *texts)


def _dropped(trial: Trial, old: Content) -> Finding:
    return _finding(
        trial,
        "loses-rows",
        f"{old} is gone with its rows, and the file does not name it",
        f"{old} had {old.rows} rows before, and is not there after it",
        (
            "A CASCADE takes along what nobody looked at: the rows are lost for good.",
            f"DROP TABLE {old};  -- if it is meant",
        ),
    )


def _is_other(column: Values, other: Values | None) -> bool:
    """Whether a column that is the same column still has other values."""
    same = other is not None and column.builtin and (column.name, column.type) == (other.name, other.type)
    return same and other is not None and column.values != other.values


def _made_again(conn: psycopg.Connection[Any], trial: Trial, old: Content) -> Iterator[Finding]:
    """A table that is dropped, and one of its name is there with fewer rows: a copy that took not all of them."""
    name = identifier(old.schema, old.name)
    if not fetch(conn, compose(_TABLE, name=literal(name))):
        return
    ((rows,),) = fetch(conn, compose("SELECT pg_catalog.count(*) FROM {name}", name=name))
    if rows >= old.rows:
        return
    found = _finding(
        trial,
        "loses-rows",
        f"{old} is made anew, and not all of its rows are in it",
        f"{old} had {old.rows} rows before; the table that has its name after it has {rows}",
        (
            "The old table is dropped with what was not copied: those rows are lost for good.",
            f"ALTER TABLE {old} RENAME TO {old.name}_old;  -- instead of DROP TABLE; drop it in a later migration",
        ),
    )
    yield replace(found, severity=Severity.WARNING)


def _fewer(trial: Trial, old: Content, new: Content, cascades: list[tuple[str, str]]) -> Finding:
    ways = " or ".join(f"{key} (to {other})" for key, other in cascades)
    return _finding(
        trial,
        "loses-rows",
        f"rows of {old} are gone, and the file does not name it" + (f": through {ways}" if ways else ""),
        f"{old} had {old.rows} rows before, {new.rows} after it",
        (
            "What refers to a deleted row is deleted with it: customers' rows vanish with what looked like a clean-up.",
            f"DELETE FROM {old} WHERE …;  -- before it, if it is meant; else keep what these rows refer to",
        ),
    )


def _columns(trial: Trial, old: Content, new: Content, said: Said, names: Iterable[str]) -> Iterator[Finding]:
    for number, column in old.columns.items():
        other = new.columns.get(number)
        if other is None:
            if column.present and not said.drops_column(names, column.name):
                yield _column_gone(trial, old, column)
            elif column.present and (again := _made_anew(old, new, column)) is not None:
                yield _emptied(trial, old, column, again)
        elif column.values != other.values and new.rows == old.rows:
            both = {column.name, other.name}
            retyped = column.type != other.type or any(said.retypes(names, name) for name in both)
            if not retyped and column.builtin:
                yield _changed(trial, old, column)
            elif other.present < column.present or (
                other.different < column.different and not any(said.maps(names, name) for name in both)
            ):
                yield _lost(trial, old, column, other)


def _column_gone(trial: Trial, old: Content, column: Values) -> Finding:
    return _finding(
        trial,
        "loses-columns",
        f"the column {old}.{column.name} is gone with its values, and the file does not drop it",
        f"{old}.{column.name} ({column.type}) had {column.present} values before, and is not there after it",
        (
            "A CASCADE takes along what nobody looked at: the values are lost for good.",
            f"ALTER TABLE {old} DROP COLUMN {column.name};  -- if it is meant",
        ),
    )


def _made_anew(old: Content, new: Content, column: Values) -> Values | None:
    """A new column that has the name of one that is dropped, and none of its values."""
    fresh = (item for number, item in new.columns.items() if number not in old.columns and item.name == column.name)
    found = next(fresh, None)
    return found if found is not None and (not found.present or found.different < min(2, column.different)) else None


def _emptied(trial: Trial, old: Content, column: Values, again: Values) -> Finding:
    return _finding(
        trial,
        "loses-columns",
        f"the column {old}.{column.name} is dropped and made anew, without its values",
        f"{old}.{column.name} ({column.type}) had {column.present} values before; the new one ({again.type}) has none "
        "of them",
        (
            "DROP and ADD are no change of type: the values are lost for good.",
            f"ALTER TABLE {old} ALTER COLUMN {column.name} TYPE {again.type} USING …;  -- or copy the values first",
        ),
    )


def _changed(trial: Trial, old: Content, column: Values) -> Finding:
    return _finding(
        trial,
        "changes-rows",
        f"values of {old}.{column.name} are others after it, and the file does not say that it changes {old}",
        f"{old} has as many rows as before; the values of {column.name} are not the same",
        (
            "A trigger, a rule or ON DELETE SET NULL changes rows that nobody looks at when reading the file.",
            f"UPDATE {old} SET {column.name} = … WHERE …;  -- if it is meant",
        ),
    )


def _lost(trial: Trial, old: Content, column: Values, other: Values) -> Finding:
    return _finding(
        trial,
        "loses-values",
        f"{old}.{column.name} loses information: from {column.type} to {other.type}",
        f"{column.present} values, {column.different} different ones before; "
        f"{other.present}, {other.different} different ones after it",
        (
            "Values that were told apart are equal now, or gone: cut or rounded, and nothing brings them back.",
            f"ALTER TABLE {old} ADD COLUMN {column.name}_new {other.type};  -- fill it; drop the old one later",
        ),
    )
