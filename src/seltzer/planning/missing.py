"""What a failed statement missed, and which later step provides it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.model import Language, NameKind
from seltzer.planning.graph import is_repeatable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.model import Migration, Name

# Undefined table, column, function, object and schema.
MISSING_NAME = frozenset({"42P01", "42703", "42883", "42704", "3F000"})

# The server quotes names as its language does, except that of a column after its table's: `column u.email`.
_WORDS = re.compile(r'["«»„“]\s?((?:[^"«»“”]|"")+?)\s?["«»“”]|\b([^\W\d][\w$]*\.[^\W\d][\w$]*)\b')


def missing_name_hint(
    migration: Migration, sqlstate: str | None, message: str, later: Sequence[Migration]
) -> str | None:
    """How to say that `migration` needs a later step; None when none provides what is missing.

    Args:
        migration: What failed.
        sqlstate: PostgreSQL's code.
        message: PostgreSQL's message, which has the name in it whatever its language.
        later: The steps after it, in order.
    """
    if sqlstate not in MISSING_NAME:
        return None
    for step in later:
        name = _provided(step, message)
        if name is not None:
            return _advice(migration, step, name)
    return None


def _advice(migration: Migration, step: Migration, name: Name) -> str:
    provides = f"{step.id} provides {name}, but runs later"
    if step.file.module == migration.file.module and not is_repeatable(step) and not is_repeatable(migration):
        return f"{provides}, as numbered files do: move what needs it into a file after that one."
    directive = f"-- seltzer: depends-on = {step.id}"
    if migration.file.language is Language.PYTHON:
        directive = f'DEPENDS_ON = "{step.id}"'
    return (
        f"{provides}: nothing in the text of {migration.id} says that it needs it. Add this line at its top:\n"
        f"  {directive}"
    )


def _provided(step: Migration, message: str) -> Name | None:
    """The name in the server's message that a step provides."""
    words = {quoted.replace('""', '"') or dotted for quoted, dotted in _WORDS.findall(message)}
    last_parts = {word.rpartition(".")[2] for word in words}
    for name in sorted(step.names.provides) if step.names is not None else ():
        if name.kind is NameKind.FUNCTION:
            # By its name only: arguments are spelt in many ways.
            if re.search(rf"(^|[\s.]){re.escape(name.name)}\(", message):
                return name._replace(part="")
        elif name.kind is NameKind.OPERATOR:
            if f" {name.name} " in message:
                return name
        else:
            word = name.part or name.name
            if word in words or (word in last_parts and (name.part or f"{name.schema}.{name.name}" in words)):
                return name
    return None
