"""`revert`: what goes back, in which order, and that it stays reverted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.errors import DivergedError, NotAppliedError, NoWayBackError, PythonError
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from support import Project

USERS = {
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, name text);\n",
    "users/create_tables.down.sql": "DROP TABLE users;\n",
    "users/0001_add_email.sql": "ALTER TABLE users ADD COLUMN IF NOT EXISTS email text;\n",
    "users/0001_add_email.down.sql": "ALTER TABLE users DROP COLUMN email;\n",
    "users/0002_first.py": (
        "def apply(conn):\n    conn.execute(\"INSERT INTO users VALUES (1, 'Ada')\")\n\n\n"
        'def revert(conn):\n    conn.execute("DELETE FROM users")\n'
    ),
    "users/0003_index.sql": "CREATE INDEX IF NOT EXISTS idx_users_email ON users (email);\n",
    "users/0003_index.down.sql": "DROP INDEX idx_users_email;\n",
}
ORDERS = {
    "orders/create_tables.sql": "CREATE TABLE IF NOT EXISTS orders (id bigint REFERENCES users);\n",
    "orders/create_tables.down.sql": "DROP TABLE orders;\n",
}
ALL = (
    "users/0003_index",
    "users/0002_first",
    "users/0001_add_email",
    "orders/create_tables",
    "users/create_tables",
)


def history(project: Project) -> list[tuple[str, str, int]]:
    """Every row of the history in order."""
    return [
        (str(row[0]), str(row[1]), int(row[2]))
        for row in project.database.query("SELECT id, state, generation FROM seltzer.history ORDER BY position")
    ]


def test_everything_goes_back_in_the_reverse_of_the_applied_order(project: Project) -> None:
    """SQL and Python; afterwards the schema is what it was before, and the history says all of it."""
    project.write({**USERS, **ORDERS})
    before = project.database.schema()
    applied = project.migrations().run_all().applied

    result = project.migrations().revert("users", "orders")

    assert result.reverted == tuple(reversed(applied)) == ALL
    assert result.state is DatabaseState.CURRENT
    assert project.database.schema() == before
    assert history(project)[-5:] == [(id_, "reverted", 2) for id_ in ALL]
    assert set(project.states().values()) == {"reverted"}


def test_a_reverted_migration_stays_reverted_until_it_is_named(project: Project) -> None:
    """No start and no plain apply brings it back, not even with another content; its id does, and `reverted` does."""
    project.write({**USERS, **ORDERS}).migrations().run_all()
    project.migrations().revert("users/0003", "orders")

    assert project.migrations().run_all().applied == ()
    assert project.migrations().apply().applied == ()
    project.write({"users/0003_index.sql": "CREATE INDEX IF NOT EXISTS idx_users_email ON users (lower(email));\n"})
    assert project.migrations().run_all().state is DatabaseState.CURRENT
    assert project.migrations().apply("users/0003").applied == ("users/0003_index",)
    assert project.states()["orders/create_tables"] == "reverted"
    assert project.migrations().apply(reverted=True).applied == ("orders/create_tables",)
    assert project.migrations().apply(reverted=True).applied == ()
    assert project.database.query("SELECT to_regclass('orders')") == [("orders",)]
    assert history(project)[-2:] == [("users/0003_index", "applied", 3), ("orders/create_tables", "applied", 3)]


def test_a_new_migration_is_applied_beside_a_reverted_one(project: Project) -> None:
    """What is new is applied, what was reverted is left alone, unless the new one needs it and is asked for by id."""
    project.write(USERS).migrations().run_all()
    project.migrations().revert("users/0003", "users/0001")

    project.write({"users/0004_add_phone.sql": "ALTER TABLE users ADD COLUMN phone text;\n"})
    assert project.migrations().run_all().applied == ("users/0004_add_phone",)
    project.write({"users/0005_mail.sql": "CREATE INDEX idx_mail ON users (email);\n"})

    assert project.migrations().apply("users/0005").applied == ("users/0001_add_email", "users/0005_mail")
    assert project.states()["users/0003_index"] == "reverted"


def test_a_whole_module_comes_back_in_its_order(project: Project) -> None:
    """Its first day first, although no text of the Python file says that it needs it; one id brings its first day."""
    project.write({**USERS, **ORDERS}).migrations().run_all()
    project.migrations().revert("users", "orders")

    assert project.migrations().apply("users/0002").applied == ("users/create_tables", "users/0002_first")
    project.migrations().revert("users")
    assert project.migrations().apply(reverted=True).applied == (
        "users/create_tables",
        "orders/create_tables",
        "users/0001_add_email",
        "users/0002_first",
        "users/0003_index",
    )


def test_the_last_ones(project: Project) -> None:
    """As many as are asked for, by when they were applied; more than there are is all of them."""
    project.write({**USERS, **ORDERS}).migrations().run_all()

    assert project.migrations().revert(last=2).reverted == ALL[:2]
    assert project.migrations().revert(last=1).reverted == ALL[2:3]
    assert project.migrations().revert(last=99).reverted == ALL[3:]
    assert project.migrations().revert(last=1).reverted == ()


def test_everything_after_one(project: Project) -> None:
    """`to` names the one that stays."""
    project.write({**USERS, **ORDERS}).migrations().run_all()

    assert project.migrations().revert(to="users/0001").reverted == ALL[:2]
    assert project.migrations().revert(to="users/0001_add_email").reverted == ()
    assert project.migrations().revert(to="users/create_tables").reverted == ALL[2:4]
    with pytest.raises(NotAppliedError):
        project.migrations().revert(to="users/0001")


@pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])
def test_ids_in_all_forms(project: Project) -> None:
    """A whole id, a number, a range; of a range what is not applied is left out."""
    project.write(USERS).migrations().run_all()

    assert project.migrations().revert("users/0003").reverted == ("users/0003_index",)
    assert project.migrations().revert("users/0002..0003").reverted == ("users/0002_first",)
    assert project.migrations().revert("users/0001_add_email").reverted == ("users/0001_add_email",)
    assert project.migrations().revert("users").reverted == ("users/create_tables",)


@pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])
def test_a_first_day_that_was_applied_again_goes_last(project: Project) -> None:
    """Its row is newer than those of the numbered files, and still it is what they need."""
    project.write(USERS).migrations().run_all()
    first_day = USERS["users/create_tables.sql"] + "CREATE TABLE IF NOT EXISTS teams (id int);\n"
    project.write({"users/create_tables.sql": first_day})
    project.write({"users/create_tables.down.sql": "DROP TABLE teams;\nDROP TABLE users;\n"})
    assert project.migrations().run_all().applied == ("users/create_tables",)

    assert project.migrations().revert("users").reverted[-1] == "users/create_tables"


@pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])
def test_the_state_afterwards(project: Project) -> None:
    """A file that was the only one to differ makes nothing behind or diverged any more once it is reverted."""
    project.write(USERS).migrations().run_all()
    project.write({"users/0003_index.sql": "CREATE INDEX idx_users_email ON users (email, name);\n"})
    assert project.migrations().status().state is DatabaseState.DIVERGED

    assert project.migrations().revert("users/0003").state is DatabaseState.CURRENT
    project.write({"users/0009_x.sql": "SELECT 1;\n"})
    assert project.migrations().revert("users/0002").state is DatabaseState.BEHIND
    project.migrations().run_all()
    project.remove("users/0009_x.sql")
    assert project.migrations().revert("users/0001").state is DatabaseState.AHEAD


@pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])
def test_a_runner_goes_back_by_its_down_file(project: Project) -> None:
    """`create_tables.down.sql` or `run_migration.down.sql`; Seltzer runs it, not the runner."""
    project.write(
        {
            "users/__init__.py": "from .run_migration import run_migration\n",
            "users/run_migration.py": (
                "from seltzer import execute_sql_file\n\n\ndef run_migration():\n"
                '    execute_sql_file("create_tables.sql")\n'
            ),
            "users/create_tables.sql": USERS["users/create_tables.sql"],
            "users/create_tables.down.sql": USERS["users/create_tables.down.sql"],
        }
    ).migrations().run_all()

    assert project.migrations().revert("users/run_migration").reverted == ("users/run_migration",)
    assert project.database.query("SELECT to_regclass('users')") == [(None,)]
    assert project.migrations().run_all().applied == ()
    assert project.migrations().apply("users").applied == ("users/run_migration",)
    project.write({"users/create_tables.down.sql": "-- seltzer: parse = off\nDROP TABLE users;\n"})
    assert project.migrations().revert(last=1).reverted == ("users/run_migration",)


def test_the_way_back_of_a_python_file_may_be_written_and_corrected_later(project: Project) -> None:
    """Where none was, and where a first one fails: neither makes an edited file of it."""
    applies = 'def apply(conn):\n    conn.execute("CREATE TABLE p (id int)")\n'
    project.write({"p/0001_p.py": applies}).migrations().run_all()
    with pytest.raises(NoWayBackError):
        project.migrations().revert("p/0001")

    project.write({"p/0001_p.py": f"{applies}\n\ndef revert(conn):\n    raise ValueError\n"})
    assert project.migrations().run_all().state is DatabaseState.CURRENT
    with pytest.raises(PythonError):
        project.migrations().revert("p/0001")

    project.write({"p/0001_p.py": f'{applies}\n\ndef revert(conn):\n    conn.execute("DROP TABLE p")\n'})
    assert project.migrations().revert("p/0001").reverted == ("p/0001_p",)


@pytest.mark.parametrize("how", [["users/0003"], []], ids=["reverted", "nothing reverted"])
def test_what_was_reverted_stays_so_where_files_and_database_disagree(project: Project, how: list[str]) -> None:
    """An edited file stops it, whether anything was reverted or not."""
    project.write(USERS).migrations().run_all()
    for id_ in how:
        project.migrations().revert(id_)
    project.write({"users/0001_add_email.sql": "SELECT 'edited';\n"})

    with pytest.raises(DivergedError) as caught:
        project.migrations().apply(reverted=True)

    assert (caught.value.exit_code, caught.value.state) == (4, DatabaseState.DIVERGED)
