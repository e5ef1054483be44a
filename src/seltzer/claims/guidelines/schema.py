"""What all files make together, as far as text says: tables with their keys, indexes, types, functions, comments."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import postgast
from postgast.pg_query_pb2 import NO_KEYWORD, UNRESERVED_KEYWORD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from seltzer.claims.guidelines.files import ReadStatement

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")
# Schema and name, as PostgreSQL stores them.
Where: TypeAlias = tuple[str, str]


class Spot(NamedTuple):
    """Where something was written; the location counts as the statement's tree does."""

    statement: ReadStatement
    location: int | None = None

    @property
    def byte(self) -> int:
        """The same as a byte of the file."""
        return self.statement.byte_of(self.location)


@dataclass(slots=True)
class Column:
    """A column; `type` is its family: `integer` for all of them, `text` likewise."""

    name: str
    type: str
    spot: Spot
    commented: bool = False


@dataclass(slots=True)
class ForeignKey:
    """A foreign key; `target_columns` is empty where the other table's primary key is meant."""

    name: str
    columns: tuple[str, ...]
    target: Where
    target_columns: tuple[str, ...]
    spot: Spot


@dataclass(slots=True)
class Index:
    """An index.

    Attributes:
        name: Its own; empty where PostgreSQL chooses one.
        table: What it is on.
        columns: The plain columns that it begins with.
        parts: The columns of the whole of it, those inside of expressions too.
        plain: Whether it has no expression.
        finds: Whether a search for equal values of its first columns can use it.
        unique: Whether it lets no two rows have the same values.
        spot: Where it got its name.
        called_for: The table's name, `columns` and `parts` as they were when it got its name.
    """

    name: str
    table: Where
    columns: tuple[str, ...]
    parts: tuple[str, ...]
    plain: bool
    finds: bool
    unique: bool
    spot: Spot
    called_for: tuple[str, tuple[str, ...], tuple[str, ...]] = ("", (), ())


class Search(NamedTuple):
    """What a search can begin with: these columns in their order; `one` says that all of them find one row at most."""

    columns: tuple[str, ...]
    one: bool


@dataclass(slots=True)
class Relation:
    """A table, view, materialized view or foreign table.

    Attributes:
        where: Schema and name.
        kind: The word for it.
        spot: Where it got its name.
        born: The statement that made it.
        columns: By name; of a view none are known.
        keys: The columns of its unique and exclusion constraints, by the constraint's name.
        primary: The primary key's columns.
        foreign_keys: Of its own.
        released: Columns whose foreign key was dropped on purpose.
        parent: The table that it is a partition of.
        partitioned: Whether it has partitions itself.
        guessed: Whether it may have keys that no text lists.
        elsewhere: Whether no file makes it: a file adds columns to it, and nothing else is known.
        commented: Whether it has a comment.
    """

    where: Where
    kind: str
    spot: Spot
    born: ReadStatement
    columns: dict[str, Column] = field(default_factory=dict[str, Column])
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    primary: tuple[str, ...] = ()
    foreign_keys: list[ForeignKey] = field(default_factory=list[ForeignKey])
    released: set[str] = field(default_factory=set[str])
    parent: Where | None = None
    partitioned: bool = False
    guessed: bool = False
    elsewhere: bool = False
    commented: bool = False

    @property
    def name(self) -> str:
        """As it is written in a message: with its schema unless that is `public`."""
        return shown(self.where)


@dataclass(slots=True)
class Thing:
    """A type or a routine; `arguments` are the types of a routine's arguments."""

    where: Where
    kind: str
    spot: Spot
    arguments: tuple[str, ...] | None = None
    commented: bool = False


@dataclass(slots=True)
class Schema:
    """All of it.

    Attributes:
        relations: By schema and name.
        indexes: By schema and name; those without a name under one of our own.
        things: Types and routines.
        unread: Texts that nothing is read from, and that may do anything: Python, `DO` blocks, `parse = off`.
    """

    relations: dict[Where, Relation] = field(default_factory=dict[Where, Relation])
    indexes: dict[Where, Index] = field(default_factory=dict[Where, Index])
    things: list[Thing] = field(default_factory=list[Thing])
    unread: list[str] = field(default_factory=list[str])

    def tables(self) -> Iterator[Relation]:
        """Ordinary and partitioned tables."""
        return (item for item in self.relations.values() if item.kind == "table")

    def may_be_unread(self, words: str, *names: str) -> bool:
        """Whether a text that nothing is read from has words of SQL, a pattern, and these names in it."""
        texts = [text for text in self.unread if re.search(words, text)]
        return any(all(re.search(rf"(?<!\w){re.escape(name.lower())}(?!\w)", text) for name in names) for text in texts)

    def searches(self, table: Relation, indexes: Mapping[Where, Sequence[Index]]) -> Iterator[Search]:
        """What searches in a table can begin with: its keys and indexes, and its parents'."""
        owner: Relation | None = table
        seen: set[Where] = set()
        while owner is not None and owner.where not in seen:
            seen.add(owner.where)
            yield from (Search(columns, one=True) for columns in owner.keys.values())
            for item in indexes.get(owner.where, ()):
                if item.finds:
                    yield Search(item.columns, item.unique and item.plain)
            owner = self.relations.get(owner.parent) if owner.parent is not None else None

    def indexes_by_table(self) -> Mapping[Where, Sequence[Index]]:
        """The indexes of each table that has any."""
        found: dict[Where, list[Index]] = defaultdict(list)
        for item in self.indexes.values():
            found[item.table].append(item)
        return found


def shown(where: Where) -> str:
    """A name for a message: with its schema unless that is `public`."""
    return where[1] if where[0] in {"", "public"} else f"{where[0]}.{where[1]}"


def written(where: Where) -> str:
    """A name for SQL."""
    return ".".join(quoted(word) for word in where if word and word != "public")


def quoted(name: str) -> str:
    """An identifier as it has to be written."""
    if _PLAIN.fullmatch(name) and not _is_reserved(name):
        return name
    return '"' + name.replace('"', '""') + '"'


@cache
def _is_reserved(name: str) -> bool:
    return postgast.scan(name).tokens[0].keyword_kind not in {NO_KEYWORD, UNRESERVED_KEYWORD}
