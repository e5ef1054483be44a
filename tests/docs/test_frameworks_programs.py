"""The pages on scripts, async applications and a container's entrypoint: run, failed and stopped."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from docs.manual_pages import page_on
from docs.page_processes import applied, ended, is_blocked, started, until

if TYPE_CHECKING:
    from pathlib import Path

    from docs.manual_pages import Page
    from support import Database

pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

BLOCKED = "ALTER TABLE users ADD COLUMN IF NOT EXISTS email text;"
"""A migration that waits for `users` where somebody reads it."""


def page_of(name: str, folder: Path, database: Database) -> Page:
    """A page with all its files written."""
    page = page_on(f"frameworks/{name}", folder, database)
    page.write_files()
    return page


def test_a_script(tmp_path: Path, database: Database) -> None:
    """It migrates, works and ends, from any working directory."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    page = page_of("script", tmp_path, database)
    page.environment = {"DATABASE_URL": database.url}

    first = page.run(["bash", "-c", page.command("python")])
    page.folder = elsewhere
    second = page.run(["python", str(tmp_path / "nightly.py")])

    assert first.stdout.endswith("1 readings\n")
    assert second.stdout.endswith("2 readings\n")
    assert applied(database) == ["readings/create_tables"]
    assert page.unused() == []


def test_a_script_whose_migration_fails(tmp_path: Path, database: Database) -> None:
    """It ends with the error's exit code, and says where the mistake is."""
    page = page_of("script", tmp_path, database)
    page.environment = {"DATABASE_URL": database.url}
    (tmp_path / "migrations/readings/0001_wrong.sql").write_text("SELECT nothing FROM readings;")

    done = page.run(["bash", "-c", page.command("python")])

    assert done.returncode == 1
    assert "0001_wrong.sql:1:8" in done.stdout
    assert 'column "nothing" does not exist' in done.stdout


def test_an_async_application(tmp_path: Path, database: Database) -> None:
    """SIGTERM during a run rolls it back and ends with 130; SIGTERM while it serves just ends it."""
    page = page_of("async", tmp_path, database)
    assert page.run(["seltzer", "apply"]).returncode == 0
    (tmp_path / "migrations/users/0001_add_email.sql").write_text(BLOCKED)

    with database.connect() as reader, reader.transaction():
        reader.execute("SELECT FROM users")
        with started(page, page.command("python")) as process:
            until(lambda: is_blocked(database), "blocked")
            process.send_signal(signal.SIGTERM)
            stopped = ended(process)
    with started(page, page.command("python")) as process:
        said = process.stdout.readline() if process.stdout else ""
        process.send_signal(signal.SIGTERM)
        code, _ = ended(process)

    assert stopped[0] == 130
    assert stopped[1].startswith("not started: ")
    assert (said, code) == ("serving on a database that is current\n", 0)
    assert applied(database) == ["users/create_tables", "users/0001_add_email"]
    assert page.unused() == []


def test_an_entrypoint(tmp_path: Path, database: Database) -> None:
    """It applies, and then is the service; the image has what it needs."""
    page = page_of("container", tmp_path, database)
    (image,) = [block.text for block in page.blocks if block.text.startswith("FROM ")]

    done = page.run(["sh", "entrypoint.sh", "sh", "-c", 'echo "serving as $0"', "the service"])

    assert done.stdout.endswith("serving as the service\n")
    assert done.returncode == 0
    assert applied(database) == ["users/create_tables"]
    assert {"COPY migrations migrations", 'ENTRYPOINT ["sh", "entrypoint.sh"]'} <= set(image.splitlines())
    assert page.unused() == []


def test_an_entrypoint_whose_migration_fails(tmp_path: Path, database: Database) -> None:
    """The service is not started, and the exit code is the migration's."""
    page = page_of("container", tmp_path, database)
    (tmp_path / "migrations/users/0001_wrong.sql").write_text("SELECT nothing FROM users;")

    done = page.run(["sh", "entrypoint.sh", "echo", "serving"])

    assert done.returncode == 1
    assert "serving" not in done.stdout


def test_an_entrypoint_that_is_stopped(tmp_path: Path, database: Database) -> None:
    """The signal reaches the run, which rolls back; the service is not started."""
    page = page_of("container", tmp_path, database)
    assert page.run(["seltzer", "apply"]).returncode == 0
    (tmp_path / "migrations/users/0001_add_email.sql").write_text(BLOCKED)

    with database.connect() as reader, reader.transaction():
        reader.execute("SELECT FROM users")
        with started(page, ["sh", "entrypoint.sh", "echo", "serving"]) as process:
            until(lambda: is_blocked(database), "blocked")
            process.send_signal(signal.SIGTERM)
            code, printed = ended(process)

    assert code == 143
    assert "serving" not in printed
    assert "this one was rolled back" in printed
    assert applied(database) == ["users/create_tables"]
