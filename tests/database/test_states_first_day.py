"""A changed `create_tables.sql` whose tables have all that it says: when it runs, and that nothing stops it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.errors import NotConvergedError
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from seltzer import RunResult
    from support import Project

FIRST_DAY = """\
CREATE TABLE IF NOT EXISTS teams (id bigint PRIMARY KEY);
CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, email text);
"""
COMPLETE = [
    "id bigint CONSTRAINT id_there NOT NULL",
    "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "id bigint, EXCLUDE USING btree (id WITH =)",
    "id bigint, CONSTRAINT alone EXCLUDE USING btree (id WITH =)",
    "id bigint, CHECK (id > 0 AND id < 10)",
    'id bigint, "Odd Name" text UNIQUE',
    "id bigint REFERENCES teams DEFERRABLE INITIALLY DEFERRED",
    "LIKE teams INCLUDING ALL",
]


def test_a_table_that_has_everything_converges(project: Project) -> None:
    """What is there already is recognised in whatever form it is written: only the new column needs a file."""
    project.write({"a/create_tables.sql": FIRST_DAY})
    for number, body in enumerate(COMPLETE):
        table = f"CREATE TABLE IF NOT EXISTS odd{number} ({body});\n"
        project.write({f"m{number}/create_tables.sql": f"-- seltzer: depends-on = a\n{table}"})
    project.migrations().run_all()
    refusals: dict[str, str] = {}

    for number, body in enumerate(COMPLETE):
        project.database.query(f"ALTER TABLE odd{number} ADD COLUMN note text")
        project.write(
            {f"m{number}/create_tables.sql": f"CREATE TABLE IF NOT EXISTS odd{number} ({body}, note text);\n"}
        )
        try:
            project.migrations().apply(f"m{number}")
        except NotConvergedError as error:
            refusals[body] = error.message

    assert refusals == {}


def test_a_changed_first_day_follows_the_numbered_files_of_its_release(project: Project) -> None:
    """The column in the first day and the file that adds it, release after release: the file runs first."""
    project.write({"users/create_tables.sql": FIRST_DAY}).migrations().run_all()
    columns = "email text"
    results: list[RunResult] = []

    for number, name in enumerate(("name", "phone", "age"), 1):
        columns += f", {name} text"
        project.write(
            {
                f"users/000{number}_add_{name}.sql": f"ALTER TABLE users ADD COLUMN IF NOT EXISTS {name} text;",
                "users/create_tables.sql": FIRST_DAY.replace("email text", columns),
            }
        )
        results.append(project.migrations().run_all())

    assert [result.applied for result in results] == [
        (f"users/000{number}_add_{name}", "users/create_tables")
        for number, name in enumerate(("name", "phone", "age"), 1)
    ]
    assert {result.state for result in results} == {DatabaseState.CURRENT}


def test_a_changed_first_day_goes_before_a_numbered_file_that_needs_what_is_new_in_it(project: Project) -> None:
    """The counterpart: the new table has to be there first."""
    project.write({"users/create_tables.sql": FIRST_DAY}).migrations().run_all()
    project.write(
        {
            "users/0001_index.sql": "CREATE INDEX IF NOT EXISTS idx_fresh_id ON fresh (id);",
            "users/create_tables.sql": FIRST_DAY + "CREATE TABLE IF NOT EXISTS fresh (id bigint);\n",
        }
    )

    assert project.migrations().run_all().applied == ("users/create_tables", "users/0001_index")


def test_new_tables_and_unchanged_ones_are_nobodys_business(project: Project) -> None:
    """Only what is new in the text is compared: a table that a numbered file changed meanwhile stops nothing."""
    project.write({"users/create_tables.sql": FIRST_DAY}).migrations().run_all()
    project.write(
        {
            "users/0001_drop_email.sql": "ALTER TABLE users DROP COLUMN IF EXISTS email;",
            "users/create_tables.sql": FIRST_DAY + "CREATE TABLE IF NOT EXISTS more (id bigint);\n",
        }
    )

    assert project.migrations().run_all().applied == ("users/0001_drop_email", "users/create_tables")
