"""The role that a file takes between its units: it must not decide about the records."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seltzer.db.text import Sql, compose, identifier

if TYPE_CHECKING:
    from collections.abc import Generator

    from seltzer.db.message import Wire
    from seltzer.execute.context import Run
    from seltzer.model import Statement

_ROLE = re.compile(r"(?i)\s*(set|reset)\s+(session\s+)?(role|session\s+authorization)\b")


class TakenRole:
    """What brings a stepwise file's role back before each of its units, and what leaves it again."""

    def __init__(self, run: Run) -> None:
        self._taken = [compose("SET ROLE {role}", role=identifier(run.role))] if run.role else []

    def takes(self, statement: Statement) -> bool:
        """Whether a statement changes the role of the session, which is repeated before each later unit."""
        if not _ROLE.match(statement.text):
            return False
        self._taken.append(Sql(statement.text))
        return True

    def taken(self) -> str:
        """What brings the role back; empty when nobody has taken any."""
        return "".join(f"{text};\n" for text in self._taken)

    def left(self) -> str:
        """What leaves it again."""
        return "RESET SESSION AUTHORIZATION;\nRESET ROLE;\n"

    @property
    def count(self) -> int:
        """How many statements `taken` has."""
        return len(self._taken)

    @contextmanager
    def held(self, wire: Wire) -> Generator[None]:
        """Have the role while the block runs; a refusal inside leaves it too."""
        if not self._taken:
            yield
            return
        wire.send(self.taken())
        try:
            yield
        finally:
            if not wire.conn.closed:
                wire.send(self.left())
