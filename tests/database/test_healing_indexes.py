"""INVALID indexes that cut-off builds leave: found, dropped and built anew, and nobody else's touched."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import psycopg
import pytest

from database.cut_off import (
    BUILDING,
    FILE,
    FIRST,
    LOCK,
    Started,
    by_hand,
    cut_off,
    indexes,
    snapshot,
    unrecorded,
    wait_for,
    wait_for_none,
)
from seltzer.errors import LeftBehindError, SeltzerError, StatementError, UnsupportedStatementError
from seltzer.events import StatementBlocked, Warned
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from support import Project

NAMED = "CREATE INDEX CONCURRENTLY idx_marks_word ON marks (word);\n"
AGAIN = "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_marks_word ON marks (word);\n"
UNNAMED = "CREATE INDEX CONCURRENTLY ON marks (word);\n"
EXPRESSION = "CREATE INDEX CONCURRENTLY ON marks (lower(word), word) WHERE word <> '';\n"
INSERT = "INSERT INTO marks VALUES ('{}');\n"


def apply(project: Project) -> None:
    """The next start finishes."""
    assert project.migrations().run_all().state is DatabaseState.CURRENT
    assert project.database.query("SELECT * FROM seltzer.progress") == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (NAMED, "idx_marks_word"),
        (AGAIN, "idx_marks_word"),
        (UNNAMED, "marks_word_idx"),
        (EXPRESSION, "marks_lower_word_idx"),
        ("SET search_path = pg_catalog, public;\n" + NAMED, "idx_marks_word"),
    ],
    ids=["named", "if not exists", "unnamed", "unnamed expression", "search path"],
)
def test_what_a_cut_off_build_left_is_dropped_and_built_anew(project: Project, text: str, name: str) -> None:
    """Also when IF NOT EXISTS would keep it; what stands before it does not run again."""
    cut_off(project, INSERT.format("one") + text)
    assert indexes(project) == [(name, False)]

    apply(project)

    assert indexes(project) == [(name, True)]
    assert project.database.query("SELECT word FROM marks") == [("one",)]


def test_a_build_that_failed_says_what_it_left(project: Project) -> None:
    """A unique index over duplicates: the error names the INVALID index, the repaired run needs nobody's help."""
    unique = "CREATE UNIQUE INDEX CONCURRENTLY idx_marks_word ON marks (word);\n"
    project.write({**FIRST, FILE: INSERT.format("twice") * 2 + unique})

    with pytest.raises(StatementError) as caught:
        project.migrations().run_all()

    assert "It left public.idx_marks_word INVALID: the next run drops that" in (caught.value.hint or "")
    assert indexes(project) == [("idx_marks_word", False)]
    project.database.query("DELETE FROM marks WHERE ctid = (SELECT min(ctid) FROM marks)")
    apply(project)
    assert indexes(project) == [("idx_marks_word", True)]


@pytest.mark.parametrize(
    "repaired", ["CREATE INDEX CONCURRENTLY idx_other ON marks (word);\n", INSERT.format("two"), ""]
)
def test_a_repaired_file_cleans_up_behind_the_statement_that_it_had(project: Project, repaired: str) -> None:
    """The index is dropped although the file names another, or none at all any more."""
    cut_off(project, INSERT.format("one") + NAMED)

    project.write({FILE: INSERT.format("one") + repaired})
    apply(project)

    assert indexes(project) == ([("idx_other", True)] if "idx_other" in repaired else [])


def test_a_build_that_ended_after_its_client_is_not_repeated(project: Project) -> None:
    """A client that was frozen and has lost the lock: the next run waits for its build, and takes what it made."""
    project.write({**FIRST, FILE: NAMED + INSERT.format("one")})
    project.migrations().apply("m/create_tables")
    with snapshot(project) as reader:
        frozen = project.start("apply")
        backend = wait_for(project, BUILDING)
        frozen.send_signal(signal.SIGSTOP)
        project.database.query(f"SELECT pg_terminate_backend(pid) FROM ({LOCK}) AS lock")
        run = Started(project)
        run.wait_for(StatementBlocked)
        reader.execute("ROLLBACK")
        wait_for_none(project, BUILDING)
        frozen.kill()
        frozen.communicate()
        run.join()

    assert run.error is None
    first, second = run.said(StatementBlocked)[0].blockers
    assert (first.pid, second.application) == (backend, "reader")
    assert any("line 1, was cut off but has taken effect" in event.message for event in run.said(Warned))
    assert indexes(project) == [("idx_marks_word", True)]
    assert project.database.query("SELECT word FROM marks") == [("one",)]


@pytest.mark.parametrize("text", [NAMED, UNNAMED, EXPRESSION], ids=["named", "unnamed", "expression"])
def test_a_build_that_was_not_recorded_any_more_is_not_repeated(project: Project, text: str) -> None:
    """A crash between the end of the statement and its record: the catalog says that it is there."""
    project.write(FIRST).migrations().run_all()
    project.write({FILE: text})
    with unrecorded(project), pytest.raises(SeltzerError):
        project.migrations().run_all()

    apply(project)

    assert len(indexes(project)) == 1


def test_a_file_that_says_something_else_where_a_build_took_effect_is_refused(project: Project) -> None:
    """It counts as run, recorded or not."""
    project.write(FIRST).migrations().run_all()
    project.write({FILE: NAMED})
    with unrecorded(project), pytest.raises(SeltzerError):
        project.migrations().run_all()

    with pytest.raises(UnsupportedStatementError):
        project.write({FILE: UNNAMED}).migrations().run_all()


def make_invalid(project: Project, text: str = NAMED) -> None:
    """Somebody builds an index by hand, and is cut off."""
    with pytest.raises(psycopg.Error, match="could not create unique index"):
        project.database.query(text.replace("CREATE INDEX", "CREATE UNIQUE INDEX"))


@pytest.mark.parametrize("text", [NAMED, AGAIN], ids=["named", "if not exists"])
def test_an_invalid_index_of_somebody_else_is_never_dropped(project: Project, text: str) -> None:
    """The error names it, and says how to drop it; afterwards the file goes on."""
    project.write(FIRST).migrations().run_all()
    project.database.query("INSERT INTO marks VALUES ('twice'), ('twice')")
    make_invalid(project)
    project.write({FILE: INSERT.format("one") + text})

    with pytest.raises(LeftBehindError) as caught:
        project.migrations().run_all()

    error = caught.value
    assert "public.idx_marks_word is INVALID" in error.message
    assert 'DROP INDEX CONCURRENTLY "public"."idx_marks_word"' in (error.hint or "")
    assert (error.exit_code, error.place and error.place.line) == (1, 2)
    assert indexes(project) == [("idx_marks_word", False)]
    project.database.query("DROP INDEX CONCURRENTLY idx_marks_word")
    apply(project)
    assert indexes(project) == [("idx_marks_word", True)]


def test_other_invalid_indexes_are_left_alone(project: Project) -> None:
    """One of the same table, with the same columns, that was there before; and what is INVALID by design."""
    first = (
        "CREATE TABLE IF NOT EXISTS marks (word text);\n"
        "CREATE TABLE IF NOT EXISTS parts (word text) PARTITION BY LIST (word);\n"
        "CREATE TABLE IF NOT EXISTS part PARTITION OF parts DEFAULT;\n"
        "CREATE INDEX IF NOT EXISTS idx_parts_word ON ONLY parts (word);\n"
        "INSERT INTO marks VALUES ('twice'), ('twice');\n"
    )
    project.write({"m/create_tables.sql": first}).migrations().run_all()
    make_invalid(project, UNNAMED)
    cut_off(project, UNNAMED, first)
    assert indexes(project) == [("marks_word_idx", False), ("marks_word_idx1", False)]

    apply(project)

    assert indexes(project) == [("marks_word_idx", False), ("marks_word_idx1", True)]
    assert indexes(project, "parts") == [("idx_parts_word", False)]


def test_what_somebody_else_is_building_is_waited_for(project: Project) -> None:
    """By hand, at the same moment, under the same name: the run waits, says for whom, and finds it valid."""
    project.write(FIRST).migrations().run_all()
    project.write({FILE: AGAIN})
    with snapshot(project) as reader, by_hand(project, NAMED):
        run = Started(project)
        run.wait_for(StatementBlocked)
        reader.execute("ROLLBACK")
        run.join()

    assert run.error is None
    assert run.said(StatementBlocked)[0].blockers[0].application == "by hand"
    assert indexes(project) == [("idx_marks_word", True)]


def test_waiting_for_a_build_ends_when_the_run_is_stopped(project: Project) -> None:
    """`stop` is looked at while nobody else moves."""
    project.write(FIRST).migrations().run_all()
    project.write({FILE: AGAIN})
    with snapshot(project) as reader, by_hand(project, NAMED):
        run = Started(project)
        run.wait_for(StatementBlocked)
        run.stop.set()
        run.join()
        reader.execute("ROLLBACK")

    assert run.error is not None
    assert run.error.exit_code == 130
