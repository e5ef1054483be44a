"""Values that a file adds to an enum and uses: PostgreSQL refuses that inside of one transaction (SQLSTATE 55P04)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.sql.parse import parse_statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.model import Statement


def uses_new_value(statements: Sequence[Statement]) -> bool:
    """Whether a statement has a value in it, as a literal, that one before it adds to an enum.

    An enum that the file itself makes is none: what is new altogether may be used at once.
    """
    added: set[str] = set()
    made: set[str] = set()
    for item in statements:
        if any(literal in item.text for literal in added):
            return True
        if item.kind == "create_enum_stmt":
            made.add(_enum_made(item.text))
        elif item.kind == "alter_enum_stmt":
            enum, value = _value_added(item.text)
            if value and enum not in made:
                added.add("'" + value.replace("'", "''") + "'")
    return False


def adds_value(statements: Sequence[Statement]) -> bool:
    """Whether one of them adds a value to an enum that they do not make: rows can have it once that is committed."""
    made = {_enum_made(item.text) for item in statements if item.kind == "create_enum_stmt"}
    added = (_value_added(item.text) for item in statements if item.kind == "alter_enum_stmt")
    return any(value and enum not in made for enum, value in added)


def _enum_made(text: str) -> str:
    tree = parse_statements(text)[0].tree
    return tree.create_enum_stmt.type_name[-1].string.sval if tree is not None else ""


def _value_added(text: str) -> tuple[str, str]:
    tree = parse_statements(text)[0].tree
    if tree is None or tree.alter_enum_stmt.old_val:  # one that is renamed may be used at once
        return "", ""
    return tree.alter_enum_stmt.type_name[-1].string.sval, tree.alter_enum_stmt.new_val
