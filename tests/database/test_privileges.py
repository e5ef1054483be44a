"""Roles with little, files that others can write, publications: what is missing is said, exactly."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from seltzer.errors import PrivilegeError, StatementError
from seltzer.events import Warned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seltzer import Migrations
    from support import Project

OWNER = 'the "owner"; DROP TABLE x'


@pytest.fixture
def service(project: Project) -> Iterator[Project]:
    """A role with an odd name that owns two schemas and has nothing else."""
    quoted = OWNER.replace('"', '""')
    project.database.query(
        f'CREATE ROLE "{quoted}"; CREATE SCHEMA app AUTHORIZATION "{quoted}"; '
        f'CREATE SCHEMA seltzer AUTHORIZATION "{quoted}"; REVOKE ALL ON SCHEMA public FROM public; '
        f'CREATE ROLE clerk LOGIN; GRANT "{quoted}" TO clerk WITH INHERIT TRUE'
    )
    yield project
    project.database.query(f'DROP OWNED BY "{quoted}", clerk CASCADE; DROP ROLE "{quoted}", clerk')


def as_clerk(project: Project, **settings: Any) -> Migrations:
    """The project's migrations, as the role without anything of its own."""
    url = project.database.url.replace("//postgres@", "//clerk@")
    return type(project.migrations())(project.folder, database=url, search_path="app", **settings)


def test_a_role_that_owns_only_its_schemas_is_enough(service: Project) -> None:
    """History and migrations in schemas that are there; nothing is created in the database itself."""
    service.write({
        "m/create_tables.sql": "CREATE TABLE IF NOT EXISTS words (id int PRIMARY KEY);\n",
        "m/0001_index.sql": "CREATE INDEX CONCURRENTLY idx_words ON words (id);\n",
        "m/0002_python.py": "def apply(conn):\n    conn.execute('INSERT INTO words VALUES (1)')\n",
    })  # fmt: skip
    assert len(as_clerk(service, role=OWNER).run_all().applied) == 3
    assert as_clerk(service, role=OWNER, jobs=2).run_all().applied == ()
    assert service.database.query("SELECT tableowner FROM pg_tables WHERE tablename = 'words'") == [(OWNER,)]


def test_a_role_that_may_only_read_the_history_is_told_so_before_anything_runs(service: Project) -> None:
    """Which GRANTs it takes; then they are enough, for a build that no transaction protects too."""
    service.write({"m/0001_one.sql": "SELECT 1;\n"})
    service.migrations().run_all()
    service.database.query("GRANT USAGE ON SCHEMA seltzer TO clerk; GRANT SELECT ON seltzer.history TO clerk")
    assert as_clerk(service).run_all().applied == ()
    service.write(
        {"m/0002_two.sql": "CREATE TABLE app.words (id int);\nCREATE INDEX CONCURRENTLY ON app.words (id);\n"}
    )
    for granted in ("", "GRANT SELECT, INSERT, UPDATE, DELETE ON seltzer.progress TO clerk"):
        service.database.query(granted)
        with pytest.raises(PrivilegeError) as caught:
            as_clerk(service).run_all()
        assert service.database.query("SELECT to_regclass('app.words')") == [(None,)]
    service.database.query(caught.value.hint or "")
    assert as_clerk(service).run_all().applied == ("m/0002_two",)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("CREATE TABLE public.t ();", "GRANT USAGE, CREATE ON SCHEMA public TO the role that migrates."),
        ("CREATE SCHEMA other;", "GRANT CREATE ON DATABASE {database} TO the role that migrates."),
        ("SELECT * FROM pg_authid;", "GRANT the privilege ON TABLE pg_authid TO the role that migrates."),
        ("ALTER TABLE foreigner ADD COLUMN x int;", "Only the owner of the table foreigner may do this: set role"),
        ("CREATE ROLE somebody;", "CREATEROLE"),
    ],
)
def test_the_privilege_that_is_missing_is_named(service: Project, text: str, hint: str) -> None:
    """From the server's own words: what to grant, on what."""
    service.database.query("CREATE TABLE app.foreigner ()")
    service.write({"m/0001_denied.sql": f"{text}\n"})
    with pytest.raises(StatementError) as caught:
        as_clerk(service, role=OWNER).run_all()
    assert caught.value.sqlstate == "42501"
    assert hint.format(database=service.database.name) in (caught.value.hint or "")


@pytest.mark.parametrize(("mode", "warned"), [(0o755, False), (0o757, True), (0o1777, False)])
def test_a_folder_that_others_can_write_is_warned_of(project: Project, mode: int, *, warned: bool) -> None:
    """Once, before anything runs, with what to do; a sticky folder lets nobody replace a file."""
    project.write({"m/create_tables.sql": "CREATE TABLE IF NOT EXISTS t ();\n"})
    (project.folder / "m").chmod(mode)
    heard: list[str] = []
    project.migrations().run_all(
        on_event=lambda event: heard.append(event.message) if isinstance(event, Warned) else None
    )
    assert [message for message in heard if "others than their owner" in message] == heard
    assert bool(heard) == warned


@pytest.mark.parametrize(("mode", "warned"), [(0o644, False), (0o666, True), (0o1666, True)])
def test_a_file_that_others_can_write_is_warned_of(project: Project, mode: int, *, warned: bool) -> None:
    """Whoever can write it need not write in its folder; what a sticky bit says of a folder it does not of a file."""
    project.write({"m/create_tables.sql": "CREATE TABLE IF NOT EXISTS t ();\n"})
    path = project.folder / "m" / "create_tables.sql"
    path.chmod(mode)
    heard: list[str] = []
    project.migrations().run_all(
        on_event=lambda event: heard.append(event.message) if isinstance(event, Warned) else None
    )
    assert [f"can write {path}:" in message for message in heard] == [True] * warned


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give a file to another group")
def test_a_group_of_others_counts_as_others(project: Project) -> None:
    """The owner's own group, of the same number, does not."""
    project.write({"m/create_tables.sql": "CREATE TABLE IF NOT EXISTS t ();\n"})
    path = project.folder / "m"
    path.chmod(0o775)
    heard: list[str] = []

    def listen(event: object) -> None:
        if isinstance(event, Warned):
            heard.append(event.message)

    project.migrations().run_all(on_event=listen)
    assert heard == []
    os.chown(path, 0, 12345)
    (path / "create_tables.sql").write_text("CREATE TABLE IF NOT EXISTS t ();\nCREATE TABLE IF NOT EXISTS u ();\n")
    project.migrations().run_all(on_event=listen)
    assert len(heard) == 1
    assert str(path) in heard[0]


@pytest.mark.parametrize("what", ["ALL TABLES", "TABLE seltzer.history", "TABLES IN SCHEMA seltzer"])
def test_a_publication_with_the_history_is_warned_of(project: Project, what: str) -> None:
    """By name; one without it is nobody's business."""
    project.write({"m/create_tables.sql": "CREATE TABLE IF NOT EXISTS t ();\n"})
    project.migrations().run_all()
    project.database.query("CREATE PUBLICATION other FOR TABLE t")
    project.database.query(f"CREATE PUBLICATION of_all FOR {what}")
    project.write({"m/0001_next.sql": "SELECT 1;\n"})
    heard: list[str] = []
    project.migrations().run_all(
        on_event=lambda event: heard.append(event.message) if isinstance(event, Warned) else None
    )
    assert len(heard) == 1
    assert heard[0].startswith("the publication of_all contains the history seltzer.history")
