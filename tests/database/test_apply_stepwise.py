"""Files that cannot be one transaction: each statement recorded, resumed at the one that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from seltzer.errors import StatementError, UnsupportedStatementError
from seltzer.events import StatementStarted
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from seltzer.events import Event
    from support import Project

FIRST = {"m/create_tables.sql": "CREATE TABLE IF NOT EXISTS marks (word text);\n"}
INDEX = "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_marks_word ON marks (word);\n"
SET = "SET my.word = 'from the file';\n"
ONE = "INSERT INTO marks VALUES ('one');\n"
TWO = "INSERT INTO marks VALUES ('two');\n"
THREE = "INSERT INTO marks VALUES (current_setting('my.word'));\n"
BAD = "INSERT INTO marks VALUES (1 / (SELECT 0));\n"
FILE = "m/0001_steps.sql"


def marks(project: Project) -> list[str]:
    """What ran, each as often as it ran."""
    return [str(row[0]) for row in project.database.query("SELECT word FROM marks ORDER BY word")]


def progress(project: Project) -> list[tuple[Any, ...]]:
    """What is recorded of unfinished steps."""
    return project.database.query("SELECT id, step, done IS NOT NULL FROM seltzer.progress ORDER BY step")


def fail(project: Project, text: str) -> StatementError:
    """Start with a file that fails."""
    with pytest.raises(StatementError) as caught:
        project.write({**FIRST, FILE: text}).migrations().run_all()
    return caught.value


def test_what_no_transaction_can_have_is_recognised_and_applied(project: Project) -> None:
    """Nothing marks it: CONCURRENTLY, VACUUM and the like run beside ordinary statements, in their order."""
    project.write({**FIRST, FILE: ONE + INDEX + "VACUUM marks;\nREINDEX INDEX CONCURRENTLY idx_marks_word;\n" + TWO})
    heads: list[str] = []

    def hear(event: Event) -> None:
        if isinstance(event, StatementStarted):
            heads.append(event.head.split()[0])

    result = project.migrations().run_all(on_event=hear)

    assert result.state is DatabaseState.CURRENT
    assert heads == ["INSERT", "CREATE", "VACUUM", "REINDEX", "INSERT"]
    assert marks(project) == ["one", "two"]
    assert progress(project) == []
    assert project.database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'idx_marks_word'::regclass") == [
        (True,)
    ]


def test_one_history_row_covers_all_statements(project: Project) -> None:
    """Its time begins with the first statement, its fingerprints are all of them."""
    project.write({**FIRST, FILE: ONE + INDEX + TWO}).migrations().run_all()

    rows = project.database.query(
        "SELECT state, generation, jsonb_array_length(statements), started_at < finished_at "
        "FROM seltzer.history WHERE id = 'm/0001_steps'"
    )

    assert rows == [("applied", 1, 3, True)]


def test_a_failure_is_recorded_where_it_happened(project: Project) -> None:
    """What is done is done and said so; the place is that of the statement that failed."""
    error = fail(project, ONE + INDEX + BAD + TWO)

    assert error.rolled_back is False
    assert error.place is not None
    assert (error.place.file.name, error.place.line) == ("0001_steps.sql", 3)
    assert "next run resumes here" in (error.hint or "")
    assert progress(project) == [("m/0001_steps", 0, True), ("m/0001_steps", 1, True)]
    assert marks(project) == ["one"]
    assert project.states()["m/0001_steps"] == "failed"


def test_a_failure_of_what_no_transaction_can_have_is_recorded_as_begun(project: Project) -> None:
    """Nobody can roll it back: its step is there and not done."""
    fail(project, ONE + INDEX.replace("(word)", "(nothing)") + TWO)

    assert progress(project) == [("m/0001_steps", 0, True), ("m/0001_steps", 1, False)]


def test_a_first_statement_that_fails_leaves_nothing(project: Project) -> None:
    """Then there is nothing to resume, and the error says that it was rolled back."""
    error = fail(project, BAD + INDEX)

    assert error.rolled_back is True
    assert progress(project) == []


def test_a_repaired_file_is_resumed_at_the_statement_that_failed(project: Project) -> None:
    """What had run does not run again, and the settings it had made are there."""
    fail(project, SET + ONE + INDEX + BAD + THREE)

    result = project.write({FILE: SET + ONE + INDEX + TWO + THREE}).migrations().run_all()

    assert (result.state, result.applied) == (DatabaseState.CURRENT, ("m/0001_steps",))
    assert marks(project) == ["from the file", "one", "two"]
    assert progress(project) == []


def test_settings_are_made_again_in_their_order(project: Project) -> None:
    """The last of two is the one that holds."""
    fail(project, "SET my.word = 'first';\n" + SET + INDEX + BAD)

    project.write({FILE: "SET my.word = 'first';\n" + SET + INDEX + THREE}).migrations().run_all()

    assert marks(project) == ["from the file"]


def test_a_resumed_file_may_fail_again_further_on(project: Project) -> None:
    """Each run goes as far as it can."""
    fail(project, ONE + INDEX + BAD + THREE)
    fail(project, ONE + INDEX + TWO + BAD)

    assert [step for _, step, done in progress(project) if done] == [0, 1, 2]
    project.write({FILE: ONE + INDEX + TWO + SET + THREE}).migrations().run_all()
    assert marks(project) == ["from the file", "one", "two"]


@pytest.mark.parametrize(
    "text",
    [
        TWO + INDEX + TWO,
        TWO + ONE + INDEX,
        INDEX + TWO,
        ONE + INDEX.replace("idx_marks_word", "idx_other") + TWO,
        INDEX,
    ],
    ids=["edited", "inserted before", "removed", "second edited", "cut off"],
)
def test_what_has_run_cannot_be_edited_afterwards(project: Project, text: str) -> None:
    """Refused before anything runs, exit code 2; with the text put back the file goes on."""
    fail(project, ONE + INDEX + BAD)
    before = progress(project)

    with pytest.raises(UnsupportedStatementError) as caught:
        project.write({FILE: text}).migrations().run_all()

    assert caught.value.exit_code == 2
    assert caught.value.migration == "m/0001_steps"
    assert "Put it back" in (caught.value.hint or "")
    assert (progress(project), marks(project)) == (before, ["one"])
    assert project.write({FILE: ONE + INDEX + TWO}).migrations().run_all().applied == ("m/0001_steps",)
    assert marks(project) == ["one", "two"]


def test_what_has_run_does_not_run_again_when_the_rest_fits_a_transaction(project: Project) -> None:
    """Repaired without what made it run by steps: a file whose first part is done is still that file."""
    fail(project, ONE + INDEX + BAD)

    with pytest.raises(UnsupportedStatementError):
        project.write({FILE: ONE + INDEX.replace("CONCURRENTLY ", "") + TWO}).migrations().run_all()

    assert marks(project) == ["one"]


def test_comments_in_what_has_run_may_change(project: Project) -> None:
    """A comment and white space are no edit."""
    fail(project, ONE + INDEX + BAD)

    project.write({FILE: f"-- inserts\n{ONE}\n\n{INDEX} /* builds */\n{TWO}"}).migrations().run_all()

    assert marks(project) == ["one", "two"]


def test_statements_may_be_added_where_it_failed(project: Project) -> None:
    """Before the one that failed: what it lacked."""
    fail(project, ONE + INDEX + "INSERT INTO missing VALUES ('three');\n")

    project.write({FILE: ONE + INDEX + "CREATE TABLE missing (word text);\n" + TWO}).migrations().run_all()

    assert marks(project) == ["one", "two"]


def test_a_file_can_ask_for_it(project: Project) -> None:
    """`transaction = off`: each statement is committed by itself."""
    fail(project, "-- seltzer: transaction = off\n" + ONE + BAD)

    assert marks(project) == ["one"]


def test_an_enum_value_can_be_added_and_used_in_one_file(project: Project) -> None:
    """PostgreSQL refuses that in one transaction; statement by statement it works."""
    kind = "CREATE TYPE kind AS ENUM ('one');\n"
    use = "ALTER TYPE kind ADD VALUE 'two';\nINSERT INTO marks VALUES ('two'::kind::text);\n"

    project.write({**FIRST, "m/0001_kind.sql": kind, "m/0002_two.sql": "-- seltzer: transaction = off\n" + use})
    project.migrations().run_all()

    assert marks(project) == ["two"]


@pytest.mark.parametrize("role", ["SET ROLE {};\n", "SET SESSION AUTHORIZATION {};\n"])
def test_a_role_that_the_file_takes_does_not_decide_about_the_records(project: Project, role: str) -> None:
    """The file's statements run as the role it takes, ours as the run's: that role need not know the history."""
    owner = f"{project.database.name}_owner"
    project.write(FIRST).migrations().run_all()
    project.database.query(
        f"CREATE ROLE {owner}; ALTER TABLE marks OWNER TO {owner}; GRANT CREATE ON SCHEMA public TO {owner}"
    )

    take = role.format(owner)
    project.write({FILE: take + INDEX + "INSERT INTO marks VALUES (current_user);\n"}).migrations().run_all()

    assert marks(project) == [owner]
    assert project.database.query('SELECT DISTINCT "current_user" FROM seltzer.history') == [("postgres",)]


def test_a_python_or_unparsed_neighbour_is_not_disturbed(project: Project) -> None:
    """A file that runs by steps between two that do not: all in their order, each once."""
    insert = "def apply(conn):\n    conn.execute(\"INSERT INTO marks VALUES ('{}')\")\n"
    project.write(
        {
            **FIRST,
            "m/0001_a.py": insert.format("a"),
            "m/0002_b.sql": INDEX + ONE,
            "m/0003_c.py": insert.format("c"),
            "m/0004_d.sql": "-- seltzer: parse = off\nINSERT INTO marks VALUES ('d');",
        }
    )

    result = project.migrations().run_all()

    assert result.applied == ("m/create_tables", "m/0001_a", "m/0002_b", "m/0003_c", "m/0004_d")
    assert marks(project) == ["a", "c", "d", "one"]


def test_a_renamed_file_goes_on_where_it_stopped(project: Project) -> None:
    """Its `was` line says whose records are its own."""
    fail(project, ONE + INDEX + BAD)
    (project.folder / FILE).unlink()

    renamed = "-- seltzer: was = m/0001_steps\n" + ONE + INDEX + TWO
    project.write({"m/0001_other.sql": renamed}).migrations().run_all()

    assert marks(project) == ["one", "two"]
    assert progress(project) == []


def test_what_a_person_has_stamped_begins_anew_when_it_is_applied_again(project: Project) -> None:
    """The records of what had run end with the stamp: after a revert all of it runs."""
    down = {"m/0001_steps.down.sql": "DROP INDEX idx_marks_word;\n"}
    fail(project, ONE + INDEX + BAD)
    project.migrations().stamp("m/0001")
    assert progress(project) == []
    project.write({FILE: ONE + INDEX + BAD, **down}).migrations().revert("m/0001")
    project.database.query("TRUNCATE marks")

    project.write({FILE: ONE + INDEX + TWO}).migrations().apply("m/0001")

    assert marks(project) == ["one", "two"]


def test_a_way_back_that_is_repaired_to_fit_a_transaction_still_goes_on_where_it_stopped(project: Project) -> None:
    """Its records are its own: they say that it was begun step by step."""
    down = "m/0001_steps.down.sql"
    project.write({**FIRST, FILE: INDEX, down: ONE + "DROP INDEX CONCURRENTLY idx_marks_word;\n" + BAD})
    project.migrations().run_all()
    with pytest.raises(StatementError):
        project.migrations().revert("m/0001")

    with pytest.raises(UnsupportedStatementError):
        project.write({down: "SELECT 1;\n"}).migrations().revert("m/0001")
    project.write({down: ONE + "DROP INDEX CONCURRENTLY idx_marks_word;\n" + TWO}).migrations().revert("m/0001")

    assert marks(project) == ["one", "two"]
    assert progress(project) == []


@pytest.mark.parametrize(
    "sets",
    [
        f"BEGIN;\n{SET}COMMIT;\n",
        "SELECT pg_catalog.set_config('my.word', 'from the file', false);\n",
        "SET my.word = 'too early';\nDISCARD ALL;\n" + SET,
        f"{SET}BEGIN;\nSET my.word = 'taken back';\nROLLBACK;\nBEGIN;\nSET LOCAL my.word = 'x';\nSELECT 1;\nCOMMIT;\n",
    ],
    ids=["in a block", "as pg_dump", "discarded", "taken back"],
)
def test_settings_of_every_form_are_made_again(project: Project, sets: str) -> None:
    """What a resumed file meets is what it had left, in the same order."""
    fail(project, sets + INDEX + BAD)

    project.write({FILE: sets + INDEX + THREE}).migrations().run_all()

    assert marks(project) == ["from the file"]


def test_a_role_that_a_block_takes_stays_taken(project: Project) -> None:
    """As in psql: after its COMMIT, in the first run and in a resumed one; one that it takes LOCAL does not."""
    owner = f"{project.database.name}_owner"
    project.write(FIRST).migrations().run_all()
    project.database.query(
        f"CREATE ROLE {owner}; ALTER TABLE marks OWNER TO {owner}; GRANT CREATE ON SCHEMA public TO {owner}"
    )
    who = "INSERT INTO marks VALUES (current_user);\n"
    local = f"BEGIN;\nSET LOCAL ROLE {owner};\n{ONE}COMMIT;\n{who}"
    fail(project, f"{local}BEGIN;\nSET ROLE {owner};\nSELECT 1;\nCOMMIT;\n{INDEX}{who}{BAD}")

    project.write({FILE: f"{local}BEGIN;\nSET ROLE {owner};\nSELECT 1;\nCOMMIT;\n{INDEX}{who}{who}"})
    project.migrations().run_all()

    assert marks(project) == sorted(["one", "postgres", owner, owner])


def test_a_files_own_lock_timeout_over_a_build(project: Project) -> None:
    """It counts the wait for old transactions: the hint says so, and the next run needs no help."""
    text = "SET lock_timeout = '100ms';\n" + INDEX
    project.write(FIRST).migrations().run_all()
    with project.database.connect() as reader:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
        error = fail(project, text)
        reader.execute("ROLLBACK")

    assert error.sqlstate == "55P03"
    assert "It left public.idx_marks_word INVALID" in (error.hint or "")
    assert "SET lock_timeout = 0 above it" in (error.hint or "")
    project.migrations().run_all()
    assert project.database.query("SELECT indisvalid FROM pg_index WHERE indrelid = 'marks'::regclass") == [(True,)]
