"""Which server a shadow is on: warm, of the target's version, local, or one that was named."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from database.shadow.shadows import Place, Tables, databases_of, run, tables_of
from seltzer.errors import ConnectionFailedError, ServerStartError, ShadowError
from seltzer.server import server_status
from seltzer.shadow import clone, open_shadow, read_globals, restore_globals
from seltzer.shadow.databases import CLONE, DRAFT, TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seltzer.config import Config
    from seltzer.server import Server
    from support import Database

OPEN = """
with place.open() as shadow:
    print(run(shadow.parameters_of("postgres"), "SELECT pg_postmaster_start_time()::text"), flush=True)
"""
_NUMBERS = itertools.count(1)


@pytest.fixture
def role(server: Server) -> Iterator[str]:
    """A role without privileges on the tests' server."""
    name = f"shadow_tester_{next(_NUMBERS)}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
    yield name
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        owned = "SELECT datname FROM pg_database AS d JOIN pg_roles AS r ON r.oid = d.datdba WHERE rolname = %s"
        for (database,) in conn.execute(owned, [name]).fetchall():
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))
        conn.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def named(place: Place, database: Database, role: str) -> Config:
    """The settings with the tests' server as the shadow."""
    return place.config(shadow=f"host={database.server.socket_folder} dbname={database.name} user={role}")


def test_the_server_is_the_same_for_the_next_process(place: Place) -> None:
    """It stays up in between."""
    starts = [place.starts(OPEN).end() for _ in range(2)]

    assert starts[0] == starts[1]
    status = server_status(place.folder, place.binaries)
    assert status.server
    assert not status.in_use


def test_the_version_is_the_targets(place: Place) -> None:
    """Nothing has to be said then."""
    said: list[str] = []
    config = place.config(server_version="16" if place.binaries.major == 18 else "18")
    with open_shadow(config, place.binaries.major, warn=said.append) as shadow:
        assert shadow.major == place.binaries.major

    assert said == []


def test_another_version_is_said(place: Place) -> None:
    """No programs of the target's version are here."""
    said: list[str] = []
    with open_shadow(place.config(), 13, warn=said.append) as shadow:
        assert shadow.major == place.binaries.major

    wanted = f"the target is PostgreSQL 13, which is not here for a shadow: that is PostgreSQL {place.binaries.major}"
    assert said == [wanted]


def test_an_unknown_version_is_said(place: Place) -> None:
    """There is no target, or nobody could ask it."""
    said: list[str] = []
    with open_shadow(place.config(), None, warn=said.append):
        pass

    assert said == [f"the version of the target is not known: the shadow is PostgreSQL {place.binaries.major}"]


def test_a_local_installation_is_one_that_was_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """`server-binaries` says which; its data is apart from that of the embedded server."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(place.folder))
    config = place.config(shadow="local", server_binaries=str(place.binaries.folder))
    folder = place.folder / "seltzer" / "shadow" / "local"
    try:
        with open_shadow(config, None) as shadow, clone(shadow, Tables(["t"]).template(shadow)) as made:
            assert tables_of(made.parameters) == {"t"}
            assert server_status(folder, place.binaries).in_use
    finally:
        Place(folder, place.binaries).remove()


def test_a_named_server_gets_databases_of_its_own(place: Place, database: Database, role: str) -> None:
    """The role needs nothing but CREATEDB; the database that the address names is left alone."""
    database.query(f"ALTER ROLE {role} CREATEDB")
    tables, empty = Tables(["t"]), database.schema()
    with open_shadow(named(place, database, "postgres"), place.binaries.major) as shadow:
        before = databases_of(shadow)  # other tests of this session have theirs there
    for _ in range(2):
        shadow_there = open_shadow(named(place, database, role), place.binaries.major)
        with shadow_there as shadow, clone(shadow, tables.template(shadow)) as made:
            assert tables_of(made.parameters) == {"t"}
            assert made.name.startswith(CLONE)

    assert tables.built == [0]
    assert database.schema() == empty
    with open_shadow(named(place, database, "postgres"), place.binaries.major) as shadow:
        assert (databases_of(shadow, CLONE) | databases_of(shadow, DRAFT)) - before == set()
        assert len(databases_of(shadow, TEMPLATE) - before) == 1


def test_a_role_that_may_not_create_databases_is_told_so(place: Place, database: Database, role: str) -> None:
    """With the statement that changes it."""
    said, config = f"the role {role} may not create databases", named(place, database, role)
    with pytest.raises(ShadowError, match=said) as caught, open_shadow(config, None):
        pytest.fail("it was opened")

    assert f'ALTER ROLE "{role}" CREATEDB' in str(caught.value.hint)


def test_a_named_server_that_is_not_there_is_an_error(place: Place) -> None:
    """As with any database."""
    config = place.config(shadow=f"host={place.folder} dbname=none")
    with pytest.raises(ConnectionFailedError), open_shadow(config, None):
        pytest.fail("it was opened")


def test_nothing_is_dropped_on_a_named_server_but_shadows(place: Place, database: Database, role: str) -> None:
    """Roles that a trial left there are said."""
    database.query(f"ALTER ROLE {role} CREATEDB CREATEROLE")
    with open_shadow(named(place, database, role), place.binaries.major) as shadow:
        before = read_globals(shadow)
        run(shadow.parameters_of(database.name), "CREATE ROLE left_behind")
        said = restore_globals(shadow, before)
    database.query("DROP ROLE left_behind")

    assert "role left_behind was made" in said


def test_a_temporary_folder_that_somebody_else_made_is_not_used(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Who has no home has the cache in the temporary place, where others could have made a folder of that name."""
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "theirs").mkdir()
    (tmp_path / f"seltzer-{os.geteuid()}").symlink_to(tmp_path / "theirs")

    config = place.config(shadow="embedded")
    with pytest.raises(ServerStartError, match="belongs to another user"), open_shadow(config, None):
        pytest.fail("it was opened")
    assert [*(tmp_path / "theirs").iterdir()] == []
