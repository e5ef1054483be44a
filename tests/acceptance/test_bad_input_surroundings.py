"""Where a command runs and writes to: a folder that is gone, a disk that is full."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seltzer.report.text import shown_path

FULL = Path("/dev/full")


def _run(folder: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SELTZER_", "PG", "DB_"))}
    command = [sys.executable, "-c", f"{code}\nfrom seltzer.__main__ import main\nsys.exit(main())", *arguments]
    return subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [("status",), ("init",), ("new", "users"), ("settings",)])
def test_a_working_directory_that_is_gone(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Deleted below the shell that stands in it: one document, or one line."""
    code = "import os, sys\nos.mkdir('gone')\nos.chdir('gone')\nos.rmdir('../gone')"

    machine, person = _run(tmp_path, code, *arguments, "--json"), _run(tmp_path, code, *arguments)

    assert (machine.returncode, person.returncode) == (2, 2), person.stderr
    assert "working directory" in json.loads(machine.stdout)["error"]["message"]
    assert person.stderr.startswith("error: the working directory is not there any more\nhint: ")
    assert (machine.stderr, person.stdout) == ("", "")


def test_a_path_is_shown_whole_where_there_is_no_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error has to be told all the same."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    shown = shown_path(gone / "x.sql")
    monkeypatch.chdir(tmp_path)

    assert shown == str(gone / "x.sql")


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("arguments", [("init",), ("init", "--json"), ("settings", "--json")])
def test_a_disk_that_is_full(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """The result is lost, which has to be said where it still can be."""
    code = "import os, sys\nos.dup2(os.open('/dev/full', os.O_WRONLY), 1)"

    done = _run(tmp_path, code, *arguments)

    assert done.returncode == 2
    assert done.stderr.startswith("error: the result cannot be written to stdout: no space left on device\nhint: ")
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is always full")
def test_what_is_said_beside_a_result_may_be_lost(tmp_path: Path) -> None:
    """A log that is full ends no command."""
    code = "import os, sys\nos.dup2(os.open('/dev/full', os.O_WRONLY), 2)"

    done = _run(tmp_path, code, "status")

    assert done.returncode == 2
    assert done.stdout == ""
