"""Atomic: planted defects that a fault brings to light, and their correct twins."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from seltzer.claims.finding import Verdict
from seltzer.model import Severity

if TYPE_CHECKING:
    from check.trials import Checked
    from seltzer.claims.finding import Judgement


def judged(checked: Checked, text: str, more: dict[str, str] | None = None) -> Judgement:
    """What the claim comes to for one file, behind a module's first day."""
    first = {"users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, n int);\n"}
    return checked.write({**first, **(more or {}), "users/0002_it.sql": text}).judge("users/0002_it", "atomic")


def lines(text: str) -> str:
    """A file as it stands below, without what is there for the eye."""
    return dedent(text).strip() + "\n"


SQL_TWINS = {
    "statements": """
        CREATE TABLE a ();
        INSERT INTO users VALUES (1);
        ALTER TABLE users ADD COLUMN m int; -- behind
    """,
    "a transaction of its own around everything": """
        SET lock_timeout = '1s';
        BEGIN;
        CREATE TABLE a ();
        CREATE TABLE b ();
        COMMIT;
    """,
    "savepoints": """
        CREATE TABLE a ();
        SAVEPOINT s;
        CREATE TABLE b ();
        ROLLBACK TO s;
        CREATE TABLE c ();
    """,
    "a block": """
        DO $$ BEGIN CREATE TABLE a (); INSERT INTO users VALUES (1); END $$;
    """,
    "a sequence": """
        CREATE SEQUENCE s;
        SELECT nextval('s');
        CREATE TABLE a ();
    """,
    "values that every run makes anew": """
        CREATE TABLE a (at timestamptz DEFAULT clock_timestamp());
        INSERT INTO a DEFAULT VALUES;
        CREATE INDEX CONCURRENTLY i ON a (at);
    """,
    "an index built beside writes": """
        CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON users (n);
    """,
    "two indexes": """
        CREATE INDEX CONCURRENTLY i ON users (n);
        CREATE INDEX CONCURRENTLY j ON users (id, n);
    """,
    "an index after other statements": """
        CREATE TABLE a (n int);
        INSERT INTO a VALUES (1);
        CREATE INDEX CONCURRENTLY i ON a (n);
    """,
    "a COMMIT that lets CONCURRENTLY out of the transaction of another tool": """
        CREATE TABLE a (n int);
        INSERT INTO a VALUES (1);
        COMMIT;
        SET lock_timeout = 0;
        CREATE INDEX CONCURRENTLY i ON a (n);
        SET lock_timeout = '5s';
    """,
    "VACUUM": """
        INSERT INTO users VALUES (1);
        VACUUM users;
    """,
    "a new value of an enum, used": """
        CREATE TABLE m (m mood);
        ALTER TYPE mood ADD VALUE 'glad';
        INSERT INTO m VALUES ('glad');
    """,
    "a commit that a new value of an enum needs": """
        ALTER TYPE mood ADD VALUE 'glad';
        COMMIT;
        CREATE TABLE m (m mood);
        INSERT INTO m VALUES ('glad');
    """,
    "a commit that an index needs": """
        BEGIN;
        CREATE TABLE a (n int);
        COMMIT;
        CREATE INDEX CONCURRENTLY i ON a (n);
        BEGIN;
        CREATE TABLE b ();
        COMMIT;
    """,
    "a new value of an enum, used, without a transaction": """
        -- seltzer: transaction = off
        ALTER TYPE mood ADD VALUE 'glad';
        INSERT INTO moods VALUES ('glad');
        """,
    "a part that it takes back": """
        BEGIN;
        CREATE TABLE a ();
        ROLLBACK;
        CREATE TABLE b ();
    """,
    "a procedure that commits nothing": """
        CREATE PROCEDURE fill() LANGUAGE sql AS 'INSERT INTO users VALUES (1)';
        CALL fill();
    """,
}
MOOD = {"users/0001_mood.sql": "CREATE TYPE mood AS ENUM ('sad');\nCREATE TABLE moods (mood mood);\n"}


@pytest.mark.parametrize("text", SQL_TWINS.values(), ids=SQL_TWINS.keys())
def test_a_file_that_keeps_the_promise(checked: Checked, text: str) -> None:
    """Nothing is said against it."""
    found = judged(checked, lines(text), MOOD)

    assert (found.verdict, found.findings) == (Verdict.PROVEN, ()), found


SQL_DEFECTS = {
    "a commit in the middle": (
        """
            CREATE TABLE a ();
            COMMIT;
            CREATE TABLE b ();
        """,
        "needless-commit",
        2,
    ),
    "two transactions": (
        """
            BEGIN;
            CREATE TABLE a ();
            COMMIT;
            BEGIN;
            CREATE TABLE b ();
            COMMIT;
        """,
        "needless-commit",
        3,
    ),
    "a transaction chained to the next": (
        """
            BEGIN;
            CREATE TABLE a ();
            COMMIT AND CHAIN;
            CREATE TABLE b ();
            COMMIT;
        """,
        "needless-commit",
        3,
    ),
    "transaction = off": (
        """
            -- seltzer: transaction = off
            CREATE TABLE a ();
            INSERT INTO users VALUES (1);
        """,
        "needless-commit",
        1,
    ),
    "a commit beside an index that needs one": (
        """
            BEGIN;
            CREATE TABLE a (n int);
            COMMIT;
            BEGIN;
            CREATE TABLE b ();
            COMMIT;
            CREATE INDEX CONCURRENTLY i ON a (n);
        """,
        "needless-commit",
        3,
    ),
    "a commit between statements that stand alone": (
        """
            CREATE TABLE a (n int);
            COMMIT;
            CREATE TABLE b ();
            CREATE INDEX CONCURRENTLY i ON a (n);
            """,
        "needless-commit",
        2,
    ),
    "a block that commits": (
        """
            DO $$
            BEGIN
              CREATE TABLE a ();
              COMMIT;
              CREATE TABLE b ();
            END $$;
        """,
        "needless-commit",
        1,
    ),
    "a block that commits and cannot go on": (
        """
            DO $$
            BEGIN
              CREATE TABLE a ();
              COMMIT;
              CREATE TABLE b ();
            END $$;
        """,
        "does-not-resume",
        1,
    ),
    "a block that commits and does it twice": (
        """
            DO $$
            BEGIN
              INSERT INTO users VALUES ((SELECT count(*) FROM users), 1);
              COMMIT;
              INSERT INTO users VALUES ((SELECT count(*) FROM users), 2);
            END $$;
        """,
        "does-not-resume",
        1,
    ),
    "a block whose update is done twice": (
        """
            INSERT INTO users VALUES (1, 1);
            DO $$
            BEGIN
              UPDATE users SET n = n + 1;
              COMMIT;
              CREATE TABLE a ();
            END $$;
        """,
        "does-not-resume",
        2,
    ),
    "a procedure of its own that commits": (
        """
            -- seltzer: transaction = off
            CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$
            BEGIN
              INSERT INTO users VALUES (1);
              COMMIT;
              INSERT INTO users VALUES (2);
            END $$;
            CALL fill();
        """,
        "needless-commit",
        8,
    ),
    "a procedure that does it twice": (
        """
            -- seltzer: transaction = off
            CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$
            BEGIN
              INSERT INTO users SELECT count(*) FROM users;
              COMMIT;
              INSERT INTO users SELECT count(*) FROM users;
            END $$;
            CALL fill();
        """,
        "does-not-resume",
        8,
    ),
}


@pytest.mark.parametrize(("text", "rule", "line"), SQL_DEFECTS.values(), ids=SQL_DEFECTS.keys())
def test_a_file_that_does_not(checked: Checked, text: str, rule: str, line: int) -> None:
    """The finding names the line and says what to do."""
    found = judged(checked, lines(text))

    assert found.verdict is Verdict.REFUTED, found
    finding = {each.rule: each for each in found.findings}[rule]
    assert (finding.line, finding.severity) == (line, Severity.ERROR)
    assert finding.file.name == "0002_it.sql"
    assert finding.fix


def test_a_procedure_that_was_there_before_and_commits(checked: Checked) -> None:
    """Only a copy of it loses its COMMIT, for as long as it is tried."""
    there = """
        CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO users VALUES (1);
          COMMIT;
        END $$;
    """
    text = "-- seltzer: transaction = off\nCALL fill();\nCREATE TABLE a ();\n"

    found = judged(checked, text, {"users/0001_there.sql": lines(there)})

    assert [(each.rule, each.line) for each in found.findings] == [("needless-commit", 2)]


def test_values_of_an_enum_are_committed_before_rows_have_them(checked: Checked) -> None:
    """No statement names the value: on rows that have it the two could not be one transaction."""
    text = """
        BEGIN;
        ALTER TYPE state ADD VALUE 'old';
        COMMIT;
        ALTER TABLE tasks ADD COLUMN t state;
        UPDATE tasks SET t = s::state;
    """
    there = "CREATE TYPE state AS ENUM ('new');\nCREATE TABLE tasks (s text CHECK (s IN ('new')));\n"

    found = judged(checked, lines(text), {"users/0001_there.sql": there})

    assert (found.verdict, found.findings) == (Verdict.PROVEN, ())


def test_a_block_in_front_of_the_rest_is_made_longer(checked: Checked) -> None:
    """Without its COMMIT the block would have no end: that is moved behind what could be in it."""
    text = "BEGIN;\nCREATE TABLE users (id int);\nCOMMIT;\nCREATE TABLE teams (id int);\nCREATE TABLE roles (id int);\n"
    checked.write({"shop/0001_tables.sql": text})

    (finding,) = checked.judge("shop/0001_tables", "atomic").findings

    assert (finding.rule, finding.line) == ("needless-commit", 3)
    assert "Move COMMIT from line 3 to behind the statement of line 5" in (finding.fix or "")


def test_a_large_file_is_disturbed_at_some_of_its_statements(checked: Checked) -> None:
    """At as many as it says."""
    found = judged(checked, "".join(f"CREATE TABLE a{number} ();\n" for number in range(60)))

    assert found.verdict is Verdict.PROVEN
    assert found.evidence.startswith("a fault after 50 of its 60 statements, evenly spread, and the connection ended")


def test_what_was_tried_is_said(checked: Checked) -> None:
    """Also of what holds."""
    found = judged(checked, "CREATE TABLE a ();\nCREATE TABLE b ();\n")

    assert found.evidence == (
        "a fault after each of its 2 statements, and the connection ended there: catalog and rows as before"
    )


def test_what_was_seen_is_told_in_few_lines(checked: Checked) -> None:
    """Where it was cut off, and what became of it; nothing twice."""
    text = """
        DO $$
        BEGIN
          CREATE TABLE a (id bigint PRIMARY KEY, n int);
          COMMIT;
          INSERT INTO users VALUES (1);
        END $$;
    """

    found = judged(checked, lines(text))

    (finding,) = [each for each in found.findings if each.rule == "does-not-resume"]
    assert finding.message == "when it is cut off in line 1, the next run fails"
    assert finding.evidence.splitlines()[1:] == ['the next run failed: relation "a" already exists']


def test_of_a_new_table_no_part_is_named(checked: Checked) -> None:
    """Whoever is told of the table knows that it has columns."""
    text = (
        "-- seltzer: parse = off\n-- seltzer: transaction = off\nCREATE TABLE a (n int);\nCOMMIT;\nCREATE TABLE b ();\n"
    )

    found = judged(checked, text)

    (finding,) = found.findings
    assert finding.evidence.splitlines()[1:] == [
        "table public.a is new",
        'the next run fails: relation "a" already exists',
    ]
