"""`init`: a migrations package where there is none; nothing that is there is changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, NamedTuple

import pytest

from seltzer import init

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = '[project]\nname = "soda"  # its name\n'


class Outcome(NamedTuple):
    """What a command left."""

    code: int
    out: str
    err: str


def run(folder: Path, *arguments: str) -> Outcome:
    """Call `seltzer init` in a folder, on a machine that has no database at all."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SELTZER_", "PG", "DB_"))}
    done = subprocess.run(
        [sys.executable, "-m", "seltzer", "init", *arguments],
        cwd=folder,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_writes_a_package_of_three_lines(tmp_path: Path) -> None:
    """That is all: no example, no settings file where there is no pyproject.toml."""
    outcome = run(tmp_path)

    assert outcome.code == 0, outcome.err
    assert list(files(tmp_path)) == ["migrations/__init__.py"]
    lines = (tmp_path / "migrations" / "__init__.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3
    assert lines[0].startswith('"""')
    assert lines[1:] == ["from seltzer import Migrations", "run_all_migrations = Migrations(__file__).run_all"]
    assert "wrote migrations/__init__.py" in outcome.out
    assert "create_tables.sql" in outcome.out


def test_what_it_writes_is_what_the_application_imports(tmp_path: Path) -> None:
    """The original's own two lines work after it."""
    run(tmp_path)

    done = subprocess.run(
        [sys.executable, "-c", "from migrations import run_all_migrations; run_all_migrations(policy='off')"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_its_settings_are_read_by_the_next_command(tmp_path: Path) -> None:
    """Where a pyproject.toml is, it gets the table, and keeps everything else as it was."""
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")

    outcome = run(tmp_path, "src/soda/migrations")

    text = (tmp_path / "pyproject.toml").read_text(encoding="utf-8")
    assert text.startswith(PROJECT)
    assert tomllib.loads(text)["tool"]["seltzer"]["migrations"] == "src/soda/migrations"
    assert "wrote pyproject.toml" in outcome.out
    status = subprocess.run(
        [sys.executable, "-m", "seltzer", "status", "--json", "--database", "postgresql://127.0.0.1:1/soda"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(status.stdout)["error"]["type"] == "connection-failed", "it did not find the folder"


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
@pytest.mark.parametrize("text", ["", "[tool.ruff]\nline-length = 120", '[project]\nname = "ä"'])
def test_the_table_is_added_to_any_file(tmp_path: Path, text: str, end: str) -> None:
    """Whatever its last line is."""
    (tmp_path / "pyproject.toml").write_text(text + end, encoding="utf-8")

    run(tmp_path)

    written = tomllib.loads((tmp_path / "pyproject.toml").read_text(encoding="utf-8"))
    assert written["tool"].pop("seltzer") == {"migrations": "migrations"}
    assert {**written, "tool": written["tool"]} == {"tool": {}, **tomllib.loads(text)}


def test_a_windows_file_stays_one(tmp_path: Path) -> None:
    """Its lines keep their ends."""
    (tmp_path / "pyproject.toml").write_bytes(PROJECT.replace("\n", "\r\n").encode())

    run(tmp_path)

    data = (tmp_path / "pyproject.toml").read_bytes()
    assert data.startswith(PROJECT.replace("\n", "\r\n").encode())
    assert tomllib.loads(data.decode())["tool"]["seltzer"]["migrations"] == "migrations"


def test_running_it_twice_changes_nothing(tmp_path: Path) -> None:
    """It says what it kept."""
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    run(tmp_path)
    before = files(tmp_path)

    outcome = run(tmp_path)

    assert outcome.code == 0
    assert files(tmp_path) == before
    assert outcome.out.splitlines()[:2] == ["kept migrations/__init__.py", "kept pyproject.toml"]


def test_it_overwrites_nothing(tmp_path: Path) -> None:
    """A package of one's own, a table of one's own, files beside them."""
    mine = {
        "migrations/__init__.py": b"# mine\n",
        "migrations/users/create_tables.sql": b"SELECT 1;\n",
        "pyproject.toml": b'[tool.seltzer]\nhistory = "a.b"\n',
    }
    for name, data in mine.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)

    assert run(tmp_path).code == 0
    assert files(tmp_path) == mine


def test_its_document_has_what_it_wrote_and_kept(tmp_path: Path) -> None:
    """Paths from where the user is."""
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")

    first, second = (json.loads(run(tmp_path, "--json").out) for _ in range(2))

    assert first == {"format": 1, "written": ["migrations/__init__.py", "pyproject.toml"], "kept": []}
    assert second == {"format": 1, "written": [], "kept": ["migrations/__init__.py", "pyproject.toml"]}


def test_quiet_says_nothing(tmp_path: Path) -> None:
    """And does the same."""
    outcome = run(tmp_path, "--quiet")

    assert outcome == (0, "", "")
    assert (tmp_path / "migrations" / "__init__.py").exists()


@pytest.mark.parametrize(
    ("name", "kind"),
    [("not-a-package", "migrations-folder"), ("2migrations", "migrations-folder"), ("class", "migrations-folder")],
)
def test_a_folder_that_python_could_not_import_is_refused(tmp_path: Path, name: str, kind: str) -> None:
    """`from migrations import …` is what it is for."""
    outcome = run(tmp_path, "--json", name)

    assert (outcome.code, json.loads(outcome.out)["error"]["type"]) == (2, kind)
    assert files(tmp_path) == {}


@pytest.mark.parametrize("name", ["migrations", "migrations/deeper"])
def test_a_file_in_its_place_is_refused(tmp_path: Path, name: str) -> None:
    """It is not overwritten."""
    (tmp_path / "migrations").write_text("mine", encoding="utf-8")

    outcome = run(tmp_path, "--json", name)

    assert outcome.code == 2, outcome.err
    assert json.loads(outcome.out)["error"]["hint"]
    assert files(tmp_path) == {"migrations": b"mine"}


@pytest.mark.parametrize(
    "data",
    [b"[tool\n", 'name = "Gr\xf6\xdfe"\n'.encode("latin-1"), b"tool = 1\n", b"[tool]\nseltzer = 1\n"],
    ids=["no TOML", "not UTF-8", "no table", "no table of ours"],
)
def test_a_project_file_that_is_wrong_is_left_alone(tmp_path: Path, data: bytes) -> None:
    """It is named, and nothing is written into it."""
    (tmp_path / "pyproject.toml").write_bytes(data)

    outcome = run(tmp_path, "--json")

    document = json.loads(outcome.out or "{}")
    assert "Traceback" not in outcome.err
    assert (tmp_path / "pyproject.toml").read_bytes() == data
    assert outcome.code == 2
    assert document["error"]["file"] == "pyproject.toml"


def test_a_path_with_quotes_does_not_break_the_project_file(tmp_path: Path) -> None:
    """TOML has its own way to write them."""
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")

    assert run(tmp_path, 'a "b" \\c/migrations').code == 0

    written = tomllib.loads((tmp_path / "pyproject.toml").read_text(encoding="utf-8"))
    assert written["tool"]["seltzer"]["migrations"] == 'a "b" \\c/migrations'


def test_it_is_a_function_too(tmp_path: Path) -> None:
    """With the same result as the command's document."""
    result = init(tmp_path / "migrations")

    assert (result.written, result.kept) == ((tmp_path / "migrations" / "__init__.py",), ())


def test_the_next_step_names_the_folder_that_was_asked_for(tmp_path: Path) -> None:
    """Not the usual one."""
    outcome = run(tmp_path, "db/migs")

    assert "such as db/migs/users/create_tables.sql" in outcome.out


@pytest.mark.parametrize("text", ["tool = {ruff = {}}\n", "tool.ruff = {}\n", "[tool]\nruff = {}\n"])
def test_no_toml_is_made_invalid(tmp_path: Path, text: str) -> None:
    """A table of one line takes no other: it is told, and the file stays."""
    project = tmp_path / "pyproject.toml"
    project.write_text(text, encoding="utf-8")

    outcome = run(tmp_path)

    after = project.read_text(encoding="utf-8")
    tables = tomllib.loads(after)["tool"]
    assert ("seltzer" in tables, after == text) == ((True, False) if outcome.code == 0 else (False, True))
    if outcome.code:
        assert (outcome.code, "tool is written in one line" in outcome.err) == (2, True)
    assert (outcome.code == 0) == ("{ruff" not in text)
