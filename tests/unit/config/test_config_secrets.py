"""A canary in every place where a password can stand is found in no text that a person could see."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from seltzer.config.database import find_database, find_direct_database
from seltzer.config.forms import read_text
from seltzer.errors import SeltzerError

if TYPE_CHECKING:
    from unit.config.conftest import Project

CANARY = "canary-4711"
URL = f"postgresql://u:{CANARY}@h/d"


def test_no_repr_has_a_password(project: Project) -> None:
    """Neither that of the config, nor of its origins, nor of the databases made of it."""
    project.write("pyproject.toml", f"[tool.seltzer]\ndirect-database = '{URL}'\n")
    project.environ["SELTZER_DATABASE"] = URL

    config = project.flags()

    seen = [
        read_text(URL),
        config,
        config.origins,
        find_database(config, project.environ),
        find_direct_database(config),
    ]
    assert CANARY not in repr(seen) + str(seen)
    assert config.origins["database"].text == config.origins["direct-database"].text == "(set)"
    assert CANARY in str(config.database)


@pytest.mark.parametrize("setting", ["history", "history-readers", "policy", "lock-wait", "server-version", "role"])
def test_no_error_has_a_password_that_was_put_into_the_wrong_setting(project: Project, setting: str) -> None:
    """Flag, variable and file alike."""
    keyword = setting.replace("-", "_")
    text = f"{URL}/{'x' * 70}"
    project.write("seltzer.toml", f"{setting} = [[{text!r}]]\n")

    errors: list[SeltzerError] = []
    for flags, environ in (({keyword: text}, {}), ({}, {f"SELTZER_{keyword.upper()}": text}), ({}, {})):
        project.environ = environ
        with pytest.raises(SeltzerError) as caught:
            project.flags(**flags)
        errors.append(caught.value)

    assert all("4711" not in f"{error!s} {error!r} {vars(error)}" for error in errors)
    assert all(error.__context__ is None for error in errors)


def test_the_room_loads_neither_psycopg_nor_a_toml_parser() -> None:
    """A start without a settings file pays for none, and a command without a database not for a driver."""
    probe = "import sys, seltzer.config; print(sys.modules.keys() & {'psycopg', 'tomllib', 'click'})"

    assert subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True).stdout == b"set()\n"
