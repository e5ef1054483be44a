"""Python that is tried in a process of its own: it meets the throw-away database, and nothing else."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from seltzer.claims.applying import Conditions
from seltzer.claims.child import Child
from seltzer.claims.guard import Neighbours
from seltzer.db.history_sql import HistoryTable
from seltzer.errors import (
    NoAnswerError,
    PythonError,
    ReachedElsewhereError,
    StatementError,
)
from seltzer.events import StepStarted
from seltzer.model import Reason, Step
from seltzer.server import private_server
from seltzer.source.discover import discover
from seltzer.source.read import read_migration

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from seltzer.server import Binaries, Server
    from support import Project


def conditions_of(project: Project) -> Conditions:
    """A run's settings, all by default."""
    return Conditions(project.folder, HistoryTable("seltzer", "history"))


def steps_of(project: Project) -> list[Step]:
    """The project's migrations by id."""
    files = sorted(discover(project.folder), key=lambda file: file.id)
    return [Step(read_migration(file), Reason.NEW, 1) for file in files]


def parameters_of(project: Project) -> dict[str, str]:
    """The database that a test plays with."""
    server = project.database.server
    return {
        "host": str(server.socket_folder),
        "port": str(server.port),
        "user": server.user,
        "dbname": project.database.name,
    }


def tried(project: Project, runner: str, config: str | None = None, **keywords: Any) -> str:
    """Try a runner; what it printed."""
    project.write({"users/__init__.py": textwrap.dedent(runner)})
    if config is not None:
        project.write({"../shared/config.py": textwrap.dedent(config)})
    with Child(conditions_of(project), **keywords) as child:
        child.apply(parameters_of(project), steps_of(project))
        return child.printed


def refused(project: Project, runner: str, config: str | None = None) -> str:
    """Try a runner that reaches for something; why it was refused."""
    with pytest.raises(ReachedElsewhereError) as caught:
        tried(project, runner, config)
    assert caught.value.migration == "users/run_migration"
    assert caught.value.place is not None
    return caught.value.message


@pytest.fixture(scope="module")
def stranger(binaries: Binaries) -> Iterator[Server]:
    """Another server, which logs who comes."""
    with private_server(binaries, {"log_connections": "on"}) as running:
        yield running


@contextmanager
def unseen_by(server: Server) -> Generator[None]:
    """Nobody comes to a server while the block runs."""
    log = server.data.parent / "server.log"
    before = log.read_text().count("connection received")
    yield
    with psycopg.connect(server.url("postgres")):  # ours: what came before it is in the log when it is
        while (seen := log.read_text().count("connection received")) == before:
            time.sleep(0.01)
    assert seen == before + 1


def test_a_runner_meets_the_throw_away_database(project: Project) -> None:
    """In shared.config and in every variable that names one, whatever this process has there."""
    project.environment.clear()
    before = {"PGHOST": "other", "PGSERVICE": "other", "DB_HOST": "other", "DATABASE_URL": "postgresql://other/other"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in before.items():
            patch.setenv(name, value)
        printed = tried(
            project,
            """\
            import os
            import psycopg2
            from shared.config import config

            def run_migration():
                c = config
                where = dict(dbname=c.DB_NAME, user=c.DB_USER, password=c.DB_PASSWORD, host=c.DB_HOST, port=c.DB_PORT)
                for text in ({}, where, {"dsn": os.environ["DATABASE_URL"]}, {"dsn": os.environ["SELTZER_DATABASE"]}):
                    conn = psycopg2.connect("", **text) if "dsn" not in text else psycopg2.connect(**text)
                    with conn, conn.cursor() as cursor:
                        cursor.execute("SELECT current_database()")
                        print(cursor.fetchone()[0])
                print(os.environ.get("PGSERVICE"))
            """,
            "class config:\n    DB_NAME = DB_USER = DB_PASSWORD = DB_HOST = DB_PORT = 'other'\n",
        )

    assert printed.split() == [project.database.name] * 4 + ["None"]


@pytest.mark.parametrize(
    "config",
    [
        (
            "import os\nclass config:\n    DB_NAME = os.environ['DB_NAME']\n    DB_HOST = os.environ['DB_HOST']\n"
            "    DB_USER = os.environ['DB_USER']\n    DB_PORT = os.environ['DB_PORT']\n    DB_PASSWORD = None\n"
        ),
        "raise RuntimeError('not here')\n",
        "import sys\nsys.exit('not configured')\n",
        "import psycopg\npsycopg.connect('host=settings.invalid dbname=settings')\n",
        "import subprocess\nsubprocess.run(['vault', 'read'], check=True)\n",
    ],
    ids=["needs its variables", "raises", "exits", "asks another database", "asks a program"],
)
def test_a_config_that_raises_counts_as_not_configured_and_is_set(project: Project, config: str) -> None:
    """A runner that takes its connection from there meets the throw-away database all the same."""
    printed = tried(
        project,
        """\
        import psycopg2
        from shared.config import config

        def run_migration():
            c = config
            conn = psycopg2.connect(
                dbname=c.DB_NAME, user=c.DB_USER, password=c.DB_PASSWORD, host=c.DB_HOST, port=c.DB_PORT
            )
            print(conn.info.dbname)
        """,
        config,
    )

    assert printed.split() == [project.database.name]


LIBRARIES = {
    "psycopg2": "import psycopg2\n\ndef go(host, name):\n    psycopg2.connect(host=host, dbname=name, user='app')\n",
    "psycopg2's class": (
        "from psycopg2.extensions import connection\n\ndef go(host, name):\n"
        "    connection(f'host={host} dbname={name} user=app')\n"
    ),
    "psycopg": "import psycopg\n\ndef go(host, name):\n    psycopg.connect(f'postgresql://app@/{name}?host={host}')\n",
    "psycopg, several hosts": (
        "import os\nfrom psycopg import connect\n\ndef go(host, name):\n"
        "    connect(host=os.environ['DB_HOST'] + ',' + host, dbname=os.environ['DB_NAME'], user='app')\n"
    ),
    "psycopg, by a service": (
        "import os\nimport psycopg\n\ndef go(host, name):\n"
        "    with open(__file__ + '.services', 'w') as file:\n"
        "        file.write(f'[shop]\\nhost={host}\\ndbname={name}\\nuser=app\\n')\n"
        "    os.environ['PGSERVICEFILE'] = __file__ + '.services'\n"
        "    psycopg.connect('service=shop')\n"
    ),
    "psycopg2, by a variable": (
        "import os\nimport psycopg2\n\ndef go(host, name):\n"
        "    os.environ['PGHOST'] = host\n    psycopg2.connect(dbname=name, user='app')\n"
    ),
    "asynchronous psycopg": (
        "import asyncio\nfrom psycopg import AsyncConnection\n\ndef go(host, name):\n"
        "    asyncio.run(AsyncConnection.connect(host=host, dbname=name, user='app'))\n"
    ),
    "a socket": (
        "import socket\n\ndef go(host, name):\n    socket.socket(socket.AF_UNIX).connect(host + '/.s.PGSQL.5432')\n"
    ),
    "an asynchronous socket": (
        "import asyncio\n\ndef go(host, name):\n"
        "    asyncio.run(asyncio.open_unix_connection(host + '/.s.PGSQL.5432'))\n"
    ),
    "psql": "import subprocess\n\ndef go(host, name):\n    subprocess.run(['psql', '-h', host, name])\n",
    "psql in a shell": "import os\n\ndef go(host, name):\n    os.system(f'PGUSER=app psql -h {host} {name}')\n",
    "psql in a process of its own": (
        "import os\n\ndef go(host, name):\n    os.posix_spawnp('psql', ['psql', '-h', host, name], os.environ)\n"
    ),
    "a fork": "import os\n\ndef go(host, name):\n    os.fork() or os._exit(0)\n",
    "multiprocessing": (
        "import multiprocessing\n\ndef work():\n    pass\n\ndef go(host, name):\n"
        "    multiprocessing.get_context('spawn').Process(target=work).start()\n"
    ),
    "libpq by ctypes": "import ctypes\n\ndef go(host, name):\n    ctypes.CDLL('libpq.so.5')\n",
}
ENDS = {
    "": "    go({host!r}, 'postgres')\n",
    "and keeps it to itself": "    try:\n        go({host!r}, 'postgres')\n    except BaseException:\n        pass\n",
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
@pytest.mark.parametrize("library", LIBRARIES)
def test_another_server_is_not_reached(project: Project, stranger: Server, library: str, end: str) -> None:
    """Its address stands in the runner's text: it sees no connection, and the reason names what was refused."""
    with unseen_by(stranger):
        reason = refused(
            project, f"{LIBRARIES[library]}\n\ndef run_migration():\n{end.format(host=str(stranger.socket_folder))}"
        )

    words = {"psql": "psql", "fork": "process", "multip": "process", "libpq": "libpq"}
    expected = next((word for start, word in words.items() if start in library), str(stranger.socket_folder))
    assert expected in reason


@pytest.mark.parametrize("library", ["psycopg2", "psycopg", "asynchronous psycopg"])
def test_another_database_of_the_same_server_is_not_reached(project: Project, library: str) -> None:
    """It is somebody else's trial."""
    host = project.database.server.socket_folder
    reason = refused(project, f"{LIBRARIES[library]}\n\ndef run_migration():\n    go({str(host)!r}, 'postgres')\n")

    assert reason.startswith("the runner connects to app@")
    assert "/postgres, which is not the throw-away database it is tried on" in reason


NAMES = {
    "psycopg2": "import psycopg2\n\ndef go(host):\n    psycopg2.connect(f'postgresql://app:secret@{host}/shop')\n",
    "psycopg": "import psycopg\n\ndef go(host):\n    psycopg.connect(f'postgresql://app:secret@{host}/shop')\n",
    "asynchronous psycopg": (
        "import asyncio\nfrom psycopg import AsyncConnection\n\ndef go(host):\n"
        "    asyncio.run(AsyncConnection.connect(f'postgresql://app:secret@{host}/shop'))\n"
    ),
    "a socket": "import socket\n\ndef go(host):\n    socket.create_connection((host, 5432))\n",
    "an asynchronous socket": "import asyncio\n\ndef go(host):\n    asyncio.run(asyncio.open_connection(host, 5432))\n",
}


@pytest.mark.parametrize("host", ["db.invalid", "127.0.0.1"])
@pytest.mark.parametrize("library", NAMES)
def test_a_host_elsewhere_is_not_even_looked_up(project: Project, library: str, host: str) -> None:
    """The reason names it, and no password."""
    reason = refused(project, f"{NAMES[library]}\n\ndef run_migration():\n    go({host!r})\n")

    assert f"{host}:5432" in reason
    assert "secret" not in reason


def test_a_migration_that_asks_about_the_machine_is_tried(project: Project) -> None:
    """As libraries do on import, with programs that connect to nothing."""
    assert tried(project, "import platform\n\ndef run_migration():\n    print(platform.platform() != '')\n") == "True\n"


def test_a_failure_is_the_one_of_a_run(project: Project) -> None:
    """Its class, and every fact."""
    project.write({"users/0001_a.py": "def apply(conn):\n    conn.execute('SELECT 1/0')\n"})
    project.write({"users/0002_b.sql": "SELECT 1;\nSELECT nothing;\n"})
    first, second = steps_of(project)
    with Child(conditions_of(project)) as child:
        with pytest.raises(PythonError) as python:
            child.apply(parameters_of(project), [first])
        with pytest.raises(StatementError) as statement:
            child.apply(parameters_of(project), [second])

    error = python.value
    assert (error.message, error.sqlstate, error.rolled_back) == ("failed: division by zero", "22012", True)
    assert error.place is not None
    assert (error.place.file.name, error.place.line) == ("0001_a.py", 2)
    assert statement.value.place is not None
    assert (statement.value.place.line, statement.value.migration) == (2, "users/0002_b")


def test_what_is_applied_is_there(project: Project) -> None:
    """One process serves several requests, and says what happens meanwhile."""
    project.write({"users/0001_a.py": "def apply(conn):\n    conn.execute('CREATE TABLE a ()')\n"})
    project.write({"users/0002_b.py": "def apply(conn):\n    conn.execute('CREATE TABLE b ()')\n"})
    heard: list[str] = []
    with Child(conditions_of(project)) as child:
        for step in steps_of(project):
            child.apply(
                parameters_of(project),
                [step],
                listener=lambda event: heard.append(event.id) if isinstance(event, StepStarted) else None,
            )

    assert heard == ["users/0001_a", "users/0002_b"]
    assert project.database.query("SELECT to_regclass('a')::text, to_regclass('b')::text") == [("a", "b")]


def test_what_a_runner_prints_stays_there(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    """It may be looked at; it is not mixed with what this process says."""
    runner = "import os, sys\n\ndef run_migration():\n    print('a')\n    os.write(2, b'b')\n    os.write(1, b'c')\n"

    printed = tried(project, runner)

    assert sorted(printed.replace("\n", "")) == ["a", "b", "c"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("while True: pass", "still running after 2 s"),
        ("import time; time.sleep(1000)", "still running after 2 s"),
        ("import os; os._exit(3)", "it ended its process: exit status 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "it ended its process: SIGSEGV"),
    ],
)
def test_a_runner_that_does_not_answer_is_ended(project: Project, body: str, reason: str) -> None:
    """And the next one has a process again."""
    project.write({"users/__init__.py": f"def run_migration():\n    {body}\n"})
    with Child(conditions_of(project), timedelta(seconds=2)) as child:
        with pytest.raises(NoAnswerError, match=reason):
            child.apply(parameters_of(project), steps_of(project))

        project.write({"users/__init__.py": "def run_migration():\n    print('well')\n"})
        child.apply(parameters_of(project), steps_of(project))

        assert child.printed == "well\n"


def test_what_a_runner_changes_of_its_process_is_put_back(project: Project) -> None:
    """The next one finds the process as the first one did."""
    project.write(
        {
            "users/__init__.py": "import os, sys\n\ndef run_migration():\n"
            "    print('NEW' in os.environ, os.getcwd() == '/', 'new' in sys.path)\n"
            "    os.environ['NEW'] = 'x'\n    os.chdir('/')\n    sys.path.append('new')\n"
        }
    )
    with Child(conditions_of(project)) as child:
        for generation in (1, 2):
            child.apply(parameters_of(project), [replace(steps_of(project)[0], generation=generation)])

            assert child.printed == "False False False\n"


PARENT = """\
import sys
from pathlib import Path
from seltzer.claims.applying import Conditions
from seltzer.claims.child import Child
from seltzer.claims.guard import Neighbours
from seltzer.db.history_sql import HistoryTable
from seltzer.model import Reason, Step
from seltzer.source.discover import discover
from seltzer.source.read import read_migration

folder, host, name = sys.argv[1:]
steps = [Step(read_migration(file), Reason.NEW, 1) for file in discover(Path(folder))]
conditions = Conditions(Path(folder), HistoryTable("seltzer", "history"))
with Child(conditions) as child:
    child.apply({"host": host, "user": "postgres", "dbname": name}, steps)
"""


@pytest.mark.parametrize("body", ["import time; time.sleep(1000)", "while True: pass"])
def test_a_killed_parent_leaves_no_child(project: Project, body: str) -> None:
    """Whatever the runner is doing."""
    tells = "open(__file__ + '.pid', 'w').write(str(os.getpid()) + '.')"
    project.write({"users/__init__.py": f"import os\n\ndef run_migration():\n    {tells}\n    {body}\n"})
    told = project.folder / "users" / "__init__.py.pid"
    where = (str(project.folder), str(project.database.server.socket_folder), project.database.name)
    started = subprocess.Popen([sys.executable, "-c", PARENT, *where], env=project.variables())
    while not (told.exists() and told.read_text().endswith(".")):
        time.sleep(0.01)
    child = int(told.read_text().removesuffix("."))

    started.send_signal(signal.SIGKILL)
    started.wait()

    while _is_alive(child):
        time.sleep(0.01)


def _is_alive(pid: int) -> bool:
    """Whether a process is at work; one that is dead and that nobody has asked for is not."""
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()[:1] not in {"", "Z"}


def test_where_other_databases_are_a_socket_could_lead_to_any_of_them(project: Project) -> None:
    """Libpq says which one it asks for before it connects; who speaks the protocol by itself does not."""
    go = LIBRARIES["a socket"]
    runner = f"{go}\n\ndef run_migration():\n    go({str(project.database.server.socket_folder)!r}, 'any')\n"
    assert tried(project, runner) == ""

    project.write({"users/__init__.py": runner + "\n"})
    again = replace(steps_of(project)[0], generation=2)
    with (
        Child(conditions_of(project), server=Neighbours.OTHERS) as child,
        pytest.raises(ReachedElsewhereError, match="a server that has other databases too"),
    ):
        child.apply(parameters_of(project), [again])
