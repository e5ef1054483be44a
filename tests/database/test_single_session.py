"""`apply --single-transaction`: what each migration finds in the session, and what is checked at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from database.test_single_transaction import fails, only_one_version, together
from seltzer.errors import StatementError
from seltzer.events import NoticeReceived

if TYPE_CHECKING:
    from seltzer.events import Event
    from support import Project

MARKS = "INSERT INTO marks SELECT 'X', {} ;\n"
SEEN = (
    "concat_ws(',', current_user, current_setting('search_path'), current_setting('statement_timeout'), "
    "current_setting('DateStyle'), (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors), "
    "(SELECT count(*) FROM pg_listening_channels()), to_regclass('pg_temp.t'), "
    "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objid = 4242), "
    "coalesce(current_setting('my.word', true), ''))"
)
DIRT = (
    "SET search_path = pg_catalog;\nSET statement_timeout = '1h';\nSET DateStyle = 'German, DMY';\n"
    "PREPARE p AS SELECT 1;\nDECLARE c CURSOR WITH HOLD FOR SELECT 1;\nLISTEN somebody;\n"
    "CREATE TEMP TABLE t (id int);\nSELECT pg_advisory_lock(4242);\nSET my.word = 'left';\nSET ROLE pg_monitor;\n"
)


def test_each_migration_meets_a_clean_session(project: Project) -> None:
    """Role, settings, temporary tables, prepared statements, cursors, locks of one never reach the next."""
    project.write(
        {
            "a/create_tables.sql": "CREATE TABLE marks (who text, seen text);\n",
            "a/0001_before.sql": MARKS.format(SEEN),
            "a/0002_dirt.sql": DIRT,
            "a/0003_after.sql": MARKS.format(SEEN),
        }
    )

    assert len(together(project)) == 4

    before, after = project.database.query("SELECT seen FROM marks ORDER BY ctid")
    assert before == after


@only_one_version
def test_each_python_migration_meets_a_connection_of_its_own(project: Project) -> None:
    """What one does to the object (row factory, what it prepared) does not reach the next; SQL after it is heard."""
    project.write(
        {
            "a/0001_dirt.py": (
                "from psycopg.rows import dict_row\n\n\ndef apply(conn):\n    conn.row_factory = dict_row\n"
                "    conn.autocommit_was = conn.autocommit\n"
                "    for _ in range(2):\n        conn.execute('SELECT 1 AS one', prepare=True).fetchone()\n"
                "    with conn.transaction():\n        conn.execute('CREATE TABLE t (id int)')\n"
            ),
            "a/0002_clean.py": (
                "def apply(conn):\n    assert conn.execute('SELECT 1 AS one', prepare=True).fetchone() == (1,)\n"
                "    assert not hasattr(conn, 'autocommit_was')\n"
                "    conn.execute(\"DO $$ BEGIN RAISE NOTICE 'py'; END $$\")\n"
            ),
            "a/0003_sql.sql": "DO $$ BEGIN RAISE NOTICE 'sql'; END $$;\n",
        }
    )
    heard: list[Event] = []

    assert len(together(project, on_event=heard.append)) == 3

    assert [event.message for event in heard if isinstance(event, NoticeReceived)] == ["py", "sql"]


def test_a_deferred_constraint_is_checked_at_the_end_of_its_migration(project: Project) -> None:
    """As it is without this flag: the file that violates it is named, and the next one may alter the table."""
    project.write(
        {
            "a/create_tables.sql": (
                "CREATE TABLE a (id int PRIMARY KEY);\n"
                "CREATE TABLE b (id int REFERENCES a DEFERRABLE INITIALLY DEFERRED);\n"
            ),
            "a/0001_rows.sql": "INSERT INTO b VALUES (1);\nINSERT INTO a VALUES (1);\n",
            "a/0002_alter.sql": "ALTER TABLE b ADD COLUMN x int;\n",
            "a/0003_rows.sql": "INSERT INTO b VALUES (2);\nINSERT INTO a VALUES (2);\n",
            "a/0004_bad.sql": "INSERT INTO b VALUES (3);\n",
            "a/0005_alter.sql": "ALTER TABLE b ADD COLUMN y int;\n",
        }
    )

    assert fails(project, StatementError).migration == "a/0004_bad"

    project.remove("a/0004_bad.sql")
    assert len(together(project)) == 5
