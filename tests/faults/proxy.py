"""A network between a client and a server, in which something happens after so many bytes."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seltzer.server import Server


class Way(Enum):
    """The two directions of a connection."""

    TO_SERVER = "to the server"
    TO_CLIENT = "to the client"


class Point(NamedTuple):
    """When something happens.

    Attributes:
        way: Which direction's bytes are counted.
        size: After so many of them, over all connections.
        rest: Whether the packet that they end in arrives whole before it happens: the server is at work then.
    """

    way: Way
    size: int
    rest: bool


class Proxy:
    """Forwards connections to a server's socket.

    Attributes:
        moved: How many bytes have gone through, by direction.
        hit: Whether the point was reached.
        failed: What the fault itself raised.
        down: Whether new connections are cut at once.
    """

    def __init__(self, server: Callable[[], Server], point: Point | None = None) -> None:
        """Listen on a port of this machine.

        Args:
            server: Where connections lead to, asked for each of them.
            point: When `fault` is called; None never.
        """
        self.moved = dict.fromkeys(Way, 0)
        self.hit = False
        self.failed: BaseException | None = None
        self.down = False
        self.fault: Callable[[], None] = lambda: None
        self._server = server
        self._point = point
        self._gate = threading.Condition()
        self._ready = threading.Event()
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.cut()

    def url(self, database: str) -> str:
        """A libpq URL of a database by way of this network."""
        port = self._listener.getsockname()[1]
        return f"postgresql://{self._server().user}@127.0.0.1:{port}/{database}"

    def arm(self, fault: Callable[[], None]) -> None:
        """Say what happens at the point; until then nothing goes through it."""
        self.fault = fault
        self._ready.set()

    def cut(self) -> None:
        """Cut every connection; what is under way is lost."""
        for one in list(self._sockets):
            _close(one)

    def wait_for(self, way: Way, count: int, seconds: float = 60) -> bool:
        """Return when so many bytes have gone through; False when they did not in that time."""
        with self._gate:
            return self._gate.wait_for(lambda: self.moved[way] >= count, seconds)

    def settle(self) -> None:
        """Wait until what happens at the point has happened, if it began.

        Raises:
            AssertionError: It failed.
        """
        with self._gate:
            assert self.failed is None, self.failed

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            self._sockets |= {client, server}
            try:
                if self.down:
                    raise ConnectionRefusedError  # as if nobody were there
                server.connect(str(_path(self._server())))
            except OSError:
                _close(client)
                _close(server)
                continue
            for way, source, sink in ((Way.TO_SERVER, client, server), (Way.TO_CLIENT, server, client)):
                threading.Thread(target=self._pump, args=(way, source, sink), daemon=True).start()

    def _pump(self, way: Way, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(65536):
                self._forward(way, chunk, sink)
        _close(source)
        _close(sink)

    def _forward(self, way: Way, chunk: bytes, sink: socket.socket) -> None:
        with self._gate:
            before = self.moved[way]
            self.moved[way] += len(chunk)
            self._gate.notify_all()
            point = self._point
            if point is None or self.hit or point.way is not way or self.moved[way] < point.size:
                sink.sendall(chunk)
                return
            self.hit = True
            split = len(chunk) if point.rest else point.size - before
            sink.sendall(chunk[:split])
            self._ready.wait()
            try:
                self.fault()
            except BaseException as error:  # noqa: BLE001  # told by the test, not lost with a thread
                self.failed = error
            sink.sendall(chunk[split:])


def _path(server: Server) -> Path:
    return server.socket_folder / f".s.PGSQL.{server.port}"


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
