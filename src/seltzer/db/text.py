"""SQL text made of a template and safe parts.

What `psycopg.sql` does, a tenth of the cost: a run composes two texts for every migration, and they would take longer
than the server takes for them. A part is never a bare `str`: the type checker refuses one.
"""

from __future__ import annotations

from typing import LiteralString, NewType

Sql = NewType("Sql", str)


def raw(text: LiteralString) -> Sql:
    """SQL that stands in our own code."""
    return Sql(text)


def literal(value: str | int | None) -> Sql:
    """A value as a constant, right whatever `standard_conforming_strings` says.

    Raises:
        ValueError: The text has a NUL character, which PostgreSQL's text cannot hold.
    """
    if value is None:
        return Sql("NULL")
    if isinstance(value, int):
        # The blank keeps a negative number from becoming a comment after a minus sign.
        return Sql(f" {value}" if value < 0 else str(value))
    if "\x00" in value:
        raise ValueError("a NUL character cannot be part of SQL")
    quoted = value.replace("'", "''")
    return Sql(" E'" + quoted.replace("\\", "\\\\") + "'") if "\\" in value else Sql(f"'{quoted}'")


def identifier(*names: str) -> Sql:
    """A name, qualified when there are several parts, quoted so that it means just that."""
    return Sql(".".join('"' + name.replace('"', '""') + '"' for name in names))


def compose(template: LiteralString, /, **parts: Sql) -> Sql:
    """`template` with its `{names}` filled in."""
    return Sql(template.format(**parts))


def joined(separator: LiteralString, parts: list[Sql]) -> Sql:
    """Parts in a row."""
    return Sql(separator.join(parts))
