"""What only Seltzer is asked: a start in process, and where the time of a cold run goes."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import peers
from measure import ToolFailedError, median
from work import write_related

if TYPE_CHECKING:
    from collections.abc import Mapping

    from measure import Bench

_HERE = Path(__file__).resolve().parent
_PROCESSES, _TIMES = 3, 40
_PLANNED = (100, 1_000, 10_000)
# The order in which the phases are shown, and what each is.
PHASES = {
    "start": "the interpreter and all imports",
    "discover": "list the folders, read and digest the files",
    "read and parse": "directives, tokens, statements",
    "plan": "the order",
    "compose": "the messages and the history's rows",
    "report": "a line for each migration",
    "other": "settings, the command line, the lock, the end of the process",
    "server": "connect, send, wait for PostgreSQL",
}


@dataclass(frozen=True, slots=True)
class InProcess:
    """A start with nothing to do, everything imported: medians in seconds."""

    connect_s: float
    start_s: float

    @property
    def beyond_ms(self) -> float:
        """Milliseconds beyond a bare connect."""
        return (self.start_s - self.connect_s) * 1000


def in_process(bench: Bench, python: Path) -> InProcess:
    """Measure `run_all_migrations` on the database that the last cold run left, in a few processes."""
    command, folder = bench.made(peers.SELTZER)
    url = command.arguments[command.arguments.index("--database") + 1]
    found = [
        json.loads(_python(bench, python, folder, "in_process.py", str(folder / "migrations"), url, str(_TIMES)))
        for _ in range(_PROCESSES)
    ]
    return InProcess(median(item["connect_s"] for item in found), median(item["start_s"] for item in found))


def client_s(bench: Bench, python: Path) -> float:
    """Wall seconds of a process that starts, reads, parses, orders and reports the same files, without a database."""
    _, folder = bench.made(peers.SELTZER)
    program = str(python.parent / "seltzer")
    took: list[float] = []
    for _ in range(_PROCESSES + 2):
        begun = time.monotonic()
        subprocess.run(
            [program, "plan", "--all", "--json", "--migrations", str(folder / "migrations")],
            env=dict(bench.environment),
            stdout=subprocess.DEVNULL,
            check=True,
        )
        took.append(time.monotonic() - begun)
    return median(took)


def breakdown(bench: Bench, python: Path) -> dict[str, float]:
    """Apply on an empty database once more, and give the seconds of each phase."""
    command, folder, _ = bench.prepare(peers.SELTZER)
    result = folder / "breakdown.json"
    spawned = time.monotonic()
    _python(bench, python, folder, "breakdown.py", str(result), *command.arguments[1:])
    ended = time.monotonic()
    content = json.loads(result.read_text(encoding="utf-8"))
    phases: dict[str, float] = dict.fromkeys(PHASES, 0.0) | content["phases"]
    phases["start"] += content["begun"] - spawned
    phases["other"] += ended - content["ended"]
    return phases


@dataclass(frozen=True, slots=True)
class Planning:
    """What reading and ordering a folder of related migrations takes: seconds of CPU, and MiB at the peak."""

    count: int
    read_s: float
    order_s: float
    peak_mib: float


def planning(python: Path, environment: Mapping[str, str]) -> list[Planning]:
    """Measure each number of migrations; the median of three processes."""
    found: list[Planning] = []
    for count in _PLANNED:
        with tempfile.TemporaryDirectory(prefix="seltzer-bench-") as place:
            write_related(Path(place), count)
            command = [str(python), str(_HERE / "planning.py"), place]
            said = [
                json.loads(subprocess.run(command, env=dict(environment), check=True, capture_output=True).stdout)
                for _ in range(_PROCESSES)
            ]
        found.append(
            Planning(count, *(median(item[key] for item in said) for key in ("read_s", "order_s", "peak_mib")))
        )
    return found


def _python(bench: Bench, python: Path, folder: Path, script: str, *arguments: str) -> str:
    done = subprocess.run(
        [str(python), str(_HERE / script), *arguments],
        cwd=folder,
        env=dict(bench.environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ToolFailedError(f"{script}: {done.stderr.strip()[-500:]}")
    return done.stdout
