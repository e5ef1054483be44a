"""`--json`: one document a verb with the keys that scripts rely on, in every case."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import click
import pytest

from acceptance.test_bad_input_form import ERROR_KEYS, GOOD, call
from seltzer.cli.group import GROUP

if TYPE_CHECKING:
    from support import Project

pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

PATIENCE_SECONDS = 30
STATUS_KEYS = {"format", "state", "database", "migrations", "run", "stop"}
MIGRATION_KEYS = {"id", "module", "name", "kind", "language", "state", "late", "applied_at"}
APPLY_KEYS = {"format", "state", "applied", "duration_ms", "error"}
ROW_KEYS = {"id", "state", "started_at", "finished_at", "duration_ms", "user", "checksum"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")

# The keys that a document has beside `format`, and beside `error`, which every verb's has after a failure.
RUN_KEYS = {"state", "applied", "duration_ms"}
DOCUMENTS = {
    "apply": RUN_KEYS,
    "check": {"findings", "claims", "fixed"},
    "completion": {"shell", "script"},
    "forget": {"forgotten"},
    "history": {"rows"},
    "init": {"written", "kept"},
    "new": {"files"},
    "plan": {"state", "database", "steps"},
    "rename-module": {"files"},
    "renumber": {"files"},
    "reset": RUN_KEYS,
    "revert": {"state", "reverted", "duration_ms"},
    "rules": {"rules"},
    "server": {"running", "url", "data"},
    "settings": {"settings"},
    "shadow": {"servers"},
    "stamp": {"state", "stamped"},
    "stats": {"version", "tables"},
    "status": {"state", "database", "migrations", "run", "stop"},
    "trace": {"effects"},
}

FILES = {
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id int);",
    "users/0001_a.sql": "SELECT 1;",
    "users/0002_b.py": "def apply(conn):\n    pass\n",
    "users/views.sql": "CREATE OR REPLACE VIEW v AS SELECT 1 AS a;",
    "example/__init__.py": "def run_migration():\n    pass\n",
}


def status(project: Project, *flags: str) -> dict[str, Any]:
    """The document of `status`."""
    return project_call(project, "status", *flags)


def project_call(project: Project, verb: str, *flags: str) -> dict[str, Any]:
    """The document of a verb that succeeds."""
    outcome = call(project, verb, "--json", *flags)
    assert outcome.code == 0, outcome.err
    document = outcome.json()
    assert document["format"] == 1
    return document


def by_id(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The migrations of a status by their id."""
    return {item["id"]: item for item in document["migrations"]}


def test_status_has_its_keys(project: Project) -> None:
    """For each migration what it is and where it stands."""
    project.write(FILES)

    document = status(project)

    assert document.keys() >= STATUS_KEYS
    assert (document["state"], document["run"]) == ("behind", None)
    server = project.database.server
    assert document["database"] == f"postgres@{server.socket_folder}:5432/{project.database.name}"
    assert all(item.keys() >= MIGRATION_KEYS for item in document["migrations"])
    assert [(item["id"], item["kind"], item["language"], item["state"]) for item in document["migrations"]] == [
        ("example/run_migration", "runner", "python", "pending"),
        ("users/0001_a", "versioned", "sql", "pending"),
        ("users/0002_b", "versioned", "python", "pending"),
        ("users/create_tables", "repeatable", "sql", "pending"),
        ("users/views", "repeatable", "sql", "pending"),
    ]
    first = by_id(document)["users/0001_a"]
    assert (first["module"], first["name"], first["late"], first["applied_at"]) == ("users", "0001_a", False, None)


def test_status_has_the_times_of_what_is_applied(project: Project) -> None:
    """In UTC."""
    project.write(FILES).migrations().run_all()

    document = status(project)

    assert document["state"] == "current"
    assert {item["state"] for item in document["migrations"]} == {"applied"}
    assert all(TIME.fullmatch(item["applied_at"]) for item in document["migrations"])


def test_status_knows_every_state(project: Project) -> None:
    """Each by its word."""
    project.write({**FILES, "users/0005_gone.sql": "SELECT 5;", "other/0001_a.sql": "SELECT 1;"}).migrations().run_all()
    project.write({"users/views.sql": "CREATE OR REPLACE VIEW v AS SELECT 2 AS a;"}).migrations().run_all()
    project.remove("users/0005_gone.sql").write(
        {
            "users/views.sql": FILES["users/views.sql"],
            "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id int); SELECT 1;",
            "other/0001_a.sql": "SELECT 2;",
            "users/0004_late.sql": "SELECT nosuch;",
            "users/0009_new.sql": "SELECT 9;",
        }
    )

    found = by_id(status(project))

    assert {id_: item["state"] for id_, item in found.items()} == {
        "example/run_migration": "applied",
        "other/0001_a": "edited",
        "users/0001_a": "applied",
        "users/0002_b": "applied",
        "users/0004_late": "pending",
        "users/0005_gone": "missing",
        "users/0009_new": "pending",
        "users/create_tables": "changed",
        "users/views": "superseded",
    }
    assert [id_ for id_, item in found.items() if item["late"]] == ["users/0004_late"]
    assert found["users/0005_gone"]["kind"] == "versioned"


def test_status_knows_what_failed(project: Project) -> None:
    """Until it is applied."""
    project.write({"users/0001_a.sql": "SELECT nosuch;"})
    assert call(project, "apply").code == 1

    document = status(project)

    assert (document["state"], by_id(document)["users/0001_a"]["state"]) == ("behind", "failed")


def test_status_says_who_is_applying(project: Project) -> None:
    """Process, name, since when and what, while a run is going."""
    project.write({"users/0001_a.sql": "SELECT pg_sleep(60);"})
    process = project.start("apply", "--application", "soda")
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (run := status(project)["run"]) is None or run["id"] is None:
            assert time.monotonic() < deadline, "nobody is seen"
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        backends = project.database.query("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)

    assert run.keys() >= {"pid", "application", "since", "id"}
    assert (run["pid"],) in backends
    assert run["application"]
    assert TIME.fullmatch(run["since"])
    assert run["id"] == "users/0001_a"


def test_apply_has_its_keys(project: Project) -> None:
    """What was applied, in order, and where the database stands afterwards."""
    project.write(FILES)

    first, second = project_call(project, "apply"), project_call(project, "apply")

    assert first.keys() >= APPLY_KEYS
    assert first["applied"] == [
        "example/run_migration",
        "users/create_tables",
        "users/0001_a",
        "users/0002_b",
        "users/views",
    ]
    assert (first["state"], first["error"]) == ("current", None)
    assert isinstance(first["duration_ms"], int)
    assert (second["applied"], second["state"]) == ([], "current")


def test_history_has_its_keys(project: Project) -> None:
    """A row for each application and failure, newest last."""
    project.write({"users/0001_a.sql": "SELECT nosuch;", "other/create_tables.sql": "SELECT 1;"})
    assert project_call(project, "history")["rows"] == []
    assert call(project, "apply").code == 1
    project.write({"users/0001_a.sql": "SELECT 1;"}).migrations().run_all()

    rows = project_call(project, "history")["rows"]

    assert all(row.keys() >= ROW_KEYS for row in rows)
    assert [(row["id"], row["state"]) for row in rows] == [
        ("other/create_tables", "applied"),
        ("users/0001_a", "failed"),
        ("users/0001_a", "applied"),
    ]
    assert {row["user"] for row in rows} == {"postgres"}
    assert all(TIME.fullmatch(row[key]) for row in rows for key in ("started_at", "finished_at"))
    assert all(row["started_at"] <= row["finished_at"] for row in rows)
    assert all(row["checksum"].startswith("sha256-1:") for row in rows)
    assert all(isinstance(row["duration_ms"], int) for row in rows)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["users"], ["users/create_tables", "users/0001_a"]),
        (["users/0001"], ["users/0001_a"]),
        (["other/create_tables"], ["other/create_tables"]),
    ],
)
def test_history_may_be_of_some_ids(project: Project, ids: list[str], expected: list[str]) -> None:
    """In the same forms as everywhere."""
    project.write({"users/create_tables.sql": "", "users/0001_a.sql": "", "other/create_tables.sql": ""})
    project.migrations().run_all()

    assert [row["id"] for row in project_call(project, "history", *ids)["rows"]] == expected


def test_times_are_utc_wherever_the_client_is(project: Project) -> None:
    """And wherever the server thinks it is."""
    project.write(GOOD).migrations().run_all()
    project.database.query(f"ALTER DATABASE {project.database.name} SET timezone = 'Asia/Tokyo'")

    (row,) = project_call(project, "history")["rows"]

    ((expected,),) = project.database.query(
        "SELECT to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS') FROM seltzer.history"
    )
    assert row["finished_at"].startswith(expected)
    assert by_id(status(project))["alpha/create_tables"]["applied_at"].startswith(expected)


# The commands are loaded when they are wanted: the group itself knows their names.
@pytest.mark.parametrize("verb", GROUP.list_commands(click.Context(GROUP)))
def test_an_unknown_flag_is_told_in_a_document(project: Project, verb: str) -> None:
    """By every verb, with its own keys: what it is told as is known before the flags are."""
    outcome = call(project, verb, "--json", "--no-such-flag")

    document = json.loads(outcome.out)
    assert outcome.code == 2
    assert document["format"] == 1
    assert document.keys() == {"format", "error", *DOCUMENTS[verb]}
    assert all(document[key] in (None, []) for key in DOCUMENTS[verb])
    assert document["error"].keys() == ERROR_KEYS
    assert "--no-such-flag" in document["error"]["message"]
    assert "--help" in document["error"]["hint"]
    assert outcome.err == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--json"],
        ["--json", "status"],
        ["nosuch", "--json"],
        ["settings", "--json", "extra"],
        ["apply", "--json", "--policy", "sometimes"],
        ["apply", "--json", "--lock-wait", "soon"],
        ["apply", "--json", "--database"],
        ["status", "--json", "--config", "nowhere.toml"],
        ["history", "--json", "--history", "a.b.c.d"],
        ["init", "--json", "not-a-package"],
    ],
    ids=" ".join,
)
def test_a_command_line_that_is_wrong_gets_one_document(project: Project, arguments: list[str]) -> None:
    """Exit code 2, a message and a hint, and nothing on stderr."""
    outcome = call(project.write(GOOD), *arguments)

    document = json.loads(outcome.out)
    assert outcome.code == 2
    assert document["error"]["message"]
    assert document["error"]["hint"]
    assert outcome.err == ""


def test_what_a_run_says_goes_to_stderr(project: Project) -> None:
    """Notices, steps and what was applied, beside the document."""
    project.write({"users/0001_a.sql": "DO $$ BEGIN RAISE NOTICE 'half way'; END $$;"})

    outcome = project.run("apply", "--json", "--verbose")

    assert outcome.json()["applied"] == ["users/0001_a"]
    assert "half way" in outcome.err
    assert "applying users/0001_a (1 of 1)" in outcome.err
    assert "applied users/0001_a" in outcome.err
