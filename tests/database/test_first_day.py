"""The main job, whole: a project's migrations applied from Python and from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from support import Project

FILES = {
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, name text NOT NULL);",
    "users/0001_add_email.sql": (
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS email text;\n"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_users_email ON users (email);\n"
    ),
    "users/0002_first_user.py": "def apply(conn):\n    conn.execute(\"INSERT INTO users VALUES (1, 'Ada')\")\n",
    "users/active_users.sql": "CREATE OR REPLACE VIEW active_users AS SELECT id, name FROM users;",
}
IN_ORDER = ("users/create_tables", "users/0001_add_email", "users/0002_first_user", "users/active_users")


def test_everything_is_applied_once_and_in_order(project: Project) -> None:
    """The first start applies all, the second finds nothing to do."""
    project.write(FILES)

    first = project.migrations().run_all()
    second = project.migrations().run_all()

    assert first.applied == IN_ORDER
    assert first.state is DatabaseState.CURRENT
    assert second.applied == ()
    assert project.database.query("SELECT name FROM active_users") == [("Ada",)]


def test_applying_twice_changes_nothing(project: Project) -> None:
    """The catalog is the same after a second apply."""
    project.write(FILES).migrations().run_all()
    before = project.database.schema()

    outcome = project.run("apply")

    assert outcome.code == 0, outcome.err
    assert "nothing to do" in outcome.out
    assert project.database.schema() == before
