"""PostgreSQL or a migration refused: exit code 1."""

from __future__ import annotations

from seltzer.errors.base import SeltzerError


class DatabaseError(SeltzerError):
    """PostgreSQL said no."""


class ConnectionFailedError(DatabaseError):
    """No connection: refused, wrong password, no such database."""


class ConnectionLostError(DatabaseError):
    """The connection broke while something was running."""


class PrivilegeError(DatabaseError):
    """The role may not do what is needed."""


class ReadOnlyServerError(DatabaseError):
    """A standby, or a session that may only read, while something is pending."""


class ConnectionNotIdleError(DatabaseError):
    """A connection given by the caller is in a transaction, or closed."""


class HistoryError(DatabaseError):
    """The history table is not one that this release can work with."""


class DatabaseInUseError(DatabaseError):
    """A database is to be dropped that other sessions use."""


class ServerStartError(DatabaseError):
    """The private server did not start; the detail has the end of its log."""


class ShadowError(DatabaseError):
    """The server for throw-away databases refuses to make one, or went away."""


class MigrationError(SeltzerError):
    """A migration failed."""


class StatementError(MigrationError):
    """PostgreSQL refused a statement of a migration."""


class LeftBehindError(MigrationError):
    """A cut-off statement left something, an INVALID index say, that a person has to look at."""


class PythonError(MigrationError):
    """`apply(conn)` of a Python migration raised."""


class TransactionEndedError(MigrationError):
    """A migration ended the transaction that it was given."""


class RunnerError(MigrationError):
    """A runner raised, exited or could not be imported."""


class ConnectedElsewhereError(MigrationError):
    """A runner opened a connection to another server or database than the run's."""


class AppliedMeanwhileError(MigrationError):
    """Another run applied the same migration although this one holds the lock."""


class LeaseLostError(MigrationError):
    """Behind a pooler, another run took over from this one, which had not been heard of for too long."""


class NestedRunError(MigrationError):
    """A runner or Python migration started a run inside the run."""
