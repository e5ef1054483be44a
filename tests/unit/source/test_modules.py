"""Importing what the user wrote, without leaving a trace in the process."""

from __future__ import annotations

import importlib
import pickle
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from seltzer.source.modules import import_file, import_runner, project_imports

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path


INIT = "migrations/users/__init__.py"


def project(root: Path, files: dict[str, str]) -> Path:
    """A project with these files; its migrations folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root / "migrations"


def value_of(folder: Path, module: str = "users") -> object:
    """`VALUE` of a module's package, imported as a runner is."""
    with project_imports(folder):
        return import_runner(folder, module).VALUE


@contextmanager
def first_on_the_path(root: Path) -> Generator[None]:
    """The application or a library lies in `root`, and what it imports is gone afterwards."""
    before = sys.modules.copy()
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path.remove(str(root))
        for name in sys.modules.keys() - before.keys():
            del sys.modules[name]


@pytest.fixture(autouse=True)
def _same_process(tmp_path: Path) -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    """Whatever a test imports, the process is as it was; `tmp_path` may import something itself."""
    assert tmp_path.is_dir()
    path, modules = sys.path.copy(), sys.modules.copy()
    yield
    left = (sys.path.copy(), sorted(sys.modules.keys() ^ modules.keys()))
    sys.path[:] = path
    for name in sys.modules.keys() - modules.keys():
        del sys.modules[name]
    assert left == (path, [])


def test_a_runner_imports_what_lies_beside_it_and_above(tmp_path: Path) -> None:
    """Its own folder relatively, the application from the folder above `migrations`; no `__init__.py` is needed."""
    folder = project(
        tmp_path,
        {
            INIT: "from .run_migration import VALUE\n",
            "migrations/users/run_migration.py": "from shared.config import NAME\nVALUE = (__name__, NAME)\n",
            "shared/config.py": "NAME = 'soda'\n",
        },
    )

    assert value_of(folder) == ("migrations.users.run_migration", "soda")


def test_two_projects_do_not_meet(tmp_path: Path) -> None:
    """Their packages have the same names, each runner gets its own."""
    folders = [
        project(
            tmp_path / name,
            {INIT: "from shared.config import NAME\nVALUE = NAME\n", "shared/config.py": f"NAME = {name!r}\n"},
        )
        for name in ("one", "two")
    ]

    assert [value_of(folder) for folder in (*folders, *folders)] == ["one", "two", "one", "two"]


def test_a_project_that_the_application_imported_is_the_same_one(tmp_path: Path) -> None:
    """Its modules are not imported a second time: what the application set in them is seen, and stays."""
    folder = project(
        tmp_path, {INIT: "import state_of_app\nVALUE = state_of_app.VALUE\n", "state_of_app.py": "VALUE = 'imported'\n"}
    )
    with first_on_the_path(tmp_path):
        loaded = importlib.import_module("state_of_app")
        vars(loaded)["VALUE"] = "set"

        assert value_of(folder) == "set"
        assert sys.modules["state_of_app"] is loaded


@pytest.mark.parametrize("inits", [[], ["shared_by_both/__init__.py"]], ids=["namespace", "package"])
def test_another_project_that_the_application_imported_is_put_aside(tmp_path: Path, inits: list[str]) -> None:
    """And is back afterwards, the same object."""
    project(tmp_path / "other", {"shared_by_both/config.py": "NAME = 'other'\n", **dict.fromkeys(inits, "")})
    folder = project(
        tmp_path / "own",
        {
            INIT: "from shared_by_both.config import NAME\nVALUE = NAME\n",
            "shared_by_both/config.py": "NAME = 'own'\n",
            **dict.fromkeys(inits, ""),
        },
    )
    with first_on_the_path(tmp_path / "other"):
        others = importlib.import_module("shared_by_both.config")

        assert value_of(folder) == "own"
        assert importlib.import_module("shared_by_both.config") is others


def test_an_import_that_raises_leaves_nothing(tmp_path: Path) -> None:
    """Neither a half-loaded module nor the folder on the path."""
    folder = project(tmp_path, {INIT: "import helper_of_users\nraise RuntimeError('no')\n", "helper_of_users.py": ""})

    with pytest.raises(RuntimeError, match="no"):
        value_of(folder)


def test_a_numbered_file_is_part_of_its_package(tmp_path: Path) -> None:
    """Relative imports work in it, and what looks its module up by name finds it: dataclasses, pickles."""
    folder = project(
        tmp_path,
        {
            INIT: "",
            "migrations/users/names.py": "NAME = 'Ada'\n",
            "migrations/users/0001_a.py": (
                "from __future__ import annotations\n"
                "from dataclasses import dataclass\n"
                "from .names import NAME\n"
                "@dataclass\n"
                "class Person:\n"
                "    name: str\n"
            ),
        },
    )

    with project_imports(folder):
        module = import_file(folder, folder / "users" / "0001_a.py")
        person = module.Person(module.NAME)

        assert pickle.loads(pickle.dumps(person)) == person  # noqa: S301  # our own
        assert module.__name__ == "migrations.users.0001_a"
    assert "migrations.users.0001_a" not in sys.modules


def test_a_numbered_file_without_a_package_may_import_relatively_too(tmp_path: Path) -> None:
    """A module needs no `__init__.py`."""
    folder = project(
        tmp_path,
        {"migrations/users/names.py": "NAME = 'Ada'\n", "migrations/users/0001_a.py": "from .names import NAME\n"},
    )

    with project_imports(folder):
        assert import_file(folder, folder / "users" / "0001_a.py").NAME == "Ada"


def test_the_standard_library_is_never_put_aside(tmp_path: Path) -> None:
    """A folder of the project that is called like one of its packages hides nothing that is loaded."""
    folder = project(tmp_path, {INIT: "import json\nVALUE = json.dumps([1])\n", "json/other.py": "VALUE = 1\n"})

    assert value_of(folder) == "[1]"


def test_what_an_imported_library_brought_stays(tmp_path: Path) -> None:
    """Many cannot be imported twice; it is not the project's."""
    project(tmp_path / "libraries", {"library_of_somebody.py": "VALUE = 'library'\n"})
    folder = project(tmp_path / "own", {INIT: "from library_of_somebody import VALUE\n"})
    with first_on_the_path(tmp_path / "libraries"):
        assert value_of(folder) == "library"
        assert "library_of_somebody" in sys.modules
