"""Everything a verb needs to know; by itself, because a check of texts needs nothing that speaks to a database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seltzer.events import Warned
from seltzer.execute.context import tell
from seltzer.sql.redact import Values

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable

    import psycopg

    from seltzer.config import Config
    from seltzer.events import Event, Listener


@dataclass(frozen=True, slots=True)
class Call:
    """Everything a verb needs to know.

    Attributes:
        config: The settings.
        connection: The caller's own, which stands for the database; None opens one.
        listener: Hears events; None when nobody does.
        stop: Ends a run or a wait when set.
        values: Which row values errors and events may show.
        lock_retry_for_s: How long a migration that did not get its lock is tried again where no setting says it.
        lease_s: How long a run behind a pooler may be silent before another takes over.
    """

    config: Config
    connection: psycopg.Connection[Any] | None = None
    listener: Listener | None = None
    stop: threading.Event | None = None
    values: Values = Values.HIDDEN
    lock_retry_for_s: float = 30.0
    lease_s: float = 30.0

    def say(self, event: Event) -> None:
        """Hand an event to the logger and to the listener."""
        tell(event, self.listener)

    def warn(self, messages: Iterable[str]) -> None:
        """Say what a person should know."""
        for message in messages:
            self.say(Warned(message))
