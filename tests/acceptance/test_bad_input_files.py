"""Files that cannot be migrations: found before anything runs, exit code 2, with a place and a next step."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from acceptance.test_bad_input_form import GOOD, left_in, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support import Project

pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

RUNNER = "def run_migration():\n    pass\n"
PYTHON = "def apply(conn):\n    conn.execute('CREATE TABLE users ()')\n"
DUMP = """\
--
-- PostgreSQL database dump
--

\\restrict Kd0CVoO5F1K

SET statement_timeout = 0;
CREATE TABLE public.users (id bigint);
\\unrestrict Kd0CVoO5F1K
"""


class Wrong(NamedTuple):
    """Files, and what is wrong with them.

    Attributes:
        files: What is written below `migrations/`.
        type: The error's type.
        place: File below `migrations/`, line and column.
        words: What message and hint have to say.
    """

    files: dict[str, str | bytes]
    type: str
    place: tuple[str, int | None, int | None]
    words: tuple[str, ...]


WRONG = {
    "SQL that does not parse": Wrong(
        {"users/0001_a.sql": "SELECT 1;\nCREAT TABLE users ();\n"},
        "parse",
        ("users/0001_a.sql", 2, 1),
        ('syntax error at or near "CREAT"',),
    ),
    "SQL that does not parse, of a later file": Wrong(
        {"users/0001_a.sql": "CREATE TABLE users ();", "users/views.sql": "CREATE VIEW v AS\n  SELECT FROM FROM;\n"},
        "parse",
        ("users/views.sql", 2, 15),
        ('"FROM"',),
    ),
    "SQL of a runner that does not parse": Wrong(
        {"users/__init__.py": RUNNER, "users/create_tables.sql": "\nCREAT TABLE users ();\n"},
        "parse",
        ("users/create_tables.sql", 2, 1),
        ('"CREAT"',),
    ),
    "an unknown directive": Wrong(
        {"users/0001_a.sql": "-- Users.\n-- seltzer: depnds-on = alpha\nSELECT 1;\n"},
        "directive",
        ("users/0001_a.sql", 2, None),
        ("'depnds-on'", "'depends-on'"),
    ),
    "an unknown directive in Python is none, a reserved one is refused": Wrong(
        {"users/0001_a.py": f"PHASE = 'backfill'\n{PYTHON}"},
        "directive",
        ("users/0001_a.py", 1, None),
        ("'phase'", "reserved"),
    ),
    "phase": Wrong(
        {"users/0001_a.sql": "-- seltzer: phase = contract\nSELECT 1;\n"},
        "directive",
        ("users/0001_a.sql", 1, None),
        ("'phase'", "reserved"),
    ),
    "a directive after the first statement": Wrong(
        {"users/0001_a.sql": "SELECT 1;\n-- seltzer: transaction = off\n"},
        "directive",
        ("users/0001_a.sql", 2, None),
        ("'transaction'", "after the first statement", "top"),
    ),
    "a directive with a wrong value": Wrong(
        {"users/0001_a.sql": "-- seltzer: lock-timeout = soon\nSELECT 1;\n"},
        "directive",
        ("users/0001_a.sql", 1, None),
        ("soon", "250ms"),
    ),
    "a duration that nothing can hold": Wrong(
        {"users/0001_a.sql": "-- seltzer: lock-timeout = 99999999999999d\nSELECT 1;\n"},
        "directive",
        ("users/0001_a.sql", 1, None),
        ("lock-timeout",),
    ),
    "depends-on that names nothing": Wrong(
        {"users/0001_a.sql": "\n-- seltzer: depends-on = alfa\nSELECT 1;\n"},
        "unknown-migration",
        ("users/0001_a.sql", 2, None),
        ("'alfa'", "alpha"),
    ),
    "two SQL files with one number": Wrong(
        {"users/0001_a.sql": "SELECT 1;", "users/0001_b.sql": "SELECT 2;"},
        "duplicate-number",
        ("users/0001_b.sql", None, None),
        ("0001_a.sql", "0001_b.sql", "0002_b.sql"),
    ),
    "SQL and Python with one number": Wrong(
        {"users/0001_a.sql": "SELECT 1;", "users/0001_a.py": PYTHON},
        "duplicate-number",
        ("users/0001_a.sql", None, None),
        ("0001_a.sql", "0001_a.py", "0002_a.sql"),
    ),
    "a module name that is not legal": Wrong(
        {"API-Keys/create_tables.sql": "SELECT 1;"},
        "illegal-name",
        ("API-Keys", None, None),
        ("'API-Keys'", "'api_keys'"),
    ),
    "a file name that is not legal": Wrong(
        {"users/0001-Add email.sql": "SELECT 1;"},
        "illegal-name",
        ("users/0001-Add email.sql", None, None),
        ("0001_add_email.sql",),
    ),
    "a suffix in capitals": Wrong(
        {"users/create_tables.SQL": "SELECT 1;"},
        "illegal-name",
        ("users/create_tables.SQL", None, None),
        ("create_tables.sql",),
    ),
    "a number of three digits": Wrong(
        {"users/001_a.sql": "SELECT 1;"}, "illegal-name", ("users/001_a.sql", None, None), ("0001_a.sql", "4 to 14")
    ),
    "a number of fifteen digits": Wrong(
        {"users/202401311200001_a.sql": "SELECT 1;"},
        "illegal-name",
        ("users/202401311200001_a.sql", None, None),
        ("20240131120000_a.sql",),
    ),
    "SQL directly in the folder": Wrong(
        {"0001_a.sql": "SELECT 1;"}, "stray-file", ("0001_a.sql", None, None), ("never run", "Move it")
    ),
    "SQL in a sub-folder": Wrong(
        {"users/create_tables.sql": "SELECT 1;", "users/old/0001_a.sql": "SELECT 1;"},
        "stray-file",
        ("users/old/0001_a.sql", None, None),
        ("never run", "Move it"),
    ),
    "a way back from nothing": Wrong(
        {"users/0001_a.sql": "SELECT 1;", "users/0002_a.down.sql": "SELECT 1;"},
        "stray-file",
        ("users/0002_a.down.sql", None, None),
        ("way back",),
    ),
    "text that is not UTF-8": Wrong(
        {"users/0001_a.sql": "SELECT 1;\n-- Größe\n".encode("latin-1")},
        "not-utf8",
        ("users/0001_a.sql", 2, None),
        ("0xf6", "UTF-8"),
    ),
    "UTF-16": Wrong(
        {"users/0001_a.sql": "SELECT 1;\n".encode("utf-16")},
        "not-utf8",
        ("users/0001_a.sql", 1, None),
        ("UTF-8",),
    ),
    "a NUL character": Wrong(
        {"users/0001_a.sql": b"SELECT 1;\n\nSELECT '\x00';\n"},
        "not-utf8",
        ("users/0001_a.sql", 3, None),
        ("NUL",),
    ),
    "rows for psql": Wrong(
        {"users/0001_a.sql": "CREATE TABLE users (id int, name text);\nCOPY users FROM stdin;\n1\tIt's Ada\n\\.\n"},
        "copy-from-stdin",
        ("users/0001_a.sql", 2, 1),
        ("COPY", "psql", "INSERT"),
    ),
    "COPY without rows": Wrong(
        {"users/0001_a.sql": "CREATE TABLE users (id int);\nCOPY users FROM stdin;\n"},
        "copy-from-stdin",
        ("users/0001_a.sql", 2, 1),
        ("COPY",),
    ),
    "a command of psql": Wrong(
        {"users/0001_a.sql": "-- for psql\n\\set ON_ERROR_STOP 1\nCREATE TABLE users ();\n"},
        "psql-command",
        ("users/0001_a.sql", 2, 1),
        ("\\set", "psql"),
    ),
    "a dump": Wrong(
        {"users/0001_a.sql": DUMP}, "psql-command", ("users/0001_a.sql", 5, 1), ("\\restrict", "Remove the line")
    ),
    "a command of psql in a large file": Wrong(
        {"users/0001_a.sql": f"SELECT '{'x' * (1 << 20)}';\n\\unrestrict Kd0CVoO5F1K\n"},
        "psql-command",
        ("users/0001_a.sql", 2, 1),
        ("\\unrestrict",),
    ),
    "what does not parse in a large file": Wrong(
        {"users/0001_a.sql": f"SELECT '{'x' * (1 << 20)}';\ngarbage;\nSELECT 1;\n"},
        "parse",
        ("users/0001_a.sql", 2, 1),
        ("garbage",),
    ),
    "Python that does not parse": Wrong(
        {"users/0001_a.py": "def apply(conn):\n    x = = 1\n"}, "parse", ("users/0001_a.py", 2, 9), ("does not parse",)
    ),
    "Python without apply": Wrong(
        {"users/0001_a.py": "def aply(conn):\n    pass\n"},
        "python-migration",
        ("users/0001_a.py", 1, None),
        ("apply(conn)", "def apply(conn)"),
    ),
    "Python with a coroutine": Wrong(
        {"users/0001_a.py": "import asyncio\n\n\nasync def apply(conn):\n    pass\n"},
        "python-migration",
        ("users/0001_a.py", 4, None),
        ("coroutine", "without async"),
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_file_that_is_wrong_stops_everything(project: Project, wrong: Wrong) -> None:
    """Also what is good and sorts before it; the error has its place, what is wrong, and what to do."""
    project.write({**GOOD, **wrong.files})

    refusal = refused(project)

    file, line, column = wrong.place
    assert (refusal.code, refusal.type) == (2, wrong.type)
    assert refusal.place == (f"migrations/{file}", line, column)
    assert [word for word in wrong.words if word not in f"{refusal.message}\n{refusal.hint}"] == []


def test_an_edited_file_has_three_ways_out(project: Project) -> None:
    """A new numbered file, a database of one's own, or a word that both mean the same."""
    project.write({"users/0001_a.sql": "CREATE TABLE users (id int);\n"}).migrations().run_all()
    ((checksum,),) = project.database.query("SELECT checksum FROM seltzer.history")
    project.write({**GOOD, "users/0001_a.sql": "CREATE TABLE users (id bigint);\n"})

    refusal = refused(project)

    assert (refusal.code, refusal.type) == (4, "diverged")
    assert refusal.place == ("migrations/users/0001_a.sql", None, None)
    assert refusal.document["error"]["id"] == "users/0001_a"
    for way_out in ("new numbered file", "revert or reset", f"-- seltzer: accepts = {checksum}"):
        assert way_out in refusal.text


def test_the_word_that_an_edit_means_the_same_is_taken(project: Project) -> None:
    """The third way out, as the error prints it: afterwards there is nothing to do."""
    project.write({"users/0001_a.sql": "CREATE TABLE users (id int);\n"}).migrations().run_all()
    project.write({"users/0001_a.sql": "CREATE TABLE users (id int4);\n"})
    (line,) = [line.strip() for line in refused(project).text.splitlines() if "-- seltzer: accepts" in line]

    project.write({"users/0001_a.sql": f"{line}\nCREATE TABLE users (id int4);\n"})

    assert project.migrations().run_all().applied == ()


def test_an_edited_python_file_gets_the_word_in_python(project: Project) -> None:
    """A SQL comment would be no directive there."""
    project.write({"users/0001_a.py": PYTHON}).migrations().run_all()
    ((checksum,),) = project.database.query("SELECT checksum FROM seltzer.history")
    project.write({"users/0001_a.py": PYTHON.replace("users", "people")})

    assert f'ACCEPTS = "{checksum}"' in refused(project).text


def test_a_link_to_itself_is_refused(project: Project) -> None:
    """It would never end."""
    project.write({**GOOD, "users/create_tables.sql": "SELECT 1;"})
    (project.folder / "users" / "0001_a.sql").symlink_to("0001_a.sql")

    refusal = refused(project)

    assert (refusal.code, refusal.type) == (2, "unreadable-file")
    assert refusal.place == ("migrations/users/0001_a.sql", None, None)
    assert "symbolic links" in refusal.message


@pytest.mark.parametrize("link", ["again", "users/again"])
def test_a_link_that_leads_back_is_refused(project: Project, link: str) -> None:
    """To the folder that it lies in, or to one above."""
    project.write({**GOOD, "users/create_tables.sql": "SELECT 1;"})
    (project.folder / link).symlink_to(project.folder)

    refusal = refused(project)

    assert (refusal.code, refusal.type) == (2, "unreadable-file")
    assert refusal.place == (f"migrations/{link}", None, None)
    assert "leads back" in refusal.message


def test_a_link_that_leads_nowhere_is_refused(project: Project) -> None:
    """What it stands for is not passed over."""
    project.write({**GOOD, "users/create_tables.sql": "SELECT 1;"})
    (project.folder / "users" / "0001_a.sql").symlink_to("../../elsewhere/0001_a.sql")

    refusal = refused(project)

    assert (refusal.code, refusal.type) == (2, "unreadable-file")
    assert refusal.place == ("migrations/users/0001_a.sql", None, None)
    assert "no such file" in refusal.message


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody can enter, which pytest's own is not."""
    folder = Path(tempfile.mkdtemp(prefix="seltzer-open-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


AS_SOMEBODY = """
import os, sys
import psycopg
import seltzer.cli.main as cli, seltzer.cli.commands, seltzer.commands.apply
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
sys.exit(cli.main(["apply", "--json"]))
"""


@pytest.mark.parametrize("locked", ["users/0001_a.sql", "users"], ids=["file", "folder"])
def test_a_file_that_may_not_be_read_is_refused(project: Project, open_folder: Path, locked: str) -> None:
    """As somebody whom permissions stop: root gives up its rights first."""
    elsewhere = type(project)(open_folder, project.database).write({**GOOD, "users/0001_a.sql": "SELECT 1;"})
    (elsewhere.folder / locked).chmod(0)

    done = subprocess.run(
        [sys.executable, "-c", AS_SOMEBODY],
        cwd=open_folder,
        env=elsewhere.variables(),
        capture_output=True,
        text=True,
        check=False,
    )
    (elsewhere.folder / locked).chmod(0o755)

    assert done.returncode == 2, done.stderr
    assert '"type": "unreadable-file"' in done.stdout
    assert f'"file": "migrations/{locked}"' in done.stdout
    assert "permission denied" in done.stdout
    assert left_in(project.database) == []


@pytest.mark.skipif(os.uname().sysname == "Darwin", reason="macOS takes no name that is not UTF-8")
@pytest.mark.parametrize("name", [b"us\xe9rs/create_tables.sql", b"users/vu\xe9.sql"])
def test_a_name_that_is_not_utf8_is_refused(project: Project, name: bytes) -> None:
    """In words that can be printed."""
    path = os.fsencode(project.folder) + b"/" + name
    os.makedirs(os.path.dirname(path))  # noqa: PTH103, PTH120  # bytes are no business of pathlib's
    with open(path, "wb"):  # noqa: PTH123
        pass

    command = [sys.executable, "-m", "seltzer", "apply"]
    person = subprocess.run(command, cwd=project.root, env=project.variables(), capture_output=True, check=False)
    machine = subprocess.run(
        [*command, "--json"], cwd=project.root, env=project.variables(), capture_output=True, check=False
    )

    assert (person.returncode, machine.returncode) == (2, 2)
    assert b"Traceback" not in person.stderr + machine.stderr
    assert json.loads(machine.stdout)["error"]["type"] == "illegal-name"


@pytest.mark.parametrize("text", ["", "\n\n", "-- nothing yet\n", "/* nothing */", "-- no line end"])
def test_a_file_with_nothing_to_run_is_applied_once(project: Project, text: str) -> None:
    """It is legal: a place that is kept, or a history that goes on."""
    project.write({"users/0001_a.sql": text, "users/views.sql": text, "users/create_tables.sql": text})

    first, second = project.migrations().run_all(), project.migrations().run_all()

    assert first.applied == ("users/create_tables", "users/0001_a", "users/views")
    assert second.applied == ()
    assert set(project.states().values()) == {"applied"}


WINDOWS = {"bom": b"\xef\xbb\xbf%s", "crlf": b"%s", "both": b"\xef\xbb\xbf%s"}


@pytest.mark.parametrize("how", WINDOWS)
def test_windows_text_is_the_same_migration(project: Project, how: str) -> None:
    """Applied as it stands, and as applied when it comes with other line endings: no checksum changes."""
    sql = b"-- seltzer: transaction = on\nCREATE TABLE users (\n  name text DEFAULT '\xc3\xa4'\n);\n"
    python = b'"""Add Ada."""\n\n\ndef apply(conn):\n    conn.execute("INSERT INTO users VALUES (\'Ada\')")\n'
    unix = {"users/0001_a.sql": sql, "users/0002_b.py": python}
    windows = {
        name: WINDOWS[how] % (text if how == "bom" else text.replace(b"\n", b"\r\n")) for name, text in unix.items()
    }

    first = project.write(windows).migrations().run_all()
    second = project.write(unix).migrations().run_all()

    assert first.applied == ("users/0001_a", "users/0002_b")
    assert second.applied == ()
    assert project.database.query("SELECT name FROM users") == [("Ada",)]
    assert project.database.query("SELECT count(*) FROM seltzer.history") == [(2,)]


def test_windows_text_has_its_places(project: Project) -> None:
    """Lines and columns are those of the editor."""
    project.write({"users/0001_a.sql": b"\xef\xbb\xbfSELECT 1;\r\n\r\n  SELECT nosuch;\r\n"})

    assert refused(project).place == ("migrations/users/0001_a.sql", 3, 10)


def test_a_folder_that_is_not_there(project: Project) -> None:
    """The hint says how it is made and how it is named."""
    refusal = refused(project, "--migrations", "nowhere")

    assert (refusal.code, refusal.type) == (2, "migrations-folder")
    assert refusal.place == ("nowhere", None, None)
    assert "seltzer init" in refusal.hint
    assert "--migrations" in refusal.hint


def test_a_folder_without_a_module(project: Project) -> None:
    """The hint says what the first one is."""
    project.write({"__init__.py": "", "README.md": ""})

    refusal = refused(project)

    assert (refusal.code, refusal.type) == (2, "migrations-folder")
    assert refusal.place == ("migrations", None, None)
    assert "create_tables.sql" in refusal.hint


def test_a_file_in_the_place_of_the_folder(project: Project) -> None:
    """It is no folder."""
    (project.root / "file").touch()

    refusal = refused(project, "--migrations", "file")

    assert (refusal.code, refusal.type) == (2, "migrations-folder")


@pytest.mark.parametrize(
    ("given", "nearest"),
    [
        ("users/0001_ad_email", "users/0001_add_email"),
        ("user", "users"),
        ("users/0099", "users/"),
        ("alpha/x", "alpha"),
    ],
)
def test_an_id_that_is_none_gets_the_nearest_three(project: Project, given: str, nearest: str) -> None:
    """Nothing is applied, not even the ids beside it."""
    project.write({**GOOD, "users/0001_add_email.sql": "", "users/0002_b.sql": "", "users/0003_c.sql": ""})

    refusal = refused(project, "alpha", given)

    assert (refusal.code, refusal.type) == (2, "unknown-migration")
    assert given in refusal.message
    assert nearest in refusal.hint
    assert 1 <= len(refusal.hint.removeprefix("Nearest: ").split(", ")) <= 3
