"""Runners in the shape of the original README: a connection of their own, from shared.config."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from seltzer import Migrations
from seltzer.errors import RunnerError, StatementError
from seltzer.model import DatabaseState
from seltzer.source import templates

if TYPE_CHECKING:
    from pathlib import Path

    from support import Database, Project

INIT = '''\
from .run_migration import run_your_migration

def run_migration():
    """Run the your_module migrations"""
    run_your_migration()
'''

CREATE_TABLES = """\
-- Create example table
CREATE TABLE IF NOT EXISTS example_table (
    id SERIAL PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- Create indexes
CREATE INDEX IF NOT EXISTS idx_example_table_name ON example_table(name);
"""

RUN_MIGRATION = '''\
import os
import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT
from shared.config import config

def run_example_migration():
    """Execute the SQL migration script"""
    try:
        current_dir = os.path.dirname(os.path.abspath(__file__))
        sql_file = os.path.join(current_dir, 'create_tables.sql')
        
        with open(sql_file, 'r') as f:
            sql_commands = f.read()

        conn = psycopg2.connect(
            dbname=config.DB_NAME,
            user=config.DB_USER,
            password=config.DB_PASSWORD,
            host=config.DB_HOST,
            port=config.DB_PORT
        )
        conn.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        
        with conn.cursor() as cur:
            cur.execute(sql_commands)
        
        print("Example migrations completed successfully!")
        
    except Exception as e:
        print(f"Error during example migration: {str(e)}")
        raise
    finally:
        if 'conn' in locals():
            conn.close()
'''  # noqa: W293  # to the letter

CONFIG = """\
import os


class Config:
    def __init__(self):
        self.DB_NAME = os.environ.get("DB_NAME", "postgres")
        self.DB_USER = os.environ.get("DB_USER", "postgres")
        self.DB_PASSWORD = os.environ.get("DB_PASSWORD", "")
        self.DB_HOST = os.environ.get("DB_HOST", "localhost")
        self.DB_PORT = os.environ.get("DB_PORT", "5432")


config = Config()
"""

ORIGINAL = {
    "example/__init__.py": INIT.replace("run_your_migration", "run_example_migration"),
    "example/create_tables.sql": CREATE_TABLES,
    "example/run_migration.py": RUN_MIGRATION,
    "../shared/__init__.py": "",
    "../shared/config.py": CONFIG,
}


def rows(database: Database) -> list[tuple[object, ...]]:
    """The history: ids and states."""
    return database.query("SELECT id, state, generation FROM seltzer.history ORDER BY position")


def test_the_originals_runner_works_as_it_is(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    """It runs once, on the run's database whatever its own settings say, and what it prints goes to stderr."""
    project.write(ORIGINAL)

    first, second = project.migrations().run_all(), project.migrations().run_all()

    printed = capfd.readouterr()
    assert first.applied == ("example/run_migration",)
    assert (second.applied, second.state) == ((), DatabaseState.CURRENT)
    assert rows(project.database) == [("example/run_migration", "applied", 1)]
    assert project.database.query("SELECT indexname FROM pg_indexes WHERE tablename = 'example_table' ORDER BY 1") == [
        ("example_table_pkey",),
        ("idx_example_table_name",),
    ]
    assert printed.out == ""
    assert printed.err.count("Example migrations completed successfully!") == 1


def test_the_original_call_works_as_it_is(project: Project) -> None:
    """`from migrations import run_all_migrations`, with the application's own database from shared.config."""
    project.write({**ORIGINAL, "__init__.py": templates.INIT})
    host = str(project.database.server.socket_folder)
    environment = {
        "SELTZER_DATABASE": "",
        "DB_NAME": project.database.name,
        "DB_USER": "postgres",
        "DB_HOST": host,
        "DB_PORT": "5432",
    }

    done = subprocess.run(
        [sys.executable, "-c", "from migrations import run_all_migrations\nprint(run_all_migrations().applied)"],
        cwd=project.root,
        env=project.variables(environment),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "('example/run_migration',)\n", done.stderr


def test_a_changed_file_of_a_runner_runs_it_again(project: Project) -> None:
    """Each of its own files counts: SQL and Python without a number."""
    project.write(ORIGINAL).migrations().run_all()
    changes = {
        "example/create_tables.sql": CREATE_TABLES + "CREATE TABLE IF NOT EXISTS more ();\n",
        "example/run_migration.py": RUN_MIGRATION + "VALUE = 1\n",
        "example/__init__.py": ORIGINAL["example/__init__.py"] + "VALUE = 1\n",
        "example/views.sql": "SELECT 1;\n",
    }

    applied = [project.write({name: text}).migrations().run_all().applied for name, text in changes.items()]

    assert applied == [("example/run_migration",)] * 4
    assert [row[2] for row in rows(project.database)] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("name", "text"),
    [("example/rows.csv", "1"), ("example/create_tables.sql", f"-- The first day.\n{CREATE_TABLES}")],
    ids=["not ours", "comment"],
)
def test_what_does_not_count_runs_nothing(project: Project, name: str, text: str) -> None:
    """Files that are not ours, and comments."""
    project.write(ORIGINAL).migrations().run_all()

    assert project.write({name: text}).migrations().run_all().applied == ()


def test_numbered_files_of_a_runners_module_run_after_it(project: Project) -> None:
    """They are migrations of their own; the files without a number are the runner's."""
    project.write(
        {
            **ORIGINAL,
            "example/0001_add_email.sql": "ALTER TABLE example_table ADD COLUMN email text;",
            "example/0002_add_ada.py": "def apply(conn):\n"
            "    conn.execute(\"INSERT INTO example_table (name) VALUES ('Ada')\")\n",
            "example/views.sql": "CREATE VIEW never AS SELECT 1;",
        }
    )

    first, second = project.migrations().run_all(), project.migrations().run_all()

    assert first.applied == ("example/run_migration", "example/0001_add_email", "example/0002_add_ada")
    assert second.applied == ()
    assert project.database.query("SELECT name, email FROM example_table") == [("Ada", None)]
    assert project.database.query("SELECT to_regclass('never')") == [(None,)]


def test_a_runner_that_raises_has_no_history_row(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    """It is told with its own words and line; the next start tries again."""
    project.write({**ORIGINAL, "example/create_tables.sql": "CREATE TABLE example_table (id nosuch);"})

    with pytest.raises(RunnerError) as caught:
        project.migrations().run_all()
    failed = rows(project.database)
    again = project.write(ORIGINAL).migrations().run_all()

    assert "nosuch" in caught.value.message
    assert caught.value.sqlstate == "42704"
    assert caught.value.place is not None
    assert caught.value.place.file.name == "run_migration.py"
    assert failed == [("example/run_migration", "failed", None)]
    assert "Error during example migration" in capfd.readouterr().err
    assert again.applied == ("example/run_migration",)


def test_what_a_runner_is_refused_is_told_without_row_values(project: Project) -> None:
    """Psycopg2 repeats the key in its message: neither the error nor the history has it."""
    text = CREATE_TABLES + (
        "CREATE UNIQUE INDEX IF NOT EXISTS u ON example_table (name);\n"
        "INSERT INTO example_table (name) VALUES ('canary'), ('canary');\n"
    )
    project.write({**ORIGINAL, "example/create_tables.sql": text})

    with pytest.raises(RunnerError) as caught:
        project.migrations().run_all()

    assert caught.value.sqlstate == "23505"
    assert "canary" not in f"{caught.value} {caught.value.detail}"
    assert project.database.query("SELECT count(*) FROM seltzer.history WHERE message LIKE '%canary%'") == [(0,)]


def test_two_projects_in_one_process_do_not_meet(project: Project, tmp_path: Path) -> None:
    """Their packages have the same names; each runner gets its own config and its own table."""
    projects = [type(project)(tmp_path / name, project.database) for name in ("one", "two")]
    for one in projects:
        text = CREATE_TABLES.replace("example_table", f"table_of_{one.root.name}")
        one.write({**ORIGINAL, "example/create_tables.sql": text})

    applied = [
        one.migrations(history=f"seltzer_{one.root.name}.history").run_all().applied for one in [*projects, *projects]
    ]

    assert applied == [("example/run_migration",)] * 2 + [()] * 2
    assert project.database.query("SELECT relname FROM pg_class WHERE relname ~ '^table_of_...$' ORDER BY 1") == [
        ("table_of_one",),
        ("table_of_two",),
    ]


def test_a_run_leaves_the_process_as_it_was(project: Project) -> None:
    """`sys.path` and the project's modules, also when the runner raises."""
    path, modules = sys.path.copy(), set(sys.modules)
    project.write(ORIGINAL).migrations().run_all()
    project.write({"example/create_tables.sql": "SELECT nosuch;"})

    with pytest.raises(RunnerError):
        project.migrations().run_all()

    assert sys.path == path
    assert [name for name in set(sys.modules) - modules if name.partition(".")[0] in {"migrations", "shared"}] == []
    assert Migrations(project.folder, database=project.database.url).status().state is DatabaseState.BEHIND


def test_a_file_of_a_runner_that_does_not_parse_stops_before_it_runs(project: Project) -> None:
    """The whole plan is parsed, the runner's SQL too."""
    project.write({**ORIGINAL, "example/create_tables.sql": "CREAT TABLE example_table ();"})

    with pytest.raises(Exception, match="does not parse") as caught:
        project.migrations().run_all()

    assert not isinstance(caught.value, RunnerError | StatementError)
    assert project.database.query("SELECT to_regclass('seltzer.history')") == [(None,)]
