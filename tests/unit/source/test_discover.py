"""Which migrations a folder holds, and what in it cannot be one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from seltzer.errors import (
    DuplicateNumberError,
    IllegalNameError,
    MigrationsFolderError,
    SeltzerError,
    StrayFileError,
    UnreadableFileError,
)
from seltzer.model import Kind, Language, MigrationFile
from seltzer.source.discover import discover

if TYPE_CHECKING:
    from pathlib import Path

RUNNER = "def run_migration(): pass\n"


def write(folder: Path, *names: str, **contents: str) -> Path:
    """Write files, empty unless their content is given by their name with `__` for `/` and `.`."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(contents.get(name.replace("/", "__").replace(".", "__"), ""), encoding="utf-8")
    return folder


def with_runner(folder: Path, *names: str) -> Path:
    """Write files of the module `users`, and a runner."""
    write(folder, "users/__init__.py", *(f"users/{name}" for name in names))
    (folder / "users" / "__init__.py").write_text(RUNNER, encoding="utf-8")
    return folder


def ids(folder: Path) -> list[str]:
    """The ids that are found."""
    return [file.id for file in discover(folder)]


def only(folder: Path) -> MigrationFile:
    """The one migration that is found."""
    (found,) = discover(folder)
    return found


def refused(folder: Path, kind: type[SeltzerError], name: str) -> SeltzerError:
    """The error of a folder that names the entry `name`."""
    with pytest.raises(kind) as caught:
        discover(folder)
    assert caught.value.place is not None
    assert caught.value.place.file == folder / name
    assert caught.value.hint
    return caught.value


def test_each_file_has_its_kind(tmp_path: Path) -> None:
    """By its name alone; what is in it is not parsed."""
    write(tmp_path, "users/create_tables.sql", "users/0001_a.sql", "users/20240131120000_b.py", "users/views.sql")

    assert [(file.id, file.kind, file.language, file.number) for file in discover(tmp_path)] == [
        ("users/0001_a", Kind.VERSIONED, Language.SQL, 1),
        ("users/20240131120000_b", Kind.VERSIONED, Language.PYTHON, 20240131120000),
        ("users/create_tables", Kind.REPEATABLE, Language.SQL, None),
        ("users/views", Kind.REPEATABLE, Language.SQL, None),
    ]


def test_modules_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    """The same files always give the same list."""
    write(tmp_path, "b/create_tables.sql", "a/0001_x.sql", "a_b/create_tables.sql", "a/create_tables.sql")

    assert ids(tmp_path) == ["a/0001_x", "a/create_tables", "a_b/create_tables", "b/create_tables"]


@pytest.mark.parametrize(
    "name",
    [
        "__init__.py",
        "README.md",
        "_drafts/0001_a.sql",
        ".git/0001_a.sql",
        "Docs/notes.md",
        "users/README.md",
        "users/rows.csv",
        "users/__pycache__/x.pyc",
        "users/_draft.sql",
        "users/helpers.py",
        "users/0001_a.sql.bak",
    ],
)
def test_what_is_no_migration_is_passed_by(tmp_path: Path, name: str) -> None:
    """And a folder that has nothing else is no module, whatever it is called."""
    assert ids(write(tmp_path, name)) == []


def test_a_runner_owns_every_file_without_a_number(tmp_path: Path) -> None:
    """They are in its checksum, and none of them is a migration of its own; the numbered ones are."""
    with_runner(tmp_path, "create_tables.sql", "views.sql", "run_migration.py", "rows.csv", "0001_a.sql")

    numbered, runner = discover(tmp_path)

    assert (numbered.id, runner.id) == ("users/0001_a", "users/run_migration")
    assert (runner.kind, runner.language, runner.number) == (Kind.RUNNER, Language.PYTHON, None)
    assert runner.path == tmp_path / "users" / "__init__.py"
    assert {path.name for path in runner.members} == {
        "__init__.py",
        "run_migration.py",
        "create_tables.sql",
        "views.sql",
    }


@pytest.mark.parametrize("name", ["__init__.py", "run_migration.py", "create_tables.sql", "views.sql"])
def test_each_of_a_runners_files_is_in_its_checksum(tmp_path: Path, name: str) -> None:
    """A change of any of them makes it run again."""
    with_runner(tmp_path, "create_tables.sql", "views.sql", "run_migration.py", "rows.csv")
    before = only(tmp_path).checksum

    with (tmp_path / "users" / name).open("a", encoding="utf-8") as file:
        file.write("-- run_migration\n")

    assert only(tmp_path).checksum != before


def test_nothing_else_is_in_a_runners_checksum(tmp_path: Path) -> None:
    """Neither numbered files nor files that are not ours."""
    with_runner(tmp_path, "create_tables.sql")
    before = only(tmp_path).checksum

    with_runner(tmp_path, "rows.csv", "0001_a.sql", "0002_b.py", "__pycache__/x.pyc")

    assert {file.id: file.checksum for file in discover(tmp_path)}["users/run_migration"] == before


@pytest.mark.parametrize("text", ["", "from .models import User\n", "# nothing to run\n"])
def test_an_init_that_says_nothing_of_a_runner_is_none(tmp_path: Path, text: str) -> None:
    """It is not imported to find out: the name decides."""
    write(tmp_path, "users/__init__.py", "users/create_tables.sql", users____init____py=text)

    assert ids(tmp_path) == ["users/create_tables"]


def test_a_way_back_belongs_to_its_migration(tmp_path: Path) -> None:
    """It is no migration itself."""
    write(tmp_path, "users/0001_a.sql", "users/0001_a.down.sql", "users/create_tables.sql")
    write(tmp_path, "users/create_tables.down.sql", "teams/0001_a.sql")

    assert {file.id: file.down and file.down.name for file in discover(tmp_path)} == {
        "teams/0001_a": None,
        "users/0001_a": "0001_a.down.sql",
        "users/create_tables": "create_tables.down.sql",
    }


@pytest.mark.parametrize("name", ["run_migration.down.sql", "create_tables.down.sql"])
def test_a_runner_has_a_way_back(tmp_path: Path, name: str) -> None:
    """Under either name of a module's first day."""
    with_runner(tmp_path, name)

    assert only(tmp_path).down == tmp_path / "users" / name


@pytest.mark.parametrize("name", ["0002_b.down.sql", "views.down.sql", "run_migration.down.sql"])
def test_a_way_back_from_nothing_is_refused(tmp_path: Path, name: str) -> None:
    """Somebody renamed the one and forgot the other."""
    write(tmp_path, "users/0001_a.sql", "users/views.sql", f"users/{name}")

    refused(tmp_path, StrayFileError, f"users/{name}")


def test_a_way_back_of_a_python_migration_is_its_function(tmp_path: Path) -> None:
    """A SQL file beside it would never run."""
    write(tmp_path, "users/0001_a.py", "users/0001_a.down.sql")

    refused(tmp_path, StrayFileError, "users/0001_a.down.sql")


@pytest.mark.parametrize(
    ("first", "second", "way_out"),
    [
        ("0001_a.sql", "0001_b.sql", "mv 0001_b.sql 0003_b.sql"),
        ("0001_a.py", "0001_a.sql", "mv 0001_a.sql 0003_a.sql"),
        ("0001_a.sql", "00001_b.sql", "0003"),
    ],
    ids=["sql twice", "sql and python", "padded"],
)
def test_two_files_with_one_number_are_refused(tmp_path: Path, first: str, second: str, way_out: str) -> None:
    """The error names both and the way out: the next free number."""
    write(tmp_path, f"users/{first}", f"users/{second}", "users/0002_c.sql", "teams/0001_a.sql")
    names = sorted([first, second])

    error = refused(tmp_path, DuplicateNumberError, f"users/{names[1]}")

    assert all(name in error.message for name in names)
    assert way_out in (error.hint or "").replace("00003", "0003")


@pytest.mark.parametrize("name", ["Users", "api-keys", "2fa", "a" * 64])
def test_a_module_that_is_not_legal_is_refused(tmp_path: Path, name: str) -> None:
    """With the nearest name that is."""
    write(tmp_path, f"{name}/create_tables.sql")

    assert "Rename it to" in (refused(tmp_path, IllegalNameError, name).hint or "")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("001_a.sql", "0001_a.sql"),
        ("202401311200001_a.sql", "20240131120000_a.sql"),
        ("0001-a.sql", "0001_a.sql"),
        ("0001_A.py", "0001_a.py"),
        ("Views.sql", "views.sql"),
        ("views.SQL", "views.sql"),
        ("0001_a.Sql", "0001_a.sql"),
        ("0001_a.down.SQL", "0001_a_down.sql"),
        ("\u0660\u0660\u0660\u0661_a.sql", ".sql"),
    ],
)
def test_a_file_that_is_not_legal_is_refused(tmp_path: Path, name: str, nearest: str) -> None:
    """With the nearest name that is."""
    write(tmp_path, f"users/{name}")

    assert nearest in (refused(tmp_path, IllegalNameError, f"users/{name}").hint or "")


@pytest.mark.parametrize("name", ["0001_a.sql", "0001_A.SQL", "notes.sql"])
def test_sql_directly_in_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    """It would never run: the hint says where to."""
    write(tmp_path, name)

    assert "/" in (refused(tmp_path, StrayFileError, name).hint or "")


def test_sql_in_a_sub_folder_of_a_module_is_refused(tmp_path: Path) -> None:
    """It would never run either."""
    write(tmp_path, "users/create_tables.sql", "users/old/0001_a.sql")

    refused(tmp_path, StrayFileError, "users/old/0001_a.sql")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The hint says how it is made."""
    with pytest.raises(MigrationsFolderError, match="not there") as caught:
        discover(tmp_path / "gone")

    assert "seltzer init" in (caught.value.hint or "")


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    """It is not taken for an empty folder."""
    (tmp_path / "migrations").touch()

    with pytest.raises(MigrationsFolderError, match="no folder"):
        discover(tmp_path / "migrations")


@pytest.mark.parametrize("link", ["users/again", "again"])
def test_a_link_that_leads_back_is_refused(tmp_path: Path, link: str) -> None:
    """In a module or beside it."""
    write(tmp_path, "users/create_tables.sql")
    (tmp_path / link).symlink_to(tmp_path)

    refused(tmp_path, UnreadableFileError, link)


@pytest.mark.parametrize("name", ["users/0001_a.sql", "users/__init__.py", "users/0001_a.py", "users"])
def test_a_link_to_itself_is_refused(tmp_path: Path, name: str) -> None:
    """Whatever it stands for."""
    write(tmp_path, "teams/create_tables.sql", name if name == "users" else "users/views.sql")
    (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / name).symlink_to(tmp_path / name)

    refused(tmp_path, UnreadableFileError, name)


@pytest.mark.parametrize("name", ["users/0001_a.sql", "users/__init__.py", "users/0001_a.py"])
def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path, name: str) -> None:
    """Its migration is somewhere else, and must not be passed over."""
    write(tmp_path, "users/create_tables.sql")
    (tmp_path / name).symlink_to(tmp_path / "gone")

    refused(tmp_path, UnreadableFileError, name)


def test_a_module_may_be_a_link_to_a_folder_elsewhere(tmp_path: Path) -> None:
    """Several services may share one."""
    write(tmp_path / "shared", "users/create_tables.sql")
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "people").symlink_to(tmp_path / "shared" / "users")

    assert ids(tmp_path / "migrations") == ["people/create_tables"]


@pytest.mark.skipif(os.uname().sysname == "Darwin", reason="macOS takes no name that is not UTF-8")
@pytest.mark.parametrize("name", [b"us\xe9rs/create_tables.sql", b"users/vu\xe9.sql", b"users/0001_\xe9.py"])
def test_a_name_that_is_not_utf8_is_refused(tmp_path: Path, name: bytes) -> None:
    """It is told like any other name, with characters that can be printed."""
    path = os.fsencode(tmp_path) + b"/" + name
    os.makedirs(os.path.dirname(path))  # noqa: PTH103, PTH120  # bytes are no business of pathlib's
    with open(path, "wb"):  # noqa: PTH123
        pass

    with pytest.raises(IllegalNameError) as caught:
        discover(tmp_path)

    assert f"{caught.value.message} {caught.value.hint}".encode()


@pytest.mark.skipif(os.uname().sysname == "Darwin", reason="macOS takes no name that is not UTF-8")
def test_a_runners_file_whose_name_is_not_utf8_crashes_nothing(tmp_path: Path) -> None:
    """Names of a runner's own Python files are its own affair."""
    with_runner(tmp_path)
    with open(os.fsencode(tmp_path) + b"/users/r\xe9.py", "wb"):  # noqa: PTH123  # bytes are no business of pathlib's
        pass

    assert only(tmp_path).id == "users/run_migration"
