"""A changed `create_tables.sql` is never skipped silently: what `IF NOT EXISTS` passed over is compared and told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from seltzer.errors import NotConvergedError, StatementError
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from support import Project

FIRST_DAY = """\
CREATE TABLE IF NOT EXISTS teams (id bigint PRIMARY KEY);
CREATE TABLE IF NOT EXISTS users (
  id bigint,
  team bigint,
  age int CHECK (age > 0),
  email text
);
"""
JOINING = {
    "users/__init__.py": "import seltzer\n\ndef run_migration():\n    seltzer.execute_sql_file('create_tables.sql')\n"
}
CONNECTING = {
    "users/__init__.py": """\
import os
from pathlib import Path

import psycopg2


def run_migration():
    conn = psycopg2.connect(
        dbname=os.environ["DB_NAME"],
        user=os.environ["DB_USER"],
        password=os.environ["DB_PASSWORD"],
        host=os.environ["DB_HOST"],
        port=os.environ["DB_PORT"],
    )
    conn.autocommit = True
    with conn.cursor() as cursor:
        cursor.execute(Path(__file__).with_name("create_tables.sql").read_text())
    conn.close()
"""
}


# A piece of the first day, what it becomes, with ^ before what is new, and the command that adds it to the table.
EDITS = {
    "column": ("text\n", "text,\n  ^name text\n", "ADD COLUMN IF NOT EXISTS name text;"),
    "column with constraints": (
        "text\n",
        "text,\n  ^lead bigint NOT NULL DEFAULT 1 REFERENCES teams\n",
        "ADD COLUMN IF NOT EXISTS lead bigint NOT NULL DEFAULT 1 REFERENCES teams;",
    ),
    "inline not null": ("text\n", "text ^NOT NULL\n", "ALTER COLUMN email SET NOT NULL;"),
    "inline primary key": ("id bigint,", "id bigint ^PRIMARY KEY,", "ADD PRIMARY KEY (id);"),
    "inline unique": ("text\n", "text ^UNIQUE\n", "ADD UNIQUE (email);"),
    "inline named unique": ("text\n", "text ^CONSTRAINT one UNIQUE\n", "ADD CONSTRAINT one UNIQUE (email);"),
    "inline foreign key": ("team bigint", "team bigint ^REFERENCES teams", "ADD FOREIGN KEY (team) REFERENCES teams;"),
    "inline check": ("text\n", "text ^CHECK (email <> '')\n", "ADD CHECK (email <> '');"),
    "second check": ("age > 0)", "age > 0) ^CHECK (age < 200)", "ADD CHECK (age < 200);"),
    "table unique": ("text\n", "text,\n  ^UNIQUE (team, email)\n", "ADD UNIQUE (team, email);"),
    "table named unique": (
        "text\n",
        "text,\n  ^CONSTRAINT one UNIQUE (email)\n",
        "ADD CONSTRAINT one UNIQUE (email);",
    ),
    "table foreign key": (
        "text\n",
        "text,\n  ^FOREIGN KEY (team) REFERENCES teams (id) ON DELETE CASCADE\n",
        "ADD FOREIGN KEY (team) REFERENCES teams (id) ON DELETE CASCADE;",
    ),
    "table named foreign key": (
        "text\n",
        "text,\n  ^CONSTRAINT in_team FOREIGN KEY (team) REFERENCES teams\n",
        "ADD CONSTRAINT in_team FOREIGN KEY (team) REFERENCES teams;",
    ),
    "table check": ("text\n", "text,\n  ^CHECK (team > 0 OR id > 0)\n", "ADD CHECK (team > 0 OR id > 0);"),
    "table named check": (
        "text\n",
        "text,\n  ^CONSTRAINT old CHECK (age < 200)\n",
        "ADD CONSTRAINT old CHECK (age < 200);",
    ),
}
EDITED = FIRST_DAY.replace("text\n", "text,\n  name text\n")
CARRIERS = {"joining": JOINING, "connecting": CONNECTING}


def refused(project: Project) -> NotConvergedError:
    """The error of a start, which changed neither the catalog nor what counts as applied."""
    before = (catalog(project), applied(project))
    with pytest.raises(NotConvergedError) as caught:
        project.migrations().run_all()

    assert caught.value.exit_code == 4
    assert (catalog(project), applied(project)) == before
    return caught.value


def catalog(project: Project) -> list[tuple[str]]:
    """Every column and constraint of the public schema."""
    return project.database.query(
        "SELECT attrelid::regclass || '.' || attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid "
        "WHERE relnamespace = 'public'::regnamespace UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace ORDER BY 1"
    )


def applied(project: Project) -> list[str]:
    """The ids of the history, newest last, without the notes of failures."""
    return [row.id for row in project.migrations().history().rows if row.state != "failed"]


def edit(name: str) -> tuple[str, tuple[int, int], str]:
    """An edited first day, line and column of what is new in it, and the command that adds it."""
    before, after, alter = EDITS[name]
    head, _, tail = FIRST_DAY.replace(before, after).partition("^")
    place = (head.count("\n") + 1, len(head) - head.rfind("\n"))
    return head + tail, place, f"ALTER TABLE users {alter}"


def follow(project: Project, hint: str) -> str:
    """Do to the letter what the hint says: put the first day back, write the numbered file; return its SQL."""
    advice = re.fullmatch(r"Put create_tables\.sql back as it was, and write (\S+) with:\n  (.*)", hint, re.DOTALL)
    assert advice is not None, hint
    project.write({"users/create_tables.sql": FIRST_DAY, advice[1]: advice[2]})
    return advice[2]


@pytest.mark.parametrize("name", EDITS)
def test_what_the_table_lacks_is_told_and_the_advice_works(project: Project, name: str) -> None:
    """The error has the place and the ALTER TABLE; the numbered file with it brings text and table together."""
    project.write({"users/create_tables.sql": FIRST_DAY}).migrations().run_all()
    edited, place, alter = edit(name)
    project.write({"users/create_tables.sql": edited})

    error = refused(project)

    assert error.place is not None
    assert error.place.file == project.folder / "users" / "create_tables.sql"
    assert (error.place.line, error.place.column) == place
    assert error.rolled_back is True
    assert follow(project, error.hint or "") == alter
    assert project.migrations().run_all().state is DatabaseState.CURRENT
    # With the numbered file in place the first day may say the same: it converges now.
    result = project.write({"users/create_tables.sql": edited}).migrations().run_all()
    assert (result.state, result.applied) == (DatabaseState.CURRENT, ("users/create_tables",))


@pytest.mark.parametrize("carrier", ["joining", "connecting"])
@pytest.mark.parametrize("name", ["column", "table named foreign key"])
def test_runners_are_compared_too(project: Project, carrier: str, name: str) -> None:
    """A runner that hands its file over, and one with a psycopg2 connection of its own."""
    project.write({**CARRIERS[carrier], "users/create_tables.sql": FIRST_DAY}).migrations().run_all()
    edited, place, alter = edit(name)
    project.write({"users/create_tables.sql": edited})

    error = refused(project)

    assert error.migration == "users/run_migration"
    assert error.place is not None
    assert error.place.file == project.folder / "users" / "create_tables.sql"
    assert (error.place.line, error.place.column) == place
    assert follow(project, error.hint or "") == alter
    assert project.migrations().run_all().state is DatabaseState.CURRENT


def test_a_runner_may_hand_other_files_over_first(project: Project) -> None:
    """The first day is compared wherever it stands among the runner's files."""
    runner = JOINING["users/__init__.py"].replace(
        "    seltzer", "    seltzer.execute_sql_file('roles.sql')\n    seltzer"
    )
    project.write({"users/__init__.py": runner, "users/roles.sql": "SELECT 1;", "users/create_tables.sql": FIRST_DAY})
    project.migrations().run_all()
    project.write({"users/create_tables.sql": EDITED})

    refused(project)


def test_what_a_connecting_runner_committed_is_not_called_rolled_back(project: Project) -> None:
    """Its own connection has committed the new table before the old one was found to lack a column."""
    project.write({**CONNECTING, "users/create_tables.sql": FIRST_DAY}).migrations().run_all()
    project.write({"users/create_tables.sql": EDITED + "CREATE TABLE IF NOT EXISTS fresh (id bigint);\n"})

    with pytest.raises(NotConvergedError) as caught:
        project.migrations().run_all()

    assert project.database.query("SELECT to_regclass('fresh') IS NOT NULL") == [(True,)]
    assert caught.value.rolled_back is not True


@pytest.mark.parametrize("carrier", ["joining", "connecting"])
def test_a_first_day_that_becomes_a_runner_is_compared(project: Project, carrier: str) -> None:
    """The slot is the same: what the table lacks is told even when the file got a runner in the same release."""
    project.write({"users/create_tables.sql": FIRST_DAY}).migrations().run_all()
    project.write({**CARRIERS[carrier], "users/create_tables.sql": EDITED})

    refused(project)


@pytest.mark.parametrize(
    "setting", ["SET client_min_messages = warning;\n", "SET LOCAL client_min_messages = error;\n"]
)
def test_a_file_that_wants_no_notices_is_compared(project: Project, setting: str) -> None:
    """Dumps begin with such a line; the server then says nothing of what it skips."""
    project.write({"users/create_tables.sql": setting + FIRST_DAY}).migrations().run_all()
    project.write({"users/create_tables.sql": setting + EDITED})

    refused(project)


def test_a_database_that_sends_no_notices_is_compared(project: Project) -> None:
    """The same with the setting in the database."""
    project.write({"users/create_tables.sql": FIRST_DAY}).migrations().run_all()
    project.database.query(f"ALTER DATABASE {project.database.name} SET client_min_messages = 'warning'")
    project.write({"users/create_tables.sql": EDITED})

    refused(project)


def test_a_foreign_key_to_another_table_is_another_constraint(project: Project) -> None:
    """The columns are the same, what they refer to is not."""
    before = FIRST_DAY.replace("team bigint", "team bigint REFERENCES teams")
    clubs = "CREATE TABLE IF NOT EXISTS clubs (id bigint PRIMARY KEY);\n"
    project.write({"users/create_tables.sql": clubs + before}).migrations().run_all()
    project.write({"users/create_tables.sql": clubs + before.replace("REFERENCES teams", "REFERENCES clubs")})

    refused(project)


def test_a_second_start_is_refused_like_the_first(project: Project) -> None:
    """The note of the failure does not make the content known."""
    project.write({"users/create_tables.sql": FIRST_DAY}).migrations().run_all()
    project.write({"users/create_tables.sql": EDITED})

    first, second = refused(project), refused(project)

    assert (first.message, first.hint) == (second.message, second.hint)
    assert project.states() == {"users/create_tables": "failed"}


# What follows the table in the same text and fails, since the table does not have what is new in it.
LATER = {
    "comment": "COMMENT ON COLUMN users.name IS 'as entered';\n",
    "index": "CREATE INDEX IF NOT EXISTS users_by_name ON users (name);\n",
    "after more of the file": "CREATE TABLE IF NOT EXISTS fresh (id bigint);\nINSERT INTO users (name) VALUES ('a');\n",
    "search path of the file": "CREATE INDEX ON users (lower(name));\n",
}


@pytest.mark.parametrize("later", LATER)
def test_a_later_statement_that_needs_what_was_skipped_does_not_hide_it(project: Project, later: str) -> None:
    """PostgreSQL says that a column does not exist; the reader is told why, and the advice works."""
    head = "SET search_path = public;\n" if later.startswith("search") else ""
    project.write({"users/create_tables.sql": head + FIRST_DAY}).migrations().run_all()
    project.write({"users/create_tables.sql": head + EDITED + LATER[later]})

    error = refused(project)

    assert "lacks column 'name'" in error.message
    assert error.place is not None
    assert (error.place.line, error.place.column) == (7 + bool(head), 3)
    assert follow(project, error.hint or "") == "ALTER TABLE users ADD COLUMN IF NOT EXISTS name text;"
    project.migrations().run_all()
    result = project.write({"users/create_tables.sql": head + EDITED + LATER[later]}).migrations().run_all()
    assert result.state is DatabaseState.CURRENT


@pytest.mark.parametrize("carrier", ["joining", "connecting"])
def test_a_later_statement_of_a_runner_does_not_hide_it_either(project: Project, carrier: str) -> None:
    """Its error names the column too."""
    project.write({**CARRIERS[carrier], "users/create_tables.sql": FIRST_DAY}).migrations().run_all()
    project.write({"users/create_tables.sql": EDITED + LATER["comment"]})

    error = refused(project)

    assert "lacks column 'name'" in error.message
    assert error.rolled_back is (carrier == "joining")


def test_a_later_statement_does_not_hide_it_in_one_transaction(project: Project) -> None:
    """The same with --single-transaction."""
    project.write({"users/create_tables.sql": FIRST_DAY}).migrations().run_all()
    project.write({"users/create_tables.sql": EDITED + LATER["comment"]})

    with pytest.raises(NotConvergedError, match="lacks column 'name'"):
        project.migrations().apply(single_transaction=True)


def test_a_mistake_beside_a_table_that_converges_is_told_as_it_is(project: Project) -> None:
    """The file brings the column itself, before the statement that fails: nothing was skipped."""
    project.write({"users/create_tables.sql": FIRST_DAY}).migrations().run_all()
    adds = "ALTER TABLE users ADD COLUMN IF NOT EXISTS name text;\n"
    project.write({"users/create_tables.sql": EDITED + adds + "COMMENT ON COLUMN users.nmae IS 'x';\n"})

    with pytest.raises(StatementError) as caught:
        project.migrations().run_all()

    assert caught.value.sqlstate == "42703"


def test_everything_that_is_lacked_is_in_the_advice(project: Project) -> None:
    """Columns with what is written at them, then what the table says of them; of each table of the file."""
    project.write({"users/create_tables.sql": FIRST_DAY}).migrations().run_all()
    teams = FIRST_DAY.replace("(id bigint PRIMARY KEY)", "(id bigint PRIMARY KEY, title text)")
    more = "text,\n  x int CHECK (x < 9),\n  y int NOT NULL,\n  CONSTRAINT c CHECK (x > 0)\n"
    project.write({"users/create_tables.sql": teams.replace("text\n", more)})

    error = refused(project)

    assert follow(project, error.hint or "").split("\n  ") == [
        "ALTER TABLE teams ADD COLUMN IF NOT EXISTS title text;",
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS x int CHECK (x < 9);",
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS y int NOT NULL;",
        "ALTER TABLE users ADD CONSTRAINT c CHECK (x > 0);",
    ]
    project.migrations().run_all()
    result = project.write({"users/create_tables.sql": teams.replace("text\n", more)}).migrations().run_all()
    assert result.state is DatabaseState.CURRENT
