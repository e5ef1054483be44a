"""`reset`: drops, creates and applies; only what is meant, and only while nobody uses it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from seltzer import Migrations
from seltzer.errors import (
    ConnectionNotIdleError,
    DatabaseError,
    DatabaseInUseError,
    NotEmbeddedError,
    ParseError,
    PrivilegeError,
    SeltzerError,
)
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from pathlib import Path

    from support import Project

FILES = {
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);\n",
    "users/0001_x.sql": "INSERT INTO users VALUES (1);\n",
}


def kind(project: Project) -> tuple[Any, ...]:
    """Owner, encoding and locale of the project's database, whatever they are called in its version."""
    with psycopg.connect(project.database.server.url("postgres"), autocommit=True) as conn:
        found = conn.execute(
            "SELECT d.datdba::regrole::text, pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, "
            "to_jsonb(d)->>'datlocprovider', coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale') "
            "FROM pg_database AS d WHERE d.datname = %s",
            [project.database.name],
        ).fetchone()
    assert found is not None
    return found


def number(project: Project) -> int:
    """What tells the database from a new one of its name."""
    found: int = project.database.query("SELECT oid::int8 FROM pg_database WHERE datname = current_database()")[0][0]
    return found


def names(project: Project) -> list[str]:
    """All databases of the server."""
    return [str(row[0]) for row in project.database.query("SELECT datname FROM pg_database ORDER BY 1")]


def refused(
    project: Project, error: type[SeltzerError], migrations: Migrations | None = None, **choice: Any
) -> SeltzerError:
    """Reset what is refused: the database is the one that it was, and no other one has come."""
    before = number(project), names(project), project.database.query("SELECT id FROM users")
    with pytest.raises(error) as caught:
        (migrations or project.migrations()).reset(**choice)
    assert (number(project), names(project), project.database.query("SELECT id FROM users")) == before
    assert caught.value.hint
    return caught.value


def test_the_database_is_a_new_one(project: Project) -> None:
    """Data and history are gone, everything is applied again; owner, encoding and locale are what they were."""
    owner = f"owner_{project.database.name}"
    project.database.query(f"CREATE ROLE {owner}")
    project.database.query(f'ALTER DATABASE "{project.database.name}" OWNER TO {owner}')
    project.write(FILES).migrations().run_all()
    project.database.query("INSERT INTO users VALUES (2)")
    before, first = kind(project), number(project)

    result = project.migrations().reset(database_name=project.database.name)

    assert result.applied == ("users/create_tables", "users/0001_x")
    assert result.state is DatabaseState.CURRENT
    assert number(project) != first
    assert project.database.query("SELECT id FROM users") == [(1,)]
    assert project.database.query("SELECT count(*) FROM seltzer.history") == [(2,)]
    assert kind(project) == before
    assert before[0] == owner


def said(project: Project) -> list[tuple[Any, ...]]:
    """What was said of the project's database besides: settings, grants, comment, connection limit."""
    return project.database.query(
        "SELECT (SELECT array_agg((s.setrole::regrole::text, s.setconfig)::text ORDER BY 1) "
        "FROM pg_db_role_setting AS s WHERE s.setdatabase = d.oid), "
        "(SELECT array_agg((a.grantor, a.grantee, a.privilege_type, a.is_grantable)::text ORDER BY 1) "
        "FROM aclexplode(d.datacl) AS a), shobj_description(d.oid, 'pg_database'), d.datconnlimit "
        "FROM pg_database AS d WHERE d.datname = current_database()"
    )


def test_what_was_said_of_the_database_stays(project: Project) -> None:
    """Settings for all and for one role, lists of names too; grants, and what was taken from PUBLIC; the comment."""
    name, role = project.database.name, f"Reader {project.database.name}"
    project.write(FILES).migrations().run_all()
    with project.database.connect() as conn:
        for command in (
            f'CREATE ROLE "{role}"',
            f"ALTER DATABASE {name} SET timezone = 'Asia/Tokyo'",
            f"""ALTER DATABASE {name} SET search_path = "$user", "My ""own"", one", public""",
            f"ALTER DATABASE {name} SET my.word = 'it''s, \\ {{here}}'",
            f"ALTER DATABASE {name} SET temp_tablespaces = ''",
            f"ALTER DATABASE {name} SET datestyle = 'ISO, DMY'",
            f'ALTER ROLE "{role}" IN DATABASE {name} SET statement_timeout = 5000',
            f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
            f'GRANT CONNECT, TEMPORARY ON DATABASE {name} TO "{role}" WITH GRANT OPTION',
            f"COMMENT ON DATABASE {name} IS 'the shop''s'",
            f"ALTER DATABASE {name} CONNECTION LIMIT 7",
        ):
            conn.execute(command.encode())
    before, first = said(project), number(project)

    project.migrations().reset(database_name=name)

    assert said(project) == before
    assert number(project) != first
    assert len(before[0][0]) == 2
    project.database.query(f'DROP OWNED BY "{role}"; ALTER ROLE "{role}" RESET ALL')


@pytest.mark.parametrize(
    "options",
    [
        "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'",
        "ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'",
    ],
)
def test_another_encoding_or_locale_is_kept(project: Project, options: str) -> None:
    """Not the server's own, which a new database would have by itself."""
    if "builtin" in options and project.database.server.major < 17:
        return
    name = project.database.name
    with psycopg.connect(project.database.server.url("postgres"), autocommit=True) as conn:
        conn.execute(f'DROP DATABASE "{name}"'.encode())
        conn.execute(f'CREATE DATABASE "{name}" TEMPLATE template0 {options}'.encode())
    before = kind(project)

    project.write(FILES).migrations().reset(database_name=name)

    assert kind(project) == before
    assert project.database.query("SELECT id FROM users") == [(1,)]


def test_a_database_that_is_not_embedded_has_to_be_named(project: Project) -> None:
    """Typed out, and right."""
    project.write(FILES).migrations().run_all()

    error = refused(project, NotEmbeddedError)
    assert "is not an embedded database: a reset would destroy it" in error.message
    assert "--database-name NAME" in str(error.hint)
    assert error.exit_code == 2
    assert "nothing was dropped" in refused(project, NotEmbeddedError, database_name="postgres").message
    assert refused(project, NotEmbeddedError, database_name=project.database.name.upper()).exit_code == 2
    assert refused(project, NotEmbeddedError, database_name="").exit_code == 2


@pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])
def test_an_embedded_database_needs_no_name(tmp_path: Path, project: Project) -> None:
    """A name that is given all the same has to be right."""
    project.write(FILES)
    migrations = Migrations(project.folder, database="embedded", application="My-App")
    assert migrations.run_all().state is DatabaseState.CURRENT

    assert len(migrations.reset().applied) == 2
    assert len(migrations.reset(database_name="my_app").applied) == 2
    with pytest.raises(NotEmbeddedError):
        migrations.reset(database_name="my_application")
    assert (tmp_path / ".seltzer").is_dir()


def test_a_database_that_is_used(project: Project) -> None:
    """The others are named as far as they say who they are."""
    project.write(FILES).migrations().run_all()

    with project.database.connect(application_name="the shop") as conn:
        error = refused(project, DatabaseInUseError, database_name=project.database.name)
        assert error.message == (f"1 other session uses {project.database.name}: {conn.info.backend_pid} (the shop)")
        with project.database.connect():
            error = refused(project, DatabaseInUseError, database_name=project.database.name)
            assert error.message.startswith("2 other sessions use ")
            assert error.exit_code == 1


@pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])
def test_somebody_who_is_leaving_is_waited_for(project: Project) -> None:
    """An application that was told to stop a moment ago."""
    project.write(FILES).migrations().run_all()
    conn = project.database.connect()
    leaving = threading.Timer(0.3, conn.close)
    leaving.start()

    assert project.migrations().reset(database_name=project.database.name).state is DatabaseState.CURRENT
    leaving.join()


@pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])
def test_files_that_are_wrong_are_found_before(project: Project) -> None:
    """An empty database and an error would be all that is left."""
    project.write(FILES).migrations().run_all()
    project.write({"users/0002_x.sql": "SELEKT 1;\n"})

    refused(project, ParseError, database_name=project.database.name)


@pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])
def test_a_role_that_may_drop_and_not_create(project: Project) -> None:
    """The new database comes first: what cannot be created is not dropped."""
    owner = f"owner_{project.database.name}"
    project.database.query(f"CREATE ROLE {owner} LOGIN")
    project.database.query(f'ALTER DATABASE "{project.database.name}" OWNER TO {owner}')
    project.write(FILES).migrations().run_all()
    theirs = Migrations(project.folder, database=make_conninfo(project.database.url, user=owner))

    error = refused(project, PrivilegeError, theirs, database_name=project.database.name)

    assert "CREATEDB" in str(error.hint)
    project.database.query(f"ALTER ROLE {owner} CREATEDB; DROP SCHEMA seltzer CASCADE; DROP TABLE users")
    assert theirs.reset(database_name=project.database.name).state is DatabaseState.CURRENT
    project.database.query(f'ALTER DATABASE "{project.database.name}" OWNER TO postgres')


@pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])
def test_what_cannot_be_dropped_leaves_nothing_new(project: Project) -> None:
    """A template cannot be; the database that was to replace it goes."""
    project.write(FILES).migrations().run_all()
    with psycopg.connect(project.database.server.url("postgres"), autocommit=True) as conn:
        conn.execute(f'ALTER DATABASE "{project.database.name}" IS_TEMPLATE true'.encode())
        try:
            error = refused(project, DatabaseError, database_name=project.database.name)
        finally:
            conn.execute(f'ALTER DATABASE "{project.database.name}" IS_TEMPLATE false'.encode())

    assert "template database" in error.message


@pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])
def test_a_connection_is_no_name(project: Project) -> None:
    """Nobody can drop the database they are in, and no other one is looked for."""
    project.write(FILES).migrations().run_all()
    with project.database.connect() as conn:
        refused(project, ConnectionNotIdleError, Migrations(project.folder, database=conn), database_name="postgres")
        assert not conn.closed
