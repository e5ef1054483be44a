"""Several migrations at a time, on a connection each, served in turn by one thread.

What may run side by side is for `planning.schedule` to say. A migration that fails beside others is put back and run
alone in its place, where it meets what it would have met with one connection: only that failure counts.
"""

from __future__ import annotations

import select
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seltzer.db.message import Refusal, StopRequested
from seltzer.errors import ConnectionFailedError, ConnectionLostError, SeltzerError
from seltzer.events import RunFinished, RunStarted, StepFinished
from seltzer.execute.apply import apply_and_tell, flush, interrupted, milliseconds_since, say_started
from seltzer.execute.signals import Terminated
from seltzer.execute.transactional import compose_message, is_plain
from seltzer.planning.schedule import Schedule, can_share
from seltzer.sql.shape import OneTransaction, shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seltzer.execute.context import Run
    from seltzer.execute.transactional import Message
    from seltzer.model import Plan, Step

_LOOK_EVERY_MS = 50


@dataclass(slots=True)
class _Lane:
    """A connection, and the step at work on it.

    Attributes:
        run: The run, with a session of its own.
        number: The step's place in the plan.
        message: What was sent; None while the lane is free.
        started: When.
    """

    run: Run
    number: int = 0
    message: Message | None = None
    started: float = 0.0


def apply_side_by_side(run: Run, plan: Plan, jobs: int) -> None:
    """Apply every step of a plan on up to `jobs` connections; `run.applied` says how far it came.

    Raises:
        SeltzerError: A step failed, or a signal ended the run; what was applied before is recorded and durable.
    """
    started = time.monotonic()
    shapes = {number: shape for number, step in enumerate(plan.steps) if (shape := _shape_of(run, step)) is not None}
    sharing = {plan.steps[number].migration.id for number in shapes}
    lanes = [_Lane(run), *(_Lane(replace(run, session=run.session.another())) for _ in range(jobs - 1))]
    run.say(RunStarted(tuple(step.migration.id for step in plan.steps)))
    schedule = Schedule(plan.steps, lambda step: step.migration.id in sharing)
    try:
        _SideBySide(run, plan, shapes, lanes, schedule).apply()
        flush(run)
    except SeltzerError as error:
        error.applied = tuple(run.applied)
        raise
    finally:
        for lane in lanes:
            lane.run.session.close()
    run.say(RunFinished(tuple(run.applied), milliseconds_since(started)))


def _shape_of(run: Run, step: Step) -> OneTransaction | None:
    """How a step that may run beside others is sent; None where it may not."""
    migration = step.migration
    if not can_share(step) or not migration.directives.transaction or step.is_unfinished(run.unfinished):
        return None
    shape = shape_of(migration.text, migration.statements or (), transaction=True)
    if not isinstance(shape, OneTransaction):
        return None
    # Behind a pooler, what may change the session takes several messages.
    return shape if run.lease is None or is_plain(shape) else None


class _SideBySide:
    """A run with several lanes."""

    def __init__(
        self, run: Run, plan: Plan, shapes: Mapping[int, OneTransaction], lanes: list[_Lane], schedule: Schedule
    ) -> None:
        self._run, self._plan, self._shapes, self._lanes, self._schedule = run, plan, shapes, lanes, schedule

    def apply(self) -> None:
        """Apply everything; what fails raises when it has run alone."""
        try:
            while self._schedule.unfinished:
                self._begin_what_can()
                busy = [lane for lane in self._lanes if lane.message is not None]
                if busy:
                    self._wait(busy)
                else:
                    self._apply_alone()
        except (KeyboardInterrupt, Terminated, StopRequested) as signal:
            raise self._stopped(signal) from None

    def _apply_alone(self) -> None:
        number = self._schedule.next_alone()
        if number is None:
            raise RuntimeError("nothing runs and nothing can")
        apply_and_tell(self._run, self._plan, number)
        self._schedule.done(number)

    def _begin_what_can(self) -> None:
        # The first free one, so that a connection is opened only when those that are open are at work.
        free = [lane for lane in reversed(self._lanes) if lane.message is None]
        if not free:
            return
        for number in self._schedule.startable():
            self._begin(free.pop(), number)
            if not free:
                return

    def _begin(self, lane: _Lane, number: int) -> None:
        step = self._plan.steps[number]
        self._schedule.begin(number)
        lane.number, lane.started = number, time.monotonic()
        say_started(self._run, self._plan, number)
        try:
            lane.message = compose_message(lane.run, step, self._shapes[number], last=False)
            lane.message.wire.begin(lane.message.text)
        except (ConnectionFailedError, ConnectionLostError):
            self._put_back(lane)

    def _wait(self, busy: list[_Lane]) -> None:
        """Serve the lanes whose server has said something."""
        poll = select.poll()
        by_socket: dict[int, _Lane] = {}
        for lane in busy:
            if lane.message is not None:
                wire = lane.message.wire
                socket = wire.conn.pgconn.socket
                by_socket[socket] = lane
                poll.register(socket, wire.wanted_events)
        stop = self._run.stop
        ready = poll.poll(1000 if stop is None else _LOOK_EVERY_MS)
        if stop is not None and stop.is_set():
            raise StopRequested
        for socket, _ in ready:
            self._serve(by_socket[socket])

    def _serve(self, lane: _Lane) -> None:
        message = lane.message
        if message is None:
            return
        try:
            if not message.wire.advance():
                return
            message.wire.finish()
        except Refusal as refusal:
            message.refused(lane.run, refusal)
            self._put_back(lane)
        except ConnectionLostError:
            # Alone it is settled by the history whether it was committed.
            self._put_back(lane)
        else:
            message.done(lane.run)
            self._finish(lane)

    def _finish(self, lane: _Lane) -> None:
        migration = self._plan.steps[lane.number].migration.id
        lane.message = None
        self._schedule.done(lane.number)
        self._run.unflushed = True
        self._run.applied.append(migration)
        self._run.say(StepFinished(migration, milliseconds_since(lane.started)))

    def _put_back(self, lane: _Lane) -> None:
        lane.message = None
        self._schedule.put_back(lane.number)

    def _stopped(self, signal: BaseException) -> SeltzerError:
        """Cancel what is at work; what the server had committed before it heard of that counts."""
        stopped: list[int] = []
        for lane in self._lanes:
            if lane.message is None:
                continue
            lane.message.wire.cancel()
            try:
                results = lane.message.wire.finish()
            except (Refusal, ConnectionLostError):
                lane.message.wire.roll_back()
                stopped.append(lane.number)
            else:
                if results and results[-1].command_status == b"COMMIT":
                    self._finish(lane)
                else:
                    stopped.append(lane.number)
        steps = [self._plan.steps[number] for number in sorted(stopped)]
        error = interrupted(self._run, steps[0] if steps else self._plan.steps[0], signal)
        if len(steps) > 1:
            names = ", ".join(step.migration.id for step in steps)
            error.message = f"the run was stopped; the migrations that were running were rolled back: {names}"
        return error
