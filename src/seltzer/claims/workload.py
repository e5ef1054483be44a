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

_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
# What can be prepared and is no change of the schema.
_KINDS = frozenset({"select_stmt", "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"})


class Query(NamedTuple):
    """A query of a workload; what is in its text is shown without values.

    Attributes:
        text: It; parameters are `$1` and so on.
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
        InvalidSettingError: It is not there, or neither.
    """
    try:
        text = path.read_text("utf-8")
        return _from_statistics(json.loads(text)) if path.suffix == ".json" else _from_sql(path, text)
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
    except SqlSyntaxError as error:
        reason = f"is no SQL: {error.message}"
    except (ValueError, KeyError, TypeError, AttributeError):
        reason = "has no queries in it: seltzer stats writes them where pg_stat_statements can be read"
    raise InvalidSettingError(
        f"the file of workload: {reason}", hint="Write SQL queries into a .sql file.", place=Place(path)
    )


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


def _from_sql(path: Path, text: str) -> tuple[Query, ...]:
    return tuple(
        Query(statement.text, f"{path.name}:{statement.line}")
        for statement in read_statements(text)
        if is_query(statement.kind)
    )


def _from_statistics(content: dict[str, Any]) -> tuple[Query, ...]:
    return tuple(Query(str(item["query"]), f"{int(item['calls'])} calls") for item in content["queries"])
