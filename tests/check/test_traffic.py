"""`traffic`: migrations that throw others out, keep them waiting or do not get through, and correct twins."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from seltzer.claims.finding import Verdict
from seltzer.model import Severity

if TYPE_CHECKING:
    from check.trials import Checked

_BEFORE = (
    "".join(f"CREATE TABLE IF NOT EXISTS plain_{n} (id integer);\n" for n in range(1, 7))
    + """
CREATE TABLE IF NOT EXISTS accounts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);
CREATE TABLE IF NOT EXISTS bookings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts (id),
    amount numeric(10,2) NOT NULL
);
"""
)
_CONNECTS = """
import psycopg2
from shared.config import config

DEPENDS_ON = ["bank"]


def run_migration():
    conn = psycopg2.connect(
        dbname=config.DB_NAME,
        user=config.DB_USER,
        password=config.DB_PASSWORD,
        host=config.DB_HOST,
        port=config.DB_PORT,
    )
    conn.autocommit = True
    with conn.cursor() as cursor:
        cursor.execute("{statement}")
    conn.close()
"""
_HANDS_OVER = """
from pathlib import Path

from seltzer import execute_sql_file

DEPENDS_ON = ["bank"]


def run_migration():
    execute_sql_file(Path(__file__).parent / "change.sql")
"""
_COLUMN = "ALTER TABLE accounts ADD COLUMN IF NOT EXISTS a integer"
_TWO = "ALTER TABLE accounts ADD COLUMN a integer; ALTER TABLE bookings ADD COLUMN b integer;"
_FIRST = (
    "ALTER TABLE accounts ADD COLUMN a integer; INSERT INTO bookings (account_id, amount) SELECT id, 1 FROM accounts;"
)
_LOOP = """
DO $$ DECLARE r record; BEGIN FOR r IN SELECT id FROM accounts LOOP
LOCK TABLE bookings IN SHARE MODE; {work} END LOOP; END $$;
"""
_BATCHES = """
DO $$ BEGIN LOOP
UPDATE accounts SET name = 'x' WHERE id IN (
    SELECT id FROM accounts WHERE name IS DISTINCT FROM 'x' LIMIT 2 FOR UPDATE SKIP LOCKED
);
EXIT WHEN NOT FOUND;
END LOOP; END $$; {sweep}
"""


class Planted(NamedTuple):
    """A defect, what is said of it, and how it is written without the defect."""

    rule: str
    wrong: dict[str, str]
    right: dict[str, str]


def _file(text: str) -> dict[str, str]:
    return {"bank/0001_change.sql": text}


def _id(files: dict[str, str]) -> str:
    return "late/run_migration" if "late/__init__.py" in files else "bank/0001_change"


def _runner(statement: str) -> dict[str, str]:
    return {
        "late/__init__.py": _CONNECTS.replace("{statement}", statement),
        "../shared/config.py": "raise RuntimeError('not configured here')\n",
    }


_HANDED_OVER = {"late/__init__.py": _HANDS_OVER, "late/change.sql": f"{_COLUMN};"}


_DEFECTS = {
    "a timeout of its own": Planted(
        "long-queue",
        _file("SET LOCAL lock_timeout = '1min'; ALTER TABLE accounts ADD COLUMN a integer;"),
        _file("SET LOCAL lock_timeout = '1s'; ALTER TABLE accounts ADD COLUMN a integer;"),
    ),
    "no timeout": Planted(
        "long-queue",
        _file("-- seltzer: lock-timeout = 0\nALTER TABLE accounts ADD COLUMN a integer;"),
        _file("-- seltzer: lock-timeout = 3s\nALTER TABLE accounts ADD COLUMN a integer;"),
    ),
    "a timeout that the server's own look for deadlocks comes before": Planted(
        "deadlock",
        _file(f"-- seltzer: lock-timeout = 5s\n{_TWO}"),
        _file(f"-- seltzer: lock-timeout = 500ms\n{_TWO}"),
    ),
    "two tables without a timeout": Planted(
        "deadlock",
        _file(f"SET LOCAL lock_timeout = 0; {_TWO}"),
        _file(_TWO),
    ),
    "rows of two tables without a timeout": Planted(
        "deadlock",
        _file("SET LOCAL lock_timeout = 0; UPDATE accounts SET name = ''; UPDATE bookings SET amount = 1;"),
        _file("UPDATE accounts SET name = ''; UPDATE bookings SET amount = 1;"),
    ),
    "a lock that is held": Planted(
        "long-hold",
        _file("ALTER TABLE accounts ADD COLUMN a integer; SELECT pg_sleep(3.3);"),
        _file("SELECT pg_sleep(1); ALTER TABLE accounts ADD COLUMN a integer;"),
    ),
    "a lock outside of a transaction": Planted(
        "long-queue",
        _file("VACUUM FULL accounts;"),
        _file("VACUUM accounts;"),
    ),
    "an index": Planted(
        "long-hold",
        _file("LOCK TABLE bookings IN SHARE MODE; SELECT pg_sleep(3.3); CREATE INDEX i ON bookings (account_id);"),
        _file("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON bookings (account_id);"),
    ),
    "the first of two": Planted(
        "long-queue",
        _file(f"SET LOCAL lock_timeout = '1min'; {_FIRST}"),
        _file(_FIRST),
    ),
    "a loop over rows": Planted(
        "long-hold",
        _file(_LOOP.replace("{work}", "PERFORM pg_sleep(0.2);")),
        _file(_LOOP.replace("{work}", "")),
    ),
    "rows that are held": Planted(
        "long-hold",
        _file("UPDATE accounts SET name = 'a'; SELECT pg_sleep(3.3);"),
        _file("SELECT pg_sleep(1); UPDATE accounts SET name = 'a';"),
    ),
    "rows that are held, among others": Planted(
        "long-hold",
        _file("UPDATE accounts SET name = NULL; INSERT INTO plain_1 VALUES (1); SELECT pg_sleep(3.3);"),
        _file("INSERT INTO plain_1 VALUES (1); SELECT FROM accounts FOR KEY SHARE; SELECT pg_sleep(3.3);"),
    ),
    "a runner that holds a lock": Planted("long-hold", _runner(f"{_COLUMN}; SELECT pg_sleep(4);"), _HANDED_OVER),
    "a runner that holds rows": Planted(
        "long-hold", _runner("UPDATE accounts SET name = 'a'; SELECT pg_sleep(3.3);"), _HANDED_OVER
    ),
    "a runner that waits": Planted("long-queue", _runner(_COLUMN), _HANDED_OVER),
    "a wait that is given up in silence": Planted(
        "does-not-get-through",
        _file(f"DO $$ BEGIN {_COLUMN}; EXCEPTION WHEN lock_not_available THEN RAISE NOTICE 'not today'; END $$;"),
        _file(f"DO $$ BEGIN {_COLUMN}; EXCEPTION WHEN duplicate_table THEN RAISE NOTICE 'there'; END $$;"),
    ),
    "rows that are passed by": Planted(
        "does-not-get-through",
        _file(_BATCHES.replace("{sweep}", "")),
        _file(_BATCHES.replace("{sweep}", "UPDATE accounts SET name = 'x' WHERE name IS DISTINCT FROM 'x';")),
    ),
    "a runner that gives up": Planted(
        "does-not-get-through", _runner(f"SET lock_timeout = '100ms'; {_COLUMN}"), _HANDED_OVER
    ),
}

_SEVERITIES = {
    "deadlock": Severity.WARNING,
    "long-queue": Severity.ERROR,
    "long-hold": Severity.ERROR,
    "does-not-get-through": Severity.ERROR,
}


_LONG = {
    "a runner that holds a lock",
    "a runner that holds rows",
    "rows that are held, among others",
    "a loop over rows",
}
_EACH = pytest.mark.parametrize(
    "defect",
    [pytest.param(it, id=name, marks=[pytest.mark.slow] * (name in _LONG)) for name, it in _DEFECTS.items()],
)


@_EACH
def test_a_planted_defect_is_caught(checked: Checked, defect: Planted) -> None:
    """What costs others an error, or more than the lock timeout, is refuted."""
    found = checked.write({"bank/create_tables.sql": _BEFORE, **defect.wrong}).judge(_id(defect.wrong), "traffic")

    assert found.verdict is Verdict.REFUTED, found.evidence
    said = {item.rule: item.severity for item in found.findings}
    assert said.get(defect.rule) == _SEVERITIES[defect.rule], found.findings


@_EACH
def test_its_correct_twin_stays_silent(checked: Checked, defect: Planted) -> None:
    """The same wish, written for a database that others use, is proven."""
    found = checked.write({"bank/create_tables.sql": _BEFORE, **defect.right}).judge(_id(defect.right), "traffic")

    assert found.verdict is Verdict.PROVEN, found


def test_rows_that_break_what_is_not_valid_are_no_matter_here(checked: Checked) -> None:
    """Whether VALIDATE finds some, `survives-rows` says; what it locks keeps nobody from reading or writing."""
    files = {
        "bank/create_tables.sql": _BEFORE,
        "bank/0001_add.sql": "ALTER TABLE accounts ADD CONSTRAINT named CHECK (name <> '') NOT VALID;",
        "bank/0002_change.sql": "ALTER TABLE accounts VALIDATE CONSTRAINT named;",
    }

    assert checked.write(files).judge("bank/0002_change", "traffic").verdict is Verdict.PROVEN


_TABLE = "CREATE TABLE IF NOT EXISTS late (id bigint PRIMARY KEY)"


def test_a_runner_that_two_processes_call_at_once_is_told_of(checked: Checked) -> None:
    """IF NOT EXISTS does not see what another transaction has not committed: one of the two fails."""
    found = checked.write({"bank/create_tables.sql": _BEFORE, **_runner(_TABLE)}).judge("late/run_migration", "traffic")

    (finding,) = found.findings
    assert (finding.rule, finding.severity) == ("called-at-once", Severity.INFO)


def test_a_runner_that_keeps_itself_apart_stays_silent(checked: Checked) -> None:
    """A lock of its own makes the second wait until the first has committed."""
    locked = f"SELECT pg_advisory_lock(1); {_TABLE}"
    found = checked.write({"bank/create_tables.sql": _BEFORE, **_runner(locked)}).judge("late/run_migration", "traffic")

    assert found.findings == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"-- seltzer: lock-timeout = 5s\n{_TWO}", "-- seltzer: lock-timeout = 500ms\nSeltzer gives up"),
        (f"SET LOCAL lock_timeout = 0; {_TWO}", "Leave lock_timeout to Seltzer"),
    ],
    ids=["a directive", "a setting of its own"],
)
def test_a_deadlock_is_told_with_what_gives_up_first(checked: Checked, text: str, says: str) -> None:
    """Who sets no lock_timeout is not told to leave it alone."""
    files = {"bank/create_tables.sql": _BEFORE, **_file(text)}
    finding, *_ = checked.write(files).judge("bank/0001_change", "traffic").findings

    assert (finding.rule, finding.severity) == ("deadlock", Severity.WARNING)
    assert finding.fix is not None
    assert finding.fix.startswith(says)
