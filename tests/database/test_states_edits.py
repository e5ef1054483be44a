"""Edits that mean the same, files under other names, and content that a person vouched for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from support import Project

VIEW = "CREATE OR REPLACE VIEW one AS SELECT 1 AS one;\n"
OTHER_VIEW = "CREATE OR REPLACE VIEW one AS SELECT 1 AS one, 2 AS two;\n"
TABLE = "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY,\n  email text);\n"
PYTHON = "def apply(conn):\n    conn.execute('SELECT 1')\n"
RUNNER = "import seltzer\n\ndef run_migration():\n    seltzer.execute_sql_file('create_tables.sql')\n"

SAME_SQL = {
    "a comment before": "-- what this is for\n" + TABLE,
    "a comment inside": TABLE.replace("email", "/* of the person */ email"),
    "a comment behind, without line end": TABLE + "-- the end",
    "white space": TABLE.replace(",\n  ", "  ,\n\n\t\t"),
    "one line": TABLE.replace("\n", " "),
    "no last line end": TABLE.rstrip(),
    "Windows line ends": TABLE.replace("\n", "\r\n"),
    "a byte order mark": "\ufeff" + TABLE,
    "keywords in lower case": TABLE.replace("CREATE TABLE IF NOT EXISTS", "create table if not exists"),
    "a directive": "-- seltzer: statement-timeout = 5s\n" + TABLE,
}
SAME_PYTHON = {
    "a comment": "# what this is for\n" + PYTHON,
    "blank lines": PYTHON.replace("\n    conn", "\n\n\n    conn"),
    "white space": PYTHON.replace("('SELECT 1')", "( 'SELECT 1' )"),
}


def rows(project: Project) -> list[tuple[Any, ...]]:
    """The history, row by row."""
    return project.database.query("SELECT position, id, generation, state, checksum FROM seltzer.history ORDER BY 1")


def assert_nothing_to_do(project: Project, before: list[tuple[Any, ...]]) -> None:
    """A start finds the database current and writes nothing."""
    result = project.migrations().run_all()
    assert (result.state, result.applied) == (DatabaseState.CURRENT, ())
    assert rows(project) == before


def test_comments_and_white_space_are_no_change_of_sql(project: Project) -> None:
    """A repeatable does not run again, a versioned file is not edited, and nothing is written."""
    names = [f"m{index}/{name}.sql" for index in range(len(SAME_SQL)) for name in ("create_tables", "0001_users")]
    project.write(dict.fromkeys(names, TABLE)).migrations().run_all()
    before = rows(project)

    edits = list(SAME_SQL.values())
    project.write({name: edits[index // 2] for index, name in enumerate(names)})

    assert project.states() == dict.fromkeys((name.removesuffix(".sql") for name in names), "applied")
    assert_nothing_to_do(project, before)


def test_comments_and_white_space_are_no_change_of_python(project: Project) -> None:
    """A Python migration is not edited by them."""
    names = [f"users/{index:04d}_fill.py" for index in range(len(SAME_PYTHON))]
    project.write(dict.fromkeys(names, PYTHON)).migrations().run_all()
    before = rows(project)

    project.write(dict(zip(names, SAME_PYTHON.values(), strict=True)))

    assert_nothing_to_do(project, before)


def test_comments_and_white_space_are_no_change_of_a_runner(project: Project) -> None:
    """Neither in its own text nor in the SQL beside it."""
    project.write({"users/__init__.py": RUNNER, "users/create_tables.sql": TABLE}).migrations().run_all()
    before = rows(project)

    project.write({"users/__init__.py": "# runs\n" + RUNNER, "users/create_tables.sql": "-- first day\n" + TABLE})

    assert_nothing_to_do(project, before)


def test_any_other_edit_is_a_change(project: Project) -> None:
    """The counterpart: a name, a quote or everything less is another content."""
    edits = [TABLE.replace("email", "mail"), TABLE.replace("email", '"Email"'), TABLE.replace(",", ", "), ""]
    names = [f"users/{index:04d}_users" for index in range(len(edits))]
    project.write({f"{name}.sql": TABLE for name in names}).migrations().run_all()

    project.write({f"{name}.sql": edit for name, edit in zip(names, edits, strict=True)})

    assert list(project.states().values()) == ["edited", "edited", "applied", "edited"]


def test_an_old_replica_with_other_comments_does_not_undo_a_newer_release(project: Project) -> None:
    """The old content with a comment more is still the old content: superseded, nothing runs."""
    project.write({"users/one.sql": VIEW}).migrations().run_all()
    project.write({"users/one.sql": OTHER_VIEW}).migrations().run_all()
    newer = project.database.schema()

    result = project.write({"users/one.sql": "-- the old release, patched\n" + VIEW}).migrations().run_all()

    assert (result.state, result.applied) == (DatabaseState.AHEAD, ())
    assert project.states() == {"users/one": "superseded"}
    assert project.database.schema() == newer


def test_a_renamed_file_says_what_it_was(project: Project) -> None:
    """With `was` a renamed file is applied already: nothing runs, nothing is written, nothing is missing."""
    project.write({"users/0001_users.sql": TABLE}).migrations().run_all()
    before = rows(project)

    project.remove("users/0001_users.sql")
    project.write({"people/0001_people.sql": "-- seltzer: was = users/0001_users\n" + TABLE})

    assert_nothing_to_do(project, before)
    assert project.states() == {"people/0001_people": "applied"}


def test_a_renamed_python_file_needs_nothing_but_was(project: Project) -> None:
    """The line that the error of a forgotten rename prints makes the file applied."""
    project.write({"users/create_tables.sql": TABLE, "users/0002_fill.py": PYTHON}).migrations().run_all()
    before = rows(project)

    project.remove("users/0002_fill.py")
    project.write({"users/0002_fill_users.py": 'WAS = "users/0002_fill"\n' + PYTHON})

    assert_nothing_to_do(project, before)


def test_a_file_that_is_renamed_and_rewritten_leaves_nothing_missing(project: Project) -> None:
    """A renamed repeatable with new content runs once, under its new name; then the database is current."""
    project.write({"users/create_tables.sql": TABLE, "users/one.sql": VIEW}).migrations().run_all()
    project.remove("users/one.sql")
    project.write({"users/both.sql": "-- seltzer: was = users/one\n" + OTHER_VIEW})

    assert project.states()["users/both"] == "changed"
    result = project.migrations().run_all()

    assert (result.state, result.applied) == (DatabaseState.CURRENT, ("users/both",))
    assert project.states() == {"users/create_tables": "applied", "users/both": "applied"}
    assert project.migrations().run_all().state is DatabaseState.CURRENT


def test_content_that_a_person_vouches_for_counts_as_applied(project: Project) -> None:
    """`accepts` with the checksum of the history: an edited file is applied again, and nothing is written."""
    project.write({"users/0001_users.sql": TABLE}).migrations().run_all()
    before = rows(project)
    edited = TABLE.replace("text", "varchar")
    assert project.write({"users/0001_users.sql": edited}).states() == {"users/0001_users": "edited"}

    project.write({"users/0001_users.sql": f"-- seltzer: accepts = {before[0][4]}\n" + edited})

    assert_nothing_to_do(project, before)
    assert project.states() == {"users/0001_users": "applied"}


def test_a_checksum_that_the_history_does_not_have_vouches_for_nothing(project: Project) -> None:
    """`accepts` with another checksum leaves the file edited."""
    project.write({"users/0001_users.sql": TABLE}).migrations().run_all()

    project.write({"users/0001_users.sql": "-- seltzer: accepts = sha256-1:00\n" + TABLE.replace("text", "varchar")})

    assert project.states() == {"users/0001_users": "edited"}


def test_a_first_day_that_becomes_a_runner_stays_one_migration(project: Project) -> None:
    """`create_tables` and `run_migration` are one slot: changed before the start, current and nothing missing after."""
    project.write({"users/create_tables.sql": TABLE}).migrations().run_all()
    project.write({"users/__init__.py": RUNNER})

    assert project.states() == {"users/run_migration": "changed"}
    result = project.migrations().run_all()

    assert (result.state, result.applied) == (DatabaseState.CURRENT, ("users/run_migration",))
    assert project.states() == {"users/run_migration": "applied"}


def test_a_runner_that_becomes_a_first_day_stays_one_migration(project: Project) -> None:
    """The same the other way round."""
    project.write({"users/__init__.py": RUNNER, "users/create_tables.sql": TABLE}).migrations().run_all()
    project.remove("users/__init__.py")

    assert project.states() == {"users/create_tables": "changed"}
    result = project.migrations().run_all()

    assert (result.state, result.applied) == (DatabaseState.CURRENT, ("users/create_tables",))
    assert project.states() == {"users/create_tables": "applied"}


def test_an_old_replica_from_before_the_runner_runs_nothing(project: Project) -> None:
    """The slot's newest row is the runner's: the old release's first day is superseded, the database ahead."""
    project.write({"users/create_tables.sql": TABLE}).migrations().run_all()
    project.write({"users/__init__.py": RUNNER}).migrations().run_all()
    project.remove("users/__init__.py")

    result = project.migrations().run_all()

    assert (result.state, result.applied) == (DatabaseState.AHEAD, ())
    assert project.states() == {"users/create_tables": "superseded"}
