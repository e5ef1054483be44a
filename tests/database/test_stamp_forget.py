"""`forget`: what is missing is gone for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from seltzer.errors import NotMissingError, SeltzerError, UnknownMigrationError
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from support import Project

# Rows of the history are the same on every version.
pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

FILES = {
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);\n",
    "users/0001_x.sql": "SELECT 1;\n",
    "old/0001_x.sql": "SELECT 2;\n",
    "old/0002_x.sql": "SELECT 3;\n",
}


def refused(project: Project, error: type[SeltzerError], *ids: str) -> SeltzerError:
    """Forget what is refused; the history is as it was."""
    count = "SELECT count(*) FROM seltzer.history"
    before = project.database.query(count)
    with pytest.raises(error) as caught:
        project.migrations().forget(*ids)
    assert project.database.query(count) == before
    assert caught.value.hint
    return caught.value


@pytest.fixture
def lossy(project: Project) -> Project:
    """A project that has lost files which its database has applied."""
    project.write(FILES).migrations().run_all()
    return project.remove("users/0001_x.sql", "old/0001_x.sql", "old/0002_x.sql")


def test_what_is_forgotten_is_missing_no_more(lossy: Project) -> None:
    """An id, and a module of which all that is missing goes; the database is ahead no more."""
    assert lossy.migrations().status().state is DatabaseState.AHEAD

    assert lossy.migrations().forget("users/0001").forgotten == ("users/0001_x",)
    assert lossy.migrations().forget("old").forgotten == ("old/0001_x", "old/0002_x")

    assert lossy.states() == {"users/create_tables": "applied"}
    assert lossy.migrations().run_all().state is DatabaseState.CURRENT
    last: list[tuple[Any, ...]] = lossy.database.query(
        "SELECT id, state, generation FROM seltzer.history ORDER BY position DESC LIMIT 1"
    )
    assert last == [("old/0002_x", "reverted", 2)]


def test_of_a_module_that_has_files_what_is_missing_goes(lossy: Project) -> None:
    """The others are none of its business."""
    assert lossy.migrations().forget("users").forgotten == ("users/0001_x",)
    assert lossy.states()["users/create_tables"] == "applied"


def test_a_forgotten_file_that_comes_back_does_not_run_by_itself(lossy: Project) -> None:
    """An old branch brings it: it counts as reverted."""
    lossy.migrations().forget("old")

    lossy.write({"old/0001_x.sql": FILES["old/0001_x.sql"]})

    assert lossy.states()["old/0001_x"] == "reverted"
    assert lossy.migrations().run_all().applied == ()


def test_what_is_not_missing(lossy: Project) -> None:
    """A file that is there, one that was forgotten, one that never was."""
    lossy.migrations().forget("old/0001")

    assert refused(lossy, NotMissingError, "users/create_tables").message == "users/create_tables is not missing"
    assert refused(lossy, NotMissingError, "old/0001").message == "old/0001_x is not missing"
    assert refused(lossy, NotMissingError, "old/0002", "users/create_tables").migration == "users/create_tables"
    lossy.write({"new/0001_x.sql": "SELECT 4;\n"})
    assert refused(lossy, NotMissingError, "new").message == "new/0001_x is not missing"
    assert refused(lossy, UnknownMigrationError, "old/0009").hint == "Nearest: old/0002_x, old/0001_x, new/0001_x."


def test_nothing_is_forgotten_in_the_wrong_place(lossy: Project) -> None:
    """Where no file is left, or none that the history has seen, it is the files that are wrong."""
    lossy.remove("users/create_tables.sql")
    assert refused(lossy, SeltzerError, "old").type == "no-migrations"
    lossy.write({"orders/create_tables.sql": "CREATE TABLE orders (id int);\n"})
    assert refused(lossy, SeltzerError, "old").type == "foreign-history"


def test_a_renamed_file_is_not_forgotten(lossy: Project) -> None:
    """Its new name would be applied once more."""
    lossy.write({"old/0003_x.sql": FILES["old/0002_x.sql"]})

    assert refused(lossy, SeltzerError, "old/0002").type == "forgotten-rename"


def test_a_database_without_a_history(project: Project) -> None:
    """Nothing is missing, and nothing is made."""
    project.write(FILES)

    with pytest.raises(NotMissingError):
        project.migrations().forget("users")

    assert project.database.query("SELECT to_regclass('seltzer.history')") == [(None,)]
