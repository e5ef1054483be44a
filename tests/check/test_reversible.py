"""`reversible`: up and down leave no trace; planted defects are found, their correct twins are silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from seltzer.claims.finding import Verdict
from seltzer.model import Severity

if TYPE_CHECKING:
    from check.trials import Checked

_BASE = """
CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL DEFAULT '', age int);
CREATE INDEX idx_users_email ON users (email);
CREATE TABLE colours (name text PRIMARY KEY, at int);
CREATE VIEW grown AS SELECT id FROM users WHERE age > 17;
INSERT INTO colours VALUES ('red', 1), ('blue', 2);
"""


class Defect(NamedTuple):
    """A migration with a way back that is none, and one that is.

    Attributes:
        up: The migration.
        planted: Its wrong way back.
        twin: Its right one.
        said: A part of the finding's message or evidence.
    """

    up: str
    planted: str
    twin: str
    said: str


DEFECTS = {
    "forgotten index": Defect(
        "ALTER TABLE users ADD name text; CREATE INDEX idx_users_age ON users (age);",
        "ALTER TABLE users DROP name;",
        "ALTER TABLE users DROP name; DROP INDEX idx_users_age;",
        "index public.idx_users_age is new",
    ),
    "column without its default": Defect(
        "ALTER TABLE users ALTER email DROP NOT NULL, ALTER email DROP DEFAULT;",
        "SELECT 1;",
        "ALTER TABLE users ALTER email SET NOT NULL, ALTER email SET DEFAULT '';",
        "column public.users.email: no longer not null; default ''::text → none",
    ),
    "type": Defect(
        "ALTER TABLE colours ALTER at TYPE bigint;",
        "ALTER TABLE colours ALTER at TYPE numeric;",
        "ALTER TABLE colours ALTER at TYPE int;",
        "column public.colours.at: type integer → numeric",
    ),
    "view": Defect(
        "DROP VIEW grown;",
        "CREATE VIEW grown AS SELECT id FROM users WHERE age > 18;",
        "CREATE VIEW grown AS SELECT id FROM users WHERE age > 17;",
        "view public.grown: definition",
    ),
    "rows": Defect(
        "INSERT INTO colours VALUES ('green', 3);",
        "DELETE FROM colours WHERE at = 2;",
        "DELETE FROM colours WHERE at = 3;",
        "public.colours: 21 → 20 rows",
    ),
    "too many rows": Defect(
        "INSERT INTO colours VALUES ('green', 3);",
        "DELETE FROM colours WHERE at > 2;",
        "DELETE FROM colours WHERE name = 'green';",
        "public.colours: 21 → ",
    ),
    "refused": Defect(
        "CREATE TABLE orders (id int PRIMARY KEY); CREATE VIEW open_orders AS SELECT id FROM orders;",
        "DROP TABLE orders;",
        "DROP VIEW open_orders; DROP TABLE orders;",
        "its way back fails: cannot drop table orders because other objects depend on it",
    ),
    "not again": Defect(
        "CREATE TABLE orders (id int); CREATE TYPE mood AS ENUM ('sad');",
        "DROP TABLE orders;",
        "DROP TABLE orders; DROP TYPE mood;",
        'once reverted, it cannot be applied again: type "mood" already exists',
    ),
    "grant": Defect(
        "GRANT SELECT ON users TO PUBLIC;",
        "SELECT 1;",
        "REVOKE SELECT ON users FROM PUBLIC;",
        "table public.users: privileges",
    ),
    "constraint not validated": Defect(
        "ALTER TABLE users DROP CONSTRAINT IF EXISTS c; ALTER TABLE colours DROP CONSTRAINT colours_pkey;",
        "ALTER TABLE colours ADD UNIQUE (name);",
        "ALTER TABLE colours ADD PRIMARY KEY (name);",
        "constraint public.colours.colours_name_key is new",
    ),
}


def _write(checked: Checked, up: str, down: str) -> Checked:
    return checked.write({"a/0001_base.sql": _BASE, "a/0002_change.sql": up, "a/0002_change.down.sql": down})


@pytest.mark.parametrize("name", DEFECTS)
def test_a_way_back_that_does_not_lead_back_is_found(checked: Checked, name: str) -> None:
    """The finding names the down file and what is left."""
    defect = DEFECTS[name]

    found = _write(checked, defect.up, defect.planted).judge("a/0002_change", "reversible")

    assert found.verdict is Verdict.REFUTED, found
    said = "\n".join(f"{finding.message}\n{finding.evidence}" for finding in found.findings)
    assert defect.said in said, said
    for finding in found.findings:
        assert finding.severity is Severity.ERROR
        assert finding.why
    assert found.findings[0].file.name in {"0002_change.down.sql", "0002_change.sql"}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_way_back_that_leads_back_is_proven(checked: Checked, name: str) -> None:
    """The twin of each defect is silent; that a column stands last afterwards is no matter."""
    defect = DEFECTS[name]

    found = _write(checked, defect.up, defect.twin).judge("a/0002_change", "reversible")

    assert found.verdict is Verdict.PROVEN, found


def test_what_has_no_way_back_makes_no_such_claim(checked: Checked) -> None:
    """Most migrations have none."""
    checked.write({"a/0001_base.sql": _BASE})

    assert checked.judge("a/0001_base", "reversible").verdict is Verdict.NOT_APPLICABLE


def test_a_down_file_that_does_not_parse_is_found(checked: Checked) -> None:
    """With its file and line: nobody reads it before the night when it is needed."""
    found = _write(checked, "SELECT 1;", "SELECT 1;\nDROP TABEL users;").judge("a/0002_change", "reversible")

    (finding,) = found.findings
    assert (finding.file.name, finding.line) == ("0002_change.down.sql", 2)


@pytest.mark.parametrize(
    ("back", "verdict"),
    [("DROP TABLE orders", Verdict.PROVEN), ("SELECT 1", Verdict.REFUTED)],
    ids=["leads back", "does not"],
)
def test_python_with_a_way_back_is_tried(checked: Checked, back: str, verdict: Verdict) -> None:
    """`apply(conn)` and `revert(conn)` of one file, in a process of their own."""
    text = f"""
def apply(conn):
    conn.execute("CREATE TABLE orders (id int)")


def revert(conn):
    conn.execute("{back}")
"""
    checked.write({"a/0001_base.sql": _BASE, "a/0002_change.py": text})

    assert checked.judge("a/0002_change", "reversible").verdict is verdict


_RUNNER = """
from pathlib import Path

import seltzer


def run_migration():
    seltzer.execute_sql_file(Path(__file__).parent / "create_tables.sql")
"""


@pytest.mark.parametrize(
    ("back", "verdict"),
    [("DROP TABLE IF EXISTS b;", Verdict.PROVEN), ("SELECT 1;", Verdict.REFUTED)],
    ids=["leads back", "does not"],
)
def test_a_runner_with_a_way_back_is_tried(checked: Checked, back: str, verdict: Verdict) -> None:
    """The down file of a runner, too."""
    checked.write(
        {
            "a/__init__.py": _RUNNER,
            "a/create_tables.sql": "CREATE TABLE IF NOT EXISTS b (id int);",
            "a/run_migration.down.sql": back,
        }
    )

    assert checked.judge("a/run_migration", "reversible").verdict is verdict


def test_a_way_back_that_goes_step_by_step_is_tried(checked: Checked) -> None:
    """Both directions outside of a transaction."""
    up = "CREATE INDEX CONCURRENTLY idx_users_age ON users (age);"
    down = "DROP INDEX CONCURRENTLY idx_users_age;"

    assert _write(checked, up, down).judge("a/0002_change", "reversible").verdict is Verdict.PROVEN


_ROWS = """
CREATE TABLE org (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
CREATE TABLE account (id bigint PRIMARY KEY, nick text, age int, made timestamptz NOT NULL DEFAULT now());
"""
LOSING = {
    "a column": ("ALTER TABLE account DROP COLUMN nick;", "ALTER TABLE account ADD COLUMN nick text;", "account"),
    "rows": ("DELETE FROM org;", "SELECT 1;", "org"),
    "what was behind the end": (
        "ALTER TABLE account ALTER nick TYPE varchar(200) USING left(nick, 200);",
        "ALTER TABLE account ALTER nick TYPE text;",
        "account",
    ),
    "case": ("UPDATE account SET nick = upper(nick);", "UPDATE account SET nick = lower(nick);", "account"),
}
KEEPING = {
    "a column": ("ALTER TABLE account ADD size int;", "ALTER TABLE account DROP size;"),
    "a column with the time of its making": (
        "ALTER TABLE account ADD since timestamptz DEFAULT clock_timestamp(), ADD key uuid DEFAULT gen_random_uuid();",
        "ALTER TABLE account DROP since, DROP key;",
    ),
    "a name": ("ALTER TABLE account RENAME nick TO known_as;", "ALTER TABLE account RENAME known_as TO nick;"),
    "a wider type": ("ALTER TABLE account ALTER age TYPE bigint;", "ALTER TABLE account ALTER age TYPE int;"),
    "numbers": ("UPDATE account SET age = age + 1;", "UPDATE account SET age = age - 1;"),
    "a row that a sequence numbers": (
        "INSERT INTO org (name) VALUES ('ours');",
        "DELETE FROM org WHERE name = 'ours';",
    ),
}


@pytest.mark.parametrize(("up", "down", "table"), LOSING.values(), ids=LOSING.keys())
def test_a_way_back_that_brings_no_rows_back_is_found(checked: Checked, up: str, down: str, table: str) -> None:
    """The catalog is as before, and what the rows had is lost."""
    checked.write({"a/0001_base.sql": _ROWS, "a/0002_change.sql": up, "a/0002_change.down.sql": down})

    found = checked.judge("a/0002_change", "reversible")

    assert found.verdict is Verdict.REFUTED, found
    (finding,) = found.findings
    assert f"its way back does not lead back: public.{table}: " in finding.message
    assert f"tried on rows made up for public.{table}" in finding.evidence


@pytest.mark.parametrize(("up", "down"), KEEPING.values(), ids=KEEPING.keys())
def test_a_way_back_that_keeps_the_rows_is_proven(checked: Checked, up: str, down: str) -> None:
    """Values that every run makes anew are no difference."""
    checked.write({"a/0001_base.sql": _ROWS, "a/0002_change.sql": up, "a/0002_change.down.sql": down})

    found = checked.judge("a/0002_change", "reversible")

    assert found.verdict is Verdict.PROVEN, found
    assert "tried on rows made up for" in found.evidence
