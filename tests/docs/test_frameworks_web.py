"""The pages on FastAPI, Flask and Django: their code is written to a folder and served."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from docs.manual_pages import Page, page_on
from docs.page_processes import applied, ended, serving

if TYPE_CHECKING:
    from pathlib import Path

    from support import Database

pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])


def five_variables(database: Database) -> dict[str, str]:
    """The database as the application's own settings have it."""
    return {
        "DB_HOST": str(database.server.socket_folder),
        "DB_PORT": str(database.server.port),
        "DB_NAME": database.name,
        "DB_USER": database.server.user,
    }


def page_of(name: str, folder: Path, database: Database, environment: dict[str, str]) -> Page:
    """A page whose application finds the database by itself."""
    page = page_on(f"frameworks/{name}", folder, database)
    page.environment = environment
    page.write_files()
    return page


def test_fastapi(tmp_path: Path, database: Database) -> None:
    """The service migrates, then serves."""
    page = page_of("fastapi", tmp_path, database, five_variables(database))

    with serving(page, page.command("uvicorn"), "8000") as service:
        service.until_it_serves()
        assert service.ask("POST", "/users/ada")[0] == 201
        assert service.ask("GET", "/users") == (200, '["ada"]')

    assert applied(database) == ["users/create_tables"]
    assert page.unused() == []


def test_fastapi_does_not_serve_after_a_failure(tmp_path: Path, database: Database) -> None:
    """A migration that fails ends uvicorn, with the error in its log."""
    page = page_of("fastapi", tmp_path, database, five_variables(database))
    (tmp_path / "migrations/users/0001_wrong.sql").write_text("SELECT nothing FROM users;")

    with serving(page, page.command("uvicorn"), "8000") as service:
        code, printed = ended(service.process)

    assert code != 0
    assert 'column "nothing" does not exist' in printed
    assert "Application startup failed" in printed


def test_flask(tmp_path: Path, database: Database) -> None:
    """The factory migrates; a second process finds nothing to do."""
    page = page_of("flask", tmp_path, database, {"DATABASE_URL": database.url})

    for _ in range(2):
        with serving(page, page.command("flask run"), "5000") as service:
            service.until_it_serves()
            assert service.ask("POST", "/users/ada")[0] == 201

    assert database.query("SELECT name FROM users") == [("ada",), ("ada",)]
    assert applied(database) == ["users/create_tables"]
    assert page.unused() == []


def test_django(tmp_path: Path, database: Database) -> None:
    """Django's migrations and Seltzer's, each in its own history, by one command; the tests' database has both."""
    page = page_of("django", tmp_path, database, five_variables(database))

    first, again = (page.run(["bash", "-c", page.command("python manage.py migrate")]) for _ in range(2))
    database.query("INSERT INTO auth_user VALUES (1, '', NULL, false, 'ada', '', '', '', true, true, now())")
    database.query("INSERT INTO reports (author_id, title) VALUES (1, 'Engines')")
    with serving(page, page.command("python manage.py runserver"), "8000") as service:
        service.until_it_serves()
        reports = json.loads(service.ask("GET", "/reports")[1])
    tests = page.run(["bash", "-c", page.command("python manage.py test")])
    by_pytest = page.run(["bash", "-c", page.command("python -m pytest")], {"SELTZER_SHADOW": database.url})
    page.type_in(page.blocks[-1])

    assert (first.returncode, again.returncode) == (0, 0), first.stdout
    assert "No migrations to apply" in again.stdout
    assert reports == [{"title": "Engines", "author": "ada"}]
    assert (tests.returncode, "Ran 1 test" in tests.stdout) == (0, True), tests.stdout
    assert (by_pytest.returncode, "2 passed" in by_pytest.stdout) == (0, True), by_pytest.stdout
    assert database.query("SELECT title FROM reports") == [("Engines",)]
    assert applied(database) == ["reports/create_tables", "reports/staff"]
    assert database.query("SELECT username FROM staff") == [("ada",)]
    assert database.query("SELECT count(*) FROM django_migrations WHERE app = 'auth'") != [(0,)]
    assert page.unused() == []
