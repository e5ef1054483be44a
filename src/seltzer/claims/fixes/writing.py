"""Pieces of a statement as the reader wrote them, and names as they have to be written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import postgast
from postgast.pg_query_pb2 import NO_KEYWORD, SQL_COMMENT, UNRESERVED_KEYWORD, ColumnRef

from seltzer.sql.parse import SqlSyntaxError, parse_statements

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postgast.pg_query_pb2 import Node, RangeVar

_NAME = r'(?:"(?:[^"]|"")*"|[^\W\d][\w$]*)'
_QUALIFIED = re.compile(rf"{_NAME}(?:\s*\.\s*{_NAME})?")
_CONSTRAINT = re.compile(rf"(?is)^constraint\s+{_NAME}\s+")
_LONGEST = 63


@dataclass(frozen=True, slots=True)
class Written:
    """A statement as it was written, and its tree.

    Attributes:
        data: Its text, as the tree's locations count it.
        tree: Its node.
    """

    data: bytes
    tree: Node

    def between(self, start: int, end: int | None = None) -> str:
        """A piece of it, without blanks around it."""
        return self.data[start:end].decode().strip()

    def relation(self, relation: RangeVar) -> str:
        """A table's name as it was written."""
        match = _QUALIFIED.match(self.between(relation.location))
        return match[0] if match else quoted(relation.relname)

    def definition(self, location: int) -> str:
        """A table constraint as it was written, without its name."""
        return without_name(self.between(location)).rstrip("; \n")


def without_name(constraint: str) -> str:
    """A constraint without `CONSTRAINT name` before it."""
    return _CONSTRAINT.sub("", constraint, count=1)


def schema_of(relation: RangeVar) -> str:
    """What stands before the name of anything in the schema of a table: its schema with a dot, where it is written."""
    return f"{quoted(relation.schemaname)}." if relation.schemaname else ""


def of_new_row(expression: Node, text: str, start: int) -> str:
    """An expression with the columns of a trigger's new row.

    Args:
        expression: Its tree.
        text: As it is written.
        start: The byte of its statement that it begins at.
    """
    columns = [node for _, node in postgast.walk(expression) if isinstance(node, ColumnRef)]
    for node in sorted(columns, key=lambda item: -item.location):
        at = node.location - start
        match = _QUALIFIED.match(text.encode()[at:].decode())
        end = at + len(match[0].encode()) if match else at
        data = text.encode()
        text = f"{data[:at].decode()}new.{quoted(node.fields[-1].string.sval)}{data[end:].decode()}"
    return text


def read_written(text: str) -> Written | None:
    """One statement; None when it has no tree. What follows `--` is blank: pieces of it would hide what comes next."""
    try:
        text = _without_line_comments(text)
        parsed = parse_statements(text)
    except (SqlSyntaxError, postgast.PgQueryError):
        return None
    if len(parsed) != 1 or parsed[0].tree is None:
        return None
    return Written(text.encode(), parsed[0].tree)


def _without_line_comments(text: str) -> str:
    data = text.encode()
    for token in postgast.scan(text).tokens if "--" in text else ():
        if token.token == SQL_COMMENT:
            data = data[: token.start] + b" " * (token.end - token.start) + data[token.end :]
    return data.decode()


def quoted(name: str) -> str:
    """A name as SQL has to write it: quoted only where it must be."""
    plain = re.fullmatch(r"[a-z_][a-z0-9_$]*", name) is not None
    if plain and postgast.scan(name).tokens[0].keyword_kind in {NO_KEYWORD, UNRESERVED_KEYWORD}:
        return name
    return '"' + name.replace('"', '""') + '"'


def made_name(parts: Iterable[str]) -> str:
    """A name for something that the reader left unnamed, as PostgreSQL would make it, quoted where it must be."""
    return quoted("_".join(parts).encode()[:_LONGEST].decode(errors="ignore"))
