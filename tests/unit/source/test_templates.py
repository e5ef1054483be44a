"""The texts that `init` writes."""

from __future__ import annotations

import ast
import tomllib

from seltzer.source.templates import INIT, SETTINGS


def test_the_package_has_three_lines() -> None:
    """A docstring, an import, and `run_all_migrations`."""
    docstring, import_, assignment = ast.parse(INIT).body

    assert INIT.count("\n") == 3
    assert isinstance(docstring, ast.Expr)
    assert ast.unparse(import_) == "from seltzer import Migrations"
    assert ast.unparse(assignment) == "run_all_migrations = Migrations(__file__).run_all"


def test_the_settings_are_a_table_of_ours() -> None:
    """With the one setting that has to be there."""
    assert tomllib.loads(SETTINGS.format(migrations='"src/migrations"')) == {
        "tool": {"seltzer": {"migrations": "src/migrations"}}
    }
