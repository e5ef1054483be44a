"""Every error that Seltzer raises.

One file a family, one exit code a family:

    SeltzerError
    ├── SettingsError (2)      UnknownSettingError, InvalidSettingError, InvalidDatabaseError, NotConfiguredError,
    │                          NoServerBinariesError, NotEmbeddedError, UsageError
    ├── FilesError (2)         MigrationsFolderError, UnreadableFileError, NotUtf8Error, IllegalNameError,
    │                          StrayFileError, DuplicateNumberError, DirectiveError, ParseError, PsqlCommandError,
    │                          CopyFromStdinError, PythonMigrationError, UnknownMigrationError, RingError,
    │                          UnsupportedStatementError, NoWayBackError, StillNeededError, NotAppliedError,
    │                          AlreadyAppliedError, MissingObjectsError, NotMissingError,
    │                          FileExistsAlreadyError
    ├── StopError (4)          DivergedError, NoMigrationsError, ForgottenRenameError, BuiltWithoutHistoryError,
    │                          ForeignHistoryError, LateMigrationError, NotConvergedError
    ├── DatabaseError (1)      ConnectionFailedError, ConnectionLostError, PrivilegeError, ReadOnlyServerError,
    │                          ConnectionNotIdleError, HistoryError, DatabaseInUseError, ServerStartError
    ├── MigrationError (1)     StatementError, PythonError, TransactionEndedError, RunnerError,
    │                          ConnectedElsewhereError, AppliedMeanwhileError, NestedRunError
    ├── BehindError (3)
    ├── LockHeldError (5), StillBehindError (5)
    └── InterruptedRunError (130)
        └── TerminatedRunError (143)

An error carries facts as attributes; `report` makes the text that people see.
"""

from seltzer.errors.base import Place, SeltzerError
from seltzer.errors.database import (
    AppliedMeanwhileError,
    ConnectedElsewhereError,
    ConnectionFailedError,
    ConnectionLostError,
    ConnectionNotIdleError,
    DatabaseError,
    DatabaseInUseError,
    HistoryError,
    MigrationError,
    NestedRunError,
    PrivilegeError,
    PythonError,
    ReadOnlyServerError,
    RunnerError,
    ServerStartError,
    StatementError,
    TransactionEndedError,
)
from seltzer.errors.files import (
    AlreadyAppliedError,
    CopyFromStdinError,
    DirectiveError,
    DuplicateNumberError,
    FileExistsAlreadyError,
    FilesError,
    IllegalNameError,
    MigrationsFolderError,
    MissingObjectsError,
    NotAppliedError,
    NotMissingError,
    NotUtf8Error,
    NoWayBackError,
    ParseError,
    PsqlCommandError,
    PythonMigrationError,
    RingError,
    StillNeededError,
    StrayFileError,
    UnknownMigrationError,
    UnreadableFileError,
    UnsupportedStatementError,
)
from seltzer.errors.settings import (
    InvalidDatabaseError,
    InvalidSettingError,
    NoServerBinariesError,
    NotConfiguredError,
    NotEmbeddedError,
    SettingsError,
    UnknownSettingError,
    UsageError,
)
from seltzer.errors.stops import (
    BuiltWithoutHistoryError,
    DivergedError,
    ForeignHistoryError,
    ForgottenRenameError,
    LateMigrationError,
    NoMigrationsError,
    NotConvergedError,
    StopError,
)
from seltzer.errors.waits import (
    BehindError,
    InterruptedRunError,
    LockHeldError,
    StillBehindError,
    TerminatedRunError,
)

__all__ = [
    "AlreadyAppliedError",
    "AppliedMeanwhileError",
    "BehindError",
    "BuiltWithoutHistoryError",
    "ConnectedElsewhereError",
    "ConnectionFailedError",
    "ConnectionLostError",
    "ConnectionNotIdleError",
    "CopyFromStdinError",
    "DatabaseError",
    "DatabaseInUseError",
    "DirectiveError",
    "DivergedError",
    "DuplicateNumberError",
    "FileExistsAlreadyError",
    "FilesError",
    "ForeignHistoryError",
    "ForgottenRenameError",
    "HistoryError",
    "IllegalNameError",
    "InterruptedRunError",
    "InvalidDatabaseError",
    "InvalidSettingError",
    "LateMigrationError",
    "LockHeldError",
    "MigrationError",
    "MigrationsFolderError",
    "MissingObjectsError",
    "NestedRunError",
    "NoMigrationsError",
    "NoServerBinariesError",
    "NoWayBackError",
    "NotAppliedError",
    "NotConfiguredError",
    "NotConvergedError",
    "NotEmbeddedError",
    "NotMissingError",
    "NotUtf8Error",
    "ParseError",
    "Place",
    "PrivilegeError",
    "PsqlCommandError",
    "PythonError",
    "PythonMigrationError",
    "ReadOnlyServerError",
    "RingError",
    "RunnerError",
    "SeltzerError",
    "ServerStartError",
    "SettingsError",
    "StatementError",
    "StillBehindError",
    "StillNeededError",
    "StopError",
    "StrayFileError",
    "TerminatedRunError",
    "TransactionEndedError",
    "UnknownMigrationError",
    "UnknownSettingError",
    "UnreadableFileError",
    "UnsupportedStatementError",
    "UsageError",
]
