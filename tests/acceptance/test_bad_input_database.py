"""Databases that are not configured, cannot be reached or do not let us work: never with a password in what is said."""

from __future__ import annotations

import signal
import socket
import time
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from acceptance.test_bad_input_form import GOOD, Refusal, call, left_in, refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support import Project

pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

CANARY = "canary/4711"
PATIENCE_SECONDS = 30


def refused_by(project: Project, database: str, *arguments: str) -> Refusal:
    """A refusal whose reason is the database; nothing said of it has the password."""
    refusal = refused(project.write(GOOD), *arguments, environment={"SELTZER_DATABASE": database})
    assert CANARY not in refusal.text
    assert CANARY not in str(refusal.document)
    assert quote(CANARY, safe="") not in refusal.text + str(refusal.document)
    return refusal


def url(project: Project, *, user: str, password: str = "", name: str | None = None, options: str = "") -> str:
    """The test's database as another user sees it."""
    server = project.database.server
    secret = f":{quote(password, safe='')}" if password else ""
    more = f"&options={quote(options)}" if options else ""
    folder = quote(str(server.socket_folder), safe="")
    return f"postgresql://{user}{secret}@/{name or project.database.name}?host={folder}&port={server.port}{more}"


@pytest.fixture
def role(project: Project) -> Iterator[str]:
    """A role that may log in, and nothing else."""
    name = f"role_of_{project.database.name}"
    with psycopg.connect(project.database.server.url("postgres"), autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), CANARY))
        yield name
        conn.execute(sql.SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(sql.Identifier(name)))
        with psycopg.connect(project.database.url, autocommit=True) as inside:
            inside.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(name)))
        conn.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.fixture
def asked_for_a_password(project: Project, role: str) -> Iterator[str]:
    """The same role, of whom the server wants to know a password; everybody else comes in as before."""
    hba = project.database.server.data / "pg_hba.conf"
    before = hba.read_text(encoding="utf-8")
    hba.write_text(f"local all {role} scram-sha-256\n{before}", encoding="utf-8")
    try:
        _reload(project, url(project, user=role), asks=True)
        yield role
    finally:
        hba.write_text(before, encoding="utf-8")
        _reload(project, url(project, user=role), asks=False)


def _reload(project: Project, as_role: str, *, asks: bool) -> None:
    """Let the server read its file, and wait until it has."""
    project.database.query("SELECT pg_reload_conf()")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _is_asked(as_role) is not asks:
        assert time.monotonic() < deadline, "the server does not read pg_hba.conf"
        time.sleep(0.01)


def _is_asked(as_role: str) -> bool:
    try:
        psycopg.connect(as_role).close()
    except psycopg.OperationalError:
        return True
    return False


def test_no_database_is_configured(project: Project) -> None:
    """The error says what was looked for, in order, and names the way without a server."""
    refusal = refused_by(project, "")

    assert (refusal.code, refusal.type) == (2, "not-configured")
    looked = ["--database", "SELTZER_DATABASE", "pyproject.toml", "shared.config", "DATABASE_URL", "PGHOST"]
    positions = [refusal.message.index(word) for word in looked]
    assert positions == sorted(positions)
    assert 'database = "embedded"' in refusal.hint
    assert not (project.root / ".seltzer").exists()


@pytest.mark.parametrize(
    "written",
    [
        f"mysql://app:{CANARY}@db/soda",
        f"postgresql://app:{CANARY}@db:port/soda",
        f"postgresql://app:a@{CANARY}@db/soda",
        f"host=db password={CANARY} nosuch=1",
        f"app:{CANARY}@db/soda",
        f"postgresql://app:{CANARY}@[::1/soda",
        f"'{CANARY}",
    ],
)
@pytest.mark.parametrize("how", ["variable", "flag", "file"])
def test_a_text_that_cannot_be_read_is_not_repeated(project: Project, written: str, how: str) -> None:
    """Not even in part, wherever it was given; the hint says what would be one."""
    flags = ["--database", written] if how == "flag" else []
    if how == "file":
        (project.root / "seltzer.toml").write_text(f'database = "{written}"\n', encoding="utf-8")

    refusal = refused_by(project, written if how == "variable" else "", *flags)

    assert (refusal.code, refusal.type) == (2, "invalid-database")
    assert "canary" not in refusal.text
    assert "4711" not in refusal.text
    assert "postgresql://user@host:5432/name" in refusal.hint
    if how == "file":
        assert refusal.place == ("seltzer.toml", 1, None)


def test_a_wrong_password(project: Project, asked_for_a_password: str) -> None:
    """The user and the database are named, the password is not."""
    refusal = refused_by(project, url(project, user=asked_for_a_password, password=CANARY + "x"))

    assert (refusal.code, refusal.type) == (1, "connection-failed")
    assert asked_for_a_password in refusal.message
    assert project.database.name in refusal.message
    assert "password authentication failed" in refusal.message
    assert "Check user and password" in refusal.hint


def test_no_password_where_one_is_asked_for(project: Project, asked_for_a_password: str) -> None:
    """The hint says where one can be given."""
    refusal = refused_by(project, url(project, user=asked_for_a_password))

    assert (refusal.code, refusal.type) == (1, "connection-failed")
    assert "Give a password" in refusal.hint


def test_a_right_password_is_never_said_either(project: Project, asked_for_a_password: str) -> None:
    """When something else goes wrong, in what is said, in the history, or in what a runner is told."""
    project.database.query(f'GRANT CREATE ON DATABASE "{project.database.name}" TO "{asked_for_a_password}"')
    runner = "import os\n\n\ndef run_migration():\n    raise ValueError(os.environ['DB_PASSWORD'])\n"
    project.write({"alpha/__init__.py": runner})
    database = url(project, user=asked_for_a_password, password=CANARY)

    environment = {"SELTZER_DATABASE": database}
    outcomes = [call(project, verb, "--json", environment=environment) for verb in ("status", "apply")]

    assert [outcome.code for outcome in outcomes] == [0, 1]
    assert asked_for_a_password in outcomes[0].json()["database"]
    assert CANARY not in outcomes[0].out + outcomes[0].err + outcomes[1].out + outcomes[1].err
    assert project.database.query("SELECT count(*) FROM seltzer.history WHERE message LIKE '%canary%'") == [(0,)]


@pytest.mark.parametrize("where", ["socket", "port"])
def test_a_server_that_is_not_there(project: Project, tmp_path: Path, where: str) -> None:
    """No socket, or nobody behind a port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    host = quote(str(tmp_path), safe="") if where == "socket" else "127.0.0.1"

    refusal = refused_by(project, f"postgresql://app:{quote(CANARY, safe='')}@/soda?host={host}&port={port}")

    assert (refusal.code, refusal.type) == (1, "connection-failed")
    assert f":{port}/soda" in refusal.message
    assert "\t" not in refusal.message
    assert "Is PostgreSQL running there?" in refusal.hint


def test_a_server_that_lets_nobody_in(project: Project) -> None:
    """It has no connection left for us."""
    name = project.database.name
    project.database.query(f'ALTER DATABASE "{name}" CONNECTION LIMIT 0')
    project.database.query(f'CREATE ROLE "limited_{name}" LOGIN')
    try:
        environment = {"SELTZER_DATABASE": url(project, user=f"limited_{name}")}
        outcome = call(project.write(GOOD), "apply", "--json", environment=environment)
    finally:
        project.database.query(f'DROP ROLE "limited_{name}"')

    error = outcome.json()["error"]
    assert (outcome.code, error["type"]) == (1, "connection-failed")
    assert "too many connections" in error["message"]
    assert "close some" in error["hint"]


def test_a_database_that_does_not_exist(project: Project) -> None:
    """The hint is the command that makes it."""
    refusal = refused_by(project, url(project, user="postgres", password=CANARY, name="nosuch"))

    assert (refusal.code, refusal.type) == (1, "connection-failed")
    assert 'database "nosuch" does not exist' in refusal.message
    assert "createdb nosuch" in refusal.hint


def test_a_role_that_does_not_exist(project: Project) -> None:
    """The hint speaks of the user, not of the database."""
    refusal = refused_by(project, url(project, user="nosuch", password=CANARY))

    assert (refusal.code, refusal.type) == (1, "connection-failed")
    assert "role" in refusal.hint


def test_a_role_without_create(project: Project, role: str) -> None:
    """The hint is the command that somebody with the right has to run; after it the same call works."""
    refusal = refused_by(project, url(project, user=role))

    assert (refusal.code, refusal.type) == (1, "privilege")
    assert refusal.document["error"]["sqlstate"] == "42501"
    assert role in refusal.message
    grant = f"GRANT CREATE ON DATABASE {project.database.name} TO {role};"
    assert grant in refusal.hint.replace('"', "")
    assert "CREATE SCHEMA" in refusal.hint

    project.database.query(f'GRANT CREATE ON DATABASE "{project.database.name}" TO "{role}"')
    project.database.query(f'GRANT CREATE ON SCHEMA public TO "{role}"')
    assert call(project, "apply", environment={"SELTZER_DATABASE": url(project, user=role)}).code == 0


def test_a_role_that_may_not_read_the_history(project: Project, role: str) -> None:
    """Even a start that has nothing to do needs that much; the hint says how it is given."""
    project.write(GOOD).migrations().run_all()

    refusal = refused_by(project, url(project, user=role))

    assert (refusal.code, refusal.type) == (1, "privilege")
    assert f'GRANT USAGE ON SCHEMA "seltzer" TO "{role}";' in refusal.hint
    assert f'GRANT SELECT ON "seltzer"."history" TO "{role}";' in refusal.hint
    assert "history-readers" in refusal.hint


def test_a_server_that_is_read_only(project: Project) -> None:
    """A session that may only read is told so, before anything is tried; it may look."""
    database = url(project, user="postgres", options="-c default_transaction_read_only=on")

    refusal = refused_by(project, database)

    assert (refusal.code, refusal.type) == (1, "read-only-server")
    assert "1 pending" in refusal.message
    assert "default_transaction_read_only" in refusal.hint
    assert call(project, "status", environment={"SELTZER_DATABASE": database}).code == 0


def test_a_server_that_is_read_only_with_nothing_to_do(project: Project) -> None:
    """A replica that starts on a standby is content when its migrations are applied."""
    project.write(GOOD).migrations().run_all()
    database = url(project, user="postgres", options="-c default_transaction_read_only=on")

    assert call(project, "apply", environment={"SELTZER_DATABASE": database}).code == 0


def test_a_history_that_is_none(project: Project) -> None:
    """A table of somebody else's is not taken for ours."""
    project.database.query("CREATE TABLE alpha_history (id int)")

    refusal = refused_by(project, project.database.url, "--history", "public.alpha_history")

    assert (refusal.code, refusal.type) == (1, "history")
    assert "history = " in refusal.hint


def test_an_interrupt_while_nothing_answers_is_told_in_the_form_asked_for(project: Project) -> None:
    """A server that takes the connection and says nothing: Ctrl-C ends the wait, with one document."""
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        database = f"postgresql://app:{quote(CANARY, safe='')}@127.0.0.1:{port}/soda"
        process = project.write(GOOD).start("status", "--json", environment={"SELTZER_DATABASE": database})
        silent.settimeout(PATIENCE_SECONDS)
        with closing(silent.accept()[0]):
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert '"type": "interrupted-run"' in out
    assert left_in(project.database) == []
