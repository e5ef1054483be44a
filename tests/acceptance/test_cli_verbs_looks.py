"""`status`, `history`, `server`, `completion` and `settings`; ids in all forms; every verb as a function."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

import seltzer
from acceptance.test_bad_input_form import call, refused
from seltzer.config import SETTINGS

if TYPE_CHECKING:
    from seltzer.config import Setting
    from support import Project

# What is shown has nothing to do with the server's version.
pytestmark = pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])

FILES = {
    "users/create_tables.sql": "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY);\n",
    "users/0001_a.sql": "SELECT 1;\n",
    "users/0002_b.sql": "SELECT 2;\n",
    "users/0003_c.sql": "SELECT 3;\n",
    "users/names.sql": "CREATE OR REPLACE VIEW names AS SELECT id FROM users;\n",
    "teams/create_tables.sql": "CREATE TABLE IF NOT EXISTS teams (id bigint PRIMARY KEY);\n",
    "teams/0001_a.sql": "SELECT 4;\n",
}


def lines(project: Project, *arguments: str) -> list[str]:
    """The lines that a command prints, without those times that the clock decides."""
    outcome = call(project, *arguments)
    assert outcome.code == 0, outcome.err
    return outcome.out.splitlines()


def test_status_without_ids_is_a_line_a_module_and_what_is_not_applied(project: Project) -> None:
    """With `--all` a line for every migration; the database and its state come first."""
    project.write(FILES).migrations().apply("users/0002", "teams")
    project.write({"teams/0002_b.sql": "SELECT 5;\n"})

    short, whole = lines(project, "status"), lines(project, "status", "--all")

    assert short[0] == whole[0]
    assert short[0].endswith(": behind, 3 pending")
    words = [line.split() for line in short[1:]]
    assert words == [
        ["teams", "2", "of", "3", "applied"],
        ["teams/0002_b", "pending"],
        ["users", "3", "of", "5", "applied"],
        ["users/0003_c", "pending"],
        ["users/names", "pending"],
    ]
    assert [line.split()[:2] for line in whole[1:]] == [
        ["teams/0001_a", "applied"],
        ["teams/0002_b", "pending"],
        ["teams/create_tables", "applied"],
        ["users/0001_a", "applied"],
        ["users/0002_b", "applied"],
        ["users/0003_c", "pending"],
        ["users/create_tables", "applied"],
        ["users/names", "pending"],
    ]


def test_status_with_ids_is_a_line_for_each_of_those(project: Project) -> None:
    """In all forms, missing ones too; what is pending elsewhere is not counted, nor does it decide the exit code."""
    project.write({**FILES, "teams/0002_gone.sql": "SELECT 5;\n"}).migrations().apply("users/0002", "teams")
    project.remove("teams/0002_gone.sql")

    whole, number, span = (lines(project, "status", id_) for id_ in ("teams", "users/0003", "users/0002..0003"))

    assert [line.split()[:2] for line in whole[1:]] == [
        ["teams/0001_a", "applied"],
        ["teams/create_tables", "applied"],
        ["teams/0002_gone", "missing"],
    ]
    assert [line.split() for line in number[1:]] == [["users/0003_c", "pending"]]
    assert [line.split()[:2] for line in span[1:]] == [["users/0002_b", "applied"], ["users/0003_c", "pending"]]
    assert whole[0] == number[0]
    assert whole[0].endswith(": behind")
    assert [call(project, "status", "--exit-code", id_).code for id_ in ("teams", "users/0003", "users/names")] == [
        0,
        3,
        3,
    ]
    assert [item.id for item in project.migrations().status("users/0001").migrations] == ["users/0001_a"]
    assert refused(project, "usres", verb="status").hint == "Nearest: users, teams."


def test_status_for_a_program_has_everything(project: Project) -> None:
    """`--all` or not."""
    project.write(FILES).migrations().run_all()

    short, whole = call(project, "status", "--json").json(), call(project, "status", "--json", "--all").json()

    assert short == whole
    assert short.keys() == {"format", "state", "database", "migrations", "run", "stop"}
    assert {item["state"] for item in short["migrations"]} == {"applied"}
    assert len(short["migrations"]) == len(FILES)


FORMS: list[tuple[list[str], list[str]]] = [
    (["users/0001_a"], ["users/create_tables", "users/0001_a"]),
    (["users/0002"], ["users/0002_b"]),
    (["users/3"], ["users/0003_c"]),
    (["users/0001..0003"], []),
    (["users/create_tables"], []),
    (["users"], ["users/names"]),
    (["teams/0001..9999"], ["teams/create_tables", "teams/0001_a"]),
    (["teams", "users"], []),
]


def test_ids_in_all_forms(project: Project) -> None:
    """A whole id, a number, a range, a module; what a migration needs comes along, what is applied is left out."""
    project.write(FILES)
    for ids, expected in FORMS:
        planned = call(project, "plan", "--json", *ids).json()
        assert [step["id"] for step in planned["steps"]] == expected, ids
        assert call(project, "apply", "--json", *ids).json()["applied"] == expected, ids


def test_ids_that_are_none(project: Project) -> None:
    """The nearest three, of migrations or of modules."""
    project.write(FILES)

    assert refused(project, "users/0009").hint == "Nearest: users/0003_c, users/0002_b, users/0001_a."
    assert refused(project, "usres", verb="plan").hint == "Nearest: users, teams."
    assert refused(project, "users/0003..0001").code == 2
    assert refused(project, "/").code == 2
    assert refused(project, "").code == 2


def test_history_of_some_ids(project: Project) -> None:
    """In all forms; an id that it does not know gets the nearest three of those that it knows."""
    project.write(FILES).migrations().run_all()

    found = call(project, "history", "--json", "users/0001..0002", "teams").json()

    ids = ["teams/create_tables", "teams/0001_a", "users/0001_a", "users/0002_b"]
    assert [row["id"] for row in found["rows"]] == ids
    assert [line.split()[3] for line in lines(project, "history", "teams")] == ids[:2]
    assert refused(project, "users/0009", verb="history").hint.startswith("Nearest: users/000")
    project.write({"users/0009_new.sql": "SELECT 1;"})
    assert lines(project, "history", "users/0009") == ["none of the 7 rows of the history"]


def test_history_since_a_date(project: Project) -> None:
    """A day, a time, a time with a zone; without one it is in UTC, whatever zone the server's session is in."""
    project.write({name: text for name, text in FILES.items() if name.startswith("teams")}).migrations().run_all()
    project.database.query(f"ALTER DATABASE \"{project.database.name}\" SET TimeZone = 'Asia/Tokyo'")
    project.database.query(
        "UPDATE seltzer.history SET finished_at = '2026-01-05 23:30:00+00' WHERE id = 'teams/create_tables'"
    )

    for since, count in {
        "2026-01-05": 2,
        "2026-01-05T23:30": 2,
        "2026-01-05T23:31": 1,
        "2026-01-06": 1,
        "2026-01-06T08:30:00+09:00": 2,
        "2026-01-06T08:31+09:00": 1,
        "2999-01-01": 0,
    }.items():
        rows = call(project, "history", "--json", "--since", since).json()["rows"]
        assert len(rows) == count, since
    assert lines(project, "history", "--since", "2026-01-05")[0].startswith("2026-01-05 23:30:00Z")
    assert lines(project, "history", "--since", "2999-01-01") == ["none of the 2 rows of the history"]
    assert len(project.migrations().history("teams", since=date(2026, 1, 6)).rows) == 1
    assert len(project.migrations().history(since=datetime.now(UTC) - timedelta(hours=1)).rows) == 1
    with pytest.raises(ValueError, match="isoformat"):
        project.migrations().history(since="yesterday")


def test_a_date_that_is_none(project: Project) -> None:
    """What was typed, and how dates are written."""
    refusal = refused(project, "--since", "28.10.2026", verb="history")

    assert (refusal.code, refusal.type) == (2, "usage")
    assert refusal.message == "'28.10.2026' is no date: write 2026-10-28, or 2026-10-28T14:30"
    assert refusal.document["rows"] == []


def test_the_projects_own_server(project: Project) -> None:
    """Started it stays up without anybody using it, stopped it is gone; status makes nothing."""
    flags = ("--json", "--database", "embedded")
    assert call(project, "server", "status", *flags).json()["running"] is False
    assert not (project.root / ".seltzer").exists()

    started = call(project, "server", "start", *flags).json()
    try:
        assert started.keys() == {"format", "running", "url", "data"}
        assert started["running"] is True
        assert call(project, "server", "start", *flags).json()["url"] == started["url"]
        assert call(project, "server", "status", *flags).json() == started
        with psycopg.connect(started["url"]) as conn:
            assert conn.info.dbname == project.root.name.lower().replace("-", "_")
            looked = call(project.write({"a/0001_x.sql": "SELECT 1;"}), "status", "--database", "embedded", "--json")
            assert looked.json()["database"].endswith(f"/{conn.info.dbname}")
        assert lines(project, "server", "status", "--database", "embedded")[0] == f"running: {started['url']}"
    finally:
        stopped = call(project, "server", "stop", *flags).json()
    assert (stopped["running"], stopped["url"]) == (False, None)
    assert lines(project, "server", "stop", "--database", "embedded")[0] == "not running"


def test_a_database_that_is_not_embedded_has_no_server(project: Project) -> None:
    """It is somebody else's to start and stop."""
    for action in ("start", "stop", "status"):
        refusal = refused(project, action, verb="server")
        assert (refusal.code, refusal.type) == (2, "not-embedded")
        assert "--database embedded" in refusal.hint
        assert refusal.document["running"] is None


@pytest.mark.parametrize(("shell", "word"), [("bash", "complete "), ("zsh", "#compdef seltzer"), ("fish", "complete ")])
def test_completion(project: Project, shell: str, word: str) -> None:
    """A script for the shell, which asks seltzer itself for the words."""
    script = "\n".join(lines(project, "completion", shell))

    assert word in script
    assert f"_SELTZER_COMPLETE={shell}_complete" in script
    assert call(project, "completion", shell, "--json").json() == {"format": 1, "shell": shell, "script": f"{script}\n"}


def test_what_completion_completes(project: Project) -> None:
    """Verbs and flags; ids and modules of the files, and the words of a setting; nothing where files are wrong."""

    def words(line: str) -> set[str]:
        given = {"_SELTZER_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
        done = subprocess.run(
            [sys.executable, "-m", "seltzer"],
            env={**os.environ, **given},
            cwd=project.root,
            capture_output=True,
            text=True,
            check=False,
        )
        return {word.rpartition(",")[2] for word in done.stdout.split()}

    assert {"revert", "reset", "renumber", "rename-module"} <= words("seltzer re")
    assert {"--last", "--to", "--with-dependents", "--json"} <= words("seltzer revert --")
    assert words("seltzer server st") == {"start", "stop", "status"}
    project.write({"users/create_tables.sql": "", "users/0001_a.sql": "", "teams/0001_b.sql": ""})
    assert words("seltzer apply te") == {"teams", "teams/0001_b"}
    assert words("seltzer revert users --to users/0") == {"users/0001_a"}
    assert words("seltzer rename-module t") == {"teams"}
    assert words("seltzer apply --policy w") == {"wait"}
    assert words("seltzer apply --migrations mi") == {"mi"}, "the shell completes paths by itself"
    project.write({"users/oops.sql": b"\xff"})
    assert words("seltzer apply te") == words("seltzer apply --migrations nowhere te") == set()


def test_settings_have_a_value_and_where_it_is_from(project: Project) -> None:
    """Every setting, in a line each: flag, variable, file with its line, or default."""
    (project.root / "pyproject.toml").write_text('[tool.seltzer]\nlate = "refuse"\n', encoding="utf-8")
    project.environment["SELTZER_LOCK_WAIT"] = "5s"

    found = call(project, "settings", "--json", "--numbering", "timestamp").json()["settings"]

    assert [item["name"] for item in found] == [setting.name for setting in SETTINGS]
    values = {item["name"]: (item["value"], item["source"], item["where"]) for item in found}
    assert values["numbering"] == ("timestamp", "flag", "--numbering")
    assert values["lock-wait"] == ("5s", "environment", "SELTZER_LOCK_WAIT")
    assert values["late"][:2] == ("refuse", "file")
    assert values["late"][2].endswith("pyproject.toml:2")
    assert values["policy"][:2] == ("apply", "default")
    people = lines(project, "settings")
    assert [line.split()[0] for line in people] == [setting.name for setting in SETTINGS]
    assert next(line for line in people if line.startswith("lock-wait")).split()[1:] == ["5s", "SELTZER_LOCK_WAIT"]


def test_settings_show_no_password(project: Project) -> None:
    """Where the database is set is told, and its host and name; nothing secret."""
    project.environment["SELTZER_DATABASE"] = "postgresql://app:hunter2@db.example/shop?sslpassword=hunter2"

    for arguments in (["settings"], ["settings", "--json"]):
        outcome = call(project, *arguments)
        assert "hunter2" not in outcome.out + outcome.err
        assert "SELTZER_DATABASE" in outcome.out


SHARED = (
    "class config:\n    DB_NAME = 'shop'\n    DB_HOST = 'db.example'\n    DB_USER = 'u'\n    DB_PASSWORD = 'hunter2'\n"
)


@pytest.mark.parametrize(
    ("files", "environment", "flags", "shown"),
    [
        ({}, {"SELTZER_DATABASE": "embedded"}, (), ("embedded", "environment", "SELTZER_DATABASE")),
        ({}, {"DATABASE_URL": "postgresql://u:hunter2@h/d"}, (), ("u@h:5432/d", "environment", "DATABASE_URL")),
        ({"shared/config.py": SHARED}, {}, (), ("u@db.example:5432/shop", "file", "shared.config")),
        (
            {"shared/config.py": SHARED},
            {},
            ("--database", "host=h user=u dbname=d password=hunter2"),
            ("u@h:5432/d", "flag", "--database"),
        ),
        ({}, {}, ("--database", "hunter2"), ("(cannot be read)", "flag", "--database")),
        ({}, {}, (), (None, "default", "the default of database")),
    ],
    ids=["embedded", "variable", "application", "flag", "unreadable", "none"],
)
def test_settings_name_the_database_that_a_run_would_take(
    project: Project,
    files: dict[str, str],
    environment: dict[str, str],
    flags: tuple[str, ...],
    shown: tuple[str | None, ...],
) -> None:
    """Who connects where, and what named it; no password."""
    project.write({f"../{name}": text for name, text in files.items()})

    outcome = call(project, "settings", "--json", *flags, environment={"SELTZER_DATABASE": "", **environment})

    (found,) = [item for item in outcome.json()["settings"] if item["name"] == "database"]
    assert (found["value"], found["source"], found["where"]) == shown
    assert "hunter2" not in outcome.out + outcome.err


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_settings_take_the_flag_of_every_setting(project: Project, setting: Setting) -> None:
    """To see what it would be."""
    assert f"{setting.flag} " in call(project, "settings", "--help").out


VERBS = {
    "apply",
    "forget",
    "history",
    "init",
    "new",
    "plan",
    "rename_module",
    "renumber",
    "reset",
    "revert",
    "stamp",
    "status",
}


def test_every_verb_is_a_function_and_a_method(project: Project) -> None:
    """With keywords for settings; each returns something frozen."""
    assert set(seltzer.__all__) >= VERBS
    for name in VERBS - {"init"}:
        method = getattr(seltzer.Migrations, name)
        function = getattr(seltzer, name)
        assert method.__doc__, name
        assert function.__doc__, name
        kinds = {parameter.kind for parameter in inspect.signature(function).parameters.values()}
        assert inspect.Parameter.VAR_KEYWORD in kinds, name

    where: dict[str, Any] = {"migrations": project.folder, "database": project.database.url}
    folder: dict[str, Any] = {"migrations": project.folder}
    assert [path.name for path in seltzer.new("users", new_module="sql", **folder).files] == ["create_tables.sql"]
    assert len(seltzer.new("users", "add_email", down=True, **folder).files) == 2
    assert len(seltzer.apply(single_transaction=True, **where).applied) == 2
    assert seltzer.revert("users/0001", **where).reverted == ("users/0001_add_email",)
    assert seltzer.apply(reverted=True, **where).applied == ("users/0001_add_email",)
    assert seltzer.renumber("users/0001", **folder).files[0].name == "0002_add_email.sql"
    assert seltzer.rename_module("users", "people", **folder).files
    assert seltzer.status(**where).state is seltzer.DatabaseState.CURRENT
    assert seltzer.stamp("people/0002", as_reverted=True, **where).stamped == ("people/0002_add_email",)
    assert seltzer.reset(database_name=project.database.name, **where).state is seltzer.DatabaseState.CURRENT
    assert len(seltzer.history(since="2026-01-01", **where).rows) == 2
    for path in (project.folder / "people").glob("0002*"):
        path.unlink()
    assert seltzer.forget("people", **where).forgotten == ("people/0002_add_email",)
    with pytest.raises(ValueError, match="leave the ids out"):
        seltzer.apply("people", reverted=True, **where)
    with pytest.raises(ValueError, match="numbered file"):
        seltzer.new("other", down=True, **folder)
