"""Faults injected by the server itself, whatever the driver: after every DDL command and every statement on a table.

An event trigger counts commands, statement triggers on every table count changes of rows; they count in a sequence,
which a rollback does not set back. They do not see: commands on roles, databases, tablespaces, settings and event
triggers, VACUUM, large objects, and functions whose effect is outside of tables.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString, NamedTuple, cast

from seltzer.db.connect import execute, fetch
from seltzer.db.tables import ensure_tables
from seltzer.db.text import Sql, compose, literal, raw

if TYPE_CHECKING:
    import psycopg

    from seltzer.claims.trial import TrialDatabase
    from seltzer.db.history_sql import HistoryTable

_END = -1
FAULTS = "seltzer_fault"
"""The schema of all that counts."""


class Tick(NamedTuple):
    """A point where a fault can come.

    Attributes:
        number: Its place, counted from 1.
        what: The command, in the server's words: `CREATE TABLE public.users`, `INSERT on users`.
    """

    number: int
    what: str


class Faults:
    """The triggers in one throw-away database."""

    def __init__(self, database: TrialDatabase) -> None:
        self._database = database

    def install(self) -> None:
        """Begin to count.

        Raises:
            psycopg.Error: The role may not make event triggers.
        """
        table = self._database.conditions.table
        with self._database.connect() as conn:
            ensure_tables(conn, table)  # ours are no part of the migration
            with conn.transaction():
                execute(conn, _script())
                execute(conn, _ours(table))
                execute(conn, compose(_AT_END, history=table.history))
                execute(conn, raw(_BEGIN))

    def remove(self) -> None:
        """Leave nothing of them."""
        with self._database.connect() as conn, conn.transaction():
            execute(conn, raw("SET LOCAL client_min_messages = warning"))
            execute(conn, raw("DROP EVENT TRIGGER IF EXISTS seltzer_fault"))  # or it would count the next one
            execute(conn, raw("DROP SCHEMA IF EXISTS seltzer_fault CASCADE"))

    def arm(self, at: int, *, kills: bool) -> None:
        """Let the fault come at a tick, counted anew; as an error, or as the end of the session."""
        with self._database.connect() as conn:
            _set(conn, at, kills=kills)

    def arm_end(self) -> None:
        """Let the fault come as an error when everything is done, instead of the history row."""
        with self._database.connect() as conn:
            _set(conn, _END, kills=False)

    def ticks(self) -> list[Tick]:
        """What was counted while no fault was wanted."""
        with self._database.connect() as conn:
            found = fetch(conn, raw("SELECT s.tick, s.what FROM seltzer_fault.seen AS s ORDER BY s.tick"))
        return [Tick(number, what) for number, what in found]

    def counted(self) -> int:
        """How many ticks there were since the last arming, those of rolled back transactions among them."""
        with self._database.connect() as conn:
            found = fetch(conn, raw("SELECT t.last_value, t.is_called FROM seltzer_fault.ticks AS t"))
        (last, called), *_ = found
        return int(last) if called else 0


def _set(conn: psycopg.Connection[Any], at: int, *, kills: bool) -> None:
    fetch(conn, raw("SELECT pg_catalog.setval('seltzer_fault.ticks', 1, false)"))
    wanted = compose(
        "UPDATE seltzer_fault.wanted SET at = {at}, kills = {kills}",
        at=literal(at),
        kills=raw("true") if kills else raw("false"),
    )
    execute(conn, wanted)


@cache
def _script() -> Sql:
    text = (Path(__file__).parent / "statements" / "fault.sql").read_text(encoding="utf-8")
    return raw(cast("LiteralString", text))


def _ours(table: HistoryTable) -> Sql:
    names = Sql(", ".join(f"({literal(table.schema)}, {literal(name)})" for name in table.names))
    return compose(
        "CREATE TABLE seltzer_fault.ours (schema pg_catalog.text, name pg_catalog.text);\n"
        "INSERT INTO seltzer_fault.ours VALUES {names}",
        names=names,
    )


_AT_END = (
    "CREATE TRIGGER seltzer_fault_end AFTER INSERT ON {history} FOR EACH ROW EXECUTE FUNCTION seltzer_fault.on_end()"
)
_BEGIN = """
SELECT seltzer_fault.attach();
CREATE EVENT TRIGGER seltzer_fault ON ddl_command_end EXECUTE FUNCTION seltzer_fault.on_command();
ALTER EVENT TRIGGER seltzer_fault ENABLE ALWAYS
"""
