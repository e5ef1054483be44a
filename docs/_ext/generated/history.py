"""The columns of the history, from the comments that stand in the database too."""

from __future__ import annotations

import re
from importlib.resources import files

from generated.markdown import cell, table, words

_COLUMN = re.compile(r"""^  "?(\w+)"? (\w+)""")
_COMMENT = re.compile(r"""COMMENT ON COLUMN \{(\w+)\}\."?(\w+)"? IS '((?:[^']|'')*)'""")


def history_columns() -> str:
    """The table of the history, that of what is not finished, and that of who runs behind a pooler."""
    folder = files("seltzer").joinpath("db/statements")
    text = "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in ("create.sql", "lease.sql"))
    return "\n".join(f"{title}\n\n{_columns(text, name)}" for name, title in _TITLES.items())


_TITLES = {
    "history": "## The history",
    "progress": "## `progress` beside it",
    "lease": "## `lease` beside it, behind a pooler",
}


def _columns(text: str, name: str) -> str:
    start = text.index(f"TABLE IF NOT EXISTS {{{name}}}")
    body = text[start : text.index(");", start)].splitlines()[1:]
    types = {found[1]: found[2] for found in map(_COLUMN.match, body) if found}
    comments = {column: said.replace("''", "'") for of, column, said in _COMMENT.findall(text) if of == name}
    return table(
        ["column", "type", "what it says"], [[cell(key), types[key], words(comments[key])] for key in comments]
    )
