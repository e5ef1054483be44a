"""The password of the database in nothing that is said or kept, in whatever form it was configured."""

from __future__ import annotations

import os
import time
from contextlib import chdir
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch
from urllib.parse import quote

import psycopg
import pytest
from psycopg import conninfo, sql

from acceptance.test_bad_input_form import call
from leaks import Said, listening, say_error, say_events, say_tables
from seltzer import Migrations
from seltzer.cli.flags import call_of
from seltzer.cli.output import Output
from seltzer.commands.running import new_run
from seltzer.commands.start import open_target
from seltzer.config.database import find_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seltzer.events import Event
    from support import Project

pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

PASSWORD = "canary's 4711/@:%\\"  # noqa: S105  # one that nothing but the test has
"""With everything that is written differently in URLs, keyword strings, SQL, JSON and Python."""

PATIENCE_SECONDS = 30


class Form(NamedTuple):
    """A way of configuring: what the environment, files beside `migrations/` and the command line say."""

    environment: dict[str, str]
    files: dict[str, str]
    flags: tuple[str, ...] = ()


class Server(NamedTuple):
    """Where the test's database is, and who comes in with a password only."""

    host: str
    port: str
    name: str
    user: str

    def parameters(self, password: str) -> dict[str, str]:
        """By libpq's keywords."""
        return {"host": self.host, "port": self.port, "dbname": self.name, "user": self.user, "password": password}

    def url(self, password: str, scheme: str = "postgresql") -> str:
        """A URL."""
        where = f"host={quote(self.host, safe='')}&port={self.port}"
        return f"{scheme}://{self.user}:{quote(password, safe='')}@/{self.name}?{where}"

    def attributes(self, password: str) -> str:
        """`DB_*` in Python."""
        values = zip(("HOST", "PORT", "NAME", "USER", "PASSWORD"), self.parameters(password).values(), strict=True)
        return "".join(f"    DB_{name} = {value!r}\n" for name, value in values)


def _shared(server: Server, password: str) -> dict[str, str]:
    code = f"class Config:\n{server.attributes(password)}\n\nconfig = Config()\n"
    return {"shared/__init__.py": "", "shared/config.py": code}


def _pydantic(server: Server, password: str) -> str:
    secret = server.attributes(password).replace("DB_PASSWORD = ", "DB_PASSWORD = pydantic.SecretStr(") + "    )\n"
    return f"import pydantic\nclass settings:\n{secret}"


def _variables(server: Server) -> dict[str, str]:
    return {"PGHOST": server.host, "PGPORT": server.port, "PGDATABASE": server.name, "PGUSER": server.user}


def _passfile(server: Server, password: str) -> str:
    return f"*:*:*:{server.user}:" + password.replace("\\", "\\\\").replace(":", "\\:")


def _toml(text: str) -> str:
    return f"database = '''{text}'''\n"


FORMS: dict[str, Callable[[Server, str], Form]] = {
    "flag": lambda s, p: Form({}, {}, ("--database", s.url(p))),
    "variable": lambda s, p: Form({"SELTZER_DATABASE": s.url(p)}, {}),
    "keywords": lambda s, p: Form({"SELTZER_DATABASE": conninfo.make_conninfo("", **s.parameters(p))}, {}),
    "sqlalchemy": lambda s, p: Form({"SELTZER_DATABASE": s.url(p, "postgresql+psycopg2")}, {}),
    "seltzer_toml": lambda s, p: Form({}, {"seltzer.toml": _toml(s.url(p))}),
    "pyproject": lambda s, p: Form({}, {"pyproject.toml": "[tool.seltzer]\n" + _toml(s.url(p))}),
    "shared_config": lambda s, p: Form({}, _shared(s, p)),
    "database_url": lambda s, p: Form({"DATABASE_URL": s.url(p)}, {}),
    "pgpassword": lambda s, p: Form({**_variables(s), "PGPASSWORD": p}, {}),
    "passfile": lambda s, p: Form({**_variables(s), "PGPASSFILE": "passfile"}, {"passfile": _passfile(s, p)}),
    "function": lambda s, p: Form(
        {"SELTZER_DATABASE": "settings:url"}, {"settings.py": f"def url():\n    return {s.url(p)!r}\n"}
    ),
    "secret_str": lambda s, p: Form({"SELTZER_DATABASE": "settings:settings"}, {"settings.py": _pydantic(s, p)}),
}

# Migrations that say everything they know of the password, each in its own way.
TALKATIVE = {
    "good/create_tables.sql": "CREATE TABLE good (name text);",
    "good/0001_names.py": "def apply(conn):\n    conn.execute('INSERT INTO good SELECT application_name "
    "FROM pg_stat_activity')\n",
    "runner/__init__.py": "import os\ndef run_migration():\n    raise ValueError(os.environ['DB_PASSWORD'])\n",
    "printed/__init__.py": "import os, urllib.parse, json\ndef run_migration():\n"
    "    secret = os.environ['DB_PASSWORD']\n"
    "    forms = [urllib.parse.quote(secret), urllib.parse.quote_plus(secret), repr([secret]), json.dumps(secret)]\n"
    "    raise RuntimeError(' and '.join(forms))\n",
    "python/0001_a.py": "def apply(conn):\n    raise LookupError(conn.info.password)\n",
    "told/0001_a.py": 'def apply(conn):\n    secret = conn.info.password.replace("\'", "\'\'")\n'
    "    conn.execute(f\"DO $$ BEGIN RAISE WARNING '%', '{secret}'; RAISE EXCEPTION '%', '{secret}'; END $$\")\n",
    "exited/__init__.py": "import os\ndef run_migration():\n    raise SystemExit(os.environ['DB_PASSWORD'])\n",
    "lost/__init__.py": "import os, psycopg2\ndef run_migration():\n    psycopg2.connect(host='/nowhere', "
    "user='u', password=os.environ['DB_PASSWORD'])\n",
    "imported/__init__.py": "import os\nraise ImportError(os.environ['DB_PASSWORD'])\ndef run_migration(): ...\n",
}


@pytest.fixture
def role(project: Project) -> Iterator[Server]:
    """A role with a password that is asked for; everybody else comes in as before."""
    running = project.database.server
    found = Server(str(running.socket_folder), str(running.port), project.database.name, f"who_{project.database.name}")
    hba = running.data / "pg_hba.conf"
    before = hba.read_text(encoding="utf-8")
    name = sql.Identifier(found.user)
    with project.database.connect() as conn:
        conn.execute(sql.SQL("CREATE ROLE {} LOGIN SUPERUSER PASSWORD {}").format(name, PASSWORD))
        try:
            hba.write_text(f"local all {found.user} scram-sha-256\n{before}", encoding="utf-8")
            _reload(project, found, asks=True)
            yield found
        finally:
            hba.write_text(before, encoding="utf-8")
            _reload(project, found, asks=False)
            conn.execute(sql.SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(name))
            conn.execute(sql.SQL("DROP OWNED BY {}; DROP ROLE {}").format(name, name))


def _reload(project: Project, server: Server, *, asks: bool) -> None:
    project.database.query("SELECT pg_reload_conf()")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _is_asked(server) is not asks:
        assert time.monotonic() < deadline, "the server does not read pg_hba.conf"
        time.sleep(0.01)


def _is_asked(server: Server) -> bool:
    try:
        psycopg.connect(conninfo.make_conninfo("", **server.parameters(""))).close()
    except psycopg.OperationalError:
        return True
    return False


def configure(project: Project, form: Form) -> dict[str, str]:
    """Write a form's files; returns the environment."""
    for name, text in form.files.items():
        path = project.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
    return {"SELTZER_DATABASE": "", **form.environment}


@pytest.mark.parametrize("name", FORMS)
def test_the_password_is_said_nowhere(name: str, project: Project, role: Server) -> None:
    """By no verb, whether it goes well or not; not by a repr; not by what migrations say of it themselves."""
    form = FORMS[name](role, PASSWORD)
    environment = configure(project.write(TALKATIVE), form)
    said, codes = Said(), dict[str, int]()
    failing = [f"apply {folder}" for folder in (_failing() if name == "variable" else ["runner"])]
    for verb in ("status --all", "settings", "apply good", "plan", *failing, "history"):
        flags = () if verb == "settings" else form.flags
        for how in ("--json", "--verbose"):
            outcome = call(project, *verb.split(), how, *flags, environment=environment)
            said.add(f"{verb} {how}", outcome.out + outcome.err)
            codes[verb] = outcome.code
    said.add("reprs", _reprs(project, form, environment))
    refused = _with_a_wrong_one(name, project, role, said)
    say_tables(said, project.database)
    said.add("application names", project.database.query("SELECT name FROM good"))

    assert said.leaks() == []
    assert {verb for verb, code in codes.items() if code != 0} == {*failing}
    assert "***" in said.texts["history"]
    assert f"no connection to {role.user}@{role.host}:{role.port}/{role.name}: " in refused


def _with_a_wrong_one(name: str, project: Project, role: Server, said: Said) -> str:
    """What is said when the server refuses the password."""
    form = FORMS[name](role, f"{PASSWORD}x")
    environment = configure(project, form)
    outcomes = [call(project, "apply", how, *form.flags, environment=environment) for how in ("--json", "--verbose")]
    assert [outcome.code for outcome in outcomes] == [1, 1]
    said.add("wrong password", "".join(outcome.out + outcome.err for outcome in outcomes))
    return outcomes[1].err


def _failing() -> list[str]:
    return sorted({file.partition("/")[0] for file in TALKATIVE} - {"good"})


def _reprs(project: Project, form: Form, environment: dict[str, str]) -> str:
    with patch.dict(os.environ, project.variables(environment), clear=True), chdir(project.root):
        flags: dict[str, Any] = {"config": None, "database": form.flags[1] if form.flags else None}
        one = call_of(flags, Output("status"))
        found = find_database(one.config, os.environ)
        with open_target(one) as target:
            run = new_run(one, target)
            return repr([one, one.config, one.config.origins, found, target, target.conn, run, run.session, run.writer])


@pytest.mark.parametrize("given", ["connection", "url", "wrong url", "unreadable"])
def test_no_error_of_a_call_in_code_has_the_password(
    given: str, project: Project, role: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor its traceback, its chain, an event or the log at DEBUG."""
    said, events = Said(), list["Event"]()
    with psycopg.connect(conninfo.make_conninfo("", **role.parameters(PASSWORD)), autocommit=True) as conn:
        database: object = {
            "connection": conn,
            "url": role.url(PASSWORD),
            "wrong url": role.url(f"{PASSWORD}x"),
            "unreadable": f"postgresql://u:{PASSWORD}@h/d",
        }[given]
        migrations = Migrations(project.write(TALKATIVE).folder, database=database)
        for folder in _failing():
            with listening(said, caplog):
                migrations.apply(folder, on_event=events.append)
            assert said.error is not None
        said.add("repr", repr(migrations) + repr(conn))
    say_events(said, events)
    say_tables(said, project.database)

    assert said.leaks() == []


WRONG_PLACES = [
    ("status", "URL"),
    ("apply", "URL"),
    ("apply", "WORDS"),
    ("apply", "--config", "URL"),
    ("apply", "--migrations", "URL"),
    ("apply", "--application", "URL"),
    ("apply", "--policy", "URL"),
    ("apply", "--lock-wait", "URL"),
    ("apply", "--databse=URL"),
    ("plan", "URL"),
    ("revert", "URL"),
    ("revert", "--to", "URL"),
    ("stamp", "URL", "--yes"),
    ("forget", "URL"),
    ("history", "URL"),
    ("reset", "--database-name", "URL", "--yes"),
    ("new", "URL"),
    ("new", "users", "URL"),
    ("renumber", "URL"),
    ("rename-module", "URL", "b"),
    ("rename-module", "users", "URL"),
    ("server", "URL"),
    ("URL",),
    ("init", "URL"),
]


def test_a_password_typed_in_a_wrong_place_is_not_repeated(project: Project) -> None:
    """Where an id, a name, a folder or a word belongs: in no form, nor in what is offered instead."""
    project.write({"users/create_tables.sql": "CREATE TABLE users (id int);"})
    typed = {"URL": "postgresql://app:canary4711@db.example/soda", "WORDS": "host=db password=canary4711"}
    said, codes = Said(), dict[str, int]()
    for arguments in WRONG_PLACES:
        words = [word.replace("URL", typed["URL"]).replace("WORDS", typed["WORDS"]) for word in arguments]
        for form in ([], ["--json"]):
            outcome = call(project, *words, *form)
            said.add(" ".join(arguments), outcome.out + outcome.err)
            codes[" ".join(arguments)] = outcome.code

    assert said.leaks() == []
    assert {arguments for arguments, code in codes.items() if code == 0} == set()


IN_SQL = (
    "ALTER ROLE r PASSWORD 'canary4711' VALID UNTIL 'never ever'",
    "ALTER ROLE r\n  ENCRYPTED PASSWORD\n  $q$canary4711$q$ VALID UNTIL 'never ever'",
    "CREATE ROLE r PASSWORD canary4711",
    "CREATE ROLE r PASSWORD 'canary4711",
    "CREATE ROLE r PASSWORD E'\\'canary4711' NOSUCH",
    "DO $$ BEGIN EXECUTE format('ALTER ROLE r PASSWORD %L NOSUCH', 'canary4711'); END $$",
    "DO $$ BEGIN EXECUTE 'ALTER ROLE r PASSWORD ''canary4711'' NOSUCH'; END $$",
    "ALTER USER MAPPING FOR r SERVER s OPTIONS (SET password 'canary4711')",
    "CREATE SUBSCRIPTION s CONNECTION 'host=/nowhere password=canary4711' PUBLICATION p",
    "CREATE SUBSCRIPTION s CONNECTION 'postgresql://u:canary4711@/d?host=/nowhere' PUBLICATION p",
    "CREATE SUBSCRIPTION s CONNECTION 'canary4711' PUBLICATION p",
    "SELECT dblink('postgresql://u:canary4711@h/d', 'SELECT 1')",
    "SELECT set_config('seltzer.api_token', 'canary4711', false), nosuch",
    "SET seltzer.secret = 'canary4711' nosuch",
    "SELECT nosuch -- ALTER ROLE r PASSWORD 'canary4711'",
    "\\connect postgresql://u:canary4711@h/d",
    "-- seltzer: database = postgresql://u:canary4711@h/d\nSELECT 1",
    "-- seltzer: lock-timeout = postgresql://u:canary4711@h/d\nSELECT 1",
)


@pytest.mark.parametrize("head", ["", "-- seltzer: transaction = off\n"])
def test_a_password_in_sql_is_not_shown_when_it_fails(
    head: str, project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    """In the line of the mistake, in the server's message, in what is said of a statement while it runs."""
    leaks: dict[str, list[str]] = {}
    for number, text in enumerate(IN_SQL):
        said, events = Said(), list["Event"]()
        project.write({"roles/0001_a.sql": text if text.startswith("-- seltzer") else f"{head}SELECT 1;\n{text}"})
        with listening(said, caplog):
            project.migrations(history=f"h{number}.history").apply(on_event=events.append)
        say_events(said, events)
        say_tables(said, project.database, f"h{number}")
        leaks[text] = [*said.leaks(), *([] if said.error else ["it did not fail"])]

    assert {text: found for text, found in leaks.items() if found} == {}


def test_an_error_that_reaches_nobody_is_told_by_its_type(project: Project) -> None:
    """What stands in the way of a table of the history has the server's words, not psycopg's."""
    project.database.query("CREATE SCHEMA seltzer; CREATE VIEW seltzer.history AS SELECT 'canary4711'::text AS id")
    said = Said()
    try:
        project.write(TALKATIVE).migrations().status()
    except Exception as error:  # noqa: BLE001  # any at all
        say_error(said, error)

    assert said.leaks() == []
    assert "traceback" in said.texts
