"""A database's URL, for libpq and for each driver that SQLAlchemy knows."""

from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from seltzer.integrations.database import url_of

TCP = {"host": "db.example", "port": "5433", "user": "app", "password": "p@ss/w:rd", "dbname": "a b"}
SOCKET = {"host": "/tmp/s-1", "port": "5432", "user": "app", "dbname": "shop"}  # noqa: S108  # nothing is made there
ADDRESSES = [TCP, SOCKET, {"host": "::1", "port": "5432", "dbname": "shop"}, {**TCP, "sslmode": "require"}]


@pytest.mark.parametrize("parameters", ADDRESSES)
def test_libpq_reads_what_was_written(parameters: dict[str, str]) -> None:
    """Whatever stands in a password or a name."""
    assert conninfo_to_dict(url_of(parameters)) == parameters


@pytest.mark.parametrize(
    ("driver", "shown"),
    [
        ("psycopg", "postgresql+psycopg://app@/shop?host=/tmp/s-1&port=5432"),
        ("asyncpg", "postgresql+asyncpg://app@/shop?host=/tmp/s-1&port=5432"),
        ("pg8000", "postgresql+pg8000://app@/shop?unix_sock=/tmp/s-1/.s.PGSQL.5432"),
    ],
)
def test_sockets_are_written_as_each_driver_wants_them(driver: str, shown: str) -> None:
    """A folder is no host name."""
    assert url_of(SOCKET, driver) == shown


def test_a_driver_that_is_not_libpq_has_a_word_of_its_own_for_encryption() -> None:
    """SQLAlchemy hands asyncpg whatever stands in the URL."""
    assert url_of({**TCP, "sslmode": "require"}, "asyncpg").endswith("/a%20b?ssl=require")


def test_what_only_libpq_knows_is_left_out() -> None:
    """A driver refuses what it does not know."""
    parameters = {**SOCKET, "application_name": "seltzer shadow", "hostaddr": "", "connect_timeout": "10"}

    assert url_of(parameters, "asyncpg") == url_of(SOCKET, "asyncpg")
