"""`revert`, `stamp`, `forget`, `reset` and `apply` with its flags, as a person and a program call them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from acceptance.test_bad_input_form import call, refused

if TYPE_CHECKING:
    from support import Outcome, Project

# What the command line adds has nothing to do with the server's version.
pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

FILES = {
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);\n",
    "users/create_tables.down.sql": "DROP TABLE users;\n",
    "users/0001_add_email.sql": "ALTER TABLE users ADD COLUMN email text;\n",
    "users/0001_add_email.down.sql": "ALTER TABLE users DROP COLUMN email;\n",
}


def applied(project: Project) -> Project:
    """The project with everything applied."""
    project.write(FILES).migrations().run_all()
    return project


def document(outcome: Outcome, code: int = 0) -> dict[str, Any]:
    """The one JSON document of a call that ended with `code`."""
    assert outcome.code == code, outcome.out + outcome.err
    return outcome.json()


def states(project: Project) -> list[str]:
    """The states of the history's rows in order."""
    return [str(row[0]) for row in project.database.query("SELECT state FROM seltzer.history ORDER BY position")]


def test_revert_for_a_program(project: Project) -> None:
    """State, ids, time and no error."""
    found = document(call(applied(project), "revert", "--json", "--last", "2"))

    assert found.keys() == {"format", "state", "reverted", "duration_ms", "error"}
    assert found["reverted"] == ["users/0001_add_email", "users/create_tables"]
    assert (found["state"], found["error"]) == ("current", None)
    assert isinstance(found["duration_ms"], int)


def test_revert_for_a_person(project: Project) -> None:
    """What was done on stdout, how it went on stderr."""
    outcome = call(applied(project), "revert", "users/0001")

    assert outcome.out.startswith("1 migration reverted in ")
    assert outcome.err.startswith("reverted users/0001_add_email (")
    assert call(project, "revert", "--to", "users/create_tables").out == "nothing to revert\n"


def test_a_revert_that_fails_in_the_middle(project: Project) -> None:
    """The document says what was reverted before, and where it failed."""
    applied(project).write({"users/create_tables.down.sql": "DROP TABLE users;\nDROP TABLE nobody;\n"})

    found = document(call(project, "revert", "--json", "users"), 1)

    assert found["reverted"] == ["users/0001_add_email"]
    assert found["state"] == "current"
    error = found["error"]
    assert (error["file"], error["line"]) == ("migrations/users/create_tables.down.sql", 2)
    assert (error["id"], error["rolled_back"], error["sqlstate"]) == ("users/create_tables", True, "42P01")
    assert error["hint"] == "Correct the file and revert again. Still to revert: seltzer revert users/create_tables"


def test_the_words_of_a_revert_that_fails(project: Project) -> None:
    """Nothing of it says apply: neither the steps, nor what is told of the failure, nor the next command."""
    applied(project).write({"users/create_tables.down.sql": "DROP TABLE users;\nDROP TABLE nobody;\n"})

    outcome = call(project, "revert", "--verbose", "--last", "2")

    assert outcome.code == 1
    assert "reverting users/0001_add_email (1 of 2)\n" in outcome.err
    assert "reverted before it: users/0001_add_email\n" in outcome.err
    assert (
        "hint: Correct the file and revert again. Still to revert: seltzer revert users/create_tables\n" in outcome.err
    )
    assert "apply" not in outcome.err
    assert "applied" not in outcome.err


def test_an_id_that_does_not_exist(project: Project) -> None:
    """The same answer from every verb that takes one."""
    applied(project)
    for verb, flags in (("revert", ()), ("apply", ()), ("stamp", ("--yes",)), ("forget", ()), ("renumber", ())):
        refusal = refused(project, "users/0001_add_mail", *flags, verb=verb)
        assert (refusal.code, refusal.type) == (2, "unknown-migration")
        assert refusal.hint.startswith("Nearest: users/0001_add_email"), verb


CONFLICTS = [
    ("revert",),
    ("revert", "users", "--last", "1"),
    ("revert", "--last", "1", "--to", "users"),
    ("revert", "--last", "0"),
    ("revert", "--last", "many"),
    ("stamp",),
    ("stamp", "users", "--all"),
    ("stamp", "--all", "--through", "users"),
    ("stamp", "--all", "--as", "reverted"),
    ("stamp", "users", "--as", "gone"),
    ("forget",),
    ("reset", "users"),
    ("reset", "--frob"),
    ("apply", "users", "--reverted"),
    ("apply", "--single-transaction", "--policy", "wait"),
    ("apply", "--frob"),
    ("history", "--since", "yesterday"),
    ("server",),
    ("server", "restart"),
    ("completion", "tcsh"),
    ("renumber",),
    ("rename-module", "users"),
]


def test_flags_that_do_not_go_together(project: Project) -> None:
    """A usage error with exit code 2, one document with `--json`, where to read on for a person; nothing happens."""
    applied(project)
    for arguments in CONFLICTS:
        outcome = call(project, *arguments, "--json")
        error = document(outcome, 2)["error"]
        assert error["type"] == "usage", arguments
        assert error["hint"] == f"See: seltzer {arguments[0]} --help"
        person = call(project, *arguments)
        assert (person.code, person.out) == (2, ""), arguments
        assert person.err.startswith("error: "), arguments
    assert states(project) == ["applied", "applied"]


def test_stamp_needs_a_yes_where_nobody_can_answer(project: Project) -> None:
    """The error shows what it would write; with `--yes` it is written."""
    project.write(FILES).database.query("CREATE TABLE users (id bigint, email text)")

    refusal = refused(project, "--all", verb="stamp")

    assert (refusal.code, refusal.type) == (2, "usage")
    assert refusal.message == (
        "would record 2 as applied without running them: users/create_tables, users/0001_add_email; say --yes to do it"
    )
    assert refusal.document["stamped"] == []
    found = document(call(project, "stamp", "--json", "--all", "--yes"))
    assert found == {"format": 1, "state": "current", "stamped": ["users/create_tables", "users/0001_add_email"]}
    assert document(call(project, "stamp", "--json", "--all")) == {"format": 1, "state": "current", "stamped": []}


def test_a_database_that_was_built_without_a_history(project: Project) -> None:
    """What the stop says to type solves it."""
    project.write(FILES).database.query("CREATE TABLE users (id bigint, email text)")
    stop = refused(project)
    assert (stop.code, stop.type) == (4, "built-without-history")
    assert "seltzer stamp --all" in stop.hint

    assert call(project, "stamp", "--all", "--yes").code == 0

    assert document(call(project, "apply", "--json"))["state"] == "current"


def test_stamp_refuses_what_is_not_there(project: Project) -> None:
    """Unless it is forced to."""
    project.write(FILES)

    refusal = refused(project, "users/create_tables", "--yes", verb="stamp")

    assert (refusal.code, refusal.type) == (2, "missing-objects")
    assert call(project, "stamp", "users/create_tables", "--yes", "--force").out == (
        "stamped users/create_tables\n1 migration stamped: now behind\n"
    )


def test_stamp_as_reverted(project: Project) -> None:
    """For what somebody took back by hand."""
    applied(project).database.query("ALTER TABLE users DROP COLUMN email")

    outcome = call(project, "stamp", "users/0001", "--as", "reverted", "--yes")
    assert outcome.out == ("users/0001_add_email recorded as reverted\n1 migration recorded as reverted: now current\n")

    assert states(project)[-1] == "reverted"
    assert document(call(project, "apply", "--json"))["applied"] == []
    assert document(call(project, "apply", "--json", "--reverted"))["applied"] == ["users/0001_add_email"]


def test_nothing_to_stamp(project: Project) -> None:
    """Everything is applied: that is no failure, and nothing is asked."""
    outcome = call(applied(project), "stamp", "--all")

    assert (outcome.code, outcome.out, outcome.err) == (0, "nothing to stamp: the database is current\n", "")


def test_forget(project: Project) -> None:
    """By id and by module."""
    applied(project).write({"new/0001_x.sql": "SELECT 1;\n"}).migrations().run_all()
    project.remove("users/0001_add_email.sql", "users/0001_add_email.down.sql")

    assert document(call(project, "forget", "--json", "users")) == {"format": 1, "forgotten": ["users/0001_add_email"]}
    assert refused(project, "new", verb="forget").type == "not-missing"
    project.remove("new/0001_x.sql")
    assert call(project, "forget", "new/0001").out == "forgot new/0001_x\n"


def test_reset(project: Project) -> None:
    """Only with the name typed out, and right; then everything is new."""
    applied(project).database.query("INSERT INTO users VALUES (1)")

    refusal = refused(project, verb="reset")
    assert (refusal.code, refusal.type) == (2, "not-embedded")
    assert refused(project, "--database-name", "postgres", verb="reset").code == 2
    found = document(call(project, "reset", "--json", "--database-name", project.database.name))

    assert found.keys() == {"format", "state", "applied", "duration_ms", "error"}
    assert found["applied"] == ["users/create_tables", "users/0001_add_email"]
    assert project.database.query("SELECT * FROM users") == []


def test_apply_in_one_transaction(project: Project) -> None:
    """All of it, or a document with nothing applied."""
    project.write({**FILES, "users/0002_bad.sql": "SELECT 1 / 0;\n"})

    found = document(call(project, "apply", "--json", "--single-transaction"), 1)
    assert (found["applied"], found["state"]) == ([], "behind")
    assert found["error"]["file"] == "migrations/users/0002_bad.sql"
    project.write({"users/0002_bad.sql": "CREATE INDEX CONCURRENTLY i ON users (id);\n"})
    refusal = refused(project, "--single-transaction")
    assert (refusal.code, refusal.place[0]) == (2, "migrations/users/0002_bad.sql")
    project.write({"users/0002_bad.sql": "SELECT 1;\n"})
    assert len(document(call(project, "apply", "--json", "--single-transaction"))["applied"]) == 3
