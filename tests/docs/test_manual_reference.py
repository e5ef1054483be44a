"""The manual is built without a warning, and its reference has a section for everything that the code has."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

import seltzer
from docs.manual_pages import MANUAL
from seltzer import errors, events
from seltzer.claims.rules import all_rules
from seltzer.cli.group import GROUP
from seltzer.config import SETTINGS
from seltzer.errors import SeltzerError
from seltzer.sql.directives import NAMES, read_directives

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from support import Outcome, Project

importlib.import_module("seltzer.cli.main")  # adds the commands to GROUP

CONTEXT = click.Context(GROUP)
FLAGS = {
    name: {flag for item in command.params for flag in item.opts if flag.startswith("--")}
    for name in sorted(GROUP.list_commands(CONTEXT))
    if (command := GROUP.get_command(CONTEXT, name)) is not None
}
WITH_JSON = [name for name, flags in FLAGS.items() if "--json" in flags]
ERRORS = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, SeltzerError)]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manual as `make docs` builds it, with warnings as errors."""
    folder = tmp_path_factory.mktemp("manual")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "sphinx",
            "--quiet",
            "--fail-on-warning",
            "--doctree-dir",
            folder / "trees",
            MANUAL,
            folder,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def page(built: Path) -> Callable[[str], str]:
    """The HTML of a page of the reference."""
    return lambda name: (built / "reference" / f"{name}.html").read_text(encoding="utf-8")


@pytest.fixture
def generated(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The part of the manual that makes the reference."""
    monkeypatch.setattr(sys, "path", [str(MANUAL / "_ext"), *sys.path])
    return importlib.import_module("generated")


def ids_of(html: str) -> set[str]:
    """What can be linked to on a page."""
    return set(re.findall(r'id="([^"]+)"', html))


def name_in_json(error: type[SeltzerError]) -> str:
    """An error's type as it stands in JSON."""
    return error.__new__(error).type


def test_every_setting_has_a_section(page: Callable[[str], str]) -> None:
    """With its variable, its keyword and its sentence."""
    html = page("settings")

    assert {f"setting-{setting.name}" for setting in SETTINGS} <= ids_of(html)
    assert [setting.name for setting in SETTINGS if setting.variable not in html or setting.keyword not in html] == []


def test_every_command_has_a_section(page: Callable[[str], str]) -> None:
    """With each of its flags."""
    html = page("commands")

    assert {f"verb-{name}" for name in FLAGS} <= ids_of(html)
    for name, flags in FLAGS.items():
        section = html[html.index(f'id="verb-{name}"') :]
        section = section[: section.index("</section>")]
        assert [flag for flag in flags if flag not in section] == [], name


def test_every_error_has_a_section(page: Callable[[str], str]) -> None:
    """Under its exit code."""
    html = page("errors")
    known = [error for error in ERRORS if error is not SeltzerError]

    assert {f"error-{name_in_json(error)}" for error in known} <= ids_of(html)
    for error in known:
        before = html[: html.index(f'id="error-{name_in_json(error)}"')]
        assert re.findall(r'id="exit-code-(\d+)"', before)[-1] == str(error.exit_code), error


def test_every_exit_code_has_a_section(page: Callable[[str], str]) -> None:
    """0 besides those of the errors."""
    assert {"exit-code-0", *(f"exit-code-{error.exit_code}" for error in ERRORS)} <= ids_of(page("errors"))


def test_every_directive_has_a_section(page: Callable[[str], str]) -> None:
    """In the order of the code."""
    assert [id_ for id_ in re.findall(r'id="directive-([\w-]+)"', page("directives")) if id_ in NAMES] == list(NAMES)


def test_every_rule_has_a_section(page: Callable[[str], str]) -> None:
    """With its name and, where text shows it, what to write instead."""
    assert {f"rule-{name}" for name in all_rules()} <= ids_of(page("rules"))


def test_every_document_has_a_section(page: Callable[[str], str]) -> None:
    """One for each command that has `--json`."""
    assert {f"json-{name}" for name in WITH_JSON} <= ids_of(page("json"))


def test_every_public_name_has_a_section(page: Callable[[str], str]) -> None:
    """And every event a row."""
    html = page("python")
    names = set(seltzer.__all__) - {"__version__"}
    said = [name for name, value in vars(events).items() if getattr(value, "__module__", "") == events.__name__]

    assert {f"python-{name.lower().replace('_', '-')}" for name in names} <= ids_of(html)
    assert [name for name in said if name not in html] == []


def test_every_column_of_the_history_has_a_row(page: Callable[[str], str], generated: ModuleType) -> None:
    """Those of all three tables."""
    folder = Path(seltzer.__file__).parent / "db/statements"
    sql = "".join((folder / name).read_text(encoding="utf-8") for name in ("create.sql", "lease.sql"))
    columns = re.findall(r'^  "?([a-z_]+)"? [a-z]', sql, re.MULTILINE)

    assert re.findall(r"^\| `(\w+)`", generated.history_columns(), re.MULTILINE) == columns
    assert "The order of the rows" in page("history-table")


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_a_directive_is_legal(name: str, generated: ModuleType) -> None:
    """In SQL as it stands, in Python as a constant with a literal."""
    sql, python = generated.directives.examples()[name]

    assert name in read_directives(sql).lines or read_directives(sql).ignores
    assert not python or python.startswith(f"{name.upper().replace('-', '_')} = ")


@pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])
def test_the_documents_have_the_keys_that_commands_print(project: Project, generated: ModuleType) -> None:
    """Every command with `--json` is run once; what it prints has the keys of the page's example."""
    documents = generated.documents
    printed = {name: outcome.json() for name, outcome in all_commands(project)}
    for server in printed["shadow"]["servers"]:
        shutil.rmtree(Path(server["data"]).parent)

    assert sorted(printed) == WITH_JSON
    for name, document in printed.items():
        example = documents.example(name)
        assert list(document) == list(example), name
        assert set(documents.paths_of(document)) <= set(documents.paths_of(example)), name


@pytest.mark.parametrize("binaries", [18], indirect=True, ids=["pg18"])
def test_an_error_has_the_keys_of_the_page(project: Project, page: Callable[[str], str]) -> None:
    """In the document of the command that failed."""
    failed = project.write({"users/create_tables.sql": "SELECT nothing;"}).run("apply", "--json")

    assert failed.code == 1
    html = page("json")
    section = html[html.index('id="json-error"') : html.index('id="json-apply"')]
    assert [key for key in failed.json()["error"] if f">{key}<" not in section] == []


def all_commands(project: Project) -> list[tuple[str, Outcome]]:
    """Each command with `--json`, in an order in which each has something to say."""
    project.write({"gone/create_tables.sql": "SELECT 1;"})
    first = run_lines(
        project,
        """
        init
        new users --sql
        new users add_email --down
        plan
        apply
        history
        status
        settings
        rules table-name
        check users/0001 --only idempotent
        trace migrations/users/0001_add_email.sql
        stats
        completion bash
        revert users/0001
        stamp users/0001 --yes --force
        renumber users/0001
        rename-module users people
        """,
    )
    project.remove("gone/create_tables.sql")
    return first + run_lines(
        project,
        f"""
        forget gone
        reset --yes --database-name {project.database.name}
        server status --database embedded
        shadow start --shadow embedded:shadow
        shadow stop --shadow embedded:shadow
        """,
    )


def run_lines(project: Project, lines: str) -> list[tuple[str, Outcome]]:
    """Run commands line by line with `--json`; each by its name."""
    commands = [line.split() for line in lines.strip().splitlines()]
    outcomes = [(command[0], project.run(*command, "--json")) for command in commands]
    assert [(name, outcome.out) for name, outcome in outcomes if outcome.code] == []
    return outcomes
