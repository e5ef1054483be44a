"""PostgreSQL migrations for Python applications: one folder a module, applied when the application starts.

The names below are loaded when they are first used: a start with nothing to do needs few of them.

    from seltzer import Migrations
    run_all_migrations = Migrations(__file__).run_all
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from seltzer.version import __version__

if TYPE_CHECKING:
    from seltzer.commands.init import init
    from seltzer.commands.project import Migrations, apply, history, plan, run_all_migrations, status
    from seltzer.commands.results import HistoryResult, MigrationStatus, PlanResult, PlanStep, RunResult, StatusResult
    from seltzer.commands.script import execute_sql_file
    from seltzer.errors import SeltzerError
    from seltzer.model import DatabaseState, FileState

_HOMES = {
    "DatabaseState": "seltzer.model",
    "FileState": "seltzer.model",
    "HistoryResult": "seltzer.commands.results",
    "MigrationStatus": "seltzer.commands.results",
    "Migrations": "seltzer.commands.project",
    "PlanResult": "seltzer.commands.results",
    "PlanStep": "seltzer.commands.results",
    "RunResult": "seltzer.commands.results",
    "SeltzerError": "seltzer.errors",
    "StatusResult": "seltzer.commands.results",
    "apply": "seltzer.commands.project",
    "execute_sql_file": "seltzer.commands.script",
    "history": "seltzer.commands.project",
    "init": "seltzer.commands.init",
    "plan": "seltzer.commands.project",
    "run_all_migrations": "seltzer.commands.project",
    "status": "seltzer.commands.project",
}

__all__ = [
    "DatabaseState",
    "FileState",
    "HistoryResult",
    "MigrationStatus",
    "Migrations",
    "PlanResult",
    "PlanStep",
    "RunResult",
    "SeltzerError",
    "StatusResult",
    "__version__",
    "apply",
    "execute_sql_file",
    "history",
    "init",
    "plan",
    "run_all_migrations",
    "status",
]


def __getattr__(name: str) -> object:
    """Load a public name from its home."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
