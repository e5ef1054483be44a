"""Python that fails when it runs: exit code 1, its place in the user's own file, nothing left of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from acceptance.test_bad_input_form import left_in, refused

if TYPE_CHECKING:
    from support import Project

pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])


class Wrong(NamedTuple):
    """A text that fails, and how.

    Attributes:
        text: It.
        type: The error's type.
        line: The line of it that is named.
        words: What message and hint have to say.
    """

    text: str
    type: str
    line: int | None
    words: tuple[str, ...]


MIGRATIONS = {
    "raises": Wrong(
        "def apply(conn):\n    conn.execute('CREATE TABLE users ()')\n    raise ValueError('too late')\n",
        "python",
        3,
        ("ValueError", "too late"),
    ),
    "raises below": Wrong(
        "def apply(conn):\n    conn.execute('CREATE TABLE users ()')\n    int('x')\n\n\ndef other(): pass\n",
        "python",
        3,
        ("ValueError",),
    ),
    "is refused": Wrong(
        "def apply(conn):\n    conn.execute('CREATE TABLE users ()')\n    conn.execute('SELECT nosuch')\n",
        "python",
        3,
        ('column "nosuch" does not exist',),
    ),
    "does not import": Wrong("import no_such_library\n\n\ndef apply(conn): pass\n", "python", 1, ("no_such_library",)),
    "raises when it is imported": Wrong(
        "def apply(conn): pass\n\nraise RuntimeError('not here')\n", "python", 3, ("RuntimeError", "not here")
    ),
    "exits": Wrong("import sys\n\n\ndef apply(conn):\n    sys.exit(3)\n", "python", 5, ("SystemExit", "3")),
    "exits without an error": Wrong("import sys\n\n\ndef apply(conn):\n    sys.exit()\n", "python", 5, ("SystemExit",)),
    "exits when it is imported": Wrong(
        "import sys\nsys.exit(0)\ndef apply(conn): pass\n", "python", 2, ("SystemExit",)
    ),
    "takes no connection": Wrong("def apply():\n    pass\n", "python", None, ("TypeError",)),
    "returns a coroutine": Wrong(
        "async def work(conn): pass\n\n\ndef apply(conn):\n    return work(conn)\n",
        "python",
        None,
        ("coroutine",),
    ),
    "returns a generator": Wrong(
        "def work(conn):\n    yield\n\n\ndef apply(conn):\n    return work(conn)\n", "python", None, ("a generator",)
    ),
    "returns an asynchronous generator": Wrong(
        "async def work(conn):\n    yield\n\n\ndef apply(conn):\n    return work(conn)\n",
        "python",
        None,
        ("an asynchronous generator",),
    ),
    "commits": Wrong(
        "def apply(conn):\n    conn.execute('CREATE TABLE users ()')\n    conn.commit()\n",
        "transaction-ended",
        3,
        ("conn.commit()", "with conn.transaction()"),
    ),
    "rolls back": Wrong(
        "def apply(conn):\n    conn.execute('CREATE TABLE users ()')\n    conn.rollback()\n",
        "transaction-ended",
        3,
        ("conn.rollback()",),
    ),
    "closes": Wrong("def apply(conn):\n    conn.close()\n", "transaction-ended", 2, ("conn.close()",)),
    "leaves the connection's own block": Wrong(
        "def apply(conn):\n    with conn:\n        conn.execute('CREATE TABLE users ()')\n",
        "transaction-ended",
        2,
        ("conn.commit()",),
    ),
    "goes on after an error": Wrong(
        "def apply(conn):\n"
        "    conn.execute('CREATE TABLE users ()')\n"
        "    try:\n"
        "        conn.execute('SELECT nosuch')\n"
        "    except Exception:\n"
        "        pass\n",
        "transaction-ended",
        None,
        ("went on", "with conn.transaction()"),
    ),
    "rolls back in SQL": Wrong(
        "def apply(conn):\n    conn.execute('CREATE TABLE users ()')\n    conn.execute('ROLLBACK')\n",
        "transaction-ended",
        None,
        ("ROLLBACK",),
    ),
    "begins another transaction": Wrong(
        "def apply(conn):\n    conn.execute('CREATE TABLE users ()')\n    conn.execute('ROLLBACK AND CHAIN')\n",
        "transaction-ended",
        None,
        ("transaction",),
    ),
    "starts a run": Wrong(
        "def apply(conn):\n    import seltzer\n    seltzer.run_all_migrations(migrations='migrations')\n",
        "nested-run",
        None,
        ("users/0001_a", "depends-on"),
    ),
}

RUNNERS = {
    "does not import": Wrong(
        "import no_such_library\n\ndef run_migration(): pass\n", "runner", 1, ("no_such_library", "imported")
    ),
    "does not parse when imported": Wrong(
        "from .helper import run_migration\n", "runner", 1, ("ImportError", "run_migration")
    ),
    "raises": Wrong(
        "def run_migration():\n    raise ValueError('too late')\n", "runner", 2, ("ValueError", "too late")
    ),
    "exits": Wrong(
        "import sys\n\ndef run_migration():\n    sys.exit('bye')\n", "runner", 4, ("sys.exit", "bye", "stays")
    ),
    "exits without an error": Wrong(
        "import os\ndef run_migration():\n    raise SystemExit(0)\n", "runner", 3, ("sys.exit",)
    ),
    "exits when it is imported": Wrong("import sys\nsys.exit(0)\nrun_migration = None\n", "runner", 2, ("sys.exit",)),
    "has no function": Wrong('"""Once had run_migration."""\n', "runner", None, ("run_migration()", "Define it")),
    "has a value for a function": Wrong("run_migration = 3\n", "runner", None, ("run_migration()",)),
    "is a coroutine": Wrong("async def run_migration():\n    pass\n", "runner", None, ("coroutine", "asyncio.run")),
    "is a generator": Wrong("def run_migration():\n    yield\n", "runner", None, ("a generator", "without yield")),
    "takes arguments": Wrong("def run_migration(conn):\n    pass\n", "runner", None, ("TypeError",)),
    "starts a run": Wrong(
        "def run_migration():\n    import seltzer\n    seltzer.run_all_migrations(migrations='migrations')\n",
        "nested-run",
        None,
        ("users/run_migration", "depends-on"),
    ),
}


@pytest.mark.parametrize("wrong", MIGRATIONS.values(), ids=MIGRATIONS.keys())
def test_a_python_migration_that_fails_leaves_nothing(project: Project, wrong: Wrong) -> None:
    """It names its line; no table of it stays, and no history row but a note."""
    project.write({"users/0001_a.py": wrong.text})

    refusal = refused(project)

    assert (refusal.code, refusal.type) == (1, wrong.type)
    assert refusal.document["error"]["id"] == "users/0001_a"
    if wrong.type != "nested-run":
        assert refusal.place == ("migrations/users/0001_a.py", wrong.line, None)
    assert [word for word in wrong.words if word not in f"{refusal.message}\n{refusal.hint}"] == []


def test_a_python_migration_that_commits_in_sql_is_said_to_have_left_something(project: Project) -> None:
    """What it committed cannot be taken back: the error says so, and no history row claims that it is applied."""
    project.write(
        {"users/0001_a.py": "def apply(conn):\n    conn.execute('CREATE TABLE users ()')\n    conn.execute('COMMIT')\n"}
    )

    outcome = project.run("apply", "--json")

    error = outcome.json()["error"]
    assert (outcome.code, error["type"], error["rolled_back"]) == (1, "transaction-ended", False)
    assert error["file"] == "migrations/users/0001_a.py"
    assert "COMMIT" in error["hint"]
    assert project.database.query("SELECT to_regclass('users')::text") == [("users",)]
    assert project.database.query("SELECT state FROM seltzer.history") == [("failed",)]


def test_a_python_migration_may_try_something(project: Project) -> None:
    """In a block of its own, as the hint says: what failed in it is undone, the rest is applied."""
    project.write(
        {
            "users/0001_a.py": "def apply(conn):\n"
            "    conn.execute('CREATE TABLE users ()')\n"
            "    try:\n"
            "        with conn.transaction():\n"
            "            conn.execute('SELECT nosuch')\n"
            "    except Exception:\n"
            "        pass\n"
        }
    )

    assert project.migrations().run_all().applied == ("users/0001_a",)
    assert project.database.query("SELECT to_regclass('users')::text") == [("users",)]


@pytest.mark.parametrize("wrong", RUNNERS.values(), ids=RUNNERS.keys())
def test_a_runner_that_fails_has_no_history_row(project: Project, wrong: Wrong) -> None:
    """It names its line in the user's own file."""
    project.write({"users/__init__.py": wrong.text, "users/helper.py": "VALUE = 1\n"})

    refusal = refused(project)

    assert (refusal.code, refusal.type) == (1, wrong.type)
    assert refusal.document["error"]["id"] == "users/run_migration"
    if wrong.type != "nested-run":
        assert refusal.place == ("migrations/users/__init__.py", wrong.line, None)
    assert [word for word in wrong.words if word not in f"{refusal.message}\n{refusal.hint}"] == []


def test_a_runner_is_named_where_it_fails(project: Project) -> None:
    """In the file of the module that the error comes from, not in the library that it called."""
    project.write(
        {
            "users/__init__.py": "from .run_migration import run_migration\n",
            "users/run_migration.py": "import json\n\n\ndef run_migration():\n    json.loads('{')\n",
        }
    )

    assert refused(project).place == ("migrations/users/run_migration.py", 5, None)


def test_python_that_does_not_parse_is_found_before_anything_runs(project: Project) -> None:
    """In a runner's own files too."""
    project.write(
        {
            "alpha/create_tables.sql": "CREATE TABLE alpha ();",
            "users/__init__.py": "from .run_migration import run_migration\n",
            "users/run_migration.py": "def run_migration():\n    x = = 1\n",
        }
    )

    refusal = refused(project)

    assert (refusal.code, refusal.type) == (2, "parse")
    assert refusal.place[:2] == ("migrations/users/run_migration.py", 2)


ELSEWHERE = {
    "psycopg2": "import psycopg2\nconn = psycopg2.connect({url!r})\nconn.autocommit = True\n"
    "conn.cursor().execute('CREATE TABLE strange ()')\n",
    "psycopg2 by name": "from psycopg2 import connect\nconn = connect({url!r})\nconn.autocommit = True\n"
    "conn.cursor().execute('CREATE TABLE strange ()')\n",
    "psycopg": "import psycopg\nwith psycopg.connect({url!r}) as conn:\n    conn.execute('CREATE TABLE strange ()')\n",
    "psycopg by name": "from psycopg import connect\nwith connect({url!r}) as conn:\n"
    "    conn.execute('CREATE TABLE strange ()')\n",
    "psycopg by class": "from psycopg import Connection\nwith Connection.connect({url!r}) as conn:\n"
    "    conn.execute('CREATE TABLE strange ()')\n",
}


@pytest.mark.parametrize("swallowed", [False, True], ids=["", "swallowed"])
@pytest.mark.parametrize("how", ELSEWHERE)
def test_a_runner_that_connects_elsewhere_is_stopped(project: Project, how: str, *, swallowed: bool) -> None:
    """Before it can do anything there, also when it keeps the error to itself; both databases are as they were."""
    server = project.database.server
    work = ELSEWHERE[how].format(url=server.url("postgres"))
    indented = "".join(f"        {line}\n" for line in work.splitlines())
    end = "    except Exception:\n        pass\n" if swallowed else "    finally:\n        pass\n"
    project.write({"users/__init__.py": f"def run_migration():\n    try:\n{indented}{end}"})
    elsewhere = type(project.database)(server, project.database.binaries, "postgres")

    refusal = refused(project)

    assert (refusal.code, refusal.type) == (1, "connected-elsewhere")
    assert refusal.place[0] == "migrations/users/__init__.py"
    assert "/postgres" in refusal.message
    assert project.database.name in refusal.message
    assert "DB_*" in refusal.hint
    assert left_in(elsewhere) == []
    assert project.database.query("SELECT state FROM seltzer.history") == [("failed",)]
