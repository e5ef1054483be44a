"""The settings file: where it is looked for, and what is said of one that is wrong."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from seltzer.errors import InvalidSettingError, SeltzerError, UnknownSettingError

if TYPE_CHECKING:
    from unit.config.conftest import Project

CANARY = "canary-4711"


def failure(project: Project, name: str, text: str) -> SeltzerError:
    """The error that a settings file with this text makes."""
    project.write(name, text)
    with pytest.raises(SeltzerError) as caught:
        project.flags()
    return caught.value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[project]\nname = 'x'\n[tool.seltzer]\nrole = 'owner'\n"),
        ("pyproject.toml", "[ tool . 'seltzer' ] # ours\nrole = 'owner'\n"),
        ("pyproject.toml", "[tool]\nseltzer = { role = 'owner' }\n"),
        ("pyproject.toml", "tool.seltzer.role = 'owner'\n"),
        ("seltzer.toml", "\ufeffrole = 'owner'\r\n"),
        ("seltzer.toml", "[seltzer]\nrole = 'owner'\n"),
    ],
)
def test_the_table_is_found_however_it_is_written(project: Project, name: str, text: str) -> None:
    """Every way in which TOML writes a table, and a file of our own."""
    project.write(name, text)

    assert project.flags().role == "owner"


def test_the_nearest_file_wins_and_files_of_others_are_passed_by(project: Project) -> None:
    """A `pyproject.toml` without our table does not hide one above it, broken or not."""
    project.write("pyproject.toml", "[tool.seltzer]\nrole = 'far'\n")
    project.write("near/pyproject.toml", "[tool.ruff]\ndependencies = ['seltzer']\n")
    project.write("near/broken/pyproject.toml", "seltzer = [")
    project.write("near/own/seltzer.toml", "role = 'near'\n")

    assert type(project)(project.root / "near").flags().role == "far"
    assert type(project)(project.root / "near" / "broken").flags().role == "far"
    assert type(project)(project.root / "near" / "own").flags().role == "near"


def test_our_own_file_wins_over_pyproject_with_a_warning(project: Project) -> None:
    """Two files in one folder: one is read whole, and the other named."""
    own = project.write("seltzer.toml", "role = 'own'\n")
    shared = project.write("pyproject.toml", "[tool.seltzer]\nrole = 'shared'\n")

    config = project.flags()

    assert config.role == "own"
    assert config.warnings == (f"{own} is read; [tool.seltzer] in {shared} is not",)


def test_a_file_that_was_named_is_the_only_one(project: Project) -> None:
    """`--config FILE`: nothing else is looked for, and it has to be there."""
    project.write("pyproject.toml", "[tool.seltzer]\nrole = 'near'\n")
    project.write("other.toml", "late = 'refuse'\n")

    assert project.flags(project.root / "other.toml").role is None
    with pytest.raises(InvalidSettingError, match="is not there"):
        project.flags(project.root / "absent.toml")
    with pytest.raises(InvalidSettingError, match=r"has no table \[tool.seltzer\]"):
        project.flags(project.write("x/pyproject.toml", "[tool.ruff]\n"))


@pytest.mark.parametrize(
    ("name", "text", "line", "hint"),
    [
        ("pyproject.toml", "[tool.seltzer]\nrole = 'x'\nlock_wait = '1s'\n", 3, "Did you mean lock-wait?"),
        ("pyproject.toml", "[tool.seltzer]\n\n[tool.seltzer.rol]\nx = 1\n", 3, "Did you mean role?"),
        ("pyproject.toml", "[tool.other]\nzzz = 1\n[tool.seltzer]\nzzz = 1\n", 4, "The settings are migrations, "),
        ("seltzer.toml", "'rolle' = 'x'\n", 1, "Did you mean role?"),
        ("seltzer.toml", "[seltzer]\nrolle = 'x'\n", 2, "Did you mean role?"),
        ("seltzer.toml", "role = 'x'\n[rolle]\n", 2, "Did you mean role?"),
    ],
)
def test_an_unknown_key_is_pointed_at(project: Project, name: str, text: str, line: int, hint: str) -> None:
    """File, line, and the nearest setting."""
    error = failure(project, name, text)

    assert isinstance(error, UnknownSettingError)
    assert error.place is not None
    assert (error.place.file, error.place.line) == (project.root / name, line)
    assert hint in str(error)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[tool.seltzer]\nrole = \n", 2, "is not valid TOML: Invalid value"),
        ("[tool.seltzer]\nrole 'x'\n", 2, "is not valid TOML: Expected '=' after a key in a key/value pair"),
        ("[tool.seltzer]\nrole = '''x", None, "is not valid TOML"),
        (f"[tool.seltzer]\ndatabase = {{'{CANARY}' = 1, '{CANARY}' = 1}}\n", 2, "is not valid TOML"),
        (f"[tool.seltzer]\ndatabase = 'u:{CANARY}\n", None, "is not valid TOML"),
        ("tool.seltzer = 5\n", None, "tool.seltzer is not a table"),
    ],
)
def test_a_file_that_is_no_toml_is_pointed_at(project: Project, text: str, line: int | None, message: str) -> None:
    """File and line, without a word of the file: it may hold a password."""
    error = failure(project, "pyproject.toml", text)

    assert isinstance(error, InvalidSettingError)
    assert error.place is not None
    assert (error.place.file, error.place.line) == (project.root / "pyproject.toml", line)
    assert message in str(error)
    assert CANARY not in str(error)
    assert error.__context__ is None


def test_a_file_that_is_not_utf_8_is_an_error(project: Project) -> None:
    """It is named; nothing of it is shown."""
    (project.root / "seltzer.toml").write_bytes(b"role = '\xff'")

    with pytest.raises(InvalidSettingError, match=r"seltzer.toml: the settings file cannot be read: not UTF-8"):
        project.flags()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_an_error(project: Project) -> None:
    """A file of settings that exists is never ignored."""
    project.write("seltzer.toml", "").chmod(0)

    with pytest.raises(InvalidSettingError, match="cannot be read: Permission denied"):
        project.flags()


def test_a_folder_by_the_files_name_is_no_file(project: Project) -> None:
    """It is passed by."""
    (project.root / "seltzer.toml").mkdir()

    assert project.flags().file is None


def test_our_own_file_may_have_the_table_of_the_shared_one(project: Project) -> None:
    """Copied from pyproject.toml: what is meant is clear."""
    (project.root / "seltzer.toml").write_text('[tool.seltzer]\nrole = "copied"\n', encoding="utf-8")

    assert project.flags().role == "copied"
