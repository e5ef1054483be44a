"""Eight replicas that start at the same moment on an empty database."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support import Project

FILES = {
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id int UNIQUE);\nINSERT INTO users VALUES (0);\n",
    "users/0001_index.sql": "CREATE INDEX CONCURRENTLY idx_users_id ON users (id);\nINSERT INTO users VALUES (1);\n",
    "users/0002_fill.py": "def apply(conn):\n    conn.execute('INSERT INTO users VALUES (2)')\n",
    "users/everyone.sql": "CREATE VIEW everyone AS SELECT id FROM users;\nINSERT INTO users VALUES (3);\n",
    "audit/__init__.py": "import seltzer\ndef run_migration():\n    seltzer.execute_sql_file('audit.sql')\n",
    "audit/audit.sql": "-- seltzer: depends-on = users\nINSERT INTO users VALUES (4);\n",
}
IDS = ["audit/run_migration", "users/0001_index", "users/0002_fill", "users/create_tables", "users/everyone"]


def test_eight_processes_at_once_apply_each_migration_once(project: Project) -> None:
    """All succeed, whoever was first; the server sees no error."""
    project.write(FILES)
    log = project.database.server.data.parent / "server.log"
    start = log.stat().st_size

    processes = [project.start("apply", "--json") for _ in range(8)]
    ends = [(process.communicate(), process.returncode) for process in processes]

    assert [code for _, code in ends] == [0] * 8, [errors for (_, errors), _ in ends]
    rows = project.migrations().history().rows
    assert sorted(row.id for row in rows) == IDS
    assert {row.state for row in rows} == {"applied"}
    assert project.database.query("SELECT id FROM users ORDER BY id") == [(0,), (1,), (2,), (3,), (4,)]
    entries = log.read_bytes()[start:].decode(errors="replace").splitlines()
    levels = {
        entry.split("|")[2].partition(":")[0] for entry in entries if entry.startswith(f"{project.database.name}|")
    }
    assert "LOG" in levels
    assert not levels & {"WARNING", "ERROR", "FATAL", "PANIC"}
