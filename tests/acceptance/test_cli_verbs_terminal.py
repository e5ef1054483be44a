"""The verbs that change, on a terminal and under signals: what is asked, what an answer does, what Ctrl-C leaves."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from acceptance.test_cli_verbs_changes import FILES, applied, states

if TYPE_CHECKING:
    from support import Project

# What a terminal shows has nothing to do with the server's version.
pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_nothing_of_one_transaction(project: Project, sent: signal.Signals, code: int) -> None:
    """Ctrl-C and SIGTERM while the third of three runs: the document says so, and the history is empty."""
    project.write({**FILES, "users/0002_slow.sql": "SELECT pg_sleep(60);\n"})
    command = project.start("apply", "--json", "--single-transaction", "--verbose")
    _wait_for_sleep(project)

    command.send_signal(sent)
    out, _ = command.communicate(timeout=30)

    assert command.returncode == code
    assert '"applied": []' in out
    assert "all of it was rolled back" in out
    assert project.database.query("SELECT to_regclass('users')") == [(None,)]
    assert states(project) == []


def test_ctrl_c_while_reverting(project: Project) -> None:
    """What was reverted before stays so, and the one that ran is applied as before."""
    applied(project).write({"users/create_tables.down.sql": "DROP TABLE users;\nSELECT pg_sleep(60);\n"})
    command = project.start("revert", "users", "--json")
    _wait_for_sleep(project)

    command.send_signal(signal.SIGINT)
    out, _ = command.communicate(timeout=30)

    assert command.returncode == 130
    assert '"reverted": ["users/0001_add_email"]' in out
    assert "Revert again to go on. Still to revert: seltzer revert users/create_tables" in out
    assert project.states() == {"users/create_tables": "applied", "users/0001_add_email": "reverted"}
    assert project.database.query("SELECT * FROM users") == []


BETWEEN = """
import os, signal, sys
from seltzer.cli.main import main
from seltzer.cli.output import Output
from seltzer.events import StepFinished

tell = Output.hear

def hear(output, event):
    tell(output, event)
    if isinstance(event, StepFinished):
        os.kill(os.getpid(), signal.%s)

Output.hear = hear
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("verb", "done", "hint"),
    [
        ("apply", '"applied": ["users/create_tables"]', "Apply again to go on."),
        ("revert", '"reverted": ["users/0001_add_email"]', "Revert again to go on. Still to revert: "),
    ],
    ids=["apply", "revert"],
)
def test_a_signal_between_two_migrations(
    project: Project, verb: str, done: str, hint: str, *, sent: signal.Signals
) -> None:
    """While the end of the first is told, nothing runs: the document has the first all the same."""
    project.write(FILES)
    if verb == "revert":
        project.migrations().run_all()

    command = subprocess.run(
        [sys.executable, "-c", BETWEEN % sent.name, verb, "users", "--json"],
        cwd=project.root,
        env=project.variables(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert command.returncode == 128 + sent, command.stderr
    assert done in command.stdout
    assert hint in command.stdout
    assert "the run was stopped before the next migration" in command.stdout


RUNNER = """
import os
import psycopg2

def run_migration():
    conn = psycopg2.connect(os.environ["SELTZER_DATABASE"])
    conn.autocommit = True
    conn.cursor().execute("CREATE TABLE before (id int)")
    conn.cursor().execute("SELECT pg_sleep(%s)")
"""


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_psycopg2_waits(project: Project, sent: signal.Signals, code: int) -> None:
    """Its C code lets no handler run: the statement is cancelled all the same, and at once."""
    project.write({"own/__init__.py": RUNNER % 60})
    command = project.start("apply", "--json")
    _wait_for_sleep(project)

    command.send_signal(sent)
    out, _ = command.communicate(timeout=30)

    assert command.returncode == code
    assert "what the runner had committed on its own connection stays, the rest of it was rolled back" in out
    assert project.database.query("SELECT to_regclass('before') IS NOT NULL") == [(True,)]
    assert states(project) == []


def test_a_signal_of_the_application_cancels_nothing(project: Project) -> None:
    """What its own handler hears is its own business."""
    program = (
        "import signal, seltzer; signal.signal(signal.SIGUSR1, lambda *_: None); "
        "print(seltzer.run_all_migrations(migrations='migrations').state)"
    )
    project.write({"own/__init__.py": RUNNER % 2})
    command = subprocess.Popen(
        [sys.executable, "-c", program], cwd=project.root, env=project.variables(), stdout=subprocess.PIPE, text=True
    )
    _wait_for_sleep(project)

    command.send_signal(signal.SIGUSR1)
    out, _ = command.communicate(timeout=30)

    assert (command.returncode, out) == (0, "current\n")


def _wait_for_sleep(project: Project) -> None:
    running = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
    end = time.monotonic() + 30
    while project.database.query(running) != [(1,)]:
        assert time.monotonic() < end, "it never came to the slow statement"
        time.sleep(0.05)


def on_terminal(project: Project, arguments: list[str], answer: str) -> tuple[int, str]:
    """Run a command on a terminal, answer its question, and return its exit code and all that was seen."""
    ours, theirs = pty.openpty()
    command = subprocess.Popen(
        [sys.executable, "-m", "seltzer", *arguments],
        cwd=project.root,
        env={**project.variables(), "TERM": "dumb"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    seen, answered, end = "", False, time.monotonic() + 60
    while time.monotonic() < end:
        if not select.select([ours], [], [], 1)[0]:
            continue
        try:
            seen += os.read(ours, 4096).decode()
        except OSError:  # the terminal's other side was closed: the command has ended
            break
        if not answered and "[y/N]" in seen:
            os.write(ours, f"{answer}\n".encode())
            answered = True
    os.close(ours)
    return command.wait(timeout=30), seen.replace("\r\n", "\n")


def test_stamp_asks_on_a_terminal(project: Project) -> None:
    """It shows what it would write; no is no error, and yes writes it."""
    project.write(FILES).database.query("CREATE TABLE users (id bigint, email text)")

    code, seen = on_terminal(project, ["stamp", "--all"], "n")
    assert code == 130
    assert "  users/create_tables\n  users/0001_add_email\n" in seen
    assert "This will record 2 as applied without running them. Go on? [y/N]" in seen
    assert seen.endswith("nothing was recorded\n")
    assert project.database.query("SELECT to_regclass('seltzer.history')") == [(None,)]

    code, seen = on_terminal(project, ["stamp", "--all"], "y")
    assert code == 0
    assert "2 migrations stamped: now current" in seen
    assert states(project) == ["stamped", "stamped"]


@pytest.mark.parametrize(
    ("arguments", "code", "left"),
    [
        (["apply"], 1, ["applied", "applied", "failed"]),
        (["apply", "--json"], 1, ["applied", "applied", "failed"]),
        (["apply", "users"], 0, ["applied", "applied"]),
        (["stamp", "users", "--force", "--yes"], 0, ["stamped", "stamped"]),
    ],
)
def test_a_reader_that_goes_away(project: Project, arguments: list[str], code: int, left: list[str]) -> None:
    """`seltzer apply 2>&1 | head`: the run goes on to its end, and its exit code says how it ended."""
    project.write({**FILES, "zebra/0001_bad.sql": "SELECT nosuch;\n"})
    reader, writer = os.pipe()
    os.close(reader)

    done = subprocess.run(
        [sys.executable, "-m", "seltzer", *arguments],
        cwd=project.root,
        env=project.variables(),
        stdout=writer,
        stderr=writer,
        check=False,
    )
    os.close(writer)

    assert done.returncode == code
    assert states(project) == left


def test_reset_asks_on_a_terminal(project: Project) -> None:
    """Before an embedded database goes."""
    project.write(FILES)

    code, seen = on_terminal(project, ["reset", "--database", "embedded"], "n")

    assert code == 130
    assert "All data in the embedded database will be lost. Go on? [y/N]" in seen
    assert not (project.root / ".seltzer").exists()
