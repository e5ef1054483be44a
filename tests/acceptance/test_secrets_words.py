"""What somebody wrote is theirs and is shown; what the server and Python add to it is not, unless `--show-values`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from acceptance.test_bad_input_form import call
from leaks import CANARY, Said, say_tables
from seltzer.db.history_sql import HistoryTable

if TYPE_CHECKING:
    from support import Outcome, Project

pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

ROWS = {
    "users/create_tables.sql": f"CREATE TABLE users (id int, email text);\nINSERT INTO users VALUES (1, '{CANARY}');"
}
READ = "    value = conn.execute('SELECT email FROM users').fetchone()[0]\n"


def applied(project: Project, *flags: str) -> tuple[Outcome, Said]:
    """An apply for a program and one for a person, and everything that was said and kept."""
    said = Said()
    for form in ("--json", "--verbose"):
        outcome = call(project, "apply", form, *flags)
        said.add(form, outcome.out + outcome.err)
        if form == "--json":
            said.add("message", outcome.json()["error"]["message"])
    say_tables(said, project.database)
    return outcome, said


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("raise RuntimeError('17 users have no email')", "RuntimeError: 17 users have no email"),
        ("raise ValueError('17 users have no \"email\"')", 'ValueError: 17 users have no "email"'),
        ("raise LookupError(f'no user in {len(value)} rows')", "LookupError: no user in 12 rows"),
        ("import os; os.environ['NO_SUCH_SETTING']", "NO_SUCH_SETTING"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("value.no_such_method()", "no attribute 'no_such_method'"),
        ("int(value)", "ValueError: invalid literal for int() with base 10: '…'"),
        ("int(value[7:11] + 'x')", "ValueError: invalid literal"),
        ("{'sad': 1}[value]", "KeyError: '…'"),
        ("import datetime; datetime.date.fromisoformat(value)", "Invalid isoformat string: '…'"),
        ("import datetime; datetime.datetime.strptime(value, '%Y')", "ValueError: time data '…'"),
        ("import json; json.loads(value)", "JSONDecodeError: Expecting value"),
    ],
)
@pytest.mark.parametrize("kind", ["migration", "runner"])
def test_a_message_of_ones_own_is_shown_and_a_value_in_one_of_pythons_is_not(
    project: Project, kind: str, code: str, shown: str
) -> None:
    """Whose it is tells the line that raised: one of the user's that says `raise`."""
    runner = f"def run_migration():\n    value = '{CANARY}'\n    {code}\n"
    migration = f"def apply(conn):\n{READ}    {code}\n"
    project.write({**ROWS, **({"m/0001_a.py": migration} if kind == "migration" else {"m/__init__.py": runner})})

    outcome, said = applied(project)

    assert said.leaks() == []
    assert outcome.code == 1
    assert shown in said.texts["message"]
    assert shown in said.texts["--verbose"]
    assert shown in said.texts["history"].replace('\\"', '"')


@pytest.mark.parametrize(
    "code",
    [
        "raise RuntimeError(str(error).replace(chr(10), ' ')) from error",
        "raise RuntimeError(error.diag.message_detail) from None",
        "raise RuntimeError(f'{error!r}')",
        "raise RuntimeError(f'failed\\n[SQL: INSERT {value}]\\n[parameters: ({value!r},)]')",
        "error.add_note(value); raise",
        "raise SystemExit(f'failed: {error}')",
    ],
)
def test_a_message_that_repeats_the_server_is_shown_without_what_it_repeats(project: Project, code: str) -> None:
    """Whole, in part, or as SQLAlchemy does."""
    text = f"CREATE UNIQUE INDEX ON users (email); INSERT INTO users VALUES (2, '{CANARY}')"
    body = f"{READ}    try:\n        conn.execute({text!r})\n    except Exception as error:\n        {code}\n"
    project.write({**ROWS, "users/0001_a.py": f"def apply(conn):\n{body}"})

    outcome, said = applied(project)

    assert said.leaks() == []
    assert outcome.code == 1
    assert "users/0001_a.py:6" in outcome.err.replace("migrations/", "") or "users/0001_a.py:4" in outcome.err


def test_what_sql_raises_and_says_is_shown(project: Project) -> None:
    """RAISE is somebody's own message, as a notice and as an error; the statement that led to it is not."""
    body = f"""BEGIN
    RAISE NOTICE '17 rows to go'; PERFORM say('{CANARY}'); END"""
    function = "CREATE FUNCTION say(text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE 'no user is left'; END $$;"
    project.write({**ROWS, "users/0001_a.sql": f"{function}\nDO $$ {body} $$;"})

    outcome, said = applied(project)

    assert said.leaks() == []
    assert "notice: 17 rows to go" in outcome.err
    assert "error: migrations/users/0001_a.sql:2: no user is left (SQLSTATE P0001)" in outcome.err
    assert "detail: PL/pgSQL function say(text) line 1 at RAISE" in outcome.err
    assert 'SQL statement "…"' in outcome.err


def test_the_rows_of_a_copy_are_not_shown_with_it(project: Project) -> None:
    """What only psql could read stands below the command, and a mistake is found in it."""
    project.write({"users/0001_a.sql": f"BEGIN; COPY users FROM stdin;\n{CANARY}\t4711\n\\.\nCOMMIT;\n"})

    outcome, said = applied(project)

    assert said.leaks() == []
    assert outcome.code == 2


@pytest.mark.parametrize(
    "line",
    [
        f"    conn.execute(\"INSERT INTO users VALUES ('{CANARY}', 4711)\"",
        f"    rows = [('{CANARY}', 4711) 5]",
        f'    text = """\n  {CANARY} 4711""" 5',
        f"    text = '{CANARY}",
    ],
)
def test_python_that_does_not_parse_is_shown_without_its_literals(project: Project, line: str) -> None:
    """Names and brackets are enough to see what is wrong."""
    project.write({"users/0001_a.py": f"def apply(conn):\n{line}\n"})

    outcome, said = applied(project)

    assert said.leaks() == []
    assert outcome.code == 2
    assert "does not parse" in outcome.err


def test_a_run_that_waits_does_not_say_what_the_other_session_does(project: Project) -> None:
    """Its backend and the name it gave itself are enough to find it."""
    project.write(ROWS)
    key = HistoryTable("seltzer", "history").lock_key()
    with project.database.connect(application_name="the other") as rival:
        rival.execute(f"SELECT pg_catalog.pg_advisory_lock({key}), '{CANARY}'".encode())
        outcome, said = applied(project, "--lock-wait", "200ms")
        status = call(project, "status", "--json")

    assert outcome.code == 5
    assert "the other" in said.texts["--verbose"]
    said.add("status", status.out)
    assert said.leaks() == []


HIDDEN = "hidden-0815"


@pytest.mark.parametrize("how", ["apply", "revert", "reset"])
@pytest.mark.parametrize("kind", ["sql", "python", "stepwise"])
def test_values_are_shown_to_who_asks_for_them_and_kept_nowhere(project: Project, how: str, kind: str) -> None:
    """`--show-values`: message, line and detail on the screen and in JSON; never in the history, and no password."""
    project.write({**ROWS, **_failing(kind, back=how == "revert")})
    if how == "revert":
        assert call(project, "apply").code == 0
    arguments = {"apply": [], "revert": ["--last", "1"], "reset": ["--database-name", project.database.name]}[how]

    hidden = call(project, how, *arguments)
    shown = call(project, how, *arguments, "--show-values", "--verbose")
    machine = call(project, how, *arguments, "--show-values", "--json")

    said = Said({"hidden": hidden.out + hidden.err})
    say_tables(said, project.database)
    assert said.leaks() == []
    assert (hidden.code, shown.code, machine.code) == (1, 1, 1)
    assert f'invalid input syntax for type integer: "{CANARY}"' in shown.err
    assert CANARY in machine.json()["error"]["message"]
    assert kind == "python" or f"VALUES ('{CANARY}')" in shown.err
    assert HIDDEN not in shown.out + shown.err + machine.out + machine.err + hidden.err


def _failing(kind: str, *, back: bool) -> dict[str, str]:
    """A migration that fails, or one whose way back does; a password stands on the line of the mistake."""
    sql = f"ALTER ROLE postgres PASSWORD '{HIDDEN}'; INSERT INTO users (id) VALUES ('{CANARY}');\n"
    if kind == "python":
        bad, good = (f"(conn):\n    conn.execute({sql!r})\n", "(conn):\n    pass\n")
        return {"users/0001_a.py": f"def apply{good if back else bad}def revert{bad}"}
    text = sql if kind == "sql" else f"-- seltzer: transaction = off\nSELECT 1;\n{sql}"
    return {"users/0001_a.sql": "SELECT 1;", "users/0001_a.down.sql": text} if back else {"users/0001_a.sql": text}


def test_a_detail_is_shown_to_who_asks_for_it(project: Project) -> None:
    """Of a constraint that refuses a row at the commit."""
    later = "CREATE TABLE later (a text UNIQUE DEFERRABLE INITIALLY DEFERRED);"
    project.write({"users/0001_a.sql": f"{later} INSERT INTO later VALUES ('{CANARY}'), ('{CANARY}');"})

    hidden, shown = call(project, "apply"), call(project, "apply", "--show-values")

    assert "detail: Key (a)=(…) already exists." in hidden.err
    assert f"detail: Key (a)=({CANARY}) already exists." in shown.err
