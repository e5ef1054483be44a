"""PL/pgSQL bodies: the types in their declarations, which PostgreSQL looks up at CREATE.

Their statements are only looked at when they run, so they need nothing here. Read from tokens: PL/pgSQL's own parser
in libpg_query aborts the process on bodies that PostgreSQL accepts (shared facts, "The parser").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import postgast
from google.protobuf.message import DecodeError
from postgast.pg_query_pb2 import C_COMMENT, SQL_COMMENT

from seltzer.sql.names.builtin import SPELLINGS
from seltzer.sql.names.lookup import relation_named, split_name, type_named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.sql.names.reading import Reading
    from seltzer.sql.names.scope import Scope

_DECLARE = re.compile(r"\bdeclare\b", re.IGNORECASE)
_PLAIN_WORD = re.compile(r"[^\W\d][\w$]*\Z")
_COMMENTS = frozenset((SQL_COMMENT, C_COMMENT))


def read_declarations(reading: Reading, body: str, scope: Scope) -> None:
    """Read the DECLARE sections of a body, those of inner blocks too."""
    if not _DECLARE.search(body):
        return
    tokens = _tokens_of(body)
    variables = set(scope.own)
    at = 0
    while at < len(tokens):
        if tokens[at].lower() == "declare":
            at = _section(reading, tokens, at + 1, variables)
        else:
            at += 1


def _tokens_of(body: str) -> list[str]:
    raw = body.encode()
    try:
        tokens = postgast.scan(body).tokens
    except (postgast.PgQueryError, DecodeError):
        return []
    return [raw[token.start : token.end].decode() for token in tokens if token.token not in _COMMENTS]


def _section(reading: Reading, tokens: list[str], at: int, variables: set[str]) -> int:
    """Read declarations up to BEGIN; returns where that stands."""
    while at < len(tokens) and tokens[at].lower() != "begin":
        end = _end_of_declaration(tokens, at)
        words = tokens[at:end]
        if words and words[0].lower() != "declare":
            _declaration(reading, words, variables)
            variables.add(_folded(words[0]))
        at = end + 1
    return at


def _end_of_declaration(tokens: list[str], at: int) -> int:
    while at < len(tokens) and tokens[at] != ";":
        at += 1
    return at


def _declaration(reading: Reading, words: list[str], variables: set[str]) -> None:
    """`name [CONSTANT] type …`, or a cursor, whose arguments have types."""
    rest = words[1:]
    lower = [word.lower() for word in rest]
    if lower[:1] == ["constant"]:
        rest = rest[1:]
    elif lower[:1] == ["alias"]:
        return
    elif "cursor" in lower[:3]:
        for argument in _cursor_arguments(rest[lower.index("cursor") + 1 :]):
            _type(reading, argument[1:], variables)
        return
    _type(reading, rest, variables)


def _cursor_arguments(words: list[str]) -> Iterator[list[str]]:
    if words[:1] != ["("]:
        return
    depth = 0
    argument: list[str] = []
    for word in words:
        depth += (word == "(") - (word == ")")
        if (word == "," and depth == 1) or depth == 0:
            yield argument
            argument = []
        elif depth > 1 or word != "(":
            argument.append(word)
        if depth == 0:
            return


def _type(reading: Reading, words: list[str], variables: set[str]) -> None:
    """A declared type: `mood`, `s.mood[]`, `users.email%TYPE`, `users%ROWTYPE`."""
    name, rest = _dotted_name(words)
    if not name:
        return
    marked = rest[1].lower() if rest[:1] == ["%"] and len(rest) > 1 else ""
    if marked == "rowtype":
        reading.need(relation_named(reading, *split_name(name)))
    elif marked == "type":
        _column_type(reading, name, variables)
    elif not (len(name) == 1 and name[0] in SPELLINGS):
        reading.need(type_named(reading, *split_name(name)))


def _column_type(reading: Reading, name: list[str], variables: set[str]) -> None:
    # x%TYPE and r.x%TYPE may speak of variables declared above.
    if len(name) == 1 or (len(name) == 2 and name[0] in variables):  # noqa: PLR2004  # table.column
        return
    table = relation_named(reading, *split_name(name[:-1]))
    reading.need(table)
    reading.need_column(table, name[-1])


def _dotted_name(words: list[str]) -> tuple[list[str], list[str]]:
    name: list[str] = []
    at = 0
    while at < len(words) and (words[at].startswith('"') or _PLAIN_WORD.match(words[at])):
        name.append(_folded(words[at]))
        at += 1
        if at >= len(words) or words[at] != ".":
            break
        at += 1
    return name, words[at:]


def _folded(word: str) -> str:
    return word[1:-1].replace('""', '"') if word.startswith('"') else word.lower()
