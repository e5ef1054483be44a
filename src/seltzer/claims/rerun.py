"""How a statement is written so that it can run again: with the reader's own words, where that is mechanical."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.sql.tokens import scan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer.model import Statement

_NOT_THERE = "IF NOT EXISTS"
_THERE = "IF EXISTS"
_MODIFIERS = frozenset(
    {"global", "local", "temp", "temporary", "unlogged", "unique", "recursive", "materialized", "constraint", "event"}
    | {"foreign", "trusted", "procedural", "user"}
)
_WITH_IF_NOT_EXISTS = frozenset(
    {"table", "schema", "extension", "sequence", "index", "statistics", "collation", "server", "mapping"}
)
_WITH_OR_REPLACE = frozenset({"view", "function", "procedure", "rule", "trigger", "aggregate", "language", "transform"})
_DROPPED = (
    "text search configuration",
    "text search dictionary",
    "text search parser",
    "text search template",
    "foreign data wrapper",
    "materialized view",
    "operator family",
    "operator class",
    "index concurrently",
    "foreign table",
    "event trigger",
    "access method",
    "user mapping",
    *(
        "table",
        "view",
        "index",
        "sequence",
        "schema",
        "extension",
        "type",
        "domain",
        "function",
        "procedure",
        "routine",
    ),
    *("aggregate", "operator", "cast", "collation", "conversion", "language", "policy", "publication", "role", "rule"),
    *("server", "statistics", "subscription", "transform", "trigger", "user", "group"),
)
# What a second run of something that made a thing is told, and PL/pgSQL's name for it.
_ALREADY = {
    "42710": "duplicate_object",
    "42P07": "duplicate_table",
    "42701": "duplicate_column",
    "42P06": "duplicate_schema",
    "42723": "duplicate_function",
    "42P16": "invalid_table_definition",
}
_NO_TABLE = "42P01"
_RENAMED = {"42703": "undefined_column", "42704": "undefined_object", "42P01": "undefined_table"}
_NO_COLUMN = frozenset({"constraint", "primary", "unique", "check", "foreign", "exclude", "not", "default"})
_NO_COLUMN_EITHER = frozenset({"identity", "expression", "generated", "value", "attribute", "column"})


class _Words:
    """The tokens of a statement, and text to be put behind some of them."""

    def __init__(self, text: str) -> None:
        tokens = scan(text)
        self.text = text.encode()
        self.words = [item.decode() for item in tokens.texts] if tokens is not None else []
        self._ends = tokens.ends if tokens is not None else []
        self._added: list[tuple[int, str]] = []

    def add(self, index: int, words: str) -> None:
        """Put words behind a token."""
        self._added.append((self._ends[index], words))

    def written(self) -> str:
        """The statement with what was added."""
        text = self.text
        for end, words in sorted(self._added, reverse=True):
            text = text[:end] + b" " + words.encode() + text[end:]
        return text.decode() + ";"

    def word(self, index: int) -> str:
        """A token; empty behind the end."""
        return self.words[index] if index < len(self.words) else ""

    def starts(self, index: int, phrase: str) -> bool:
        """Whether these words stand at a place."""
        wanted = phrase.split()
        return self.words[index : index + len(wanted)] == wanted

    def outside(self) -> Iterator[int]:
        """The places of the tokens that are in no parentheses."""
        depth = 0
        for index, word in enumerate(self.words):
            depth -= word in {")", "]"}
            if not depth:
                yield index
            depth += word in {"(", "["}

    def name(self, index: int) -> str:
        """The dotted name that begins at a place."""
        end = index + 1
        while self.word(end) == ".":
            end += 2
        return "".join(self.words[index:end])


def rerunnable(statement: Statement, sqlstate: str | None, made: str | None = None) -> str | None:
    """The statement in a form that does nothing the second time; None where only its writer can say.

    Args:
        statement: What failed, or did something again.
        sqlstate: What PostgreSQL said when it ran again; None when it succeeded.
        made: The name that PostgreSQL gave to what it made the first time, where the statement names nothing.
    """
    words = _Words(statement.text)
    first = words.word(0)
    if first == "create":
        return _create(words, statement, sqlstate, made)
    if first == "drop":
        return _drop(words)
    if first == "insert":
        return _insert(words, sqlstate)
    if words.starts(0, "alter type") and "value" in words.words and "rename" not in words.words:
        at = words.words.index("value")
        return None if words.word(at + 1) == "if" else _after(words, at, _NOT_THERE)
    if words.starts(0, "alter table"):
        return _alter_table(words, statement, sqlstate, made)
    return _guarded(statement, sqlstate) if first in {"alter", "grant"} else None


def _create(words: _Words, statement: Statement, sqlstate: str | None, made: str | None) -> str | None:
    at = 1
    while words.word(at) in _MODIFIERS:
        at += 1
    kind, modifiers = words.word(at), set(words.words[1:at])
    lacks = sqlstate is not None and sqlstate not in _ALREADY  # what it stands on is gone
    if lacks or kind == "or" or "if" in words.words[at : at + 3]:
        return None
    if kind == "policy" or (kind == "trigger" and modifiers):
        return _dropped_first(words, at)
    if kind in _WITH_OR_REPLACE and "materialized" not in modifiers:
        return _after(words, 0, "OR REPLACE")
    if kind in _WITH_IF_NOT_EXISTS or kind == "view":
        return _create_if_not_exists(words, at, made)
    return _guarded(statement, sqlstate)


def _create_if_not_exists(words: _Words, at: int, made: str | None) -> str | None:
    if words.word(at) == "schema" and "create" in words.words[1:]:
        return None
    at += words.word(at + 1) == "concurrently"
    if words.word(at + 1) not in {"on", "("} or words.word(at) == "mapping":
        return _after(words, at, _NOT_THERE)
    return _after(words, at, f"{_NOT_THERE} {made}") if made else None


def _dropped_first(words: _Words, at: int) -> str | None:
    on = next((index for index in words.outside() if words.word(index) == "on" and index > at + 1), None)
    if on is None:
        return None
    kind, name = words.word(at).upper(), words.word(at + 1)
    if "event" in words.words[:at]:
        return f"DROP EVENT TRIGGER {_THERE} {name};\n{words.written()}"
    return f"DROP {kind} {_THERE} {name} ON {words.name(on + 1)};\n{words.written()}"


def _drop(words: _Words) -> str | None:
    phrase = next((phrase for phrase in _DROPPED if words.starts(1, phrase)), None)
    if phrase is None:
        return None
    at = len(phrase.split())
    return None if words.word(at + 1) == "if" else _after(words, at, _THERE)


def _insert(words: _Words, sqlstate: str | None) -> str | None:
    if sqlstate != "23505" or "conflict" in words.words:
        return None
    returning = [index for index in words.outside() if words.word(index) == "returning"]
    return _after(words, (returning[0] if returning else len(words.words)) - 1, "ON CONFLICT DO NOTHING")


def _alter_table(words: _Words, statement: Statement, sqlstate: str | None, made: str | None) -> str | None:
    at = 2 + 2 * words.starts(2, "if exists")
    at += words.word(at) == "only"
    if "rename" in words.words:
        is_table = words.starts(at + len(_split(words.name(at))), "rename to") and at == 2  # noqa: PLR2004  # behind ALTER TABLE
        return _after(words, 1, _THERE) if is_table else _guarded(statement, sqlstate, _RENAMED)
    first = at + len(_split(words.name(at)))
    commands = [first, *(index + 1 for index in words.outside() if words.word(index) == "," and index > first)]
    if made and len(commands) == 1 and words.word(first) == "add":
        words.add(first, f"CONSTRAINT {made}")
        return _in_block(words.written(), ["duplicate_object", "duplicate_table"])
    if sqlstate == _NO_TABLE:
        # Where IF EXISTS is said already, it is another table that is gone.
        if words.starts(2, "if exists") or "references" in words.words:
            return None
        return _after(words, 1, _THERE)
    if all(_alter_column(words, index) for index in commands):
        return words.written()
    return _guarded(statement, sqlstate)


def _split(name: str) -> list[str]:
    """The tokens of a dotted name, the dots among them."""
    parts = name.split(".")
    return [*parts, *("." for _ in parts[1:])]


def _alter_column(words: _Words, at: int) -> bool:
    """Add IF [NOT] EXISTS to a command of ALTER TABLE; whether there is such a form."""
    verb, following = words.word(at), words.word(at + 1)
    condition = {"add": _NOT_THERE, "drop": _THERE}.get(verb)
    if condition is None:
        return False
    if following == "column" or (verb == "drop" and following == "constraint"):
        if words.word(at + 2) != "if":
            words.add(at + 1, condition)
        return True
    if following in _NO_COLUMN | _NO_COLUMN_EITHER:
        return False
    if following != "if":
        words.add(at, f"COLUMN {condition}")
    return True


def _after(words: _Words, index: int, added: str) -> str:
    words.add(index, added)
    return words.written()


def _guarded(statement: Statement, sqlstate: str | None, names: dict[str, str] = _ALREADY) -> str | None:
    """The statement in a block that takes the second run's error for what it is."""
    condition = names.get(sqlstate or "")
    return _in_block(f"{statement.text};", [condition]) if condition and statement.transactional else None


def _in_block(text: str, conditions: list[str]) -> str:
    quote = "$$" if "$$" not in text else "$again$"
    indented = text.replace("\n", "\n    ") if "$" not in text and "'" not in text else text
    handled = " OR ".join(conditions)
    return f"DO {quote}\nBEGIN\n    {indented}\nEXCEPTION WHEN {handled} THEN\n    NULL;\nEND\n{quote};"
