"""A CREATE TABLE in parts, each with the ALTER TABLE that would add it."""

from __future__ import annotations

import pytest

from seltzer.sql.tables import DeclaredConstraint, DeclaredTable, read_table


def table(text: str) -> DeclaredTable:
    """The parts of a CREATE TABLE."""
    found = read_table(text)
    assert found is not None
    return found


def constraint(text: str) -> DeclaredConstraint:
    """The one constraint of a table."""
    (found,) = table(text).constraints
    return found


def test_a_table_has_its_name_and_columns() -> None:
    """As PostgreSQL stores them: folded unless quoted, the schema only where it is written."""
    found = table('CREATE TABLE IF NOT EXISTS App.Users (Id bigint, "Full Name" text)')

    assert (found.schema, found.name) == ("app", "users")
    assert [column.name for column in found.columns] == ["id", "Full Name"]
    assert table("CREATE TABLE users ()").schema == ""


def test_a_column_is_where_it_is_written() -> None:
    """Its offset counts characters, not bytes."""
    text = 'CREATE TABLE "Ämter" ("größe" int, name text)'

    assert [column.offset for column in table(text).columns] == [text.index('"größe"'), text.index("name")]


def test_a_column_comes_with_the_command_that_adds_it() -> None:
    """With its type, default and constraints, in the reader's own names."""
    found = table("CREATE TABLE app.users (id bigint, email varchar(255) NOT NULL DEFAULT 'x')").columns[1]

    assert found.alter == ("ALTER TABLE app.users ADD COLUMN IF NOT EXISTS email varchar(255) NOT NULL DEFAULT 'x';")


@pytest.mark.parametrize(
    ("text", "letter", "columns", "alter"),
    [
        ("CREATE TABLE t (a int PRIMARY KEY)", "p", {"a"}, "ALTER TABLE t ADD PRIMARY KEY (a);"),
        ("CREATE TABLE t (a int, b int, PRIMARY KEY (a, b))", "p", {"a", "b"}, "ALTER TABLE t ADD PRIMARY KEY (a, b);"),
        ("CREATE TABLE t (a int UNIQUE)", "u", {"a"}, "ALTER TABLE t ADD UNIQUE (a);"),
        ("CREATE TABLE t (a int NOT NULL)", "n", {"a"}, "ALTER TABLE t ALTER COLUMN a SET NOT NULL;"),
        ("CREATE TABLE t (a int CHECK (a > 0))", "c", {"a"}, "ALTER TABLE t ADD CHECK (a > 0);"),
        ("CREATE TABLE t (a int, b int, CHECK (a > b))", "c", {"a", "b"}, "ALTER TABLE t ADD CHECK (a > b);"),
        (
            "CREATE TABLE t (a int REFERENCES users (id) ON DELETE CASCADE)",
            "f",
            {"a"},
            "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES users (id) ON DELETE CASCADE;",
        ),
        (
            "CREATE TABLE t (a int, CONSTRAINT t_a_fk FOREIGN KEY (a) REFERENCES users (id))",
            "f",
            {"a"},
            "ALTER TABLE t ADD CONSTRAINT t_a_fk FOREIGN KEY (a) REFERENCES users (id);",
        ),
    ],
)
def test_a_constraint_comes_with_the_command_that_adds_it(
    text: str, letter: str, columns: set[str], alter: str
) -> None:
    """Of a column or of the table: its sort, its columns, its command."""
    found = constraint(text)

    assert (found.letter, found.columns) == (letter, columns)
    assert found.alter == alter


def test_an_exclusion_constraint_is_one() -> None:
    """Its command is the one that PostgreSQL itself would take."""
    found = constraint("CREATE TABLE t (a int, CONSTRAINT t_a EXCLUDE USING gist (a WITH =))")

    assert (found.letter, found.name) == ("x", "t_a")
    assert found.alter == "ALTER TABLE t ADD CONSTRAINT t_a EXCLUDE USING gist (a WITH =);"


def test_a_constraint_is_called_as_a_person_would() -> None:
    """By its name, or by its sort and columns."""
    assert constraint("CREATE TABLE t (a int, CONSTRAINT t_a CHECK (a > 0))").label == "constraint 't_a'"
    assert constraint("CREATE TABLE t (b int, a int, UNIQUE (b, a))").label == "UNIQUE (a, b)"


def test_a_constraint_is_found_by_its_name_or_by_its_sort_and_columns() -> None:
    """A named one by nothing but its name: another with the same columns is another one."""
    named = constraint("CREATE TABLE t (a int, CONSTRAINT t_a UNIQUE (a))")
    unnamed = constraint("CREATE TABLE t (a int UNIQUE)")

    assert named.matches("u", "t_a", frozenset({"a"}), "")
    assert not named.matches("u", "other", frozenset({"a"}), "")
    assert unnamed.matches("u", "t_a_key", frozenset({"a"}), "")
    assert not unnamed.matches("p", "t_pkey", frozenset({"a"}), "")
    assert not unnamed.matches("u", "t_b_key", frozenset({"b"}), "")


@pytest.mark.parametrize(
    "text",
    ["", "SELECT 1", "CREATE TABLE", "CREATE INDEX i ON t (a)", "CREATE TABLE a (); CREATE TABLE b ()"],
)
def test_what_is_no_create_table_has_no_parts(text: str) -> None:
    """Nor have two of them at once, or text that does not parse."""
    assert read_table(text) is None


def test_what_is_no_constraint_of_the_catalog_is_left_out() -> None:
    """DEFAULT, GENERATED and NULL are written like constraints and stored elsewhere."""
    found = table("CREATE TABLE t (a int DEFAULT 1 NULL, b int GENERATED ALWAYS AS IDENTITY)")

    assert found.constraints == ()
    assert [column.name for column in found.columns] == ["a", "b"]
