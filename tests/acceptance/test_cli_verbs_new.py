"""`seltzer new`: what it writes can be applied at once, and a wrong name is answered with the one that was meant."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from acceptance.test_bad_input_form import call, refused

if TYPE_CHECKING:
    from support import Outcome, Project

# What is written has nothing to do with the server's version.
pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])


def new(project: Project, *arguments: str) -> list[str]:
    """Call `new`, and return the files it says it wrote, each of which is there."""
    outcome = call(project, "new", "--json", *arguments)
    assert outcome.code == 0, outcome.out
    document = outcome.json()
    assert document.keys() == {"format", "files"}
    for file in document["files"]:
        assert (project.root / file).is_file()
    return [file.removeprefix("migrations/") for file in document["files"]]


def text(project: Project, name: str) -> str:
    """The text of a file below `migrations/`."""
    return (project.folder / name).read_text(encoding="utf-8")


def apply(project: Project) -> list[str]:
    """Apply, and apply again, which finds nothing; return what the first one applied."""
    first = call(project, "apply", "--json")
    assert first.code == 0, first.out
    second = call(project, "apply", "--json").json()
    assert (second["applied"], second["state"]) == ([], "current")
    applied: list[str] = first.json()["applied"]
    return applied


def test_a_module_has_the_originals_three_files(project: Project) -> None:
    """Its `__init__.py` exposes `run_migration()`, which calls the module's own function in `run_migration.py`."""
    files = new(project, "users")

    assert files == ["users/__init__.py", "users/create_tables.sql", "users/run_migration.py"]
    exposed = ast.parse(text(project, "users/__init__.py"))
    assert "from .run_migration import run_users_migration" in ast.unparse(exposed)
    assert [node.name for node in exposed.body if isinstance(node, ast.FunctionDef)] == ["run_migration"]
    runner = ast.parse(text(project, "users/run_migration.py"))
    assert [node.name for node in runner.body if isinstance(node, ast.FunctionDef)] == ["run_users_migration"]
    assert "from seltzer import execute_sql_file" in ast.unparse(runner)


def test_a_module_follows_every_guideline(project: Project) -> None:
    """IF NOT EXISTS on every CREATE, an index named after table and column, comments on the table and each column."""
    new(project, "users")

    sql = text(project, "users/create_tables.sql")
    assert sql.count("CREATE ") == sql.count("IF NOT EXISTS ") == 2
    assert "INDEX IF NOT EXISTS idx_users_name ON users (name);" in sql
    assert apply(project) == ["users/run_migration"]
    assert (
        project.database.query(
            "SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = 'users'::regclass AND a.attnum > 0 "
            "AND col_description(a.attrelid, a.attnum) IS NULL"
        )
        == []
    )
    assert project.database.query("SELECT obj_description('users'::regclass)") != [(None,)]


def test_what_is_written_is_applied_once_and_is_a_first_day(project: Project) -> None:
    """The runner is part of the run: its row says so, and a change of its SQL file is a change of the migration."""
    new(project, "users")
    apply(project)

    assert project.database.query("SELECT id, state, jsonb_array_length(statements) FROM seltzer.history") == [
        ("users/run_migration", "applied", 6)
    ]


def test_sql_only(project: Project) -> None:
    """`--sql`, or the setting `new-module`, writes the SQL file and nothing else."""
    assert new(project, "users", "--sql") == ["users/create_tables.sql"]
    assert new(project, "teams", "--new-module", "sql") == ["teams/create_tables.sql"]
    (project.root / "seltzer.toml").write_text('new-module = "sql"\n', encoding="utf-8")
    assert new(project, "orders") == ["orders/create_tables.sql"]

    assert apply(project) == ["orders/create_tables", "teams/create_tables", "users/create_tables"]


def test_the_next_numbered_files(project: Project) -> None:
    """Numbers go on from the last one; `add_` names the column, and `--down` takes it back."""
    new(project, "users", "--sql")

    assert new(project, "users", "add_email") == ["users/0001_add_email.sql"]
    assert new(project, "users", "add_phone", "--down") == ["users/0002_add_phone.sql", "users/0002_add_phone.down.sql"]
    assert new(project, "users", "fill_phone", "--python") == ["users/0003_fill_phone.py"]
    assert new(project, "users", "fill_email", "--python", "--down") == ["users/0004_fill_email.py"]
    assert new(project, "users", "drop_name", "--down") == ["users/0005_drop_name.sql", "users/0005_drop_name.down.sql"]

    assert len(apply(project)) == 6
    columns = "SELECT column_name FROM information_schema.columns WHERE table_name = 'users' ORDER BY ordinal_position"
    assert [row[0] for row in project.database.query(columns)] == ["id", "name", "created_at", "email", "phone"]
    reverted = call(project, "revert", "--json", "users/0002..0005", "--with-dependents")
    assert reverted.code == 2, "0003 has no way back"
    assert call(project, "revert", "--json", "users/0004", "users/0005", "users/0002").code == 0
    assert [row[0] for row in project.database.query(columns)] == ["id", "name", "created_at", "email"]
    assert call(project, "apply", "--json", "--reverted").json()["state"] == "current"
    assert len(project.database.query(columns)) == 5


def test_the_functions_of_a_python_file(project: Project) -> None:
    """`apply(conn)`, and `revert(conn)` with `--down`."""
    new(project, "users", "--sql")
    new(project, "users", "one", "--python")
    new(project, "users", "two", "--python", "--down")

    functions = [
        [node.name for node in ast.parse(text(project, name)).body if isinstance(node, ast.FunctionDef)]
        for name in ("users/0001_one.py", "users/0002_two.py")
    ]
    assert functions == [["apply"], ["apply", "revert"]]


def test_any_legal_name_is_a_legal_table_and_column(project: Project) -> None:
    """A keyword of SQL is quoted; the longest name is none too many."""
    for word in ("order", "user", "left", "between", "m" * 63):
        new(project, word)
        new(project, word, f"add_{word}", "--down")

    assert len(apply(project)) == 10
    assert call(project, "revert", "--json", "--last", "5").code == 0


def test_the_column_goes_to_the_table_that_the_module_has(project: Project) -> None:
    """The only table of `create_tables.sql`, spelt as it is there; with several, the file is left to be written."""
    project.write({"billing/create_tables.sql": 'CREATE TABLE IF NOT EXISTS "Invoices" (id bigint PRIMARY KEY);\n'})
    new(project, "billing", "add_total")
    project.write({"shop/create_tables.sql": "CREATE TABLE a (id int);\nCREATE TABLE b (id int);\n"})
    new(project, "shop", "add_total", "--down")

    assert 'ALTER TABLE "Invoices" ADD COLUMN IF NOT EXISTS total TEXT;' in text(project, "billing/0001_add_total.sql")
    assert "ALTER" not in text(project, "shop/0001_add_total.sql")
    assert len(apply(project)) == 4


def test_numbers_are_times_where_that_is_set(project: Project) -> None:
    """Fourteen digits in UTC; two files of one second do not get the same."""
    new(project, "users", "--sql")

    names = [new(project, "users", f"add_{word}", "--numbering", "timestamp")[0] for word in ("a", "b", "c")]

    numbers = [name.removeprefix("users/").partition("_")[0] for name in names]
    assert all(len(number) == 14 and number.startswith("20") for number in numbers)
    assert numbers == sorted(set(numbers))
    assert len(apply(project)) == 4


def test_numbers_keep_their_width(project: Project) -> None:
    """A module that counts with six digits goes on so; one that is full gets another digit."""
    project.write({"a/000041_x.sql": "", "b/9999_x.sql": ""})

    assert new(project, "a", "y") == ["a/000042_y.sql"]
    assert new(project, "b", "y") == ["b/10000_y.sql"]


MEANT = {
    ("Users",): "users",
    ("user-profiles",): "user_profiles",
    ("2fa",): "m_2fa",
    ("migrations/users",): "users",
    ("../users",): "users",
    ("ünïts",): "n_ts",
    ("userProfiles", "add-email"): "user_profiles add_email",
    ("users", "Add Email"): "users add_email",
    ("users", "0002_add_email.sql"): "users add_email",
    ("users", "0002_add_email.down.sql"): "users add_email",
    ("users/add_email",): "users add_email",
    ("users/0001_add_email.py",): "users add_email",
    ("users", ""): "users change",
}


def test_an_illegal_name_is_answered_with_the_one_that_was_meant(project: Project) -> None:
    """Capitals, hyphens, paths, numbers and suffixes; nothing is written."""
    for typed, meant in MEANT.items():
        outcome = call(project, "new", "--json", *typed)

        error = outcome.json()["error"]
        assert (outcome.code, error["type"], error["hint"]) == (
            2,
            "illegal-name",
            f"Did you mean: seltzer new {meant}",
        ), typed
        assert outcome.json()["files"] == []
    assert list(project.root.rglob("*.*")) == []


def test_a_module_that_is_there_is_answered_with_the_form_for_its_next_file(project: Project) -> None:
    """Nothing of it is touched."""
    project.write({"users/create_tables.sql": "SELECT 1;\n"})

    refusal = refused(project, "users", verb="new")

    assert (refusal.code, refusal.type) == (2, "file-exists-already")
    assert "seltzer new users add_something" in refusal.hint
    assert text(project, "users/create_tables.sql") == "SELECT 1;\n"


def test_a_file_of_a_module_that_is_not_there(project: Project) -> None:
    """A typing mistake makes no module: the nearest ones are named, and how to make a new one."""
    project.write({"users/create_tables.sql": "SELECT 1;\n"})

    refusal = refused(project, "usrs", "add_email", verb="new")

    assert (refusal.code, refusal.type) == (2, "unknown-migration")
    assert refusal.hint == "Nearest: users. Or make it first: seltzer new usrs"


def test_without_a_migrations_folder(project: Project) -> None:
    """It is not made in whatever folder one happens to be in."""
    project.folder.rmdir()

    for arguments in (["users"], ["users", "add_email"]):
        refusal = refused(project, *arguments, verb="new")
        assert (refusal.code, refusal.type) == (2, "migrations-folder")
        assert "seltzer init" in refusal.hint
    assert not project.folder.exists()


WRONG = [
    ("users", "--python"),
    ("users", "--down"),
    ("users", "add_email", "--sql"),
    (),
    ("a", "b", "c"),
    ("a", "--frob"),
]


def test_flags_that_do_not_go_together(project: Project) -> None:
    """A usage error, and one JSON document with `--json`."""
    for arguments in WRONG:
        outcome = call(project, "new", "--json", *arguments)

        document = outcome.json()
        assert (outcome.code, document["error"]["type"], document["files"]) == (2, "usage", []), arguments
    assert list(project.folder.iterdir()) == []


def test_what_cannot_be_written_leaves_nothing(project: Project) -> None:
    """A name that the file system refuses: the error says why, and no half of the files stays."""
    project.write({"users/create_tables.sql": ""})

    refusal = refused(project, "users", "a" * 247, "--down", verb="new")

    assert (refusal.code, refusal.type) == (2, "unreadable-file")
    assert "file name too long" in refusal.message
    assert [item.name for item in (project.folder / "users").iterdir()] == ["create_tables.sql"]


def test_people_see_what_was_written(project: Project) -> None:
    """A line a file."""
    outcome: Outcome = call(project, "new", "users", "--sql")

    assert outcome.out == "wrote migrations/users/create_tables.sql\n"
