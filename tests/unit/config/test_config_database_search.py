"""Which database is found first, and how the application is asked without a trace."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from seltzer.config.database import Embedded, Target
from seltzer.errors import InvalidDatabaseError, NotConfiguredError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from unit.config.conftest import Project

CANARY = "canary-4711"


@pytest.fixture(autouse=True)
def interpreter() -> Iterator[None]:
    """Every test here leaves the interpreter as it was, or fails for it; what a test imports itself is put back."""
    path, modules = sys.path.copy(), sys.modules.copy()
    yield
    sys.path[:] = path
    for name in sys.modules.keys() - modules.keys():
        del sys.modules[name]
    sys.modules.update(modules)


@pytest.fixture
def other(tmp_path: Path, project: Project) -> Project:
    """A second project in the same process."""
    root = tmp_path / "other"
    root.mkdir()
    return type(project)(root)


def found(project: Project, **flags: object) -> tuple[str, dict[str, str]]:
    """Where a database was found, and its parameters."""
    database = project.database(**flags)
    assert isinstance(database, Target)
    return database.source, dict(database.parameters)


def imported(name: str, root: Path) -> ModuleType:
    """A module as the application itself imports it, its project on the path."""
    sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    return importlib.import_module(name)


def test_each_source_comes_before_the_next(project: Project) -> None:
    """From the flag down to libpq's own variables, one taken away after the other."""
    project.environ |= {"PGDATABASE": "d", "DATABASE_URL": "dbname=d", "SELTZER_DATABASE": "dbname=environment"}
    project.write_shared_config(DB_NAME="d")
    file = project.write("seltzer.toml", "database = 'dbname=file'\n")

    assert found(project, database="dbname=flag") == ("--database", {"dbname": "flag"})
    assert found(project) == ("SELTZER_DATABASE", {"dbname": "environment"})
    del project.environ["SELTZER_DATABASE"]
    assert found(project) == ("database", {"dbname": "file"})
    file.unlink()
    assert found(project) == ("shared.config", {"dbname": "d"})
    (project.root / "shared" / "config.py").unlink()
    assert found(project) == ("DATABASE_URL", {"dbname": "d"})
    del project.environ["DATABASE_URL"]
    assert found(project) == ("PGDATABASE", {})
    del project.environ["PGDATABASE"]
    with pytest.raises(NotConfiguredError):
        project.database()


def test_nothing_is_imported_when_the_database_is_set(project: Project) -> None:
    """The application is asked only where nobody else said."""
    project.write("shared/config.py", "raise SystemExit\n")

    assert found(project, database="dbname=d") == ("--database", {"dbname": "d"})


def test_without_a_database_the_error_says_what_was_looked_for(project: Project) -> None:
    """In order, with what was wrong with `shared.config`, and with the way to a private server."""
    with pytest.raises(NotConfiguredError) as caught:
        project.database()

    message = caught.value.message
    places = ["--database", "SELTZER_DATABASE", "pyproject.toml", "shared.config", "DATABASE_URL", "PGHOST"]
    assert sorted(places, key=message.index) == places
    assert f"shared.config in {project.root} (is not there)" in message
    assert 'database = "embedded"' in str(caught.value.hint)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("variable", ["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"])
def test_libpqs_variables_count_where_they_name_a_database(project: Project, variable: str) -> None:
    """All the rest is libpq's own to read."""
    project.environ |= {variable: "x", "PGUSER": "u"}

    assert found(project) == (variable, {})


def test_a_user_alone_is_no_database(project: Project) -> None:
    """PGUSER, PGPORT and PGPASSWORD are set on many machines for other reasons."""
    project.environ |= {"PGUSER": "u", "PGPORT": "5432", "PGPASSWORD": CANARY, "PGHOST": "", "DATABASE_URL": " "}

    with pytest.raises(NotConfiguredError):
        project.database()


def test_database_url_may_be_embedded(project: Project) -> None:
    """It takes every form."""
    project.environ["DATABASE_URL"] = "embedded"

    assert project.database() == Embedded(project.root / ".seltzer", "DATABASE_URL")


def test_shared_config_has_five_attributes(project: Project) -> None:
    """A socket folder is a host, a number is a port."""
    project.write_shared_config(DB_NAME="d", DB_USER="u", DB_PASSWORD="p", DB_HOST="/run/pg", DB_PORT=5433)  # noqa: S106

    assert found(project) == (
        "shared.config",
        {"dbname": "d", "user": "u", "password": "p", "host": "/run/pg", "port": "5433"},
    )


def test_shared_config_may_leave_something_open(project: Project) -> None:
    """What is None or empty is libpq's default."""
    project.write_shared_config(DB_NAME="d", DB_USER=None, DB_PASSWORD="", DB_PORT=None)

    assert found(project) == ("shared.config", {"dbname": "d"})


def test_shared_config_without_an_object(project: Project) -> None:
    """The values may stand in the module itself."""
    project.write("shared/config.py", "DB_NAME = 'd'\n")

    assert found(project) == ("shared.config", {"dbname": "d"})


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import os\nos.environ['NO_SUCH_VARIABLE_4711']\n", "raised KeyError"),
        ("raise SystemExit('canary-4711')\n", "raised SystemExit"),
        ("import no_such_module_canary_4711\n", "raised ModuleNotFoundError"),
        ("canary-4711 =\n", "raised SyntaxError"),
        (
            "class C:\n @property\n def DB_NAME(self): raise ValueError('canary-4711')\nconfig = C()\n",
            "raised ValueError",
        ),
        ("class config:\n DB_NAME = None\n DB_PORT = 5432\n", "has no usable DB_NAME or DB_HOST"),
        ("class config:\n DB_NAME = 'postgresql://u:canary-4711@h/d'\n", "has no usable DB_NAME or DB_HOST"),
        ("class config:\n DB_HOST = 'u:canary-4711@h'\n", "has no usable DB_NAME or DB_HOST"),
        ("config = 'postgresql://u:canary-4711@h/d'\n", "has no usable DB_NAME or DB_HOST"),
        ("class config:\n DB_NAME = 'd'\n DB_PORT = '4711x'\n", "has no usable DB_PORT"),
    ],
)
def test_a_shared_config_that_cannot_be_used(project: Project, source: str, reason: str) -> None:
    """It counts as not configured; the error has the reason, but never a word of the application's."""
    project.write("shared/config.py", source)

    with pytest.raises(NotConfiguredError) as caught:
        project.database()

    assert f"({reason})" in caught.value.message
    assert "4711" not in f"{caught.value!s} {vars(caught.value)}"
    assert caught.value.__context__ is None


def test_a_shared_config_that_raises_is_passed_by_with_a_warning(project: Project) -> None:
    """The next source is used; a person is told that it was not the first."""
    project.write("shared/config.py", f"raise RuntimeError('{CANARY}')\n")
    project.environ["DATABASE_URL"] = "dbname=d"

    assert project.database() == Target(
        {"dbname": "d"}, "DATABASE_URL", ("shared.config raised RuntimeError and is not used",)
    )


@pytest.mark.parametrize("init", [True, False], ids=["package", "namespace"])
def test_looking_leaves_no_trace(project: Project, capsys: pytest.CaptureFixture[str], init: bool) -> None:  # noqa: FBT001
    """`sys.path` and `sys.modules` are as before, and stdout, which may carry JSON, has nothing."""
    if init:
        project.write("shared/__init__.py", "")
    project.write("settings.py", "name = 'd'\n")
    project.write(
        "shared/config.py", "import sys, settings\nprint('loaded')\nsys.path.append('/x')\nDB_NAME = settings.name\n"
    )
    path, modules = sys.path.copy(), set(sys.modules)

    assert found(project) == ("shared.config", {"dbname": "d"})

    assert sys.path == path
    assert set(sys.modules) == modules
    assert capsys.readouterr() == ("", "loaded\n")


def test_a_library_that_was_imported_on_the_way_stays(project: Project) -> None:
    """A virtual environment in the project's folder is not the project: many libraries cannot be imported twice."""
    packages = project.root / ".venv" / "lib" / "site-packages"
    project.write(".venv/lib/site-packages/library_of_soda.py", "")
    project.write("shared/config.py", "import library_of_soda\nDB_NAME = 'd'\n")
    sys.path.append(str(packages))

    assert found(project) == ("shared.config", {"dbname": "d"})

    assert "library_of_soda" in sys.modules


def test_the_applications_own_import_is_used_and_kept(project: Project) -> None:
    """An object that the application has changed since is the one that counts."""
    project.write_shared_config(DB_NAME="file")
    module = imported("shared.config", project.root)
    module.config.DB_NAME = "changed"

    assert found(project) == ("shared.config", {"dbname": "changed"})
    assert sys.modules["shared.config"] is module


def test_a_package_without_its_config_is_left_as_it_was(project: Project) -> None:
    """The application has imported `shared` for something else: `shared.config` is gone again afterwards."""
    project.write("shared/__init__.py", "")
    project.write_shared_config(DB_NAME="d")
    shared = imported("shared", project.root)

    assert found(project) == ("shared.config", {"dbname": "d"})

    assert sys.modules["shared"] is shared
    assert "shared.config" not in sys.modules
    assert not hasattr(shared, "config")


@pytest.mark.parametrize("init", [True, False], ids=["packages", "namespaces"])
def test_two_projects_in_one_process_do_not_meet(project: Project, other: Project, init: bool) -> None:  # noqa: FBT001
    """Each has its own `shared.config`, whichever was imported by the application, whatever it imports itself."""
    for each in (project, other):
        if init:
            each.write("shared/__init__.py", "")
        each.write("names.py", f"name = {each.root.name!r}\n")
        each.write("shared/config.py", "import names\nDB_NAME = names.name\n")
    theirs = imported("shared.config", other.root)
    sys.path.append(str(project.root))

    assert found(project) == ("shared.config", {"dbname": "soda"})
    assert found(other) == ("shared.config", {"dbname": "other"})
    assert sys.modules["shared.config"] is theirs
    assert sys.modules["names"].name == "other"


@pytest.mark.parametrize("load", [True, False], ids=["loaded", "on the path"])
@pytest.mark.parametrize("folder", [True, False], ids=["with a folder", "without"])
def test_another_projects_config_is_never_used(project: Project, other: Project, load: bool, folder: bool) -> None:  # noqa: FBT001
    """Nor even run: it would name the other's database."""
    other.write("shared/config.py", "import sys\nsys.modules['ran_of_other'] = sys\nDB_NAME = 'other'\n")
    sys.path.insert(0, str(other.root))
    if load:
        imported("shared.config", other.root)
        del sys.modules["ran_of_other"]
    if folder:
        (project.root / "shared").mkdir()

    with pytest.raises(NotConfiguredError, match="is not there"):
        project.database()

    assert "ran_of_other" not in sys.modules


def test_a_module_made_in_memory_is_not_the_projects(project: Project) -> None:
    """A test of the application may have put one in place: it has no file, so nobody knows whose it is."""
    fake = ModuleType("shared")
    fake.config = ModuleType("shared.config")  # type: ignore[attr-defined]
    sys.modules |= {"shared": fake, "shared.config": fake.config}
    project.write_shared_config(DB_NAME="d")

    assert found(project) == ("shared.config", {"dbname": "d"})
    assert sys.modules["shared"] is fake


def test_an_installed_module_may_be_named(project: Project, other: Project) -> None:
    """`module:attribute` is a person's word: the module may lie anywhere on the path, and is left loaded."""
    other.write("installed_app.py", "url = 'dbname=d'\n")
    module = imported("installed_app", other.root)

    assert found(project, database="installed_app:url") == ("--database", {"dbname": "d"})
    assert sys.modules["installed_app"] is module


def test_sources_that_disagree_are_both_named(project: Project) -> None:
    """Host and name only; the first is used."""
    project.write_shared_config(DB_NAME="app", DB_HOST="db", DB_USER="u", DB_PASSWORD=CANARY)
    project.environ |= {"DATABASE_URL": f"postgresql://u:{CANARY}@replica/app", "PGDATABASE": "other"}

    database = project.database()

    assert database.warnings == (
        "shared.config says db/app and DATABASE_URL says replica/app; shared.config is used",
        "shared.config says db/app and PGDATABASE says (default host)/other; shared.config is used",
    )
    assert CANARY not in repr(database)


@pytest.mark.parametrize(
    ("url", "variables", "warnings"),
    [
        ("postgresql://u@127.0.0.1/d", {"PGHOST": "localhost", "PGPORT": "5432"}, ()),
        ("postgresql://h:5432/d", {"PGHOST": "h", "PGDATABASE": "d"}, ()),
        ("postgresql:///d", {"PGHOST": "h"}, ()),
        ("postgresql://h/d", {"PGSERVICE": "x", "PGDATABASE": "d"}, ()),
        (
            "postgresql://h:1/d",
            {"PGHOST": "h", "PGDATABASE": "d"},
            ("DATABASE_URL says h/d and PGHOST says h/d on another port; DATABASE_URL is used",),
        ),
        ("postgresql://h/d", {"PGHOST": f"u:{CANARY}@h"}, ()),
    ],
)
def test_what_a_source_leaves_open_agrees_with_everything(
    project: Project, url: str, variables: dict[str, str], warnings: tuple[str, ...]
) -> None:
    """This machine has three names, PostgreSQL a usual port; only what two sources say can differ."""
    project.environ |= {"DATABASE_URL": url, **variables}

    assert project.database().warnings == warnings


def test_an_unreadable_url_is_no_matter_where_it_is_not_used(project: Project) -> None:
    """Many applications set DATABASE_URL for something else; where it is used, it has to be readable."""
    project.write_shared_config(DB_NAME="d")
    project.environ["DATABASE_URL"] = f"mysql://u:{CANARY}@h/d"

    assert project.database().warnings == ()
    (project.root / "shared" / "config.py").unlink()
    with pytest.raises(InvalidDatabaseError, match="the text of DATABASE_URL cannot be read"):
        project.database()


def test_a_disagreement_repeats_hosts_as_they_were_written(project: Project) -> None:
    """A person looks for that word in their settings."""
    project.write_shared_config(DB_NAME="d", DB_HOST="127.0.0.1")
    project.environ["DATABASE_URL"] = "postgresql://localhost/e"

    (warning,) = project.database().warnings

    assert "shared.config says 127.0.0.1/d and DATABASE_URL says localhost/e" in warning
