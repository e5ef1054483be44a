"""Measure Seltzer against its peers on one machine, and write the table into this folder's README.

usage: run.py [--n 1000] [--runs 5] [--noop-runs 11] [--only TOOL …] [--quick]
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import peers
from install import HERE, Installed, environment, install
from measure import Bench, flush_ms, measure
from race import COUNT, ROUNDS, race
from report import Result, markdown, write
from seltzer_alone import breakdown, client_s, in_process, planning

from seltzer.server import find_binaries, private_server

if TYPE_CHECKING:
    from seltzer.server import Binaries

# Durable as a server of its own would be; nothing of one tool's leavings is tidied up during the next one's run.
_SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "autovacuum": "off",
    "checkpoint_timeout": "1h",
}
_FULL_COUNT, _FULL_RUNS = 1000, 5
_QUIET_LOAD = 0.5


def main() -> None:
    options = _options()
    names = [name for name in peers.TOOLS if not options.only or name in options.only]
    began, load = time.monotonic(), os.getloadavg()[0]
    installed = install(names)
    result = _measured(options, [name for name in names if name not in installed.missing], installed, load)
    text = markdown(result)
    print(text)
    minutes = (time.monotonic() - began) / 60
    full = not options.only and options.n == _FULL_COUNT and options.runs >= _FULL_RUNS
    if full:
        write(HERE / "README.md", text)
    written = "bench/README.md has the table" if full else "bench/README.md is left as it was: not the whole benchmark"
    print(f"{minutes:.1f} minutes; {written}", file=sys.stderr)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure Seltzer against its peers.")
    parser.add_argument("--n", type=int, default=_FULL_COUNT, help="migrations of the work [default: %(default)s]")
    parser.add_argument("--runs", type=int, default=_FULL_RUNS, help="cold rounds [default: %(default)s]")
    parser.add_argument("--noop-runs", type=int, default=11, help="rounds with nothing to do [default: %(default)s]")
    parser.add_argument("--only", nargs="+", choices=[*peers.TOOLS], metavar="TOOL", help=", ".join(peers.TOOLS))
    parser.add_argument("--quick", action="store_true", help="100 migrations, one cold round, three others; one race")
    options = parser.parse_args()
    if options.quick:
        options.n, options.runs, options.noop_runs = 100, 1, 3
    return options


def _measured(options: argparse.Namespace, names: list[str], installed: Installed, load: float) -> Result:
    binaries = find_binaries()
    with private_server(binaries, _SETTINGS) as server:
        flush = flush_ms(binaries, server.data.parent)
        with Bench(server, environment(binaries.folder), options.n) as bench:
            figures = measure(bench, names, options.runs, options.noop_runs)
            alone = peers.SELTZER in figures and figures[peers.SELTZER].failure is None
            start = in_process(bench, installed.python) if alone else None
            phases = breakdown(bench, installed.python) if alone else {}
            client = client_s(bench, installed.python) if alone else float("nan")
        with Bench(server, environment(binaries.folder), COUNT) as bench:
            races = race(bench, names, 1 if options.quick else ROUNDS)
    planned = planning(installed.python, environment(binaries.folder)) if alone and not options.quick else []
    facts = _facts(binaries, installed, load)
    return Result(facts, options.n, figures, installed, flush, start, phases, client, planned, races)


def _facts(binaries: Binaries, installed: Installed, load: float) -> list[str]:
    said = subprocess.run([str(binaries.program("postgres")), "--version"], check=True, capture_output=True, text=True)
    version = said.stdout.strip().rpartition(" ")[2]
    asked = [str(installed.python), "-c", "import platform; print(platform.python_version())"]
    python = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    quiet = "quiet" if load < _QUIET_LOAD else f"**not quiet** (load {load:.1f} before the first run)"
    return [
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {platform.system()} {platform.machine()}, {os.cpu_count()} cores,",
        f"PostgreSQL {version} with its own durability settings, Python {python}; the machine was {quiet}.",
    ]


main()
