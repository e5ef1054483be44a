"""The queries that a release sends: a file of SQL, or those that `seltzer stats` found in pg_stat_statements."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import postgast

from seltzer.errors import InvalidSettingError, Place
from seltzer.sql.parse import SqlSyntaxError
from seltzer.sql.statements import read_statements

if TYPE_CHECKING:
    from pathlib import Path

    from seltzer.model import Statement

_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
# What can be prepared and is no change of the schema.
_KINDS = frozenset({"select_stmt", "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"})
_LARGE = re.compile(r"(?i)\s*(?:select|insert|update|delete|merge|with)\b")  # too large for a tree
_PARAMETER = re.compile(r"%s|%\(\w+\)s|:\w+|\?|@\w+")
# pg_stat_statements puts a parameter where the grammar wants a constant: interval '1 day' becomes interval $1.
_TYPED = re.compile(r"(?i)\b(interval|date|time|timetz|timestamp|timestamptz)\s+(\$\d+)\b")
_WRITE_SQL = "Write SQL queries into a .sql file; parameters are $1, $2 and so on."
_WRITE_PARAMETER = "Parameters are $1, $2 and so on, as the server meets them: %s, :name and ? are the driver's."
_PSQL = "The file is read as SQL: commands of psql (\\set, \\copy) are none."
_CSV = "The file is read as SQL; what pg_stat_statements has, `seltzer stats FILE.json` writes."


class Query(NamedTuple):
    """A query of a workload; what is in its text is shown without values.

    Attributes:
        text: It; parameters are `$1` and so on. Empty for a statement that cannot be prepared.
        place: `queries.sql:3`, or the number of its calls.
    """

    text: str
    place: str

    def __repr__(self) -> str:
        """Its place; never the text, which can hold values."""
        return f"Query(place={self.place!r})"


def read_workload(path: Path) -> tuple[Query, ...]:
    """The queries of a file: SQL, or the JSON that `seltzer stats` writes.

    Raises:
        InvalidSettingError: It is not there, or neither, or has no queries.
    """
    line: int | None = None
    text, hint = "", _WRITE_SQL
    try:
        text = path.read_text("utf-8-sig")
        queries = _from_statistics(json.loads(text)) if _is_json(path, text) else _from_sql(path, text)
        if any(query.text for query in queries):
            return queries
        reason = "has no queries in it"
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
    except UnicodeDecodeError:
        reason = "is no text in UTF-8"
    except SqlSyntaxError as error:
        reason = f"is no SQL: {error.message}"
        line, hint = _line_and_hint(path, text, error.position)
    except (ValueError, KeyError, TypeError, AttributeError):
        reason = "has no queries in it: seltzer stats writes them where pg_stat_statements can be read"
    raise InvalidSettingError(f"the file of workload: {reason}", hint=hint, place=Place(path, line))


def is_query(kind: str) -> bool:
    """Whether a statement of this kind, in the parser's word, can be prepared and compared."""
    return kind in _KINDS


def normalised_query(text: str) -> str:
    """A query without constants and comments of its own; empty where it is none that can be prepared."""
    try:
        statements = read_statements(text)
        if len(statements) != 1 or not is_query(statements[0].kind):
            return ""
        return postgast.normalize(_COMMENT.sub(" ", statements[0].text)).strip()
    except (SqlSyntaxError, postgast.PgQueryError):
        return ""


def _is_json(path: Path, text: str) -> bool:
    return path.suffix == ".json" or text.lstrip()[:1] == "{"


def _from_sql(path: Path, text: str) -> tuple[Query, ...]:
    return tuple(
        Query(statement.text if _is_prepared(statement) else "", f"{path.name}:{statement.line}")
        for statement in read_statements(text)
    )


def _is_prepared(statement: Statement) -> bool:
    if statement.kind == "opaque":
        return _LARGE.match(statement.text) is not None
    return is_query(statement.kind) or statement.kind == "call_stmt"


def _from_statistics(content: dict[str, Any]) -> tuple[Query, ...]:
    return tuple(
        Query(_TYPED.sub(r"\2::\1", str(item["query"])), f"{int(item['calls'])} calls") for item in content["queries"]
    )


def _line_and_hint(path: Path, text: str, position: int | None) -> tuple[int | None, str]:
    """The line of a mistake, and what may be behind it."""
    if position is None:
        return None, _WRITE_SQL
    line = text.count("\n", 0, position) + 1
    if path.suffix == ".csv":
        return line, _CSV
    if text[position : position + 1] == "\\":
        return line, _PSQL
    return line, _WRITE_PARAMETER if _PARAMETER.match(text, position) else _WRITE_SQL
