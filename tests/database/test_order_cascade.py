"""A repeatable that drops with CASCADE what numbered files built on: refused before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support import Database, Project

VIEW = "DROP VIEW IF EXISTS v CASCADE;\nCREATE VIEW v AS SELECT id FROM t;\n"
FILES = {
    "a/create_tables.sql": "CREATE TABLE IF NOT EXISTS t (id int, n int);\n",
    "b/v.sql": VIEW,
    "c/0001_mv.sql": "SELECT 1;\nCREATE MATERIALIZED VIEW mv AS SELECT id FROM v;\n",
    "d/d.sql": "CREATE OR REPLACE VIEW d AS SELECT id FROM mv;\n",
    "e/e.sql": "CREATE OR REPLACE VIEW e AS SELECT id FROM d;\n",
}
WIDER = {"b/v.sql": VIEW.replace("id", "id, n", 1)}


def test_what_would_be_gone_for_good_is_refused(project: Project, database: Database) -> None:
    """The numbered file, its line, and the ways out; everything is there as before."""
    project.write(FILES).migrations().run_all()
    before = database.schema()

    refused = project.write(WIDER).run("apply")

    assert refused.code == 2
    assert "0001_mv.sql:2" in refused.err
    assert "c/0001_mv stands on view public.v, and b/v drops that with CASCADE" in refused.err
    assert "materialized view public.mv would be gone" in refused.err
    assert "CREATE OR REPLACE" in refused.err
    assert project.run("plan").code == 2
    assert database.schema() == before


def test_made_anew_in_a_numbered_file(project: Project, database: Database) -> None:
    """The way out that the hint names: what grew is what a fresh database has."""
    project.write(FILES).migrations().run_all()
    anew = "DROP MATERIALIZED VIEW IF EXISTS mv;\nCREATE MATERIALIZED VIEW mv AS SELECT id FROM v;\n"

    grown = project.write({**WIDER, "c/0002_anew.sql": anew}).run("apply", "--json").json()["applied"]

    assert grown == ["b/v", "c/0002_anew", "d/d", "e/e"]
    grew = database.schema()
    database.query("DROP TABLE t CASCADE; DROP SCHEMA seltzer CASCADE")
    assert project.run("apply").code == 0
    assert database.schema() == grew
    # The next change finds the newest of the two files.
    assert "c/0002_anew stands on view public.v" in project.write({"b/v.sql": VIEW + "SELECT 2;\n"}).run("apply").err


def test_what_a_numbered_file_says_once_is_no_loss(project: Project, database: Database) -> None:
    """Rows that were copied, an object that is gone again, a file that says it is independent."""
    project.write(
        {
            **FILES,
            "c/0001_mv.sql": "CREATE TABLE copied AS SELECT id FROM v;\nINSERT INTO copied SELECT id FROM v;\n"
            "CREATE VIEW mv AS SELECT id FROM copied;\n",
            "f/0001_short.sql": "CREATE VIEW short AS SELECT id FROM v;\n",
            "f/0002_gone.sql": "DROP VIEW short;\n",
        }
    ).migrations().run_all()

    assert project.write(WIDER).run("apply", "--json").json()["applied"] == ["b/v"]
    assert database.query("SELECT FROM copied, d, e") == []


def test_a_file_may_say_that_it_is_independent(project: Project, database: Database) -> None:
    """Somebody dropped the object by hand."""
    project.write(FILES).migrations().run_all()
    database.query("DROP MATERIALIZED VIEW mv CASCADE")
    project.write({"d/d.sql": "SELECT 2;\n", "e/e.sql": "SELECT 2;\n"})

    head = "-- seltzer: independent-of = c/0001\n"
    assert project.write({"b/v.sql": head + VIEW + "SELECT 2;\n"}).run("apply").code == 0


@pytest.mark.parametrize(
    ("signature", "standing"),
    [
        ("f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
         "CREATE TRIGGER tg BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()"),
        ("f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'", "CREATE INDEX i ON t (f(id))"),
        ("f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "ALTER TABLE t ALTER id SET DEFAULT f()"),
        ("f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
         "CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT f(); END"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("arguments", [True, False], ids=["with its arguments", "by its name"])
def test_what_stands_on_a_function(project: Project, signature: str, standing: str, *, arguments: bool) -> None:
    """Triggers, indexes, defaults and bodies that PostgreSQL parsed."""
    name = signature.partition(" ")[0] if arguments else "f"
    text = f"DROP FUNCTION IF EXISTS {name} CASCADE;\nCREATE FUNCTION {signature};\n"
    project.write(
        {"a/create_tables.sql": FILES["a/create_tables.sql"], "b/f.sql": text, "c/0001_x.sql": standing + ";\n"}
    )
    project.migrations().run_all()

    refused = project.write({"b/f.sql": text + "SELECT 2;\n"}).run("apply")

    assert (refused.code, "c/0001_x stands on function public.f" in refused.err) == (2, True)


def test_a_body_that_is_text_stands_on_nothing(project: Project) -> None:
    """A numbered function that reads the view stays, and so does what is built on it."""
    project.write(
        {
            "a/create_tables.sql": FILES["a/create_tables.sql"],
            "b/v.sql": VIEW,
            "c/0001_g.sql": "CREATE FUNCTION g() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM v';\n"
            "ALTER TABLE t ALTER n SET DEFAULT g();\n",
        }
    ).migrations().run_all()

    assert project.write(WIDER).run("apply").code == 0


def test_a_numbered_file_that_makes_room(project: Project) -> None:
    """It drops the view for the repeatable to make it anew, and takes along what stands on it."""
    project.write(FILES).migrations().run_all()

    room = {"a/0001_wide.sql": "DROP VIEW IF EXISTS v CASCADE;\nALTER TABLE t ALTER id TYPE bigint;\n"}
    refused = project.write(room).run("apply")

    assert (refused.code, "c/0001_mv stands on view public.v, and a/0001_wide drops" in refused.err) == (2, True)
