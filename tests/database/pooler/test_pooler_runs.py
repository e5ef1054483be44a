"""Behind PgBouncer in transaction mode: every verb works, and leaves the pooler's sessions as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from database.pooler.poolers import Manner, PooledDatabase, pgbouncer
from database.pooler.runs import apply_briefly
from seltzer import execute_sql_file
from seltzer.db.pooler import is_pooled
from seltzer.errors import StatementError
from support import Project

if TYPE_CHECKING:
    from pathlib import Path

    from support import Database

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


def test_every_verb_works_through_a_pooler(project: Project) -> None:
    """Looking, planning, reverting, stamping, forgetting."""
    files = {
        "shop/create_tables.sql": "CREATE TABLE IF NOT EXISTS items (id int);\n",
        "shop/0001_more.sql": "ALTER TABLE items ADD COLUMN name text;\n",
        "shop/0001_more.down.sql": "ALTER TABLE items DROP COLUMN name;\n",
        "shop/0002_gone.sql": "SELECT 1;\n",
    }
    migrations = project.write(files).migrations()

    assert [step.id for step in migrations.plan().steps] == ["shop/create_tables", "shop/0001_more", "shop/0002_gone"]
    assert len(migrations.run_all().applied) == 3
    assert migrations.revert("shop/0001_more").reverted == ("shop/0001_more",)
    project.write({"shop/0003_there.sql": "CREATE TABLE IF NOT EXISTS items (id int);\n"})
    assert migrations.stamp("shop/0003_there").stamped == ("shop/0003_there",)
    project.remove("shop/0002_gone.sql")
    assert project.run("forget", "shop/0002_gone").code == 0
    assert [(row.id, row.state) for row in migrations.history().rows] == [
        ("shop/create_tables", "applied"),
        ("shop/0001_more", "applied"),
        ("shop/0002_gone", "applied"),
        ("shop/0001_more", "reverted"),
        ("shop/0003_there", "stamped"),
        ("shop/0002_gone", "reverted"),
    ]


def test_all_in_one_transaction_through_a_pooler(project: Project) -> None:
    """`--single-transaction`: SQL, Python and a runner that hands over its file."""
    files = {name: text for name, text in FILES.items() if "0001" not in name}

    outcome = project.write(files).run("apply", "--single-transaction")

    assert outcome.code == 0, outcome.err
    assert project.database.query("SELECT count(DISTINCT xmin::text) FROM seltzer.history") == [(1,)]
    assert project.database.query("SELECT id FROM users ORDER BY id") == [(0,), (2,), (3,), (4,)]


def test_several_at_a_time_through_a_pooler(project: Project) -> None:
    """`--jobs`: the same history as with one, and nothing prepared."""
    files = {f"m{number}/create_tables.sql": f"CREATE TABLE t{number} (id int);\n" for number in range(40)}
    files |= {f"m{number}/0001_fill.sql": f"INSERT INTO t{number} VALUES (1);\n" for number in range(40)}

    result = project.write(files).migrations(jobs=4).run_all()

    assert len(result.applied) == 80
    assert set(project.states().values()) == {"applied"}
    assert project.database.query("SELECT count(*) FROM pg_prepared_statements") == [(0,)]


def test_a_pooler_in_session_mode_is_a_pooler(database: Database, tmp_path: Path, pooler_port: int) -> None:
    """Its sessions would do for a lock; a lease does as well, and nobody has to tell the two apart."""
    assert pooler_port
    (tmp_path / "migrations").mkdir()
    (tmp_path / "pooler").mkdir()
    with pgbouncer(database.server, tmp_path / "pooler", Manner(mode="session")) as port:
        behind = Project(tmp_path, PooledDatabase(database.server, database.binaries, database.name, port))

        assert sorted(behind.write(FILES).migrations().run_all().applied) == IDS
        assert behind.migrations().run_all().applied == ()


def test_a_file_that_is_run_outside_of_a_run_leaves_nothing(project: Project, pooled: PooledDatabase) -> None:
    """`execute_sql_file` by itself, through the pooler."""
    project.write({"shop/set.sql": "SET work_mem = '2MB';\nCREATE TABLE t AS SELECT 1 AS id;\n"})

    execute_sql_file(project.folder / "shop" / "set.sql", database=pooled.url)

    assert pooled.query("SELECT id FROM t") == [(1,)]
    assert pooled.query("SHOW work_mem") == [("4MB",)]


def test_an_error_of_such_a_file_has_its_line(project: Project, pooled: PooledDatabase) -> None:
    """What was sent around the file does not count."""
    project.write({"shop/bad.sql": "CREATE TABLE t ();\n\nSELECT 1 / 0;\n"})

    with pytest.raises(StatementError) as caught:
        execute_sql_file(project.folder / "shop" / "bad.sql", database=pooled.url)

    assert caught.value.place is not None
    assert caught.value.place.line == 3


def test_an_isolation_level_of_the_files_own_bears_renewals(project: Project) -> None:
    """The lease is renewed while the transaction's snapshot stands, and the last look does not mind."""
    project.write(
        {
            "shop/create_tables.sql": "CREATE TABLE levels (level text);\n",
            "shop/0001_begin.sql": (
                "BEGIN ISOLATION LEVEL SERIALIZABLE;\n"
                "INSERT INTO levels SELECT current_setting('transaction_isolation');\nSELECT pg_sleep(1);\nCOMMIT;\n"
            ),
            "shop/0002_set.sql": (
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;\n"
                "INSERT INTO levels SELECT current_setting('transaction_isolation');\nSELECT pg_sleep(1);\n"
            ),
        }
    )

    assert len(apply_briefly(project).applied) == 3

    assert project.database.query("SELECT level FROM levels") == [("serializable",), ("repeatable read",)]


def test_role_and_search_path_reach_every_migration(project: Project, pooled: PooledDatabase) -> None:
    """In transactions, by SET LOCAL: SQL that may change the session, SQL that cannot, and Python."""
    role = f"owner_{pooled.name}"
    pooled.direct.query(f"CREATE ROLE {role}; CREATE SCHEMA app AUTHORIZATION {role}")
    project.write(
        {
            "shop/create_tables.sql": "CREATE TABLE a (id int);\n",
            "shop/0001_more.sql": "CREATE TEMP TABLE t (id int);\nCREATE TABLE b AS SELECT 1 AS id;\n",
            "shop/0002_python.py": "def apply(conn):\n    conn.execute('CREATE TABLE c (id int)')\n",
        }
    )
    try:
        assert len(project.migrations(role=role, search_path=("app",)).run_all().applied) == 3

        found = pooled.query(f"SELECT tablename FROM pg_tables WHERE schemaname = 'app' AND tableowner = '{role}'")
        assert sorted(found) == [("a",), ("b",), ("c",)]
        assert pooled.query('SELECT DISTINCT "current_user" FROM seltzer.history') == [(role,)]
    finally:
        pooled.direct.query(f"DROP OWNED BY {role} CASCADE; DROP ROLE {role}")


def test_a_role_that_is_no_superuser_can_do_all_of_it(project: Project, pooled: PooledDatabase) -> None:
    """What others left is set aside, and given back, with no more rights than a role has that owns its schema."""
    role = f"plain_{pooled.name}"
    pooled.direct.query(f"CREATE ROLE {role} LOGIN; GRANT CREATE ON DATABASE {pooled.name} TO {role}")
    pooled.direct.query(f"CREATE SCHEMA {role} AUTHORIZATION {role}")
    project.write(
        {
            "shop/create_tables.sql": "CREATE TABLE a (id int);\nCOMMENT ON TABLE a IS 'x';\n",
            "shop/0001_set.sql": "SET work_mem = '2MB';\nCREATE TEMP TABLE t (id int);\nINSERT INTO a VALUES (1);\n",
            "shop/0002_alone.sql": "CREATE INDEX CONCURRENTLY i ON a (id);\n",
            "shop/0003_python.py": "def apply(conn):\n    conn.execute('INSERT INTO a VALUES (2)')\n",
        }
    )
    with pgbouncer(pooled.server, project.root, Manner(user=role)) as port:
        behind = PooledDatabase(pooled.server, pooled.binaries, pooled.name, port)

        try:
            assert len(Project(project.root, behind).migrations().run_all().applied) == 4
            assert behind.query("SELECT current_user, current_setting('work_mem')") == [(role, "4MB")]
        finally:
            pooled.direct.query(f"DROP OWNED BY {role} CASCADE")
    pooled.direct.query(f"REVOKE ALL ON DATABASE {pooled.name} FROM {role}; DROP ROLE {role}")
