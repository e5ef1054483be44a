"""The texts that a database can be written as, read into libpq's parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

import psycopg
from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LIBPQ_URL = re.compile(r"postgres(?:ql)?://", re.IGNORECASE)
_CONNECTION_TEXT = re.compile(r"://|password\s*=", re.IGNORECASE)
_PORTS = re.compile(r"[0-9,]*")
# As SQLAlchemy itself splits a URL: unlike libpq it allows a slash in the password.
# Compiled when first used.
_SQLALCHEMY_URL = r"""(?xi)
    postgres(?:ql)?(?:\+\w+)?://
    (?:(?P<user>[^:/]*)(?::(?P<password>[^@]*))?@)?
    (?:\[(?P<ipv6>[^/?\]]+)\]|(?P<host>[^/:?\[]+))?
    (?::(?P<port>[^/?]*))?
    (?:/(?P<dbname>[^?]*))?
    (?:\?(?P<query>.*))?"""
_DRIVER_URL = re.compile(r"postgres(?:ql)?\+\w+://", re.IGNORECASE)
_HOST_AND_PORT = re.compile(r"([a-zA-Z0-9.-]*):([0-9]*)")
_RENAMED = {"ssl": "sslmode", "database": "dbname", "unix_sock": "host"}
_SSL_WORDS = {"true": "require", "1": "require", "on": "require", "false": "disable", "0": "disable", "off": "disable"}
# What only the drivers read, and nothing that a migration would miss.
_DRIVERS_OWN = {
    "async_fallback",
    "autocommit",
    "command_timeout",
    "direct_tls",
    "executemany_batch_page_size",
    "executemany_mode",
    "max_cacheable_statement_size",
    "max_cached_statement_lifetime",
    "native_inet_types",
    "prepare_threshold",
    "prepared_statement_cache_size",
    "prepared_statement_name_func",
    "statement_cache_size",
    "tcp_keepalive",
    "timeout",
    "use_native_hstore",
    "use_native_unicode",
    "use_native_uuid",
}


@dataclass(frozen=True, slots=True)
class Parameters:
    """How to reach a database.

    Attributes:
        values: By libpq's keywords; what is not there is libpq's own default.
        dropped: Names of parameters that a URL had and libpq does not know.
    """

    values: Mapping[str, str] = field(repr=False)
    dropped: tuple[str, ...] = ()


def read_text(text: str) -> Parameters | None:
    """A libpq URL, a keyword string or an SQLAlchemy URL as parameters; None for what is none of them."""
    if _DRIVER_URL.match(text):
        return read_sqlalchemy_url(text)
    if _LIBPQ_URL.match(text) is None and ("://" in text or "=" not in text):
        return None
    if _LIBPQ_URL.match(text) and "@" in _path(text):
        return None  # a slash in the password: libpq would take what follows it for the name of the database
    return checked(_read_libpq(_LIBPQ_URL.sub("postgresql://", text, count=1)))


def read_sqlalchemy_url(text: str) -> Parameters | None:
    """A URL as SQLAlchemy reads it, with or without a driver; None for what is none."""
    match = re.fullmatch(_SQLALCHEMY_URL, text)
    if match is None or "@" in (match["query"] or ""):
        return None
    given = parse_qsl(match["query"] or "", keep_blank_values=True)
    query = [(_RENAMED.get(name, name), value) for name, value in given]
    known = _libpq_keywords()
    dropped = (name for name, _ in query if name not in known and name not in _DRIVERS_OWN)
    values = {
        "user": unquote(match["user"] or ""),
        "password": unquote(match["password"] or ""),
        "host": match["ipv6"] or match["host"] or "",
        "port": match["port"] or "",
        "dbname": match["dbname"] or "",
        **{name: value for name, value in query if name in known},
        **_hosts([value for name, value in query if name == "host"]),
    }
    if "sslmode" in values:
        values["sslmode"] = _SSL_WORDS.get(values["sslmode"].lower(), values["sslmode"])
    return checked(values, dropped)


def checked(values: Mapping[str, str] | None, dropped: Iterable[str] = ()) -> Parameters | None:
    """The parameters without empty ones; None when one of them cannot be what it says.

    A password with an unescaped `@`, `/` or `:` ends up, in part, in the host, port or name, all of which are shown.
    """
    if values is None:
        return None
    host, port, name = (values.get(keyword, "") for keyword in ("host", "port", "dbname"))
    shifted = "@" in host or ":" in values.get("user", "") or not _PORTS.fullmatch(port)
    nested = _CONNECTION_TEXT.search(f"{host} {name}")
    if shifted or nested or any("\0" in value for value in values.values()):
        return None
    return Parameters({keyword: value for keyword, value in values.items() if value}, tuple(dict.fromkeys(dropped)))


def _path(url: str) -> str:
    return url.partition("://")[2].partition("/")[2].partition("?")[0]


def _read_libpq(text: str) -> dict[str, str] | None:
    if "\0" in text:
        return None  # libpq would read up to it
    try:
        return {keyword: str(value) for keyword, value in conninfo_to_dict(text).items() if value is not None}
    except (psycopg.Error, UnicodeError):
        return None  # what libpq says of it repeats pieces of it


def _hosts(given: list[str]) -> dict[str, str]:
    """`host=a:1&host=b:2` as libpq writes several hosts; a socket folder or IPv6 address is one as it stands."""
    hosts = [host for text in given for host in text.split(",")]
    split = [_HOST_AND_PORT.fullmatch(host) for host in hosts]
    if not any(split):
        return {"host": ",".join(hosts)} if hosts else {}
    return {
        "host": ",".join(match[1] if match else host for match, host in zip(split, hosts, strict=True)),
        "port": ",".join(match[2] if match else "" for match in split),
    }


def _libpq_keywords() -> set[str]:
    return {option.keyword.decode() for option in psycopg.pq.Conninfo.parse(b"")}
