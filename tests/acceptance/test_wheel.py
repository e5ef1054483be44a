"""The wheel, as an application installs it: everything in it that is needed, nothing of the repository around it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from acceptance.example_service import REPOSITORY
from seltzer import __version__

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

SOURCE = REPOSITORY / "src"
FILES = {
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, email text NOT NULL);\n",
    "users/0001_index_email.sql": "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_email ON users (email);\n",
    "users/0002_first_user.py": "def apply(conn):\n    conn.execute(\"INSERT INTO users VALUES (1, 'ada@x')\")\n",
}
IDS = ["users/create_tables", "users/0001_index_email", "users/0002_first_user"]


@contextmanager
def made_once(root: pytest.TempPathFactory, name: str) -> Generator[tuple[Path, bool]]:
    """A folder that all workers of this run share, and whether it is still to be filled; one worker at a time."""
    base = root.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = shared / f"{name}.done"
        yield shared / name, not done.exists()
        done.touch()


def run(*command: str | Path, **variables: str) -> str:
    """Run a command to its end, without anything of the repository in its environment; returns its output."""
    kept = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(command, cwd="/", env=kept | variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as its maintainers build it."""
    with made_once(tmp_path_factory, "wheel") as (folder, missing):
        if missing:
            run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, REPOSITORY)
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that has the wheel with its extra, and nothing else."""
    with made_once(tmp_path_factory, "environment") as (folder, missing):
        if missing:
            venv.create(folder, with_pip=False)
            pip = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "--disable-pip-version-check"]
            run(*pip, "install", "--quiet", f"seltzer[embedded] @ {wheel.as_uri()}")
    return folder / "bin"


@dataclass(frozen=True)
class Installed:
    """An installed seltzer and the folder of a project.

    Attributes:
        programs: The programs of its environment.
        root: The project's folder.
    """

    programs: Path
    root: Path

    def seltzer(self, *arguments: str) -> str:
        """Run the command in the project's folder; returns its output."""
        done = subprocess.run(
            [self.programs / "seltzer", *arguments],
            cwd=self.root,
            env={"PATH": os.defpath, "HOME": str(self.root), "TMPDIR": str(self.root)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def installed(programs: Path) -> Iterator[Installed]:
    """A project outside the repository, its path short enough for a socket."""
    root = Path(tempfile.mkdtemp(prefix="st-", dir="/tmp"))
    root.chmod(0o755)
    yield Installed(programs, root)
    shutil.rmtree(root)


def test_the_wheel_has_every_file_of_the_package_and_no_other(wheel: Path) -> None:
    """Statements in .sql files and the mark that it is typed are in it; tests and examples are not."""
    packaged = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.glob("seltzer/**/*")
        if path.is_file() and path.suffix in {".py", ".sql", ".css", ".typed"}
    }

    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert "seltzer/py.typed" in inside
    assert any(name.endswith(".sql") for name in inside)
    assert inside == packaged


def test_an_installed_seltzer_works_without_the_repository(installed: Installed) -> None:
    """A first day in an empty environment: init, three migrations, apply on a private PostgreSQL, nothing to do."""
    version = installed.seltzer("--version")
    installed.seltzer("init", "migrations")
    for name, content in FILES.items():
        path = installed.root / "migrations" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)

    first = json.loads(installed.seltzer("apply", "--database", "embedded", "--json"))
    status = json.loads(installed.seltzer("status", "--database", "embedded", "--json"))
    second = installed.seltzer("apply", "--database", "embedded")

    assert __version__ in version
    assert (first["state"], first["applied"], first["error"]) == ("current", IDS, None)
    assert (status["format"], status["state"]) == (1, "current")
    assert {item["id"]: item["state"] for item in status["migrations"]} == dict.fromkeys(IDS, "applied")
    assert second.startswith("nothing to do")


def test_the_installed_package_comes_from_the_wheel_and_brings_no_framework(programs: Path) -> None:
    """What an application imports is not this repository, and the development tools are not dragged in."""
    script = (
        "import importlib.util as u, seltzer; print(seltzer.__file__, u.find_spec('fastapi'), u.find_spec('pytest'))"
    )

    said = run(programs / "python", "-c", script).split()

    assert Path(said[0]).is_relative_to(programs.parent)
    assert said[1:] == ["None", "None"]
