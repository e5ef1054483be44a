"""What text cannot say: a step fails for a name that a later step provides, and the error prints the line to add."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from seltzer.errors import SeltzerError

if TYPE_CHECKING:
    from support import Project

TABLE = "CREATE TABLE t (a int)"
FUNCTION = "CREATE FUNCTION {}(int) RETURNS int LANGUAGE sql AS 'SELECT 1'"
# What only a DO block says, what a later step provides, the name and PostgreSQL's code.
MISSING = {
    "a table": ("PERFORM FROM late", "CREATE TABLE late ()", "table public.late", "42P01"),
    "a table with its schema": ("PERFORM FROM public.late", "CREATE TABLE late ()", "table public.late", "42P01"),
    "a quoted table": ('PERFORM FROM "Late One"', 'CREATE TABLE "Late One" ()', "table public.Late One", "42P01"),
    "a view": ("PERFORM FROM late", "CREATE VIEW late AS SELECT 1", "view public.late", "42P01"),
    "a sequence": ("PERFORM nextval('late')", "CREATE SEQUENCE late", "sequence public.late", "42P01"),
    "a column": ("UPDATE t SET b = 1", "ALTER TABLE t ADD COLUMN b int", "column public.t.b", "42703"),
    "a column after an alias": ("PERFORM x.b FROM t x", "ALTER TABLE t ADD COLUMN b int", "column public.t.b", "42703"),
    "a function": ("PERFORM late(1)", FUNCTION.format("late"), "function public.late", "42883"),
    "a quoted function": ('PERFORM "Late One"(1)', FUNCTION.format('"Late One"'), "function public.Late One", "42883"),
    "an operator": (
        "PERFORM 1 @@@ 2", "CREATE OPERATOR @@@ (FUNCTION = int4pl, LEFTARG = int, RIGHTARG = int)",
        "operator public.@@@", "42883",
    ),
    "a type": (
        "EXECUTE 'CREATE TABLE u (m mood)'", "CREATE TYPE mood AS ENUM ()", "type public.mood", "42704",
    ),
    "a schema": ("EXECUTE 'CREATE TABLE app.t ()'", "CREATE SCHEMA app", "schema app", "3F000"),
}  # fmt: skip


@pytest.mark.parametrize(("inside", "later", "name", "code"), MISSING.values(), ids=MISSING.keys())
def test_the_error_names_the_step_and_prints_the_directive(
    project: Project, inside: str, later: str, name: str, code: str
) -> None:
    """And with that line at its top everything is applied."""
    text = f"DO $$ BEGIN {inside}; END $$;\n"
    project.write({"a/0001_x.sql": text, "b/create_tables.sql": f"{TABLE};\n", "z/0001_x.sql": f"{later};\n"})

    with pytest.raises(SeltzerError) as caught:
        project.migrations().run_all()

    assert getattr(caught.value, "sqlstate", None) == code
    hint = str(caught.value.hint)
    assert hint.startswith(f"z/0001_x provides {name}, but runs later: ")
    directive = hint.splitlines()[-1].strip()
    assert directive == "-- seltzer: depends-on = z/0001_x"
    project.write({"a/0001_x.sql": f"{directive}\n{text}"}).migrations().run_all()
    assert set(project.states().values()) == {"applied"}


def test_python_gets_its_own_line(project: Project) -> None:
    """A constant instead of a comment."""
    text = "def apply(conn):\n    conn.execute('SELECT FROM late')\n"
    project.write({"a/0001_x.py": text, "z/0001_x.sql": "CREATE TABLE late ();\n"})

    with pytest.raises(SeltzerError) as caught:
        project.migrations().run_all()

    directive = str(caught.value.hint).splitlines()[-1].strip()
    assert directive == 'DEPENDS_ON = "z/0001_x"'
    project.write({"a/0001_x.py": f"{directive}\n\n{text}"}).migrations().run_all()
    assert project.states() == {"a/0001_x": "applied", "z/0001_x": "applied"}


def test_a_later_file_of_the_same_module_cannot_be_waited_for(project: Project) -> None:
    """The line would close a ring; a repeatable of the module can be waited for."""
    project.write(
        {"a/create_tables.sql": "CREATE VIEW v AS SELECT FROM late;\n", "a/0002_x.sql": "CREATE TABLE late ();\n"}
    )
    with pytest.raises(SeltzerError) as caught:
        project.migrations().run_all()
    assert str(caught.value.hint) == (
        "a/0002_x provides table public.late, but runs later, as numbered files do: "
        "move what needs it into a file after that one."
    )

    project.write({"a/create_tables.sql": "DO $$ BEGIN PERFORM FROM late; END $$;\n", "a/0002_x.sql": "SELECT 1;\n"})
    project.write({"a/late.sql": "CREATE OR REPLACE VIEW late AS SELECT 1;\n"})
    with pytest.raises(SeltzerError) as caught:
        project.migrations().run_all()
    assert "-- seltzer: depends-on = a/late" in str(caught.value.hint)


def test_a_name_that_nobody_provides_has_no_such_hint(project: Project) -> None:
    """Nor has one that only a step before it provided, or another failure."""
    for inside in ("PERFORM FROM nowhere", "PERFORM t(1)", "PERFORM 1 / 0"):
        project.write({"b/create_tables.sql": f"{TABLE};\n", "c/0001_x.sql": f"DO $$ BEGIN {inside}; END $$;\n"})
        project.write({"z/0001_x.sql": "CREATE TABLE late ();\n"})

        with pytest.raises(SeltzerError) as caught:
            project.migrations().run_all()

        assert not re.search("runs later|depends-on", str(caught.value.hint))
