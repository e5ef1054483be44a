"""A run that has lost the migration lock and is still at work on what no transaction protects."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from database.cut_off import BUILDING, FILE, FIRST, INVALID, LOCK, Started, indexes, snapshot, wait_for
from seltzer.events import StatementBlocked

if TYPE_CHECKING:
    from support import Project

TEXT = (
    "INSERT INTO marks VALUES ('one');\n"
    "CREATE INDEX CONCURRENTLY idx_marks_word ON marks (word);\n"
    "INSERT INTO marks VALUES ('two');\n"
    "DROP INDEX CONCURRENTLY idx_marks_word;\n"
    "INSERT INTO marks VALUES ('three');\n"
)


def test_the_run_that_took_the_lock_waits_for_the_one_that_lost_it(project: Project) -> None:
    """Its statements run once each, whoever finishes them, and both runs end well."""
    project.write(FIRST).migrations().run_all()
    project.write({FILE: TEXT})

    with snapshot(project) as reader:
        first = Started(project)
        builder = wait_for(project, BUILDING)
        assert project.database.query(f"SELECT pg_terminate_backend(pid) FROM ({LOCK}) AS lock") == [(True,)]
        second = Started(project)
        while not (said := second.said(StatementBlocked)):
            assert second.is_alive(), second.error
            time.sleep(0.02)
        reader.execute("ROLLBACK")
        first.join()
        second.join()

    assert said[0].blockers[0].pid == builder
    assert [first.error, second.error] == [None, None]
    assert project.database.query("SELECT word FROM marks ORDER BY word") == [("one",), ("three",), ("two",)]
    assert indexes(project) == []
    assert project.database.query(INVALID) == []
    assert sorted(row.id for row in project.migrations().history().rows) == ["m/0001_steps", "m/create_tables"]
