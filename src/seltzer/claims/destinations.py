"""Where libpq would connect to, worked out before it does: keywords, service file, variables, defaults."""

from __future__ import annotations

import ipaddress
import os
import socket
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from psycopg import pq

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

_PORT = "5432"


@dataclass(frozen=True, slots=True)
class Destination:
    """A database, and the servers of which one would be asked for it.

    Attributes:
        servers: Host and port of each; a host that begins with / is the folder of a socket, an empty one libpq's own.
        database: Its name.
        user: Who connects.
        addresses: The numeric addresses of the hosts, where somebody looked them up.
    """

    servers: tuple[tuple[str, str], ...] = ()
    database: str = ""
    user: str = ""
    addresses: frozenset[str] = frozenset()

    def __str__(self) -> str:
        """`user@host:port/name`; nothing secret."""
        who = f"{self.user}@" if self.user else ""
        where = ",".join(f"{host or 'local'}:{port}" for host, port in self.servers)
        return f"{who}{where}/{self.database}"

    def with_addresses(self) -> Destination:
        """The same, its hosts looked up."""
        found = {address for host, port in self.servers for address in _addresses(host, port)}
        return replace(self, addresses=frozenset(found))

    def includes(self, asked: Destination) -> bool:
        """Whether all servers of `asked` are among these, and the database is the same."""
        return asked.database == self.database and all(self._has(host, port) for host, port in asked.servers)

    def includes_name(self, name: str) -> bool:
        """Whether a host is one of these, by name or address."""
        return any(self._has(name, port) for _, port in self.servers)

    def includes_address(self, address: str, port: int) -> bool:
        """Whether a socket that connects to an address reaches one of these."""
        return self._has(address, str(port))

    def includes_socket(self, path: str) -> bool:
        """Whether a socket's file is that of one of these."""
        folder, _, name = path.rpartition("/")
        return name.startswith(".s.PGSQL.") and self._has(folder, name.removeprefix(".s.PGSQL."))

    def _has(self, host: str, port: str) -> bool:
        if port not in {known for _, known in self.servers}:
            return False
        names = {_normal(known) for known, known_port in self.servers if known_port == port}
        if _normal(host) in names:
            return True
        literal = {"127.0.0.1", "::1"} if host == "localhost" else {_numeric(host)}
        return bool(literal & self.addresses)


def destination_of(parameters: Mapping[str, str]) -> Destination:
    """Where these keywords of libpq lead, with everything that they leave out.

    A keyword that is given and empty is libpq's own default, not the variable's.
    """
    known = {**_defaults(parameters), **parameters}
    hosts, addresses = (known.get(name, "").split(",") for name in ("host", "hostaddr"))
    count = max(len(hosts), len(addresses))
    ports = known.get("port", _PORT).split(",")
    user = known.get("user", "")
    return Destination(
        tuple(
            (_at(addresses, index) or _at(hosts, index), _at(ports, index if len(ports) > 1 else 0) or _PORT)
            for index in range(count)
        ),
        known.get("dbname") or user,
        user,
    )


def _at(values: list[str], index: int) -> str:
    return values[index].strip() if index < len(values) else ""


def _defaults(parameters: Mapping[str, str]) -> dict[str, str]:
    """What libpq takes for keywords that are not given; a service comes before the variables."""
    with _variables(PGSERVICE=parameters.get("service"), PGSERVICEFILE=parameters.get("servicefile")):
        options = pq.Conninfo.get_defaults()
    return {option.keyword.decode(): option.val.decode() for option in options if option.val}


@contextmanager
def _variables(**values: str | None) -> Generator[None]:
    former = {name: os.environ.get(name) for name, value in values.items() if value}
    os.environ.update({name: value for name, value in values.items() if value})
    try:
        yield
    finally:
        for name, value in former.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _normal(host: str) -> str:
    return os.path.realpath(host) if host.startswith("/") else host.lower()


def _numeric(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        return ""


def _addresses(host: str, port: str) -> set[str]:
    if not host or host.startswith(("/", "@")):
        return set()
    try:
        return {_numeric(str(entry[4][0])) for entry in socket.getaddrinfo(host, port)}
    except OSError:
        return set()
