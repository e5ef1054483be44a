"""One JSON document a verb, in every case; its keys are fixed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from seltzer.report.text import shown_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seltzer.commands.results import (
        ForgetResult,
        HistoryResult,
        InitResult,
        MigrationStatus,
        NewResult,
        PlanResult,
        RevertResult,
        RunResult,
        StampResult,
        StatusResult,
    )
    from seltzer.commands.server import ServerResult
    from seltzer.commands.shadow import ShadowResult
    from seltzer.config import Config, Setting
    from seltzer.db.lock import Holder
    from seltzer.errors import SeltzerError

FORMAT = 1


def document(content: dict[str, Any]) -> str:
    """A document's text, its format first."""
    return json.dumps({"format": FORMAT, **content}, ensure_ascii=True)


def status_content(result: StatusResult) -> dict[str, Any]:
    """What `status --json` prints."""
    return {
        "state": result.state,
        "database": result.database,
        "migrations": [_migration(item) for item in result.migrations],
        "run": _run(result.run),
        "stop": error_content(result.stop) if result.stop is not None else None,
    }


def _migration(item: MigrationStatus) -> dict[str, Any]:
    return {
        "id": item.id,
        "module": item.module,
        "name": item.name,
        "kind": item.kind,
        "language": item.language,
        "state": item.state,
        "late": item.late,
        "applied_at": _time(item.applied_at),
    }


def _run(run: Holder | None) -> dict[str, Any] | None:
    if run is None:
        return None
    return {"pid": run.pid, "application": run.application, "since": _time(run.since), "id": run.migration}


def run_content(result: RunResult) -> dict[str, Any]:
    """What `apply --json` prints after a success."""
    return {
        "state": result.state,
        "applied": list(result.applied),
        "duration_ms": result.duration_ms,
        "error": None,
    }


def plan_content(result: PlanResult) -> dict[str, Any]:
    """What `plan --json` prints."""
    return {
        "state": result.state,
        "database": result.database,
        "steps": [
            {
                "id": step.id,
                "reason": step.reason,
                "transactional": step.transactional,
                "statements": step.statements,
                "depends_on": [{"id": before, "because": because} for before, because in step.depends_on],
            }
            for step in result.steps
        ],
    }


def revert_content(result: RevertResult) -> dict[str, Any]:
    """What `revert --json` prints after a success."""
    return {
        "state": result.state,
        "reverted": list(result.reverted),
        "duration_ms": result.duration_ms,
        "error": None,
    }


def stamp_content(result: StampResult) -> dict[str, Any]:
    """What `stamp --json` prints."""
    return {"state": result.state, "stamped": list(result.stamped)}


def forget_content(result: ForgetResult) -> dict[str, Any]:
    """What `forget --json` prints."""
    return {"forgotten": list(result.forgotten)}


def server_content(result: ServerResult) -> dict[str, Any]:
    """What `server --json` prints."""
    return {"running": result.running, "url": result.url, "data": str(result.data)}


def shadow_content(result: ShadowResult) -> dict[str, Any]:
    """What `shadow --json` prints."""
    return {
        "servers": [
            {
                "version": server.version,
                "running": server.running,
                "in_use": server.in_use,
                "data": str(server.data),
            }
            for server in result.servers
        ]
    }


def files_content(result: NewResult) -> dict[str, Any]:
    """What `new`, `renumber` and `rename-module` print with `--json`."""
    return {"files": [shown_path(path) for path in result.files]}


def settings_content(settings: Sequence[Setting], config: Config) -> dict[str, Any]:
    """What `settings --json` prints; no value of a database."""
    return {
        "settings": [
            {
                "name": setting.name,
                "value": config.origins[setting.name].text or None,
                "source": config.origins[setting.name].source,
                "where": config.origins[setting.name].where,
            }
            for setting in settings
        ]
    }


def history_content(result: HistoryResult) -> dict[str, Any]:
    """What `history --json` prints."""
    return {
        "rows": [
            {
                "id": row.id,
                "state": row.state,
                "started_at": _time(row.started_at),
                "finished_at": _time(row.finished_at),
                "duration_ms": row.duration_ms,
                "user": row.user,
                "checksum": row.checksum,
                "application": row.application,
                "sqlstate": row.sqlstate,
                "message": row.message,
            }
            for row in result.rows
        ]
    }


def init_content(result: InitResult) -> dict[str, Any]:
    """What `init --json` prints."""
    return {
        "written": [shown_path(path) for path in result.written],
        "kept": [shown_path(path) for path in result.kept],
    }


def error_content(error: SeltzerError) -> dict[str, Any]:
    """An error, null where something does not apply."""
    place = error.place
    return {
        "type": error.type,
        "message": error.message,
        "hint": error.hint,
        "id": error.migration,
        "file": shown_path(place.file) if place is not None else None,
        "line": place.line if place is not None else None,
        "column": place.column if place is not None else None,
        "sqlstate": error.sqlstate,
        "detail": error.detail,
        "rolled_back": error.rolled_back,
    }


def _time(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
