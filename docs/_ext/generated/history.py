"""The columns of the history, from the comments that stand in the database too."""

from __future__ import annotations

import re
from importlib.resources import files

from generated.markdown import cell, table, words

_COLUMN = re.compile(r"""^  "?(\w+)"? (\w+)""")
_COMMENT = re.compile(r"""COMMENT ON COLUMN \{(\w+)\}\."?(\w+)"? IS '((?:[^']|'')*)'""")


def history_columns() -> str:
    """The table of the history, and that of what is not finished."""
    text = files("seltzer").joinpath("db/statements/create.sql").read_text(encoding="utf-8")
    return "\n".join(f"{_title(name)}\n\n{_columns(text, name)}" for name in ("history", "progress"))


def _title(name: str) -> str:
    return {"history": "## The history", "progress": "## `progress` beside it"}[name]


def _columns(text: str, name: str) -> str:
    start = text.index(f"TABLE IF NOT EXISTS {{{name}}}")
    body = text[start : text.index(");", start)].splitlines()[1:]
    types = {found[1]: found[2] for found in map(_COLUMN.match, body) if found}
    comments = {column: said.replace("''", "'") for of, column, said in _COMMENT.findall(text) if of == name}
    return table(
        ["column", "type", "what it says"], [[cell(key), types[key], words(comments[key])] for key in comments]
    )
