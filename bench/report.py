"""The figures as Markdown: the table, the requirements beside what was measured, and where Seltzer's time goes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import peers
from measure import median
from seltzer_alone import PHASES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from install import Installed
    from measure import Figures
    from seltzer_alone import InProcess

IN_PROCESS_MS, OF_ALEMBIC, OF_YOYO, OF_PSQL, OF_PSQL_SLOW_FLUSH, CLIENT_S = 40, 0.6, 1.0, 1.0, 0.75, 0.6
_SLOW_FLUSH_MS = 1.0
_BEGIN, _END = "<!-- figures: written by `make bench` -->", "<!-- end of figures -->"


@dataclass(frozen=True, slots=True)
class Result:
    """Everything that one run of the benchmark found.

    Attributes:
        facts: Sentences about machine and server.
        count: Migrations of the work.
        figures: By name of tool.
        installed: Versions, and what is missing.
        flush_ms: One fdatasync.
        in_process: None when it was not measured.
        phases: Seconds by phase of Seltzer's cold run; empty when it was not measured.
    """

    facts: Sequence[str]
    count: int
    figures: Mapping[str, Figures]
    installed: Installed
    flush_ms: float
    in_process: InProcess | None
    phases: Mapping[str, float]

    def cold_s(self, name: str) -> float:
        """Median wall seconds of a tool on an empty database."""
        return median(run.wall_s for run in self.figures[name].cold) if name in self.figures else math.nan

    def noop_s(self, name: str) -> float:
        """Median wall seconds of a tool with nothing to do."""
        return median(run.wall_s for run in self.figures[name].noop) if name in self.figures else math.nan

    def client_s(self) -> float:
        """Median user and system seconds of Seltzer's process on an empty database."""
        return (
            median(run.cpu_s for run in self.figures[peers.SELTZER].cold) if peers.SELTZER in self.figures else math.nan
        )


def markdown(result: Result) -> str:
    """All of it."""
    lines = [
        *result.facts,
        "",
        f"One `fdatasync` of 8 kB takes {_number(result.flush_ms)} ms (`pg_test_fsync`). N = {result.count:,}.",
        "",
        *_table(result),
        "",
        *_notes(result),
        "",
        *_requirements(result),
    ]
    if result.phases:
        lines += ["", *_phases(result)]
    return "\n".join(lines) + "\n"


def write(path: Path, text: str) -> None:
    """Put the figures into their place in the page."""
    page = path.read_text(encoding="utf-8")
    pattern = re.compile(f"{re.escape(_BEGIN)}.*{re.escape(_END)}", re.DOTALL)
    path.write_text(pattern.sub(lambda _: f"{_BEGIN}\n\n{text}\n{_END}", page), encoding="utf-8")


def _table(result: Result) -> Iterator[str]:
    yield "| tool | cold s | of psql_per_file | CPU s | runs | nothing to do s | of Seltzer's | CPU s | runs |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for name, figures in result.figures.items():
        cold, noop = result.cold_s(name), result.noop_s(name)
        cells = [
            f"{name} {result.installed.versions.get(name, '')}".strip(),
            _number(cold),
            _number(cold / result.cold_s(peers.PSQL_PER_FILE)),
            _number(median(run.cpu_s for run in figures.cold)),
            str(len(figures.cold)),
            _number(noop),
            _number(noop / result.noop_s(peers.SELTZER)),
            _number(median(run.cpu_s for run in figures.noop)),
            str(len(figures.noop)),
        ]
        yield f"| {' | '.join(cells)} |"


def _notes(result: Result) -> Iterator[str]:
    yield (
        "Medians of whole processes, the tools in turns. psql keeps no history: `psql_per_file` runs each file in a "
        "transaction of its own, `psql` all of them in one; they show what the server itself needs. squawk only reads "
        "the files. CPU is the process's own, user and system. Slow tools have fewer cold runs."
    )
    for name, figures in result.figures.items():
        if figures.failure is not None:
            yield f"{name} failed: {figures.failure}"
    for name, reason in result.installed.missing.items():
        yield f"{name}: {reason}"


def _requirements(result: Result) -> Iterator[str]:
    seltzer = peers.SELTZER
    yield "| required | measured | limit | holds |"
    yield "|---|--:|--:|---|"
    if result.in_process is not None:
        beyond = result.in_process.beyond_ms
        yield _row("nothing to do, in process, ms beyond a bare connect", beyond, IN_PROCESS_MS, strictly=True)
    noop = result.noop_s(seltzer)
    yield _row("nothing to do, whole process, of Alembic's", noop / result.noop_s(peers.ALEMBIC), OF_ALEMBIC)
    yield _row("nothing to do, whole process, of yoyo's", noop / result.noop_s(peers.YOYO), OF_YOYO)
    fastest = _fastest_peer(result)
    if fastest is not None:
        ratio = result.cold_s(seltzer) / result.cold_s(fastest)
        yield _row(f"cold, of the fastest peer's ({fastest})", ratio, 1.0, strictly=True)
    slow = result.flush_ms > _SLOW_FLUSH_MS
    ratio = result.cold_s(seltzer) / result.cold_s(peers.PSQL_PER_FILE)
    yield _row("cold, of psql_per_file's", ratio, OF_PSQL_SLOW_FLUSH if slow else OF_PSQL, strictly=slow)
    yield _row("cold, the client's own CPU s", result.client_s(), CLIENT_S)


def _fastest_peer(result: Result) -> str | None:
    found = [name for name in result.figures if peers.TOOLS[name].peer and not math.isnan(result.cold_s(name))]
    return min(found, key=result.cold_s, default=None)


def _row(what: str, measured: float, limit: float, *, strictly: bool = False) -> str:
    holds = measured < limit if strictly else measured <= limit
    verdict = "not measured" if math.isnan(measured) else "yes" if holds else "**no**"
    return f"| {what} | {_number(measured)} | {'under' if strictly else 'at most'} {limit:g} | {verdict} |"


def _phases(result: Result) -> Iterator[str]:
    own = sum(seconds for phase, seconds in result.phases.items() if phase != "server")
    yield "Where one cold run of Seltzer spends its time, looked at once a millisecond:"
    yield ""
    yield "| phase | s | what |"
    yield "|---|--:|---|"
    for phase, what in PHASES.items():
        yield f"| {phase} | {_number(result.phases[phase])} | {what} |"
    yield f"| the client's own | {_number(own)} | all but the server |"


def _number(value: float) -> str:
    """Three significant digits at most; a dash for what was not measured."""
    if math.isnan(value):
        return "-"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"  # noqa: PLR2004
