"""The names of SQL as short text, and tables of statements with the text under each.

A table is one string. Blank lines part its entries: SQL, over as many lines as it likes, and then what that does to
names, one line a field, each after an arrow. The schema `public` is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.sql.names import Parsed, read_file_names
from seltzer.sql.parse import parse_statements

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seltzer.model import Name, Names

PUBLIC = ("public",)


def names_of(sql: str, path: Iterable[str] = PUBLIC) -> Names:
    """The names of `sql`, read as one file."""
    parsed = parse_statements(sql)
    return read_file_names((Parsed(item.tree, item.text.decode(), item.start - item.base) for item in parsed), path)


def text_of(names: Names) -> list[str]:
    """One line for each field that is not empty: `needs column t.id, table t`."""
    fields: dict[str, Iterable[str]] = {
        "provides": map(_text, names.provides),
        "needs": map(_text, names.needs),
        "choices": (" or ".join(map(_text, options)) for options in names.choices),
        "wants": map(_text, names.wants),
        "removes": map(_text, names.removes),
        "recreates": map(_text, names.recreates),
        "alters": map(_text, names.alters),
        "listed": (f"{_text(whole)} ({' '.join(sorted(parts))})" for whole, parts in names.listed.items()),
        "parents": (f"{_text(name)} ({' '.join(sorted(map(_text, of)))})" for name, of in names.parents.items()),
    }
    lines = [(field, sorted(words)) for field, words in fields.items()]
    return [f"{field} {', '.join(words)}" for field, words in lines if words] or ["nothing"]


def _text(name: Name) -> str:
    return str(name).replace(" public.", " ")


def each_of(table: str) -> pytest.MarkDecorator:
    """Run a test for each entry of a table, as `sql` and the lines `expected`."""
    entries = [entry.split("\n=> ") for entry in table.strip().split("\n\n")]
    cases = [(sql, [" ".join(field.split()) for field in fields]) for sql, *fields in entries]
    return pytest.mark.parametrize(("sql", "expected"), cases, ids=[" ".join(sql.split())[:80] for sql, _ in cases])
