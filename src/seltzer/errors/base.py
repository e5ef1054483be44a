"""The root of the tree, and the place in a file that an error can point at."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the user's files something is.

    Attributes:
        file: The file.
        line: Its line, counted from 1; None for the file as a whole.
        column: The character in that line, counted from 1; None where PostgreSQL gives no position.
        excerpt: The text of the line, already free of secrets; None when it is not to be shown.
    """

    file: Path
    line: int | None = None
    column: int | None = None
    excerpt: str | None = None


class SeltzerError(Exception):
    """Anything that Seltzer refuses or that went wrong, as facts.

    Attributes:
        message: What happened, in one sentence, without the place.
        hint: The next thing to do; None when there is nothing to add.
        place: Where in the user's files; None when no file is to blame.
        migration: Id of the migration it is about.
        sqlstate: PostgreSQL's five characters, if PostgreSQL refused.
        detail: PostgreSQL's detail and context, free of row values.
        rolled_back: Whether the failing migration left nothing behind; None when nothing ran.
        applied: Ids that this run had applied, or reverted, before.
        reverting: Whether it was a revert.
        recorded: The message for history and log where `message` has row values (`--show-values`); else None.
        state: The database's state, as far as it was known.
    """

    exit_code: ClassVar[int] = 1

    def __init__(  # noqa: PLR0913  # facts, by keyword; text is made from them in one place
        self,
        message: str,
        *,
        hint: str | None = None,
        place: Place | None = None,
        migration: str | None = None,
        sqlstate: str | None = None,
        detail: str | None = None,
        rolled_back: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.place = place
        self.migration = migration
        self.sqlstate = sqlstate
        self.detail = detail
        self.rolled_back = rolled_back
        self.applied: tuple[str, ...] = ()
        self.reverting = False
        self.recorded: str | None = None
        self.state: str | None = None

    @property
    def type(self) -> str:
        """The class's name in kebab case without `Error`, as it stands in JSON: `lock-held`."""
        name = type(self).__name__.removesuffix("Error")
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()

    def __str__(self) -> str:
        """The message with its place and hint, for a traceback; `report` makes the text people see."""
        where = ""
        if self.place is not None:
            numbers = [str(n) for n in (self.place.line, self.place.column) if n is not None]
            where = ":".join([str(self.place.file), *numbers]) + ": "
        hint = f"\nhint: {self.hint}" if self.hint else ""
        return f"{where}{self.message}{hint}"


@contextmanager
def alone() -> Generator[None]:
    """Let errors of ours leave the block without what they were made of.

    A traceback does not show it, but who walks through `__context__` finds psycopg's errors there, which have rows
    and statements in them, and those of parsers, which have whole files.

    Raises:
        SeltzerError: As it was raised inside, with neither cause nor context.
    """
    try:
        yield
    except SeltzerError as error:
        error.__cause__ = error.__context__ = None
        raise
