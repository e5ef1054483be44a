"""Commits inside a run may be asynchronous; the last one never is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seltzer.errors import StatementError

if TYPE_CHECKING:
    from collections.abc import Callable

    from support import Project

# At each commit that brings a row of the history: how durable that commit is.
WATCH = """\
CREATE TABLE public.commits (position int GENERATED ALWAYS AS IDENTITY, id text, state text, durability text);
CREATE FUNCTION public.note_commit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO public.commits (id, state, durability)
  VALUES (NEW.id, NEW.state, pg_catalog.current_setting('synchronous_commit'));
  RETURN NULL;
END$$;
CREATE CONSTRAINT TRIGGER note_commit AFTER INSERT ON seltzer.history DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION public.note_commit();
"""
WAYS: dict[str, Callable[[int], dict[str, str]]] = {
    "sql": lambda n: {f"m/000{n}_step.sql": f"SELECT {n};"},
    "switching": lambda n: {f"m/000{n}_step.sql": "SET synchronous_commit = off; SET LOCAL synchronous_commit = off;"},
    "unparsed": lambda n: {f"m/000{n}_step.sql": f"-- seltzer: parse = off\nSELECT {n};"},
    "stepwise": lambda n: {f"m/000{n}_step.sql": f"SELECT {n}; VACUUM commits;"},
    "python": lambda n: {f"m/000{n}_step.py": "def apply(conn):\n    pass\n"},
}


@pytest.fixture
def watched(project: Project, request: pytest.FixtureRequest) -> Project:
    """A project whose history notes how durable each of its commits is, on a database with this default."""
    project.write({"m/create_tables.sql": "SELECT 0;"}).migrations().run_all()
    project.database.query(WATCH)
    default: str = getattr(request, "param", "on")
    project.database.query(f"ALTER DATABASE {project.database.name} SET synchronous_commit = '{default}'")
    return project


def durabilities(project: Project) -> list[tuple[str, str]]:
    """State and durability of each commit, in order."""
    rows = project.database.query("SELECT state, durability FROM commits ORDER BY position")
    return [(str(state), str(durability)) for state, durability in rows]


@pytest.mark.parametrize(
    ("watched", "way"),
    [*(("on", way) for way in WAYS), ("off", "sql"), ("off", "switching"), ("local", "sql")],
    indirect=["watched"],
)
def test_only_the_last_commit_of_a_run_waits_for_the_disk(watched: Project, way: str) -> None:
    """Whatever the database's default is and whatever a file switches: nobody sees `current` before it is durable."""
    for number in (1, 2, 3):
        watched.write(WAYS[way](number))

    watched.migrations().run_all()

    *before, last = durabilities(watched)
    assert before == [("applied", "off")] * 2
    assert last in {("applied", "on"), ("applied", "local")}


def test_a_single_migration_is_a_last_one(watched: Project) -> None:
    """It is durable."""
    watched.write(WAYS["sql"](1)).migrations().run_all()

    assert durabilities(watched) == [("applied", "on")]


@pytest.mark.parametrize("watched", ["on", "off"], indirect=True)
def test_the_note_of_a_failure_makes_what_came_before_it_durable(watched: Project) -> None:
    """A run that ends in a failure ends with a synchronous commit, too."""
    for number in (1, 2):
        watched.write(WAYS["sql"](number))
    watched.write({"m/0003_fail.sql": "SELECT 1 / (SELECT 0);"})

    with pytest.raises(StatementError):
        watched.migrations().run_all()

    assert durabilities(watched) == [("applied", "off"), ("applied", "off"), ("failed", "on")]
