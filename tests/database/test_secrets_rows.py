"""No value of a row in anything that is said or kept, whatever refuses it and however it came to the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from leaks import CANARY, Said, listening, say_events, say_tables
from seltzer.commands.apply import apply
from seltzer.commands.call import Call
from seltzer.commands.revert import Choice, revert
from seltzer.config import Source, read_config

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from seltzer.events import Event
    from support import Database

pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

# Rows that are there before, and things that refuse new ones.
SETUP = f"""
CREATE TYPE mood AS ENUM ('sad');
CREATE DOMAIN short AS text CHECK (length(value) < 3);
CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE, age int CHECK (age > 0), name text NOT NULL DEFAULT '');
INSERT INTO users VALUES (1, '{CANARY}', 47110815);
CREATE TABLE texts (a text, b varchar(5));
INSERT INTO texts VALUES ('{CANARY}'), ('{CANARY}');
CREATE TABLE posts (id int PRIMARY KEY, user_email text REFERENCES users (email));
INSERT INTO posts VALUES (1, '{CANARY}');
CREATE TABLE later (a text UNIQUE DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE spans (r int4range, EXCLUDE USING gist (r WITH &&));
INSERT INTO spans VALUES ('[47110000,47119999]');
CREATE TABLE parts (a text) PARTITION BY LIST (a);
CREATE VIEW adults AS SELECT * FROM users WHERE age > 17 WITH CHECK OPTION;
CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO users (id, email) VALUES (new.id, '{CANARY}'); RETURN new; END $$;
CREATE TABLE guarded (id int, note text);
CREATE TRIGGER guard BEFORE INSERT ON guarded FOR EACH ROW EXECUTE FUNCTION guard();
"""

REFUSED = {
    "unique": ("23505", f"INSERT INTO users (id, email) VALUES (2, '{CANARY}');"),
    "primary_key": ("23505", "CREATE TABLE k (a int PRIMARY KEY); INSERT INTO k VALUES (47110815), (47110815);"),
    "unique_index": ("23505", "CREATE UNIQUE INDEX ON texts (a);"),
    "unique_at_commit": ("23505", f"INSERT INTO later VALUES ('{CANARY}'), ('{CANARY}');"),
    "check": ("23514", f"INSERT INTO users VALUES (2, '{CANARY} x', -4711);"),
    "added_check": ("23514", "ALTER TABLE users ADD CHECK (age < 5);"),
    "domain": ("23514", f"SELECT '{CANARY}'::short;"),
    "foreign_key": ("23503", f"UPDATE posts SET user_email = '{CANARY} x';"),
    "referenced": ("23503", f"DELETE FROM users WHERE email = '{CANARY}';"),
    "not_null": ("23502", f"INSERT INTO users (id, email, name) VALUES (2, '{CANARY} x', NULL);"),
    "exclusion": ("23P01", "INSERT INTO spans VALUES ('[47110815,47110816]');"),
    "partition": ("23514", f"INSERT INTO parts VALUES ('{CANARY}');"),
    "view": ("44000", f"INSERT INTO adults VALUES (2, '{CANARY} x', 5);"),
    "cast": ("22P02", f"INSERT INTO users (id) VALUES ('{CANARY}');"),
    "cast_of_select": ("22P02", f"SELECT\n  '{CANARY}'::int;"),
    "cast_of_rows": ("22P02", "ALTER TABLE texts ALTER a TYPE int USING a::int;"),
    "number": ("22003", "INSERT INTO users (id) VALUES ('4711471147114711');"),
    "too_long": ("22001", f"INSERT INTO texts (b) VALUES ('{CANARY}');"),
    "enum": ("22P02", f"SELECT '{CANARY}'::mood;"),
    "date": ("22007", f"SELECT '{CANARY}'::date;"),
    "date_out_of_range": ("22008", "SELECT '4711-47-11'::date;"),
    "json": ("22P02", f'SELECT \'{{"a": {CANARY}}}\'::json;'),
    "json_of_rows": ("22P02", "ALTER TABLE texts ALTER a TYPE jsonb USING ('{\"b\": ' || a)::jsonb;"),
    "array": ("22P02", f"SELECT '{{{CANARY}'::text[];"),
    "time_zone": ("22023", f"SELECT now() AT TIME ZONE '{CANARY}';"),
    "text_search": ("42601", f"SELECT '{CANARY} &'::tsquery;"),
    "json_path": ("42601", f"SELECT '$.{CANARY} canary4711'::jsonpath;"),
    "copy": ("22P02", f"COPY users (id) FROM PROGRAM 'echo \"{CANARY}\"';"),
    "merge": ("42703", f"MERGE INTO users USING texts ON a = email WHEN MATCHED THEN\n  UPDATE SET no = '{CANARY}';"),
    "rows_on_lines": ("42703", f"INSERT INTO texts\nVALUES\n  ('{CANARY}', ''),\n  ('{CANARY}', nosuch), (4711, '');"),
    "text_on_lines": ("42703", "UPDATE texts SET a = $q$\ncanary\n4711 canary$q$ || nosuch;"),
    "escaped": ("42703", "INSERT INTO texts VALUES (E'it\\'s canary', 4711, nosuch); -- not canary"),
    "trigger": ("23505", f"INSERT INTO guarded VALUES (3, '{CANARY}');"),
    "do": ("23505", f"DO $$ BEGIN INSERT INTO users (id, email) VALUES (4711, '{CANARY}'); END $$;"),
    "dynamic": ("42P01", f"DO $$ BEGIN EXECUTE 'INSERT INTO nosuch VALUES (''{CANARY}'')'; END $$;"),
    "dynamic_syntax": ("42601", f"DO $$ BEGIN EXECUTE 'INSERT INTO texts VALU (''{CANARY}'')'; END $$;"),
    "assignment": ("22P02", f"DO $$ DECLARE n int; BEGIN n := '{CANARY}'; END $$;"),
    "sequence": ("22003", "CREATE SEQUENCE s MAXVALUE 5; SELECT setval('s', 47110815);"),
}  # fmt: skip


SOME = ("unique", "unique_at_commit", "not_null", "cast_of_rows", "json_of_rows", "copy", "trigger", "do", "assignment")
"""Enough to see that a way says no value either."""


class Way(NamedTuple):
    """How a failing text comes to the server: the files of a module, what runs them, and which are tried."""

    files: Callable[[str], dict[str, str]]
    run: Callable[[Call], object] = apply
    tried: Collection[str] = SOME


def _sql(head: str = "") -> Callable[[str], dict[str, str]]:
    return lambda text: {"0001_fail.sql": head + text}


_CONNECT = """import os
import {driver}
def run_migration():
    conn = {driver}.connect(dbname=os.environ["DB_NAME"], user=os.environ["DB_USER"], host=os.environ["DB_HOST"])
    conn.autocommit = True
    try:
        conn.execute(TEXT) if hasattr(conn, "execute") else conn.cursor().execute(TEXT)
    except Exception as error:
        {raised}
    finally:
        conn.close()
"""


def _runner(driver: str, raised: str) -> Callable[[str], dict[str, str]]:
    code = _CONNECT.format(driver=driver, raised=raised)
    return lambda text: {"__init__.py": code.replace("TEXT", repr(text))}


def _python(raised: str) -> Callable[[str], dict[str, str]]:
    def files(text: str) -> dict[str, str]:
        body = f"    try:\n        conn.execute({text!r})\n    except Exception as error:\n        {raised}\n"
        return {"0001_fail.py": f"def apply(conn):\n{body}"}

    return files


def _file_of_runner(text: str) -> dict[str, str]:
    runner = "from seltzer import execute_sql_file\ndef run_migration():\n    execute_sql_file('rows.sql')\n"
    return {"__init__.py": runner, "rows.sql": text}


def _down(text: str) -> dict[str, str]:
    return {"0001_fail.sql": "SELECT 1;", "0001_fail.down.sql": text}


def _together(call: Call) -> None:
    apply(call, together=True)


def _reverted(call: Call) -> None:
    apply(call)
    revert(call, Choice(last=1))


_WRAPPED = "raise RuntimeError(f'rows: {error}') from error"
WAYS = {
    "plain": Way(_sql(), tried=REFUSED),
    "stepwise": Way(_sql("-- seltzer: transaction = off\nSELECT 1;\n")),
    "unparsed": Way(_sql("-- seltzer: parse = off\n")),
    "together": Way(_sql(), _together),
    "down": Way(_down, _reverted),
    "python": Way(_python("raise")),
    "python_wrapped": Way(_python(_WRAPPED)),
    "python_detail": Way(_python("raise ValueError(error.diag.message_detail, str(error)) from None")),
    "psycopg2": Way(_runner("psycopg2", "raise"), tried=REFUSED),
    "psycopg2_wrapped": Way(_runner("psycopg2", _WRAPPED)),
    "psycopg": Way(_runner("psycopg", "raise")),
    "file_of_runner": Way(_file_of_runner),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_value_of_a_row_is_said_or_kept(
    way: str, database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever refuses it: constraints, casts, triggers, syntax; a message of the user's own is all that is theirs."""
    database.query(SETUP)
    leaks: dict[str, list[str]] = {}
    states: dict[str, str | None] = {}
    for name in WAYS[way].tried:
        said = _refused(database, tmp_path / name, WAYS[way], REFUSED[name][1], caplog)
        leaks[name] = said.leaks()
        states[name] = said.error.sqlstate if said.error is not None else "nothing was refused"

    assert {name: found for name, found in leaks.items() if found} == {}
    assert states == {name: _state(way, name) for name in states}


def _state(way: str, name: str) -> str | None:
    """The server's, unless the user's code raised an error of its own: not at the commit, which is ours."""
    own = way == "psycopg2_wrapped" or (way in {"python_wrapped", "python_detail"} and name != "unique_at_commit")
    return None if own else REFUSED[name][0]


def _refused(database: Database, root: Path, way: Way, text: str, caplog: pytest.LogCaptureFixture) -> Said:
    events: list[Event] = []
    said = Said()
    call = _call(database, root, way.files(text), events)
    with listening(said, caplog):
        way.run(call)
    say_events(said, events)
    say_tables(said, database, call.config.history.schema)
    said.add("call", f"{call!r}")
    return said


def _call(database: Database, root: Path, files: dict[str, str], events: list[Event]) -> Call:
    folder = root / "migrations" / "rows"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    arguments = {"migrations": folder.parent, "database": database.url, "history": f"h_{root.name}.history"}
    config = read_config(arguments, given_as=Source.ARGUMENT, environ={}, working_folder=root)
    return Call(config, listener=events.append)
