"""Names of things in a database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping


class NameKind(StrEnum):
    """What a name stands for, in PostgreSQL's words.

    Kinds that share one name space (tables, views, sequences, indexes) are told apart here only for people;
    `seltzer.sql.names.needed_key` is what names are compared by.
    """

    SCHEMA = "schema"
    TABLE = "table"
    COLUMN = "column"
    TYPE = "type"
    FUNCTION = "function"
    EXTENSION = "extension"
    SEQUENCE = "sequence"
    VIEW = "view"
    MATERIALIZED_VIEW = "materialized view"
    FOREIGN_TABLE = "foreign table"
    INDEX = "index"
    CONSTRAINT = "constraint"
    KEY = "unique key"
    TRIGGER = "trigger"
    RULE = "rule"
    POLICY = "policy"
    PARTITION = "partition"
    STATISTICS = "statistics"
    ROLE = "role"
    COLLATION = "collation"
    CONVERSION = "conversion"
    CAST = "cast"
    TRANSFORM = "transform"
    OPERATOR = "operator"
    OPERATOR_CLASS = "operator class"
    OPERATOR_FAMILY = "operator family"
    ACCESS_METHOD = "access method"
    LANGUAGE = "language"
    TEXT_SEARCH_CONFIGURATION = "text search configuration"
    TEXT_SEARCH_DICTIONARY = "text search dictionary"
    TEXT_SEARCH_PARSER = "text search parser"
    TEXT_SEARCH_TEMPLATE = "text search template"
    PUBLICATION = "publication"
    SUBSCRIPTION = "subscription"
    EVENT_TRIGGER = "event trigger"
    FOREIGN_DATA_WRAPPER = "foreign-data wrapper"
    SERVER = "server"
    OTHER = "object"


class Name(NamedTuple):
    """The name of one thing in a database, resolved with the run's search path.

    Attributes:
        kind: What it is.
        schema: The schema it is in; empty for what is in none (schemas, extensions, roles).
        name: Its own name, as PostgreSQL stores it (folded to lower case unless quoted).
        part: What of it, empty for the thing itself: the column, constraint, trigger, rule or policy of a table,
            the value of an enum, the argument types of a function as `(int4,text)`, the columns of a unique key
            in alphabetical order (`a,b`; empty for the primary key).
    """

    kind: NameKind
    schema: str
    name: str
    part: str = ""

    def __str__(self) -> str:
        """`table public.users`, `column public.users.email`, `function public.slug(text)`."""
        part = self.part if not self.part or self.part.startswith("(") else f".{self.part}"
        return f"{self.kind} {self.schema}{'.' if self.schema else ''}{self.name}{part}"


# The names that one word of SQL can stand for, the likeliest first.
Options: TypeAlias = tuple[Name, ...]


class Spot(NamedTuple):
    """Where a name stands: in which statement, counted from 0, and after how many characters of its text."""

    statement: int
    offset: int


@dataclass(frozen=True, slots=True)
class Names:
    """What a statement, or a file as a whole, does to names.

    Attributes:
        provides: What exists after it. A function stands there twice, by name and with its argument types.
        needs: What must exist before it.
        choices: Needs that one of several names meets, the first that anyone provides. Choices of columns are
            guesses (a column without its table's name in a join) and deserve no more than a soft edge.
        wants: What it may need and may not: a soft edge.
        removes: What is gone after it. Whoever else needs one of these runs before it.
        recreates: What it takes away and provides again; these are in `provides`, not in `removes`.
        tolerates: What it provides with IF NOT EXISTS or OR REPLACE: another migration may have provided it before.
        alters: Tables that it changes.
        listed: Columns that its CREATE TABLE lists for a table, labels that its CREATE TYPE lists for an enum.
        parents: Tables that a table takes columns from, as a partition or by inheritance.
        widths: How many values a row has that an INSERT without a list of columns writes, by the table's name.
        grounds: What a name in `provides` stands on, of the file's own names.
        frees: Columns that get another type or default, and columns that lose it.
        cascades: Names of `removes` that are dropped with CASCADE.
        places: Where each need, want and first name of a choice stands; 0 where the tree does not say.
    """

    provides: frozenset[Name]
    needs: frozenset[Name]
    choices: frozenset[Options]
    wants: frozenset[Name]
    removes: frozenset[Name]
    recreates: frozenset[Name]
    tolerates: frozenset[Name]
    alters: frozenset[Name]
    listed: Mapping[Name, frozenset[str]]
    parents: Mapping[Name, frozenset[Name]]
    widths: Mapping[Name, int]
    grounds: Mapping[Name, frozenset[Name]]
    frees: frozenset[Name]
    cascades: frozenset[Name]
    places: Mapping[Name, Spot]
