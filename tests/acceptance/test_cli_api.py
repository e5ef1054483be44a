"""The same verbs from Python: functions of the package, and methods of `Migrations`."""

from __future__ import annotations

import dataclasses
import inspect
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import seltzer
from seltzer import Migrations
from seltzer.errors import ConnectionNotIdleError, UnknownSettingError
from seltzer.events import RunFinished, RunStarted, StepFinished, StepStarted
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from support import Project

FILES = {
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users ();",
    "users/0001_a.sql": "SELECT 1;",
    "alpha/0001_a.sql": "",
}


def test_every_verb_is_a_function(project: Project) -> None:
    """`seltzer.status(…)` and the others take the settings by keyword."""
    project.write(FILES)
    where = {"migrations": project.folder, "database": project.database.url}

    before = seltzer.status(**where)
    named = seltzer.apply("users/0001", **where)
    rest = seltzer.run_all_migrations(**where)
    history = seltzer.history("users", **where)

    assert before.state is DatabaseState.BEHIND
    assert (named.applied, named.state) == (("users/create_tables", "users/0001_a"), DatabaseState.BEHIND)
    assert (rest.applied, rest.state) == (("alpha/0001_a",), DatabaseState.CURRENT)
    assert [row.id for row in history.rows] == ["users/create_tables", "users/0001_a"]


def test_every_verb_is_a_method(project: Project) -> None:
    """Of the project, named by its folder or by a file in it."""
    project.write({**FILES, "__init__.py": ""})
    migrations = Migrations(project.folder / "__init__.py", database=project.database.url)

    assert migrations.status().state is DatabaseState.BEHIND
    assert migrations.apply("alpha").applied == ("alpha/0001_a",)
    assert migrations.run_all().applied == ("users/create_tables", "users/0001_a")
    assert [row.id for row in migrations.history("alpha").rows] == ["alpha/0001_a"]


@pytest.mark.parametrize("name", [None, ["users"], 2, Path("users")], ids=str)
@pytest.mark.parametrize("verb", ["apply", "plan", "status", "history", "revert", "stamp", "forget", "new", "renumber"])
def test_an_id_that_is_no_text_is_told_so(project: Project, verb: str, name: object) -> None:
    """With the word for what it is, and how several are given; nothing ran."""
    migrations = project.write(FILES).migrations()

    with pytest.raises(TypeError, match=f"not by {type(name).__name__}; several are arguments"):
        getattr(migrations, verb)(name)

    assert migrations.status().migrations[0].state == "pending"


def test_init_takes_a_folder_in_every_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text or a path, relative to the working folder; the settings name it from where they stand."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")

    made = [seltzer.init("first"), seltzer.init(Path("second")), seltzer.init(str(tmp_path / "third"))]

    assert [result.written[0] for result in made] == [
        tmp_path / name / "__init__.py" for name in ("first", "second", "third")
    ]
    assert 'migrations = "first"' in (tmp_path / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", ["status", "apply", "history", "run_all_migrations", "init"])
def test_a_function_says_what_it_does(verb: str) -> None:
    """Public, with a docstring and annotations; the name of the package's own list."""
    function = getattr(seltzer, verb)

    assert verb in seltzer.__all__
    assert inspect.getdoc(function)
    assert inspect.signature(function).return_annotation is not inspect.Signature.empty


def test_a_result_is_frozen(project: Project) -> None:
    """It is a fact, not a handle."""
    result = project.write(FILES).migrations().run_all()

    with pytest.raises(dataclasses.FrozenInstanceError):
        result.applied = ()  # pyright: ignore[reportAttributeAccessIssue]


def test_a_setting_of_the_call_wins_over_one_of_the_project(project: Project) -> None:
    """Both win over the settings file."""
    (project.root / "seltzer.toml").write_text('history = "file.history"\n', encoding="utf-8")
    migrations = project.write(FILES).migrations(history="project.history")

    migrations.run_all()
    migrations.run_all(history="call.history")
    seltzer.run_all_migrations(migrations=project.folder, database=project.database.url)

    query = "SELECT nspname::text FROM pg_namespace WHERE nspname IN ('file', 'project', 'call') ORDER BY 1"
    assert project.database.query(query) == [("call",), ("file",), ("project",)]


def test_a_setting_that_is_none_is_refused(project: Project) -> None:
    """With the nearest that is one."""
    with pytest.raises(UnknownSettingError) as caught:
        project.write(FILES).migrations(lock_wiat="1s").run_all()

    assert "lock_wait" in (caught.value.hint or "")


def test_naming_a_project_reads_nothing() -> None:
    """An application may do it when it is imported: nothing has to be there yet."""
    migrations = Migrations(Path("/nowhere/migrations"), database="postgresql://nobody@nowhere/nothing")

    assert migrations.run_all(policy="off").applied == ()


def test_events_are_heard_in_order(project: Project) -> None:
    """As facts, while it goes."""
    heard: list[object] = []

    project.write({"users/0001_a.sql": "SELECT 1;"}).migrations().run_all(on_event=heard.append)

    assert [type(event) for event in heard] == [RunStarted, StepStarted, StepFinished, RunFinished]
    assert heard[0] == RunStarted(("users/0001_a",))
    assert heard[1] == StepStarted("users/0001_a", 1, 1)


def test_the_library_prints_nothing(
    project: Project, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """It logs, to a logger of its own name."""
    with caplog.at_level(logging.INFO, logger="seltzer"):
        project.write(FILES).migrations().run_all()

    assert capfd.readouterr() == ("", "")
    assert {record.name for record in caplog.records} == {"seltzer"}


def test_a_connection_of_the_callers_is_left_as_it_was(project: Project) -> None:
    """Open, idle, and in the mode that it was in; one in a transaction is refused."""
    project.write(FILES)
    with project.database.connect() as conn:
        conn.autocommit = False
        result = Migrations(project.folder, database=conn).run_all()

        assert result.state is DatabaseState.CURRENT
        assert (conn.closed, conn.autocommit) == (False, False)
        assert conn.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)
        with pytest.raises(ConnectionNotIdleError):
            Migrations(project.folder, database=conn).run_all()


def test_a_call_may_name_its_settings_file(project: Project) -> None:
    """As `Migrations` may; the functions have no other way to."""
    project.write(FILES)
    file = project.root / "elsewhere.toml"
    file.write_text('history = "elsewhere.history"\n', encoding="utf-8")
    where = {"migrations": project.folder, "database": project.database.url}

    seltzer.apply(config=file, **where)

    assert project.database.query("SELECT to_regclass('elsewhere.history') IS NULL") == [(False,)]
    assert len(seltzer.history(config=file, **where).rows) == len(project.migrations().history(config=file).rows) == 3


def test_a_keyword_that_is_none_is_told_before_what_it_was_meant_for(project: Project) -> None:
    """`all=True` is `everything=True`."""
    with pytest.raises(UnknownSettingError, match="all is no setting"):
        project.write(FILES).migrations().stamp(all=True)


def test_an_empty_folder_leaves_the_state_open(project: Project) -> None:
    """Nothing is current where nothing is."""
    project.folder.mkdir(exist_ok=True)

    document = project.run("apply", "--json").json()

    assert (document["error"]["type"], document["state"]) == ("migrations-folder", None)


def test_one_migration_of_another_service_is_one(project: Project) -> None:
    """Not 1 migrations."""
    project.write({"users/0001_a.sql": "SELECT 1;"}).migrations().apply()
    project.remove("users/0001_a.sql").write({"teams/0001_b.sql": "SELECT 2;"})

    error = project.run("apply", "--json").json()["error"]

    assert error["type"] == "foreign-history"
    assert "knows 1 migration that" in error["message"]
