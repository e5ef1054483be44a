"""Cancelling what psycopg2 runs when a signal ends the run: its C code waits for the server, and no handler runs."""

from __future__ import annotations

import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from seltzer.execute.signals import ends_the_run

if TYPE_CHECKING:
    from collections.abc import Collection, Generator

_NONE = -1


@contextmanager
def cancelled_by_signals(connections: Collection[Any]) -> Generator[None]:
    """Cancel the statements of `connections` as soon as a signal arrives that will raise in the main thread.

    Python's own handler runs when psycopg2 has returned: without this, after the statement, however long it takes. In
    another thread than the main one, and where somebody listens already (an event loop), the block runs as it is.

    Args:
        connections: psycopg2's; it may grow while the block runs.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)  # noqa: FBT003  # as set_wakeup_fd asks
        former = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        if former != _NONE:
            signal.set_wakeup_fd(former)
            yield
            return
        listener = threading.Thread(target=_listen, args=(ours, connections), daemon=True)
        listener.start()
        try:
            yield
        finally:
            signal.set_wakeup_fd(former)
            theirs.shutdown(socket.SHUT_RDWR)
            listener.join()


def _listen(heard: socket.socket, connections: Collection[Any]) -> None:
    while numbers := heard.recv(64):
        if any(ends_the_run(number) for number in numbers):
            for conn in list(connections):
                if not conn.closed:
                    conn.cancel()
