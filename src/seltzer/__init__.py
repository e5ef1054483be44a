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
    from seltzer.claims.tracing import Effect
    from seltzer.commands.check_result import CheckResult
    from seltzer.commands.functions import (
        apply,
        check,
        forget,
        history,
        new,
        plan,
        rename_module,
        renumber,
        reset,
        revert,
        run_all_migrations,
        stamp,
        status,
        trace,
    )
    from seltzer.commands.init import init
    from seltzer.commands.project import Migrations
    from seltzer.commands.results import (
        ForgetResult,
        HistoryResult,
        MigrationStatus,
        NewResult,
        PlanResult,
        PlanStep,
        RevertResult,
        RunResult,
        StampResult,
        StatusResult,
    )
    from seltzer.commands.script import execute_sql_file
    from seltzer.commands.trace import TraceResult
    from seltzer.errors import SeltzerError
    from seltzer.model import DatabaseState, FileState

_HOMES = {
    "CheckResult": "seltzer.commands.check_result",
    "DatabaseState": "seltzer.model",
    "Effect": "seltzer.claims.tracing",
    "FileState": "seltzer.model",
    "ForgetResult": "seltzer.commands.results",
    "HistoryResult": "seltzer.commands.results",
    "MigrationStatus": "seltzer.commands.results",
    "Migrations": "seltzer.commands.project",
    "NewResult": "seltzer.commands.results",
    "PlanResult": "seltzer.commands.results",
    "PlanStep": "seltzer.commands.results",
    "RevertResult": "seltzer.commands.results",
    "RunResult": "seltzer.commands.run_result",
    "SeltzerError": "seltzer.errors",
    "StampResult": "seltzer.commands.results",
    "StatusResult": "seltzer.commands.results",
    "TraceResult": "seltzer.commands.trace",
    "apply": "seltzer.commands.functions",
    "check": "seltzer.commands.functions",
    "execute_sql_file": "seltzer.commands.script",
    "forget": "seltzer.commands.functions",
    "history": "seltzer.commands.functions",
    "init": "seltzer.commands.init",
    "new": "seltzer.commands.functions",
    "plan": "seltzer.commands.functions",
    "rename_module": "seltzer.commands.functions",
    "renumber": "seltzer.commands.functions",
    "reset": "seltzer.commands.functions",
    "revert": "seltzer.commands.functions",
    "run_all_migrations": "seltzer.commands.functions",
    "stamp": "seltzer.commands.functions",
    "status": "seltzer.commands.functions",
    "trace": "seltzer.commands.functions",
}

__all__ = [
    "CheckResult",
    "DatabaseState",
    "Effect",
    "FileState",
    "ForgetResult",
    "HistoryResult",
    "MigrationStatus",
    "Migrations",
    "NewResult",
    "PlanResult",
    "PlanStep",
    "RevertResult",
    "RunResult",
    "SeltzerError",
    "StampResult",
    "StatusResult",
    "TraceResult",
    "__version__",
    "apply",
    "check",
    "execute_sql_file",
    "forget",
    "history",
    "init",
    "new",
    "plan",
    "rename_module",
    "renumber",
    "reset",
    "revert",
    "run_all_migrations",
    "stamp",
    "status",
    "trace",
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
