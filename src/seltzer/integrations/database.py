"""A database of one test: its address in every form that an application wants, connections, and the way onwards."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import psycopg

from seltzer.commands.call import Call
from seltzer.commands.start import verb
from seltzer.db.connect import make_conninfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seltzer.commands.results import RevertResult
    from seltzer.commands.run_result import RunResult
    from seltzer.config import Config

# libpq has more parameters than others know; what is left out there has to do with nothing but the session.
_ONLY_LIBPQ = ("application_name", "client_encoding", "connect_timeout", "hostaddr", "options")

_DB_VARIABLES = {"HOST": "host", "PORT": "port", "NAME": "dbname", "USER": "user", "PASSWORD": "password"}
_PG_VARIABLES = {"HOST": "host", "PORT": "port", "DATABASE": "dbname", "USER": "user", "PASSWORD": "password"}


@dataclass(frozen=True)
class Database:
    """A database that is there for one test, or for as long as its fixture lives.

    Attributes:
        name: Its name.
        parameters: libpq's keywords; a password may be among them.
        config: The settings of the project.
    """

    name: str
    parameters: Mapping[str, str] = field(repr=False)
    config: Config = field(repr=False)
    _opened: list[psycopg.Connection[Any]] = field(default_factory=list["psycopg.Connection[Any]"], repr=False)

    @property
    def url(self) -> str:
        """A libpq URL, which psycopg, asyncpg and `DATABASE_URL` understand; it may have a password in it."""
        return url_of(self.parameters)

    def sqlalchemy_url(self, driver: str = "psycopg") -> str:
        """The URL for SQLAlchemy's `create_engine` or `create_async_engine`.

        Args:
            driver: `psycopg`, `psycopg2`, `asyncpg` or `pg8000`.
        """
        return url_of(self.parameters, driver)

    @property
    def variables(self) -> dict[str, str]:
        """Every variable by which an application, libpq or Seltzer finds its database; they may have a password."""
        known = {
            **{f"DB_{word}": self.parameters.get(keyword, "") for word, keyword in _DB_VARIABLES.items()},
            **{f"PG{word}": self.parameters.get(keyword, "") for word, keyword in _PG_VARIABLES.items()},
        }
        found = {name: value for name, value in known.items() if value or name == "DB_PASSWORD"}
        return {"DATABASE_URL": self.url, "SELTZER_DATABASE": self.url, **found}

    def connect(self, *, autocommit: bool = True, **keywords: Any) -> psycopg.Connection[Any]:
        """A psycopg connection; who forgets to close it has it closed with the database.

        Args:
            autocommit: What others see of it at once; without it psycopg begins transactions.
            keywords: Others of `psycopg.connect`: `row_factory=dict_row`.
        """
        conn = psycopg.connect(make_conninfo(self.parameters), autocommit=autocommit, **keywords)
        self._opened.append(conn)
        return conn

    def apply(self, *ids: str) -> RunResult:
        """Apply what is pending, or the named migrations with what they need, as `seltzer apply` does.

        Raises:
            SeltzerError: One failed.
        """
        return verb("apply")(self._call(), ids)

    def revert(self, *ids: str) -> RevertResult:
        """Revert the named migrations by their down files, as `seltzer revert` does.

        Raises:
            SeltzerError: One failed, has no way back, or is still needed.
        """
        return verb("revert")(self._call(), verb("revert", "Choice")(ids))

    def close(self) -> None:
        """Close the connections that were opened here."""
        while self._opened:
            self._opened.pop().close()

    def _call(self) -> Call:
        return Call(replace(self.config, database=self.url, direct_database=None))


def url_of(parameters: Mapping[str, str], driver: str = "") -> str:
    """A database's URL.

    Args:
        parameters: libpq's keywords.
        driver: SQLAlchemy's name of one; without it the URL is libpq's.
    """
    rest = {name: value for name, value in parameters.items() if value and name not in _ONLY_LIBPQ}
    host, port, user, password, name = (rest.pop(word, "") for word in ("host", "port", "user", "password", "dbname"))
    if host.startswith("/"):
        where = ""
        rest |= {"unix_sock": f"{host}/.s.PGSQL.{port}"} if driver == "pg8000" else {"host": host, "port": port}
    else:
        where = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    if driver == "asyncpg" and "sslmode" in rest:
        rest["ssl"] = rest.pop("sslmode")
    secret = f":{quote(password, safe='')}" if password else ""
    who = f"{quote(user, safe='')}{secret}@" if user else ""
    query = f"?{urlencode(rest, safe='/')}" if rest else ""
    return f"postgresql{'+' if driver else ''}{driver}://{who}{where}/{quote(name, safe='')}{query}"
