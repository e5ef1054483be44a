"""Run by the measured interpreter: where a run of the command spends its time, looked at once a millisecond.

usage: breakdown.py RESULT ARGUMENT...     (RESULT: a JSON file to write; the arguments are those of `seltzer`)

A profiler that counts calls would slow down exactly what is to be measured; this one takes one sample a millisecond,
asks in which of Seltzer's rooms the program was, and gives that room the time since the sample before.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_EVERY_S = 0.001

# The first line that any frame of the sample matches, from the top, names the phase.
_PHASES = (
    ("start", "<frozen importlib", ""),
    ("server", "/seltzer/db/message.py", ""),
    ("server", "/psycopg/connection.py", "wait"),
    ("server", "/psycopg/connection.py", "connect"),
    ("report", "/seltzer/cli/output.py", ""),
    ("report", "/seltzer/report/", ""),
    ("compose", "/seltzer/execute/", ""),
    ("plan", "/seltzer/planning/", ""),
    ("discover", "/seltzer/source/discover.py", ""),
    ("read and parse", "/seltzer/source/", ""),
    ("read and parse", "/seltzer/sql/", ""),
)


class Sampler:
    """Seconds by phase."""

    def __init__(self) -> None:
        self.phases: defaultdict[str, float] = defaultdict(float)
        self._last = time.monotonic()

    def __call__(self, _: int, frame: FrameType | None) -> None:
        """Give the time since the sample before to the phase that the program is in."""
        now = time.monotonic()
        self.phases[_phase([*_outwards(frame)])] += now - self._last
        self._last = now


def _phase(frames: list[tuple[str, str]]) -> str:
    for phase, path, function in _PHASES:
        if any(path in file and function in ("", name) for file, name in frames):
            return phase
    return "other"


def _outwards(frame: FrameType | None) -> Iterator[tuple[str, str]]:
    while frame is not None:
        yield frame.f_code.co_filename, frame.f_code.co_name
        frame = frame.f_back


def main(result: str, arguments: list[str]) -> None:
    begun = time.monotonic()
    sampler = Sampler()
    signal.signal(signal.SIGALRM, sampler)
    signal.setitimer(signal.ITIMER_REAL, _EVERY_S, _EVERY_S)
    from seltzer.__main__ import main as seltzer  # noqa: PLC0415  # the import is a part of what is measured

    sys.argv = ["seltzer", *arguments]
    code = seltzer()
    signal.setitimer(signal.ITIMER_REAL, 0)
    ended = time.monotonic()
    content = {"begun": begun, "ended": ended, "phases": sampler.phases}
    Path(result).write_text(json.dumps(content), encoding="utf-8")
    sys.exit(code)


main(sys.argv[1], sys.argv[2:])
