"""Files, and what was read from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import timedelta
    from pathlib import Path

    from seltzer.model.names import Names


class Kind(StrEnum):
    """How a migration runs: again when its content changes, once, or by a function of its own."""

    REPEATABLE = "repeatable"
    VERSIONED = "versioned"
    RUNNER = "runner"


class Language(StrEnum):
    """What a migration is written in."""

    SQL = "sql"
    PYTHON = "python"


CREATE_TABLES = "create_tables"
RUN_MIGRATION = "run_migration"
FIRST_DAY = frozenset({CREATE_TABLES, RUN_MIGRATION})


def twin_of(migration: str) -> str | None:
    """The other name of a module's first day, which is one slot in the history; None for every other id."""
    module, _, name = migration.partition("/")
    if name == CREATE_TABLES:
        return f"{module}/{RUN_MIGRATION}"
    return f"{module}/{CREATE_TABLES}" if name == RUN_MIGRATION else None


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


class Statement(NamedTuple):
    """One SQL command of a file.

    A plain tuple, because there are many; what is in its text is nobody's business in a log.

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
    """

    text: str
    offset: int
    line: int
    fingerprint: str
    kind: str
    transactional: bool = True
    touches_session: bool = False
    control: str = ""

    def __repr__(self) -> str:
        """Kind and place; never the text, which can hold a password."""
        return f"Statement(kind={self.kind!r}, line={self.line}, fingerprint={self.fingerprint!r})"


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
        sources: The SQL that counts for it, with the file each is from (a runner has several).
        names: What that SQL provides, needs and removes, of a changed first day only what is new; None when nothing
            is known of it.
        provided: Of a module's first day, all names it provides, as text; None for every other migration.
    """

    file: MigrationFile
    text: str = field(repr=False)
    token_checksum: str | None
    directives: Directives
    statements: tuple[Statement, ...] | None
    sources: tuple[tuple[Path, tuple[Statement, ...]], ...] = ()
    names: Names | None = None
    provided: frozenset[str] | None = None

    @property
    def id(self) -> str:
        """`module/name`."""
        return self.file.id

    @property
    def path(self) -> Path:
        """The file whose text runs: the migration's own, or its way back."""
        return self.sources[0][0] if self.sources and self.file.kind is not Kind.RUNNER else self.file.path
