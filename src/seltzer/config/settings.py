"""Every setting, in one table; and `Config`, which holds one value for each."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from seltzer.config import values
from seltzer.config.sizes import SIZE
from seltzer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from pathlib import Path

    from seltzer.errors import Place

VARIABLE_PREFIX = "SELTZER_"


class Policy(StrEnum):
    """What `run_all_migrations` does when something is pending."""

    APPLY = "apply"
    WAIT = "wait"
    VERIFY = "verify"
    OFF = "off"


class Late(StrEnum):
    """What becomes of a numbered file below an applied one of its module."""

    APPLY = "apply"
    REFUSE = "refuse"


class NewModule(StrEnum):
    """What `new MODULE` writes."""

    RUNNER = "runner"
    SQL = "sql"


class Numbering(StrEnum):
    """How `new MODULE NAME` numbers a file."""

    SEQUENCE = "sequence"
    TIMESTAMP = "timestamp"


class Source(StrEnum):
    """Where the value of a setting is from."""

    FLAG = "flag"
    ARGUMENT = "argument"
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


class Setting(NamedTuple):
    """One line of the table.

    Attributes:
        name: As it stands in TOML, with hyphens.
        type: What is legal, unit included.
        default: As it would be written in TOML; None when there is none.
        sentence: What it is for.
        operations_win: Whether the environment comes before an argument given in code.
    """

    name: str
    type: values.ValueType
    default: str | None
    sentence: str
    operations_win: bool = False

    @property
    def flag(self) -> str:
        """`--lock-wait`."""
        return f"--{self.name}"

    @property
    def variable(self) -> str:
        """`SELTZER_LOCK_WAIT`."""
        return VARIABLE_PREFIX + self.keyword.upper()

    @property
    def keyword(self) -> str:
        """`lock_wait`."""
        return self.name.replace("-", "_")


SETTINGS = (
    Setting("migrations", values.FOLDER, "migrations", "The folder that holds a folder for each module."),
    Setting(
        "database", values.DATABASE, None, "The database to migrate; without it the application's own is looked for."
    ),
    Setting("direct-database", values.DATABASE, None, "The same database by a way around the pooler."),
    Setting("history", values.HISTORY, "seltzer.history", "The table that records what was applied."),
    Setting("history-readers", values.NAMES, "", "Roles that may read the history."),
    Setting(
        "policy",
        values.choice(Policy),
        "apply",
        "What a start does when something is pending: apply it, wait until another process has, raise, or nothing.",
        operations_win=True,
    ),
    Setting(
        "lock-wait",
        values.DURATION,
        "10min",
        "How long to wait while another run holds the migration lock; 0 asks once.",
        operations_win=True,
    ),
    Setting(
        "jobs",
        values.JOBS,
        "1",
        "On up to how many connections migrations that do not need each other are applied at the same time.",
        operations_win=True,
    ),
    Setting("late", values.choice(Late), "apply", "What becomes of a number below an applied one of its module."),
    Setting(
        "lock-timeout",
        values.DURATION,
        "2s",
        "How long a statement in a transaction waits for a lock before the migration is rolled back and tried again; "
        "0 is no limit.",
    ),
    Setting(
        "lock-retry-for",
        values.DURATION,
        None,
        "How long a migration that did not get its lock is tried again; without it 10min at the command line, 30s when "
        "an application starts.",
    ),
    Setting(
        "terminate-blockers",
        values.DURATION,
        None,
        "How long sessions that hold a lock a migration waits for are left alone before they are ended; without it "
        "they always are.",
    ),
    Setting("statement-timeout", values.DURATION, None, "How long a statement may run; 0 is no limit."),
    Setting("search-path", values.NAMES, None, "Schemas for names without one; without it the server's own setting."),
    Setting("role", values.NAME, None, "The role that migrations run as; without it the one that connects."),
    Setting("application", values.TEXT, None, "The name in the history; without it that of the project's folder."),
    Setting("application-version", values.TEXT, None, "The release that the history names beside each row."),
    Setting("new-module", values.choice(NewModule), "runner", "What `new` makes of a module: a runner, or SQL only."),
    Setting("numbering", values.choice(Numbering), "sequence", "The number of a new file: the next one, or the time."),
    Setting("shadow", values.SHADOW, "embedded", "The server for throw-away databases, on which migrations are tried."),
    Setting("stats", values.PATH, None, "The file with the sizes of tables in production, written by `seltzer stats`."),
    Setting(
        "workload",
        values.PATH,
        None,
        "The file with queries of the running release: SQL, or what `seltzer stats` wrote where it found some.",
    ),
    Setting("small-table", SIZE, "10MB", "Below this size, with its indexes, a table of that file makes nobody wait."),
    Setting("table-name-pattern", values.PATTERN, "[a-z_][a-z0-9_]*", "What the whole name of a table has to match."),
    Setting(
        "index-name-pattern",
        values.NAME_PATTERNS,
        "idx_{table}_{columns}",
        "What an index may be called; more words may follow at its end.",
    ),
    Setting("fail-on", values.choice(Severity), "error", "The least severity of a finding that makes a check fail."),
    Setting("documented-severity", values.choice(Severity), "info", "How much a missing comment matters to a check."),
    Setting("server-binaries", values.PATH, None, "The folder with initdb and postgres for a private server."),
    Setting("server-version", values.VERSION, "18", "The major version of a private server."),
)


class Origin(NamedTuple):
    """Where a value was found.

    Attributes:
        source: The kind of place.
        name: The place by name, to begin a sentence: `--lock-wait`, `SELTZER_LOCK_WAIT`, `lock-wait in [tool.seltzer]`.
        folder: What a relative path in the value starts from.
        place: File and line, for a settings file.
        text: The value as text, free of secrets; empty when there is none.
    """

    source: Source
    name: str
    folder: Path
    place: Place | None = None
    text: str = ""

    @property
    def where(self) -> str:
        """The place for a table: the flag, the variable, or file and line."""
        if self.place is None:
            return self.name
        return str(self.place.file) if self.place.line is None else f"{self.place.file}:{self.place.line}"


@dataclass(frozen=True, slots=True)
class Config:
    """One value for each setting, found and checked.

    Attributes:
        migrations: The migrations folder, absolute; it need not exist.
        database: What was given, in a form that `database.find_database` reads; None looks at the application.
        direct_database: The same, around a pooler; None without one.
        lock_wait: Zero asks once.
        lock_timeout: Zero is no limit.
        lock_retry_for: Zero tries once; None when it is not set.
        terminate_blockers: Zero ends them at the first look; None when it is not set.
        statement_timeout: Zero is no limit; None when it is not set.
        search_path: Empty for none at all; None when it is not set.
        shadow: What was given, in a form that `database.find_shadow` reads.
        stats: None when it is not set.
        workload: None when it is not set.
        small_table: In bytes.
        root: The project: the folder above `migrations`.
        file: The settings file that was read; None without one.
        origins: Where each value is from, by the setting's name.
        warnings: What a person should know; none of it stops anything.
    """

    migrations: Path
    database: object = field(repr=False)
    direct_database: object = field(repr=False)
    history: values.HistoryName
    history_readers: tuple[str, ...]
    policy: Policy
    lock_wait: timedelta
    jobs: int
    late: Late
    lock_timeout: timedelta
    lock_retry_for: timedelta | None
    terminate_blockers: timedelta | None
    statement_timeout: timedelta | None
    search_path: tuple[str, ...] | None
    role: str | None
    application: str
    application_version: str | None
    new_module: NewModule
    numbering: Numbering
    shadow: object = field(repr=False)
    stats: Path | None
    workload: Path | None
    small_table: int
    table_name_pattern: str
    index_name_pattern: tuple[str, ...]
    fail_on: Severity
    documented_severity: Severity
    server_binaries: Path | None
    server_version: int
    root: Path
    file: Path | None
    origins: Mapping[str, Origin] = field(repr=False)
    warnings: tuple[str, ...]

    @property
    def embedded_database(self) -> str:
        """The name of the project's database on its private server."""
        return self.application.lower().replace("-", "_")
