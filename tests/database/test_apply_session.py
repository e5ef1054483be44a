"""Every migration meets a clean session, whatever the one before it left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.errors import StatementError

if TYPE_CHECKING:
    from support import Project

# Everything of a session that can be left behind, as one line.
LOOK = """
INSERT INTO seen (what, session) SELECT '{}', concat_ws(' ',
  current_user, session_user, current_setting('search_path'), current_setting('work_mem'),
  current_setting('default_transaction_isolation'), current_setting('transaction_isolation'),
  nullif(current_setting('my.setting', true), ''), current_setting('statement_timeout'),
  current_setting('synchronous_commit'),
  (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()),
  (SELECT count(*) FROM pg_proc WHERE pronamespace = pg_my_temp_schema()),
  (SELECT count(*) FROM pg_type WHERE typnamespace = pg_my_temp_schema()),
  (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors WHERE name <> ''),
  (SELECT count(*) FROM pg_listening_channels()),
  (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory' AND objid = 42));
"""
LEAVINGS = {
    "role": "SET ROLE pg_monitor;",
    "local role": "SET LOCAL ROLE pg_monitor;",
    "authorization": "SET SESSION AUTHORIZATION pg_monitor;",
    "search path": "SET search_path = pg_catalog;",
    "search path of a dump": "SELECT pg_catalog.set_config('search_path', '', false);",
    "setting": "SET work_mem = '7MB';",
    "own setting": "SET my.setting = 'here';",
    "timeout": "SET statement_timeout = '1h';",
    "durability": "SET synchronous_commit = local;",
    "isolation": "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE;",
    "setting by a function": "DO $$BEGIN PERFORM set_config('work_mem', '7MB', false); END$$;",
    "temporary table": "CREATE TEMP TABLE left_behind (id int);",
    "temporary table by its schema": "CREATE TABLE pg_temp.left_behind (id int);",
    "temporary table of a query": "CREATE TEMP TABLE left_behind AS SELECT 1 AS id;",
    "temporary sequence": "CREATE TEMP SEQUENCE left_behind;",
    "temporary view": "CREATE TEMP VIEW left_behind AS SELECT 1 AS id;",
    "temporary view by its schema": "CREATE VIEW pg_temp.left_behind AS SELECT 1 AS id;",
    "temporary function": "CREATE FUNCTION pg_temp.left_behind() RETURNS int LANGUAGE sql RETURN 1;",
    "temporary type": "CREATE TYPE pg_temp.left_behind AS ENUM ('one');",
    "temporary domain": "CREATE DOMAIN pg_temp.left_behind AS int;",
    "prepared statement": "PREPARE left_behind AS SELECT 1;",
    "cursor": "DECLARE left_behind CURSOR WITH HOLD FOR SELECT 1;",
    "advisory lock": "SELECT pg_advisory_lock(42);",
    "channel": "LISTEN left_behind;",
}
SEEN = "CREATE TABLE seen (what text, session text);"
FIRST = {"m/0001_seen.sql": SEEN, "m/0002_look.sql": LOOK.format("clean")}


def spoiled(project: Project) -> dict[str, str]:
    """What a run's looks saw that was not as in the first one, by what had been left before."""
    project.migrations().run_all()
    seen = {str(what): str(session) for what, session in project.database.query("SELECT what, session FROM seen")}
    clean = seen.pop("clean")
    assert seen
    assert clean.startswith('postgres postgres "$user", public ')
    return {what: session for what, session in seen.items() if session != clean}


def test_nothing_that_a_file_leaves_reaches_the_next(project: Project) -> None:
    """SQL in one transaction."""
    project.write(FIRST)
    for number, (name, leaving) in enumerate(LEAVINGS.items()):
        project.write({f"m/{1000 + number}0_leave.sql": leaving, f"m/{1000 + number}1_look.sql": LOOK.format(name)})

    assert spoiled(project) == {}


SOME = "".join(
    LEAVINGS[name] for name in ("setting", "temporary table", "prepared statement", "advisory lock", "channel")
)
ALL = SOME + LEAVINGS["role"]


OTHER_WAYS = {
    "unparsed": ("sql", "-- seltzer: parse = off\n" + ALL),
    "block": ("sql", f"BEGIN;\n{ALL}\nCOMMIT;\n"),
    "blocks": ("sql", f"{LEAVINGS['setting']}\nBEGIN;\n{SOME}\nCOMMIT;\nBEGIN; SELECT 1; COMMIT;\n"),
    "stepwise": ("sql", f"VACUUM seen;\n{LEAVINGS['setting']}{LEAVINGS['prepared statement']}"),
    "python": ("py", f"def apply(conn):\n    conn.execute({ALL!r})\n"),
    "python factories": (
        "py",
        "from psycopg.rows import dict_row\n\ndef apply(conn):\n    conn.row_factory = dict_row\n",
    ),
}


def test_nothing_that_other_ways_leave_reaches_the_next(project: Project) -> None:
    """Files that are not one transaction of ours, Python, and a file that a runner hands over."""
    project.write(FIRST)
    for number, (name, (suffix, text)) in enumerate(OTHER_WAYS.items()):
        project.write({f"m/{1000 + number}0_leave.{suffix}": text, f"m/{1000 + number}1_look.sql": LOOK.format(name)})
    project.write(
        {
            "n/__init__.py": "import seltzer\ndef run_migration():\n    seltzer.execute_sql_file('leave.sql')\n",
            "n/leave.sql": "-- seltzer: depends-on = m\n" + ALL,
            "o/0001_look.sql": "-- seltzer: depends-on = n\n" + LOOK.format("runner"),
        }
    )

    assert spoiled(project) == {}


def test_nothing_that_a_failure_leaves_reaches_its_note(project: Project) -> None:
    """A file that takes a powerless role and fails: the note of the failure is written all the same."""
    project.write({"m/0001_fail.sql": "SET ROLE pg_monitor;\nSELECT 1 / 0;\n"})

    assert project.run("apply").code == 1

    rows = project.database.query('SELECT state, sqlstate, "current_user" FROM seltzer.history')
    assert rows == [("failed", "22012", "postgres")]


def test_a_file_may_rely_on_its_own_settings(project: Project) -> None:
    """Within one file everything holds as in psql, in whichever way it runs."""
    text = "SET work_mem = '7MB';\nCREATE TEMP TABLE mine AS SELECT current_setting('work_mem') AS word;\n"
    keep = "INSERT INTO kept SELECT '{}', word FROM mine;\n"
    project.write(
        {
            "m/create_tables.sql": "CREATE TABLE IF NOT EXISTS kept (how text, word text);",
            "m/0001_whole.sql": text + keep.format("whole"),
            "m/0002_steps.sql": "-- seltzer: transaction = off\n" + text + keep.format("steps"),
            "m/0003_concurrently.sql": text + "VACUUM kept;\n" + keep.format("concurrently"),
            "m/0004_blocks.sql": f"BEGIN;\n{text}COMMIT;\nBEGIN;\n{keep.format('blocks')}COMMIT;\n",
        }
    )

    project.migrations().run_all()

    ways = ("whole", "steps", "concurrently", "blocks")
    assert set(project.database.query("SELECT how, word FROM kept")) == {(how, "7MB") for how in ways}


def test_statements_of_ours_do_not_outlive_a_file_that_could_see_or_drop_them(project: Project) -> None:
    """Many plain files have the row prepared; a file that uses the same name, or drops it, is none the wiser."""
    plain = {f"m/00{number}0_plain.sql": f"CREATE TABLE plain_{number} ();" for number in range(10, 20)}
    others = {
        "m/0135_name.sql": "PREPARE seltzer_row AS SELECT 1; EXECUTE seltzer_row;",
        "m/0145_drop.sql": "DO $$BEGIN EXECUTE 'DEALLOCATE ALL'; END$$;",
        "m/0155_look.sql": "CREATE TABLE found AS SELECT name FROM pg_prepared_statements;",
    }
    project.write({**plain, **others})
    project.migrations().run_all()
    assert set(project.states().values()) == {"applied"}
    assert project.database.query("SELECT * FROM found") == []
    assert project.database.query("SELECT count(*), count(DISTINCT position) FROM seltzer.history") == [(13, 13)]


def test_a_failure_after_prepared_statements_is_noted_and_mended(project: Project) -> None:
    """The statement and its place are counted right, with the PREPARE commands in the message and without."""
    for failing in (3, 4, 5, 9):
        plain = {f"m{failing}/000{number}_plain.sql": f"CREATE TABLE t{failing}_{number} ();" for number in range(1, 9)}
        broken = {f"m{failing}/000{failing}_plain.sql": "CREATE TABLE fine ();\nCOMMENT ON TABLE nowhere IS 'x';"}
        project.write({**plain, **broken})
        with pytest.raises(StatementError) as caught:
            project.migrations().run_all()
        assert caught.value.place is not None
        assert caught.value.place.line == 2  # the second line of the file
        project.write({f"m{failing}/000{failing}_plain.sql": "CREATE TABLE fine ();\nDROP TABLE fine;"})
        project.migrations().run_all()
    assert set(project.states().values()) == {"applied"}
