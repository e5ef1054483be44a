"""`seltzer trace`: what a file's statements do, told as JSON and in words; what can be rolled back is rolled back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from support import Outcome, Project

SETUP = """
CREATE TABLE users (id bigint PRIMARY KEY, name text, age int);
INSERT INTO users SELECT g, 'n' || g, g FROM generate_series(1, 100) AS g;
"""
KEYS = [
    "line", "statement", "transactional", "locks", "rewritten", "scanned", "indexes_built", "constraints_validated",
    "hazard", "duration_ms", "error",
]  # fmt: skip


@pytest.fixture
def users(project: Project) -> Project:
    """A project whose database has a table with rows."""
    project.database.query(SETUP)
    return project


def trace(project: Project, text: str) -> Outcome:
    """Trace a text on the project's database."""
    file = project.root / "some.sql"
    file.write_text(text, encoding="utf-8")
    return project.run("trace", str(file), "--on", project.database.url, "--json")


def effects(outcome: Outcome) -> list[dict[str, Any]]:
    """The effects of a document."""
    found: list[dict[str, Any]] = outcome.json()["effects"]
    return found


def test_each_statement_is_an_effect_with_these_keys(users: Project) -> None:
    """BEGIN and COMMIT are no statements; the line is where a statement begins."""
    outcome = trace(users, "BEGIN;\nALTER TABLE users ADD COLUMN x int;\n\nCREATE INDEX ON users (name);\nCOMMIT;")
    first, second = effects(outcome)

    assert outcome.code == 0
    assert list(first) == KEYS
    assert set(outcome.json()) == {"format", "effects"}
    assert (first["line"], second["line"]) == (2, 4)
    assert first["locks"] == {"public.users": "ACCESS EXCLUSIVE"}
    assert (first["hazard"], second["hazard"]) == (False, True)
    assert second["indexes_built"] == ["public.users_name_idx"]


def test_what_a_transaction_did_is_rolled_back(users: Project) -> None:
    """Neither columns nor rows stay, even where the file says COMMIT."""
    before = users.database.schema()

    trace(users, "BEGIN; ALTER TABLE users ADD COLUMN x int; DELETE FROM users; COMMIT;")

    assert users.database.schema() == before
    assert users.database.query("SELECT count(*) FROM users") == [(100,)]


def test_a_lock_of_an_earlier_statement_is_not_new(users: Project) -> None:
    """A second statement that has its lock already takes none."""
    _, second = effects(trace(users, "ALTER TABLE users ADD COLUMN x int; ALTER TABLE users ADD COLUMN y int;"))

    assert second["locks"] == {}


def test_work_on_an_empty_table_of_the_file_s_own_is_no_hazard(users: Project) -> None:
    """Locks and scans are told of it as of any other; nothing takes long there."""
    made = effects(trace(users, "CREATE TABLE t (a int); CREATE INDEX ON t (a); ALTER TABLE t ADD CHECK (a > 0);"))

    assert [(item["locks"], item["scanned"], item["hazard"]) for item in made] == [
        ({}, [], False),
        ({"public.t": "SHARE"}, ["public.t"], False),
        ({}, ["public.t"], False),
    ]


def test_work_on_rows_that_the_file_made_is_a_hazard(users: Project) -> None:
    """A trace knows nothing of who uses a table: it says what a statement does to the rows that are there."""
    *_, last = effects(trace(users, "CREATE TABLE t (a int); INSERT INTO t VALUES (1); CREATE INDEX ON t (a);"))

    assert last["hazard"]


def test_a_table_that_the_file_made_keeps_nobody_waiting(users: Project) -> None:
    """It is locked since it was made, and nobody knows of it: work on others is no longer wait for it."""
    *_, last = effects(trace(users, "CREATE TABLE t AS SELECT 1 AS a; UPDATE users SET age = 1;"))

    assert not last["hazard"]


def test_a_backfill_under_the_lock_of_its_column_is_a_hazard(users: Project) -> None:
    """ACCESS EXCLUSIVE is kept until the transaction ends, and the UPDATE goes through all rows."""
    first, second = effects(trace(users, "ALTER TABLE users ADD COLUMN x int; UPDATE users SET x = age;"))

    assert not first["hazard"]
    assert second["hazard"]


def test_the_same_in_two_transactions_is_none(users: Project) -> None:
    """The lock is gone when the UPDATE begins."""
    text = "BEGIN; ALTER TABLE users ADD COLUMN x int; COMMIT; BEGIN; UPDATE users SET x = age; COMMIT;"

    assert [item["hazard"] for item in effects(trace(users, text))] == [False, False]


def test_a_refused_statement_is_told_and_the_next_one_runs(users: Project) -> None:
    """Its error has no value of a row; the exit code says that something was refused."""
    outcome = trace(users, "INSERT INTO users VALUES (7, 'secret');\nALTER TABLE users ADD COLUMN x int;")
    first, second = effects(outcome)

    assert outcome.code == 1
    assert "(SQLSTATE 23505)" in first["error"]
    assert second["error"] is None
    assert second["locks"]["public.users"] == "ACCESS EXCLUSIVE"
    assert "secret" not in outcome.out + outcome.err


def test_savepoints_of_the_file_are_its_own(users: Project) -> None:
    """ROLLBACK TO takes back what came after, and the next statement runs."""
    text = "SAVEPOINT a; ALTER TABLE users ADD COLUMN x int; ROLLBACK TO a; ALTER TABLE users ADD COLUMN x int;"

    assert [item["error"] for item in effects(trace(users, text))] == [None] * 4


def test_what_runs_outside_of_transactions_stays_and_is_said_to(users: Project) -> None:
    """CREATE INDEX CONCURRENTLY really runs: its lock is seen, and a warning says that the index stays."""
    outcome = trace(users, "CREATE INDEX CONCURRENTLY i ON users (name);")
    (effect,) = effects(outcome)

    assert not effect["transactional"]
    assert effect["locks"] == {"public.users": "SHARE UPDATE EXCLUSIVE"}
    assert effect["scanned"] is None
    assert effect["indexes_built"] == ["public.i"]
    assert not effect["hazard"]
    assert "what this file does stays in the database: line 1 cannot run inside a transaction" in outcome.err
    assert users.database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass") == [(True,)]


@pytest.mark.parametrize(
    ("text", "says", "columns"),
    [
        ("BEGIN; ALTER TABLE users ADD COLUMN x int; COMMIT;", None, {"id", "name", "age"}),
        (
            "BEGIN;\nALTER TABLE users ADD COLUMN x int;\nCOMMIT;\nBEGIN;\nUPDATE users SET x = 1;\nCOMMIT;",
            "what line 2 does stays in the database, the rest is rolled back: what comes later needs it",
            {"id", "name", "age", "x"},
        ),
        (
            "SELECT 1;\nSELECT 2;\nBEGIN;\nALTER TABLE users ADD COLUMN x int;\nCOMMIT;",
            "what lines 1, 2 do stays in the database, the rest is rolled back",
            {"id", "name", "age"},
        ),
    ],
    ids=["one transaction", "two", "the last of them"],
)
def test_the_warning_names_what_stays(users: Project, text: str, says: str | None, columns: set[str]) -> None:
    """A transaction at the end is rolled back, and nobody is told that it stays."""
    outcome = trace(users, text)
    found = users.database.query("SELECT attname FROM pg_attribute WHERE attrelid = 'users'::regclass AND attnum > 0")

    assert (says or "") in outcome.err
    assert ("in the database" in outcome.err) == (says is not None)
    assert {name for (name,) in found} == columns


def test_a_new_value_of_an_enum_is_there_for_who_uses_it(users: Project) -> None:
    """PostgreSQL refuses it in the same transaction: the file goes statement by statement."""
    users.database.query("CREATE TYPE mood AS ENUM ('sad')")
    text = "ALTER TYPE mood ADD VALUE 'ok'; CREATE TABLE t (m mood DEFAULT 'ok');"

    assert [item["error"] for item in effects(trace(users, text))] == [None, None]


def test_a_file_may_set_what_it_likes(users: Project) -> None:
    """The head of a dump hides messages and empties the search path: what is seen stays the same."""
    text = """
        SET client_min_messages = warning;
        SELECT pg_catalog.set_config('search_path', '', false);
        ALTER TABLE public.users ALTER COLUMN name SET NOT NULL;
    """

    assert effects(trace(users, text))[-1]["scanned"] == ["public.users"]
    assert effects(trace(users, text))[-1]["hazard"]


def test_a_text_can_come_from_stdin(users: Project) -> None:
    """`-` reads it there."""
    outcome = users.run("trace", "-", "--on", users.database.url, "--json", stdin="TRUNCATE users")

    assert effects(outcome)[0]["rewritten"] == ["public.users"]


def test_it_is_tried_on_a_shadow_with_all_migrations(project: Project) -> None:
    """Without --on the configured database is not touched, and needs not have the tables."""
    project.write({"users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, name text);"})
    (project.root / "some.sql").write_text("ALTER TABLE users ALTER COLUMN id TYPE int;", encoding="utf-8")
    shadow = {"SELTZER_SHADOW": project.database.server.url("postgres")}

    outcome = project.run("trace", "some.sql", "--json", environment=shadow)

    assert effects(outcome)[0]["rewritten"] == ["public.users"]
    assert project.database.query("SELECT to_regclass('users')") == [(None,)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ALTER SYSTEM SET vacuum_cost_limit = 301;", "it changes the server of the shadow"),
        ("CREATE SUBSCRIPTION s CONNECTION 'host=192.0.2.1' PUBLICATION p;", "it subscribes to a publication"),
    ],
)
def test_nothing_reaches_beyond_the_shadow(project: Project, text: str, says: str) -> None:
    """Neither the settings of a server that is not ours, nor another one that a subscription names."""
    project.write({"users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);"})
    shadow = {"SELTZER_SHADOW": project.database.server.url("postgres")}

    outcome = project.run("trace", "-", "--json", stdin=text, environment=shadow)

    assert outcome.code == 1
    assert outcome.json()["error"]["message"].startswith(says)
    assert project.database.query("SELECT 1 FROM pg_file_settings WHERE name = 'vacuum_cost_limit'") == []


def test_a_role_that_is_rolled_back_is_traced_anywhere(project: Project) -> None:
    """Nothing of it stays."""
    project.write({"users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);"})
    shadow = {"SELTZER_SHADOW": project.database.server.url("postgres")}
    text = "CREATE ROLE seltzer_traced; ALTER TABLE users OWNER TO seltzer_traced;"

    outcome = project.run("trace", "-", "--json", stdin=text, environment=shadow)

    assert effects(outcome)[1]["locks"]["public.users"] == "ACCESS EXCLUSIVE"
    assert project.database.query("SELECT 1 FROM pg_roles WHERE rolname = 'seltzer_traced'") == []


def test_a_person_reads_who_waits(users: Project) -> None:
    """Locks are said as what they block."""
    (users.root / "some.sql").write_text("CREATE INDEX ON users (name);", encoding="utf-8")

    lines = users.run("trace", "some.sql", "--on", users.database.url).out

    assert "line 1: CREATE INDEX ON users (name)" in lines
    assert "HAZARD: builds public.users_name_idx, the longer the larger; meanwhile writes of public.users wait" in lines
    assert "locks public.users: SHARE, blocks writes" in lines


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("ALTER TABEL users", "parse"),
        ("COPY users FROM stdin;\n1\tx\n\\.\n", "copy-from-stdin"),
        (None, "unreadable-file"),
    ],
)
def test_a_file_that_is_none_is_an_error_of_ours(users: Project, text: str | None, type_: str) -> None:
    """Exit code 2, the document has the error."""
    file: Path = users.root / "some.sql"
    if text is not None:
        file.write_text(text, encoding="utf-8")

    outcome = users.run("trace", str(file), "--on", users.database.url, "--json")

    assert outcome.code == 2
    assert outcome.json()["effects"] == []
    assert outcome.json()["error"]["type"] == type_
