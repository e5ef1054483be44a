"""What `status` says of each migration and of the database, and what a start does about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.errors import DivergedError, LateMigrationError, StatementError
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from support import Database, Project

USERS = "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);\n"
EMAIL = "ALTER TABLE users ADD COLUMN IF NOT EXISTS email text;\n"
VIEW = "CREATE OR REPLACE VIEW user_ids AS SELECT id FROM users;\n"
NEWER_VIEW = "CREATE OR REPLACE VIEW user_ids AS SELECT id, 1 AS one FROM users;\n"
FAULTY_VIEW = "CREATE OR REPLACE VIEW user_ids AS SELECT id, 1 / 0 AS one, nothing FROM users;\n"
MODULE = {"users/create_tables.sql": USERS, "users/0001_add_email.sql": EMAIL, "users/user_ids.sql": VIEW}
RUNNER = {
    "audit/__init__.py": "import seltzer\ndef run_migration():\n    seltzer.execute_sql_file('create_tables.sql')\n",
    "audit/create_tables.sql": "CREATE TABLE IF NOT EXISTS audit (id bigint PRIMARY KEY);\n",
}
APPLIED = {"users/create_tables": "applied", "users/0001_add_email": "applied", "users/user_ids": "applied"}


def state(project: Project) -> DatabaseState:
    """What `status` says of the database."""
    return project.migrations().status().state


def add_row(database: Database, migration: str, row_state: str) -> None:
    """What `revert` or `stamp` would write: one more row of an id, like its newest one but for the state."""
    database.query(
        "INSERT INTO seltzer.history (run, id, generation, kind, state, checksum, token_checksum, started_at, "
        "finished_at, duration_ms, seltzer_version) "
        f"SELECT run, id, generation + 1, kind, '{row_state}', checksum, token_checksum, now(), now(), 0, "
        f"seltzer_version FROM seltzer.history WHERE id = '{migration}' ORDER BY position DESC LIMIT 1"
    )


def generations(database: Database, migration: str) -> list[tuple[int, str]]:
    """Generation and state of each row of an id, oldest first."""
    query = f"SELECT generation, state FROM seltzer.history WHERE id = '{migration}' ORDER BY position"
    return [(int(row[0]), str(row[1])) for row in database.query(query)]


def test_what_the_history_does_not_know_is_pending(project: Project) -> None:
    """Before the first start every file is pending, the database is behind, and asking changed nothing."""
    project.write(MODULE)

    assert set(project.states().values()) == {"pending"}
    assert state(project) is DatabaseState.BEHIND
    assert project.database.query("SELECT 1 FROM pg_namespace WHERE nspname = 'seltzer'") == []


def test_what_was_applied_is_applied(project: Project) -> None:
    """After a start every file of every kind is applied and the database current."""
    project.write({**MODULE, **RUNNER, "users/0002_fill.py": "def apply(conn):\n    pass\n"}).migrations().run_all()

    assert project.states() == {**APPLIED, "users/0002_fill": "applied", "audit/run_migration": "applied"}
    assert state(project) is DatabaseState.CURRENT


def test_a_repeatable_with_new_content_is_changed_and_runs_again(project: Project) -> None:
    """A view that was rewritten is pending; the next start applies it as the next generation of its id."""
    project.write(MODULE).migrations().run_all()
    project.write({"users/user_ids.sql": NEWER_VIEW})

    assert project.states() == {**APPLIED, "users/user_ids": "changed"}
    assert state(project) is DatabaseState.BEHIND

    assert project.migrations().run_all().applied == ("users/user_ids",)
    assert generations(project.database, "users/user_ids") == [(1, "applied"), (2, "applied")]
    assert state(project) is DatabaseState.CURRENT


def test_a_runner_whose_files_changed_runs_again(project: Project) -> None:
    """Any file of its folder counts."""
    project.write(RUNNER).migrations().run_all()
    project.write({"audit/words.py": "WORD = 1\n"})

    assert project.states() == {"audit/run_migration": "changed"}
    assert project.migrations().run_all().applied == ("audit/run_migration",)
    assert project.states() == {"audit/run_migration": "applied"}


def test_what_a_newer_release_replaced_is_superseded_and_does_not_run(project: Project) -> None:
    """A file with an older row's content is the old release's: nothing runs, the database is ahead."""
    project.write(MODULE).migrations().run_all()
    project.write({"users/user_ids.sql": NEWER_VIEW}).migrations().run_all()
    newer = project.database.schema()

    result = project.write({"users/user_ids.sql": VIEW}).migrations().run_all()

    assert (result.state, result.applied) == (DatabaseState.AHEAD, ())
    assert project.states() == {**APPLIED, "users/user_ids": "superseded"}
    assert project.database.schema() == newer


def test_only_its_id_brings_a_superseded_migration_back(project: Project) -> None:
    """`apply` without an id leaves it, `apply ID` runs it; then the newer content is the superseded one."""
    view = {"users/user_ids.sql": "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql RETURN 1;"}
    newer = {"users/user_ids.sql": "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql RETURN 2;"}
    project.write(view).migrations().run_all()
    project.write(newer).migrations().run_all()
    project.write(view)

    assert project.migrations().apply().applied == ()
    assert project.migrations().apply("users/user_ids").applied == ("users/user_ids",)

    assert project.database.query("SELECT one()") == [(1,)]
    assert project.states() == {"users/user_ids": "applied"}
    assert project.write(newer).states() == {"users/user_ids": "superseded"}


def test_an_edited_versioned_file_stops_everything(project: Project) -> None:
    """The database is diverged; nothing runs, not even another pending file; the error shows all three ways out."""
    project.write(MODULE).migrations().run_all()
    project.write({"users/0001_add_email.sql": EMAIL.replace("text", "varchar"), "users/0002_new.sql": "SELECT 1;"})
    before = project.database.schema()

    with pytest.raises(DivergedError) as caught:
        project.migrations().run_all()

    assert project.states()["users/0001_add_email"] == "edited"
    assert state(project) is DatabaseState.DIVERGED
    assert (caught.value.exit_code, caught.value.migration) == (4, "users/0001_add_email")
    assert all(
        way in (caught.value.hint or "") for way in ("new numbered file", "revert or reset", "accepts = sha256-1:")
    )
    assert project.database.schema() == before
    assert "users/0002_new" not in {row.id for row in project.migrations().history().rows}


def test_a_versioned_file_with_an_older_rows_content_is_superseded(project: Project) -> None:
    """Reverted, rewritten and applied again: the old release's file is superseded, not edited."""
    project.write(MODULE).migrations().run_all()
    add_row(project.database, "users/0001_add_email", "reverted")
    newer = {"users/0001_add_email.sql": EMAIL.replace("email", "mail")}
    project.write(newer).migrations().apply("users/0001_add_email")

    result = project.write(MODULE).migrations().run_all()

    assert (result.state, result.applied) == (DatabaseState.AHEAD, ())
    assert project.states()["users/0001_add_email"] == "superseded"


def test_what_failed_is_failed_until_it_is_repaired(project: Project) -> None:
    """A failed file is pending work; its repaired content is applied as if it had never failed."""
    project.write({**MODULE, "users/user_ids.sql": FAULTY_VIEW})
    with pytest.raises(StatementError):
        project.migrations().run_all()

    assert project.states() == {**APPLIED, "users/user_ids": "failed"}
    assert state(project) is DatabaseState.BEHIND

    assert project.write(MODULE).migrations().run_all().applied == ("users/user_ids",)
    assert project.states() == APPLIED
    assert state(project) is DatabaseState.CURRENT


def test_a_repeatable_that_failed_falls_back_to_applied_when_its_edit_is_taken_back(project: Project) -> None:
    """A `failed` row is a note: with the applied content in the file again nothing is to do."""
    project.write(MODULE).migrations().run_all()
    with pytest.raises(StatementError):
        project.write({"users/user_ids.sql": FAULTY_VIEW}).migrations().run_all()
    assert project.states() == {**APPLIED, "users/user_ids": "failed"}

    result = project.write(MODULE).migrations().run_all()

    assert (result.state, result.applied) == (DatabaseState.CURRENT, ())
    assert project.states() == APPLIED


def test_a_start_does_not_undo_a_revert(project: Project) -> None:
    """A reverted migration stays reverted, however often the application starts."""
    project.write(MODULE).migrations().run_all()
    add_row(project.database, "users/0001_add_email", "reverted")

    results = [project.migrations().run_all() for _ in range(2)]

    assert [result.applied for result in results] == [(), ()]
    assert project.states() == {**APPLIED, "users/0001_add_email": "reverted"}


def test_only_its_id_brings_a_reverted_migration_back(project: Project) -> None:
    """`apply` without an id leaves it; `apply ID` writes the generation after the revert's."""
    project.write(MODULE).migrations().run_all()
    add_row(project.database, "users/0001_add_email", "reverted")

    assert project.migrations().apply().applied == ()
    assert project.migrations().apply("users/0001").applied == ("users/0001_add_email",)

    rows = [(1, "applied"), (2, "reverted"), (3, "applied")]
    assert generations(project.database, "users/0001_add_email") == rows
    assert project.states() == APPLIED


def test_what_was_stamped_counts_as_applied(project: Project) -> None:
    """A stamped migration is shown as such and does not run; with other content it is edited."""
    project.write(MODULE).migrations().run_all()
    add_row(project.database, "users/0001_add_email", "stamped")

    result = project.migrations().run_all()

    assert (result.state, result.applied) == (DatabaseState.CURRENT, ())
    assert project.states() == {**APPLIED, "users/0001_add_email": "stamped"}
    assert project.write({"users/0001_add_email.sql": "SELECT 1;"}).states()["users/0001_add_email"] == "edited"


def test_an_id_that_only_the_history_knows_is_missing(project: Project) -> None:
    """Deleted or of a newer release alike: a warning's worth, the database is ahead and starts go on."""
    project.write(MODULE).migrations().run_all()
    project.remove("users/0001_add_email.sql")

    result = project.migrations().run_all()

    assert (result.state, result.applied) == (DatabaseState.AHEAD, ())
    assert project.states() == {**APPLIED, "users/0001_add_email": "missing"}


def test_what_was_reverted_and_deleted_is_not_missing(project: Project) -> None:
    """A migration that was undone and whose file is gone leaves nothing to speak of."""
    project.write(MODULE).migrations().run_all()
    add_row(project.database, "users/0001_add_email", "reverted")
    project.remove("users/0001_add_email.sql")

    assert project.migrations().run_all().state is DatabaseState.CURRENT
    assert "users/0001_add_email" not in project.states()


def test_a_number_below_an_applied_one_is_late_and_applied(project: Project) -> None:
    """A branch that was merged late: marked, and applied with the rest."""
    project.write({**MODULE, "users/0005_fifth.sql": "SELECT 5;"}).migrations().run_all()
    project.write({"users/0003_third.sql": "SELECT 3;", "users/0006_sixth.sql": "SELECT 6;"})

    late = {item.id for item in project.migrations().status().migrations if item.late}

    assert late == {"users/0003_third"}
    assert project.migrations().run_all().applied == ("users/0003_third", "users/0006_sixth")


def test_a_renumbered_file_counts_by_the_number_it_has_now(project: Project) -> None:
    """Two branches took one number; the applied one made room, and the other one is late, as on a database without."""
    project.write({**MODULE, "users/0002_mine.sql": "SELECT 2;"}).migrations().run_all()
    project.write({"users/0002_theirs.sql": "SELECT 3;"})

    project.migrations().renumber("users/0002_mine")
    project.write({"users/0004_next.sql": "SELECT 4;"})

    assert [item.id for item in project.migrations().status().migrations if item.late] == ["users/0002_theirs"]
    with pytest.raises(LateMigrationError) as caught:
        project.migrations(late="refuse").run_all()
    assert caught.value.migration == "users/0002_theirs"


def test_a_late_number_can_be_refused(project: Project) -> None:
    """With `late = refuse` nothing runs, status says so too, and the error names the file and both ways out."""
    project.write({**MODULE, "users/0005_fifth.sql": "SELECT 5;"}).migrations().run_all()
    project.write({"users/0003_third.sql": "SELECT 3;", "users/0006_sixth.sql": "SELECT 6;"})

    with pytest.raises(LateMigrationError) as caught:
        project.migrations(late="refuse").run_all()

    assert (caught.value.exit_code, caught.value.migration) == (4, "users/0003_third")
    assert "next free number" in (caught.value.hint or "")
    assert isinstance(project.migrations(late="refuse").status().stop, LateMigrationError)
    assert project.states()["users/0006_sixth"] == "pending"


def test_the_worst_state_of_a_database_is_the_one_that_is_told(project: Project) -> None:
    """Diverged before behind before ahead before current."""
    project.write(MODULE).migrations().run_all()
    assert state(project) is DatabaseState.CURRENT

    project.remove("users/user_ids.sql")
    assert state(project) is DatabaseState.AHEAD
    project.write({"users/0002_new.sql": "SELECT 1;"})
    assert state(project) is DatabaseState.BEHIND
    project.write({"users/0001_add_email.sql": "SELECT 1;"})
    assert state(project) is DatabaseState.DIVERGED
