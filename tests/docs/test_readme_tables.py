"""The tables of README.md say what the code says: settings, errors, verbs, directives, states, policies."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import click
import pytest

import seltzer
from seltzer import errors
from seltzer.cli.group import GROUP
from seltzer.config import SETTINGS, Policy
from seltzer.errors import SeltzerError
from seltzer.model import DatabaseState, FileState
from seltzer.sql.directives import NAMES

importlib.import_module("seltzer.cli.main")  # adds the commands to GROUP
VERBS = sorted(GROUP.list_commands(click.Context(GROUP)))

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def table_under(heading: str) -> list[list[str]]:
    """The rows of the first table below a row of headings, cell by cell; the headings and their rule left out."""
    lines = README[README.index(f"\n| {heading} ") + 1 :].splitlines()[2:]
    rows: list[list[str]] = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def quoted(text: str) -> set[str]:
    """What stands between backticks."""
    return set(re.findall(r"`([^`]+)`", text))


def settings_table() -> str:
    """The table of settings as README has it, made from `SETTINGS`."""
    rows = ["| setting | value | default | for |", "|---|---|---|---|"]
    for setting in SETTINGS:
        default = f" `{setting.default}` " if setting.default else " "
        rows.append(f"| `{setting.name}` | {setting.type.name} |{default}| {setting.sentence} |")
    return "\n".join(rows)


def test_the_table_of_settings_is_the_one_in_the_code() -> None:
    """Every setting with its type, default and sentence; a difference is mended by pasting the expected table."""
    expected = settings_table()

    assert expected in README, f"README.md's table of settings should be:\n{expected}"


def test_the_settings_that_operations_decide_are_named() -> None:
    """README says for which settings the environment comes before an argument in code."""
    *others, last = [f"`{setting.name}`" for setting in SETTINGS if setting.operations_win]

    sentence = f"For {', '.join(others)} and {last} the environment comes before an argument in code."
    assert sentence in " ".join(README.split())


def exit_codes() -> dict[int, set[str]]:
    """The names of errors beside each exit code of the table."""
    return {int(code): quoted(names) for code, _, names in table_under("code")}


def error_classes() -> list[type[SeltzerError]]:
    """Every error but the root of the tree."""
    found = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, SeltzerError)]
    return [error for error in found if error is not SeltzerError]


@pytest.mark.parametrize("error", error_classes(), ids=lambda error: error.__name__)
def test_every_error_stands_beside_its_exit_code(error: type[SeltzerError]) -> None:
    """An error is named once, in the row of the code that a process ends with."""
    rows = [code for code, names in exit_codes().items() if error.__name__ in names]

    assert rows == [error.exit_code]


def test_no_error_is_named_that_is_not_there() -> None:
    """A removed error leaves the table, too."""
    known = {error.__name__ for error in error_classes()}

    assert set().union(*exit_codes().values()) <= known


@pytest.mark.parametrize("verb", VERBS)
def test_every_command_is_in_the_table_of_verbs(verb: str) -> None:
    """A verb has a row that begins `seltzer VERB` at the command line."""
    cells = [row[1] for row in table_under("from Python")]

    assert any(cell.startswith((f"`seltzer {verb}`", f"`seltzer {verb} ")) for cell in cells)


def test_no_command_is_named_that_is_not_there() -> None:
    """What README tells a reader to type exists."""
    typed = set(re.findall(r"`seltzer ([a-z-]+)", README)) | set(
        re.findall(r"^\$ seltzer ([a-z-]+)", README, re.MULTILINE)
    )

    assert typed <= set(VERBS)


@pytest.mark.parametrize("name", sorted(set(seltzer.__all__) - {"__version__"}))
def test_every_public_name_is_mentioned(name: str) -> None:
    """What `seltzer` exports is on the page: as a word of code, or as a type that a word of code returns."""
    assert re.search(rf"\b{name}\b", README)


def test_every_directive_has_a_row() -> None:
    """The table of directives has those of the code, each once."""
    assert sorted(quoted(" ".join(row[0] for row in table_under("directive")))) == sorted(NAMES)


def test_every_state_of_a_file_has_a_row() -> None:
    """`stamped` shares the row of `applied`, all others have their own."""
    rows = table_under("a file is")

    assert {state for row in rows for state in quoted(" ".join(row))} >= set(FileState)
    assert {row[0].strip("`") for row in rows} == set(FileState) - {FileState.STAMPED}


def test_every_state_of_a_database_is_explained() -> None:
    """The sentence on the database's state goes through all of them, the worst first."""
    sentence = re.search(r"A database is (.*?)\.\n", README, re.DOTALL)

    assert sentence is not None
    assert re.findall(r"`(\w+)`", sentence[1]) == list(DatabaseState)


def test_every_policy_has_a_place() -> None:
    """The table of policies recommends each of them somewhere."""
    words = {word for row in table_under("where") for word in quoted(row[1])}

    assert {policy for policy in Policy if policy in words or f"SELTZER_POLICY={policy}" in words} == set(Policy)
