"""What a cut-off statement left behind: waited for, judged by the catalog, and cleaned up before the file goes on.

Nothing is dropped that this migration's own recorded statement did not make, nor what a session is at work on.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from seltzer.catalog.indexes import find_invalid, workers_on
from seltzer.catalog.traces import Outcome, find_relation, outcome_of, trace_from
from seltzer.db.blockers import blockers_of, sessions_of, still_at_work
from seltzer.db.history_rows import look_statement
from seltzer.db.lock import pause, try_lock_session
from seltzer.db.message import Refusal
from seltzer.db.text import compose, identifier
from seltzer.errors import LeftBehindError
from seltzer.events import Blocker, StatementBlocked, Warned
from seltzer.execute.failure import ALONE, Frame, refused_statement
from seltzer.execute.pooled import recorded, tag
from seltzer.execute.words import facts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import psycopg

    from seltzer.catalog.indexes import InvalidIndex
    from seltzer.catalog.traces import Trace
    from seltzer.db.message import Wire
    from seltzer.db.progress import Progress, Record
    from seltzer.db.text import Sql
    from seltzer.errors import Place
    from seltzer.execute.context import Run
    from seltzer.execute.role import TakenRole
    from seltzer.model import Step
    from seltzer.sql.unprotected import IndexBuild

# How often what ended in a deadlock with somebody is tried.
TRIES = 5
DEADLOCK = "40P01"
_DENIED = "42501"
_LOOK_EVERY_S = 0.2
_SAY_EVERY_S = 10.0


class Scene(NamedTuple):
    """A migration that runs unit by unit: the run, the step, the role that its file takes, and its records."""

    run: Run
    step: Step
    role: TakenRole
    progress: Progress

    @property
    def id(self) -> str:
        """The migration's."""
        return self.step.migration.id

    @property
    def wire(self) -> Wire:
        """The working connection, with what the file has set in it."""
        return self.run.session.wire_at_work()

    def send(self, text: str) -> None:
        """Send what the file or healing does, in its role; who is in its way is said."""
        with self.role.held(self.wire):
            self.run.attend(self.wire, self.id)
            self.wire.send(tag(self.run) + text)

    def record(self, text: str) -> None:
        """Write a record; behind a pooler only while the run holds its lease.

        Raises:
            LeaseLostError: It does not any more.
        """
        try:
            self.wire.send(recorded(self.run, text))
        except Refusal as refusal:
            if self.run.lease is None:
                raise
            raise refused_statement(self.step, refusal, ALONE, ()) from None


def work_alone(scene: Scene) -> None:
    """Keep every other session from this migration until this one is cleaned.

    The migration lock elects a run, and who lost it with a connection may still be at work: what no transaction
    protects has no fence at each commit.

    Raises:
        AppliedMeanwhileError: Another run has applied it.
        StopRequested: The run is to end.
    """
    _wait_while(scene, partial(_others_at_work, scene.wire.conn, scene.run.table.id_key(scene.step.migration.id)))
    try:
        scene.wire.send(look_statement(scene.run.table, scene.step.migration.id, scene.step.generation))
    except Refusal as refusal:
        raise refused_statement(scene.step, refusal, Frame(1, 0), ()) from None


def _others_at_work(conn: psycopg.Connection[Any], key: int) -> tuple[Blocker, ...]:
    pids = try_lock_session(conn, key)
    if pids is None:
        return ()
    return sessions_of(conn, pids) or (Blocker(0, "", "", "just ended", None, ""),)


def settle(scene: Scene, record: Record) -> bool:
    """Find out what became of a statement that an earlier run started, and clean up behind it.

    Returns:
        Whether it took effect as a whole. If not, it has left nothing, or could not be asked about.

    Raises:
        LeftBehindError: What it left could not be removed.
    """
    conn, owner = scene.wire.conn, record.owner
    if owner is not None:
        # The server ends a killed client's statement when it likes: until then nobody knows, and a second build of the
        # same index would wait for the first while that waits for the second's snapshot.
        _wait_while(scene, partial(still_at_work, conn, owner))
    trace = trace_from(record.trace)
    return trace is not None and clean_up(scene, trace)


def clean_up(scene: Scene, trace: Trace) -> bool:
    """The same for a statement that nobody runs any more; see `settle`."""
    outcome = _outcome_at_rest(scene, trace)
    for index in outcome.left:
        scene.run.say(Warned(f"{scene.id} had left the INVALID index {_dotted(index)}: it is dropped"))
        drop = compose("DROP INDEX CONCURRENTLY IF EXISTS {index}", index=identifier(index.schema, index.name))
        _send(scene, drop, _dotted(index))
    if outcome.half_detached is not None:
        parent, partition = outcome.half_detached
        scene.run.say(Warned(f"{scene.id} had left {partition.name} half detached: it is finished"))
        finalize = compose(
            "ALTER TABLE {parent} DETACH PARTITION {partition} FINALIZE",
            parent=identifier(*parent),
            partition=identifier(*partition),
        )
        _send(scene, finalize, partition.name)
        return True
    return outcome.done


def _outcome_at_rest(scene: Scene, trace: Trace) -> Outcome:
    """What became of it once nobody is at work on what it left."""
    conn = scene.wire.conn
    while True:
        outcome = outcome_of(conn, trace)
        workers = {pid for index in outcome.left for pid in workers_on(conn, index)}
        if not workers:
            return outcome
        _wait_while(scene, partial(_sessions_at_work, conn, outcome.left, workers))


def _sessions_at_work(
    conn: psycopg.Connection[Any], indexes: Sequence[InvalidIndex], pids: Collection[int]
) -> tuple[Blocker, ...]:
    return sessions_of(conn, pids) if any(workers_on(conn, index) for index in indexes) else ()


def refuse_foreign(scene: Scene, about: IndexBuild, place: Place) -> None:
    """Refuse to build an index whose name an INVALID one of somebody else's has; wait for who is building it.

    `IF NOT EXISTS` would keep it for ever.

    Raises:
        LeftBehindError: There is one, and nobody is building it.
    """
    conn = scene.wire.conn
    while (index := invalid_of(scene, about)) is not None:
        if workers := workers_on(conn, index):
            _wait_while(scene, partial(_sessions_at_work, conn, (index,), workers))
        elif index == invalid_of(scene, about):
            name = identifier(index.schema, index.name)
            raise LeftBehindError(
                f"the index {_dotted(index)} is INVALID, and not this migration's: IF NOT EXISTS would keep it",
                hint=f"It is what a cut-off build left. DROP INDEX CONCURRENTLY {name};  then apply again.",
                place=place,
                migration=scene.id,
                rolled_back=False,
            )


def invalid_of(scene: Scene, about: IndexBuild) -> InvalidIndex | None:
    """The INVALID index that stands where a build wants to put its own; None when there is none."""
    if about.name is None:
        return None
    conn = scene.wire.conn
    with scene.role.held(scene.wire):
        table = find_relation(conn, about.table)
    return find_invalid(conn, table.schema, about.name) if table is not None else None


def left_behind(scene: Scene, trace: Trace | None) -> str:
    """What a statement that failed has left, as a sentence for the error; empty when nothing."""
    if trace is None or scene.wire.conn.closed:
        return ""
    left = outcome_of(scene.wire.conn, trace).left
    names = ", ".join(_dotted(index) for index in left)
    return f"It left {names} INVALID: the next run drops that. " if left else ""


def _wait_while(scene: Scene, busy: Callable[[], tuple[Blocker, ...]]) -> None:
    """Look again and again until nobody is busy any more; no snapshot is held meanwhile.

    Raises:
        StopRequested: The run is to end.
    """
    started = time.monotonic()
    said = -_SAY_EVERY_S
    while found := busy():
        waited = time.monotonic() - started
        if waited - said >= _SAY_EVERY_S:
            said = waited
            scene.run.say(StatementBlocked(scene.id, waited, found + _in_their_way(scene.wire.conn, found)))
        pause(_LOOK_EVERY_S, scene.run.stop)


def _in_their_way(conn: psycopg.Connection[Any], found: tuple[Blocker, ...]) -> tuple[Blocker, ...]:
    """Whom those wait for that we wait for: they may not end before these do."""
    known = {item.pid for item in found}
    behind = {item.pid: item for blocker in found for item in blockers_of(conn, blocker.pid)}
    return tuple(item for pid, item in sorted(behind.items()) if pid not in known)


def _send(scene: Scene, text: Sql, what: str) -> None:
    """Send a statement of ours that no transaction may be around; a deadlock with somebody is tried again."""
    for attempt in range(TRIES):
        try:
            scene.send(text)
        except Refusal as refusal:
            if refusal.error.sqlstate == _DENIED and what.startswith("pg_toast."):
                # Nobody but a superuser comes into that schema, so the table's owner could never go on.
                scene.run.say(Warned(f"{what} stays: it takes a superuser to run {text}; it costs writes, and no more"))
                return
            if refusal.error.sqlstate != DEADLOCK or attempt + 1 == TRIES:
                raise LeftBehindError(
                    f"{what}, left by an earlier run, could not be cleaned up: {facts_of(refusal.error).message}",
                    hint=f"Run it yourself, and apply again: {text};",
                    migration=scene.id,
                    sqlstate=refusal.error.sqlstate,
                    rolled_back=False,
                ) from None
        else:
            return


def _dotted(index: InvalidIndex) -> str:
    return f"{index.schema}.{index.name}"
