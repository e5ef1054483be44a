"""The figures as Markdown: the table, the requirements beside what was measured, and where Seltzer's time goes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import peers
from measure import Figures, median, ratio
from race import COUNT, PROCESSES
from seltzer_alone import PHASES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from install import Installed
    from race import Race
    from seltzer_alone import InProcess, Planning

IN_PROCESS_MS, OF_ALEMBIC, OF_YOYO, OF_PSQL, OF_PSQL_SLOW_FLUSH, CLIENT_S = 40, 0.6, 1.0, 1.0, 0.75, 0.6
OF_PSQL_WITH_JOBS, ORDER_S, PEAK_MIB = 0.8, 3.0, 300
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
        client_s: Seconds to start, read, parse, order and report the same files.
        planned: What reading and ordering related migrations takes; empty when it was not measured.
        races: By name of tool, of those that record what they did.
    """

    facts: Sequence[str]
    count: int
    figures: Mapping[str, Figures]
    installed: Installed
    flush_ms: float
    in_process: InProcess | None
    phases: Mapping[str, float]
    client_s: float
    planned: Sequence[Planning]
    races: Mapping[str, Race]

    def of(self, name: str) -> Figures:
        """A tool's figures; empty ones when it was not measured."""
        return self.figures.get(name) or Figures()

    def cold_s(self, name: str) -> float:
        """Median wall seconds of a tool on an empty database."""
        return median(run.wall_s for run in self.of(name).cold)

    def cold_ratio(self, name: str, other: str) -> float:
        """Of another tool's time on an empty database."""
        return ratio(self.of(name).cold, self.of(other).cold)

    def noop_ratio(self, name: str, other: str) -> float:
        """Of another tool's time with nothing to do."""
        return ratio(self.of(name).noop, self.of(other).noop)


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
    if result.races:
        lines += ["", *_races(result)]
    if result.phases:
        lines += ["", *_phases(result)]
    if result.planned:
        lines += ["", *_planned(result)]
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
        cells = [
            f"{name} {result.installed.versions.get(name, '')}".strip(),
            _number(result.cold_s(name)),
            _number(result.cold_ratio(name, peers.PSQL_PER_FILE)),
            _number(median(run.cpu_s for run in figures.cold)),
            str(len(figures.cold)),
            _number(median(run.wall_s for run in figures.noop)),
            _number(result.noop_ratio(name, peers.SELTZER)),
            _number(median(run.cpu_s for run in figures.noop)),
            str(len(figures.noop)),
        ]
        yield f"| {' | '.join(cells)} |"


def _notes(result: Result) -> Iterator[str]:
    yield (
        "Medians of whole processes, the tools in turns, in another order each round; ratios are those of the same "
        "round. psql keeps no history: `psql_per_file` runs each file in a transaction of its own, `psql` all of them "
        "in one; they show what the server itself needs. squawk only reads the files. CPU is the "
        "process's own, user and system. Slow tools have fewer cold runs. What is required is required at N = 1,000."
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
    alembic, yoyo = (result.noop_ratio(seltzer, peer) for peer in (peers.ALEMBIC, peers.YOYO))
    yield _row("nothing to do, whole process, of Alembic's", alembic, OF_ALEMBIC)
    yield _row("nothing to do, whole process, of yoyo's", yoyo, OF_YOYO)
    fastest = _fastest_peer(result)
    if fastest is not None:
        of_fastest = result.cold_ratio(seltzer, fastest)
        yield _row(f"cold, of the fastest peer's ({fastest})", of_fastest, 1.0, strictly=True)
    slow = result.flush_ms > _SLOW_FLUSH_MS
    of_psql = result.cold_ratio(seltzer, peers.PSQL_PER_FILE)
    yield _row("cold, of psql_per_file's", of_psql, OF_PSQL_SLOW_FLUSH if slow else OF_PSQL, strictly=slow)
    for name in peers.WITH_JOBS:
        yield _row(f"cold, {name}, of psql_per_file's", result.cold_ratio(name, peers.PSQL_PER_FILE), OF_PSQL_WITH_JOBS)
        yield _row(f"cold, {name}, of one connection's", result.cold_ratio(name, seltzer), 1.0, strictly=True)
    if result.phases:
        what = (
            "cold, the client's own s (start, read, parse, plan, report: `seltzer plan --all --json` of the same files)"
        )
        yield _row(what, result.client_s, CLIENT_S)
    for item in result.planned[-1:]:
        yield _row(f"order {item.count:,} related migrations, CPU s", item.order_s, ORDER_S, strictly=True)
        yield _row(f"read and order {item.count:,}, MiB at the peak", item.peak_mib, PEAK_MIB, strictly=True)


def _fastest_peer(result: Result) -> str | None:
    found = [name for name in result.figures if peers.TOOLS[name].peer and not math.isnan(result.cold_s(name))]
    return min(found, key=result.cold_s, default=None)


def _row(what: str, measured: float, limit: float, *, strictly: bool = False) -> str:
    holds = measured < limit if strictly else measured <= limit
    verdict = "not measured" if math.isnan(measured) else "yes" if holds else "**no**"
    return f"| {what} | {_number(measured)} | {'under' if strictly else 'at most'} {limit:g} | {verdict} |"


def _races(result: Result) -> Iterator[str]:
    yield (
        f"{PROCESSES} processes of one tool that start at once on an empty database ({COUNT} migrations): how many "
        "failed. And a start with nothing to do while another process, of a newer release, is in the middle of its "
        "next migration and holds whatever lock its tool takes."
    )
    yield ""
    yield "| tool | processes that failed | nothing to do while another migrates, s |"
    yield "|---|--:|---|"
    for name, race in result.races.items():
        held = race.refused or _number(median(run.wall_s for run in race.held))
        yield f"| {name} | {sum(race.failed)} of {race.started} | {held} |"


def _phases(result: Result) -> Iterator[str]:
    own = sum(seconds for phase, seconds in result.phases.items() if phase != "server")
    yield "Where one cold run of Seltzer spends its time, looked at once a millisecond:"
    yield ""
    yield "| phase | s | what |"
    yield "|---|--:|---|"
    for phase, what in PHASES.items():
        yield f"| {phase} | {_number(result.phases[phase])} | {what} |"
    yield f"| the client's own | {_number(own)} | all but the server |"


def _planned(result: Result) -> Iterator[str]:
    yield "Migrations that need each other (foreign keys across modules, changes of tables, views), CPU seconds:"
    yield ""
    yield "| migrations | read and parse s | order s | order, µs each | peak MiB |"
    yield "|--:|--:|--:|--:|--:|"
    for item in result.planned:
        each = item.order_s / item.count * 1e6
        cells = [f"{item.count:,}", *map(_number, (item.read_s, item.order_s, each, item.peak_mib))]
        yield f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    """Three significant digits at most; a dash for what was not measured."""
    if math.isnan(value):
        return "-"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"  # noqa: PLR2004
