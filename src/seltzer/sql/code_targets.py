"""Which names the changing commands in code name: in the body of a DO block, in what it executes, in Python's strings.

Nobody reads such code as the server does. Its tokens say enough to see `DELETE FROM seltzer.history` in it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seltzer.sql.tokens import scan

if TYPE_CHECKING:
    from collections.abc import Iterator

# What may stand between the verb and the name that it changes.
_BETWEEN = {
    "delete": {"from", "only"},
    "insert": {"into"},
    "merge": {"into", "only"},
    "update": {"only"},
    "truncate": {"table", "only"},
    "alter": {"table", "if", "exists", "only", "schema"},
    "drop": {"table", "if", "exists", "schema"},
    "copy": set[str](),
}
_MUST = {"delete": "from", "insert": "into", "merge": "into"}
_STRING = re.compile(r"(?s)(?:[ENB]|U&)?'(.*)'", re.IGNORECASE)
_DOLLARS = re.compile(r"(?s)(\$[^$\d][^$]*\$|\$\$)(.*)\1")
_DEPTH = 8


def code_targets(text: str) -> Iterator[tuple[str, str]]:
    """Schema and name of whatever the changing commands of a text name, strings in strings included.

    An unqualified name has no schema, a schema itself no name. Comments are left out, and so is what only reads.
    """
    words = _words(text, _DEPTH)
    for at, word in enumerate(words):
        if word in _BETWEEN:
            yield from _targets(words, at)


def _targets(words: list[str], at: int) -> Iterator[tuple[str, str]]:
    verb = words[at]
    found = at + 1
    between: set[str] = set()
    while found < len(words) and words[found] in _BETWEEN[verb]:
        between.add(words[found])
        found += 1
    if verb in _MUST and _MUST[verb] not in between:
        return
    if verb in {"alter", "drop"} and not between & {"table", "schema"}:
        return
    while found < len(words):
        parts = [words[found]]
        while words[found + 1 : found + 2] == ["."]:
            parts += words[found + 2 : found + 3]
            found += 2
        names = [_name(part) for part in parts]
        if verb == "copy" and not _copies_into(words[found + 1 :]):
            return
        if "schema" in between:
            yield names[-1], ""
        else:
            yield (names[-2] if len(names) > 1 else ""), names[-1]
        if words[found + 1 : found + 2] != [","] or verb not in {"drop", "truncate"}:
            return
        found += 2
        found += words[found : found + 1] == ["only"]


def _copies_into(words: list[str]) -> bool:
    end = words.index(";") if ";" in words else len(words)
    return "from" in words[:end]


def _name(word: str) -> str:
    return word[1:-1].replace('""', '"') if word.startswith('"') else word.lower()


def _words(text: str, depth: int) -> list[str]:
    """The tokens of a text; a string is the tokens of what it says, and `||` is nothing."""
    tokens = scan(text)
    found: list[str] = []
    for data in tokens.texts if tokens is not None else ():
        word = data.decode()
        inside = _inside(word)
        if inside is not None:
            found += _words(inside, depth - 1) if depth else []
        elif word != "||":
            found.append(word if word.startswith('"') else word.lower())
    return found


def _inside(word: str) -> str | None:
    """What a string says; None for any other token."""
    dollars = _DOLLARS.fullmatch(word)
    if dollars is not None:
        return dollars[2]
    quoted = _STRING.fullmatch(word)
    return quoted[1].replace("''", "'") if quoted is not None else None
