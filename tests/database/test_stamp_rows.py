"""`stamp`: history without running, for a database that has the objects already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from seltzer import Migrations
from seltzer.errors import (
    AlreadyAppliedError,
    BuiltWithoutHistoryError,
    MissingObjectsError,
    NotAppliedError,
    PrivilegeError,
    SeltzerError,
    UnknownMigrationError,
)
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from support import Project

# The catalog is asked for names that every version has.
pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

TABLE = {"users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, name serial);\n"}
FILES = {
    **TABLE,
    "users/0001_add_email.sql": "ALTER TABLE users ADD COLUMN email text;\n",
    "users/0002_fill.py": "def apply(conn):\n    raise RuntimeError('this must not run')\n",
    "mail/0001_index.sql": "CREATE INDEX idx_users_email ON users (email);\n",
    "mail/emails.sql": "CREATE VIEW emails AS SELECT email FROM users;\n",
}
BY_HAND = (
    "CREATE TABLE users (id bigint CONSTRAINT other_name PRIMARY KEY, name int, email text);"
    "CREATE INDEX idx_users_email ON users (email); CREATE VIEW emails AS SELECT email FROM users"
)
ORDER = ("users/create_tables", "users/0001_add_email", "mail/0001_index", "users/0002_fill", "mail/emails")


def rows(project: Project) -> list[tuple[Any, ...]]:
    """Every row of the history in order; none where there is none."""
    if project.database.query("SELECT to_regclass('seltzer.history')") == [(None,)]:
        return []
    return project.database.query("SELECT id, state, generation FROM seltzer.history ORDER BY position")


def refused(project: Project, error: type[SeltzerError], *ids: str, **choice: Any) -> SeltzerError:
    """Stamp what is refused; the history is as it was."""
    before = rows(project)
    with pytest.raises(error) as caught:
        project.migrations().stamp(*ids, **choice)
    assert rows(project) == before
    assert caught.value.hint
    return caught.value


def test_a_database_that_was_built_without_a_history_gets_one(project: Project) -> None:
    """The stop at the start says so; `everything` writes a row a file in the order of the plan, and runs nothing."""
    project.database.query(BY_HAND)
    project.write(FILES)
    with pytest.raises(BuiltWithoutHistoryError) as caught:
        project.migrations().run_all()
    assert "seltzer stamp --all" in str(caught.value.hint)

    result = project.migrations().stamp(everything=True)

    assert result.stamped == ORDER
    assert result.state is DatabaseState.CURRENT
    assert rows(project) == [(id_, "stamped", 1) for id_ in ORDER]
    assert set(project.states().values()) == {"stamped"}
    assert project.migrations().run_all().applied == ()
    assert project.migrations().stamp(everything=True).stamped == ()


def test_all_rows_are_one_run_and_know_their_statements(project: Project) -> None:
    """A later change of a stamped first day is compared with it like with an applied one."""
    project.database.query(BY_HAND)
    project.write(FILES).migrations().stamp(everything=True)

    assert project.database.query(
        "SELECT count(DISTINCT run), count(DISTINCT finished_at) > 0 FROM seltzer.history"
    ) == [(1, True)]
    project.write({"users/create_tables.sql": TABLE["users/create_tables.sql"].replace("name serial", "phone text")})
    with pytest.raises(SeltzerError) as caught:
        project.migrations().run_all()
    assert caught.value.type == "not-converged"


def test_through_an_id(project: Project) -> None:
    """What is pending up to it in the order of the plan; the rest is applied as usual."""
    project.database.query("CREATE TABLE users (id bigint, name int, email text)")
    project.write(FILES).remove("users/0002_fill.py")

    assert project.migrations().stamp(through="users/0001").stamped == ORDER[:2]

    assert project.migrations().run_all().applied == ("mail/0001_index", "mail/emails")
    assert refused(project, AlreadyAppliedError, through="users/0001").migration == "users/0001_add_email"


def test_ids_in_all_forms(project: Project) -> None:
    """Of a module or a range what is applied is left out; one that is named whole is refused."""
    project.database.query(BY_HAND)
    project.write(FILES)

    assert project.migrations().stamp("users/0001", "users/create_tables").stamped == ORDER[:2]
    assert project.migrations().stamp("users").stamped == ("users/0002_fill",)
    assert project.migrations().stamp("mail/0001..0009").stamped == ("mail/0001_index",)
    assert refused(project, AlreadyAppliedError, "users").migration == "users/0001_add_email"
    assert refused(project, AlreadyAppliedError, "mail/emails", "users/0001").message == (
        "users/0001_add_email is stamped already"
    )


def test_what_is_applied(project: Project) -> None:
    """A row more would say that it happened twice."""
    project.write(TABLE).migrations().run_all()

    error = refused(project, AlreadyAppliedError, "users/create_tables")

    assert error.message == "users/create_tables is applied already"
    assert error.exit_code == 2


def test_an_id_that_does_not_exist(project: Project) -> None:
    """The nearest three are named."""
    project.write(FILES)

    error = refused(project, UnknownMigrationError, "users/0001_add_mail")

    assert str(error.hint).startswith("Nearest: users/0001_add_email, ")
    assert str(error.hint).count("/") == 3


OBJECTS = {
    "CREATE TABLE missing (id int);": "table public.missing",
    "CREATE VIEW missing AS SELECT 1 AS a;": "view public.missing",
    "CREATE INDEX missing ON here (id);": "index public.missing",
    "ALTER TABLE here ADD COLUMN missing int;": "column public.here.missing",
    "CREATE TYPE missing AS ENUM ('a');": "type public.missing",
    "CREATE SEQUENCE missing;": "sequence public.missing",
    "CREATE FUNCTION missing(int) RETURNS int LANGUAGE sql AS 'SELECT 1';": "function public.missing",
    "CREATE SCHEMA missing;": "schema missing",
    "CREATE EXTENSION missing;": "extension missing",
    "ALTER TABLE here ADD CONSTRAINT missing CHECK (id > 0);": "constraint public.here.missing",
    "CREATE TRIGGER missing AFTER INSERT ON here EXECUTE FUNCTION here();": "trigger public.here.missing",
}


def test_what_is_not_in_the_database(project: Project) -> None:
    """An id whose objects are not there is refused by the first of them; with `force` it is stamped."""
    project.database.query("CREATE TABLE here (id int)")
    project.write({f"m/{n:04}_x.sql": f"{text}\n" for n, text in enumerate(OBJECTS, 1)})

    for number, label in enumerate(OBJECTS.values(), 1):
        error = refused(project, MissingObjectsError, f"m/{number:04}")
        assert error.message == f"{label}, which m/{number:04}_x provides, is not in the database"
        assert error.exit_code == 2
    assert "--force" in str(refused(project, MissingObjectsError, everything=True).hint)

    assert len(project.migrations().stamp(everything=True, force=True).stamped) == len(OBJECTS)


def test_what_is_in_the_database(project: Project) -> None:
    """Everything that was refused above, once it is there; in a schema that the search path has, too."""
    project.database.query("CREATE SCHEMA app")
    project.database.query(f'ALTER DATABASE "{project.database.name}" SET search_path = app, public')
    made = [
        text.replace("missing", f"missing{number}").replace("here()", "suppress_redundant_updates_trigger()")
        for number, text in enumerate(OBJECTS)
        if "EXTENSION" not in text
    ]
    for text in ["CREATE TABLE here (id int)", *made]:
        project.database.query(text)
    project.write({f"m/{n:04}_x.sql": f"{text}\n" for n, text in enumerate(made, 1)})

    assert len(project.migrations().stamp(everything=True).stamped) == len(made)


def test_what_a_later_file_takes_away(project: Project) -> None:
    """It need not be there, nor what went with it."""
    project.database.query("CREATE TABLE b (id int)")
    project.write(
        {
            "m/0001_a.sql": "CREATE TABLE a (id int, x int);\nCREATE INDEX idx_a ON a (x);\n",
            "m/0002_a.sql": "ALTER TABLE a ADD COLUMN y int;\nALTER TABLE a ADD CONSTRAINT c CHECK (y > 0);\n",
            "m/0003_a.sql": "ALTER TABLE a RENAME TO b;\nCREATE TABLE d (id int);\n",
            "m/0004_d.sql": "DROP TABLE d;\n",
        }
    )

    assert len(project.migrations().stamp(everything=True).stamped) == 4


def test_as_reverted(project: Project) -> None:
    """For what somebody took back by hand: nothing runs it until it is named."""
    project.write({**TABLE, "a/create_tables.sql": "CREATE TABLE a (id bigint REFERENCES users);\n"})
    project.migrations().run_all()
    project.database.query("DROP TABLE a; DROP TABLE users")

    result = project.migrations().stamp("users/create_tables", "a", as_reverted=True)

    assert result.stamped == ("users/create_tables", "a/create_tables")
    assert result.state is DatabaseState.CURRENT
    assert rows(project)[-2:] == [("users/create_tables", "reverted", 2), ("a/create_tables", "reverted", 2)]
    assert project.migrations().run_all().applied == ()
    assert refused(project, NotAppliedError, "a/create_tables", as_reverted=True).migration == "a/create_tables"
    assert project.migrations().apply(reverted=True).applied == ("users/create_tables", "a/create_tables")


@pytest.mark.parametrize(
    "choice", [{}, {"everything": True, "through": "a"}, {"everything": True, "as_reverted": True}]
)
def test_it_has_to_be_said_once_what_to_stamp(project: Project, choice: dict[str, Any]) -> None:
    """A programmer's mistake is a ValueError."""
    with pytest.raises(ValueError, match="what to"):
        project.migrations().stamp(**choice)


def test_a_file_that_was_edited(project: Project) -> None:
    """Stamping it by its id says that the database has the new content: it is diverged no more."""
    project.write({**TABLE, "users/0001_x.sql": "SELECT 1;\n"}).migrations().run_all()
    project.write({"users/0001_x.sql": "SELECT 2;\n"})
    assert project.migrations().status().state is DatabaseState.DIVERGED
    assert project.migrations().stamp(everything=True).stamped == ()

    assert project.migrations().stamp("users/0001").state is DatabaseState.CURRENT
    assert project.migrations().run_all().state is DatabaseState.CURRENT


def test_readers_may_read_a_history_that_stamp_made(project: Project) -> None:
    """The application's own role, which only reads, starts at once."""
    role = f"reader_{project.database.name}"
    project.database.query(f"CREATE ROLE {role} LOGIN")
    project.write(TABLE).database.query("CREATE TABLE users (id bigint, name int)")

    project.migrations(history_readers=[role]).stamp(everything=True)

    theirs = Migrations(project.folder, database=make_conninfo(project.database.url, user=role))
    assert theirs.run_all().state is DatabaseState.CURRENT
    with pytest.raises(PrivilegeError) as caught:
        theirs.stamp("users/create_tables", as_reverted=True)
    assert "INSERT ON" in str(caught.value.hint)


def test_a_connection_of_the_callers_is_left_as_it_was(project: Project) -> None:
    """Its mode, its transaction, and nobody hears its notices."""
    project.write(TABLE).database.query("CREATE TABLE users (id bigint, name int)")
    with psycopg.connect(project.database.url) as conn:
        Migrations(project.folder, database=conn).stamp(everything=True)

        assert conn.autocommit is False
        assert conn.info.transaction_status is psycopg.pq.TransactionStatus.IDLE
    assert set(project.states().values()) == {"stamped"}
