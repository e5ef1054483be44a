"""What three rooms or more share: names, files, statements, migrations, states, plans. All of it is frozen."""

from seltzer.model.files import (
    CREATE_TABLES,
    FIRST_DAY,
    RUN_MIGRATION,
    Directives,
    Ignore,
    Kind,
    Language,
    Migration,
    MigrationFile,
    Statement,
    twin_of,
)
from seltzer.model.names import Name, NameKind, Names, Options, Spot
from seltzer.model.plan import Direction, Edge, Plan, Reason, Step, down_id
from seltzer.model.severity import Severity
from seltzer.model.states import DatabaseState, FileState, HistoryRow

__all__ = [
    "CREATE_TABLES",
    "FIRST_DAY",
    "RUN_MIGRATION",
    "DatabaseState",
    "Direction",
    "Directives",
    "Edge",
    "FileState",
    "HistoryRow",
    "Ignore",
    "Kind",
    "Language",
    "Migration",
    "MigrationFile",
    "Name",
    "NameKind",
    "Names",
    "Options",
    "Plan",
    "Reason",
    "Severity",
    "Spot",
    "Statement",
    "Step",
    "down_id",
    "twin_of",
]
