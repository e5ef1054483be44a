"""One statement that no transaction protects: recorded before it starts, watched while it runs, recorded when done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.catalog.traces import take_trace, trace_content
from seltzer.db.message import Refusal
from seltzer.db.progress import SOME_SESSION, THIS_SESSION
from seltzer.execute.failure import Frame, refused_statement
from seltzer.execute.healing import DEADLOCK, TRIES, clean_up, invalid_of, left_behind, refuse_foreign
from seltzer.execute.pooled import refuse_limits, tag
from seltzer.execute.retry import LOCK_NOT_AVAILABLE
from seltzer.source.read import place_of
from seltzer.sql.unprotected import IndexBuild, read_unprotected

if TYPE_CHECKING:
    from seltzer.catalog.traces import Trace
    from seltzer.errors import SeltzerError
    from seltzer.execute.healing import Scene
    from seltzer.model import Statement
    from seltzer.sql.shape import Unit
    from seltzer.sql.unprotected import Unprotected


_LOCK_TIMEOUT = (
    "Its wait for old transactions counts as waiting for a lock: SET lock_timeout = 0 above it in the file, and apply "
    "again."
)


def run_unprotected(scene: Scene, index: int, unit: Unit) -> None:
    """Run one statement by itself, until what it asks for is there.

    Raises:
        StatementError: PostgreSQL refused it.
        LeftBehindError: An INVALID index of somebody else's is in its way.
    """
    statement, progress = unit.statements[0], scene.progress
    migration, about = scene.step.migration, read_unprotected(statement.text)
    for attempt in range(TRIES):
        if isinstance(about, IndexBuild):
            refuse_foreign(scene, about, place_of(migration.path, migration.text, statement.offset))
        trace = _trace(scene, about)
        refuse_limits(scene.run, scene.step, statement)
        content = trace_content(trace) if trace is not None else None
        owner = THIS_SESSION if scene.run.lease is None else SOME_SESSION
        scene.record(progress.started(index, unit.fingerprint, content, owner))
        try:
            scene.send(statement.text)
        except Refusal as refusal:
            if refusal.error.sqlstate == DEADLOCK and trace is not None and attempt + 1 < TRIES:
                # Somebody else's build on the same table: each waits for the other's snapshot or lock.
                if clean_up(scene, trace):
                    break
                continue
            raise _refused(scene, statement, trace, refusal) from None
        # A build that was skipped for an index which nobody had finished is no build.
        if not isinstance(about, IndexBuild) or invalid_of(scene, about) is None:
            break
    # The statement may have changed the role by itself.
    left = scene.role.left() if scene.run.lease is None else ""
    scene.record(left + progress.done(index, unit.fingerprint))


def _trace(scene: Scene, about: Unprotected | None) -> Trace | None:
    if about is None:
        return None
    with scene.role.held(scene.wire):
        return take_trace(scene.wire.conn, about)


def _refused(scene: Scene, statement: Statement, trace: Trace | None, refusal: Refusal) -> SeltzerError:
    frame = Frame(0, len(tag(scene.run)) - statement.offset)
    error = refused_statement(scene.step, refusal, frame, (statement,))
    if refusal.error.sqlstate == LOCK_NOT_AVAILABLE:
        error.hint = _LOCK_TIMEOUT
    error.hint = f"{left_behind(scene, trace)}{error.hint or ''}".strip()
    return error
