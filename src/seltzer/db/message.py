"""One query message to the server and all its answers, so that the failing statement can be counted.

psycopg keeps only the first error and forgets how many statements succeeded before it. A run-time error has no
position in a message of many statements: the number of results before it tells which statement it was.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import errors, pq

from seltzer.errors import ConnectionLostError
from seltzer.sql.redact import Values, without_passwords

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

# How often a caller's wish to stop is looked at while the server works.
_LOOK_EVERY_MS = 50

_COPY = frozenset((pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_OUT, pq.ExecStatus.COPY_BOTH))
_GOOD = frozenset((pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK, pq.ExecStatus.EMPTY_QUERY))


class StopRequested(BaseException):
    """The caller's stop event was set while a statement ran; like a signal, it is no ordinary exception."""


class Refusal(Exception):  # noqa: N818  # carries a refusal to `execute`, which makes the error of it
    """The server refused a statement of a message.

    Attributes:
        error: psycopg's error, with the server's fields.
        index: How many statements of the message had succeeded.
        values: Which values may be shown of what it says.
    """

    def __init__(self, error: psycopg.Error, index: int, values: Values = Values.HIDDEN) -> None:
        super().__init__(f"SQLSTATE {error.sqlstate}")  # psycopg's own text has rows in it
        self.error = error
        self.index = index
        self.values = values


class Wire:
    """A connection as a stream of query messages.

    Attributes:
        conn: The connection; nobody else uses it meanwhile.
        stop: Set by another thread to end the run; None when nobody can.
        values: Which values may be shown of what the server refuses.
        on_notice: Called for each notice with the number of the statement (from 0) in its message.
        writing: Whether a part of the message has not left yet.
        on_wait: Called again and again while the server works; None when nobody looks on.
    """

    def __init__(
        self, conn: psycopg.Connection[Any], stop: threading.Event | None = None, values: Values = Values.HIDDEN
    ) -> None:
        self.conn = conn
        self.stop = stop
        self.values = values
        self.on_notice: Callable[[int, errors.Diagnostic], None] | None = None
        self.on_wait: Callable[[], None] | None = None
        self.writing = False
        self._done = 0
        self._results: list[pq.abc.PGresult] = []
        conn.add_notice_handler(self._notice)

    def ask(self, text: str) -> list[list[tuple[str | None, ...]]]:
        """`send`, and the rows of each statement, values as text."""
        return [_rows(result) for result in self.send(text)]

    def send(self, text: str) -> list[pq.abc.PGresult]:
        """Send `text` as one query message.

        Returns:
            The result of each statement.

        Raises:
            Refusal: The server refused a statement; the ones after it did not run.
            ConnectionLostError: The connection broke before the last answer came.
            BaseException: Whatever a signal handler raised; the statement was cancelled first.
        """
        try:
            self.begin(text)
            self._read_all()
        except Exception:
            raise
        except BaseException:  # a signal's or the caller's wish to stop
            self.cancel()
            raise
        return self.finish()

    def begin(self, text: str) -> None:
        """Begin to send `text` as one query message: `advance` goes on with it, `finish` ends it.

        Raises:
            ConnectionLostError: The connection is gone.
        """
        self._done = 0
        self._results = []
        try:
            self.conn.pgconn.send_query(text.encode())
            self.writing = bool(self.conn.pgconn.flush())
        except psycopg.OperationalError as error:
            raise self._lost(error) from None

    def advance(self) -> bool:
        """Take in what the server has said, once the socket is ready; True when its answer is complete.

        Raises:
            ConnectionLostError: The connection broke.
        """
        pgconn = self.conn.pgconn
        try:
            if self.writing:
                self.writing = bool(pgconn.flush())
            # Reading while writing: a server that waits for its notices to be read would never take the rest.
            pgconn.consume_input()
            while not pgconn.is_busy():
                result = pgconn.get_result()
                if result is None:
                    return True
                if result.status in _COPY:
                    _end_copy(pgconn, result.status)
                    continue
                self._results.append(result)
                self._done += result.status in _GOOD
        except psycopg.OperationalError as error:
            raise self._lost(error) from None
        return False

    def finish(self) -> list[pq.abc.PGresult]:
        """The result of each statement, once the answer is complete.

        Raises:
            Refusal: The server refused a statement; the ones after it did not run.
            ConnectionLostError: It ended the session.
        """
        results, self._results = self._results, []
        for result in results:
            if result.status not in _GOOD:
                error = errors.error_from_result(result)
                if self.conn.pgconn.status != pq.ConnStatus.OK:
                    raise self._lost(error)
                raise Refusal(error, self._done, self.values)
        return results

    def cancel(self) -> None:
        """Cancel the running statement and read what the server still says, so that the connection can go on."""
        try:
            self.conn.cancel_safe(timeout=5)
            # The signal may have come before the message was sent, or between its parts: see what is there to wait for.
            self.writing = True
            self.stop, stop = None, self.stop
            try:
                self._read_all()
            finally:
                self.stop = stop
        except (psycopg.Error, ConnectionLostError, OSError):
            self.conn.close()

    def in_transaction(self) -> bool:
        """Whether the session is in a transaction block, failed or not."""
        return self.conn.info.transaction_status is not pq.TransactionStatus.IDLE

    def roll_back(self) -> None:
        """End the transaction, if there is one and the connection still stands; never raises for a broken one."""
        if self.conn.broken or self.conn.closed or not self.in_transaction():
            return
        stop, self.stop = self.stop, None
        try:
            self.send("ROLLBACK")
        except (Refusal, ConnectionLostError):
            self.conn.close()
        finally:
            self.stop = stop

    def _read_all(self) -> None:
        if self.advance():
            return
        poll = select.poll()
        socket = self.conn.pgconn.socket
        poll.register(socket, self.wanted_events)
        while True:
            writing = self.writing
            self._wait(poll)
            if self.advance():
                return
            if writing and not self.writing:
                poll.modify(socket, self.wanted_events)

    @property
    def wanted_events(self) -> int:
        """What `select.poll` is to wait for before the next `advance`."""
        return select.POLLIN | select.POLLOUT if self.writing else select.POLLIN

    def _wait(self, poll: select.poll) -> None:
        # Wakes once a second at least so that a signal handler of Python gets its turn on every platform.
        pause_ms = 1000 if self.stop is None else _LOOK_EVERY_MS
        while not poll.poll(pause_ms):
            if self.stop is not None and self.stop.is_set():
                raise StopRequested
            if self.on_wait is not None:
                self.on_wait()

    def _lost(self, error: psycopg.Error) -> ConnectionLostError:
        # Without this psycopg would go on to believe in a connection that is gone.
        self.conn.close()
        # Its first line: more would be the context of the statement that ran.
        said = error.diag.message_primary or str(error).strip().partition("\n")[0]
        return ConnectionLostError(
            f"the connection to the server broke: {without_passwords(said)}",
            hint="Run it again: what was committed is recorded, everything else was rolled back.",
            sqlstate=error.sqlstate,
        )

    def _notice(self, diagnostic: errors.Diagnostic) -> None:
        if self.on_notice is not None:
            self.on_notice(self._done, diagnostic)


def _rows(result: pq.abc.PGresult) -> list[tuple[str | None, ...]]:
    columns = range(result.nfields)
    return [
        tuple(None if (value := result.get_value(row, column)) is None else value.decode() for column in columns)
        for row in range(result.ntuples)
    ]


def _end_copy(pgconn: pq.abc.PGconn, status: pq.ExecStatus) -> None:
    """End a COPY that asks the client for rows, or offers it some: nobody here has or wants any."""
    if status == pq.ExecStatus.COPY_OUT:
        while pgconn.get_copy_data(0)[0] > 0:
            pass
    else:
        pgconn.put_copy_end(b"a migration has no rows to send: use INSERT")
