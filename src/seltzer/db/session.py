"""The working connection: every migration meets it clean, and none can end the transaction it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from seltzer.db.client_check import UNCHECKED
from seltzer.db.connect import connect
from seltzer.db.message import Wire
from seltzer.db.text import identifier
from seltzer.errors import ConnectionLostError, TransactionEndedError
from seltzer.sql.redact import Values

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from psycopg import errors

    from seltzer.db.text import Sql


class GuardedConnection(psycopg.Connection[Any]):
    """The connection that a Python migration gets: its transaction belongs to the run.

    Attributes:
        guarded: While true, `commit`, `rollback` and `close` raise.
    """

    guarded = False

    def commit(self) -> None:
        """Refused inside a migration.

        Raises:
            TransactionEndedError: Always, while a migration has the connection.
        """
        self._refuse("commit")
        super().commit()

    def rollback(self) -> None:
        """Refused inside a migration.

        Raises:
            TransactionEndedError: Always, while a migration has the connection.
        """
        self._refuse("rollback")
        super().rollback()

    def close(self) -> None:
        """Refused inside a migration.

        Raises:
            TransactionEndedError: Always, while a migration has the connection.
        """
        self._refuse("close")
        super().close()

    def _refuse(self, method: str) -> None:
        if self.guarded:
            raise TransactionEndedError(
                f"conn.{method}() inside a migration: the transaction is the run's, and ends with the history row",
                hint="Leave it out; for a part that may fail use: with conn.transaction(): …",
            )


class ServerStart:
    """When the server was started that a run works on: the same for all of its sessions.

    Commits inside a run are asynchronous, and a crash may take the last of them back, each with its history row. A run
    that just connected again would go on without them, and end as if they were there.
    """

    def __init__(self) -> None:
        self._known: str | None = None

    def see(self, started: str | None) -> None:
        """Note when the server was started that a new connection leads to.

        Raises:
            ConnectionLostError: It is another start than the one that was seen first.
        """
        if self._known not in {None, started}:
            raise ConnectionLostError(
                "the server was restarted in the middle of the run, and may have lost what was applied last",
                hint="Run it again: the history says what is there.",
            )
        self._known = started


# A PREPARE costs as much as what it prepares; a clean-up of it, one round trip.
_WORTH_PREPARING = 3


class Session:
    """The working connection of a run, opened when first needed and cleaned whenever a migration could have marked it.

    Attributes:
        unlimited: The time limits that this server or role sets for everybody and a migration must not have, as
            settings that lift them; and what lets the server notice that its client is gone. Known after the first use.
        prepared: Whether the statements of `history_rows.prepare_statements` are prepared on it; a message that could
            see them meets a connection without.
    """

    def __init__(
        self,
        parameters: Mapping[str, str],
        stop: threading.Event | None = None,
        values: Values = Values.HIDDEN,
        server: ServerStart | None = None,
    ) -> None:
        self._parameters = dict(parameters)
        self._server = server or ServerStart()
        self._stop = stop
        self._values = values
        self._wire: Wire | None = None
        self._marked = False
        self._listener: Callable[[int, errors.Diagnostic], None] | None = None
        self.unlimited: dict[str, str] = {}
        self.prepared = False
        self._plain_in_a_row = 0

    @property
    def prepares(self) -> bool:
        """Whether so many messages touched nothing lately that preparing statements for more of them pays."""
        return self._plain_in_a_row > _WORTH_PREPARING

    def wire(self, *, plain: bool = False) -> Wire:
        """The clean connection as a stream of messages.

        Args:
            plain: Whether the message that follows neither looks at the session nor leaves anything in it.

        Raises:
            ConnectionFailedError: It could not be opened.
            ConnectionLostError: It broke while it was cleaned.
        """
        if self._wire is not None and (self._wire.conn.closed or self._wire.conn.broken):
            self._wire = None
        self._plain_in_a_row = self._plain_in_a_row + 1 if plain else 0
        if self._wire is None:
            self.prepared = False
            wire = Wire(connect(self._parameters, GuardedConnection), self._stop, self._values)
            self.unlimited = self._limits(wire)
            self._wire = wire
        elif self._marked or (self.prepared and not plain):
            self._clean(self._wire)
            self.prepared = False
        self._marked = False
        self._wire.on_notice = self._listener
        return self._wire

    def _clean(self, wire: Wire) -> None:
        # RESET ALL would keep role, temporary tables, prepared statements and advisory locks.
        wire.send("DISCARD ALL")

    def _limits(self, wire: Wire) -> dict[str, str]:
        """Asked once a connection: lifting what is not there would cost every migration.

        Raises:
            ConnectionLostError: It leads to another start of the server than those before it.
        """
        limits, started = wire.ask(f"{_LIMITS};\nSELECT pg_catalog.pg_postmaster_start_time()")
        try:
            self._server.see(started[0][0])
        except ConnectionLostError:
            psycopg.Connection.close(wire.conn)
            raise
        return {name: value or "" for name, value in limits if name}

    def connection(self) -> psycopg.Connection[Any]:
        """The same connection, clean, for a query of ours."""
        return self.wire().conn

    def wire_at_work(self) -> Wire:
        """The connection as it is, with what the migration at work has set in it.

        Raises:
            ConnectionLostError: There is none any more.
        """
        if self._wire is None:
            raise ConnectionLostError("the connection is gone", hint="Run it again.")
        return self._wire

    def another(self) -> Session:
        """A session like this one, with a connection of its own."""
        return type(self)(self._parameters, self._stop, self._values, self._server)

    def wire_in_use(self) -> Wire | None:
        """The connection as it is, in whatever transaction it is; None when there is none."""
        return self._wire

    def connection_in_use(self) -> GuardedConnection:
        """The same connection as it is, in whatever transaction it is: for a Python migration.

        Raises:
            ConnectionLostError: There is none.
        """
        conn = self._wire.conn if self._wire is not None else None
        if not isinstance(conn, GuardedConnection):
            raise ConnectionLostError("the connection is gone", hint="Run it again.")
        return conn

    def user(self) -> Sql:
        """The role that connects, quoted."""
        return identifier(self._parameters.get("user") or self.wire_at_work().conn.info.user)

    def mark(self) -> None:
        """Say that something could have changed the session: it is cleaned before its next use."""
        self._marked = True

    def listen(self, listener: Callable[[int, errors.Diagnostic], None] | None) -> None:
        """Hear the server's notices, with the number of the statement in its message."""
        self._listener = listener
        if self._wire is not None:
            self._wire.on_notice = listener

    def close(self) -> None:
        """Close the connection; the next use opens a new one."""
        if self._wire is not None:
            conn, self._wire = self._wire.conn, None
            psycopg.Connection.close(conn)


_LIMITS = (
    "SELECT s.name, '0' FROM pg_catalog.pg_settings AS s WHERE s.setting <> '0' "
    "AND s.name IN ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout') "
    f"UNION ALL SELECT s.name, w.value::pg_catalog.text {UNCHECKED}"
)


class PooledSession(Session):
    """The same behind a pooler: every transaction has another of the server's sessions, and none is ours to clean.

    What `execute.fence` says in a transaction makes it a clean one.
    """

    @property
    def prepares(self) -> bool:
        """Never: the next transaction would not have them."""
        return False

    def _clean(self, wire: Wire) -> None:
        """Nothing is reset: it would be somebody else's."""

    def _limits(self, wire: Wire) -> dict[str, str]:
        """All of them: what one of the server's sessions says is not what the next one says."""
        known = ["statement_timeout", "idle_in_transaction_session_timeout"]
        if wire.conn.info.server_version >= _TRANSACTION_TIMEOUT_SINCE:
            known.append("transaction_timeout")
        return dict.fromkeys(known, "0")


_TRANSACTION_TIMEOUT_SINCE = 170000
