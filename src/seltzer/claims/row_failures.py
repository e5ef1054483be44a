"""A statement that rows made fail: which kind of row it was, what that means, and what to write instead."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seltzer.claims.fixes.rows_first import rows_first

if TYPE_CHECKING:
    from collections.abc import Callable

    from seltzer.claims.touching import Refused


@dataclass(frozen=True, slots=True)
class Explained:
    """A failure for a person.

    Attributes:
        message: What failed on which kind of row.
        why: What it means in production.
        fix: The SQL to write instead; None when nobody can say it.
    """

    message: str
    why: str
    fix: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What PostgreSQL said, by name.

    Attributes:
        table: `public.users`; empty when it did not say.
        column: Empty when it did not say.
        constraint: Empty when it did not say.
        keys: The columns of a key that was violated, as SQL.
        statement: The statement.
        said: Its message.
    """

    table: str
    column: str
    constraint: str
    keys: str
    statement: str
    said: str


_IN_KEY = re.compile(r"Key \((.*)\)=\(")
_ADDS = re.compile(r"\badd\s+(?:column\b|(?!constraint\b))", re.IGNORECASE)
# The server's words, where its fields are not at hand: a file that does not run in one transaction, or code.
_COLUMN = re.compile(r'column "(?P<column>.*?)"')
_TABLE = re.compile(r'(?:relation|table) "(?P<table>.*?)"')
_CONSTRAINT = re.compile(r'constraint "(?P<constraint>.*?)"')
_STOPS = "It succeeds on an empty table and stops the deploy on one with rows: every start of the application fails."


def explain(refused: Refused) -> Explained:
    """The failure of a statement on rows that satisfy every constraint."""
    diag = refused.error.diag
    key = _IN_KEY.search(diag.message_detail or "")
    said = _facts_of(diag.message_primary or "")
    schema = f"{diag.schema_name}." if diag.schema_name else ""
    facts = replace(
        said,
        table=f"{schema}{diag.table_name}" if diag.table_name else said.table,
        column=diag.column_name or said.column,
        constraint=diag.constraint_name or said.constraint,
        keys=key[1] if key else "",
        statement=refused.statement.text,
    )
    found = _EXPLANATIONS.get(refused.error.sqlstate or "", _other)(facts)
    return replace(found, fix=rows_first(facts.statement) or found.fix)


def explain_words(sqlstate: str, message: str) -> Explained:
    """The same from the server's words alone, free of row values; without a SQLSTATE from those of Python."""
    facts = _facts_of(message)
    if not sqlstate:
        return _code(facts)
    known = facts.table and (facts.column or facts.constraint)
    return _EXPLANATIONS.get(sqlstate, _other)(facts) if known or not sqlstate.startswith("23") else _other(facts)


def _facts_of(message: str) -> Facts:
    column, table, constraint = (pattern.search(message) for pattern in (_COLUMN, _TABLE, _CONSTRAINT))
    return Facts(
        table=table[1] if table else "",
        column=column[1] if column else "",
        constraint=constraint[1] if constraint else "",
        keys="",
        statement="",
        said=message,
    )


def _null(facts: Facts) -> Explained:
    spot = f"{facts.table}.{facts.column}"
    if _writes(facts.statement):
        return Explained(
            f"it writes a NULL into {spot}, which takes none",
            _STOPS,
            f"Give {facts.column} a value in this statement: coalesce(…, …), or WHERE … IS NOT NULL.",
        )
    if _ADDS.search(facts.statement):
        return Explained(
            f"{spot} is new and NOT NULL, and the rows of {facts.table} have no value for it",
            _STOPS,
            f"ALTER TABLE {facts.table} ADD COLUMN {facts.column} … NOT NULL DEFAULT …;",
        )
    return Explained(
        f"a NULL in {spot}: the table has always allowed it",
        _STOPS,
        f"UPDATE {facts.table} SET {facts.column} = … WHERE {facts.column} IS NULL;  -- before this statement",
    )


def _double(facts: Facts) -> Explained:
    keys = facts.keys or "…"
    if re.match(r"update\b", facts.statement, re.IGNORECASE):
        return Explained(
            f"it gives a row of {facts.table} the same {keys} as another one has",
            _STOPS,
            f"Give no two rows the same {keys}; PostgreSQL looks after each row, not at the end: numbers that move up "
            "need a constraint that is DEFERRABLE INITIALLY DEFERRED, or an UPDATE by way of free numbers.",
        )
    if _writes(facts.statement):
        return Explained(
            f"a row with the same {keys} is already in {facts.table}",
            "The row may be there already: the application wrote it, or its sequence has given the number away.",
            f"INSERT INTO {facts.table} … ON CONFLICT ({keys}) DO NOTHING;",
        )
    same = " AND ".join(f"a.{key.strip()} = b.{key.strip()}" for key in keys.split(","))
    return Explained(
        f"two rows of {facts.table} with the same {keys}: the table has always allowed them",
        _STOPS,
        f"DELETE FROM {facts.table} a USING {facts.table} b WHERE a.ctid > b.ctid AND {same};"
        "  -- or merge them, before this statement",
    )


def _orphan(facts: Facts) -> Explained:
    keys, other = facts.keys or "…", _referred(facts.said)
    if _writes(facts.statement) and not other:
        return Explained(
            f"rows elsewhere still refer to a row of {facts.table} that it removes ({facts.constraint})",
            _STOPS,
            f"Remove or change those rows before this statement ({facts.constraint}).",
        )
    return Explained(
        f"a value of {keys} in {facts.table} that no row elsewhere has ({facts.constraint})",
        _STOPS,
        f"UPDATE {facts.table} SET {keys} = NULL WHERE …;  -- or DELETE: rows that refer to nothing, first\n"
        f"ALTER TABLE {facts.table} ADD CONSTRAINT {facts.constraint} FOREIGN KEY ({keys}) … NOT VALID;"
        "  -- new rows are checked from here on\n"
        f"ALTER TABLE {facts.table} VALIDATE CONSTRAINT {facts.constraint};  -- in a file of its own",
    )


def _referred(said: str) -> bool:
    return said.startswith("insert or update")


def _check(facts: Facts) -> Explained:
    if _writes(facts.statement):
        return Explained(
            f"it writes a row into {facts.table} that {facts.constraint} does not allow",
            _STOPS,
            f"Write only what {facts.constraint} allows.",
        )
    if not facts.constraint:
        return Explained(
            f"rows of {facts.table} that are not allowed any more: {facts.said}",
            _STOPS,
            f"UPDATE {facts.table} SET … WHERE NOT (…);  -- or move the rows, before this statement",
        )
    return Explained(
        f"a row of {facts.table} that {facts.constraint} does not allow: the table has always allowed it",
        _STOPS,
        f"UPDATE {facts.table} SET … WHERE NOT (…);  -- repair the rows first\n"
        f"ALTER TABLE {facts.table} ADD CONSTRAINT {facts.constraint} CHECK (…) NOT VALID;"
        "  -- new rows are checked from here on\n"
        f"ALTER TABLE {facts.table} VALIDATE CONSTRAINT {facts.constraint};  -- in a file of its own",
    )


def _overlap(facts: Facts) -> Explained:
    return Explained(
        f"two rows of {facts.table} that exclude each other ({facts.constraint})",
        _STOPS,
        "Find and repair them first: SELECT … FROM "
        f"{facts.table} a JOIN {facts.table} b ON a.ctid < b.ctid AND a.… && b.…;",
    )


def _not_a_value(facts: Facts) -> Explained:
    return Explained(
        f"a value that does not convert: {facts.said}",
        _STOPS,
        "Say what becomes of such values: USING CASE WHEN column ~ '^…$' THEN column::type END;"
        "  -- or repair them with an UPDATE before",
    )


def _too_long(facts: Facts) -> Explained:
    return Explained(
        f"a text that is too long: {facts.said}",
        _STOPS,
        "Shorten such texts with an UPDATE before (WHERE length(column) > n), or keep the type and add:\n"
        "CHECK (length(column) <= n) NOT VALID;",
    )


def _too_large(facts: Facts) -> Explained:
    return Explained(f"a number that is too large: {facts.said}", _STOPS, "Take a wider type (bigint, numeric).")


def _zero(facts: Facts) -> Explained:
    return Explained(f"a 0 to divide by: {facts.said}", _STOPS, "… / nullif(divisor, 0)")


def _several(facts: Facts) -> Explained:
    return Explained(
        f"several rows where one is expected: {facts.said}",
        _STOPS,
        "Say which row is meant: min(…), or ORDER BY … LIMIT 1, in the sub-query.",
    )


def _code(facts: Facts) -> Explained:
    return Explained(
        f"its code fails on rows that the tables allow: {facts.said.removeprefix('failed: ')}",
        _STOPS,
        "Let the code take what the columns allow (NULL, an empty text, no such row), or leave such rows out in WHERE.",
    )


def _other(facts: Facts) -> Explained:
    return Explained(f"it fails when its tables have rows: {facts.said}", _STOPS, None)


def _writes(statement: str) -> bool:
    return re.match(r"(?:insert|update|delete|merge|with|copy|do|select|call)\b", statement, re.IGNORECASE) is not None


_EXPLANATIONS: dict[str, Callable[[Facts], Explained]] = {
    "23502": _null,
    "23505": _double,
    "23503": _orphan,
    "23514": _check,
    "23P01": _overlap,
    "22P02": _not_a_value,
    "22007": _not_a_value,
    "22008": _not_a_value,
    "22001": _too_long,
    "22003": _too_large,
    "22012": _zero,
    "21000": _several,
}
