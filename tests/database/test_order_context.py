"""The settings `search-path` and `role`: applied to every migration of every kind, and to how its names are read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from psycopg import sql

from seltzer.errors import SeltzerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support import Database, Project

LOOK = "INSERT INTO seen VALUES ('{}', current_user, current_setting('search_path'));\n"
PYTHON = 'def apply(conn):\n    conn.execute("""{}""")\n'
RUNNER = "import seltzer\n\n\ndef run_migration():\n    seltzer.execute_sql_file('look.sql')\n"
OWN = f"""import os

import psycopg2

DEPENDS_ON = "a"


def run_migration():
    names = dict(dbname="NAME", user="USER", password="PASSWORD", host="HOST", port="PORT")
    conn = psycopg2.connect(**{{word: os.environ["DB_" + name] for word, name in names.items()}})
    conn.cursor().execute(\"\"\"{LOOK.format("own connection").strip()}\"\"\")
    conn.commit()
    conn.close()
"""
KINDS = {
    "a/create_tables.sql": "CREATE TABLE seen (what text, who text, path text);\n" + LOOK.format("first day"),
    "b/0001_x.sql": LOOK.format("one transaction"),
    "b/0002_x.sql": f"-- seltzer: transaction = off\n{LOOK.format('in units')}",
    "b/0003_x.sql": f"-- seltzer: parse = off\n-- seltzer: depends-on = a\n{LOOK.format('unparsed')}",
    "b/0004_x.py": f'DEPENDS_ON = "a"\n\n\n{PYTHON.format(LOOK.format("python").strip())}',
    "b/0005_x.sql": f"BEGIN;\n{LOOK.format('block')}COMMIT;\n",
    "b/look.sql": LOOK.format("repeatable"),
    "c/__init__.py": RUNNER,
    "c/look.sql": LOOK.format("runner"),
    "d/__init__.py": OWN,
}
EVERY = {
    "first day", "one transaction", "in units", "unparsed", "python", "block", "repeatable", "runner",
    "own connection",
}  # fmt: skip


@pytest.fixture
def owner(database: Database) -> Iterator[str]:
    """A role that owns a schema `app` and may do nothing elsewhere."""
    name = f"owner_of_{database.name}"
    with database.connect() as conn:
        conn.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))
        conn.execute(sql.SQL("CREATE SCHEMA app AUTHORIZATION {}").format(sql.Identifier(name)))
    yield name
    with database.connect() as conn:
        conn.execute(sql.SQL("DROP OWNED BY {0} CASCADE; DROP ROLE {0}").format(sql.Identifier(name)))


def test_every_kind_of_migration_runs_with_role_and_search_path(project: Project, owner: str) -> None:
    """And what it makes lies in the path's first schema and belongs to the role."""
    project.write(KINDS).migrations(search_path="app, public", role=owner).run_all()

    seen = project.database.query("SELECT what, who, path FROM app.seen")
    assert {what for what, _, _ in seen} == EVERY
    assert {(who, re.sub('[" ]', "", str(path))) for _, who, path in seen} == {(owner, "app,public")}
    assert project.database.query("SELECT relowner::regrole::text FROM pg_class WHERE relname = 'seen'") == [(owner,)]


def test_a_revert_runs_with_them_too(project: Project, owner: str) -> None:
    """Its way back is a migration's text like the others."""
    settings = {"search_path": "app", "role": owner}
    files = {"a/create_tables.sql": "CREATE TABLE t (who text);\n", "a/0001_x.sql": "SELECT 1;\n"}
    project.write({**files, "a/0001_x.down.sql": "INSERT INTO t VALUES (current_user);\n"})
    project.migrations(**settings).run_all()

    project.migrations(**settings).revert("a/0001")

    assert project.database.query("SELECT who FROM app.t") == [(owner,)]


def test_a_role_that_may_not_is_refused_by_the_server(project: Project, owner: str) -> None:
    """Nothing runs as the one that connected instead."""
    project.write({"a/create_tables.sql": "CREATE TABLE other.t ();\n"})
    project.database.query("CREATE SCHEMA other")

    with pytest.raises(SeltzerError, match="permission denied for schema other"):
        project.migrations(role=owner).run_all()


def test_names_are_read_with_the_search_path(project: Project) -> None:
    """A bare name is one of the path's first schema that has it; the same name in another schema is another thing."""
    project.write(
        {
            "a/0001_x.sql": "CREATE VIEW v AS SELECT one FROM t;\n",
            "b/0001_x.sql": "CREATE TABLE other.t (three int);\n",
            "y/0001_x.sql": "CREATE TABLE t (one int);\n",
            "z/create_tables.sql": "CREATE SCHEMA app; CREATE SCHEMA other;\n",
        }
    )
    project.migrations(search_path="app,public").run_all()

    rows = project.database.query("SELECT id FROM seltzer.history ORDER BY position")
    assert [id_ for (id_,) in rows] == ["z/create_tables", "b/0001_x", "y/0001_x", "a/0001_x"]
    assert project.database.query("SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = 'v'") == [
        ("app",)
    ]


def test_a_name_may_be_in_a_later_schema_of_the_path(project: Project) -> None:
    """What the first schema does not get from anyone is looked for in the next."""
    project.write(
        {
            "a/0001_x.sql": "CREATE TABLE t (one int REFERENCES users (id));\n",
            "y/0001_x.sql": "CREATE TABLE public.users (id int PRIMARY KEY);\n",
            "z/create_tables.sql": "CREATE SCHEMA app;\n",
        }
    )

    project.migrations(search_path="app,public").run_all()

    assert project.database.query("SELECT count(*) FROM app.t") == [(0,)]


def test_files_of_pg_dump_set_their_own_path(project: Project) -> None:
    """An empty path at the head of a file: names with a schema hold, and the next file has the run's path again."""
    head = "SET check_function_bodies = false;\nSELECT pg_catalog.set_config('search_path', '', false);\n"
    project.write(
        {
            "a/0001_x.sql": f"{head}CREATE TABLE one.t (m two.mood DEFAULT 'ok', n text DEFAULT two.slug('x'));\n",
            "b/0001_x.sql": "CREATE VIEW v AS SELECT m FROM t;\n",
            "y/0001_x.sql": f"{head}CREATE TYPE two.mood AS ENUM ('ok');\n"
            "CREATE FUNCTION two.slug(text) RETURNS text LANGUAGE sql AS 'SELECT n FROM one.t';\n",
            "z/create_tables.sql": f"{head}CREATE SCHEMA one;\nCREATE SCHEMA two;\n",
        }
    )

    project.migrations(search_path="one").run_all()

    rows = project.database.query("SELECT id FROM seltzer.history ORDER BY position")
    assert [id_ for (id_,) in rows] == ["z/create_tables", "y/0001_x", "a/0001_x", "b/0001_x"]
    assert project.database.query("SELECT count(*) FROM one.v") == [(0,)]
