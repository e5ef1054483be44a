"""What three rooms or more share: names, files, statements, migrations, states, plans. All of it is frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from pathlib import Path


class Kind(StrEnum):
    """How a migration runs: again when its content changes, once, or by a function of its own."""

    REPEATABLE = "repeatable"
    VERSIONED = "versioned"
    RUNNER = "runner"


class Language(StrEnum):
    """What a migration is written in."""

    SQL = "sql"
    PYTHON = "python"


class FileState(StrEnum):
    """What the history says of one migration (see `planning.states`)."""

    APPLIED = "applied"
    PENDING = "pending"
    CHANGED = "changed"
    EDITED = "edited"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    REVERTED = "reverted"
    STAMPED = "stamped"
    MISSING = "missing"


class DatabaseState(StrEnum):
    """What the history says of a database, worst first."""

    DIVERGED = "diverged"
    BEHIND = "behind"
    AHEAD = "ahead"
    CURRENT = "current"


CREATE_TABLES = "create_tables"
RUN_MIGRATION = "run_migration"


def twin_of(migration: str) -> str | None:
    """The other name of a module's first day, which is one slot in the history; None for every other id."""
    module, _, name = migration.partition("/")
    if name == CREATE_TABLES:
        return f"{module}/{RUN_MIGRATION}"
    return f"{module}/{CREATE_TABLES}" if name == RUN_MIGRATION else None


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


class MigrationFile(NamedTuple):
    """A migration as it lies on disk, before anyone has parsed it.

    A plain tuple: a start with nothing to do makes one for every file and needs no more than this.

    Attributes:
        id: `module/name`.
        module: The folder's name.
        name: The file's name without suffix; `run_migration` for a runner.
        kind: How it runs.
        language: What it is written in.
        path: The file; for a runner its `__init__.py`.
        number: The leading number of a versioned file; None for the others.
        checksum: `sha256-1:…` over the normalised text.
        members: The files that the checksum covers, `path` among them.
        down: The file that `revert` runs; None without one.
    """

    id: str
    module: str
    name: str
    kind: Kind
    language: Language
    path: Path
    number: int | None
    checksum: str
    members: tuple[Path, ...]
    down: Path | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL command of a file.

    Attributes:
        text: Its text from the first token to the last, without the semicolon.
        offset: Characters in the file before its first token.
        line: The line its first token is on, counted from 1.
        fingerprint: Digest of its token texts, keywords in lower case: equal when only white space,
            comments or the case of keywords differ.
        kind: The parser's name of the command (`CreateStmt`); `opaque` when its tree could not be read.
        transactional: False when PostgreSQL refuses it inside a transaction block.
        touches_session: Whether it could change the session it runs in beyond its transaction.
        control: The transaction command it is (`begin`, `commit`, `chain`, `rollback`, `savepoint`, `set`), or empty.
        provides: Names that exist after it.
        needs: Names that must exist before it.
        removes: Names that are gone after it.
    """

    text: str
    offset: int
    line: int
    fingerprint: str
    kind: str
    transactional: bool = True
    touches_session: bool = False
    control: str = ""
    provides: frozenset[Name] = frozenset()
    needs: frozenset[Name] = frozenset()
    removes: frozenset[Name] = frozenset()


@dataclass(frozen=True, slots=True)
class Ignore:
    """A silenced rule: which, why, and on which line the silence stands."""

    rule: str
    reason: str
    line: int


@dataclass(frozen=True, slots=True)
class Directives:
    """What the comments at the head of a file ask for.

    Attributes:
        depends_on: Ids (`module/name`, `module/0002`) or modules that run first.
        independent_of: Ids or modules whose inferred edge is cut.
        was: Former ids of this file.
        accepts: Checksums in the history that count as this file's.
        transaction: False runs the file statement by statement.
        parse: False sends the file as one query, nothing inferred.
        lock_timeout: For this migration; None leaves the run's.
        statement_timeout: For this migration; None leaves the run's.
        ignores: Silenced rules.
        lines: The line each directive stands on, by name.
    """

    depends_on: tuple[str, ...] = ()
    independent_of: tuple[str, ...] = ()
    was: tuple[str, ...] = ()
    accepts: tuple[str, ...] = ()
    transaction: bool = True
    parse: bool = True
    lock_timeout: timedelta | None = None
    statement_timeout: timedelta | None = None
    ignores: tuple[Ignore, ...] = ()
    lines: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Migration:
    r"""A file that was read: its text, what it asks for, and what it does.

    Attributes:
        file: Where it lies.
        text: What is sent to the server, line endings as `\n`; empty for Python and runners.
        token_checksum: Digest that ignores comments and white space; None for a runner.
        directives: What its head asks for.
        statements: Its SQL commands in order; None when nothing is known of them (Python, runners, `parse = off`).
        sources: The texts whose names count for it, with the file each is from (a runner has several).
    """

    file: MigrationFile
    text: str
    token_checksum: str | None
    directives: Directives
    statements: tuple[Statement, ...] | None
    sources: tuple[tuple[Path, tuple[Statement, ...]], ...] = ()

    @property
    def id(self) -> str:
        """`module/name`."""
        return self.file.id


class HistoryRow(NamedTuple):
    """The newest word of the history about one id, with the older ones as far as a comparison needs them.

    Attributes:
        id: `module/name`.
        state: `applied`, `reverted` or `stamped`; empty when only failures are known.
        generation: How many times it was applied, reverted or stamped.
        checksum: Of the newest row that is not a failure.
        token_checksum: Of that row; empty where there is none.
        older: Checksums of all earlier rows of the id that are no failures.
        finished_at: When that row was written.
        failed: Whether a failure was noted after it.
        kind: What kind it had.
        position: Of the newest row; says in which order ids were applied.
    """

    id: str
    state: str
    generation: int
    checksum: str
    token_checksum: str
    older: frozenset[str]
    finished_at: datetime | None
    failed: bool
    kind: str
    position: int


class Reason(StrEnum):
    """Why a step is in a plan."""

    NEW = "new"
    CHANGED = "changed"
    FAILED = "failed"
    NEEDED = "needed"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Edge:
    """One migration runs before another.

    Attributes:
        before: Id of the one that runs first.
        after: Id of the one that waits.
        because: `table public.users`, `declared`, `order in the module`, `removes table public.x`.
        soft: Dropped where it would close a ring.
        place: File and line of the word that makes the edge; None for an order by name.
    """

    before: str
    after: str
    because: str
    soft: bool = False
    place: tuple[Path, int] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One migration that a run will apply.

    Attributes:
        migration: What runs.
        reason: Why.
        generation: The generation its history row will have.
        depends_on: The edges that put other steps of this plan before it.
    """

    migration: Migration
    reason: Reason
    generation: int
    depends_on: tuple[Edge, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do, in order."""

    steps: tuple[Step, ...]
