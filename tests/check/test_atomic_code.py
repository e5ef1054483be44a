"""Atomic, of what cannot be read: runners, Python migrations and unparsed files, disturbed by the server's triggers."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import TYPE_CHECKING

import pytest

from seltzer.claims.finding import Verdict
from seltzer.model import Severity

if TYPE_CHECKING:
    from check.trials import Checked
    from seltzer.claims.finding import Judgement

CONNECTS = """\
DEPENDS_ON = "users"
import psycopg2
from shared.config import config as c


def connected():
    conn = psycopg2.connect(dbname=c.DB_NAME, user=c.DB_USER, password=c.DB_PASSWORD, host=c.DB_HOST, port=c.DB_PORT)
    conn.autocommit = True
    return conn


def run_migration():
    conn = connected()
    cursor = conn.cursor()
"""
FIRST = {
    "../shared/config.py": "raise RuntimeError('not configured here')\n",
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, n int);\n",
}
AS_BEFORE = "and the connection ended there: catalog and rows as before; tried on rows made up for public.users"


def judged(checked: Checked, files: dict[str, str], id_: str) -> Judgement:
    """What the claim comes to for one migration, behind a module's first day."""
    return checked.write({**FIRST, **files}).judge(id_, "atomic")


def lines(body: str) -> str:
    """The lines of a function as they stand below."""
    return indent(dedent(body).strip(), "    ") + "\n"


def judged_runner(checked: Checked, body: str) -> Judgement:
    """The same for a runner that connects by itself, in autocommit mode, and has a cursor."""
    return judged(checked, {"warehouse/__init__.py": CONNECTS + lines(body)}, "warehouse/run_migration")


def judged_python(checked: Checked, body: str) -> Judgement:
    """The same for a Python migration."""
    return judged(checked, {"users/0002_it.py": f"def apply(conn):\n{lines(body)}"}, "users/0002_it")


RUNNERS = {
    "all in one message": """
        cursor.execute('CREATE TABLE IF NOT EXISTS a (); CREATE TABLE IF NOT EXISTS b (); INSERT INTO users VALUES (1)')
    """,
    "one transaction of its own": """
        conn.autocommit = False
        cursor.execute('CREATE TABLE IF NOT EXISTS a ()')
        cursor.execute('INSERT INTO users VALUES (1)')
        cursor.execute('CREATE TABLE IF NOT EXISTS b ()')
        conn.commit()
    """,
    "rows that were there, in one transaction": """
        conn.autocommit = False
        cursor.execute('UPDATE users SET n = n + 1 WHERE n > 0')
        cursor.execute('DELETE FROM users WHERE n = 0')
        conn.commit()
    """,
    "one change": """
        cursor.execute('CREATE TABLE IF NOT EXISTS a ()')
    """,
    "tries again": """
        for attempt in range(3):
            try:
                with connected() as again:
                    again.cursor().execute('CREATE TABLE IF NOT EXISTS a (); CREATE TABLE IF NOT EXISTS b ()')
                break
            except psycopg2.Error:
                pass
    """,
    "an extension": """
        cursor.execute('CREATE EXTENSION IF NOT EXISTS vector')
    """,
}


@pytest.mark.parametrize("body", RUNNERS.values(), ids=RUNNERS.keys())
def test_a_runner_that_keeps_the_promise(checked: Checked, body: str) -> None:
    """However it does it."""
    found = judged_runner(checked, body)

    assert (found.verdict, found.findings) == (Verdict.PROVEN, ()), found


def test_what_an_extension_consists_of_is_one_change(checked: Checked) -> None:
    """And not as many as it has objects."""
    found = judged_runner(checked, RUNNERS["an extension"])

    assert found.evidence == f"an error after its only change, {AS_BEFORE}"


def test_what_a_runner_hands_over_is_in_the_runs_transaction(checked: Checked) -> None:
    """Several files of it, and all of them or none."""
    runner = """\
from pathlib import Path
from seltzer import execute_sql_file


def run_migration():
    for name in ("one.sql", "two.sql"):
        execute_sql_file(Path(__file__).with_name(name))
"""
    files = {
        "warehouse/__init__.py": runner,
        "warehouse/one.sql": "CREATE TABLE IF NOT EXISTS a ();\n",
        "warehouse/two.sql": "CREATE TABLE IF NOT EXISTS b ();\nCREATE TABLE IF NOT EXISTS c ();\n",
    }

    found = judged(checked, files, "warehouse/run_migration")

    assert (found.verdict, found.evidence) == (Verdict.PROVEN, f"an error after each of its 3 changes, {AS_BEFORE}")


RUNNER_DEFECTS = {
    "two commands": (
        """
            cursor.execute('CREATE TABLE IF NOT EXISTS a ()')
            cursor.execute('CREATE TABLE IF NOT EXISTS b ()')
        """,
        "CREATE TABLE public.b",
        "table public.a is new",
    ),
    "rows after a command": (
        """
            cursor.execute('CREATE TABLE IF NOT EXISTS a ()')
            cursor.execute('INSERT INTO users VALUES (1)')
        """,
        "INSERT on public.users",
        "table public.a is new",
    ),
    "rows, then a command": (
        """
            cursor.execute('INSERT INTO users VALUES (1)')
            cursor.execute('CREATE TABLE IF NOT EXISTS a ()')
        """,
        "CREATE TABLE public.a",
        "public.users: 19 → 20 rows",
    ),
    "a table made anew, and a copy": (
        """
            import io
            cursor.execute('TRUNCATE users')
            cursor.copy_expert('COPY users FROM STDIN', io.StringIO('7\\t8'))
        """,
        "INSERT on public.users",
        "public.users: 19 → 0 rows",
    ),
    "rows of a table of its own": (
        """
            cursor.execute('CREATE TABLE IF NOT EXISTS a (n int)')
            cursor.execute('INSERT INTO a VALUES (1)')
        """,
        "INSERT on public.a",
        "table public.a is new",
    ),
    "an extension first": (
        """
            cursor.execute('CREATE EXTENSION IF NOT EXISTS vector')
            cursor.execute('CREATE TABLE IF NOT EXISTS a ()')
        """,
        "CREATE TABLE public.a",
        "extension vector is new",
    ),
    "triggers switched off": (
        """
            cursor.execute('SET session_replication_role = replica')
            cursor.execute('INSERT INTO users VALUES (1)')
            cursor.execute('CREATE TABLE IF NOT EXISTS a ()')
        """,
        "CREATE TABLE public.a",
        "public.users: 19 → 20 rows",
    ),
    "a drop": (
        """
            cursor.execute('CREATE TABLE IF NOT EXISTS a ()')
            cursor.execute('DROP TABLE users')
        """,
        "DROP TABLE",
        "table public.a is new",
    ),
}


@pytest.mark.parametrize(("body", "after", "stays"), RUNNER_DEFECTS.values(), ids=RUNNER_DEFECTS.keys())
def test_a_runner_that_commits_between(checked: Checked, body: str, after: str, stays: str) -> None:
    """What stayed is named, and the file and line of the call that failed."""
    found = judged_runner(checked, body)

    assert found.verdict is Verdict.REFUTED, found
    (finding,) = found.findings
    assert (finding.rule, finding.severity, finding.file.name) == ("partly-applied", Severity.ERROR, "__init__.py")
    assert after in finding.message
    assert stays in finding.evidence
    assert finding.line == len((CONNECTS + lines(body)).splitlines())
    assert "execute_sql_file" in (finding.fix or "")


def test_a_runner_that_changes_rows_and_commits_between(checked: Checked) -> None:
    """On an empty table none of it would leave anything."""
    body = """
        cursor.execute('UPDATE users SET n = n + 1 WHERE n > 0')
        cursor.execute('UPDATE users SET n = 0 WHERE n IS NULL')
        cursor.execute('DELETE FROM users WHERE n = 0')
    """

    found = judged_runner(checked, body)

    assert found.verdict is Verdict.REFUTED, found
    (finding,) = found.findings
    assert finding.rule == "partly-applied"
    assert finding.message.endswith("public.users: 19 rows, not with the same values")
    assert "the next run ends with something else" in finding.evidence


@pytest.mark.parametrize(
    ("body", "following"),
    [
        (
            """
            cursor.execute('CREATE TABLE a ()')
            cursor.execute('CREATE TABLE b ()')
            """,
            'the next run fails: failed: DuplicateTable: relation "a" already exists',
        ),
        (
            """
            cursor.execute('INSERT INTO users SELECT count(*) FROM users')
            cursor.execute('CREATE TABLE IF NOT EXISTS b ()')
            """,
            "the next run ends with something else: public.users: 20 → 21 rows",
        ),
        (RUNNER_DEFECTS["two commands"][0], "the next run completes it"),
    ],
    ids=["fails", "does it twice", "completes it"],
)
def test_what_the_next_run_makes_of_it_is_said(checked: Checked, body: str, following: str) -> None:
    """It is tried on what stayed."""
    assert following in judged_runner(checked, body).findings[0].evidence


def test_a_failure_that_is_kept_quiet_is_told(checked: Checked) -> None:
    """The history says applied, and something is missing."""
    body = """
        try:
            cursor.execute('CREATE TABLE IF NOT EXISTS a ()')
        except psycopg2.Error as error:
            print(error)
    """

    found = judged_runner(checked, body)

    assert found.verdict is Verdict.REFUTED, found
    (finding,) = found.findings
    assert finding.rule == "swallowed-failure"
    assert "table public.a is gone" in finding.evidence


UNSEEN = {
    "VACUUM": (
        """
            cursor.execute('CREATE TABLE IF NOT EXISTS a ()')
            cursor.execute('VACUUM users')
        """,
        "VACUUM",
    ),
    "a role": (
        """
            cursor.execute('CREATE TABLE IF NOT EXISTS a ()')
            cursor.execute('CREATE ROLE of_a_trial')
        """,
        "roles",
    ),
    "a large object": (
        """
            cursor.execute('CREATE TABLE IF NOT EXISTS a (); SELECT lo_create(4711)')
        """,
        "large objects",
    ),
    "an event trigger": (
        """
            cursor.execute('''
                CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
                CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION f()
            ''')
        """,
        "event triggers",
    ),
}


@pytest.mark.parametrize(("body", "named"), UNSEEN.values(), ids=UNSEEN.keys())
def test_what_no_trigger_follows_is_named(checked: Checked, body: str, named: str) -> None:
    """It is not proven then, and the reason says what could not be followed."""
    found = judged_runner(checked, body)

    assert found.verdict is Verdict.UNPROVEN, found
    assert named in found.evidence


def test_a_runner_that_changes_nothing_makes_no_such_claim(checked: Checked) -> None:
    """There is no point where it could be disturbed."""
    found = judged_runner(checked, "cursor.execute('SELECT 1')")

    assert (found.verdict, found.evidence) == (Verdict.NOT_APPLICABLE, "it changes nothing on the shadow")


def test_a_runner_that_reaches_elsewhere_is_not_proven(checked: Checked) -> None:
    """Nothing was sent there."""
    found = judged_runner(checked, "psycopg2.connect('postgresql://app:secret@db.invalid/shop')")

    assert found.verdict is Verdict.UNPROVEN
    assert "connects to app@db.invalid:5432/shop" in found.evidence
    assert "secret" not in found.evidence


PYTHON = {
    "statements": """
        conn.execute('CREATE TABLE a ()')
        conn.execute('INSERT INTO users VALUES (1)')
    """,
    "a part that is tried again": """
        for _ in range(2):
            try:
                with conn.transaction():
                    conn.execute('CREATE TABLE a ()')
                return
            except Exception:
                if conn.broken:
                    raise
    """,
}


@pytest.mark.parametrize("body", PYTHON.values(), ids=PYTHON.keys())
def test_a_python_migration_that_keeps_the_promise(checked: Checked, body: str) -> None:
    """On the connection that it is given."""
    found = judged_python(checked, body)

    assert (found.verdict, found.findings) == (Verdict.PROVEN, ()), found


PYTHON_DEFECTS = {
    "a connection of its own": (
        """
            import psycopg
            with psycopg.connect(autocommit=True) as own:
                own.execute('CREATE TABLE a ()')
            conn.execute('INSERT INTO users VALUES (1)')
        """,
        "partly-applied",
    ),
    "a connection of its own that comes last": (
        """
            import psycopg
            conn.execute('CREATE TABLE a ()')
            with psycopg.connect(autocommit=True) as own:
                own.execute("UPDATE users SET n = 7")
        """,
        "partly-applied",
    ),
    "a failure that is kept quiet": (
        """
            try:
                with conn.transaction():
                    conn.execute('CREATE TABLE a ()')
            except Exception:
                if conn.broken:
                    raise
        """,
        "swallowed-failure",
    ),
}


@pytest.mark.parametrize(("body", "rule"), PYTHON_DEFECTS.values(), ids=PYTHON_DEFECTS.keys())
def test_a_python_migration_that_does_not(checked: Checked, body: str, rule: str) -> None:
    """What stayed, or what is missing."""
    found = judged_python(checked, body)

    assert found.verdict is Verdict.REFUTED, found
    assert [each.rule for each in found.findings] == [rule]


def test_an_unparsed_file_is_disturbed_too(checked: Checked) -> None:
    """Its statements are the server's to count."""
    text = "-- seltzer: parse = off\nCREATE TABLE a ();\nINSERT INTO users VALUES (1);\n"

    found = judged(checked, {"users/0002_it.sql": text}, "users/0002_it")

    assert (found.verdict, found.evidence) == (Verdict.PROVEN, f"an error after each of its 2 changes, {AS_BEFORE}")


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("CREATE TABLE a ();\nCREATE TABLE b ();\n", Verdict.PROVEN),
        ("CREATE TABLE a ();\nCOMMIT;\nCREATE TABLE b ();\n", Verdict.REFUTED),
        ("CREATE TABLE IF NOT EXISTS a ();\nCOMMIT;\nCREATE TABLE IF NOT EXISTS b ();\n", Verdict.PROVEN),
    ],
    ids=["one message", "cannot go on", "goes on"],
)
def test_an_unparsed_file_without_a_transaction_has_to_be_completed(
    checked: Checked, text: str, verdict: Verdict
) -> None:
    """By the next run, which sends it again."""
    head = "-- seltzer: parse = off\n-- seltzer: transaction = off\n"

    found = judged(checked, {"users/0002_it.sql": head + text}, "users/0002_it")

    assert found.verdict is verdict, found
