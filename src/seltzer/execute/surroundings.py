"""What a runner finds around it: the run's database in `shared.config` and the environment, and watched connections."""

from __future__ import annotations

import importlib
import importlib.util
import os
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import psycopg
from psycopg import pq

from seltzer.db.connect import describe_parameters
from seltzer.db.pooler import is_database, read_identity
from seltzer.db.session import GuardedConnection
from seltzer.db.text import compose, literal
from seltzer.errors import ConnectedElsewhereError, Place, UnsupportedStatementError
from seltzer.execute.active import is_at_work
from seltzer.execute.cancelling import cancelled_by_signals

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from seltzer.execute.context import Run
    from seltzer.model import Step


@contextmanager
def run_surroundings(run: Run) -> Generator[Watch]:
    """Point everything a runner looks at to the run's database, and put it back afterwards.

    Call it inside `project_imports`: `shared.config` is imported.
    """
    values = _values(run)
    watch = Watch(run)
    with ExitStack() as stack:
        # The environment first: a shared.config that is imported only now reads it.
        for name, value in {**values, **_options(run)}.items():
            stack.callback(_restore_variable, name, os.environ.get(name))
            os.environ[name] = value
        _set_config(stack, values)
        watch.install(stack)
        stack.enter_context(cancelled_by_signals(watch.connections))
        yield watch


def _restore_variable(name: str, former: str | None) -> None:
    if former is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = former


def _wanted(run: Run) -> dict[str, str | None]:
    return {"search_path": run.quoted_search_path(), "role": run.role}


def _options(run: Run) -> dict[str, str]:
    """Search path and role for the connections that a runner opens itself."""
    wanted = _wanted(run) if run.lease is None else {}
    options = [os.environ.get("PGOPTIONS", "")]
    for name, value in wanted.items():
        if value is not None:
            escaped = value.replace("\\", "\\\\").replace(" ", "\\ ")
            options.append(f"-c {name}={escaped}")
    return {"PGOPTIONS": " ".join(options).strip()} if len(options) > 1 else {}


def _values(run: Run) -> dict[str, str]:
    found = run.parameters
    return {
        "DB_NAME": found.get("dbname", ""),
        "DB_USER": found.get("user", ""),
        "DB_PASSWORD": found.get("password", ""),
        "DB_HOST": found.get("host") or found.get("hostaddr", ""),
        "DB_PORT": found.get("port", "5432"),
    }


def _set_config(stack: ExitStack, values: dict[str, str]) -> None:
    try:
        config: object = importlib.import_module("shared.config").config
    except (Exception, SystemExit):  # noqa: BLE001  # one that is absent or raises counts as not configured
        return
    for name, value in values.items():
        former = getattr(config, name, None)
        chosen = int(value) if isinstance(former, int) and value.isdigit() else value
        own = vars(config).get(name, _ABSENT) if hasattr(config, "__dict__") else former
        # A frozen dataclass refuses setattr, as it should; object's own way, or a class's, still works.
        with suppress(AttributeError, TypeError):
            _assign(config, name, chosen)
            stack.callback(_put_back, config, name, own)


_ABSENT = object()


def _assign(config: object, name: str, value: object) -> None:
    (type.__setattr__ if isinstance(config, type) else object.__setattr__)(config, name, value)  # type: ignore[arg-type]


def _put_back(config: object, name: str, former: object) -> None:
    if former is not _ABSENT:
        _assign(config, name, former)
    elif isinstance(config, type):
        type.__delattr__(config, name)
    else:
        object.__delattr__(config, name)


def _replace(stack: ExitStack, owner: object, name: str, value: object) -> None:
    """Set an attribute until `stack` closes."""
    stack.callback(setattr, owner, name, vars(owner)[name])
    setattr(owner, name, value)


class Watch:
    """Watches which databases a runner connects to: a stranger would get the changes, and we the history row.

    Attributes:
        connections: Those of psycopg2 that the runner has open.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._strangers: list[str] = []
        self._live = True
        # Behind a pooler there is no lock to be seen.
        self._identity = read_identity(run.session.connection()) if run.lease is not None else None
        self._unset: UnsupportedStatementError | None = None
        self.connections: WeakSet[Any] = WeakSet()

    def install(self, stack: ExitStack) -> None:
        """Watch the connections of psycopg and psycopg2 until `stack` closes, however the runner calls for them."""
        # Who did `from psycopg2 import connect` meanwhile may hold the watched one: it must not judge any more.
        stack.callback(setattr, self, "_live", False)  # noqa: FBT003
        # The inner method of all connections, asynchronous ones too: a `connect` that was imported before calls it.
        name = "_connect_gen"  # as it has been called since psycopg 3.0; where it is not, only psycopg2 is watched
        for base in [each for each in psycopg.Connection.__mro__ if name in vars(each)][:1]:
            _replace(stack, base, name, classmethod(self._watched_psycopg(vars(base)[name].__func__)))
        if importlib.util.find_spec("psycopg2") is not None:
            psycopg2 = importlib.import_module("psycopg2")
            # The inner function: modules that did `from psycopg2 import connect` call it too.
            _replace(stack, psycopg2, "_connect", self._watched_psycopg2(psycopg2, vars(psycopg2)["_connect"]))

    def refuse_strangers(self, step: Step) -> None:
        """Raise if the runner connected anywhere but to the run's database, even if it kept that to itself.

        Raises:
            ConnectedElsewhereError: It did.
        """
        if self._strangers:
            raise self._error(step)
        if self._unset is not None:
            self._unset.place, self._unset.migration = Place(step.migration.file.path), step.migration.id
            raise self._unset

    def _error(self, step: Step | None = None) -> ConnectedElsewhereError:
        run = describe_parameters(self._run.parameters)
        return ConnectedElsewhereError(
            f"the runner connected to {self._strangers[0]}, while this run is for {run}; no history row was written",
            hint="Let it take its connection from shared.config or the DB_* variables.",
            place=Place(step.migration.file.path) if step else None,
            migration=step.migration.id if step else None,
        )

    def _watched_psycopg(
        self, original: Callable[..., Generator[Any, Any, Any]]
    ) -> Callable[..., Generator[Any, Any, Any]]:
        def connect(cls: type[Any], *args: Any, **keywords: Any) -> Generator[Any, Any, Any]:
            conn = yield from original(cls, *args, **keywords)
            if self._judges() and not issubclass(cls, GuardedConnection):
                # Outside of a transaction, and in the same words for an asynchronous connection.
                answer = conn.pgconn.exec_(self._question())
                known = answer.status == pq.ExecStatus.TUPLES_OK and answer.get_value(0, 0) == b"t"
                self._judge(conn, conn.pgconn.finish, known=known)
            return conn

        return connect

    def _watched_psycopg2(self, psycopg2: Any, original: Callable[..., Any]) -> Callable[..., Any]:  # noqa: ANN401
        def connect(*args: Any, **keywords: Any) -> Any:  # noqa: ANN401
            conn = original(*args, **keywords)
            if self._judges() and not conn.async_:
                with conn.cursor(cursor_factory=psycopg2.extensions.cursor) as cursor:
                    cursor.execute(self._question())
                    known = cursor.fetchone() == (True,)
                conn.rollback()
                self._judge(conn, conn.close, known=known)
                self.connections.add(conn)
            return conn

        return connect

    def _judges(self) -> bool:
        """Whether a connection is the runner's: another thread of the application may connect where it likes."""
        return self._live and is_at_work()

    def _judge(self, conn: Any, close: Callable[[], None], *, known: bool) -> None:  # noqa: ANN401
        if known:
            self._refuse_unset(close)
            return
        info = conn.info
        self._strangers.append(f"{info.user}@{info.host or 'local'}:{info.port}/{info.dbname}")
        close()
        raise self._error()

    def _refuse_unset(self, close: Callable[[], None]) -> None:
        """Behind a pooler no connection can be opened with a search path or a role."""
        wanted = [name for name, value in _wanted(self._run).items() if value is not None]
        if self._run.lease is None or not wanted:
            return
        close()
        self._unset = UnsupportedStatementError(
            f"the runner connects by itself through a pooler, which does not take {' and '.join(wanted)} along",
            hint="Let it call seltzer.execute_sql_file, or give the way around the pooler: direct-database.",
        )
        raise self._unset

    def _question(self) -> bytes:
        """Whether our migration lock is seen from here: the same server and database, whatever their names."""
        if self._identity is not None:
            return is_database(self._identity).encode()
        key = self._run.lock_key
        return compose(
            "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_locks AS l WHERE l.locktype = 'advisory' AND l.granted "
            "AND l.pid = {pid} AND l.classid::pg_catalog.int8 = {high} AND l.objid::pg_catalog.int8 = {low} "
            "AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d "
            "WHERE d.datname = pg_catalog.current_database()))",
            pid=literal(self._run.lock_pid),
            high=literal((key >> 32) & 0xFFFFFFFF),
            low=literal(key & 0xFFFFFFFF),
        ).encode()
