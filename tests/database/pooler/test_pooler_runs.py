"""Behind PgBouncer in transaction mode: every verb works, and leaves the pooler's sessions as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.db.pooler import is_pooled

if TYPE_CHECKING:
    from database.pooler.poolers import PooledDatabase
    from support import Project

pytestmark = pytest.mark.pooler

FILES = {
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id int UNIQUE);\nINSERT INTO users VALUES (0);\n",
    "users/0001_index.sql": "CREATE INDEX CONCURRENTLY idx_users_id ON users (id);\nINSERT INTO users VALUES (1);\n",
    "users/0002_fill.py": "def apply(conn):\n    conn.execute('INSERT INTO users VALUES (%s)', (2,))\n",
    "users/everyone.sql": "CREATE VIEW everyone AS SELECT id FROM users;\nINSERT INTO users VALUES (3);\n",
    "audit/__init__.py": "import seltzer\ndef run_migration():\n    seltzer.execute_sql_file('audit.sql')\n",
    "audit/audit.sql": "-- seltzer: depends-on = users\nINSERT INTO users VALUES (4);\n",
}
IDS = ["audit/run_migration", "users/0001_index", "users/0002_fill", "users/create_tables", "users/everyone"]


def test_a_pooler_is_told_from_a_direct_connection(pooled: PooledDatabase) -> None:
    """The process id given at connect is the server's own only without a pooler."""
    with pooled.connect() as through, pooled.direct.connect() as straight:
        assert is_pooled(through)
        assert not is_pooled(straight)


def test_every_kind_of_migration_is_applied_through_a_pooler(project: Project) -> None:
    """SQL in one transaction and without one, Python, a runner: applied, recorded, and then current."""
    project.write(FILES)

    assert sorted(project.migrations().run_all().applied) == IDS

    assert project.migrations().run_all().applied == ()
    assert set(project.states().values()) == {"applied"}
    assert project.database.query("SELECT id FROM users ORDER BY id") == [(0,), (1,), (2,), (3,), (4,)]
