"""Files and database disagree: nothing runs until a person has decided, exit code 4."""

from __future__ import annotations

from seltzer.errors.base import SeltzerError


class StopError(SeltzerError):
    """What the files say and what the database remembers cannot both be right."""

    exit_code = 4


class DivergedError(StopError):
    """An applied versioned file was edited."""


class NoMigrationsError(StopError):
    """The files hold no migration at all while the history knows some."""


class LateMigrationError(StopError):
    """With `late = refuse`, a pending number is below an applied one of its module."""


class ForgottenRenameError(StopError):
    """A pending file has the checksum of one missing id."""


class BuiltWithoutHistoryError(StopError):
    """The history is empty while an object that a versioned migration provides exists."""


class ForeignHistoryError(StopError):
    """The history is another service's."""


class NotConvergedError(StopError):
    """A changed `create_tables.sql` was skipped by `IF NOT EXISTS` where it says something new."""
