"""What a runner finds around it while it works, and that all of it is put back."""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import psycopg2
import pytest

from seltzer.errors import ConnectedElsewhereError, RunnerError

if TYPE_CHECKING:
    from collections.abc import Generator

    from support import Project

# Whatever the server, these are matters of this process.
pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

NAMES = ("DB_NAME", "DB_USER", "DB_PASSWORD", "DB_HOST", "DB_PORT")

SAY = """\
import json, os
from pathlib import Path
from shared.config import config

def run_migration():
    names = ("DB_NAME", "DB_USER", "DB_PASSWORD", "DB_HOST", "DB_PORT")
    said = {
        "config": {name: getattr(config, name, None) for name in names},
        "environment": {name: os.environ.get(name) for name in names},
    }
    Path(__file__).with_name("said.json").write_text(json.dumps(said))
"""

PLAIN = "class Config:\n    DB_NAME = 'own'\n    DB_USER = 'own'\n    DB_PASSWORD = 'own'\n    DB_HOST = 'own'\n"
CONFIGS = {
    "attributes of a class": PLAIN + "    DB_PORT = '1'\nconfig = Config()\n",
    "attributes of an object": (
        "class Config:\n    def __init__(self):\n        self.DB_NAME = self.DB_USER = self.DB_PASSWORD = 'own'\n"
        "        self.DB_HOST, self.DB_PORT = 'own', '1'\nconfig = Config()\n"
    ),
    "some only": "class Config:\n    DB_NAME = 'own'\nconfig = Config()\n",
    "a class": PLAIN.replace("Config", "config") + "    DB_PORT = '1'\n",
    "a frozen dataclass": (
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Config:\n"
        "    DB_NAME: str = 'own'\n    DB_USER: str = 'own'\n    DB_PASSWORD: str = 'own'\n"
        "    DB_HOST: str = 'own'\n    DB_PORT: str = '1'\nconfig = Config()\n"
    ),
    "a frozen dataclass with slots": (
        "from dataclasses import dataclass\n@dataclass(frozen=True, slots=True)\nclass Config:\n"
        "    DB_NAME: str = 'own'\n    DB_USER: str = 'own'\n    DB_PASSWORD: str = 'own'\n"
        "    DB_HOST: str = 'own'\n    DB_PORT: str = '1'\nconfig = Config()\n"
    ),
    "a namespace": (
        "from types import SimpleNamespace\n"
        "config = SimpleNamespace(DB_NAME='own', DB_USER='own', DB_PASSWORD='own', DB_HOST='own', DB_PORT='1')\n"
    ),
    "a model of Pydantic": (
        "from pydantic import BaseModel\nclass Config(BaseModel, frozen=True):\n"
        "    DB_NAME: str = 'own'\n    DB_USER: str = 'own'\n    DB_PASSWORD: str = 'own'\n"
        "    DB_HOST: str = 'own'\n    DB_PORT: str = '1'\nconfig = Config()\n"
    ),
    "properties that read the environment": "import os\nclass Config:\n"
    + "".join(f"    @property\n    def {name}(self): return os.environ.get({name!r}, 'own')\n" for name in NAMES)
    + "config = Config()\n",
}


def said(project: Project) -> dict[str, dict[str, Any]]:
    """What the runner saw."""
    return json.loads((project.folder / "users" / "said.json").read_text(encoding="utf-8"))


def expected(project: Project) -> dict[str, str]:
    """The run's database in the words of the application."""
    server = project.database.server
    return {
        "DB_NAME": project.database.name,
        "DB_USER": server.user,
        "DB_PASSWORD": "",
        "DB_HOST": str(server.socket_folder),
        "DB_PORT": str(server.port),
    }


@contextmanager
def imported_by_the_application(project: Project, name: str) -> Generator[Any]:
    """A module of the project that the application has imported before it migrates."""
    sys.path.insert(0, str(project.root))
    try:
        yield importlib.import_module(name)
    finally:
        sys.path.remove(str(project.root))
        for each in [each for each in sys.modules if each.partition(".")[0] == name.partition(".")[0]]:
            del sys.modules[each]


def write(project: Project, config: str, runner: str = SAY) -> Project:
    """A project with a shared.config and one runner."""
    return project.write({"../shared/config.py": config, "users/__init__.py": runner})


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_a_runner_finds_the_runs_database(project: Project, config: str) -> None:
    """In shared.config, whatever sort of object that is, and in the environment; all five names."""
    write(project, config).migrations().run_all()

    assert said(project) == {"config": expected(project), "environment": expected(project)}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
@pytest.mark.parametrize("end", ["", "    raise ValueError('too late')\n"], ids=["returns", "raises"])
def test_the_applications_config_is_put_back(
    project: Project, monkeypatch: pytest.MonkeyPatch, config: str, end: str
) -> None:
    """The very object that the application holds, also when the runner raises; and the environment."""
    monkeypatch.setenv("DB_HOST", "own")
    write(project, config, SAY + end)
    with imported_by_the_application(project, "shared.config") as module:
        before = {name: getattr(module.config, name, None) for name in NAMES}
        kept = dict(getattr(module.config, "__dict__", {}))
        try:
            project.migrations().run_all()
        except RunnerError:
            assert end

        assert said(project)["config"] == expected(project)
        assert {name: getattr(module.config, name, None) for name in NAMES} == before
        assert dict(getattr(module.config, "__dict__", {})) == kept
    assert {name: os.environ.get(name) for name in NAMES} == {**dict.fromkeys(NAMES), "DB_HOST": "own"}


def test_a_port_that_was_a_number_stays_one(project: Project) -> None:
    """Somebody may add to it."""
    write(project, PLAIN + "    DB_PORT = 1\nconfig = Config()\n").migrations().run_all()

    assert said(project)["config"]["DB_PORT"] == project.database.server.port


def test_a_config_that_cannot_be_changed_crashes_nothing(project: Project) -> None:
    """A tuple with names: the environment has the run's database still."""
    config = (
        "from typing import NamedTuple\nclass Config(NamedTuple):\n    DB_NAME: str = 'own'\n    DB_HOST: str = 'own'\n"
        "config = Config()\n"
    )

    write(project, config).migrations().run_all()

    assert said(project)["environment"] == expected(project)


def test_a_config_that_raises_without_its_variables_is_imported_with_them(project: Project) -> None:
    """As applications do that are configured by their environment alone."""
    config = "import os\nclass Config:\n    pass\nconfig = Config()\n" + "".join(
        f"config.{name} = os.environ[{name!r}]\n" for name in NAMES
    )

    write(project, config).migrations().run_all()

    assert said(project)["config"] == expected(project)


@pytest.mark.parametrize(
    "config",
    ["raise RuntimeError('not today')\n", "import sys\nsys.exit('not configured')\n", "config = None\n", "x = 1\n"],
    ids=["raises", "exits", "nothing", "another name"],
)
def test_a_config_that_cannot_be_used_counts_as_none(project: Project, config: str) -> None:
    """A runner that does not ask for it works."""
    runner = SAY.replace("from shared.config import config", "config = None")

    write(project, config, runner).migrations().run_all()

    assert said(project)["environment"] == expected(project)


@pytest.mark.parametrize(
    "files",
    [
        {"users/__init__.py": "print('importing')\n\ndef run_migration():\n    print('running')\n"},
        {
            "users/__init__.py": "from shared.config import config\n\ndef run_migration():\n    pass\n",
            "../shared/config.py": f"print('importing')\n{PLAIN}\n\nconfig = Config()\n",
        },
        {"users/0001_a.py": "print('importing')\n\ndef apply(conn):\n    print('running')\n"},
    ],
    ids=["runner", "shared.config", "Python migration"],
)
def test_what_the_users_code_prints_goes_to_stderr(project: Project, files: dict[str, str]) -> None:
    """Stdout has the document and nothing else."""
    outcome = project.write(files).run("apply", "--json")

    assert outcome.code == 0, outcome.err
    assert outcome.json()["state"] == "current"
    assert "importing" in outcome.err


def test_stdout_is_the_applications_again_afterwards(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Also when the runner raises."""
    write(project, "", "def run_migration():\n    raise ValueError\n")
    stdout = sys.stdout

    with pytest.raises(RunnerError):
        project.migrations().run_all()

    assert sys.stdout is stdout
    assert capsys.readouterr().out == ""


def test_connections_are_the_librarys_again_afterwards(project: Project) -> None:
    """Whatever was watched while the runner worked."""
    base = next(each for each in psycopg.Connection.__mro__ if "_connect_gen" in vars(each))
    before = (psycopg.connect, vars(base)["_connect_gen"], psycopg2.connect, vars(psycopg2)["_connect"])
    stranger = project.database.server.url("postgres")
    write(project, "", f"import psycopg\n\ndef run_migration():\n    psycopg.connect({stranger!r})\n")

    with pytest.raises(ConnectedElsewhereError):
        project.migrations().run_all()

    assert (psycopg.connect, vars(base)["_connect_gen"]) == before[:2]
    assert (psycopg2.connect, vars(psycopg2)["_connect"]) == before[2:]
    psycopg.connect(stranger).close()
    psycopg2.connect(stranger).close()


EARLY = {
    "psycopg": "from psycopg import connect\n",
    "a class of psycopg": "from psycopg import Connection\nconnect = Connection.connect\n",
    "psycopg2": "from psycopg2 import connect\n",
    "asynchronous": (
        "import asyncio\nfrom psycopg import AsyncConnection\nto = AsyncConnection.connect\n\n"
        "def connect(url):\n"
        "    async def work():\n"
        "        async with await to(url) as conn:\n"
        "            await conn.execute('CREATE TABLE elsewhere ()')\n"
        "    asyncio.run(work())\n"
    ),
}
USES_EARLY = """\
from shared.db import connect

def run_migration():
    conn = connect({url!r})
    if conn is not None:
        conn.cursor().execute('CREATE TABLE elsewhere ()')
        conn.commit()
        conn.close()
"""


@pytest.mark.parametrize("early", EARLY)
def test_what_the_application_imported_before_is_watched_too(project: Project, early: str) -> None:
    """Its own name for `connect` leads to another database: nothing is made there, and no row says applied."""
    stranger = project.database.server.url("postgres")
    write(project, "", USES_EARLY.format(url=stranger)).write({"../shared/db.py": EARLY[early]})

    with imported_by_the_application(project, "shared.db"), pytest.raises(ConnectedElsewhereError):
        project.migrations().run_all()

    assert project.states() == {"users/run_migration": "failed"}
    with psycopg.connect(stranger) as conn:
        assert conn.execute("SELECT to_regclass('elsewhere')").fetchall() == [(None,)]


@pytest.mark.parametrize("early", EARLY)
def test_what_the_application_imported_before_reaches_the_runs_database(project: Project, early: str) -> None:
    """The same names lead to the run's own database, where they may work."""
    write(project, "", USES_EARLY.format(url=project.database.url)).write({"../shared/db.py": EARLY[early]})

    with imported_by_the_application(project, "shared.db"):
        project.migrations().run_all()

    assert project.states() == {"users/run_migration": "applied"}
    assert project.database.query("SELECT to_regclass('elsewhere')::text") == [("elsewhere",)]


def test_an_asynchronous_runner_of_the_command_line_is_watched(project: Project) -> None:
    """Plain `seltzer apply`, with nothing imported before."""
    stranger = project.database.server.url("postgres")
    write(project, "", USES_EARLY.format(url=stranger)).write({"../shared/db.py": EARLY["asynchronous"]})

    outcome = project.run("apply", "--json")

    assert (outcome.code, outcome.json()["error"]["type"]) == (1, "connected-elsewhere")


def test_a_library_that_a_runner_imported_first_connects_where_it_likes_afterwards(project: Project) -> None:
    """It kept the function that it found then; the run that watched it is over."""
    library = project.root / "libraries" / "library_that_connects.py"
    library.parent.mkdir()
    library.write_text("from psycopg import connect\n", encoding="utf-8")
    elsewhere = type(project)(project.root / "app", project.database)
    elsewhere.write({"users/__init__.py": "def run_migration():\n    import library_that_connects\n"})
    sys.path.insert(0, str(library.parent))
    try:
        elsewhere.migrations().run_all()

        loaded = importlib.import_module("library_that_connects")
        loaded.connect(project.database.server.url("postgres")).close()
    finally:
        sys.path.remove(str(library.parent))
        sys.modules.pop("library_that_connects", None)


def test_another_thread_of_the_application_connects_where_it_likes(project: Project) -> None:
    """While a runner works: only what the runner itself connects to is its affair."""
    write(
        project,
        "",
        "import sys\n\ndef run_migration():\n    meeting = sys.modules['meeting_of_two_threads']\n"
        "    meeting.at_work.set()\n    assert meeting.connected.wait(20)\n",
    )
    meeting: Any = type(sys)("meeting_of_two_threads")
    meeting.at_work, meeting.connected = threading.Event(), threading.Event()
    caught: list[BaseException] = []

    def connect() -> None:
        meeting.at_work.wait(20)
        try:
            psycopg.connect(project.database.server.url("postgres")).close()
        except Exception as error:  # noqa: BLE001  # whatever it is, the test looks at it
            caught.append(error)
        meeting.connected.set()

    sys.modules["meeting_of_two_threads"] = meeting
    thread = threading.Thread(target=connect)
    thread.start()
    try:
        project.migrations().run_all()
    finally:
        meeting.at_work.set()
        thread.join()
        del sys.modules["meeting_of_two_threads"]

    assert caught == []


@pytest.mark.parametrize("library", ["psycopg", "psycopg2"])
@pytest.mark.parametrize("factory", [False, True], ids=["", "rows as dictionaries"])
def test_a_connection_to_the_runs_database_is_the_runners_own(project: Project, library: str, *, factory: bool) -> None:
    """By any other name of it, idle and with nothing left on it, whatever its rows look like."""
    more = {
        "psycopg": ", row_factory=psycopg.rows.dict_row",
        "psycopg2": ", cursor_factory=psycopg2.extras.RealDictCursor",
    }[library]
    url = f"host={project.database.server.socket_folder} dbname={project.database.name} user=postgres"
    write(
        project,
        "",
        f"import {library}, psycopg.rows, psycopg2.extras\n\ndef run_migration():\n"
        f"    conn = {library}.connect({url!r}{more if factory else ''})\n"
        "    assert not conn.autocommit\n"
        "    assert int(conn.info.transaction_status) == 0\n"
        "    conn.cursor().execute('CREATE TABLE of_its_own ()')\n"
        "    conn.commit()\n"
        "    conn.close()\n",
    )

    assert project.migrations().run_all().applied == ("users/run_migration",)
    assert project.database.query("SELECT to_regclass('of_its_own')::text") == [("of_its_own",)]
