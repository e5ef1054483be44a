"""Python migrations: `apply(conn)` inside the run's transaction, with all of psycopg and nothing left behind."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from seltzer.errors import ForgottenRenameError, PythonError, TransactionEndedError
from seltzer.model import DatabaseState

if TYPE_CHECKING:
    from support import Project

TABLE = {"users/create_tables.sql": "CREATE TABLE users (id int PRIMARY KEY, name text);"}


def write(project: Project, *lines: str, head: str = "", name: str = "0001_a") -> Project:
    """A project with a table and a Python migration that has these lines."""
    body = "".join(f"    {line}\n" for line in lines)
    return project.write({**TABLE, f"users/{name}.py": f"{head}def apply(conn):\n{body}"})


def names(project: Project) -> list[str]:
    """What is in the table, in order."""
    return [name for (name,) in project.database.query("SELECT name FROM users ORDER BY id")]


def line_of(error: PythonError | TransactionEndedError, project: Project) -> int | None:
    """The line that an error names, which has to be in the migration's file."""
    assert error.place is not None
    assert error.place.file.parent == project.folder / "users"
    return error.place.line


def test_it_runs_once_in_one_transaction_with_its_history_row(project: Project) -> None:
    """The server saw one transaction number for both."""
    write(project, "conn.execute(\"INSERT INTO users VALUES (1, 'Ada')\")")

    first, second = project.migrations().run_all(), project.migrations().run_all()

    assert (first.applied, second.applied) == (("users/create_tables", "users/0001_a"), ())
    assert project.database.query(
        "SELECT u.xmin = h.xmin FROM users AS u, seltzer.history AS h WHERE h.id = 'users/0001_a'"
    ) == [(True,)]


def test_a_block_of_its_own_is_a_savepoint(project: Project) -> None:
    """What fails in it is undone, what is around it stays; blocks may be nested."""
    write(
        project,
        "import psycopg",
        "conn.execute(\"INSERT INTO users VALUES (1, 'Ada')\")",
        "with conn.transaction():",
        "    conn.execute(\"INSERT INTO users VALUES (2, 'Grace')\")",
        "    try:",
        "        with conn.transaction():",
        "            conn.execute(\"INSERT INTO users VALUES (3, 'gone')\")",
        "            conn.execute(\"INSERT INTO users VALUES (1, 'twice')\")",
        "    except psycopg.errors.UniqueViolation:",
        "        pass",
        "with conn.transaction(force_rollback=True):",
        "    conn.execute(\"INSERT INTO users VALUES (4, 'tried')\")",
    )

    project.migrations().run_all()

    assert names(project) == ["Ada", "Grace"]


def test_rows_may_be_copied(project: Project) -> None:
    """In, and out again."""
    write(
        project,
        "with conn.cursor() as cursor:",
        "    with cursor.copy('COPY users FROM STDIN') as copy:",
        "        for row in [(1, 'Ada'), (2, None), (3, 'tab\\there')]:",
        "            copy.write_row(row)",
        "    with cursor.copy('COPY users (name) TO STDOUT') as copy:",
        "        rows = list(copy.rows())",
        "assert rows == [('Ada',), (None,), ('tab\\there',)], rows",
    )

    project.migrations().run_all()

    assert names(project) == ["Ada", None, "tab\there"]


def test_rows_may_be_objects_of_its_own(project: Project) -> None:
    """Row factories, server-side cursors, executemany, pipelines: what a psycopg connection can do."""
    write(
        project,
        "conn.cursor().executemany('INSERT INTO users VALUES (%s, %s)', [(n, f'n{n}') for n in range(1, 4)])",
        "cursor = conn.cursor(row_factory=class_row(Person))",
        "assert cursor.execute('SELECT id, name FROM users ORDER BY id').fetchone() == Person(1, 'n1')",
        "conn.row_factory = dict_row",
        "assert conn.execute('SELECT 1 AS one').fetchone() == {'one': 1}",
        "with conn.cursor('on_the_server') as cursor:",
        "    assert len(cursor.execute('SELECT id FROM users').fetchall()) == 3",
        "with conn.pipeline():",
        "    for n in range(4, 6):",
        "        conn.execute('INSERT INTO users VALUES (%s, %s)', [n, f'n{n}'])",
        head=(
            "from __future__ import annotations\n"
            "from dataclasses import dataclass\n"
            "from psycopg.rows import class_row, dict_row\n\n\n"
            "@dataclass\nclass Person:\n    id: int\n    name: str\n\n\n"
        ),
    )

    assert project.migrations().run_all().state is DatabaseState.CURRENT
    assert names(project) == ["n1", "n2", "n3", "n4", "n5"]


def test_what_it_changes_of_the_connection_does_not_reach_the_next(project: Project) -> None:
    """Neither what the server knows of nor what psycopg keeps: factories, adapters, prepared statements."""
    write(
        project,
        "conn.row_factory = dict_row",
        "conn.cursor_factory = ClientCursor",
        "conn.adapters.register_loader('int4', Reversed)",
        "conn.prepare_threshold = 0",
        "conn.add_notice_handler(print)",
        "conn.execute(\"SET work_mem = '7MB'\")",
        "conn.execute('CREATE TEMP TABLE left_over ()')",
        "conn.execute('PREPARE left_over AS SELECT 1')",
        "conn.execute('LISTEN left_over')",
        "conn.execute('SELECT pg_advisory_lock(4711)')",
        head=(
            "from psycopg import ClientCursor\nfrom psycopg.adapt import Loader\nfrom psycopg.rows import dict_row\n\n"
            "class Reversed(Loader):\n    def load(self, data):\n        return 'wrong'\n\n\n"
        ),
    )
    write(
        project,
        "import psycopg",
        "assert conn.execute('SELECT 1::int4').fetchone() == (1,)",
        "assert type(conn.cursor()) is psycopg.Cursor",
        "assert conn.execute('SHOW work_mem').fetchone() != ('7MB',)",
        "assert conn.execute(\"SELECT to_regclass('left_over')\").fetchone() == (None,)",
        "assert conn.execute('SELECT count(*) FROM pg_prepared_statements').fetchone() == (0,)",
        "assert conn.execute('SELECT count(*) FROM pg_listening_channels()').fetchone() == (0,)",
        "locks = \"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711\"",
        "assert conn.execute(locks).fetchone() == (0,)",
        name="0002_b",
    )

    assert project.migrations().run_all().applied[1:] == ("users/0001_a", "users/0002_b")


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        (["x = 1", "raise ValueError('no')"], 6),
        (["conn.execute('SELECT 1')", "", "conn.execute('SELECT nosuch')"], 7),
        (["helper(conn)"], 2),
        (["import json", "json.loads('{')"], 6),
    ],
    ids=["raises", "statement", "function", "library"],
)
def test_an_error_names_the_line_of_the_file(project: Project, lines: list[str], line: int) -> None:
    """The last one of the user's own file on the way to it."""
    write(project, *lines, head="def helper(conn):\n    conn.execute('SELECT nosuch')\n\n")

    with pytest.raises(PythonError) as caught:
        project.migrations().run_all()

    assert line_of(caught.value, project) == line
    assert caught.value.rolled_back is True
    assert caught.value.applied == ("users/create_tables",)


def test_an_error_of_the_server_is_told_with_its_facts(project: Project) -> None:
    """SQLSTATE, detail and hint; no value of a row, in the error or in the history."""
    write(
        project,
        "conn.execute(\"INSERT INTO users VALUES (4711, 'canary')\")",
        "conn.execute(\"INSERT INTO users VALUES (4711, 'canary')\")",
    )

    with pytest.raises(PythonError) as caught:
        project.migrations().run_all()

    assert (caught.value.sqlstate, caught.value.migration) == ("23505", "users/0001_a")
    assert "users_pkey" in caught.value.message
    assert "(id)=(…)" in (caught.value.detail or "")
    assert "4711" not in f"{caught.value} {caught.value.detail}"
    assert project.database.query("SELECT count(*) FROM seltzer.history WHERE message ~ '4711|canary'") == [(0,)]


@pytest.mark.parametrize("method", ["commit", "rollback", "close"])
def test_a_refused_word_that_is_swallowed_ends_nothing(project: Project, method: str) -> None:
    """The transaction goes on; what came before it and what comes after it are applied together."""
    write(
        project,
        "conn.execute(\"INSERT INTO users VALUES (1, 'Ada')\")",
        f"try: conn.{method}()",
        "except Exception: pass",
        "conn.execute(\"INSERT INTO users VALUES (2, 'Grace')\")",
    )

    project.migrations().run_all()

    assert names(project) == ["Ada", "Grace"]


@pytest.mark.parametrize(
    "word", ["COMMIT", "ROLLBACK", "COMMIT AND CHAIN", "ROLLBACK AND CHAIN", "COMMIT; BEGIN", "PREPARE TRANSACTION 'x'"]
)
def test_a_transaction_that_was_ended_in_sql_has_no_history_row(project: Project, word: str) -> None:
    """Even where the session is in a transaction afterwards: it is another one."""
    write(project, "conn.execute(\"INSERT INTO users VALUES (1, 'Ada')\")", f'conn.execute("{word}")')

    with pytest.raises(TransactionEndedError if "PREPARE" not in word else PythonError):
        project.migrations().run_all()

    assert project.database.query("SELECT state FROM seltzer.history WHERE id = 'users/0001_a'") == [("failed",)]


def test_autocommit_cannot_be_switched(project: Project) -> None:
    """Psycopg itself refuses it inside of a transaction."""
    write(project, "conn.autocommit = False")

    with pytest.raises(PythonError, match="autocommit") as caught:
        project.migrations().run_all()

    assert line_of(caught.value, project) == 2


def test_a_failed_one_is_applied_when_it_is_corrected(project: Project) -> None:
    """Nothing of it is there, so nothing has to be undone."""
    write(project, "conn.execute(\"INSERT INTO users VALUES (1, 'Ada')\")", "raise ValueError")
    with pytest.raises(PythonError):
        project.migrations().run_all()

    write(project, "conn.execute(\"INSERT INTO users VALUES (1, 'Ada')\")")

    assert project.migrations().run_all().applied == ("users/0001_a",)
    assert names(project) == ["Ada"]


@pytest.mark.parametrize("inits", [[], ["users/__init__.py"], ["__init__.py", "users/__init__.py"]], ids=len)
def test_it_imports_what_lies_beside_it_and_above(project: Project, inits: list[str]) -> None:
    """Relatively, and the application from the folder above; no `__init__.py` is needed."""
    path, modules = sys.path.copy(), set(sys.modules)
    write(
        project,
        "conn.execute('INSERT INTO users VALUES (1, %s)', [FIRST + LAST])",
        head="from ._names import FIRST\nfrom app.names import LAST\n\n\n",
    )
    project.write({"users/_names.py": "FIRST = 'Ada '\n", "../app/names.py": "LAST = 'Lovelace'\n"})
    project.write(dict.fromkeys(inits, ""))

    try:
        project.migrations().run_all()
    finally:
        left = {name for name in sys.modules.keys() - modules if name.partition(".")[0] in {"migrations", "app"}}
        for name in left:
            del sys.modules[name]

    assert names(project) == ["Ada Lovelace"]
    assert (sys.path, left) == (path, set())


def test_it_is_part_of_its_package(project: Project) -> None:
    """Dataclasses with annotations as text look their module up by name."""
    write(
        project,
        "conn.execute('INSERT INTO users VALUES (%s, %s)', [Person().id, Person.__module__])",
        head=(
            "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom typing import ClassVar\n\n"
            "@dataclass(slots=True)\nclass Person:\n    kind: ClassVar[str] = 'p'\n    id: int = 1\n\n"
        ),
    )

    project.migrations().run_all()

    assert names(project) == ["migrations.users.0001_a"]


def test_it_is_not_imported_when_it_is_applied(project: Project) -> None:
    """Nor to find out what it is: a start with nothing to do runs nothing of it."""
    mark = project.root / "imported"
    write(project, "pass", head=f"with open({str(mark)!r}, 'a') as mark: mark.write('x')\n\n\n")
    project.migrations().run_all()

    project.migrations().run_all()
    project.migrations().status()

    assert mark.read_text(encoding="utf-8") == "x"


def test_depends_on_as_a_constant(project: Project) -> None:
    """It runs after what it names, although its module's name comes first."""
    project.write(
        {
            "alpha/0001_a.py": "DEPENDS_ON = ['users', 'teams/0002']\n\n\ndef apply(conn):\n"
            "    conn.execute(\"INSERT INTO users VALUES (1, 'Ada')\")\n    conn.execute('SELECT * FROM teams')\n",
            "teams/0001_a.sql": "",
            "teams/0002_b.sql": "CREATE TABLE teams ();",
            **TABLE,
        }
    )

    applied = project.migrations().run_all().applied

    assert applied.index("alpha/0001_a") > max(applied.index("users/create_tables"), applied.index("teams/0002_b"))


def test_was_as_a_constant(project: Project) -> None:
    """A renamed file with its former name is applied already; without it, the error prints the line."""
    text = "conn.execute(\"INSERT INTO users VALUES (1, 'Ada')\")"
    write(project, text).migrations().run_all()
    write(project.remove("users/0001_a.py"), text, name="0001_add_ada")

    with pytest.raises(ForgottenRenameError) as caught:
        project.migrations().run_all()
    (line,) = [line.strip() for line in (caught.value.hint or "").splitlines() if "WAS" in line]
    write(project, text, name="0001_add_ada", head=f"{line}\n\n\n")

    assert line == 'WAS = "users/0001_a"'
    assert project.migrations().run_all().applied == ()
    assert names(project) == ["Ada"]


def test_accepts_as_a_constant(project: Project) -> None:
    """An edited file with the checksum that the history has counts as applied."""
    write(project, "conn.execute(\"INSERT INTO users VALUES (1, 'Ada')\")").migrations().run_all()
    ((checksum,),) = project.database.query("SELECT checksum FROM seltzer.history WHERE id = 'users/0001_a'")

    write(project, "raise RuntimeError('never again')", head=f"ACCEPTS = {checksum!r}\n\n\n")

    assert project.migrations().run_all().state is DatabaseState.CURRENT
    assert project.states()["users/0001_a"] == "applied"


def test_timeouts_as_constants(project: Project) -> None:
    """They hold for this migration alone."""
    say = "conn.execute(\"INSERT INTO users VALUES (%s, current_setting('statement_timeout'))\", [{}])"
    write(project, say.format(1), head='STATEMENT_TIMEOUT = "20s"\nLOCK_TIMEOUT = "10s"\n\n\n')
    write(project, say.format(2), name="0002_b")

    project.migrations().run_all()

    assert names(project) == ["20s", "0"]


def test_a_comment_changes_nothing(project: Project) -> None:
    """Nor does another line break: the second checksum looks past them."""
    write(project, "pass").migrations().run_all()

    write(project, "pass  # nothing to do", head="# The first one.\n\n")

    assert project.migrations().run_all().applied == ()


def test_notices_of_the_server_are_heard(project: Project) -> None:
    """Of a Python migration as of any other."""
    heard: list[str] = []
    write(project, "conn.execute(\"DO $$ BEGIN RAISE NOTICE 'half way'; END $$\")")

    project.migrations().run_all(on_event=lambda event: heard.append(str(event)))

    assert [text for text in heard if "half way" in text and "users/0001_a" in text]
