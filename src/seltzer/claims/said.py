"""What a migration's text says of tables: whose rows it changes, which columns it drops or gives another type.

What it says is its author's wish. Whether rows are lost that it does not speak of, a trial sees.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seltzer.db.connect import fetch
from seltzer.db.text import raw

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import psycopg

    from seltzer.model import Migration

_BODIES = raw(
    "SELECT p.proname, p.prosrc FROM pg_catalog.pg_proc AS p "
    "JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace "
    "WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND p.prosrc <> '' "
    "AND p.prorettype <> 'pg_catalog.trigger'::pg_catalog.regtype"
)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_LISTS = r"\b(?:truncate|drop\s+table)\b(?:(?!;|\bcascade\b).)*?\b{name}"
_UPSERT = r"\b(?:insert\s+into|copy)\s+{name}(?:(?!;).)*\bdo\s+update\b"
_ROWS = r"\b(?:update|delete\s+from|merge\s+into)\s+(?:only\s+)?{name}"
_OTHER_ROWS = r"\b(?:delete\s+from|merge\s+into)\s+(?:only\s+)?{name}"
_SETS = r"\bupdate\s+(?:only\s+)?{name}(?:(?!;).)*?\bset\b((?:(?!;|\bwhere\b|\bfrom\b|\breturning\b).)*)"
_TRIGGER = re.compile(r"(?i)\bcreate\s+(?:or\s+replace\s+)?(?:constraint\s+)?trigger\b")
_QUOTED = re.compile(r"'(?:[^']|'')*'")
# `a = `, and each of `(a, b) = `.
_NAME = r'(?:"(?:[^"]|"")+"|\w+)'
_TARGET = re.compile(rf"({_NAME})\s*=|\(((?:\s*{_NAME}\s*,?)+)\)\s*=")
_FLAGS = re.IGNORECASE | re.DOTALL
_ANY_VERB = re.compile(r"(?i)\b(?:update|delete|truncate|merge|drop)\b")


@dataclass(frozen=True, slots=True)
class Said:
    """The text of a migration, with the functions that it calls.

    Attributes:
        text: It, without comments.
        loosely: Whether it is code, in which a statement may be put together: then a verb and a name are enough.
    """

    text: str
    loosely: bool

    def changes_rows(self, names: Iterable[str]) -> bool:
        """Whether it speaks of changing or removing rows of a table, known by any of these names."""
        for name in names:
            word = _word(name)
            if any(re.search(p.format(name=word), self.text, _FLAGS) for p in (_ROWS, _LISTS, _UPSERT)):
                return True
            if self.loosely and _ANY_VERB.search(self.text) and re.search(rf"\b{re.escape(name)}\b", self.text):
                return True
        return False

    def sets_only(self, names: Iterable[str]) -> frozenset[str] | None:
        """The columns that its UPDATEs of a table set, where a trigger that it makes itself may change others.

        None where it makes no trigger, or says more of the table than UPDATE: then all of its rows are spoken of.
        """
        known = list(names)
        others = (_LISTS, _UPSERT, _OTHER_ROWS)
        words = [_word(name) for name in known]
        if self.loosely or not _TRIGGER.search(self.text):
            return None
        if any(re.search(p.format(name=word), self.text, _FLAGS) for word in words for p in others):
            return None
        bare = _QUOTED.sub("''", self.text)
        found = [part for word in words for part in re.findall(_SETS.format(name=word), bare, _FLAGS)]
        return frozenset(name.strip('"').lower() for part in found for name in _assigned(part))

    def drops_column(self, names: Iterable[str], column: str) -> bool:
        """Whether it drops a column of a table itself."""
        pattern = r"drop\s+(?:column\s+)?(?:if\s+exists\s+)?" + _bare(column)
        return any(self._alters(name, pattern) for name in names)

    def retypes(self, names: Iterable[str], column: str) -> bool:
        """Whether it gives a column of a table another type itself."""
        pattern = r"alter\s+(?:column\s+)?" + _bare(column) + r"\s+(?:set\s+data\s+)?type\b"
        return any(self._alters(name, pattern) for name in names)

    def maps(self, names: Iterable[str], column: str) -> bool:
        """Whether it says itself what each value of a column becomes: a USING with CASE or a comparison."""
        command = r"(?:(?!;|,\s*(?:alter|add|drop)\b).)*?"
        pattern = r"alter\s+(?:column\s+)?" + _bare(column) + r"\s+(?:set\s+data\s+)?type\b"
        pattern += rf"{command}\busing\b{command}(?:\bcase\b|[=<>~]|\b(?:in|like|ilike|is)\b)"
        return any(self._alters(name, pattern) for name in names)

    def _alters(self, name: str, pattern: str) -> bool:
        table = r"\balter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?" + _word(name)
        return re.search(rf"{table}(?:(?!;).)*\b{pattern}", self.text, _FLAGS) is not None


def _assigned(part: str) -> Iterator[str]:
    """The columns on the left of a SET, and those that are only compared on the right: rather one too many."""
    for one, several in _TARGET.findall(part):
        yield from [one] if one else re.findall(_NAME, several)


def _word(name: str) -> str:
    """A name as SQL may write it, with or without schema and quotes."""
    return r'(?:(?:"(?:[^"]|"")+"|\w+)\s*\.\s*)?' + _bare(name)


def _bare(name: str) -> str:
    return rf'"?{re.escape(name)}(?:"|\b)'


def read_said(conn: psycopg.Connection[Any], migration: Migration) -> Said:
    """The text of a migration, with the bodies of those functions that it names.

    Args:
        conn: The database after it.
        migration: It.
    """
    text = migration.text
    known = migration.statements
    if not text:
        text = "\n".join(path.read_text("utf-8") for path in migration.file.members)
    text = _COMMENT.sub(" ", text)
    bodies = [body for name, body in fetch(conn, _BODIES) if re.search(rf"\b{re.escape(name)}\b", text)]
    loosely = known is None or any(item.kind in {"do_stmt", "opaque"} for item in known)
    return Said("\n;\n".join([text, *bodies]), loosely or bool(bodies))
