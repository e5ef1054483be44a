"""Looking for a canary in everything that a run says and leaves behind."""

from __future__ import annotations

import json
import logging
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seltzer import SeltzerError
from seltzer.report.json import error_content
from seltzer.report.text import error_lines
from seltzer.report.text_events import event_line

if TYPE_CHECKING:
    from collections.abc import Generator

    import pytest

    from seltzer.events import Event
    from support import Database

CANARY = "canary(4711)"
"""A value with what the server's own messages put around values."""

_MARKS = ("canary", "4711")


@dataclass
class Said:
    """Everything that was said, by where it was said.

    Attributes:
        texts: The texts.
        error: The error that ended it; None without one.
    """

    texts: dict[str, str] = field(default_factory=dict[str, str])
    error: SeltzerError | None = None

    def add(self, where: str, text: object) -> None:
        """Take something that was said."""
        self.texts[where] = f"{self.texts.get(where, '')}\n{text}"

    def leaks(self, *marks: str) -> list[str]:
        """Where a mark is found, with some of the text around it."""
        found: list[str] = []
        for where, text in self.texts.items():
            for mark in marks or _MARKS:
                at = text.lower().find(mark.lower())
                if at >= 0:
                    found.append(f"{where}: …{text[max(at - 60, 0) : at + 40]}…")
        return found


@contextmanager
def listening(said: Said, caplog: pytest.LogCaptureFixture) -> Generator[None]:
    """Hear the block: its error in every form, and the log."""
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        try:
            yield
        except SeltzerError as error:
            said.error = error
            say_error(said, error)
    for record in caplog.records:
        said.add("log", f"{record.getMessage()} {record.msg!r} {record.args!r}")


def say_error(said: Said, error: BaseException) -> None:
    """An error as people, programs, tracebacks and tools that walk through it see it."""
    said.add("traceback", "".join(traceback.format_exception(error)))
    seen: list[BaseException | None] = [None]
    link: BaseException | None = error
    while link not in seen:
        assert link is not None
        seen.append(link)
        said.add("error", f"{link} {link!r} {link.args!r} {vars(link)!r}")
        link = link.__cause__ or link.__context__
    if isinstance(error, SeltzerError):
        said.add("screen", "\n".join(error_lines(error)))
        said.add("json", json.dumps(error_content(error)))


def say_events(said: Said, events: list[Event]) -> None:
    """What a run says while it goes, with --verbose, and as `on_event` gets it."""
    for event in events:
        said.add("events", f"{event!r} {event_line(event, verbose=True)}")


def say_tables(said: Said, database: Database, schema: str = "seltzer") -> None:
    """What the history and the progress of unfinished migrations keep."""
    for table in ("history", "progress"):
        relation = f"{schema}.{table}"
        if database.query(f"SELECT pg_catalog.to_regclass('{relation}')") != [(None,)]:
            said.add(table, rows_of(database, relation))


def rows_of(database: Database, relation: str) -> str:
    """All rows of a table as text, digests left out: they have all digits in them."""
    rows: list[tuple[Any, ...]] = database.query(f"SELECT to_jsonb(t) FROM {relation} AS t")
    digests = {
        "checksum",
        "token_checksum",
        "statements",
        "fingerprint",
        "run",
        "started_at",
        "finished_at",
        "started",
        "done",
    }
    return "\n".join(
        json.dumps({key: value for key, value in row[0].items() if key not in digests}, ensure_ascii=False)
        for row in rows
    )
