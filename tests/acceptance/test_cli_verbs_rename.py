"""`renumber` and `rename-module`: files get other names, and databases that have them already know them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from acceptance.test_bad_input_form import call, refused

if TYPE_CHECKING:
    from support import Project

# Names of files have nothing to do with the server's version.
pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

USERS = {
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, name text);\n",
    "users/0001_add_email.sql": "ALTER TABLE users ADD COLUMN IF NOT EXISTS email text;\n",
    "users/0001_add_email.down.sql": "ALTER TABLE users DROP COLUMN IF EXISTS email;\n",
    "users/0002_first.py": (
        '"""Writes the first user."""\n\ndef apply(conn):\n    conn.execute("INSERT INTO users VALUES (1)")\n'
        '\n\ndef revert(conn):\n    conn.execute("DELETE FROM users")\n'
    ),
    "users/active_users.sql": "CREATE OR REPLACE VIEW active_users AS SELECT id FROM users;\n",
}
OTHERS = {
    "audit/0001_log.sql": "-- seltzer: depends-on = users/0001_add_email, users/0002\nCREATE TABLE log (id int);\n",
    "audit/0002_log.py": 'DEPENDS_ON = [\n    "users",\n    "users/0001",\n]\n\n\ndef apply(conn):\n    pass\n',
}


def text(project: Project, name: str) -> str:
    """The text of a file below `migrations/`."""
    return (project.folder / name).read_text(encoding="utf-8")


def snapshot(project: Project) -> dict[str, bytes]:
    """Every file below `migrations/`, byte for byte; what Python compiled left out."""
    files = [path for path in project.folder.rglob("*.*") if path.is_file() and path.suffix != ".pyc"]
    return {str(path.relative_to(project.folder)): path.read_bytes() for path in files}


def is_current(project: Project) -> bool:
    """Whether the database has everything, and knows nothing more."""
    states = set(project.states().values())
    outcome = call(project, "apply", "--json")
    return states <= {"applied", "stamped"} and outcome.json()["state"] == "current" and not outcome.json()["applied"]


def test_a_file_gets_the_next_free_number_with_its_down_file(project: Project) -> None:
    """The file says what it was called; the database that has it stays current, and can still go back."""
    project.write(USERS).migrations().run_all()

    outcome = call(project, "renumber", "--json", "users/0001")

    assert outcome.json()["files"] == [
        "migrations/users/0003_add_email.sql",
        "migrations/users/0003_add_email.down.sql",
    ]
    assert text(project, "users/0003_add_email.sql") == (
        "-- seltzer: was = users/0001_add_email\n" + USERS["users/0001_add_email.sql"]
    )
    assert text(project, "users/0003_add_email.down.sql") == USERS["users/0001_add_email.down.sql"]
    assert not (project.folder / "users/0001_add_email.sql").exists()
    assert is_current(project)
    reverted = call(project, "revert", "--json", "users/0003")
    assert reverted.json()["reverted"] == ["users/0003_add_email"]
    assert set(project.states().values()) == {"applied", "reverted"}, "nothing is missing under the old name"


def test_a_python_file_gets_the_next_free_number(project: Project) -> None:
    """`WAS` is no part of what runs: the database stays current."""
    project.write(USERS).migrations().run_all()

    outcome = call(project, "renumber", "users/0002_first")

    assert outcome.out == "renamed to migrations/users/0003_first.py\n"
    assert 'WAS = "users/0002_first"' in text(project, "users/0003_first.py")
    assert is_current(project)


def test_directives_follow_a_new_number(project: Project) -> None:
    """Whether they name the file whole or by its number; the files that were changed are told."""
    project.write({**USERS, **OTHERS}).migrations().run_all()

    outcome = call(project, "renumber", "--json", "users/0001_add_email")

    assert outcome.json()["files"][2:] == ["migrations/audit/0001_log.sql", "migrations/audit/0002_log.py"]
    assert "depends-on = users/0003_add_email, users/0002\n" in text(project, "audit/0001_log.sql")
    assert '    "users",\n    "users/0003",\n' in text(project, "audit/0002_log.py")
    assert is_current(project)


def test_two_files_of_one_number_are_what_it_is_for(project: Project) -> None:
    """Two branches took the same number: nothing runs until one of them has another."""
    project.write({**USERS, **OTHERS}).migrations().run_all()
    project.write({"users/0001_add_phone.sql": "ALTER TABLE users ADD COLUMN phone text;\n"})
    assert call(project, "apply", "--json").json()["error"]["type"] == "duplicate-number"
    both = call(project, "renumber", "--json", "users/0001").json()["error"]
    assert both["hint"] == "Name one: users/0001_add_email, users/0001_add_phone"

    assert call(project, "renumber", "users/0001_add_phone").code == 0

    assert "users/0002" in text(project, "audit/0001_log.sql"), "the other file still has its number"
    assert call(project, "apply", "--json").json()["applied"] == ["users/0003_add_phone"]


def test_renamed_twice(project: Project) -> None:
    """Databases that have the file under any of its names know it again."""
    project.write(USERS).migrations().run_all()

    assert call(project, "renumber", "users/0001").code == 0
    assert call(project, "renumber", "users/0002").code == 0
    assert call(project, "renumber", "users/0003").code == 0
    assert call(project, "rename-module", "users", "people").code == 0

    assert text(project, "people/0005_add_email.sql").splitlines()[:3] == [
        "-- seltzer: was = users/0005_add_email",
        "-- seltzer: was = users/0003_add_email",
        "-- seltzer: was = users/0001_add_email",
    ]
    assert is_current(project)


def test_numbers_are_times_where_that_is_set(project: Project) -> None:
    """The same numbering as `new` has."""
    project.write(USERS)

    files = call(project, "renumber", "--json", "users/0001", "--numbering", "timestamp").json()["files"]

    assert len(files[0].removeprefix("migrations/users/").partition("_")[0]) == 14


def test_a_number_that_is_not_there(project: Project) -> None:
    """The nearest three ids; a file without a number has none to change."""
    project.write(USERS)

    missing = refused(project, "users/0007", verb="renumber")
    assert (missing.code, missing.type) == (2, "unknown-migration")
    assert missing.hint.startswith("Nearest: users/000")
    unnumbered = refused(project, "users/create_tables", verb="renumber")
    assert unnumbered.type == "unknown-migration"
    assert unnumbered.message == "users/create_tables has no number that could be changed"
    assert refused(project, "usres", verb="renumber").hint == "Nearest: users."
    assert missing.document["files"] == []


def test_a_module_gets_another_name(project: Project) -> None:
    """SQL, Python and views say what they were; other modules' directives follow; the database stays current."""
    project.write({**USERS, **OTHERS}).migrations().run_all()

    outcome = call(project, "rename-module", "--json", "users", "people")

    assert sorted(outcome.json()["files"]) == [
        "migrations/audit/0001_log.sql",
        "migrations/audit/0002_log.py",
        "migrations/people/0001_add_email.down.sql",
        "migrations/people/0001_add_email.sql",
        "migrations/people/0002_first.py",
        "migrations/people/active_users.sql",
        "migrations/people/create_tables.sql",
    ]
    assert text(project, "people/active_users.sql").startswith("-- seltzer: was = users/active_users\n")
    assert 'WAS = "users/0002_first"' in text(project, "people/0002_first.py")
    assert "depends-on = people/0001_add_email, people/0002\n" in text(project, "audit/0001_log.sql")
    assert '    "people",\n    "people/0001",\n' in text(project, "audit/0002_log.py")
    assert not (project.folder / "users").exists()
    assert is_current(project)


def test_a_runners_module_gets_another_name(project: Project) -> None:
    """Its `__init__.py` says what the runner was called."""
    assert call(project, "new", "users").code == 0
    assert call(project, "apply").code == 0

    assert call(project, "rename-module", "users", "people").code == 0

    assert 'WAS = "users/run_migration"' in text(project, "people/__init__.py")
    assert is_current(project)


def test_a_renamed_module_on_a_new_database(project: Project) -> None:
    """What was never applied under the old name is applied under the new one."""
    project.write({**USERS, **OTHERS})
    call(project, "rename-module", "users", "people")

    applied = call(project, "apply", "--json").json()["applied"]

    assert applied[:2] == ["people/create_tables", "people/0001_add_email"]
    assert is_current(project)


@pytest.mark.parametrize(
    ("old", "new", "type_", "hint"),
    [
        ("usres", "people", "unknown-migration", "Nearest: users."),
        ("users/0001", "people", "unknown-migration", "Name the module: users"),
        ("users", "People", "illegal-name", "Did you mean: seltzer rename-module users people"),
        ("users", "audit", "file-exists-already", "Choose another name."),
        ("users", "users", "file-exists-already", "Choose another name."),
    ],
)
def test_what_a_module_cannot_be_called(project: Project, old: str, new: str, type_: str, hint: str) -> None:
    """Nothing is touched."""
    project.write({**USERS, "audit/0001_log.sql": "SELECT 1;\n"})
    before = snapshot(project)

    refusal = refused(project, old, new, verb="rename-module")

    assert (refusal.code, refusal.type) == (2, type_)
    assert hint in refusal.hint
    assert snapshot(project) == before


def test_what_cannot_be_written_leaves_all_as_it_was(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that were written before are put back."""
    project.write({**USERS, **OTHERS})
    before = snapshot(project)

    def full(path: object, target: object) -> None:
        raise OSError(28, "No space left on device", str(path), str(target))

    monkeypatch.setattr("pathlib.Path.rename", full)
    for arguments in (["rename-module", "users", "people"], ["renumber", "users/0001"]):
        outcome = call(project, *arguments, "--json")

        assert (outcome.code, outcome.json()["error"]["type"]) == (2, "unreadable-file")
        assert "nothing was changed" in outcome.json()["error"]["message"]
        assert snapshot(project) == before


def test_python_that_does_not_parse_is_not_renamed(project: Project) -> None:
    """Where the line would have to stand cannot be told."""
    project.write({"users/0001_x.py": "def apply(:\n"})
    before = snapshot(project)

    assert refused(project, "users", "people", verb="rename-module").type == "parse"
    assert refused(project, "users/0001", verb="renumber").type == "parse"
    assert snapshot(project) == before


NEEDED = {
    "a table": ("CREATE TABLE q (id int);\n", "ALTER TABLE q ADD COLUMN name text;\n"),
    "what is removed": ("CREATE VIEW w AS SELECT * FROM t;\n", "DROP TABLE t CASCADE;\n"),
    "by a directive": ("SELECT 1;\n", "-- seltzer: depends-on = a/0001\nSELECT 2;\n"),
}


@pytest.mark.parametrize(("first", "second"), NEEDED.values(), ids=NEEDED.keys())
def test_a_file_that_a_later_one_needs_keeps_its_number(project: Project, first: str, second: str) -> None:
    """A database that has both would not notice, and every fresh one would fail."""
    project.write({"a/create_tables.sql": "CREATE TABLE IF NOT EXISTS t (id int);\n"})
    project.write({"a/0001_q.sql": first, "a/0002_other.sql": second})
    before = snapshot(project)

    refusal = refused(project, "a/0001", verb="renumber")

    assert (refusal.code, refusal.type, refusal.document["error"]["id"]) == (2, "still-needed", "a/0002_other")
    assert refusal.document["error"]["file"] == "migrations/a/0002_other.sql"
    assert "Leave it its number" in refusal.hint
    assert snapshot(project) == before


def test_of_two_with_one_number_the_one_that_needs_the_other_makes_room(project: Project) -> None:
    """The hint says which."""
    project.write({"a/0001_q.sql": "CREATE TABLE q ();\n", "a/0001_r.sql": "ALTER TABLE q ADD COLUMN name text;\n"})

    assert "seltzer renumber a/0001_r" in refused(project, "a/0001_q", verb="renumber").hint
    assert call(project, "renumber", "a/0001_r").code == 0

    assert call(project, "apply", "--json").json()["applied"] == ["a/0001_q", "a/0002_r"]


def test_a_file_whose_directives_follow_was_edited(project: Project) -> None:
    """It has the name that it had."""
    project.write({**USERS, **OTHERS})

    printed = call(project, "renumber", "users/0001").out.splitlines()

    assert [line for line in printed if "audit" in line] == [
        "edited migrations/audit/0001_log.sql",
        "edited migrations/audit/0002_log.py",
    ]
    assert printed[0] == "renamed to migrations/users/0003_add_email.sql"
