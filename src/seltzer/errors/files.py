"""The migration files are wrong: found before anything ran, exit code 2."""

from __future__ import annotations

from seltzer.errors.base import SeltzerError


class FilesError(SeltzerError):
    """A file or folder under `migrations/` has to change first."""

    exit_code = 2


class MigrationsFolderError(FilesError):
    """The migrations folder is not there, is no folder, or has no module."""


class UnreadableFileError(FilesError):
    """A file that cannot be opened, or a folder that leads back to itself."""


class NotUtf8Error(FilesError):
    """A file that is not UTF-8 text."""


class IllegalNameError(FilesError):
    """A module or file name that is not legal; the hint has the nearest one that is."""


class StrayFileError(FilesError):
    """A `.sql` file in a place where it would never run."""


class DuplicateNumberError(FilesError):
    """Two files of one module with one number."""


class DirectiveError(FilesError):
    """A directive that is unknown, stands in the wrong place or has a wrong value."""


class ParseError(FilesError):
    """SQL or Python that does not parse."""


class PsqlCommandError(FilesError):
    r"""A command of psql (`\set`, `\connect`), which the server does not know."""


class CopyFromStdinError(FilesError):
    """`COPY … FROM stdin`, whose rows only psql can send."""


class PythonMigrationError(FilesError):
    """A Python migration without a usable `apply(conn)`."""


class UnknownMigrationError(FilesError):
    """An id, in a directive or on the command line, that no file has; the hint has the nearest three."""


class RingError(FilesError):
    """Migrations that each have to run before the next one; the message shows the whole ring."""


class UnsupportedStatementError(FilesError):
    """A statement, or a mix of statements, that cannot be run as asked."""


class NoWayBackError(FilesError):
    """A migration without a down file, and without `revert(conn)` if it is Python."""


class StillNeededError(FilesError):
    """An applied migration needs what is to be reverted or dropped, or a file what is to be numbered after it."""


class NotAppliedError(FilesError):
    """A migration is to be reverted, or stamped so, that is not applied."""


class AlreadyAppliedError(FilesError):
    """A migration is to be stamped that is applied."""


class MissingObjectsError(FilesError):
    """A migration is to be stamped whose objects are not in the database."""


class NotMissingError(FilesError):
    """An id is to be forgotten that has a file, or that the history does not know."""


class FileExistsAlreadyError(FilesError):
    """A file is to be written, or renamed to, that is there."""
