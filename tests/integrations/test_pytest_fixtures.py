"""The fixtures of the pytest plugin: what each database has in it, and how it is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integrations.suites import EMAIL, USERS

if TYPE_CHECKING:
    from integrations.suites import Suite

MIGRATIONS = {"migrations/users/create_tables.sql": USERS, "migrations/users/0001_email.sql": EMAIL}

FILL = """def apply(conn):
    conn.execute("UPDATE users SET email = name || '@x'")


def revert(conn):
    conn.execute("UPDATE users SET email = NULL")
"""

OWN = """
import pytest


@pytest.mark.parametrize("time", range(4))
def test_nobody_was_here(seltzer_database, time):
    with seltzer_database.connect() as conn:
        conn.execute("INSERT INTO users VALUES (1, 'ada', 'ada@db.example')")
        assert conn.execute("SELECT count(*) FROM users").fetchone() == (1,)
"""


def test_each_test_has_a_migrated_database_of_its_own(suite: Suite) -> None:
    """What one test writes no other test sees."""
    found = suite.write({**MIGRATIONS, "test_users.py": OWN}).run()

    assert found.outcomes == {"passed": 4}, found.printed


def test_the_application_finds_nothing_to_do(suite: Suite) -> None:
    """The history is the one that the application looks at, wherever the settings put it."""
    starts = """
from seltzer import Migrations

def test_start(seltzer_database):
    result = Migrations("migrations", database=seltzer_database.url).run_all()
    assert (result.state, result.applied) == ("current", ())

def test_environment(seltzer_database, monkeypatch):
    for name, value in seltzer_database.variables.items():
        monkeypatch.setenv(name, value)
    assert Migrations("migrations").status().database.endswith(seltzer_database.name)
    assert Migrations("migrations").run_all().applied == ()
"""
    settings = {"seltzer.toml": 'history = "public.what_was_applied"\n'}

    elsewhere = {"SELTZER_DATABASE": "postgresql://127.0.0.1:1/app"}

    found = suite.write({**MIGRATIONS, **settings, "test_start.py": starts}).run(environment=elsewhere)

    assert found.outcomes == {"passed": 2}, found.printed


def test_a_data_migration_is_tried_on_old_rows(suite: Suite) -> None:
    """A database is taken up to a migration, filled, and migrated on, and back."""
    files = {
        "migrations/users/0002_fill.py": FILL,
        "test_fill.py": """
def test_fill(seltzer_database_at):
    database = seltzer_database_at("users/0001")
    conn = database.connect()
    conn.execute("INSERT INTO users VALUES (1, 'ada')")
    assert database.apply().applied == ("users/0002_fill",)
    assert conn.execute("SELECT email FROM users").fetchall() == [("ada@x",)]
    assert database.revert("users/0002").reverted == ("users/0002_fill",)
    assert conn.execute("SELECT email FROM users").fetchall() == [(None,)]


def test_two_states(seltzer_database_at):
    first, second = seltzer_database_at("users/create_tables"), seltzer_database_at("users/0001")
    columns = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'users'"
    assert [each.connect().execute(columns).fetchone() for each in (first, second)] == [(2,), (3,)]
""",
    }

    found = suite.write({**MIGRATIONS, **files}).run()

    assert found.outcomes == {"passed": 2}, found.printed


def test_rows_that_all_tests_need_are_written_once(suite: Suite) -> None:
    """The function of `seltzer_seed` fills a template, not each database."""
    files = {
        "conftest.py": """
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def seltzer_seed():
    def fill(database):
        with Path("log").open("a") as log:
            log.write("applied\\n")
        database.connect().execute("INSERT INTO users VALUES (1, 'ada', 'ada@db.example')")

    return fill
""",
        "test_seed.py": """
import pytest


@pytest.mark.parametrize("time", range(3))
def test_ada_is_there(seltzer_database, time):
    with seltzer_database.connect() as conn:
        assert conn.execute("DELETE FROM users RETURNING name").fetchall() == [("ada",)]
""",
    }

    found = suite.write({**MIGRATIONS, **files}).run()

    assert found.outcomes == {"passed": 3}, found.printed
    assert suite.applications == 1


def test_databases_that_several_tests_share(suite: Suite) -> None:
    """One for a file, one for all, and one with nothing in it."""
    shared = """
def write(database, id_):
    with database.connect() as conn:
        conn.execute("INSERT INTO users VALUES (%s, 'ada')", [id_])
        return conn.execute("SELECT count(*) FROM users").fetchone()[0]

def test_first(seltzer_module_database, seltzer_session_database):
    assert write(seltzer_module_database, 1) == 1
    write(seltzer_session_database, {first})

def test_second(seltzer_module_database, seltzer_session_database, seltzer_empty_database):
    assert write(seltzer_module_database, 2) == 2
    assert write(seltzer_session_database, {second}) == {second}
    with seltzer_empty_database.connect() as conn:
        assert conn.execute("SELECT to_regclass('users')").fetchone() == (None,)
"""
    files = {"test_a.py": shared.format(first=1, second=2), "test_b.py": shared.format(first=3, second=4)}

    found = suite.write({**MIGRATIONS, **files}).run()

    assert found.outcomes == {"passed": 4}, found.printed


def test_the_address_leads_to_the_database_in_every_form(suite: Suite) -> None:
    """URL and keywords of libpq, the variables of an application, and SQLAlchemy's URL without its driver."""
    reached = """
import psycopg
from psycopg.conninfo import conninfo_to_dict

def test_addresses(seltzer_database, monkeypatch):
    monkeypatch.setenv("PGHOST", "nowhere.example")
    name = seltzer_database.name
    variables = seltzer_database.variables
    addresses = [
        seltzer_database.url,
        variables["DATABASE_URL"],
        seltzer_database.sqlalchemy_url("psycopg2").replace("+psycopg2", ""),
        psycopg.conninfo.make_conninfo(**seltzer_database.parameters),
        " ".join(f"{keyword}={variables['DB_' + word]}" for keyword, word in
                 [("host", "HOST"), ("port", "PORT"), ("dbname", "NAME"), ("user", "USER")]),
    ]
    for address in addresses:
        with psycopg.connect(address) as conn:
            assert conn.info.dbname == name


def test_a_transaction(seltzer_database):
    writer, reader = seltzer_database.connect(autocommit=False), seltzer_database.connect()
    writer.execute("INSERT INTO users VALUES (1, 'ada')")
    assert reader.execute("SELECT count(*) FROM users").fetchone() == (0,)
"""

    found = suite.write({**MIGRATIONS, "test_reached.py": reached}).run()

    assert found.outcomes == {"passed": 2}, found.printed


def test_runners_are_applied_where_they_are_tried(suite: Suite) -> None:
    """A runner with a connection of its own reaches the template, and no database that the environment names."""
    files = {
        "migrations/billing/__init__.py": "from .run_migration import run_migration\n",
        "migrations/billing/run_migration.py": """
import os
import psycopg

def run_migration():
    with psycopg.connect(os.environ["DATABASE_URL"]) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS invoices (id bigint PRIMARY KEY)")
""",
        "test_billing.py": "def test_invoices(seltzer_database):\n"
        "    assert seltzer_database.connect().execute('SELECT count(*) FROM invoices').fetchone() == (0,)\n",
    }
    elsewhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/production"}

    found = suite.write(files).run(environment=elsewhere)

    assert found.outcomes == {"passed": 1}, found.printed


def test_tables_of_another_tool_may_be_there_first(suite: Suite) -> None:
    """What the migrations take as given is made before them, once."""
    files = {
        "migrations/users/staff.sql": "CREATE OR REPLACE VIEW staff AS SELECT name FROM auth_user;\n",
        "conftest.py": """
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def seltzer_before():
    def make(database):
        with Path("log").open("a") as log:
            log.write("applied\\n")
        database.connect().execute("CREATE TABLE auth_user (name text)")

    return make


@pytest.fixture(scope="session")
def seltzer_seed():
    return lambda database: database.connect().execute("INSERT INTO auth_user VALUES ('ada')")
""",
        "test_staff.py": """
import pytest


@pytest.mark.parametrize("time", range(3))
def test_staff(seltzer_database, time):
    with seltzer_database.connect() as conn:
        assert conn.execute("SELECT name FROM staff").fetchall() == [("ada",)]
    assert seltzer_database.apply().applied == ()
""",
    }

    found = suite.write(files).run()

    assert found.outcomes == {"passed": 3}, found.printed
    assert suite.applications == 1
