"""Sessions of pytest with the plugin: what they share, what they keep, what they load, and how they fail."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from integrations.suites import EMAIL, USERS
from seltzer.server import server_status, stop_server

if TYPE_CHECKING:
    from pathlib import Path

    from integrations.suites import Suite
    from seltzer.server import Binaries

MIGRATIONS = {"migrations/users/create_tables.sql": USERS, "migrations/users/0001_email.sql": EMAIL}
USES = "def test_users(seltzer_database):\n    seltzer_database.connect().execute('SELECT email FROM users')\n"
FAILS_WITHOUT_A_FILE = """from pathlib import Path


def apply(conn):
    if not Path({path!r}).exists():
        raise RuntimeError("not ready")
"""
WHERE = """
import os
from pathlib import Path

import pytest


@pytest.mark.parametrize("time", range(3))
def test_server(seltzer_database, time):
    with seltzer_database.connect() as conn:
        began = conn.execute("SELECT pg_postmaster_start_time()::text").fetchone()[0]
    with Path("servers").open("a") as log:
        log.write(f"{os.environ.get('PYTEST_XDIST_WORKER')} {began}\\n")
"""


def test_all_workers_share_a_server_and_a_template_which_the_next_session_finds(private_suite: Suite) -> None:
    """Two workers and two sessions: the migrations are applied once, on one server."""
    suite = private_suite.write({**MIGRATIONS, "test_server.py": WHERE})
    suite.write({"migrations/users/0002_counted.py": suite.counted()})

    first = suite.run("-n", "2", "--dist", "each")
    second = suite.run()

    lines = [line.split(" ", 1) for line in (suite.root / "servers").read_text().splitlines()]
    assert (first.outcomes["passed"], second.outcomes) == (6, {"passed": 3}), first.printed + second.printed
    assert {worker for worker, _ in lines} == {"gw0", "gw1", "None"}
    assert len({began for _, began in lines}) == 1
    assert suite.applications == 1


def test_only_what_is_new_is_applied(suite: Suite) -> None:
    """A file more does not make the state before it anew; one that changed does."""
    suite.write({**MIGRATIONS, "migrations/users/0002_counted.py": suite.counted(), "test_users.py": USES}).run()
    suite.write({"migrations/users/0003_name.sql": "ALTER TABLE users ADD COLUMN IF NOT EXISTS nick text;\n"})
    more = suite.run()
    after_more = suite.applications
    suite.write({"migrations/users/create_tables.sql": USERS + "COMMENT ON TABLE users IS 'People.';\n"})
    changed = suite.run()

    assert (more.outcomes, changed.outcomes) == ({"passed": 1}, {"passed": 1}), more.printed + changed.printed
    assert (after_more, suite.applications) == (1, 2)


def test_no_database_is_left_behind(suite: Suite) -> None:
    """After a session there are templates, and nothing else of it; even of connections that nobody closed."""
    left = """
from pathlib import Path


def test_names(seltzer_database, seltzer_empty_database, seltzer_database_at):
    databases = [seltzer_database, seltzer_empty_database, seltzer_database_at("users/create_tables")]
    Path("names").write_text(",".join(database.name for database in databases))
    for database in databases:
        database.connect()


def test_none_of_them_is_there(seltzer_session_database):
    pass
"""
    there = """
from pathlib import Path


def test_gone(seltzer_empty_database):
    names = Path("names").read_text().split(",")
    with seltzer_empty_database.connect() as conn:
        found = conn.execute("SELECT datname FROM pg_database WHERE datname = ANY(%s)", [names]).fetchall()
    assert (len(names), found) == (3, [])
"""
    suite.write({**MIGRATIONS, "test_left.py": left, "after/test_there.py": there})

    first = suite.run("test_left.py")
    second = suite.run("after/test_there.py")

    assert (first.outcomes, second.outcomes) == ({"passed": 2}, {"passed": 1}), first.printed + second.printed


def test_a_failing_migration_is_told_once(suite: Suite) -> None:
    """File, line and excerpt in the first test, a line in the others; tests without a database run."""
    wrong = {"migrations/users/0002_wrong.sql": "SELECT 1;\nALTER TABLE users ADD COLUMN age intt;\n"}
    tests = """
import pytest


@pytest.mark.parametrize("time", range(5))
def test_users(seltzer_database, time):
    pass


def test_before(seltzer_database_at):
    seltzer_database_at("users/0001")


def test_without():
    pass
"""

    found = suite.write({**MIGRATIONS, **wrong, "test_users.py": tests}).run("-r", "N")

    assert found.outcomes == {"passed": 2, "error": 5}, found.printed
    assert found.printed.count('migrations/users/0002_wrong.sql:2:34: type "intt" does not exist') == 5
    assert found.printed.count("    2 | ALTER TABLE users ADD COLUMN age intt;") == 1
    assert found.printed.count("(see the first test that says so)") == 4
    assert "Traceback" not in found.printed
    assert "pytest_plugin.py" not in found.printed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seltzer-migrations", "elsewhere"], "elsewhere: the migrations folder is not there"),
        (["--seltzer-server", "postgresql://127.0.0.1:1/app"], "no connection to"),
        (["--seltzer-server-version", "many"], "--seltzer-server-version is not a version of the server"),
        (["--seltzer-server", "nonsense://a@b/c"], "the text of --seltzer-server cannot be read"),
    ],
)
def test_what_stops_every_test_is_told_before_the_first(suite: Suite, arguments: list[str], said: str) -> None:
    """A usage error with the next step, once; nothing runs."""
    found = suite.write({**MIGRATIONS, "test_users.py": USES + "\n\ndef test_without():\n    pass\n"}).run(*arguments)

    assert (found.code, said in found.printed) == (pytest.ExitCode.USAGE_ERROR, True), found.printed
    assert "no tests ran" in found.printed
    assert "\nhint: " in found.printed


def test_a_machine_without_postgresql_is_told_what_to_install(private_suite: Suite, tmp_path: Path) -> None:
    """With workers too, where each test has to say it; what needs no database runs."""
    empty = {"SELTZER_SERVER_BINARIES": str(tmp_path / "nothing")}
    suite = private_suite.write({**MIGRATIONS, "test_users.py": USES, "test_without.py": "def test():\n    pass\n"})

    alone = suite.run(environment=empty)
    workers = suite.run("-n", "2", environment=empty)
    elsewhere = suite.run("test_without.py", environment=empty)

    assert (alone.code, "server-binaries" in alone.printed) == (pytest.ExitCode.USAGE_ERROR, True), alone.printed
    assert workers.outcomes == {"passed": 1, "error": 1}, workers.printed
    assert "hint: Name the folder that holds these programs" in workers.printed
    assert elsewhere.outcomes == {"passed": 1}, elsewhere.printed


def test_tests_without_a_database_load_nothing(suite: Suite) -> None:
    """Four small files, and neither a driver nor a parser."""
    loaded = """
import sys


def test_loaded():
    names = {name for name in sys.modules if name.partition(".")[0] in {"seltzer", "psycopg", "postgast", "click"}}
    assert names == {"seltzer", "seltzer.version", "seltzer.integrations", "seltzer.integrations.pytest_plugin"}
"""

    found = suite.write({**MIGRATIONS, "test_loaded.py": loaded}).run()

    assert found.outcomes == {"passed": 1}, found.printed


def test_the_folder_may_be_anywhere(suite: Suite) -> None:
    """Named in pytest's ini file, in a settings file, or found beside either, from any working folder."""
    files = {f"db/changes/{name.removeprefix('migrations/')}": text for name, text in MIGRATIONS.items()}
    suite.write({**files, "tests/test_users.py": USES, "pytest.ini": "[pytest]\nseltzer_migrations = db/changes\n"})

    by_ini = suite.run("tests")
    suite.write({"pytest.ini": "[pytest]\n", "seltzer.toml": 'migrations = "db/changes"\n'})
    by_settings = suite.run("tests")
    (suite.root / "seltzer.toml").unlink()
    by_nothing = suite.run("tests")

    assert by_ini.outcomes == by_settings.outcomes == {"passed": 1}, by_ini.printed + by_settings.printed
    assert by_nothing.code == pytest.ExitCode.USAGE_ERROR


def test_an_unknown_migration_has_neighbours(suite: Suite) -> None:
    """The nearest ids, instead of a traceback."""
    wrong = "def test_at(seltzer_database_at):\n    seltzer_database_at('users/0007')\n"

    found = suite.write({**MIGRATIONS, "test_at.py": wrong}).run()

    assert found.outcomes == {"failed": 1}, found.printed
    assert "there is no migration 'users/0007'" in found.printed
    assert "Nearest: users/0001_email" in found.printed


@pytest.mark.slow
def test_roles_of_the_migrations_are_made_once_and_found_again(private_suite: Suite) -> None:
    """A plain CREATE ROLE works in every session, before and after the files change, and for states on the way."""
    suite = private_suite.write(
        {
            "migrations/users/create_tables.sql": USERS,
            "migrations/users/0001_reader.sql": "CREATE ROLE users_reader;\nGRANT SELECT ON users TO users_reader;\n",
            "migrations/users/0002_when.py": FAILS_WITHOUT_A_FILE.format(path=str(private_suite.root / "ready")),
            "test_roles.py": """
def test_granted(seltzer_database, seltzer_database_at):
    for database in (seltzer_database, seltzer_database_at("users/0001")):
        with database.connect() as conn:
            assert conn.execute("SELECT has_table_privilege('users_reader', 'users', 'SELECT')").fetchone() == (True,)
""",
        }
    )

    failed = suite.run()
    suite.write({"ready": ""})
    repaired = suite.run()
    again = suite.run()
    suite.write({"migrations/users/create_tables.sql": USERS + "COMMENT ON TABLE users IS 'People.';\n"})
    changed = suite.run("-n", "2", "--dist", "each")

    assert failed.outcomes == {"error": 1}, failed.printed
    assert "not ready" in failed.printed
    assert repaired.outcomes == again.outcomes == {"passed": 1}, repaired.printed + again.printed
    assert changed.outcomes["passed"] == 2, changed.printed


def test_servers_with_roles_are_not_kept_for_ever(private_suite: Suite, binaries: Binaries) -> None:
    """One that was not used for a week goes when another is needed."""
    reader = "CREATE ROLE users_reader;\n"
    files = {"migrations/users/create_tables.sql": USERS + reader, "test_users.py": USES.replace("email", "name")}
    first = private_suite.write(files).run()
    (old,) = (private_suite.root / "shadow").glob("roles-*")
    stop_server(old, binaries)
    data = server_status(old, binaries).data
    long_ago = time.time() - timedelta(days=8).total_seconds()
    os.utime(data, (long_ago, long_ago))

    second = private_suite.write({"migrations/users/create_tables.sql": reader + USERS}).run()

    assert (first.outcomes, second.outcomes) == ({"passed": 1}, {"passed": 1}), first.printed + second.printed
    assert not data.exists()
    assert old not in (private_suite.root / "shadow").glob("roles-*")
