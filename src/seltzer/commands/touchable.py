"""Which files a fix may touch: those that are applied nowhere, as far as the database and Git know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.claims.git import GitAnswers
from seltzer.errors import ConnectionFailedError, NotConfiguredError, UsageError
from seltzer.model import FileState, Kind

if TYPE_CHECKING:
    from seltzer.commands.call import Call
    from seltzer.commands.checked import Asked, Chosen
    from seltzer.commands.start import Look
    from seltzer.model import MigrationFile


class Touchable:
    """What is known of each file."""

    def __init__(self, call: Call, asked: Asked, chosen: Chosen) -> None:
        """Ask the database where there is one, and Git where `--since` names a revision or there is no database.

        Raises:
            UsageError: There is neither.
        """
        looked = chosen.looked or _looked(call, chosen.files)
        self._states = _states(looked) if looked is not None else None
        self._git = GitAnswers(call.config.migrations)
        self._commit: str | None = None
        if asked.since or self._states is None:
            try:
                self._commit = self._git.commit_of(asked.since or "HEAD")
            except UsageError as error:
                if asked.since:
                    raise
                raise UsageError(
                    "--fix touches what is applied nowhere, and neither a database nor Git says what that is",
                    hint="Name the database (--database), or commit the files that are applied to Git.",
                ) from error

    def reason_not(self, file: MigrationFile) -> str | None:
        """Why a file must stay as it is; None where it may be touched."""
        if file.kind is Kind.RUNNER or file.path.suffix != ".sql":
            return "it is Python"
        return self._reason_of_database(file) or self._reason_of_git(file)

    def _reason_of_database(self, file: MigrationFile) -> str | None:
        if self._states is None:
            return None
        state = self._states.get(file.id, FileState.APPLIED)
        if state is FileState.PENDING or (state is FileState.CHANGED and file.kind is Kind.REPEATABLE):
            return None
        return f"it is {state} on the database"

    def _reason_of_git(self, file: MigrationFile) -> str | None:
        if self._commit is None:
            return None
        former = self._git.content_at(self._commit, file.path)
        if former is None or (file.kind is Kind.REPEATABLE and former != file.path.read_bytes()):
            return None
        return f"it is in commit {self._commit[:10]}, and may be applied"


def _looked(call: Call, files: tuple[MigrationFile, ...]) -> Look | None:
    """What a database has, where one is configured and can be reached."""
    from seltzer.commands.start import compare, open_target  # noqa: PLC0415  # brings psycopg

    try:
        with open_target(call) as target:
            return compare(target, files, always_rows=True)
    except (NotConfiguredError, ConnectionFailedError):
        return None


def _states(looked: Look) -> dict[str, FileState]:
    """The state of each file; of none where all of them are applied."""
    return {item.file.id: item.state for item in looked.found.files} if looked.found is not None else {}
