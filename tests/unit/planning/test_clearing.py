"""What was built on a name goes before the name does, against the alphabet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from unit.planning.planned import ids, plan, write

if TYPE_CHECKING:
    from pathlib import Path

TRIGGER = (
    "CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END';"
    "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()"
)
TYPED = "CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t (m mood)"

# One file that builds one thing on another; who ends the upper one, who ends the lower one.
OF_ONE_FILE = {
    "view": ("CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t", "DROP VIEW v", "DROP TABLE t"),
    "type": (TYPED, "DROP TABLE t", "DROP TYPE mood"),
    "column": (TYPED, "ALTER TABLE t DROP COLUMN m", "DROP TYPE mood"),
    "column type": (TYPED, "ALTER TABLE t ALTER m TYPE text", "DROP TYPE mood"),
    "foreign key": (
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p)", "DROP TABLE c", "DROP TABLE p",
    ),
    "trigger": (TRIGGER, "DROP TRIGGER g ON t", "DROP FUNCTION f()"),
    "index": ("CREATE TABLE t (a int); CREATE INDEX i ON t (a)", "DROP INDEX i", "DROP TABLE t"),
    "default": (
        "CREATE SEQUENCE s; CREATE TABLE t (a int DEFAULT nextval('s'))", "ALTER TABLE t ALTER a DROP DEFAULT",
        "DROP SEQUENCE s",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("both", "upper", "lower"), OF_ONE_FILE.values(), ids=OF_ONE_FILE.keys())
def test_of_one_file(tmp_path: Path, both: str, upper: str, lower: str) -> None:
    """Nobody else needs the lower one, and it still goes last."""
    folder = write(tmp_path, {"z/create_tables.sql": both, "c/0001_x.sql": upper, "b/0001_y.sql": lower})

    assert ids(plan(folder)) == ["z/create_tables", "c/0001_x", "b/0001_y"]


# The lower thing, what is built on it, who frees it, who drops it.
FREED = {
    "default": (
        "CREATE SEQUENCE s", "CREATE TABLE t (a int DEFAULT nextval('s'))", "ALTER TABLE t ALTER a DROP DEFAULT",
        "DROP SEQUENCE s",
    ),
    "other default": (
        "CREATE SEQUENCE s", "CREATE TABLE t (a int DEFAULT nextval('s'))", "ALTER TABLE t ALTER a SET DEFAULT 1",
        "DROP SEQUENCE s",
    ),
    "type": (
        "CREATE TYPE mood AS ENUM ('ok')", "CREATE TABLE t (m mood)", "ALTER TABLE t ALTER m TYPE text",
        "DROP TYPE mood",
    ),
    "type of an added column": (
        "CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t (a int)", "ALTER TABLE t ADD m mood",
        "ALTER TABLE t ALTER m TYPE text", "DROP TYPE mood",
    ),
    "unique constraint": (
        "CREATE TABLE p (id int CONSTRAINT u UNIQUE)", "CREATE TABLE c (p int CONSTRAINT fk REFERENCES p (id))",
        "ALTER TABLE c DROP CONSTRAINT fk", "ALTER TABLE p DROP CONSTRAINT u",
    ),
    "unique constraint, and what was on it dropped": (
        "CREATE TABLE p (id int CONSTRAINT u UNIQUE)", "CREATE TABLE c (p int CONSTRAINT fk REFERENCES p (id))",
        "DROP TABLE c", "ALTER TABLE p DROP CONSTRAINT u",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("lower", "upper", "frees", "drops"), FREED.values(), ids=FREED.keys())
def test_what_frees_a_name(tmp_path: Path, lower: str, upper: str, frees: str, drops: str) -> None:
    """ALTER without a DROP of the thing itself."""
    folder = write(
        tmp_path,
        {"z/create_tables.sql": lower, "y/0001_u.sql": upper, "c/0001_f.sql": frees, "b/0001_d.sql": drops},
    )

    assert ids(plan(folder)) == ["z/create_tables", "y/0001_u", "c/0001_f", "b/0001_d"]


@pytest.mark.parametrize(
    "first", ["CREATE TABLE p (a int)", "CREATE TABLE p (a int); CREATE VIEW v AS SELECT a FROM p"]
)
def test_what_a_cascade_takes_with_it(tmp_path: Path, first: str) -> None:
    """A view on a view on the table: nobody drops them by name, and all of them come before."""
    folder = write(
        tmp_path,
        {
            "z/create_tables.sql": first,
            "y/0001_v.sql": "SELECT 1" if "VIEW" in first else "CREATE VIEW v AS SELECT a FROM p",
            "x/0001_v2.sql": "CREATE VIEW v2 AS SELECT a FROM v",
            "w/0001_v3.sql": "CREATE VIEW v3 AS SELECT a FROM v2",
            "a/0001_gone.sql": "DROP TABLE p CASCADE",
        },
    )

    order = ids(plan(folder))

    assert order.index("x/0001_v2") < order.index("w/0001_v3") < order.index("a/0001_gone")


def test_a_cascade_on_a_name_that_comes_again_says_nothing(tmp_path: Path) -> None:
    """Which of the two views another one is on only the one who wrote it knows."""
    folder = write(
        tmp_path,
        {
            "z/create_tables.sql": "CREATE TABLE p (a int)",
            "y/0001_v.sql": "CREATE VIEW v AS SELECT a FROM p",
            "b/0001_gone.sql": "DROP TABLE p CASCADE",
            "c/0001_v.sql": "CREATE VIEW v AS SELECT 1 AS b",
            "x/0001_v2.sql": "CREATE VIEW v2 AS SELECT b FROM v",
        },
    )

    assert not [
        edge
        for step in plan(folder).steps
        for edge in step.depends_on
        if (edge.before, edge.after) == ("x/0001_v2", "b/0001_gone")
    ]
