"""A section for each command's JSON document: what its keys say, and one example, made by the code that prints it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from generated.document_keys import ERROR_KEYS, KEYS
from generated.markdown import cell, code, section, table
from generated.verbs import verbs_with_json
from seltzer.catalog.statistics import QueryStatistics, TableSize
from seltzer.claims.finding import Finding, Judgement, Verdict
from seltzer.claims.tracing import Effect
from seltzer.commands import results
from seltzer.commands.check_result import CheckResult
from seltzer.commands.rules import rules
from seltzer.commands.server import ServerResult
from seltzer.commands.shadow import ShadowResult, ShadowServer
from seltzer.commands.stats import StatsResult
from seltzer.commands.trace import TraceResult
from seltzer.config import SETTINGS, Source, read_config
from seltzer.db.history import HistoryLine
from seltzer.db.lock import Holder
from seltzer.errors import Place, StatementError
from seltzer.model import DatabaseState, FileState, Kind, Language, Reason, Severity
from seltzer.report import json as documents
from seltzer.report.checks import check_content
from seltzer.report.effects import stats_content, trace_content
from seltzer.report.rules import rules_content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CHECKSUM = "sha256-1:0f3e5c1d9a7b2486e0d1c3b5a79f8e6d4c2b1a09f8e7d6c5b4a392817065f4e3"
_AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
_DATABASE = "app@db.example:5432/shop"
_FOLDER = Path.cwd() / "migrations"


def document_sections() -> str:
    """All documents, in the order of the commands' names; a command or key without words is a KeyError."""
    return "\n".join(_section(verb) for verb in verbs_with_json())


def error_keys() -> str:
    """The keys of an error, which is the same in every document."""
    content = documents.error_content(_error())
    return f"{_keys(content, ERROR_KEYS)}\n{_shown({'error': content})}\n"


def example(verb: str) -> dict[str, Any]:
    """The document of a command, as it stands in the manual."""
    return json.loads(documents.document(_SAMPLES[verb]()))


def _section(verb: str) -> str:
    content = example(verb)
    return section(f"json-{verb}", f"`seltzer {verb}`", _keys(content, KEYS[verb]), _shown(content))


def _keys(content: dict[str, Any], words: dict[str, str]) -> str:
    paths = [path for path in paths_of(content) if path != "format"]
    return table(["key", "what it says"], [[cell(path), words[path]] for path in paths])


def paths_of(content: dict[str, Any], before: str = "") -> Iterator[str]:
    """The keys of a document, those of its parts too: `rows[].id`."""
    for key, value in content.items():
        path = f"{before}{key}"
        yield path
        if isinstance(value, dict):
            # Keys such as `public.users` are names of the user's, and no part of the format.
            inner = cast("dict[str, Any]", value)
            yield from paths_of(inner, f"{path}.") if all(map(str.isidentifier, inner)) else ()
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield from paths_of(cast("dict[str, Any]", value[0]), f"{path}[].")


def _shown(content: dict[str, Any]) -> str:
    return code("json", json.dumps(content, indent=2, ensure_ascii=False))


def _error() -> StatementError:
    return StatementError(
        'column "nmae" does not exist',
        hint='Perhaps you meant to reference the column "users.name".',
        place=Place(_FOLDER / "users/0004_nickname.sql", 2, 29),
        migration="users/0004_nickname",
        sqlstate="42703",
        rolled_back=True,
    )


def _status() -> dict[str, Any]:
    applied = results.MigrationStatus(
        id="users/0001_add_name",
        module="users",
        name="0001_add_name",
        kind=Kind.VERSIONED,
        language=Language.SQL,
        state=FileState.APPLIED,
        late=False,
        applied_at=_AT,
    )
    run = Holder(4711, "seltzer apply", _AT + timedelta(days=1), "users/0002_index_name")
    return documents.status_content(results.StatusResult(DatabaseState.BEHIND, _DATABASE, (applied,), run, None))


def _run() -> dict[str, Any]:
    return documents.run_content(results.RunResult(DatabaseState.CURRENT, ("users/create_tables",), 14))


def _plan() -> dict[str, Any]:
    step = results.PlanStep(
        id="billing/create_tables",
        file=_FOLDER / "billing/create_tables.sql",
        reason=Reason.NEW,
        transactional=True,
        statements=2,
        depends_on=(("users/create_tables", "table public.users"),),
        text="",
    )
    return documents.plan_content(results.PlanResult(DatabaseState.BEHIND, _DATABASE, (step,)))


def _history() -> dict[str, Any]:
    row = HistoryLine(
        "users/create_tables", "applied", _AT, _AT + timedelta(milliseconds=6), 6, "app", _CHECKSUM, "shop", None, None
    )
    return documents.history_content(results.HistoryResult((row,)))


def _stats() -> dict[str, Any]:
    size = TableSize(1_200_000, 98_000_000, {"public.users_pkey": 27_000_000})
    query = QueryStatistics("SELECT id FROM users WHERE email = $1", 12)
    return stats_content(StatsResult(_DATABASE, {"public.users": size}, None, [query]))


def _trace() -> dict[str, Any]:
    effect = Effect(
        line=1,
        text="ALTER TABLE users ADD CHECK (age > 0)",
        transactional=True,
        locks={"public.users": "ACCESS EXCLUSIVE"},
        scanned=("public.users",),
        constraints_validated=("public.users.users_age_check",),
        hazards={"public.users": "ACCESS EXCLUSIVE"},
        worked_on=("public.users",),
        duration_ms=0.412,
    )
    return trace_content(TraceResult((effect,), _DATABASE, stays=False))


def _settings() -> dict[str, Any]:
    config = read_config({"lock_wait": "30s"}, given_as=Source.FLAG, environ={}, working_folder=Path(Path.cwd().anchor))
    return documents.settings_content([item for item in SETTINGS if item.name == "lock-wait"], config)


def _files(*names: str) -> Callable[[], dict[str, Any]]:
    return lambda: documents.files_content(results.NewResult(tuple(_FOLDER / name for name in names)))


def _check() -> dict[str, Any]:
    path, id_ = Path("migrations/users/0002_add_email.sql"), "users/0002_add_email"
    finding = Finding(
        claim="idempotent",
        rule="idempotent",
        severity=Severity.WARNING,
        id=id_,
        file=path,
        line=1,
        message='run again it fails: column "email" of relation "users" already exists',
        evidence="run twice on PostgreSQL 18, the second time as if nothing had been recorded",
        why="Whoever has to run it again, after a restore or by hand, is stopped by it.",
        fix="ALTER TABLE users ADD COLUMN IF NOT EXISTS email text;",
    )
    refuted = Judgement("idempotent", id_, Verdict.REFUTED, finding.message, (finding,))
    proven = Judgement("atomic", id_, Verdict.PROVEN, "a fault after its statement left nothing behind")
    return check_content(CheckResult((refuted, proven), "PostgreSQL 18", 740))


_SAMPLES: dict[str, Callable[[], dict[str, Any]]] = {
    "apply": _run,
    "check": _check,
    "completion": lambda: {"shell": "bash", "script": "_seltzer_completion() {\n …\n}\n"},
    "forget": lambda: documents.forget_content(results.ForgetResult(("users/0003_old",))),
    "history": _history,
    "init": lambda: documents.init_content(results.InitResult((_FOLDER / "__init__.py",), (Path("pyproject.toml"),))),
    "new": _files("users/0001_add_email.sql", "users/0001_add_email.down.sql"),
    "plan": _plan,
    "rename-module": _files("people/create_tables.sql", "people/0001_add_email.sql"),
    "renumber": _files("users/0005_add_email.sql"),
    "reset": _run,
    "revert": lambda: documents.revert_content(
        results.RevertResult(DatabaseState.CURRENT, ("users/0004_nickname",), 9)
    ),
    "server": lambda: documents.server_content(
        ServerResult(
            running=True,
            url="postgresql://postgres@/shop?host=%2Ftmp%2Fs-1&hostaddr=&port=5432",
            data=Path(".seltzer/postgres-18/data"),
        )
    ),
    "rules": lambda: rules_content(rules("missing-if-not-exists")),
    "settings": _settings,
    "shadow": lambda: documents.shadow_content(
        ShadowResult((ShadowServer(18, running=True, in_use=False, data=Path("/home/me/.cache/seltzer/shadow/data")),))
    ),
    "stamp": lambda: documents.stamp_content(
        results.StampResult(DatabaseState.CURRENT, ("users/create_tables",), FileState.STAMPED)
    ),
    "status": _status,
    "stats": _stats,
    "trace": _trace,
}
