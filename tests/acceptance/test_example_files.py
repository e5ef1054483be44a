"""The example's files by themselves: the original's text, run by hand, run backwards, run on rows that are there."""

from __future__ import annotations

import importlib.util
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from acceptance.example_service import EXAMPLE, IN_ORDER, migrations

if TYPE_CHECKING:
    from pathlib import Path

    from support import Database

FOLDER = EXAMPLE / "migrations"
RUNNER = '''\
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
'''  # noqa: W293  # the original's own blanks
PACKAGE = '''\
from .run_migration import run_example_migration

def run_migration():
    """Run the example migrations"""
    run_example_migration()
'''
TABLES = """\
-- Create example table
CREATE TABLE IF NOT EXISTS example_table (
    id SERIAL PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

-- Create indexes
CREATE INDEX IF NOT EXISTS idx_example_table_name ON example_table(name);
"""
USERS = """
    INSERT INTO organisations (name, slug) VALUES ('Soda Works', 'soda');
    INSERT INTO users (organisation_id, email, full_name)
    SELECT 1, CASE WHEN n % 3 = 0 THEN 'user' ELSE 'User' END || n || '@Soda.example', 'User'
    FROM generate_series(1, 2500) AS n;
"""


def by_hand(database: Database, path: Path) -> None:
    """Run a file as a person does, with psql."""
    command = [database.binaries.program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
    done = subprocess.run(
        [*command, "--dbname", database.url, "--file", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_runner_is_the_originals_own_text() -> None:
    """Not a byte of what the original's users wrote had to change; the comments on the table come after it."""
    files = {path.name: path.read_bytes().decode() for path in (FOLDER / "example").iterdir() if path.is_file()}

    assert files["run_migration.py"] == RUNNER
    assert files["__init__.py"] == PACKAGE
    assert files["create_tables.sql"].startswith(TABLES + "\n-- Document")
    assert files.keys() == {"run_migration.py", "__init__.py", "create_tables.sql"}


def test_the_original_layout_is_kept() -> None:
    """`from migrations import run_all_migrations` in five lines, and the five names of `shared.config`."""
    package = (FOLDER / "__init__.py").read_text()
    config = (EXAMPLE / "shared/config.py").read_text()

    assert "run_all_migrations = Migrations(__file__).run_all" in package
    assert all(f"self.DB_{name} = " in config for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT"))


def test_every_sql_file_can_be_run_twice_by_hand(database: Database) -> None:
    """Each is idempotent without Seltzer's history: with psql, twice in a row, and all of them once more."""
    modules = [id_.replace("run_migration", "create_tables") for id_ in IN_ORDER]
    paths = [path for id_ in modules if (path := FOLDER / f"{id_}.sql").is_file()]
    for path in paths:
        by_hand(database, path)
        by_hand(database, path)
    before = database.schema()

    for path in paths:
        by_hand(database, path)

    every_file = {path for path in FOLDER.glob("*/*.sql") if not path.name.endswith(".down.sql")}
    assert set(paths) == every_file
    assert database.schema() == before


@pytest.mark.parametrize(
    ("id_", "column"),
    [
        ("organisations/0001_add_billing_email", "organisations.billing_email"),
        ("users/0002_add_email_as_entered", "users.email_as_entered"),
    ],
)
def test_a_down_file_takes_back_what_its_migration_did(id_: str, column: str, database: Database) -> None:
    """Down, twice, and up again by hand: the column goes, and the schema is the same as before at the end."""
    migrations(database).run_all()
    before = database.schema()

    by_hand(database, FOLDER / f"{id_}.down.sql")
    by_hand(database, FOLDER / f"{id_}.down.sql")
    left = has_column(database, column)
    by_hand(database, FOLDER / f"{id_}.sql")

    assert not left
    assert database.schema() == before


def has_column(database: Database, column: str) -> bool:
    """Whether there is such a `table.column`."""
    query = "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'"
    return (column,) in database.query(query)


def test_every_down_file_belongs_to_a_migration() -> None:
    """A down file without its migration would never run, and the test above knows all of them."""
    downs = {str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*.down.*")}

    assert downs == {"organisations/0001_add_billing_email.down.sql", "users/0002_add_email_as_entered.down.sql"}


def test_the_data_migration_moves_rows_in_batches_and_back(database: Database) -> None:
    """Addresses that were there are in lower case afterwards, more than one batch of them; revert restores them."""
    project = migrations(database)
    project.apply("users/0002_add_email_as_entered")
    database.query(USERS)
    before = database.query("SELECT id, email FROM users ORDER BY id")

    project.apply("users/0003_normalise_emails")
    moved = database.query("SELECT id, email, email_as_entered FROM users ORDER BY id")
    revert(database)
    after = database.query("SELECT id, email FROM users ORDER BY id")

    assert len(moved) == 2500
    assert moved == [(id_, email.lower(), email) for id_, email in before]
    assert after == before
    assert database.query("SELECT count(*)::int FROM users WHERE email_as_entered IS NOT NULL") == [(0,)]


def revert(database: Database) -> None:
    """Call the file's own `revert`, as a later verb will."""
    spec = importlib.util.spec_from_file_location("normalise_emails", FOLDER / "users/0003_normalise_emails.py")
    assert spec
    assert spec.loader
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with database.connect() as conn, conn.transaction():
        module.revert(conn)
